"""Airflow's side: windows, Params and Variables, operators. The only part that imports airflow."""

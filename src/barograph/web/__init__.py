"""What is served in front of Airflow's pages and next to them; it imports no airflow."""

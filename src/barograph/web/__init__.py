"""What stands before and beside Airflow's pages; it imports no airflow."""

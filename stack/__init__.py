"""The embedded stack: PostgreSQL, Kafka, Cassandra and Airflow as processes of this machine, kept up by supervisord."""

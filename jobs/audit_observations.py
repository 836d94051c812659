"""spark-submit entry: holds committed attempts against the tables again."""

from barograph.landing.audit_job import main

if __name__ == "__main__":
    main()

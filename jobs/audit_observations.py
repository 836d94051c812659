"""spark-submit entry: holds committed attempts against the tables again."""

from barograph.loading.audit_job import main

if __name__ == "__main__":
    main()

"""spark-submit entry: compares committed attempts with the tables again."""

from barograph.loading.jobs import main_audit

if __name__ == "__main__":
    main_audit()

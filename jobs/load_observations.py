"""spark-submit entry: loads the attempts of a run, hourly or daily."""

from barograph.loading.jobs import main_load

if __name__ == "__main__":
    main_load()

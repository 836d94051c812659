"""spark-submit entry: lands the attempts of a run, hourly or daily."""

from barograph.loading.job import main

if __name__ == "__main__":
    main()

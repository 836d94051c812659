"""spark-submit entry: lands quarantined records that can land now."""

from barograph.loading.job import main_replay

if __name__ == "__main__":
    main_replay()

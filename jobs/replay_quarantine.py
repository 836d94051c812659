"""spark-submit entry: loads quarantined records that can land now."""

from barograph.loading.jobs import main_replay

if __name__ == "__main__":
    main_replay()

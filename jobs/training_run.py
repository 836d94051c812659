"""spark-submit entry: a load of nothing, from which Java learns the classes that loads need."""

from barograph.loading.training_run import main

if __name__ == "__main__":
    main()

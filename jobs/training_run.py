"""spark-submit entry: a load of nothing, from which Java learns the classes that loads need."""

from barograph.landing.training_run import main

if __name__ == "__main__":
    main()

"""Loading: Kafka records into tables, by Spark, checked before the write and read back after it."""

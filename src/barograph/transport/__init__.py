"""Kafka: the record contract, delivery with proof, topics."""

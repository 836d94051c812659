"""Cassandra as a sink."""

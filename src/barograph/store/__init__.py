"""Cassandra: tables, the version clock, the ledger, locations."""

"""The suites: who is measured against whom."""

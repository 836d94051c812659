"""Bounded questions to the store, answered as dataclasses: what the command line shows, and pages and APIs may show."""

"""Measurements and the acceptance run; none of this is a test."""

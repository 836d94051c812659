"""Sinks: where validated rows are written and read back. The port, and a folder for each."""

"""Contenders that run as programs of their own; each prints one JSON object with its figures as its last line."""

"""The words of the field as types: variables, locations, windows, units, attempts. Pure Python, no input or output."""

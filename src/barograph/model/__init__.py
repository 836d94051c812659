"""The words of the field as types: variables, locations, windows, chunks, attempts. Pure Python, no input or output."""

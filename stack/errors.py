"""What stops the stack: one line for the person at the keyboard, and exit code 1."""

from barograph.errors import BarographError


class StackError(BarographError):
    """The stack cannot start, or not this way. The message names the value, the rule and the remedy."""

"""Text of others made harmless to whoever reads it: what a terminal or a log would act on is shown as an escape.

That is every character Unicode calls unprintable: control codes (escape sequences, line breaks), marks of direction, and
separators other than a blank.
"""

import re
from typing import Final

ITEM: Final = "\n- "
"""Begins an item of a list in a message."""

KEPT: Final = re.compile(r"\n(?=- |  )")
"""The line breaks of a message that are kept: those before an item and before an indented line, so that each shows what it is."""


def one_line(text: str) -> str:
    """`text` in one line."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in text)


def printable(message: str) -> str:
    """A message: one line, and further ones where it lists or indents them (`KEPT`)."""
    return message if message.isprintable() else "\n".join(map(one_line, KEPT.split(message)))


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")

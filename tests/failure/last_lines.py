"""What the last line of a red task must hold: the cause, and what the operator does next."""

import re
from typing import Final

REMEDY: Final = re.compile(
    r"\b(clear (the|this) (\w+ )?task|look at|try again|the next try|wait|set it right|trigger|run `|mend|correct|report it)",
    re.IGNORECASE,
)
AIRFLOWS_OWN: Final = ("the process died", "execution_timeout")
"""Tasks that were ended from outside: Airflow says so, and tries them again."""


def is_clear(line: str) -> bool:
    """Whether `line` has a cause and a remedy after it, on one line and without a traceback."""
    if line.startswith(AIRFLOWS_OWN):
        return True
    found = REMEDY.search(line)
    return found is not None and found.start() > len("clear") and "Traceback" not in line

"""What was tried at the doors, and what answered, door by door."""

from collections.abc import Sequence

from rich.table import Table

from stack.console import console
from tests.security.attempts import Attempt
from tests.security.web_doors import EXCEPTIONS


def show_attempts(title: str, attempts: Sequence[Attempt]) -> str:
    """Print a line for each try at a door, of hundreds of routes only those that are not shut; the sum is the answer, too."""
    table = Table("door", "who", "tried", "answer", "", box=None, title=title)
    for one in attempts:
        if one.door != "http" or one.is_wrong:
            verdict = "WRONG" if one.is_wrong else "let in" if one.is_open else "shut"
            table.add_row(one.door, one.who, one.what, one.answer, verdict)
    routes = sum(one.door == "http" for one in attempts)
    table.add_row("http", "anonymous", f"{routes} routes", "401, 403, 404 or 405", "shut")
    console.print(table)
    for (method, path), why in EXCEPTIONS.items():
        console.print(f"  exception: {method.upper()} {path}: {why}")
    wrong = sum(one.is_wrong for one in attempts)
    told = f"{len({one.door for one in attempts})} kinds of doors, {len(attempts)} tries, {wrong} open"
    console.print(told)
    return told

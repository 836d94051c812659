"""`python -m stack`, which startup.sh calls once the virtual environment is there; `run NAME` is what supervisord calls.

What a command does not need is not imported: a tool starts in a third of the time that all of this takes.
"""

import signal
import sys

from barograph.errors import BarographError
from stack.console import complain


def main() -> None:
    """Run one command; what the user must correct is one line on stderr and exit code 1."""
    name, *arguments = sys.argv[1:] or [""]
    if name == "run":
        from stack.run import run_program

        run_program(arguments[0])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from stack.tools import TOOLS, run_tool

        if name in TOOLS:
            run_tool(name, arguments)
        from stack.cli import run_command

        run_command(sys.argv[1:])
    except BarographError as error:
        complain(f"error: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        complain("interrupted")
        sys.exit(1)


if __name__ == "__main__":
    main()

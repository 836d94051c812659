"""`python -m stack`, which startup.sh calls once the virtual environment is there; `run NAME` is what supervisord calls."""

import sys

if sys.argv[1:2] == ["run"]:
    from stack.run import run_program

    run_program(sys.argv[2])
else:
    from stack.cli import main

    main()

"""cqlsh as it is, but for one warning: the version from PyPI says of every patch release of Cassandra that all may not work.

It runs in this process, so that its terminal, its output and its exit code are untouched.
"""

import sys

from cqlshlib import cqlshmain  # type: ignore[import-untyped]  # it has no stubs

cqlshmain.Shell.check_build_versions = lambda _shell: None  # it does nothing but print that line

if __name__ == "__main__":
    cqlshmain.main(sys.argv[1:], "")

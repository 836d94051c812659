"""cqlsh as it is, but for two things: a warning is left out, and with TLS the node's certificate is really checked.

The version from PyPI says of every patch release of Cassandra that all may not work. And the options it hands to the driver,
which takes them for others, have it accept every certificate. It runs in this process, so that its terminal, its output and
its exit code are untouched.
"""

import ssl
import sys

from cqlshlib import sslhandling  # type: ignore[import-untyped]  # it has no stubs

_settings = sslhandling.ssl_settings


def ssl_settings(host: str, *arguments: object, **more: object) -> dict[str, object]:
    """What the driver gets: cqlsh's own choice of authorities, one of which must have signed a certificate for `host`."""
    chosen: dict[str, object] = _settings(host, *arguments, **more)
    return {**chosen, "ssl_version": ssl.PROTOCOL_TLS_CLIENT, "check_hostname": True, "server_hostname": host}


sslhandling.ssl_settings = ssl_settings  # before the others import it

from cqlshlib import cqlshmain  # noqa: E402 (see above)

cqlshmain.Shell.check_build_versions = lambda _shell: None  # it does nothing but print that line

if __name__ == "__main__":
    cqlshmain.main(sys.argv[1:], "")

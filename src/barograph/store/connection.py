"""The one way to Cassandra: a session with stated consistency and timeouts."""

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from cassandra import (
    AuthenticationFailed,
    ConsistencyLevel,
    OperationTimedOut,
    RequestExecutionException,
    RequestValidationException,
    Unauthorized,
    UnresolvableContactPoints,
)
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.policies import DCAwareRoundRobinPolicy, TokenAwarePolicy

from barograph.errors import StoreRefused, StoreUnavailable
from barograph.settings import Settings

logging.getLogger("cassandra.policies").setLevel(logging.WARNING)  # it tells at each connection which datacenter it found


@contextmanager
def connect(settings: Settings) -> Iterator[Session]:
    """A session at LOCAL_QUORUM (lightweight transactions at LOCAL_SERIAL), closed at the end.

    Raises:
        StoreUnavailable: no node answers, or one answers that it cannot now.
        StoreRefused: it answers, and refuses the login, the role or the statement.
    """
    profile = ExecutionProfile(
        load_balancing_policy=TokenAwarePolicy(DCAwareRoundRobinPolicy(settings.cassandra_datacenter)),
        consistency_level=ConsistencyLevel.LOCAL_QUORUM,
        serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL,
        request_timeout=30,
    )
    where = f"Cassandra at {settings.cassandra_host}:{settings.cassandra_port}"
    try:
        cluster = Cluster(
            settings.cassandra_host.split(","),
            port=settings.cassandra_port,
            execution_profiles={EXEC_PROFILE_DEFAULT: profile},
            protocol_version=5,
            connect_timeout=10,
            auth_provider=_login(settings),
            ssl_context=_encryption(settings),
            ssl_options=_expected_name(settings),
        )
    except UnresolvableContactPoints as error:
        raise StoreUnavailable(f"{where} does not answer: no such host: set CASSANDRA_HOST") from error
    try:
        yield cluster.connect()
    except NoHostAvailable as error:
        if any(isinstance(cause, AuthenticationFailed) for cause in error.errors.values()):
            raise StoreRefused(f"{where} {_describe_refusal(settings)}") from error
        raise StoreUnavailable(f"{where} does not answer: {error}") from error
    except (OperationTimedOut, RequestExecutionException) as error:
        raise StoreUnavailable(f"{where} does not answer: {error}") from error
    except Unauthorized as error:
        raise StoreRefused(
            f"{where}: {error}: ./startup.sh grants the stack's roles what they need; grant any other role what it lacks"
        ) from error
    except RequestValidationException as error:
        raise StoreRefused(f"{where}: {error}: `barograph init` makes what is missing") from error
    finally:
        cluster.shutdown()


def _encryption(settings: Settings) -> ssl.SSLContext | None:
    return ssl.create_default_context(cafile=settings.ca_file) if settings.tls else None


def _expected_name(settings: Settings) -> dict[str, str] | None:
    """The name that a node's certificate must have. The driver would ask for the address that the name stands for.

    Where several nodes are named, each must have the address that it is reached at.
    """
    is_one = "," not in settings.cassandra_host
    return {"server_hostname": settings.cassandra_host} if settings.tls and is_one else None


def _describe_refusal(settings: Settings) -> str:
    """Who was refused, and what to do: the stack's commands have its logins, others have those of the settings."""
    who = f"the login {settings.cassandra_username!r}" if settings.cassandra_username else "a connection without a login"
    return (
        f"refuses {who}: with the stack's own Cassandra use `./startup.sh barograph`, and run ./startup.sh once if a password "
        "was changed; with another one set CASSANDRA_USERNAME and CASSANDRA_PASSWORD"
    )


def _login(settings: Settings) -> PlainTextAuthProvider | None:
    if not settings.cassandra_username:
        return None
    return PlainTextAuthProvider(settings.cassandra_username, settings.cassandra_password.get_secret_value())

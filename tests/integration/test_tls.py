"""TLS=1 on the running stack: switched on and off with all data, and nothing but encryption on any port in between.

With TLS=1 in the environment the stack is encrypted from its first start (`make test-tls`).
"""

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from cryptography import x509
from psycopg.conninfo import make_conninfo

from stack.certificates import SERVICES, make_certificates
from stack.dotenv_file import write_values
from stack.health import find_problem, open_socket
from stack.settings import REPOSITORY, StackSettings
from stack.side_stack import SideStack
from stack.supervision import Supervisor
from tests.integration.test_daily_run import DAG, yesterday
from tests.integration.weather import Rows, await_green, picture

pytestmark = pytest.mark.integration

ENCRYPTED = ("airflow-api-server", "cassandra", "kafka", "postgres")
"""The programs that have certificates."""


def data_of(side: SideStack) -> Rows:
    """Every recorded cell."""
    with side.cassandra() as session:
        return picture(side, session)


def switch(side: SideStack, value: str) -> None:
    """Set TLS in the stack's .env file and start it again."""
    write_values(side.folder / "env", {"TLS": value})
    started = side.run("up")
    assert started.returncode == 0, started.stdout + started.stderr


@pytest.fixture(scope="module")
def encrypted(side: SideStack) -> Iterator[SideStack]:
    """The stack with TLS on; afterwards it is as it was, with the rows that it had."""
    if side.settings.tls:
        yield side
        return
    before = data_of(side)
    assert before
    switch(side, "1")
    assert data_of(side) == before
    yield side
    during = data_of(side)
    switch(side, "0")
    assert data_of(side) == during


@pytest.fixture(scope="module")
def stranger(encrypted: SideStack, tmp_path_factory: pytest.TempPathFactory) -> StackSettings:
    """The settings of a client that trusts another authority."""
    folder = tmp_path_factory.mktemp("another-authority")
    stranger = encrypted.settings.model_copy(update={"tls_dir": folder, "kafka_ca": str(folder / "ca.pem")})
    make_certificates(stranger)
    return stranger


def serial(side: SideStack, field: str) -> int:
    """The number of the certificate that is shown at a port."""
    with open_socket(side.settings, "127.0.0.1", getattr(side.settings, field)) as connection:
        assert isinstance(connection, ssl.SSLSocket)
        assert connection.version() in {"TLSv1.2", "TLSv1.3"}
        return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"").serial_number


@pytest.mark.parametrize("name", ENCRYPTED)
def test_a_client_that_trusts_another_authority_refuses_the_service(
    encrypted: SideStack, stranger: StackSettings, name: str
) -> None:
    assert find_problem(encrypted.settings, name) == ""
    assert find_problem(stranger, name) != ""


@pytest.mark.parametrize("name", ENCRYPTED[:3])
def test_a_client_without_encryption_gets_no_answer(encrypted: SideStack, name: str) -> None:
    unencrypted = {"tls": False, "web_tls": False, "kafka_security_protocol": "SASL_PLAINTEXT", "kafka_ca": ""}
    assert find_problem(encrypted.settings.model_copy(update=unencrypted), name) != ""


def test_postgres_refuses_the_right_password_without_encryption(encrypted: SideStack) -> None:
    settings = encrypted.settings
    login = {"user": "airflow", "password": settings.postgres_password.get_secret_value(), "dbname": "airflow"}
    address = make_conninfo(host="127.0.0.1", port=settings.postgres_port, sslmode="disable", **login)
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        psycopg.connect(address)


@pytest.mark.parametrize("field", ["kafka_port", "kafka_controller_port", "cassandra_port", "airflow_port"])
def test_every_port_shows_a_certificate_of_the_stack(encrypted: SideStack, field: str) -> None:
    assert serial(encrypted, field)


def test_the_daily_run_is_green_through_tls_and_leaves_the_same_cells(encrypted: SideStack) -> None:
    before = data_of(encrypted)
    run = encrypted.airflow.find_run(DAG, yesterday())
    assert run is not None
    encrypted.airflow.clear_run(DAG, run.run_id)
    await_green(encrypted, DAG, run.run_id)
    assert data_of(encrypted) == before


def test_cqlsh_reads_through_tls_and_refuses_another_authority(encrypted: SideStack, stranger: StackSettings) -> None:
    query = ("-e", "SELECT release_version FROM system.local")
    assert "(1 rows)" in encrypted.run("cqlsh", *query).stdout
    environment = {**os.environ, "SSL_CERTFILE": str(stranger.ca_file)}
    command = [sys.executable, "-m", "stack.cqlsh", "--ssl", *query, "127.0.0.1", str(stranger.cassandra_port)]
    refused = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "CERTIFICATE_VERIFY_FAILED" in refused.stderr, refused.stdout + refused.stderr


def test_status_and_doctor_show_when_certificates_end(encrypted: SideStack) -> None:
    shown = encrypted.run("status")
    assert shown.returncode == 0, shown.stdout
    assert f"certificate of {', '.join(SERVICES)}: until " in shown.stdout
    examined = encrypted.run("doctor")
    assert examined.returncode == 0, examined.stdout
    assert "ok       certificate of kafka" in examined.stdout


def test_a_renewed_certificate_restarts_its_service_alone_and_clients_go_on(encrypted: SideStack) -> None:
    before, shown = Supervisor(encrypted.settings).states(), serial(encrypted, "kafka_port")
    encrypted.settings.certificate_file("kafka").unlink()
    started = encrypted.run("up")
    assert started.returncode == 0, started.stdout + started.stderr
    after = Supervisor(encrypted.settings).states()
    assert {name for name in before if before[name] != after[name]} == {"kafka"}
    assert serial(encrypted, "kafka_port") != shown


def test_no_key_of_a_certificate_is_in_a_log_or_readable_by_others(encrypted: SideStack) -> None:
    keys = [path for path in encrypted.settings.tls_dir.glob("*.pem") if "PRIVATE KEY" in path.read_text(encoding="ascii")]
    assert len(keys) == len(SERVICES) + 1
    assert {path.stat().st_mode & 0o077 for path in keys} == {0}
    logs = "".join(path.read_text(errors="replace") for path in encrypted.folder.rglob("*.log"))
    assert [path for path in keys if path.read_text(encoding="ascii").splitlines()[1] in logs] == []

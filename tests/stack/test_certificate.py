import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from stack.certificate import write_certificate


def test_a_certificate_trusts_itself_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "cassandra/node.pem"
    write_certificate(path, "cassandra")
    context = ssl.create_default_context(cafile=str(path))
    context.load_cert_chain(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc > datetime.now(UTC) + timedelta(days=3650)


def test_each_has_its_own_key(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_certificate(tmp_path / name, "cassandra")
    assert (tmp_path / "one").read_text() != (tmp_path / "other").read_text()

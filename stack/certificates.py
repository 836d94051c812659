"""Certificates of the services: of an authority of the stack's own, or the user's. Each start with TLS=1 checks them.

In the folder TLS_DIR lie ca.pem, which clients trust, ca.p12, the same for Java, ca-key.pem, which signs, and NAME.pem for each
service: its key and its certificates in one file, so that no kill leaves a key beside the certificate of another.
"""

import hashlib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from stack.errors import StackError
from stack.settings import LOOPBACK, StackSettings

SERVICES: Final = {
    "airflow": ("airflow-apiserver",),
    "cassandra": ("cassandra_db", "cassandra"),
    "kafka": ("kafka",),
    "postgres": ("postgres",),
}
"""Who has a certificate, and the names it is found under among containers."""

AUTHORITY_DAYS: Final = 3650
CERTIFICATE_DAYS: Final = 397
"""The longest that browsers accept."""

RENEW_DAYS: Final = 30
"""A certificate with fewer days left is renewed at a start."""

_SKEW: Final = timedelta(hours=1)
"""How far a client's clock may be behind."""


_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
"""The kinds of keys that every program here reads."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a certificate ends. `name` is a service, or `ca`."""

    name: str
    ends_at: datetime

    @property
    def days_left(self) -> int:
        """Whole days; negative once it has ended."""
        return (self.ends_at - datetime.now(UTC)).days


@dataclass(frozen=True, slots=True)
class _Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def make_certificates(settings: StackSettings, *, renew: bool = False, renew_authority: bool = False) -> list[str]:
    """Every service has a certificate that fits it afterwards; those that are missing, unfit or soon end are made.

    With `renew` all of them are, with `renew_authority` the authority too. Returns the names of those made. The user's own
    certificates are checked and taken over as they are. Without TLS=1 nothing happens.

    Raises:
        StackError: the user's certificates do not fit; names the setting, the rule and the remedy.
    """
    if not settings.tls:
        return []
    settings.tls_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if settings.tls_certificate:
        return _take_over(settings)
    known = None if renew_authority else _read_authority(settings)
    authority = known or _make_authority(settings)
    _write_truststore(settings, [authority.certificate])
    due = [service for service in SERVICES if renew or not known or _is_due(settings, service)]
    for service in due:
        _put(settings.certificate_file(service), _make_certificate(authority, service, names_of(settings, service)))
    return due if known else ["ca", *due]


def names_of(settings: StackSettings, service: str) -> list[str]:
    """The names and addresses under which clients find a service."""
    found_at = {
        "airflow": [settings.airflow_host, settings.web_bind, urlsplit(settings.web_url).hostname or "", settings.ec2_public_dns],
        "cassandra": settings.cassandra_host.split(","),
        "kafka": [*settings.kafka_host.split(","), settings.ec2_public_dns],
        "postgres": [settings.postgres_host],
    }
    names = (LOOPBACK, "localhost", *SERVICES[service], *found_at[service])
    return [name for name in dict.fromkeys(names) if name not in {"", "0.0.0.0"}]  # noqa: S104 (compared)


def certificates_digest(settings: StackSettings, service: str) -> str:
    """What a service and its clients have read of certificates: when it changes, they must restart. Empty without TLS."""
    paths = (settings.ca_file, settings.certificate_file(service)) if settings.tls else ()
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths if path.exists())).hexdigest() if paths else ""


def read_expiries(settings: StackSettings) -> list[Expiry]:
    """When the certificates end, the authority's first, of those that can be read (see `find_fault`); none without TLS."""
    paths = (settings.ca_file, *(settings.certificate_file(service) for service in SERVICES)) if settings.tls else ()
    return [expiry for path in paths if (expiry := _read_expiry(path))]


def _read_expiry(path: Path) -> Expiry | None:
    try:
        certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (FileNotFoundError, ValueError):
        return None
    return Expiry(path.stem, certificate.not_valid_after_utc)


def describe_expiries(settings: StackSettings) -> list[str]:
    """A line for each day on which certificates end, and what to do where that is soon; none without TLS."""
    ends: dict[str, list[Expiry]] = {}
    for expiry in read_expiries(settings):
        ends.setdefault(f"{expiry.ends_at:%Y-%m-%d}", []).append(expiry)
    return [
        f"certificate of {', '.join(expiry.name for expiry in expiries)}: until {day} ({expiries[0].days_left} days)"
        f"{'' if expiries[0].days_left >= RENEW_DAYS else f': {renewal_remedy(settings)}'}"
        for day, expiries in ends.items()
    ]


def renewal_remedy(settings: StackSettings) -> str:
    """What to do before certificates end."""
    if settings.tls_certificate:
        return f"put a new one into {settings.tls_certificate} and its key into {settings.tls_key}, then ./startup.sh"
    return "./startup.sh renew-certificates"


def find_fault(settings: StackSettings, service: str) -> str:
    """What a client objects to that trusts ca.pem and asks for the service under each of its names; empty: nothing."""
    path = settings.certificate_file(service)
    if not path.exists():
        return f"{path} is not there"
    return next(filter(None, (_shake_hands(path, settings.ca_file, name) for name in _asked_names(settings, service))), "")


def _asked_names(settings: StackSettings, service: str) -> list[str]:
    """Of the user's certificates only those names are expected that this stack uses, not those of containers."""
    names = names_of(settings, service)
    used = {settings.airflow_host, settings.postgres_host, *settings.kafka_host.split(","), *settings.cassandra_host.split(",")}
    return [n for n in names if n not in {"localhost", *SERVICES[service]} or n in used] if settings.tls_certificate else names


def _shake_hands(pair: Path, authorities: Path, name: str) -> str:
    """Why a client that knows `authorities` does not accept `pair` from a server called `name`, in OpenSSL's words."""
    server, to_server, to_client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        server.load_cert_chain(pair)
        client = ssl.create_default_context(cafile=authorities)
        asking = client.wrap_bio(to_client, to_server, server_hostname=name)
        answering = server.wrap_bio(to_server, to_client, server_side=True)
        for side in (asking, answering):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
        asking.do_handshake()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except (ssl.SSLError, OSError) as error:
        return f"{getattr(error, 'reason', None) or error}"
    return ""


def _is_due(settings: StackSettings, service: str) -> bool:
    expiry = _read_expiry(settings.certificate_file(service))
    return expiry is None or expiry.days_left < RENEW_DAYS or bool(find_fault(settings, service))


def _read_authority(settings: StackSettings) -> _Authority | None:
    """None: there is none yet, a kill has left half of it, or it ends before a certificate made now would."""
    try:
        key = load_pem_private_key(_key_file(settings).read_bytes(), None)
        certificate = x509.load_pem_x509_certificate(settings.ca_file.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    ends = certificate.not_valid_after_utc
    if key.public_key() != certificate.public_key() or ends < datetime.now(UTC) + timedelta(days=CERTIFICATE_DAYS):
        return None
    return _Authority(key, certificate) if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _make_authority(settings: StackSettings) -> _Authority:
    """A new authority, under a name of its own: two of one name are mixed up by browsers."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"barograph {x509.random_serial_number() % 2**32:08x}")
    usage = x509.KeyUsage(
        False, False, False, False, False, True, True, False, False
    )  # signs certificates, and lists of revoked ones
    builder = (
        _builder(name, name, key.public_key(), AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
    )
    certificate = builder.sign(key, SHA256())
    _put(_key_file(settings), _key_pem(key))
    _put(settings.ca_file, certificate.public_bytes(Encoding.PEM))
    return _Authority(key, certificate)


def _make_certificate(authority: _Authority, service: str, names: list[str]) -> bytes:
    """The file of a service: a new key and its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)  # signs handshakes
    builder = (
        _builder(_name(f"barograph {service}"), authority.certificate.subject, key.public_key(), CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
    )
    return _key_pem(key) + builder.sign(authority.key, SHA256()).public_bytes(Encoding.PEM)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(IPv4Address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _take_over(settings: StackSettings) -> list[str]:
    """Check the user's certificates, then put them where the services and their clients read them."""
    key = _read_key(settings.tls_key)
    chain = _read_certificates("TLS_CERTIFICATE", settings.tls_certificate)
    authorities = _read_certificates("TLS_CA", settings.tls_ca)
    if key.public_key() != chain[0].public_key():
        raise StackError(
            f"TLS_KEY={settings.tls_key}: it is not the key of the first certificate in "
            f"TLS_CERTIFICATE={settings.tls_certificate}: give the two files that belong together"
        )
    pair = _key_pem(key) + b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain)
    _check_own(settings, pair)
    _put(settings.ca_file, b"".join(certificate.public_bytes(Encoding.PEM) for certificate in authorities))
    _write_truststore(settings, authorities)
    for service in SERVICES:
        _put(settings.certificate_file(service), pair)
    _key_file(settings).unlink(missing_ok=True)
    return []


def _check_own(settings: StackSettings, pair: bytes) -> None:
    """Refuse the user's certificates where a client would, before anything that is in use is replaced."""
    candidate = settings.tls_dir / "candidate"
    _put(candidate, pair)
    for service in SERVICES:
        for name in _asked_names(settings, service):
            if fault := _shake_hands(candidate, Path(settings.tls_ca), name):
                raise StackError(
                    f"TLS_CERTIFICATE={settings.tls_certificate}: who trusts TLS_CA={settings.tls_ca} refuses it as {name} "
                    f"from {service}: {fault}. Give one that TLS_CA has signed, that is valid today, and that names {name}"
                )
    candidate.unlink()


def _read_key(path: str) -> _Key:
    try:
        key = load_pem_private_key(_read("TLS_KEY", path), None)
    except (TypeError, ValueError) as error:
        encrypted = "it has a passphrase" if isinstance(error, TypeError) else "it is no private key in PEM"
        raise StackError(f"TLS_KEY={path}: {encrypted}: give an RSA or EC key without one (openssl pkey -in FILE)") from None
    if not isinstance(key, _Key):
        raise StackError(f"TLS_KEY={path}: no program takes this kind of key: give an RSA or EC key")
    return key


def _read_certificates(setting: str, path: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(setting, path))
    except ValueError:
        raise StackError(f"{setting}={path}: it holds no certificate in PEM (-----BEGIN CERTIFICATE-----): give one") from None


def _read(setting: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise StackError(f"{setting}={path}: it cannot be read: {error.strerror}. Correct the path or its mode") from error


def _write_truststore(settings: StackSettings, authorities: list[x509.Certificate]) -> None:
    """Unless the file holds them already: each writing has another salt."""
    with suppress(FileNotFoundError, ValueError):
        held = pkcs12.load_pkcs12(settings.truststore_file.read_bytes(), None).additional_certs
        if [entry.certificate for entry in held] == authorities:
            return
    entries = [pkcs12.PKCS12Certificate(certificate, f"ca-{n}".encode()) for n, certificate in enumerate(authorities)]
    _put(settings.truststore_file, pkcs12.serialize_java_truststore(entries, NoEncryption()))


def _key_file(settings: StackSettings) -> Path:
    return settings.tls_dir / "ca-key.pem"


def _key_pem(key: _Key) -> bytes:
    """In PKCS#8, the one form that Java reads."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _put(path: Path, content: bytes) -> None:
    """Put `content` into `path`, whole or not at all, for its owner only; a file that holds it already is left alone."""
    if path.exists() and path.read_bytes() == content:
        return
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_bytes(content)
    new.replace(path)

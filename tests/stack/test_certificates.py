import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from stack import certificates
from stack.certificates import (
    SERVICES,
    certificates_digest,
    describe_expiries,
    find_fault,
    make_certificates,
    names_of,
    read_expiries,
)
from stack.errors import StackError
from stack.java import find_java_home
from stack.settings import StackSettings
from tests.stack.conftest import MakeSettings

ALL = ["ca", *SERVICES]


@pytest.fixture
def settings(make_settings: MakeSettings) -> StackSettings:
    """With TLS on, and certificates made."""
    settings = make_settings(TLS="1")
    assert make_certificates(settings) == ALL
    return settings


def files(settings: StackSettings) -> dict[str, bytes]:
    """What is in the folder of certificates."""
    return {path.name: path.read_bytes() for path in settings.tls_dir.iterdir()}


def at(monkeypatch: pytest.MonkeyPatch, later: timedelta) -> None:
    """The clock of certificates.py stands `later` than it is."""

    class Clock(datetime):
        """`now` is later."""

        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # always UTC here
            """The time then."""
            assert tz is UTC
            return datetime.now(UTC) + later

    monkeypatch.setattr(certificates, "datetime", Clock)


def test_without_tls_nothing_is_made(make_settings: MakeSettings) -> None:
    settings = make_settings()
    assert (make_certificates(settings), read_expiries(settings), certificates_digest(settings, "kafka")) == ([], [], "")
    assert not settings.tls_dir.exists()


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_clients_accept_a_service_under_each_of_its_names(settings: StackSettings, service: str) -> None:
    assert find_fault(settings, service) == ""


@pytest.mark.parametrize(
    ("service", "names"),
    [
        ("kafka", {"127.0.0.1", "localhost", "kafka", "one.example.org", "10.0.0.2", "ec2.example.org"}),
        ("cassandra", {"127.0.0.1", "localhost", "cassandra", "cassandra_db"}),
        ("airflow", {"127.0.0.1", "localhost", "airflow-apiserver", "pages.example.org", "ec2.example.org"}),
        ("postgres", {"127.0.0.1", "localhost", "postgres"}),
    ],
)
def test_a_certificate_names_where_its_service_is_found(make_settings: MakeSettings, service: str, names: set[str]) -> None:
    hosts = {"KAFKA_HOST": "one.example.org,10.0.0.2", "EC2_PUBLIC_DNS": "ec2.example.org", "WEB_BIND": "0.0.0.0"}  # noqa: S104  # no socket is opened
    settings = make_settings(TLS="1", WEB_URL="https://pages.example.org:8080", **hosts)
    make_certificates(settings)
    certificate = x509.load_pem_x509_certificate(settings.certificate_file(service).read_bytes())
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name.value) for name in found} == names == set(names_of(settings, service))


def test_a_service_is_refused_under_another_name_and_by_clients_of_another_authority(
    settings: StackSettings, make_settings: MakeSettings, tmp_path: Path
) -> None:
    elsewhere = make_settings(KAFKA_HOST="elsewhere.example.org")
    assert "elsewhere.example.org" in find_fault(elsewhere, "kafka")
    other = make_settings(STATE_DIR=str(tmp_path / "other"))
    make_certificates(other)
    other.ca_file.replace(settings.ca_file)
    assert find_fault(settings, "airflow") == "unable to get local issuer certificate"


def test_a_second_start_makes_nothing(settings: StackSettings) -> None:
    before = files(settings)
    assert make_certificates(settings) == []
    assert files(settings) == before


def test_keys_are_readable_by_their_owner_only_and_no_key_is_shared(settings: StackSettings) -> None:
    assert stat.S_IMODE(settings.tls_dir.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in settings.tls_dir.iterdir()} == {0o600}
    keys = [load_pem_private_key(settings.certificate_file(service).read_bytes(), None) for service in SERVICES]
    written = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert len({key.private_bytes(*written) for key in keys}) == 4
    assert b"PRIVATE" not in settings.ca_file.read_bytes() + settings.truststore_file.read_bytes()


def test_a_new_name_makes_one_certificate_anew(settings: StackSettings, make_settings: MakeSettings) -> None:
    assert make_certificates(make_settings(CASSANDRA_HOST="10.1.2.3")) == ["cassandra"]


def test_what_soon_ends_is_renewed_at_a_start(settings: StackSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, timedelta(days=366))
    assert make_certificates(settings) == []
    at(monkeypatch, timedelta(days=368))
    assert make_certificates(settings) == list(SERVICES)


def test_an_authority_that_ends_before_its_certificates_would_is_renewed(
    settings: StackSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, timedelta(days=3650 - 396))
    assert make_certificates(settings) == ALL


def test_renewal_by_hand_keeps_the_authority_unless_it_is_asked_for(settings: StackSettings) -> None:
    before = files(settings)
    assert make_certificates(settings, renew=True) == list(SERVICES)
    assert files(settings)["ca.pem"] == before["ca.pem"]
    assert {name for name, content in files(settings).items() if before[name] == content} == {"ca.pem", "ca.p12", "ca-key.pem"}
    assert make_certificates(settings, renew_authority=True) == ALL
    assert files(settings)["ca.pem"] != before["ca.pem"]


@pytest.mark.parametrize("kills_after", range(7))
@pytest.mark.parametrize("renew_authority", [False, True])
def test_a_kill_between_any_two_files_is_mended_by_the_next_start(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, kills_after: int, renew_authority: bool
) -> None:
    settings, put = make_settings(TLS="1"), certificates._put
    if renew_authority:
        make_certificates(settings)
    written: list[Path] = []

    def put_until_killed(path: Path, content: bytes) -> None:
        if len(written) == kills_after:
            raise KeyboardInterrupt
        written.append(path)
        put(path, content)

    monkeypatch.setattr(certificates, "_put", put_until_killed)
    with pytest.raises(KeyboardInterrupt):
        make_certificates(settings, renew_authority=renew_authority)
    monkeypatch.undo()
    make_certificates(settings)
    assert [find_fault(settings, service) for service in SERVICES] == [""] * 4
    assert make_certificates(settings) == []


@pytest.mark.parametrize("name", ["ca.pem", "ca-key.pem", "kafka.pem", "ca.p12"])
def test_a_file_that_is_damaged_is_made_anew(settings: StackSettings, name: str) -> None:
    (settings.tls_dir / name).write_text("-----BEGIN NOTHING-----\n")
    make_certificates(settings)
    assert [find_fault(settings, service) for service in SERVICES] == [""] * 4
    assert b"NOTHING" not in files(settings)[name]


def test_java_reads_the_truststore_without_a_password(settings: StackSettings) -> None:
    home = find_java_home()
    assert home
    command = [str(home / "bin/keytool"), "-list", "-storetype", "JKS", "-keystore", str(settings.truststore_file)]
    listed = subprocess.run(command, input="\n", capture_output=True, text=True, check=False)
    assert "trustedCertEntry" in listed.stdout, listed.stdout + listed.stderr


def test_a_digest_changes_with_the_certificate_and_with_the_authority(settings: StackSettings) -> None:
    before = certificates_digest(settings, "kafka")
    assert before
    make_certificates(settings, renew=True)
    renewed = certificates_digest(settings, "kafka")
    settings.ca_file.write_text("another")
    assert len({before, renewed, certificates_digest(settings, "kafka")}) == 3


def test_status_names_the_days_on_which_certificates_end(settings: StackSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = describe_expiries(settings)
    day = datetime.now(UTC) + timedelta(days=397)
    assert [line.partition(":")[0] for line in lines] == ["certificate of ca", f"certificate of {', '.join(SERVICES)}"]
    assert lines[1].endswith(f"until {day:%Y-%m-%d} (396 days)")
    at(monkeypatch, timedelta(days=370))
    assert describe_expiries(settings)[1].endswith("(26 days): ./startup.sh renew-certificates")


MakeOwn = Callable[..., dict[str, str]]


@pytest.fixture
def own(tmp_path: Path, make_settings: MakeSettings) -> MakeOwn:
    """Makes certificates as a company would hand them out, with RSA keys, and says where they are."""

    def make(
        names: tuple[str, ...] = ("127.0.0.1",), ends_in: timedelta = timedelta(days=90), password: str = ""
    ) -> dict[str, str]:
        key, issuer_key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        issuer = certificates._name("a company")
        authority = (
            certificates._builder(issuer, issuer, issuer_key.public_key(), 365)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(issuer_key, SHA256())
        )
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(certificates._name("barograph"))
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(7)
            .not_valid_before(now - timedelta(days=10))
            .not_valid_after(now + ends_in)
            .add_extension(x509.SubjectAlternativeName([certificates._alternative(name) for name in names]), critical=False)
            .sign(issuer_key, SHA256())
        )
        locked = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        contents = {
            "TLS_CA": authority.public_bytes(Encoding.PEM),
            "TLS_CERTIFICATE": certificate.public_bytes(Encoding.PEM),
            "TLS_KEY": key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, locked),
        }
        paths = {name: tmp_path / f"{name}-{len(list(tmp_path.iterdir()))}.pem" for name in contents}
        for name, path in paths.items():
            path.write_bytes(contents[name])
        return {name: str(path) for name, path in paths.items()}

    return make


def test_certificates_of_ones_own_are_taken_over_in_the_form_that_java_reads(make_settings: MakeSettings, own: MakeOwn) -> None:
    make_certificates(make_settings(TLS="1"))
    settings = make_settings(**own())
    assert make_certificates(settings) == []
    assert [find_fault(settings, service) for service in SERVICES] == [""] * 4
    assert b"PRIVATE KEY" in settings.certificate_file("kafka").read_bytes()
    assert "ca-key.pem" not in files(settings)
    assert describe_expiries(settings)[1].startswith("certificate of airflow, cassandra, kafka, postgres: until ")


def test_a_refused_certificate_replaces_nothing(make_settings: MakeSettings, own: MakeOwn) -> None:
    make_certificates(make_settings(TLS="1", **own()))
    settings = make_settings()
    before = files(settings)
    with pytest.raises(StackError, match="names 127"):
        make_certificates(make_settings(**own(names=("weather.example.org",))))
    after = files(settings)
    assert {name: after[name] for name in before} == before


def test_ones_own_are_left_behind_when_the_settings_are_emptied(make_settings: MakeSettings, own: MakeOwn) -> None:
    make_certificates(make_settings(TLS="1", **own()))
    settings = make_settings(TLS_CA="", TLS_CERTIFICATE="", TLS_KEY="")
    assert make_certificates(settings) == ALL
    assert [find_fault(settings, service) for service in SERVICES] == [""] * 4


def test_a_certificate_that_does_not_fit_is_refused_with_file_rule_and_remedy(make_settings: MakeSettings, own: MakeOwn) -> None:
    right, other = own(), own()
    cases = [
        ({"TLS_KEY": other["TLS_KEY"]}, "it is not the key of the first certificate in TLS_CERTIFICATE="),
        ({"TLS_CA": other["TLS_CA"]}, "Give one that TLS_CA has signed"),
        ({"TLS_KEY": right["TLS_CA"]}, "it is no private key in PEM: give an RSA or EC key"),
        ({"TLS_CERTIFICATE": right["TLS_KEY"]}, "it holds no certificate in PEM"),
        ({"TLS_CA": right["TLS_CA"] + "x"}, "it cannot be read: No such file or directory. Correct the path"),
        (own(names=("weather.example.org",)), "names 127.0.0.1"),
        (own(ends_in=timedelta(days=-1)), "certificate has expired. Give one"),
        (own(password="5ecre7"), "it has a passphrase: give an RSA or EC key without one"),  # noqa: S106 (made up)
    ]  # fmt: skip
    for given, says in cases:
        with pytest.raises(StackError) as refused:
            make_certificates(make_settings(TLS="1", **{**right, **given}))
        assert says in str(refused.value)
        assert any(f"{name}={path}: " in str(refused.value) for name, path in {**right, **given}.items())
        assert "BEGIN" not in str(refused.value).replace("-----BEGIN CERTIFICATE-----", "")

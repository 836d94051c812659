"""What values of settings must look like. Every refusal says the rule and what to write instead."""

import math
import re
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, SecretStr

_WORDS: Final = """
    add allow alter and apply asc authorize batch begin by columnfamily create default delete desc describe drop entries execute
    from full grant if in index infinity insert into is keyspace limit materialized mbean mbeans modify nan norecursive not null
    of on or order primary rename replace revoke schema select set table to token truncate unlogged unset update use using view
    where with
"""
RESERVED: Final = frozenset(_WORDS.split())
"""Words that CQL takes for itself. Source: Cassandra 5.0, CQL, Appendix A."""

MIB: Final = 2**20
_UNITS: Final = {"k": 2**10, "m": MIB, "g": 2**30}

_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_SPARK_MASTER: Final = re.compile(r"local(\[(\*|[1-9]\d{0,3})\])?|spark://[A-Za-z0-9._-]+:\d{1,5}(,[A-Za-z0-9._-]+:\d{1,5})*")
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
_RANGE: Final = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?", re.ASCII)

UNLIMITED: Final = "unlimited"


def whole(lowest: int, highest: int) -> BeforeValidator:
    """A whole number from `lowest` to `highest`, both included."""

    def read(value: object) -> int:
        """The number that `value` is written as."""
        text = str(value).strip()
        if not re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII) or not lowest <= int(text) <= highest:
            raise ValueError(f"write a whole number from {lowest} to {highest}")
        return int(text)

    return BeforeValidator(read)


def decimal(lowest: float, highest: float = math.inf) -> BeforeValidator:
    """A finite decimal number from `lowest` to `highest`, both included."""
    bounds = f"from {lowest:g} to {highest:g}" if math.isfinite(highest) else f"of {lowest:g} or more"

    def read(value: object) -> float:
        """The number that `value` is written as."""
        number = _to_float(str(value))
        if not math.isfinite(number) or not lowest <= number <= highest:
            raise ValueError(f"write a decimal number {bounds}, with a point")
        return number

    return BeforeValidator(read)


def memory(least_mib: int, why: str = "") -> AfterValidator:
    """A size of memory as Java, Spark and Docker all read it, of `least_mib` MiB at least because of `why`."""

    def check(text: str) -> str:
        """`text`, if it is large enough."""
        size = size_bytes(text)
        if size < least_mib * MIB:
            raise ValueError(f"it is too small{why}: write {least_mib}m or more")
        return text

    return AfterValidator(check)


def size_bytes(text: str) -> int:
    """The bytes of a size such as 512m.

    Raises:
        ValueError: it is written otherwise.
    """
    if not re.fullmatch(r"[1-9]\d{0,8}[kmgKMG]", text, re.ASCII):
        raise ValueError("write a whole number followed by m (MiB) or g (GiB) and nothing else, like 512m or 2g")
    return int(text[:-1]) * _UNITS[text[-1].lower()]


def read_switch(value: object) -> bool:
    """On or off."""
    text = str(value).strip().lower()
    if text not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
        raise ValueError("write 1 (on) or 0 (off)")
    return text in {"1", "true", "yes", "on"}


def read_quota(text: str) -> tuple[float, float, float]:
    """The limits of a minute, an hour and a day; infinite where `text` is `unlimited`.

    Raises:
        ValueError: it is written otherwise.
    """
    if text == UNLIMITED:
        return (math.inf, math.inf, math.inf)
    limits = [_to_float(part) for part in text.split("/")]
    if len(limits) != 3 or not all(1 <= limit < math.inf for limit in limits):  # minute, hour, day
        raise ValueError(f"write the limits per minute, hour and day as 600/5000/10000, each 1 or more, or {UNLIMITED}")
    return (limits[0], limits[1], limits[2])


def read_minutes(text: str) -> tuple[int, int]:
    """The first and the last minute of a range such as 5-20; a single minute is both.

    Raises:
        ValueError: it is written otherwise.
    """
    match = _RANGE.fullmatch(text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
    if not first <= last <= 59:  # minutes of an hour
        raise ValueError("write two minutes of an hour, the earlier one first, as 5-20 (0 to 59)")
    return first, last


def _to_float(text: str) -> float:
    """NaN where `text` is no number."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _check_quota(text: str) -> str:
    read_quota(text)
    return text


def _check_minutes(text: str) -> str:
    read_minutes(text)
    return text


def _check_origins(text: str) -> str:
    if text and not all(_ORIGIN.fullmatch(origin.strip()) for origin in text.split(",")):
        raise ValueError("write scheme://host or scheme://host:port in small letters, without a path, separated by commas")
    return text


def _check_host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise ValueError("write the name or IPv4 address of one machine, without scheme, port or path")
    return text


def _check_optional_host(text: str) -> str:
    return _check_host(text) if text else text


def _check_hosts(text: str) -> str:
    if not all(_HOST.fullmatch(host) for host in text.split(",")):
        raise ValueError("write names or IPv4 addresses separated by commas, without scheme, port, path or blanks")
    return text


def _check_spark_master(text: str) -> str:
    if not _SPARK_MASTER.fullmatch(text):
        raise ValueError("write local[*] for all cores of this machine, local[N] for N of them, or spark://HOST:PORT")
    return text


def _check_identifier(name: str) -> str:
    """A keyspace or table name cannot be bound as a value, so nothing else is let through."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,47}", name):
        raise ValueError("it begins with a small letter, then has small letters, digits or _, 48 at most: choose such a one")
    if name in RESERVED or name.startswith("system"):
        raise ValueError("CQL or Cassandra itself uses this word: choose another name")
    return name


def _check_topic(name: str) -> str:
    """Dots are left out: Kafka's metrics cannot tell them from _."""
    if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,99}", name):
        raise ValueError("it begins with a letter or digit, then has letters, digits, _ or -, 100 at most: choose such a one")
    return name


def _check_login(text: str) -> str:
    if text != text.strip() or not text.isprintable():
        raise ValueError("it begins or ends with a blank, or holds a line break or another control character: correct it")
    return text


def _check_password(secret: SecretStr) -> SecretStr:
    _check_login(secret.get_secret_value())
    return secret


Port = Annotated[int, whole(1, 65_535)]
Replicas = Annotated[int, whole(1, 9)]
Switch = Annotated[bool, BeforeValidator(read_switch)]
Host = Annotated[str, AfterValidator(_check_host)]
OptionalHost = Annotated[str, AfterValidator(_check_optional_host)]
Hosts = Annotated[str, AfterValidator(_check_hosts)]
"""Names or addresses of a cluster's nodes, separated by commas; one that answers is enough to find the others."""
Origins = Annotated[str, AfterValidator(_check_origins)]
"""Servers that may be asked besides the provider's own, separated by commas."""
Identifier = Annotated[str, AfterValidator(_check_identifier)]
TopicName = Annotated[str, AfterValidator(_check_topic)]
LoginName = Annotated[str, AfterValidator(_check_login)]
LoginPassword = Annotated[SecretStr, AfterValidator(_check_password)]
"""Any letters and signs; what pasting leaves at the ends, and what no login module can hold, is refused."""
SparkMaster = Annotated[str, AfterValidator(_check_spark_master)]
CallQuota = Annotated[str, AfterValidator(_check_quota)]
"""Weight per clock minute, UTC hour and UTC day: 600/5000/10000, or `unlimited`."""
MinuteRange = Annotated[str, AfterValidator(_check_minutes)]

SPARK_LEAST_MIB: Final = 512
"""Spark refuses less than 450 MiB of usable heap, and of 512 MiB the parallel collector leaves 455 (measured with Java 17)."""

SparkMemory = Annotated[
    str,
    memory(
        SPARK_LEAST_MIB,
        ", Spark refuses a heap of which less than 450 MiB can be used (INVALID_DRIVER_MEMORY, INVALID_EXECUTOR_MEMORY)",
    ),
]

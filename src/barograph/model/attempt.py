"""Attempts and their manifests: what the ledger knows about one try at one chunk."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

from barograph.errors import RequestRefused
from barograph.model.chunk import Chunk
from barograph.model.location import location_set
from barograph.model.variables import RESOLUTIONS, Resolution

Status = Literal["OPEN", "EXTRACTED", "COMMITTED", "FAILED"]

EXCLUDED: Final = "left out: "
"""Message prefix of an attempt whose single location has no data at the source. Fill does not ask for it again."""

DISMISSED: Final = "dismissed: "
"""Message prefix of an attempt that stands for a gap which the operator gave up; the reason follows. Fill does not ask for it."""

DIGEST_MODULUS: Final = 2**64
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MAX_VERSION: Final = 253_402_300_799_999_999
"""The last microsecond of the year 9999: versions are instants."""

MAX_ATTEMPT_ID: Final = 200
"""Longer than any source's name makes it; Cassandra refuses keys of 64 KiB."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an attempt put into Kafka.

    `ranges` holds per partition the first offset and the one after the last (half-open); other attempts' records may lie
    in between. `record_digest` is the sum of crc32(key ‖ value) mod 2^64 over the `count` records.
    """

    topic: str
    topic_id: str
    ranges: Mapping[int, tuple[int, int]]
    count: int
    record_digest: int

    def to_json(self) -> str:
        """As it stands in the ledger."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """The manifest that `to_json` wrote."""
        parts = json.loads(text)
        ranges = {int(partition): (start, end) for partition, (start, end) in parts.pop("ranges").items()}
        return cls(ranges=ranges, **parts)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a quarantined record that was replayed: a row of that UTC day, with its xxhash64; None = a missing hour."""

    day: date
    row_hash: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the asked observations went; `asked = landed + quarantined + missing` holds, or the load fails.

    `row_digest` is, per UTC day, the sum mod 2^64 (signed) of Spark's xxhash64 over the landed rows' asked columns.
    """

    landed: int
    quarantined: int
    missing: int
    row_digest: Mapping[date, int] = field(default_factory=dict)

    def with_replayed(self, records: Iterable[Replayed]) -> "Outcome":
        """The outcome once these records are out of the quarantine, each given once."""
        digest, landed, missing = dict(self.row_digest), 0, 0
        for one in records:
            if one.row_hash is None:
                missing += 1
            else:
                landed += 1
                digest[one.day] = _signed(digest.get(one.day, 0) + one.row_hash)
        return Outcome(self.landed + landed, self.quarantined - landed - missing, self.missing + missing, digest)

    def to_json(self) -> str:
        """As it stands in the ledger, of an attempt whose records were replayed."""
        digest = {day.isoformat(): sum_ for day, sum_ in self.row_digest.items()}
        return json.dumps({**asdict(self), "row_digest": digest}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Outcome":
        """The outcome that `to_json` wrote."""
        parts = json.loads(text)
        digest = {date.fromisoformat(day): int(sum_) for day, sum_ in parts.pop("row_digest").items()}
        return cls(row_digest=digest, **parts)


def _signed(number: int) -> int:
    """`number` mod 2^64 as the signed number that Spark and Cassandra hold."""
    return (number + DIGEST_MODULUS // 2) % DIGEST_MODULUS - DIGEST_MODULUS // 2


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at one chunk. `version` (microseconds, strictly rising per source) is the write timestamp of its cells.

    `opened_at` and `committed_at` are UTC instants by the clock of the machine that worked on it; None = not yet, or not known.
    `is_unrecoverable`: a load found that Kafka does not hold its records as they were sent; only a new attempt helps.
    `generation_id`: the `Generation` that it belongs to, None = none.
    """

    chunk: Chunk
    version: int
    status: Status
    dag_run: str
    task: str
    manifest: Manifest | None = None
    outcome: Outcome | None = None
    message: str | None = None
    opened_at: datetime | None = None
    committed_at: datetime | None = None
    is_unrecoverable: bool = False
    generation_id: str | None = None

    @property
    def attempt_id(self) -> str:
        """Source, resolution and version: `open-meteo/dwd-icon/hourly/1763683200000000`."""
        return f"{self.chunk.source}/{self.chunk.resolution}/{self.version}"

    @property
    def is_excluded(self) -> bool:
        """Whether its cells are not asked for again: the source has no data there, or the operator dismissed them."""
        return self.status == "FAILED" and (self.message or "").startswith((EXCLUDED, DISMISSED))

    @property
    def may_have_written(self) -> bool:
        """Whether it may have written to the tables, or still might: only a try that failed before its manifest cannot."""
        return not (self.status == "FAILED" and self.manifest is None)

    @property
    def may_hide_older(self) -> bool:
        """Whether its cells may hold its values instead of an older attempt's, so that the older one is not compared there.

        Without a manifest it has written nothing yet, and one that is unrecoverable never will.
        """
        return self.manifest is not None and not self.is_unrecoverable

    def overlaps(self, other: "Attempt") -> bool:
        """Whether both asked for at least one common cell."""
        mine, its = self.chunk, other.chunk
        return (
            mine.window.start < its.window.end
            and its.window.start < mine.window.end
            and not set(mine.variables).isdisjoint(its.variables)
            and not location_set(mine.locations).isdisjoint(location_set(its.locations))
        )


def instant_of(version: int) -> datetime:
    """The UTC instant that a version is."""
    return EPOCH + timedelta(microseconds=version)


def version_at(instant: datetime) -> int:
    """The version of an attempt opened at `instant`, by a clock that is right."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def month_of(version: int) -> int:
    """The UTC month of a version as yyyymm, by which the ledger is partitioned: an attempt id finds its row by itself."""
    at = instant_of(version)
    return at.year * 100 + at.month


def parse_attempt_id(attempt_id: str) -> tuple[str, Resolution, int]:
    """Source, resolution and version of an attempt id.

    Raises:
        RequestRefused: it is not one.
    """
    source, _, rest = attempt_id.rpartition("/")[0].rpartition("/")
    version = attempt_id.rpartition("/")[2]
    resolution = next((known for known in RESOLUTIONS if known == rest), None)
    is_long = len(attempt_id) > MAX_ATTEMPT_ID
    if is_long or not source or resolution is None or not version.isdecimal() or int(version) > MAX_VERSION:
        shown = attempt_id[:MAX_ATTEMPT_ID]
        raise RequestRefused(f"attempt id {shown!r} is not one: they look like open-meteo/dwd-icon/hourly/1763683200000000")
    return source, resolution, int(version)

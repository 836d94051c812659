"""Attempts and their manifests: what the ledger knows about one try at one chunk."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

from barograph.errors import RequestRefused
from barograph.model.chunk import Chunk
from barograph.model.location import location_set
from barograph.model.resolution import Resolution, find_resolution

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
        """As it is stored in the ledger."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """The manifest that `to_json` wrote."""
        parts = json.loads(text)
        ranges = {int(partition): (start, end) for partition, (start, end) in parts.pop("ranges").items()}
        return cls(ranges=ranges, **parts)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a quarantined record became when it was replayed: a row of that UTC day.

    `row_hash` is the row's xxhash64 (None = a missing hour). `is_completion`: the row had landed with values withheld, which it
    has now; then it is the new hash less the old one, signed.
    """

    day: date
    row_hash: int | None
    is_completion: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the asked observations went; `asked = landed + quarantined + missing` holds, or the load fails.

    `flagged` are those of the landed ones some of whose values are withheld: they are null, and the records are kept too.

    `row_digest` is, per UTC day, the sum mod 2^64 (signed) of Spark's xxhash64 over the landed rows' asked columns.
    """

    landed: int
    quarantined: int
    missing: int
    row_digest: Mapping[date, int] = field(default_factory=dict)
    flagged: int = 0

    def with_replayed(self, records: Iterable[Replayed]) -> "Outcome":
        """The outcome once these records are out of the quarantine, each given once."""
        digest, landed, missing, completed = dict(self.row_digest), 0, 0, 0
        for record in records:
            if record.row_hash is None:
                missing += 1
                continue
            landed += not record.is_completion
            completed += record.is_completion
            digest[record.day] = signed(digest.get(record.day, 0) + record.row_hash)
        counts = (self.landed + landed, self.quarantined - landed - missing, self.missing + missing)
        return Outcome(*counts, digest, self.flagged - completed)

    def to_json(self) -> str:
        """As it is stored in the ledger, of an attempt whose records were replayed."""
        digest = {day.isoformat(): sum_ for day, sum_ in self.row_digest.items()}
        return json.dumps({**asdict(self), "row_digest": digest}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Outcome":
        """The outcome that `to_json` wrote."""
        parts = json.loads(text)
        digest = {date.fromisoformat(day): int(sum_) for day, sum_ in parts.pop("row_digest").items()}
        return cls(row_digest=digest, **parts)


def signed(number: int) -> int:
    """`number` mod 2^64 as the signed number that Spark and Cassandra hold (digests and hashes)."""
    return (number + DIGEST_MODULUS // 2) % DIGEST_MODULUS - DIGEST_MODULUS // 2


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at one chunk. `version` (microseconds, strictly rising per source) is the write timestamp of its cells.

    `dag_run` is DAG and run (`weather_data_dag/scheduled__…`).
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
        """Source, resolution and version: `provider/product/hourly/1763683200000000`."""
        return f"{self.chunk.source}/{self.chunk.resolution}/{self.version}"

    @property
    def asked(self) -> int:
        """Observations that must be accounted for: those of the calendar, else those that the source had and that were sent."""
        is_calendar = self.chunk.time_rule == "calendar"
        return self.chunk.asked if is_calendar or self.manifest is None else self.manifest.count

    @property
    def run_id(self) -> str:
        """The id of the run that opened it; `dag_run` names its DAG too, since runs of two DAGs may have the same id."""
        return self.dag_run.rpartition("/")[2]

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
            mine.window.overlaps(its.window)
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
    head, _, version = attempt_id.rpartition("/")
    source, _, name = head.rpartition("/")
    resolution = find_resolution(name)
    if not is_attempt_id(attempt_id) or resolution is None:
        shown = attempt_id[:MAX_ATTEMPT_ID]
        raise RequestRefused(
            f"{shown!r} is not an attempt id: they look like SOURCE/hourly/1763683200000000 (`barograph ledger`)"
        )
    return source, resolution, int(version)


def is_attempt_id(text: str) -> bool:
    """Whether `text` is written as attempt ids are; there may be no such attempt."""
    source, _, resolution = text.rpartition("/")[0].rpartition("/")
    version = text.rpartition("/")[2]
    is_written_so = len(text) <= MAX_ATTEMPT_ID and version.isascii() and version.isdecimal()
    return is_written_so and int(version) <= MAX_VERSION and bool(source) and find_resolution(resolution) is not None

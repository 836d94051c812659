"""Quarantined records: the id that people type, the states, and the choice of records that a replay is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, Self, get_args

from barograph.errors import RequestRefused
from barograph.model.attempt import instant_of, parse_attempt_id
from barograph.model.resolution import RESOLUTIONS, Resolution, find_resolution

QuarantineState = Literal["open", "replayed", "dropped"]
STATES: Final[tuple[QuarantineState, ...]] = get_args(QuarantineState)

SELECTORS: Final = ("source", "resolution", "reason", "attempt_id", "ids")
"""What records are selected by; see `Selection.from_texts`."""

MAX_PARTITION: Final = 2**31 - 1
MAX_OFFSET: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, order=True)
class QuarantineId:
    """Which record: the attempt in whose offsets it was found, and where it lies in Kafka.

    As text `provider/product/hourly/1763683200000000/hourlymetrics/0/17`: the attempt id, then topic, partition, offset.
    """

    source: str
    resolution: Resolution
    version: int
    topic: str
    partition: int
    offset: int

    @property
    def attempt_id(self) -> str:
        """The attempt in whose offsets the record was found; a foreign record was not sent by it."""
        return f"{self.source}/{self.resolution}/{self.version}"

    @property
    def place(self) -> str:
        """Where the record lies in Kafka: `hourlymetrics/0/17`."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def day(self) -> date:
        """The UTC day of the attempt's version, by which the quarantine is kept."""
        return instant_of(self.version).date()

    def __str__(self) -> str:
        """As people type it."""
        return f"{self.attempt_id}/{self.place}"


def parse_quarantine_id(text: str) -> QuarantineId:
    """The id that `text` is.

    Raises:
        RequestRefused: it is not one.
    """
    attempt_id, topic, partition, offset = ["", "", "", *text.rsplit("/", 3)][-4:]
    are_numbers = all(number.isascii() and number.isdecimal() and len(number) < 20 for number in (partition, offset))
    if not topic or not are_numbers or int(partition) > MAX_PARTITION or int(offset) > MAX_OFFSET:
        raise RequestRefused(f"quarantine id {text!r} is not one: `barograph quarantine list` shows them")
    return QuarantineId(*parse_attempt_id(attempt_id), topic, int(partition), int(offset))


@dataclass(frozen=True, slots=True)
class Selection:
    """Which quarantined records are meant: all that fit every part given. `reason` is the beginning of a reason."""

    source: str | None = None
    resolution: Resolution | None = None
    reason: str | None = None
    attempt_id: str | None = None
    ids: tuple[QuarantineId, ...] = ()

    @classmethod
    def from_texts(cls, texts: Mapping[str, str | None]) -> Self:
        """The selection of these texts, at least one of which must be filled; `ids` are separated by commas.

        Blanks around a text make no difference.

        Raises:
            RequestRefused: none is filled, or one is not what its name says.
        """
        given = {name: text.strip() for name, text in texts.items() if text and text.strip()}
        if not given:
            raise RequestRefused(f"nothing is selected: give at least one of {', '.join(texts)}")
        resolution = find_resolution(given.get("resolution"))
        if "resolution" in given and resolution is None:
            raise RequestRefused(f"resolution {given['resolution']!r} is not one of {', '.join(RESOLUTIONS)}")
        if "attempt_id" in given:
            parse_attempt_id(given["attempt_id"])
        ids = tuple(parse_quarantine_id(text) for text in given.get("ids", "").split(",") if text)
        return cls(given.get("source"), resolution, given.get("reason"), given.get("attempt_id"), ids)

    def to_arguments(self) -> list[str]:
        """The same as arguments of the replay job, whose `from_texts` reads them."""
        texts = {
            "source": self.source,
            "resolution": self.resolution,
            "reason": self.reason,
            "attempt-id": self.attempt_id,
            "ids": ",".join(map(str, self.ids)),
        }
        return [f"--{name}={text}" for name, text in texts.items() if text]

    def has(self, record_id: QuarantineId, reason: str) -> bool:
        """Whether the record of that id and reason is meant."""
        return (
            self.source in (None, record_id.source)
            and self.resolution in (None, record_id.resolution)
            and reason.startswith(self.reason or "")
            and self.attempt_id in (None, record_id.attempt_id)
            and (not self.ids or record_id in self.ids)
        )

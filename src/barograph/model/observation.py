"""The record contract: what one observation looks like between the source and the table, and in Kafka."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from barograph.model.variables import Value

SCHEMA: Final = "1"
"""Version of the record contract, sent as header `schema`. It rises when an older reader would misread a record."""

ATTEMPT_ID: Final = "attempt_id"
HEADERS: Final = (ATTEMPT_ID, "version", "run_id", "resolution", "schema")


@dataclass(frozen=True, slots=True)
class Observation:
    """One location × one valid time × its asked variables.

    `time` is RFC 3339 UTC for hourly (`2024-04-01T00:00:00Z`), the GMT day for daily (`2024-04-01`).
    `values` holds every asked variable; None = no value at the source. All None = the hour is missing.
    """

    location_id: str
    source: str
    time: str
    values: Mapping[str, Value]

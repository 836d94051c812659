"""The port every sink implements."""

from collections.abc import Sequence
from typing import ClassVar, Literal, Protocol

from pyspark.sql import DataFrame

from barograph.model.attempt import Attempt
from barograph.model.resolution import Resolution

Guarantee = Literal["version per cell", "projection"]
"""How a sink keeps promise 1, that the newest committed attempt wins.

`version per cell`: it keeps each cell's newest version, in whatever order versions are written, so loads write to it directly.
`projection`: it cannot refuse an older value, so it is written only from committed attempts, in the order of their versions.
"""


class Sink(Protocol):
    """Keeps observations by location, source and time, and can be asked what it holds.

    Rows of one call share source and resolution. Written again, the same rows leave the sink as it is. A sink does not
    verify anything: loading reads back and compares.
    """

    guarantee: ClassVar[Guarantee]

    def prepare(self, resolution: Resolution, variables: Sequence[str]) -> list[str]:
        """Make room for `variables`; returns the names that are new.

        Raises:
            Permanent: the sink is not what barograph made it: change what the message names.
        """
        ...

    def write(self, rows: DataFrame, resolution: Resolution, variables: Sequence[str], *, with_nulls: bool) -> None:
        """Write `rows` (key columns of the resolution, `variables`, version in µs) at their versions.

        `with_nulls`: a null deletes what an older version left in its cell; otherwise a null changes nothing.
        """
        ...

    def clear(self, rows: DataFrame, resolution: Resolution, variables: Sequence[str]) -> int:
        """Delete what versions older than that of each of `rows` (key columns, version) left in `variables`; how many rows.

        A value written at the version itself stays, and so does one that is written at it later.
        """
        ...

    def read_back(self, attempts: Sequence[Attempt]) -> DataFrame:
        """What is now in the cells of `attempts`, which share source, resolution and variables.

        Columns: attempt_id, location_id, time or date, variables.
        """
        ...

    def count_present(self, attempts: Sequence[Attempt]) -> int:
        """How many of the observations that `attempts` (of one source and resolution) asked for hold a value, each once."""
        ...

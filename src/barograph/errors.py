"""Errors, sorted by the operator's next move: `Permanent` wants a change, `Transient` wants time."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from barograph.printable import ITEM, one_line, printable


class BarographError(Exception):
    """Anything barograph refuses or could not do. The message names the value, the rule and the remedy.

    `remedy` is what to do about every error of the class. It ends the message, so that the last line of a log holds it.
    A message often repeats what users or sources wrote: as text it is always `printable`.
    """

    remedy: ClassVar[str] = ""

    def __str__(self) -> str:
        """The message with its remedy."""
        message = printable(super().__str__())
        return f"{message}; {self.remedy}" if self.remedy and self.remedy not in message else message


class Permanent(BarographError):
    """Stop: trying again changes nothing. Someone must change what the message names."""


class Transient(BarographError):
    """Wait: trying again may help, and Airflow does so."""


class RequestRefused(Permanent):
    """The request breaks a rule of barograph or of the source: change the Params, Variables or settings that it names."""

    findings: tuple[str, ...] = ()
    """Everything that is wrong, where it was listed."""

    @classmethod
    def listing(cls, findings: Sequence[str]) -> "RequestRefused":
        """One error that lists everything that is wrong."""
        refused = cls(ITEM.join([f"this request is refused, {len(findings)} to mend:", *map(one_line, findings)]))
        refused.findings = tuple(findings)
        return refused


class LocationUnserved(RequestRefused):
    """The source has no data at one of the locations, and says so for all of them: ask for the others without it."""


class AnswerTooLarge(RequestRefused):
    """The answer is larger than a chunk's may be: ask for half of its days or locations."""


class AccessRefused(RequestRefused):
    """The source does not serve us at all, because of the key or the address: no other chunk would fare better."""


class AnswerRefused(Permanent):
    """The source answered something else than was asked (units, locations, types): nothing was sent. Report it."""


class SourceUnavailable(Transient):
    """The source did not answer, or not now (5xx, 429, timeout)."""

    remedy = "wait for the source; when no try is left, clear the produce task"


class SourceBusy(SourceUnavailable):
    """The source wants a pause: before `wait_until` (UTC) it does not serve us."""

    def __init__(self, message: str, wait_until: datetime) -> None:
        super().__init__(message)
        self.wait_until = wait_until


class QuotaExceeded(SourceBusy):
    """The quota is used up until `wait_until`, and the source is well: for a long pause the task is deferred."""


class AnswerBroken(Transient):
    """The answer is cut, empty or not what its status says: nothing was sent, ask again."""

    remedy = "nothing was sent: wait for the source; when no try is left, clear the produce task"


class DeliveryFailed(Transient):
    """Kafka did not acknowledge every record: the attempt is FAILED, a new try sends all of it again."""


class StoreUnavailable(Transient):
    """Cassandra did not answer in time: nothing was decided, try again."""

    remedy = "look at Cassandra (./startup.sh status), then try again"


class StoreRefused(Permanent):
    """Cassandra refuses the login, the role or the statement: change what the message names."""


class ClockBehind(Permanent):
    """This machine's clock is far behind the newest version: set the clock right, then clear the task."""


class ClockAhead(Permanent):
    """This machine's clock is ahead of Cassandra's: set right the one that is wrong, then clear the task."""


class ManifestMismatch(Permanent):
    """Kafka no longer holds what the manifest says: nothing was written. Clear the produce task, it asks again."""


class SchemaNewer(Permanent):
    """Records were written by a newer barograph: nothing was written. Upgrade this one, then clear the load task."""


class TooManyBad(Permanent):
    """More of an attempt cannot land than MAX_BAD_FRACTION allows: nothing was written. Correct what the reasons name."""


class NothingLanded(Permanent):
    """Observations were asked for and none landed: all are null at the source, or in quarantine."""


class VerificationFailed(Transient):
    """The table does not hold what was written: the attempt is not committed. Clear the load task."""

"""Which sources there are. The only file that lists them: a source joins with its line in `PROVIDERS`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from barograph.errors import RequestRefused
from barograph.settings import Settings
from barograph.sources.open_meteo import client as open_meteo
from barograph.sources.port import Credential, PullSource, SourceInfo

ReadSecret = Callable[[Credential], str | None]


@dataclass(frozen=True, slots=True)
class Provider:
    """A source: what is known of it, and how it is made from the settings and its secret (None = there is none)."""

    info: SourceInfo
    make: Callable[[Settings, str | None], PullSource]


PROVIDERS: Final[tuple[Provider, ...]] = (Provider(open_meteo.INFO, open_meteo.make_source),)
"""The first one is meant where nothing is said."""


def list_choices() -> list[str]:
    """What users may write as the source of a request, the default first."""
    return [choice for provider in PROVIDERS for choice in provider.info.choices]


def no_secret(credential: Credential) -> None:
    """For those who plan and ask nothing."""


class Sources:
    """The sources of `providers`, each made when it is first needed."""

    def __init__(
        self, settings: Settings, read_secret: ReadSecret = no_secret, providers: Sequence[Provider] = PROVIDERS
    ) -> None:
        self._settings, self._read_secret, self._providers = settings, read_secret, providers
        self._made: dict[str, PullSource] = {}

    @property
    def made(self) -> list[PullSource]:
        """Those that were needed so far."""
        return list(self._made.values())

    def choose(self, choice: str) -> PullSource:
        """The source that a request means by `choice`.

        Raises:
            RequestRefused: there is none; lists the choices.
        """
        for provider in self._providers:
            if choice in provider.info.choices:
                return self._make(provider)
        known = ", ".join(known for provider in self._providers for known in provider.info.choices)
        raise RequestRefused(f"source {choice!r} is not known: choose {known}")

    def of(self, row_source: str) -> PullSource:
        """The source whose rows carry `row_source`, such as `provider/product`.

        Raises:
            RequestRefused: no source of this barograph writes such rows.
        """
        prefix = row_source.partition("/")[0]
        for provider in self._providers:
            if prefix in provider.info.prefixes:
                return self._make(provider)
        known = ", ".join(sorted(prefix for provider in self._providers for prefix in provider.info.prefixes))
        raise RequestRefused(f"source {row_source!r} is not known: rows of this barograph begin with {known}")

    def _make(self, provider: Provider) -> PullSource:
        info = provider.info
        if info.name not in self._made:
            secret = self._read_secret(info.credential) if info.credential else None
            self._made[info.name] = provider.make(self._settings, secret)
        return self._made[info.name]

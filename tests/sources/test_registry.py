"""The registry, and what every source that is in it keeps without being asked."""

import json
from pathlib import Path

import pytest

from barograph.errors import RequestRefused
from barograph.model.resolution import RESOLUTIONS
from barograph.model.variables import all_variables
from barograph.settings import Settings
from barograph.sources.port import Credential, SourceInfo
from barograph.sources.registry import PROVIDERS, Provider, Sources, list_choices
from tests.orchestration.fake_source import INFO, FakeSource

INFOS = [provider.info for provider in PROVIDERS]
POOLS = json.loads((Path(__file__).parents[2] / "stack/etc/pools.json").read_text(encoding="utf-8"))


def test_no_two_sources_share_a_name_a_prefix_or_a_choice() -> None:
    for of in (lambda info: (info.name,), lambda info: info.prefixes, lambda info: info.choices):
        every = [one for info in INFOS for one in of(info)]
        assert len(every) == len(set(every)) >= len(INFOS)


@pytest.mark.parametrize("info", INFOS, ids=lambda info: info.name)
def test_a_source_is_described_in_the_words_of_the_model(info: SourceInfo) -> None:
    assert info.resolutions
    assert set(info.resolutions) <= set(RESOLUTIONS)
    for resolution in info.resolutions:
        names = info.variables(resolution)
        assert names
        assert {(name, resolution) for name in names} <= set(all_variables())


@pytest.mark.parametrize("info", INFOS, ids=lambda info: info.name)
def test_the_pool_of_a_source_is_made_with_a_single_slot(info: SourceInfo) -> None:
    assert POOLS[info.pool]["slots"] == 1  # the usage of a quota is read, added to and written by its holder alone


def test_the_first_choice_is_the_default() -> None:
    assert list_choices()[0] == "auto"


@pytest.mark.parametrize("row_source", ["open-meteo/archive", "standin/archive"])
def test_the_source_of_a_row_is_found_by_its_prefix(row_source: str) -> None:
    assert Sources(Settings()).of(row_source).info.name == "open-meteo"


def test_rows_of_no_source_are_refused_with_what_is_known() -> None:
    with pytest.raises(
        RequestRefused, match="source 'test/x' is not known: rows of this barograph begin with open-meteo, standin"
    ):
        Sources(Settings()).of("test/x")


def test_a_source_is_made_once_and_its_secret_read_when_it_is_first_needed() -> None:
    read: list[Credential] = []

    def remember(credential: Credential) -> str | None:
        read.append(credential)
        return None

    sources = Sources(Settings(), remember)
    assert (read, sources.made) == ([], [])
    assert sources.choose("auto") is sources.of("open-meteo/archive")
    assert ([one.connection for one in read], len(sources.made)) == (["open_meteo_default"], 1)


def test_a_source_without_a_credential_is_given_none() -> None:
    assert Sources(Settings(), providers=[Provider(INFO, lambda settings, secret: FakeSource())]).choose("fake").info is INFO

import json

import pytest

from stack.jars import read_pins
from stack.supply_chain import sbom
from stack.supply_chain.pinned import packages


def test_every_package_and_jar_is_listed_with_its_sums() -> None:
    bom = json.loads(sbom.render_sbom())
    assert (bom["bomFormat"], bom["specVersion"], bom["metadata"]["component"]["name"]) == ("CycloneDX", "1.6", "barograph")
    sums = {
        one["purl"]: {given["content"] for source in one["externalReferences"] for given in source["hashes"]}
        for one in bom["components"]
    }
    assert len(sums) == len(bom["components"])
    assert [purl for purl, found in sums.items() if not found] == []
    assert {digest for found in sums.values() for digest in found} == {
        *(pin.sha256 for pin in read_pins()),
        *(digest for package in packages() for digest in package.sha256),
    }


def test_the_project_depends_on_all_of_it() -> None:
    bom = json.loads(sbom.render_sbom())
    own = bom["metadata"]["component"]["bom-ref"]
    depends_on = next(one["dependsOn"] for one in bom["dependencies"] if one["ref"] == own)
    assert set(depends_on) == {one["bom-ref"] for one in bom["components"]}


def test_what_does_not_fit_the_schema_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sbom, "JsonV1Dot6", lambda _bom: Unfit())
    with pytest.raises(ValueError, match=r"does not fit CycloneDX 1\.6"):
        sbom.render_sbom()


class Unfit:
    """Prints what is no bill of materials."""

    def output_as_string(self, indent: int) -> str:
        """Without its format."""
        return json.dumps({"specVersion": "1.6"}, indent=indent)

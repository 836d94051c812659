"""`make sbom`: build/sbom.cdx.json, a bill of materials in CycloneDX: each package and jar with its purl and sums."""

import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Final

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from stack.settings import REPOSITORY
from stack.supply_chain.pinned import Pinned, jars, packages

FILE: Final = REPOSITORY / "build/sbom.cdx.json"
REGISTRIES: Final = {
    "pypi": "https://pypi.org/simple/{name}/",
    "maven": "https://repo.maven.apache.org/maven2/{group}/{name}/{version}/",
}


def render_sbom() -> str:
    """The bill of materials of what requirements.txt and stack/pom.xml bring.

    Raises:
        ValueError: it does not fit CycloneDX's schema.
    """
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bom = Bom(components=[_describe(one) for one in (*packages(), *jars())])
    bom.metadata.component = Component(name=project["name"], version=project["version"], type=ComponentType.APPLICATION)
    bom.metadata.tools.components.add(Component(name="cyclonedx-python-lib", version=version("cyclonedx-python-lib")))
    bom.register_dependency(bom.metadata.component, bom.components)
    written = JsonV1Dot6(bom).output_as_string(indent=2)
    if problem := JsonStrictValidator(SchemaVersion.V1_6).validate_str(written):
        raise ValueError(f"the bill of materials does not fit CycloneDX 1.6: {problem}")
    return written


def _describe(pinned: Pinned) -> Component:
    """A component; the sums belong to where its files come from, since a package has several."""
    purl = pinned.purl
    source = REGISTRIES[purl.type].format(name=purl.name, group=(purl.namespace or "").replace(".", "/"), version=purl.version)
    sums = [HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in pinned.sha256]
    return Component(
        name=purl.name,
        group=purl.namespace,
        version=purl.version,
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        hashes=sums if len(sums) == 1 else [],
        external_references=[ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(source), hashes=sums)],
    )


def write_sbom(path: Path = FILE) -> None:
    """Write it where git ignores it."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(render_sbom(), encoding="utf-8")


if __name__ == "__main__":
    write_sbom()
    print(FILE)

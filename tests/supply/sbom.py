"""`make sbom`: the bill of materials of the product, as CycloneDX JSON, checked against its schema."""

from __future__ import annotations

import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.supply.licences import Component, licence_of, locked

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".venv-checks"


def written() -> str:
    """The document. ImportError without the environment of the tools: `make sbom` makes it."""
    if str(TOOLS) not in " ".join(sys.path):
        sys.path.extend(str(path) for path in TOOLS.glob("lib/python*/site-packages"))  # behind our own
    from cyclonedx.contrib.license.factories import LicenseFactory  # type: ignore[import-not-found,unused-ignore]
    from cyclonedx.model import HashAlgorithm, HashType  # type: ignore[import-not-found,unused-ignore]
    from cyclonedx.model.bom import Bom  # type: ignore[import-not-found,unused-ignore]
    from cyclonedx.model.component import (  # type: ignore[import-not-found,unused-ignore]
        Component as Part,
    )
    from cyclonedx.model.component import ComponentType
    from cyclonedx.output.json import JsonV1Dot6  # type: ignore[import-not-found,unused-ignore]
    from cyclonedx.schema import SchemaVersion  # type: ignore[import-not-found,unused-ignore]
    from cyclonedx.validation.json import JsonStrictValidator  # type: ignore[import-not-found,unused-ignore]
    from packageurl import PackageURL  # type: ignore[import-not-found,unused-ignore]

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    licences = LicenseFactory()
    bom = Bom()
    bom.metadata.component = product = Part(
        type=ComponentType.APPLICATION, name=project["name"], version=project["version"], bom_ref=project["name"]
    )
    parts: dict[str, Any] = {}
    for one in locked():
        parts[one.name] = Part(
            type=ComponentType.LIBRARY,
            name=one.name,
            version=one.version,
            purl=PackageURL("pypi", None, one.name, one.version),
            bom_ref=one.name,
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in one.hashes],
            licenses=[licences.make_from_string(licence_of(one.name))],
        )
        bom.components.add(parts[one.name])
    wanted = [canonicalize_name(Requirement(text).name) for text in project["dependencies"]]
    bom.register_dependency(product, [parts[name] for name in wanted if name in parts])
    for one in locked():
        bom.register_dependency(parts[one.name], [parts[name] for name in needs(one) if name in parts])
    text = str(JsonV1Dot6(bom).output_as_string(indent=1))
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(str(wrong))
    return text


def needs(component: Component) -> list[str]:
    """What a component stands on, without its extras."""
    said = [Requirement(text) for text in metadata.requires(component.name) or ()]
    return sorted({canonicalize_name(one.name) for one in said if not one.marker or one.marker.evaluate({"extra": ""})})


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "tallyline.cdx.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(written(), encoding="utf-8")
    print(f"{len(locked())} components: {target}")

"""Schemas for kubeconform: Kubernetes' own kinds from kubernetes-validate's bundle, the operators' from `crds/`."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.manifests.crds import FOLDER
from tests.manifests.tools import VENV

KUBERNETES = "1.35"


def write(folder: Path, kinds: set[tuple[str, str]]) -> None:
    """A schema of each kind, (apiVersion, kind), which there is one for; kubeconform refuses a kind without."""
    (bundle,) = VENV.parent.glob(
        f"lib/python3*/site-packages/kubernetes_validate/kubernetes-json-schema/v{KUBERNETES}.0-local-strict"
    )
    definitions = json.loads((bundle / "_definitions.json").read_text())["$defs"]
    for version, kind in kinds:
        group, _, number = version.rpartition("/")
        first = group.partition(".")[0]
        source = bundle / f"{'-'.join(part for part in (kind.lower(), first, number) if part)}.json"
        if source.exists():
            schema = json.loads(source.read_text()) | {"$defs": definitions}
            text = json.dumps(schema).replace('"/api/_definitions.json#', '"#').replace('"_definitions.json#', '"#')
            (folder / name_of(kind, group, number)).write_text(text)
    for group, kind, number, schema in custom():
        (folder / name_of(kind, group, number)).write_text(json.dumps(closed(schema)))


def name_of(kind: str, group: str, version: str) -> str:
    """The file that kubeconform looks for as `{{.ResourceKind}}{{.KindSuffix}}.json`."""
    return "-".join(part for part in (kind.lower(), group.partition(".")[0], version) if part) + ".json"


def custom() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Group, kind, version and schema of every kind of the operators."""
    for file in sorted(FOLDER.glob("*.json")):
        spec = json.loads(file.read_text())["spec"]
        for version in spec["versions"]:
            yield spec["group"], spec["names"]["kind"], version["name"], version["schema"]["openAPIV3Schema"]


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """As the API server reads it with strict validation: a field that is not named is a mistake, unless the schema
    keeps unknown ones; `int-or-string` is either."""
    top = copy.deepcopy(schema)
    top["properties"] |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    _close(top)
    return top


def _close(schema: dict[str, Any]) -> None:
    if schema.get("x-kubernetes-int-or-string"):
        schema.pop("type", None)
    properties = schema.get("properties")
    if properties and "additionalProperties" not in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        schema["additionalProperties"] = False
    parts = [*(properties or {}).values(), schema.get("items"), schema.get("additionalProperties")]
    for part in parts:
        if isinstance(part, dict):
            _close(part)

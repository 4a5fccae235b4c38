"""Makes `crds/` again: the definitions of the operators' kinds that the manifests use, from the operators' packages.

They are kept here in the one version that is used and without their descriptions, so that checks need neither a network
nor Java. `make crds` wants Go, Maven and a JDK of version 21 or newer (JAVA_HOME).
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
FOLDER = HERE / "crds"
_PROMETHEUS = "example/prometheus-operator-crd/monitoring.coreos.com"
MODULES = {
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": (
        f"{_PROMETHEUS}_servicemonitors.yaml",
        f"{_PROMETHEUS}_podmonitors.yaml",
        f"{_PROMETHEUS}_prometheusrules.yaml",
    ),
    "github.com/kedacore/keda/v2@v2.21.0": ("config/crd/bases/keda.sh_scaledobjects.yaml",),
    "github.com/mongodb/mongodb-kubernetes-operator@v0.9.0": (
        "config/crd/bases/mongodbcommunity.mongodb.com_mongodbcommunity.yaml",
    ),
    "github.com/cert-manager/cert-manager@v1.21.2": (
        "deploy/crds/cert-manager.io_certificates.yaml",
        "deploy/crds/cert-manager.io_issuers.yaml",
    ),
    "github.com/external-secrets/external-secrets@v1.3.2": (
        "config/crds/bases/external-secrets.io_externalsecrets.yaml",
    ),
}
"""Go module -> files in it."""
STRIMZI = ("kafka.Kafka", "nodepool.KafkaNodePool", "topic.KafkaTopic", "user.KafkaUser")


def upstream() -> Iterator[dict[str, Any]]:
    """Every definition as its operator ships it."""
    for module, files in MODULES.items():
        said = subprocess.run(["go", "mod", "download", "-json", module], check=True, capture_output=True)
        folder = Path(json.loads(said.stdout)["Dir"])
        for file in files:
            yield yaml.safe_load((folder / file).read_text())
    with tempfile.TemporaryDirectory() as name:
        pom, libraries = HERE / "strimzi_crds" / "pom.xml", f"{name}/libs"
        copying = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={libraries}"]
        subprocess.run(copying, check=True)
        java = str(Path(os.environ["JAVA_HOME"]) / "bin/java") if "JAVA_HOME" in os.environ else "java"
        files = tuple(f"{name}/{kind}.yaml" for kind in STRIMZI)
        kinds = [f"io.strimzi.api.kafka.model.{kind}={file}" for kind, file in zip(STRIMZI, files, strict=True)]
        generator = [java, "-cp", f"{libraries}/*", "io.strimzi.crdgenerator.CrdGenerator", "--yaml", *kinds]
        subprocess.run(generator, check=True)
        for file in files:
            yield yaml.safe_load(Path(file).read_text())


def lean(definition: dict[str, Any]) -> dict[str, Any]:
    """The definition with the version that is stored alone, and nothing that is only read."""
    spec = definition["spec"]
    spec["versions"] = [version for version in spec["versions"] if version["storage"]]
    spec.pop("conversion", None)
    spec["names"].pop("categories", None)
    schema = spec["versions"][0]["schema"]["openAPIV3Schema"]
    _strip(schema)
    return {
        "apiVersion": definition["apiVersion"],
        "kind": definition["kind"],
        "metadata": {"name": definition["metadata"]["name"]},
        "spec": spec,
    }


def _strip(schema: dict[str, Any]) -> None:
    """Take the descriptions out. Below `properties` stand names of fields, of which one may be `description`."""
    schema.pop("description", None)
    for key, part in schema.items():
        if key == "properties":
            for field in part.values():
                _strip(field)
        elif isinstance(part, dict):
            _strip(part)
        elif isinstance(part, list):
            for one in part:
                if isinstance(one, dict):
                    _strip(one)


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for definition in map(lean, upstream()):
        file = FOLDER / f"{definition['metadata']['name']}.json"
        file.write_text(json.dumps(definition, separators=(",", ":"), sort_keys=True) + "\n")
        print(f"{file.name}: {file.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()

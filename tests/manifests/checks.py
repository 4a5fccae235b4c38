"""The checkers, and for each a mistake that it has to find before its word counts."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.manifests import schemas
from tests.manifests.exceptions import CHECKOV, KUBE_SCORE
from tests.manifests.tools import tool


@dataclass(frozen=True)
class Check:
    """`command` is what is run on a file, with a folder for what it needs beside. `planted` are a text that stands in
    `subject` and the mistake instead of it, one or several; `own` looks at Kubernetes' own kinds alone."""

    name: str
    subject: str
    command: Callable[[Path, Path], Sequence[str]]
    planted: Sequence[tuple[str, str]]
    own: bool = False


def _kubeconform(file: Path, folder: Path) -> Sequence[str]:
    found = {(one["apiVersion"], one["kind"]) for one in yaml.safe_load_all(file.read_text())}
    schemas.write(folder, found)
    where = f"{folder}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    return [tool("kubeconform"), "-strict", "-summary", "-schema-location", where, str(file)]


def _kubernetes_validate(file: Path, _: Path) -> Sequence[str]:
    return [tool("kubernetes-validate"), "--strict", "--quiet", "-k", schemas.KUBERNETES, str(file)]


def _kube_score(file: Path, _: Path) -> Sequence[str]:
    left_out = [part for name in KUBE_SCORE for part in ("--ignore-test", name)]
    version = ["--kubernetes-version", f"v{schemas.KUBERNETES}"]
    return [tool("kube-score"), "score", "--exit-one-on-warning", "-o", "ci", *version, *left_out, str(file)]


def _checkov(framework: str) -> Callable[[Path, Path], Sequence[str]]:
    def command(file: Path, _: Path) -> Sequence[str]:
        plain = ["--skip-download", "--quiet", "--compact", "--skip-check", ",".join(CHECKOV)]
        return [tool("checkov"), "-f", str(file), "--framework", framework, *plain]

    return command


def _hadolint(file: Path, _: Path) -> Sequence[str]:
    return [tool("hadolint"), "--failure-threshold", "style", str(file)]


def _compose(file: Path, _: Path) -> Sequence[str]:
    return [tool("compose-go"), str(file)]


MANIFESTS, IMAGE, COMPOSE = "manifests.yaml", "Dockerfile", "compose.yaml"
CHECKS: Sequence[Check] = (
    Check(
        "kubeconform",
        MANIFESTS,
        _kubeconform,
        [("livenessProbe:", "livenessProb:"), ("  partitions: 8", "  partition: 8"), ("scramCredentials", "scram")],
    ),
    Check(
        "kubernetes-validate",
        MANIFESTS,
        _kubernetes_validate,
        [("livenessProbe:", "livenessProb:"), ("podSelector: {}", "podSelectors: {}")],
        own=True,
    ),
    Check("kube-score", MANIFESTS, _kube_score, [("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")]),
    Check(
        "checkov",
        MANIFESTS,
        _checkov("kubernetes"),
        [("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")],
    ),
    Check("checkov of the image", IMAGE, _checkov("dockerfile"), [("USER 10001:10001", "USER root")]),
    Check("hadolint", IMAGE, _hadolint, [("EXPOSE 8321", "EXPOSE 8321\nRUN cd /tmp && pip install x")]),
    Check(
        "compose-go",
        COMPOSE,
        _compose,
        [("service_healthy", "service_healty"), ("networks:", "network:")],
    ),
)

QUIET = ("[OK]", "[SKIPPED]")
"""How lines begin that kube-score prints of what is in order."""


@dataclass(frozen=True)
class Verdict:
    """What a checker said."""

    passed: bool
    said: str


def judge(check: Check, text: str, folder: Path) -> Verdict:
    """Run the checker on this text. `folder` is empty, and the caller's."""
    file = folder / check.subject
    file.write_text(_own(text) if check.own else text)
    beside = folder / "beside"
    beside.mkdir()
    done = subprocess.run(check.command(file, beside), capture_output=True, text=True, cwd=folder)
    said = (line for line in (done.stdout + done.stderr).splitlines() if not line.startswith(QUIET))
    return Verdict(done.returncode == 0, "\n".join(said))


def _own(text: str) -> str:
    """The objects of Kubernetes' own kinds: their groups have no dot, or end with that of the project."""
    objects = [one for one in yaml.safe_load_all(text) if _is_own(one["apiVersion"].rpartition("/")[0])]
    return yaml.safe_dump_all(objects, sort_keys=False)


def _is_own(group: str) -> bool:
    return "." not in group or group.endswith(".k8s.io")

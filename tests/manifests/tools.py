"""The programs that check manifests, in pinned versions: those in Go are built once, others in `.venv-manifests`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.engines.server import Missing, installed

ROOT = Path(__file__).parents[2]
VENV = ROOT / ".venv-manifests" / "bin"
MODULES: Mapping[str, tuple[str, str]] = {
    "kustomize": ("kustomize", "sigs.k8s.io/kustomize/kustomize/v5@v5.8.2"),
    "kubeconform": ("kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0"),
    "kube-score": ("kube-score", "github.com/zegl/kube-score/cmd/kube-score@v1.20.0"),
    "compose-go": ("cmd", "github.com/compose-spec/compose-go/v2/cmd@v2.16.2"),
}
"""Tool -> the name of its program, and the Go module that it is built of."""


def tool(name: str) -> str:
    """The path of a tool. Missing when it can't be brought."""
    if name in MODULES:
        program, module = MODULES[name]
        return str(installed(name, module) / program)
    path = VENV / name
    if not path.exists():
        raise Missing(f"{name} is not in {VENV.parent.name}: make manifests puts it there")
    return str(path)

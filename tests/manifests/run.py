"""`make manifests`: builds every overlay, and `prod` with each component that none has; each checker has to find its
planted mistakes before it judges ours."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.engines.server import Missing
from tests.manifests.checks import CHECKS, COMPOSE, IMAGE, MANIFESTS, Check, judge
from tests.manifests.exceptions import CHECKOV, KUBE_SCORE
from tests.manifests.tools import ROOT, tool

KUBERNETES = ROOT / "deploy" / "k8s"
OVERLAYS = sorted((KUBERNETES / "overlays").iterdir())
KUSTOMIZATION = "kustomization.yaml"


class NotBuilt(Exception):
    """kustomize refused; what it said."""


def built(folder: Path) -> str:
    """What kustomize makes of a folder."""
    done = subprocess.run([tool("kustomize"), "build", str(folder)], capture_output=True, text=True)
    if done.returncode:
        raise NotBuilt(f"{folder.name}: {done.stderr}")
    return done.stdout


def optional() -> list[str]:
    """The components that no overlay switches on."""
    used = {Path(one).name for path in OVERLAYS for one in _kustomization(path).get("components", ())}
    return sorted({path.name for path in (KUBERNETES / "components").iterdir()} - used)


def built_with(component: str) -> str:
    """What kustomize makes of `prod` with one component more, switched on as anybody would."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "deploy", folder, dirs_exist_ok=True)
        overlay = Path(folder) / "k8s" / "overlays" / "prod"
        said = _kustomization(overlay)
        said["components"].append(f"../../components/{component}")
        (overlay / KUSTOMIZATION).write_text(yaml.safe_dump(said))
        return built(overlay)


def _kustomization(folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load((folder / KUSTOMIZATION).read_text())
    return said


def subjects() -> Mapping[str, Mapping[str, str]]:
    """Kind of subject -> name -> text."""
    return {
        MANIFESTS: {str(path.relative_to(KUBERNETES)): built(path) for path in OVERLAYS}
        | {f"overlays/prod with {name}": built_with(name) for name in optional()},
        IMAGE: {IMAGE: (ROOT / IMAGE).read_text()},
        COMPOSE: {COMPOSE: (ROOT / COMPOSE).read_text()},
    }


def failures(check: Check, texts: Mapping[str, str]) -> Iterator[str]:
    """What is wrong: a planted mistake that was passed over, or what the checker finds."""
    for right, wrong in check.planted:
        name, text = next(((name, text) for name, text in texts.items() if right in text), ("", ""))
        if not name:
            yield f"nothing to plant `{wrong}` in: `{right}` stands nowhere"
            continue
        with tempfile.TemporaryDirectory() as folder:
            if judge(check, text.replace(right, wrong, 1), Path(folder)).passed:
                yield f"`{wrong}` in {name} was passed over"
    for name, text in texts.items():
        with tempfile.TemporaryDirectory() as folder:
            verdict = judge(check, text, Path(folder))
            if not verdict.passed:
                yield f"{name}:\n{verdict.said}"


def main() -> int:
    """Print what was checked; 1 when something is wrong, or a tool can't be had."""
    wrong = 0
    try:
        all_of_them = subjects()
        for name, text in all_of_them[MANIFESTS].items():
            print(f"kustomize: {name} is {text.count(chr(10) + 'kind: ')} objects")
        for check in CHECKS:
            begun = time.monotonic()
            found = list(failures(check, all_of_them[check.subject]))
            wrong += len(found)
            verdict = "fails" if found else "passes"
            looked_at = f"{', '.join(all_of_them[check.subject])}; {len(check.planted)} planted"
            print(f"{check.name}: {verdict} ({looked_at}; {time.monotonic() - begun:.1f} s)", flush=True)
            for one in found:
                print(f"  {one}")
    except (Missing, NotBuilt) as cause:
        print(cause, file=sys.stderr)
        return 1
    print(f"left out, with a reason in tests/manifests/exceptions.py: {', '.join([*KUBE_SCORE, *CHECKOV])}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

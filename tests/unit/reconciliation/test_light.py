"""What the server loads: the libraries that work a month out are loaded by the process of a run alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("scipy", "numpy", "saxonche", "pypdf", "lxml")


@pytest.mark.parametrize("module", ["services.embedded", "services.cli"])
def test_the_server_starts_without_what_only_a_run_needs(module: str) -> None:
    script = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"

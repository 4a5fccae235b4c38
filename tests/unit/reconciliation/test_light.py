"""What the server loads: the libraries that work a month out are loaded by the process of a run alone."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("scipy", "numpy", "saxonche", "pypdf", "lxml")


def test_the_server_starts_without_what_only_a_run_needs() -> None:
    script = f"import sys, services.embedded; print([name for name in {HEAVY} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"

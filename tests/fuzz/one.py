"""One target under libFuzzer, in a process of its own: `python -m tests.fuzz.one TARGET FOLDER [libFuzzer options]`."""

from __future__ import annotations

import contextlib
import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Runs until its time is over (0), or until a reader raises what it may not (77, with the bytes in a file)."""
    sys.path.extend(str(path) for path in (ROOT / ".venv-checks").glob("lib/python*/site-packages"))  # behind our own
    atheris = import_module("atheris")

    with atheris.instrument_imports(include=["services", "shared"]):
        from tests.fuzz.targets import TARGETS

    name, *options = sys.argv[1:]
    reads, refuses, _ = TARGETS[name]

    def once(data: bytes) -> None:
        with contextlib.suppress(*refuses):
            reads(data)

    atheris.Setup([sys.argv[0], *options], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

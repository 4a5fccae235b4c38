"""`make fuzz`: every target for some seconds, from good examples and from what earlier runs found worth keeping."""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
from pathlib import Path

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "fuzz"
LONGEST = 1 << 16
"""Bytes of an input: what is longer is refused by limits that have tests of their own."""
MEMORY_MB = 2_048
SLOW_S = 10


def fuzz(name: str, seconds: int, kept: Path) -> tuple[bool, str]:
    """Whether the reader held, and what the run says of itself."""
    corpus, found = kept / name / "corpus", kept / name / "found"
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    for example in TARGETS[name].examples():
        (corpus / hashlib.sha256(example).hexdigest()[:20]).write_bytes(example)
    options = [
        f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-rss_limit_mb={MEMORY_MB}", f"-timeout={SLOW_S}",
        f"-artifact_prefix={found}/", "-print_final_stats=1",
    ]  # fmt: skip
    command = [sys.executable, "-m", "tests.fuzz.one", name, str(corpus), *options]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = run.stdout + run.stderr
    executed = re.search(r"stat::number_of_executed_units:\s*(\d+)", said)
    if run.returncode == 0 and executed:
        return True, f"{int(executed[1]):,} inputs, {sum(1 for _ in corpus.iterdir())} kept"
    return False, said[-3_000:]


def main() -> None:
    """Ends with 1 where a reader raised what it may not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], metavar="target")
    parser.add_argument("--seconds", type=int, default=20)
    asked = parser.parse_args()
    failed = []
    for name in asked.targets or TARGETS:
        held, said = fuzz(name, asked.seconds, KEPT)
        print(f"{name:11} {'held' if held else 'FAILED'}: {said}", flush=True)
        if not held:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}; the bytes lie in {KEPT}")


if __name__ == "__main__":
    main()

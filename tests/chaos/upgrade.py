"""A rolling upgrade under traffic: `python -m tests.chaos.upgrade --of HEAD~1`. Exit code 1 if a promise was broken.

Every process begins as the release `--of`, taken from the repository's history, and is restarted as the code of this
folder, one after the other, while the clients of chaos send and read; then the checker of chaos looks at what is kept.
Both releases run on the libraries of this one.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.chaos.harming import replaced
from tests.chaos.journal import Journal
from tests.chaos.profiles import Profile
from tests.chaos.run import judged
from tests.chaos.system import ALWAYS, STORMY, System

HERE = Path(__file__).parents[2]
ORDER = (
    *("worker-b", *STORMY, "calls", "gateway", "partners", "reconciliation", "training"),
    *("gateway-worker", "worker-a", "ingest"),
)
"""First what reads, then what writes: `docs/runbooks/new-event-version.md`."""
PROFILE = Profile(deliveries=30_000, rate=30.0, picks={}, patience=600.0, lasting=True)
MIXED_S = 3.0
"""How long old and new run side by side before the next one is restarted."""


def release(revision: str, into: Path) -> Path:
    """The product's code as it was. CalledProcessError for a revision that the repository has not."""
    archived = subprocess.run(
        ["git", "-C", str(HERE), "archive", revision, "services", "shared"], check=True, capture_output=True
    )
    with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as packed:
        packed.extractall(into, filter="data")
    return into


async def upgrade(system: System, journal: Journal) -> None:
    """One process after the other leaves as the old release and comes as the new one."""
    for name in STORMY:
        await system.start(name)
    await system.ready(*STORMY)
    for name in ORDER:
        await asyncio.sleep(MIXED_S)
        print(f"{name}: ended after {await replaced(system, name, journal):.1f} s", flush=True)
        await system.ready(name)
    if system.releases:
        journal.note("wrong", why=f"never upgraded: {sorted(system.releases)}")


async def main(revision: str, home: Path) -> int:
    """The exit code."""
    old = await asyncio.to_thread(release, revision, home / "old")
    system = System(home, releases=dict.fromkeys((*ALWAYS, *STORMY), old))
    return await judged(f"upgrade of {revision}", system, 1, PROFILE, lambda notes: upgrade(system, notes))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--of", default="HEAD~1", help="the release that runs first: a revision of the repository")
    parser.add_argument("--keep", type=Path, help="an empty folder for journal and logs (default: one that is removed)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tallyline-upgrade-") as folder:
        sys.exit(asyncio.run(main(given.of, given.keep or Path(folder))))

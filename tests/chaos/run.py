"""One run of chaos: `python -m tests.chaos.run --seed 7 --profile short`. Exit code 1 if a promise was broken."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from services.simulate.driver import set_up_company
from tests.chaos import book, journal
from tests.chaos.checker import breaches
from tests.chaos.faults import harm, schedule
from tests.chaos.journal import Journal, Told
from tests.chaos.rest import at_rest, unequal_views
from tests.chaos.system import ALWAYS, System
from tests.chaos.traffic import Client, firm, planned

ANSWER_S = 8.0
"""How long the client waits for an answer before it sends again."""


@dataclass(frozen=True)
class Profile:
    """How much is sent, how fast (a second), how often all the harm is done and how far apart (s), and for how long
    (s) the system may go on working afterwards."""

    deliveries: int
    rate: float
    rounds: int = 0
    gap: float = 5.0
    patience: float = 90.0


PROFILES = {
    "short": Profile(deliveries=6_000, rate=60.0, rounds=1),
    "long": Profile(deliveries=100_000, rate=90.0, rounds=9, gap=6.0, patience=600.0),
}


async def run(
    system: System, seed: int, profile: Profile, harming: Callable[[Journal], Awaitable[None]]
) -> tuple[list[str], Told]:
    """Traffic and harm, then calm, then the check: what is wrong, and what the journal tells."""
    system.data.mkdir(parents=True, mode=0o700)
    with contextlib.closing(Journal(system.home / "journal.jsonl")) as notes:
        wrong = await _unrest(system, seed, profile, harming, notes)
    with notes.path.open(encoding="utf-8") as lines:
        told = journal.read(lines)
    kept = await book.read(system.kafka.address(), system.mongo.address(), system.namespace, system.data / "spool.db")
    return wrong + breaches(kept, told), told


async def _unrest(
    system: System, seed: int, profile: Profile, harming: Callable[[Journal], Awaitable[None]], notes: Journal
) -> list[str]:
    """Until the system is at rest and has been stopped; what it says of itself that is wrong."""
    for name in ALWAYS:
        await system.start(name)
    plan = await asyncio.to_thread(planned, seed, profile.deliveries)
    await system.ready(*ALWAYS)
    company = firm(seed)
    async with system.caller(ANSWER_S) as http:
        await set_up_company(http, company, demo=True)
        client = Client(http, plan, profile.rate, notes, company.partners[3])
        sending = asyncio.create_task(client.run())
        try:
            await harming(notes)
            await sending
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
    notes.note("calm")
    await system.ready(*ALWAYS)
    await at_rest(system, profile.patience)
    wrong = await unequal_views(system)
    codes = await system.stop()
    return wrong + [f"stop: {name} ended with {code}" for name, code in codes.items() if code]


def summary(told: Told) -> str:
    """What was done, in a few lines."""
    harmed = ", ".join(f"{what} {times}×" for what, times in sorted(told.faults.items()))
    answers = ", ".join(f"{status}: {times}" for status, times in sorted(told.statuses.items()))
    fell = ", ".join(f"{name} {times}×" for name, times in sorted(told.fell.items())) or "nothing"
    once = f"{sum(told.once.values())} answered, {len(told.once) - sum(told.once.values())} of unknown outcome"
    return (
        f"sent: {told.invoked} requests, {len(told.taken)} deliveries taken, {told.unknown.total()} outcomes unknown\n"
        f"answers: {answers}\ncalls told once: {once}; agents registered: {len(told.agents)}\nfaults: {harmed}\n"
        f"ended by themselves and started again: {fell}"
    )


async def main(seed: int, name: str, home: Path) -> int:
    """The exit code."""
    profile, begun = PROFILES[name], time.monotonic()
    system = System(home)
    try:
        faults = schedule(seed, profile.rounds, profile.gap)
        wrong, told = await run(system, seed, profile, lambda notes: harm(system, faults, notes))
    except BaseException:
        for process in system.running:
            sys.stderr.write(f"== {process}\n{system.said(process)[-600:]}\n")
        raise
    finally:
        await system.close()
    print(summary(told))
    for line in wrong[:50]:
        print(line)
    (home / "breaches.json").write_text(json.dumps(wrong, indent=1), encoding="utf-8")
    print(f"chaos seed {seed} ({name}): {len(wrong)} breaches in {round(time.monotonic() - begun)} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", choices=sorted(PROFILES), default="short")
    parser.add_argument("--keep", type=Path, help="an empty folder for journal and logs (default: one that is removed)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tallyline-chaos-") as folder:
        sys.exit(asyncio.run(main(given.seed, given.profile, given.keep or Path(folder))))

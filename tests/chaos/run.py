"""One run of chaos: `python -m tests.chaos.run --seed 7 --profile short`. Exit code 1 if a promise was broken."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest

from services.simulate.driver import set_up_company
from tests.chaos import book, endpoint, journal
from tests.chaos.checker import breaches
from tests.chaos.faults import Harm, Kind, schedule
from tests.chaos.ground import LINES, Ground, Lines, on_ferretdb, plain, three_brokers
from tests.chaos.harming import harm
from tests.chaos.journal import Journal, Told
from tests.chaos.means import Clocks, Disk, Lacking
from tests.chaos.profiles import PROFILES, Profile
from tests.chaos.rest import at_rest, retry_letters, unequal_views
from tests.chaos.system import ALWAYS, System
from tests.chaos.traffic import Client, firm, planned, set_up_live

ANSWER_S = 8.0
"""How long the client waits for an answer before it sends again."""
OLDER = frozenset({"ingest", "worker-a", "worker-b", "worker-c", "worker-d", "worker-e"})
"""They are of an older release until they are restarted one after the other."""
Harming = Callable[[Journal], Awaitable[None]]


async def run(system: System, seed: int, profile: Profile, harming: Harming) -> tuple[list[str], Told]:
    """Traffic and harm, then calm, then the check: what is wrong, and what the journal tells."""
    system.data.mkdir(parents=True, mode=0o700)
    with contextlib.closing(Journal(system.home / "journal.jsonl")) as notes:
        wrong = await _unrest(system, seed, profile, harming, notes)
    with notes.path.open(encoding="utf-8") as lines:
        told = journal.read(lines)
    ground = system.ground
    kept = await book.read(ground.kafka, ground.mongo, system.namespace, system.spool / "spool.db")
    return wrong + breaches(kept, told), told


async def _unrest(system: System, seed: int, profile: Profile, harming: Harming, notes: Journal) -> list[str]:
    """Until the system is at rest and has been stopped; what it says of itself that is wrong."""
    for name in ALWAYS:
        await system.start(name)
    plan = await asyncio.to_thread(planned, seed, profile.deliveries, profile.readable)
    await system.ready(*ALWAYS)
    company = firm(seed)
    async with system.caller(ANSWER_S) as http, endpoint.listening(notes) as url:
        await set_up_company(http, company, demo=True)
        await set_up_live(http, company.partners[3])
        if not system.releases:  # an older release may not know of it
            await endpoint.asked_for(http, url)
        client = Client(http, plan, profile.rate, notes, company.partners[3])
        sending = asyncio.create_task(client.run())
        try:
            await harming(notes)
            if profile.lasting:
                client.enough()
            await sending
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        notes.note("calm")
        await system.ready(*ALWAYS)
        await at_rest(system, profile.patience, 1.0)
        await retry_letters(system, notes)
        await at_rest(system, profile.patience)
        wrong = await unequal_views(system)
    codes = await system.stop()
    return wrong + [f"stop: {name} ended with {code}" for name, code in codes.items() if code]


def equipped(profile: Profile, home: Path) -> tuple[System, dict[Kind, str]]:
    """A system with all that the profile's harm needs; and which kinds can't be done here, and why."""
    lacking: dict[Kind, str] = {}
    system = System(home, "older_release", OLDER, _ground(profile, lacking))
    if profile.picks.get("clock"):
        try:
            system.clocks = Clocks.found(home)
        except Lacking as why:
            lacking["clock jump"] = str(why)
    if profile.picks.get("disk"):
        disk = Disk(home / "disk")
        try:
            disk.mount()
            system.disk = disk
        except Lacking as why:
            lacking["full disk"] = str(why)
    return system, lacking


def _ground(profile: Profile, lacking: dict[Kind, str]) -> Ground:
    match profile.ground:
        case "three brokers":
            return three_brokers()
        case "ferretdb":
            return on_ferretdb()
        case "one broker":
            return _between_lines(lacking)


def _between_lines(lacking: dict[Kind, str]) -> Ground:
    try:
        lines = Lines("kafka", "mongo")
        lines.start()
    except pytest.skip.Exception as missing:
        lacking.update(dict.fromkeys(LINES, str(missing)))
        return plain()
    return plain(lines)


def summary(told: Told, left: Sequence[Harm], lacking: Mapping[Kind, str]) -> str:
    """What was done and what was not, in a few lines."""
    harmed = ", ".join(f"{what} {times}×" for what, times in sorted(told.faults.items()))
    answers = ", ".join(f"{status}: {times}" for status, times in sorted(told.statuses.items()))
    fell = ", ".join(f"{name} {times}×" for name, times in sorted(told.fell.items())) or "nothing"
    once = f"{sum(told.once.values())} answered, {len(told.once) - sum(told.once.values())} of unknown outcome"
    missed = ", ".join(sorted(f"{harm.kind} {harm.target}" for harm in left)) or "nothing"
    return "\n".join(
        (
            f"sent: {told.invoked} requests, {len(told.taken)} taken, {told.unknown.total()} outcomes unknown",
            f"answers: {answers}",
            f"calls told once: {once}; agents registered: {len(told.agents)}; figures read: "
            f"{sum(map(len, told.read.values()))}; dead letters sent again: {len(told.retried)}",
            f"faults ({told.faults.total()}): {harmed}",
            f"ended by themselves and started again: {fell}",
            f"left out by this seed: {missed}",
            *(f"NOT DONE for want of means: {kind}: {why}" for kind, why in lacking.items()),
        )
    )


async def main(seed: int, name: str, home: Path) -> int:
    """The exit code."""
    profile = PROFILES[name]
    system, lacking = equipped(profile, home)
    if lacking and os.environ.get("CI") == "true":
        await system.close()
        raise RuntimeError(f"this machine lacks what chaos needs: {lacking}")
    faults, left = schedule(seed, profile.picks, profile.rounds, profile.gap, lacking)
    what = f"chaos seed {seed} ({name})"
    return await judged(what, system, seed, profile, lambda notes: harm(system, faults, notes), left, lacking)


async def judged(
    what: str,
    system: System,
    seed: int,
    profile: Profile,
    harming: Harming,
    left: Sequence[Harm] = (),
    lacking: Mapping[Kind, str] = MappingProxyType({}),
) -> int:
    """Run it, and print what was done and what is wrong: the exit code. Breaches lie beside the journal."""
    begun = time.monotonic()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # that brokers are away is what is wanted
    try:
        await asyncio.to_thread(system.ground.open)
        wrong, told = await run(system, seed, profile, harming)
    except BaseException:
        for process in system.running:
            sys.stderr.write(f"== {process}\n{system.said(process)[-600:]}\n")
        raise
    finally:
        await system.close()
    print(summary(told, left, lacking))
    for line in wrong[:50]:
        print(line)
    (system.home / "breaches.json").write_text(json.dumps(wrong, indent=1), encoding="utf-8")
    print(f"{what}: {len(wrong)} breaches in {round(time.monotonic() - begun)} s", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", choices=sorted(PROFILES), default="short")
    parser.add_argument("--keep", type=Path, help="an empty folder for journal and logs (default: one that is removed)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tallyline-chaos-") as folder:
        sys.exit(asyncio.run(main(given.seed, given.profile, given.keep or Path(folder))))

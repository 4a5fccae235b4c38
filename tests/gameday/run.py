"""A game day: `python -m tests.gameday.run --seed 1`. Exit code 1 if an alert, a runbook or a promise failed.

Faults are injected one by one into the running distributed system, under traffic. For each, the alert that has to fire
does so in time, the commands of the runbook that the alert itself names heal it, and the alert is over; at the end the
checker of chaos looks for what was lost or doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from shared.security import local_key
from tests.chaos.journal import Journal
from tests.chaos.means import Disk, Lacking
from tests.chaos.profiles import Profile
from tests.chaos.run import judged
from tests.chaos.system import ALWAYS, System
from tests.gameday import hurried
from tests.gameday.door import open_door
from tests.gameday.faults import ENOUGH, FAULTS, SPOOL_BYTES, Day, Fault
from tests.gameday.hurried import FACTOR
from tests.gameday.steps import Failed, done, steps
from tests.gameday.telephony import Telephony
from tests.monitoring.slo import ROOT, RULES
from tests.monitoring.test_live import asked, prometheus

PROFILE = Profile(deliveries=60_000, rate=6.0, picks={}, patience=600.0, lasting=True, readable=True)
SCRAPED = "3s"
"""How often, and how long a process may take to tell: as long as a busy machine needs."""
LOOKS_S = 8.0
"""Between what a process tells and what Prometheus says of it: two scrapes and an evaluation, and room."""
QUIET_S = 900.0
"""How long it may take until an alert is silent before its fault: a cold start on a busy machine."""
OVER_S = 300.0
"""How long an alert may go on after its rule has forgotten the fault, while the system works off what waited."""
Labels = Mapping[str, str]


@dataclass
class Seen:
    """What came of a fault, in seconds: until its alert fired, of at most `within`; until the runbook was done; until
    the alert was over, since then. `beside`: what else was told meanwhile."""

    fault: Fault
    within: float
    fired: float | None = None
    healed: float | None = None
    over: float | None = None
    beside: tuple[str, ...] = ()
    wrong: list[str] = field(default_factory=list)

    def row(self) -> str:
        """A line of the table."""
        times = [
            f"{each:.0f}" if each is not None else "-" for each in (self.fired, self.within, self.healed, self.over)
        ]
        beside = ", ".join(name.removeprefix("Tallyline") for name in self.beside) or "nothing"
        cells = [self.fault.name, self.fault.alert, *times, beside]
        return "| " + " | ".join(cells) + " |"


HEAD = """| fault | alert | fired after (s) | of at most | runbook took | over after | also told of |
|---|---|---|---|---|---|---|"""


async def firing(watching: httpx.AsyncClient) -> list[Labels]:
    """The labels of all alerts that fire."""
    found = await asked(watching, "/alerts")
    return [
        alert["labels"] | alert["annotations"]
        for alert in (found or {}).get("alerts", ())
        if alert["state"] == "firing"
    ]


def among(alerts: Sequence[Labels], name: str, where: Labels) -> Labels | None:
    """The alert of this name with these labels."""
    wanted = {"alertname": name, **where}
    return next((each for each in alerts if wanted.items() <= each.items()), None)


async def until(holds: Callable[[], Awaitable[Any]], within: float) -> float | None:
    """After how many seconds it came to hold; None when it did not in time."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while not await holds():
        if loop.time() - begun > within:
            return None
        await asyncio.sleep(0.5)
    return loop.time() - begun


class GameDay:
    """Goes through the faults. `seen`: what came of them so far."""

    def __init__(self, system: System, faults: Sequence[Fault], home: Path) -> None:
        self.seen: list[Seen] = []
        self._system = system
        self._faults = faults
        self._home = home
        self._rules = hurried.read(RULES)

    async def __call__(self, journal: Journal) -> None:
        """All of it, with whatever has to be there around the system."""
        folder, rules = self._home / "operator", self._home / "rules"
        await asyncio.to_thread(self._prepare, folder, rules)
        ports = [self._system.ports[name] for name in ALWAYS]
        async with (
            open_door(self._system, journal) as port,
            prometheus(self._home, ports, rules, SCRAPED) as watching,
            self._calling(port) as http,
        ):
            (folder / "data" / "address").write_text(f"http://127.0.0.1:{port}\n", encoding="ascii")
            telephony = Telephony(http)
            await telephony.set_up()
            day = Day(self._system, journal, telephony, folder, port)
            sending = asyncio.create_task(telephony.run())
            ending: list[asyncio.Task[None]] = []
            try:
                await self._quiet(day, watching)
                for fault in self._faults:
                    ending.append(await self._one(day, fault, watching, ending))
                telephony.enough()
                await asyncio.gather(sending, *ending)
            finally:
                for task in (sending, *ending):
                    task.cancel()
                await asyncio.gather(sending, *ending, return_exceptions=True)
        for seen in self.seen:
            if seen.wrong:
                journal.note("wrong", why=f"{seen.fault.name}: {', '.join(seen.wrong)}")

    def _prepare(self, folder: Path, rules: Path) -> None:
        """The operator's folder, as it lies on the machine of the gateway, and the rules in a hurry."""
        (folder / "data").mkdir(parents=True, mode=0o700)
        (folder / "data" / "local.key").write_text(local_key(self._system.data), encoding="ascii")
        (folder / "data" / "local.key").chmod(0o600)
        rules.mkdir()
        hurried.write(RULES, rules)

    def _calling(self, port: int) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {local_key(self._system.data)}"}
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60)

    async def _quiet(self, day: Day, watching: httpx.AsyncClient) -> None:
        """All processes are up before anything is harmed, and none of the alerts that are waited for fires: else they
        would show nothing. What a machine is too slow for, the alerts on how fast we answer may say of it."""

        async def silent() -> bool:
            up = await asked(watching, "/query", query="up")
            alerts = await firing(watching)
            told = [fault.name for fault in self._faults if among(alerts, fault.alert, fault.where(day))]
            return bool(up) and {row["value"][1] for row in up["result"]} == {"1"} and not told

        if await until(silent, QUIET_S) is None:
            raise TimeoutError(
                f"before any fault these fire: {sorted({each['alertname'] for each in await firing(watching)})}"
            )

    async def _one(
        self, day: Day, fault: Fault, watching: httpx.AsyncClient, ending: Sequence[asyncio.Task[None]]
    ) -> asyncio.Task[None]:
        """One fault from its beginning until it is healed; the task ends when the alert is over."""
        rule, where = self._rules[fault.alert], fault.where(day)
        # One alert for two faults says nothing of the second.
        await asyncio.gather(*(task for task in ending if task.get_name() == fault.alert))
        seen = Seen(fault, hurried.patience(rule) / FACTOR + fault.reacts + LOOKS_S)
        self.seen.append(seen)
        print(f"{fault.name}: {fault.alert} within {seen.within:.0f} s ...", flush=True)
        told: Labels | None = None
        beside: set[str] = set()

        async def fires() -> bool:
            nonlocal told
            alerts = await firing(watching)
            told = among(alerts, fault.alert, where)
            beside.update(each["alertname"] for each in alerts)
            return told is not None

        async def silent() -> bool:
            return among(await firing(watching), fault.alert, where) is None

        if await until(silent, QUIET_S) is None:
            seen.wrong.append(f"{fault.alert} fired before the fault")
        before = {each["alertname"] for each in await firing(watching)}
        day.journal.note("fault", phase="begun", kind=fault.name, target="game day")
        injected = asyncio.ensure_future(fault.inject(day))
        seen.fired = await until(fires, seen.within)
        try:
            await injected
        except Failed as wrong:
            seen.wrong.append(f"not injected: {wrong}")
        seen.beside = tuple(sorted(beside - before - {fault.alert}))
        if told is None:
            seen.wrong.append(f"{fault.alert} did not fire within {seen.within:.0f} s; {', '.join(seen.beside)} did")
        page = ROOT / (told["runbook"] if told else rule["annotations"]["runbook"])
        loop = asyncio.get_running_loop()
        begun = loop.time()
        failed = await done(steps(page, fault.acts_of(day)), day.folder, day.port)
        seen.wrong += [f"{page.name}: {words}" for words in failed]
        seen.healed = loop.time() - begun
        day.journal.note("fault", phase="done", kind=fault.name, target="game day", proof=page.name)
        print(seen.row(), flush=True)
        if fault.after is not None:
            await fault.after(day)
        return asyncio.create_task(self._over(seen, where, watching, rule), name=fault.alert)

    @staticmethod
    async def _over(seen: Seen, where: Labels, watching: httpx.AsyncClient, rule: Mapping[str, Any]) -> None:
        """The alert ends once the rule has forgotten the fault."""
        name, within = seen.fault.alert, hurried.memory(dict(rule)) / FACTOR + OVER_S

        async def gone() -> bool:
            return among(await firing(watching), name, where) is None

        seen.over = await until(gone, within)
        if seen.over is None:
            seen.wrong.append(f"{name} still fires {within:.0f} s after it was healed")


def chosen(seed: int, only: Sequence[str]) -> list[Fault]:
    """These, or ten in an order of the seed. KeyError for a name that is none."""
    if only:
        known = {fault.name: fault for fault in FAULTS}
        return [*FAULTS] if list(only) == ["all"] else [known[name] for name in only]
    return random.Random(seed).sample(FAULTS, ENOUGH)


async def main(seed: int, only: Sequence[str], home: Path) -> int:
    """The exit code."""
    faults = chosen(seed, only)
    disk = Disk(home / "disk")
    settings = {"TALLYLINE_SPOOL_BYTES": str(SPOOL_BYTES)}
    system = System(home, plant="slow_processor", settings=settings)
    try:
        await asyncio.to_thread(disk.mount)
        system.disk = disk
    except Lacking as why:
        print(f"NOT DONE for want of means: disk-full: {why}")
        faults = [fault for fault in faults if fault.name != "disk-full"]
    day = GameDay(system, faults, home)
    print(f"game day of seed {seed}: {', '.join(fault.name for fault in faults)}", flush=True)
    try:
        return await judged(f"game day of seed {seed}, {len(faults)} faults", system, seed, PROFILE, day)
    finally:
        print(HEAD, *(seen.row() for seen in day.seen), sep="\n", flush=True)
        for seen in day.seen:
            for what in seen.wrong:
                print(f"MISS {seen.fault.name}: {what}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", default=[], help=f"some of {', '.join(f.name for f in FAULTS)}; or all")
    parser.add_argument(
        "--keep", type=Path, help="an empty folder, or a new one, for journal and logs (default: none is kept)"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tallyline-gameday-") as made:
        home = given.keep or Path(made)
        home.mkdir(parents=True, exist_ok=True)
        sys.exit(asyncio.run(main(given.seed, given.only, home)))

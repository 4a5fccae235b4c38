"""Runs everybody on the same topic by turns, checks what was counted against the truth, and prints medians.

`python -m tests.load.compare [--events N] [--rounds N] [NAME ...]`: a JSON line for each contender.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from services.bench.figures import Figures, calibration_ms
from shared.adapters.kafka import KafkaBus
from tests.load.peers.common import Order
from tests.load.servers import addresses
from tests.load.traffic import Totals, Traffic, traffic

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".venv-peers/bin/python"
LONGEST_S = 100.0
SLOW = 0.1
"""The share of the events that those get who take an event at a time."""


@dataclass(frozen=True)
class Contender:
    """A program that takes an order. `package`: what it needs in the peers' environment; None: it is ours. `rows`: the
    views that it keeps, by the first letter of their keys."""

    name: str
    module: str
    package: str | None = None
    variant: str = ""
    share: float = 1.0
    rows: str = "acp"


CONTENDERS = (
    Contender("product", "ours"),
    Contender("ceiling, fetched only", "peers.ceiling", "aiokafka", "fetch", rows=""),
    Contender("ceiling, fetched and decoded", "peers.ceiling", "aiokafka", rows=""),
    Contender("bare loop", "peers.bare", "aiokafka"),
    Contender("bytewax, exact", "peers.bytewax_flow", "bytewax"),
    Contender("Quix Streams, one view", "peers.quix", "quixstreams", rows="a"),
    Contender("Quix Streams, one view, exact", "peers.quix", "quixstreams", "exact", rows="a"),
    Contender("FastStream, batches, exact", "peers.faststream_batch", "faststream"),
    Contender("FastStream, one by one", "peers.faststream_one", "faststream", share=SLOW),
    Contender("FastStream, one by one, exact", "peers.faststream_one", "faststream", "exact", SLOW),
    Contender("pyeventsourcing, exact", "peers.pyeventsourcing", "eventsourcing", share=SLOW),
)


class Answer(msgspec.Struct):
    """What a contender says of itself."""

    records: int
    wall_s: float
    cpu_s: float
    totals: Totals | None


@dataclass
class Runs:
    """All runs of one contender; `wrong` says what was counted that should not have been, or not."""

    rates: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    wrong: set[str] = field(default_factory=set)


def judged(totals: Totals, truth: Totals, rows: str) -> str:
    """`exact`, or by how much the counts of events in these rows differ from the truth."""
    wanted = {key: list(row) for key, row in truth.items() if key[0] in rows}
    if totals == wanted:
        return "exact"
    counted, right = ([sum(row[n] for row in table.values()) for n in (0, 1, 2, 4)] for table in (totals, wanted))
    off = sum(counted) - sum(right)
    return f"{off:+d} of {sum(right)}" if off else "rows differ"


def missing(contender: Contender) -> str | None:
    """Why it can't run here; None if it can."""
    if contender.package is None:
        return None
    if not PEERS.exists():
        return "no environment for peers: make bench-peers"
    tried = subprocess.run([PEERS, "-c", f"import {contender.package}"], capture_output=True, text=True, check=False)
    return tried.stderr.strip().splitlines()[-1] if tried.returncode else None


def run(contender: Contender, kafka: str, topic: str, records: int) -> Answer:
    """One run in a process of its own. RuntimeError when it fails."""
    python = sys.executable if contender.package is None else str(PEERS)
    with tempfile.TemporaryDirectory(prefix="tallyline-load-") as folder:
        told = Order(kafka, topic, records, folder, contender.variant)
        done = subprocess.run(
            [python, "-m", f"tests.load.{contender.module}", msgspec.json.encode(told).decode()],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"{contender.name}: {done.stderr[-2000:]}")
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Answer)


async def published(kafka: str, made: Traffic) -> str:
    """The topic that has it now."""
    topic = f"load-{secrets.token_hex(6)}"
    bus = KafkaBus(kafka)
    await bus.open()
    await made.publish(bus, topic)
    await bus.close()
    return topic


def summary(name: str, runs: Runs, product: Runs, ceiling: Runs | None) -> Figures:
    """Medians of one contender, and what the product and the ceiling are beside it."""
    rate, cpu = statistics.median(runs.rates), statistics.median(runs.cpu_us)
    figures: Figures = {
        "load": name,
        "runs": len(runs.rates),
        "events_per_s": round(rate),
        "cpu_us_per_event": round(cpu, 2),
        "totals": ", ".join(sorted(runs.wrong)),
    }
    if product.rates:
        figures["product_rate"] = round(statistics.median(product.rates) / rate, 2)
        figures["product_cpu"] = round(cpu / statistics.median(product.cpu_us), 2)
    if ceiling is not None and ceiling.rates:
        figures["of_ceiling"] = round(rate / statistics.median(ceiling.rates), 3)
    return figures


def compare(kafka: str, events: int, rounds: int, chosen: Sequence[Contender]) -> list[Figures]:
    """Everybody by turns, `rounds` times; a line for each."""
    shares = sorted({contender.share for contender in chosen})
    made = {share: traffic(round(events * share)) for share in shares}
    skipped = {contender.name: why for contender in chosen if (why := missing(contender)) is not None}
    needed = {contender.share for contender in chosen if contender.name not in skipped}
    topics = {share: asyncio.run(published(kafka, made[share])) for share in needed}
    runs: Mapping[str, Runs] = {contender.name: Runs() for contender in chosen if contender.name not in skipped}
    for _ in range(rounds):
        for contender in chosen:
            if contender.name in skipped:
                continue
            whole, mine = made[contender.share], runs[contender.name]
            answer = run(contender, kafka, topics[contender.share], whole.n)
            mine.rates.append(answer.records / answer.wall_s)
            mine.cpu_us.append(answer.cpu_s / answer.records * 1e6)
            if answer.totals is not None:
                mine.wrong.add(judged(answer.totals, whole.totals, contender.rows))
    product, ceiling = runs.get("product", Runs()), runs.get("ceiling, fetched only")
    lines = [summary(name, mine, product, ceiling) for name, mine in runs.items()]
    lines += [{"load": name, "skipped": why} for name, why in skipped.items()]
    return [
        *lines,
        {"load": "machine", "calibration_ms": calibration_ms(), "records": {s: m.n for s, m in made.items()}},
    ]


def main() -> None:
    """As the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    chosen = [each for each in CONTENDERS if not given.names or any(name in each.name for name in given.names)]
    kafka = os.environ.get("TALLYLINE_KAFKA") or addresses()["TALLYLINE_KAFKA"]
    for line in compare(kafka, given.events, given.rounds, chosen):
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()

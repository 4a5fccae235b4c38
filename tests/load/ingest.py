"""The door beside FastAPI with aiokafka's `send`: the same signed deliveries, in the same run, each after the other.

`python -m tests.load.ingest [--share S] [--rounds N]`: a JSON line for each number of events in a delivery.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import statistics
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from services.bench.door import BATCHES, CONNECTIONS, EVENTS, ingest
from services.bench.figures import Figures, Spent, latencies, rates
from services.bench.load import Order, from_another_process
from services.bench.on import On
from services.bench.signed import call_event, delivery
from shared import clock
from shared.adapters.kafka import KafkaBus
from tests.engines.server import free_port
from tests.load.compare import PEERS, ROOT
from tests.load.servers import addresses
from tests.load.traffic import PARTITIONS

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSBwZWVyJ3MgZG9vciwgbm9uZQ=="
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Seconds of CPU of a process so far."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICKS


@asynccontextmanager
async def peer(kafka: str) -> AsyncIterator[tuple[int, int]]:
    """The port and the process of the peer, on a topic of its own."""
    topic = f"door-{secrets.token_hex(6)}"
    bus = KafkaBus(kafka)
    await bus.open()
    await bus.declare({topic: PARTITIONS})
    await bus.close()
    port = free_port()
    command = (str(PEERS), "-m", "tests.load.peers.door", str(port), kafka, topic, SECRET)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    try:
        for _ in range(200):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            except OSError:
                await asyncio.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        await process.wait()


async def beside(port: int, pid: int, batch: int, share: float, name: str) -> Figures:
    """The peer under the same deliveries. RuntimeError when it did not take one."""
    now = clock.now()
    events = max(batch * 60, round(EVENTS[batch] * share))
    requests = [
        delivery("peer", SECRET, f"{name}-{first}", [call_event(n, now) for n in range(first, first + batch)], now)
        for first in range(0, events, batch)
    ]
    before = cpu_s(pid)
    heard = await from_another_process(Order(port, requests, CONNECTIONS[batch]))
    if set(heard.statuses) != {202}:
        raise RuntimeError(f"answers: {heard.statuses}")
    return rates(batch * len(requests), Spent(heard.seconds, cpu_s(pid) - before)) | latencies(heard.latencies)


async def compare(share: float, rounds: int, batches: Sequence[int] = BATCHES) -> list[Figures]:
    """Medians of `rounds`, by turns."""
    ours: dict[int, list[Figures]] = defaultdict(list)
    theirs: dict[int, list[Figures]] = defaultdict(list)
    async with peer(os.environ["TALLYLINE_KAFKA"]) as (port, pid):
        for turn in range(rounds):
            for batch in batches:
                ours[batch].append((await ingest([batch], share, On("distributed")))[f"batch_{batch}"])
                theirs[batch].append(await beside(port, pid, batch, share, f"{turn}-{batch}"))

    def median(of: Sequence[Figures], name: str) -> float:
        return round(float(statistics.median(figures[name] for figures in of)), 2)

    lines: list[Figures] = []
    for batch in batches:
        mine, other = ours[batch], theirs[batch]
        line: Figures = {"load": "ingest", "batch": batch}
        for name in ("events_per_s", "cpu_us_per_event", "p50_ms", "p99_ms"):
            line |= {name: median(mine, name), f"fastapi_{name}": median(other, name)}
        line |= {"of_ceiling": median(mine, "of_ceiling"), "ceiling_p99_ms": median(mine, "ceiling_p99_ms")}
        line["fastapi_cpu"] = round(line["fastapi_cpu_us_per_event"] / line["cpu_us_per_event"], 2)
        line["fastapi_rate"] = round(line["events_per_s"] / line["fastapi_events_per_s"], 2)
        lines.append(line)
    return lines


def main() -> None:
    """As the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    os.environ.update(addresses())
    for line in asyncio.run(compare(given.share, given.rounds)):
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()

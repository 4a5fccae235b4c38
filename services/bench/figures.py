"""What a measurement says: rates, CPU time an event, latencies, memory, and how quick the machine was meanwhile."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

CALIBRATION_STEPS = 200_000
SYNCS = 41
Figures = dict[str, Any]


@dataclass
class Spent:
    """Seconds on the clock and of this process's CPU, all of its threads, that a block took."""

    wall_s: float = 0.0
    cpu_s: float = 0.0


@contextmanager
def measured() -> Iterator[Spent]:
    """What the block takes; to be read after it."""
    spent = Spent()
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        yield spent
    finally:
        spent.wall_s, spent.cpu_s = time.perf_counter() - wall, time.process_time() - cpu


def rates(n: int, spent: Spent) -> Figures:
    """Events a second as they came, and as one core alone would have done them; microseconds of CPU an event."""
    return {
        "n": n,
        "events_per_s": round(n / spent.wall_s) if spent.wall_s else None,
        "events_per_s_per_core": round(n / spent.cpu_s) if spent.cpu_s else None,
        "cpu_us_per_event": round(spent.cpu_s / n * 1e6, 1) if n else None,
        "cores_busy": round(spent.cpu_s / spent.wall_s, 2) if spent.wall_s else None,
    }


def latencies(seconds: Sequence[float]) -> Figures:
    """Median and tail, in milliseconds; nothing for nothing."""
    if not seconds:
        return {}
    ordered = sorted(seconds)
    return {f"p{share}_ms": round(quantile(ordered, share / 100) * 1000, 2) for share in (50, 90, 99)} | {
        "max_ms": round(ordered[-1] * 1000, 2)
    }


def quantile(ordered: Sequence[float], share: float) -> float:
    """The least value that `share` of the sorted values do not exceed. ValueError for no values."""
    if not ordered:
        raise ValueError("no values have no quantile")
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1))]


def calibration_ms() -> float:
    """Milliseconds of CPU for a fixed piece of plain Python: runs on different machines, or on a machine that is
    slower today, are compared through it."""
    best = float("inf")
    for _ in range(3):
        with measured() as spent:
            total = 0
            for n in range(CALIBRATION_STEPS):
                total += n & 7
        best = min(best, spent.cpu_s)
    return round(best * 1000, 2)


def sync_ms() -> float:
    """The median of milliseconds that the disk of temporary files takes to make a page durable: every promise of
    durability waits for it, once a step."""
    found: list[float] = []
    with tempfile.TemporaryFile() as file:
        for _ in range(SYNCS):
            file.write(bytes(8192))
            file.flush()
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            found.append(time.perf_counter() - begun)
    return round(quantile(sorted(found), 0.5) * 1000, 2)


def peak_rss_mb() -> float:
    """The most memory that this process has had so far."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def report(bench: str, figures: Figures) -> Figures:
    """The line of one measurement: its name and figures, with what they have to be judged by."""
    machine = {"peak_rss_mb": peak_rss_mb(), "calibration_ms": calibration_ms(), "sync_ms": sync_ms()}
    return {"bench": bench} | figures | machine

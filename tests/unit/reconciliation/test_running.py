"""Runs in a process of their own: what they answer, and what becomes of those that come to no answer."""

from __future__ import annotations

import dataclasses
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from services.reconciliation.matching.kept import FRAMES, kept, packed, unpacked
from services.reconciliation.matching.other_month import OfOtherMonth
from services.reconciliation.matching.reading import Known, read
from services.reconciliation.matching.results import reconcile
from services.reconciliation.running.job import Progress, job_bytes, own_bytes, own_of
from services.reconciliation.running.process import RunDied, run_process
from services.reconciliation.sets import read_set
from shared.kernel import Rejected

FOLDER = Path(__file__).parents[2] / "fixtures" / "reports" / "r01_en"
SET = read_set(FOLDER)
REPORT = SET.report.read_bytes()
QUARTER = timedelta(days=92)


class Listening:
    """Remembers what a run is at."""

    def __init__(self) -> None:
        self.heard: list[Progress] = []

    async def __call__(self, progress: Progress) -> None:
        self.heard.append(progress)


def job(report: bytes = REPORT) -> bytes:
    return job_bytes(report, own_bytes(SET.own), "2025-10", None)


async def test_a_run_finds_what_is_found_without_a_process_and_says_what_it_is_at() -> None:
    at = Listening()
    found = unpacked(await run_process(job(), at))
    told = read(REPORT, Known(country="GB", currency="EUR", month="2025-10"))
    here = kept(told, reconcile(told.lines, SET.own))
    assert found.explanations == unpacked(packed(here)).explanations
    assert all(getattr(found, name).equals(getattr(here, name)) for name in FRAMES)
    assert [one.phase for one in at.heard] == ["read", "replay", "pair", "explain", "keep"]
    assert [one.lines for one in at.heard] == [None, *[len(found.lines)] * 4]


async def test_the_same_is_found_again_in_the_same_bytes() -> None:
    # the month knows by the hash of it that nothing changed, and keeps what people attributed and took
    assert len({await run_process(job(), Listening()) for _ in range(3)}) == 1


def test_our_side_is_the_same_after_its_way_through_bytes() -> None:
    back = own_of(own_bytes(SET.own))
    assert back.records.equals(SET.own.records)
    assert back.events.equals(SET.own.events)
    assert (back.basis, back.roster, back.holes) == (SET.own.basis, SET.own.roster, ())


async def test_a_report_of_another_month_is_refused_before_anything_is_compared() -> None:
    at, own = Listening(), SET.own
    later = replace(own.basis, start=own.basis.start + QUARTER, end=own.basis.end + QUARTER)
    elsewhere = job_bytes(REPORT, own_bytes(dataclasses.replace(own, basis=later)), "2026-01", None)
    with pytest.raises(OfOtherMonth) as refused:
        await run_process(elsewhere, at)
    assert (refused.value.code, refused.value.elsewhere.month) == ("other_month", "2025-10")
    assert [one.phase for one in at.heard] == ["read"]


async def test_a_report_that_cannot_be_read_is_a_refusal_with_its_code() -> None:
    with pytest.raises(Rejected) as refused:
        await run_process(job(b"nothing of a table"), Listening())
    assert refused.value.code == "header_not_found"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "died"),
        ("import sys; sys.stdin.buffer.read(); sys.stdout.write('k'); sys.exit(0)", "died"),
        ("import time; time.sleep(600)", "timeout"),
    ],
)
async def test_a_process_that_ends_or_hangs_is_no_answer(script: str, reason: str) -> None:
    with pytest.raises(RunDied) as died:
        await run_process(job(), Listening(), (sys.executable, "-c", script), 2.0)
    assert died.value.reason == reason


async def test_whoever_listens_can_end_it() -> None:
    async def enough(progress: Progress) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        await run_process(job(), enough)

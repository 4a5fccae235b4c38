"""How long the oldest record waits, against a list of when each record came."""

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.engine.partitions import Partitions, report_lag
from shared.engine.waiting import FINENESS, Waiting
from shared.metrics import LAG, LAG_SECONDS

Turn = tuple[float, int, int]
TURNS = st.lists(
    st.tuples(st.floats(0.5, 30.0), st.integers(0, 5), st.integers(0, 5)),
    max_size=200,
)
"""Seconds that pass, records that come, records that are applied."""


@given(TURNS)
def test_the_oldest_record_waits_since_it_was_first_seen(turns: list[Turn]) -> None:
    waiting, came, applied, now = Waiting(), list[float](), 0, 0.0
    for seconds, more, done in turns:
        now += seconds
        applied = min(len(came), applied + done)
        came += [now] * more
        true = now - came[applied] if applied < len(came) else 0.0
        assert true - 1e-6 <= waiting.since(now, applied, len(came)) <= true * (1 + FINENESS) + now * FINENESS + 1e-6


def test_who_has_applied_all_waits_for_nothing() -> None:
    waiting = Waiting()
    assert waiting.since(10.0, 4, 9) == 0.0
    assert waiting.since(25.0, 4, 9) == 15.0
    assert waiting.since(26.0, 9, 9) == 0.0
    assert waiting.since(40.0, 9, 9) == 0.0


def test_a_worker_that_stands_still_for_a_week_is_remembered_in_little() -> None:
    waiting = Waiting()
    for second in range(7 * 24 * 3600 // 20):
        age = waiting.since(second * 20.0, 0, second + 1)
    assert age == 7 * 24 * 3600 - 20
    assert len(waiting._marks) < 2_000


class Ends:
    """A bus that says where its logs end."""

    def __init__(self, ends: dict[int, int]) -> None:
        self._ends = ends

    async def ends(self, topic: str) -> dict[int, int]:
        return self._ends


async def test_what_is_somebody_elses_by_now_is_no_longer_told() -> None:
    bus: Any = Ends({0: 7, 1: 3})
    worker: Any = SimpleNamespace(name="waits", topic="told")
    running = Partitions(bus, worker)
    running.applied = {0: 5, 1: 3}
    assert await report_lag(bus, running, worker) == 2
    assert _told() == {"0": 2.0, "1": 0.0}
    del running.applied[0]
    assert await report_lag(bus, running, worker) == 0
    assert _told() == {"1": 0.0}


def _told() -> dict[str, float]:
    samples = [sample for metric in LAG.collect() for sample in metric.samples]
    assert {s.labels["partition"] for s in samples if s.labels["worker"] == "waits"} == {
        s.labels["partition"] for m in LAG_SECONDS.collect() for s in m.samples if s.labels["worker"] == "waits"
    }
    return {s.labels["partition"]: s.value for s in samples if s.labels["worker"] == "waits"}

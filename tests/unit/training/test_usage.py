"""The panel's use: counted once, held so long, and judged without naming anybody by chance."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.training.events.struggles import Step
from services.training.measuring.struggles import LEAST_AGENTS, Struggles, chances, struggles
from services.training.measuring.usage import SECONDS, StepCount, UsageDay, Visit, bucket, count, summed
from services.training.usage import KEEP, Usage
from shared.adapters.sqlite import SqliteDocuments, SqliteFile

DAY = "2026-03-04"
visits = st.lists(
    st.builds(
        Visit,
        step=st.sampled_from(["address", "order"]),
        seconds=st.integers(0, 4_000),
        mistakes=st.dictionaries(st.sampled_from(["missing", "format"]), st.integers(1, 5)),
        back=st.booleans(),
        abandoned=st.booleans(),
    ),
    max_size=20,
)


def fresh() -> UsageDay:
    return UsageDay(partner="adria", agent="a7", day=DAY)


@drawn(visits, visits, st.integers(0, 20))
def test_counts_add_up_however_visits_are_put_into_batches(one: list[Visit], other: list[Visit], cut: int) -> None:
    whole, parted = fresh(), fresh()
    assert count(whole, "1" * 16, one + other)
    for number, part in enumerate((one[:cut], one[cut:], other)):
        assert count(parted, f"{number}" * 16, part)
        assert not count(parted, f"{number}" * 16, part), "a batch that comes twice"
    assert whole.steps == parted.steps
    for here in whole.steps.values():
        assert sum(here.times) == here.visits
        assert max(here.failed, here.back, here.abandoned) <= here.visits
    total = summed(whole.steps.values())
    assert (total.visits, total.seconds) == (len(one + other), sum(visit.seconds for visit in one + other))


@pytest.mark.parametrize(("seconds", "place"), [(0, 0), (5, 0), (6, 1), (600, 7), (601, len(SECONDS))])
def test_a_time_counts_at_the_first_bound_that_it_does_not_exceed(seconds: int, place: int) -> None:
    assert bucket(seconds) == place


@pytest.mark.parametrize(
    "said",
    [
        {"step": "address", "seconds": 4, "text": "Iva Kos"},
        {"step": "Iva Kos", "seconds": 4},
        {"step": "address", "seconds": 4, "mistakes": {"+385911234567": 1}},
        {"step": "address", "seconds": 385911234567},
        {"step": "address", "seconds": 4, "page": "https://panel/cus_1"},
    ],
)
def test_nothing_that_somebody_types_can_be_told(said: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(said), type=Visit)


def day_of(agent: str, often: int, visited: int, step: Step = "address") -> UsageDay:
    counted = StepCount(visits=visited, failed=often, times=[visited, *[0] * len(SECONDS)])
    return UsageDay(partner="adria", agent=agent, day=DAY, steps={f"panel/{step}": counted})


def floor(dice: random.Random, agents: int, share: float, varies: float = 0.0) -> list[UsageDay]:
    """Agents whose shares of mistakes differ by the coefficient of variation `varies` and by luck."""
    found = []
    for number in range(agents):
        visited = dice.randint(60, 400)
        own = share
        if varies:
            size = (1 - share) / (varies**2 * share) - 1
            own = dice.betavariate(share * size, (1 - share) * size)
        found.append(day_of(f"a{number}", sum(dice.random() < own for _ in range(visited)), visited))
    return found


def named(found: Struggles) -> set[str]:
    return {one.agent for one in found.findings}


def test_who_fails_far_more_often_than_peers_is_named_with_the_figures() -> None:
    dice = random.Random(8)
    found = struggles([*floor(dice, 40, 0.03), day_of("slow", 63, 210)], {"a1": 2})
    (one,) = found.findings
    assert (one.agent, one.step, one.measure, one.count, one.visits) == ("slow", "address", "failed", 63, 210)
    assert one.words.startswith(
        "Asked for help never, and makes a mistake at the step address 63.0 times a day (30.0 %"
    )
    assert one.adjusted <= 0.05
    assert float(one.peers_percent) < 6
    assert found.tested == 41
    (step,) = found.steps
    assert (step.agents, step.judged) == (41, 41)


def test_strugglers_do_not_hide_each_other() -> None:
    dice = random.Random(9)
    some = [day_of(f"s{number}", 80, 200) for number in range(5)]
    assert named(struggles(floor(dice, 60, 0.03, 0.3) + some, {})) == {one.agent for one in some}


def test_where_all_are_alike_hardly_ever_is_somebody_named() -> None:
    # By Benjamini and Hochberg at 5 %, somebody is named in at most 5 % of floors where nobody struggles: of 80 floors
    # more than 9 would be met less than once in 100 by chance. Half of them differ as people do.
    dice = random.Random(10)
    wrong = sum(bool(struggles(floor(dice, 30, 0.05, 0.4 * (n % 2)), {}).findings) for n in range(80))
    assert wrong <= 9


def test_nothing_is_said_of_few_agents_or_few_visits() -> None:
    dice = random.Random(11)
    few = floor(dice, LEAST_AGENTS - 2, 0.03)
    assert struggles([*few, day_of("slow", 63, 210)], {}).tested == 0
    most = floor(dice, 40, 0.03)
    assert "rare" not in named(struggles([*most, day_of("rare", 29, 29)], {}))
    assert struggles([], {}) == Struggles(findings=[], steps=[], tested=0)


def test_a_step_that_is_hard_for_all_is_nobodys_struggle() -> None:
    dice = random.Random(12)
    found = struggles(floor(dice, 40, 0.6), {})
    assert found.findings == []
    assert 55 < float(found.steps[0].failed_percent) < 65


def test_chances_fall_with_the_count_and_do_not_depend_on_the_order() -> None:
    often, visited = [2, 9, 4, 3, 60, 5, 2, 3, 6, 1], [100] * 10
    found = chances(often, visited)
    assert [found.index(one) for one in sorted(found)][:2] == [4, 1]
    assert chances(often[::-1], visited)[::-1] == pytest.approx(found, rel=0.05)


@pytest.fixture
async def held(tmp_path: Path) -> Any:
    file = SqliteFile(tmp_path / "usage.db")
    await file.open()
    documents = SqliteDocuments(file, "training")
    await documents.declare(KEEP.collection, KEEP.indexes)
    yield documents
    await file.close()


async def test_days_are_held_so_long_and_gone_when_nothing_may_be_collected(held: Any) -> None:
    now = datetime(2026, 3, 4, 22, 0, tzinfo=UTC)
    clock = [now]
    usage = Usage(held, lambda: clock[0], on=True, days=3)
    for number in range(5):
        clock[0] = now + timedelta(days=number)
        assert await usage.add("adria", "a7", f"{number}" * 16, [Visit(step="order", seconds=9)])
        assert not await usage.add("adria", "a7", f"{number}" * 16, [Visit(step="order", seconds=9)])
        await usage.add("adria", "a8", f"{number}f" * 8, [Visit(step="order", seconds=9)])
    await usage.sweep()
    assert [doc.day for doc in await usage.of_agent("adria", "a7")] == ["2026-03-06", "2026-03-07", "2026-03-08"]
    found = await usage.of_partner("adria", "2026-03-07", "2026-03-08")
    assert [(doc.day, doc.agent) for doc in found] == [("2026-03-07", "a7"), ("2026-03-07", "a8")]
    await Usage(held, lambda: clock[0], on=False, days=3).sweep()
    assert await usage.of_agent("adria", "a7") == []


async def test_a_batch_that_comes_again_after_midnight_counts_once(held: Any) -> None:
    now = [datetime(2026, 3, 4, 23, 59, 59, tzinfo=UTC)]
    usage = Usage(held, lambda: now[0], on=True, days=30)
    visit = Visit(step="address", seconds=4)
    assert await usage.add("adria", "a7", "1" * 16, [visit])
    now[0] += timedelta(seconds=2)
    assert not await usage.add("adria", "a7", "1" * 16, [visit])
    assert await usage.add("adria", "a7", "2" * 16, [visit])
    assert [doc.day for doc in await usage.of_agent("adria", "a7")] == ["2026-03-04", "2026-03-05"]

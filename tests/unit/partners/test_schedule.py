"""Schedules of plans: nothing begins before what it waits for, and the critical path is what the end hangs on."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given as over
from hypothesis import strategies as st

from services.partners.domain.schedule import DAY, Planned, cycle_of, schedule
from services.partners.domain.templates import TEMPLATES, tasks_of

MONDAY = date(2026, 3, 2)


def planned(start: int, days: int, *after: str, done: int | None = None) -> Planned:
    begin = MONDAY + start * DAY
    return Planned(begin, begin + (days - 1) * DAY, after, None if done is None else MONDAY + done * DAY)


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Planned]:
    """Tasks that wait for earlier ones; of those that wait for nothing open, some are done."""
    found: dict[str, Planned] = {}
    for n in range(draw(st.integers(1, 9))):
        after = draw(st.lists(st.sampled_from(sorted(found)), unique=True, max_size=3)) if found else []
        ready = all(found[other].done is not None for other in after)
        done = draw(st.none() | st.integers(0, 30)) if ready else None
        found[f"t{n}"] = planned(draw(st.integers(0, 20)), draw(st.integers(1, 6)), *after, done=done)
    return found


today = st.integers(0, 40).map(lambda days: MONDAY + days * DAY)


@over(plans(), today)
def test_no_open_task_begins_before_those_that_it_waits_for_have_ended_nor_before_it_is_planned(
    plan: dict[str, Planned], now: date
) -> None:
    whole = schedule(plan, now)
    assert whole is not None
    for name, task in plan.items():
        span = whole.tasks[name]
        if task.done is None:
            assert span.start >= task.start
            assert span.end >= now
            assert all(span.start > whole.tasks[other].end for other in task.after)
            assert span.days >= (task.end - task.start).days + 1
        else:
            assert span.end == task.done


@over(plans(), today)
def test_the_critical_path_is_as_long_as_the_plan(plan: dict[str, Planned], now: date) -> None:
    whole = schedule(plan, now)
    assert whole is not None
    path = [whole.tasks[name] for name in whole.critical]
    assert whole.waits + sum(task.days for task in path) == whole.days
    assert all(other.start == one.end + DAY for one, other in pairwise(path))
    assert path[-1].end == whole.end == max(task.end for task in whole.tasks.values())
    assert all(task.slack == 0 for task in path)


@over(plans(), today)
def test_the_whole_slips_by_the_most_that_one_task_ends_late(plan: dict[str, Planned], now: date) -> None:
    whole = schedule(plan, now)
    assert whole is not None
    assert whole.slip == max((whole.tasks[name].end - task.end).days for name, task in plan.items())


@over(plans(), today, st.data())
def test_a_later_beginning_or_a_longer_task_shortens_nothing(
    plan: dict[str, Planned], now: date, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(plan)))
    task = plan[name]
    later = data.draw(st.integers(0, 5)) * DAY
    longer = data.draw(st.integers(0, 5)) * DAY
    moved = plan | {name: Planned(task.start + later, task.end + later + longer, task.after, task.done)}
    before, after = schedule(plan, now), schedule(moved, now)
    assert before is not None
    assert after is not None
    assert after.end >= before.end
    assert all(after.tasks[other].end >= before.tasks[other].end for other in plan)


@over(plans(), today, st.data())
def test_a_task_that_ends_late_by_its_slack_moves_no_end_and_by_more_it_does(
    plan: dict[str, Planned], now: date, data: st.DataObject
) -> None:
    names = [name for name, task in plan.items() if task.done is None]
    if not names:
        return
    name, whole = data.draw(st.sampled_from(names)), schedule(plan, now)
    assert whole is not None
    task, span = plan[name], whole.tasks[name]
    for more, moves in ((span.slack, False), (span.slack + 1, True)):
        late = plan | {name: Planned(span.start, span.end + more * DAY, task.after)}
        after = schedule(late, now)
        assert after is not None
        assert (after.end > whole.end) is moves


def test_a_delay_goes_on_to_those_that_wait_and_is_the_slip() -> None:
    plan = {"a": planned(0, 2), "b": planned(2, 3, "a"), "c": planned(2, 1, "a"), "d": planned(5, 1, "b", "c")}
    on_time = schedule(plan, MONDAY)
    assert on_time is not None
    assert (on_time.critical, on_time.waits, on_time.days, on_time.slip) == (("a", "b", "d"), 0, 6, 0)
    assert on_time.tasks["c"].slack == 2
    late = schedule(plan, MONDAY + 3 * DAY)  # a was to end two days ago
    assert late is not None
    assert (late.slip, late.end, late.tasks["d"].slip) == (2, MONDAY + 7 * DAY, 2)
    early = schedule(plan | {"a": planned(0, 2, done=0)}, MONDAY)
    assert early is not None
    assert early.tasks["a"].slip == -1
    assert early.slip == 0


def test_a_plan_of_nothing_has_no_schedule() -> None:
    assert schedule({}, MONDAY) is None


@over(st.dictionaries(st.sampled_from("abcdefg"), st.sets(st.sampled_from("abcdefg"), max_size=3)))
def test_a_ring_is_found_when_there_is_one_and_is_one(graph: dict[str, set[str]]) -> None:
    after = {name: tuple(sorted(others & graph.keys())) for name, others in graph.items()}
    ring = cycle_of(after)
    if ring is not None:
        assert ring[0] == ring[-1]
        assert len(set(ring)) == len(ring) - 1
        assert all(other in after[one] for one, other in pairwise(ring))
        return
    left = dict(after)
    while left:
        ready = [name for name, others in left.items() if not set(others) & left.keys()]
        assert ready, "no ring was found, and there is one"
        for name in ready:
            del left[name]


def test_templates_are_plans_without_rings_in_which_nothing_slips() -> None:
    for templates in (("inbound",), ("outbound",), ("inbound", "outbound")):
        tasks = tasks_of(templates)
        assert cycle_of({name: task.after for name, task in tasks.items()}) is None
        assert all(other in tasks for task in tasks.values() for other in task.after)
        plan = {name: planned(task.starts, task.days, *task.after) for name, task in tasks.items()}
        whole = schedule(plan, MONDAY)
        assert whole is not None
        assert (whole.slip, whole.start) == (0, MONDAY)
        assert whole.critical[0] == "kick-off"
        assert whole.critical[-1] == "ramp"
    both = tasks_of(("inbound", "outbound"))
    assert both.keys() == TEMPLATES["inbound"].keys() | TEMPLATES["outbound"].keys()
    assert {"switch-lines", "lists"} <= set(both["ramp"].after)
    assert timedelta(days=both["ramp"].starts) == timedelta(days=15)

"""A rota as an aggregate: drafted by the rules, published, swapped shift by shift; and who kept to it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from services.training.domain.rota import DraftRota, PublishRota, SwapShift, rota, wish
from services.training.events.rotas import (
    RotaDrafted,
    RotaPerson,
    RotaPublished,
    RotaRules,
    RotaShift,
    ShiftSwapped,
)
from services.training.staffing.adherence import Stay, kept, worked
from services.training.staffing.rota import Planned, plan
from services.training.views.rotas import rotas
from tests.spec import evolved, given, seen

AT = datetime(2026, 2, 27, 9, tzinfo=UTC)
WHO: dict[str, Any] = {"partner_id": "adria", "rota": "w10", "at": AT, "by": "iva"}
PEOPLE = (
    *(RotaPerson(agent=name, languages=("hr",)) for name in ("ana", "bo", "cy")),
    RotaPerson(agent="dan", languages=("de",)),
)
HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 1, 23, tzinfo=UTC)
"""Midnight in Zagreb."""


def shift(agent: str, day: int, hour: int = 8) -> RotaShift:
    starts = MONDAY + timedelta(days=day, hours=hour)
    return RotaShift(agent=agent, starts=starts, ends=starts + 8 * HOUR)


SHIFTS = tuple(sorted((shift("ana", 0), shift("bo", 1), shift("dan", 0))))
NEED = {
    "hr": tuple(int(slot // 48 in (0, 1) and 16 <= slot % 48 < 32) for slot in range(336)),
    "de": tuple(int(slot // 48 == 0 and 16 <= slot % 48 < 32) for slot in range(336)),
}
PLAN: dict[str, Any] = {
    "first": date(2026, 3, 2),
    "weeks": 1,
    "time_zone": "Europe/Zagreb",
    "people": PEOPLE,
    "rules": RotaRules(),
    "need": NEED,
    "standing": (),
    "shifts": SHIFTS,
    "least_minutes": 1440,
}


def draft(**more: Any) -> DraftRota:
    return DraftRota(**WHO | PLAN | more)


def drafted(**more: Any) -> RotaDrafted:
    return RotaDrafted(**WHO | PLAN | more)


def swap(agent: str, day: int, to: str, back: int | None = None, **more: Any) -> SwapShift:
    starts, back_starts = shift(agent, day).starts, None if back is None else shift(to, back).starts
    return SwapShift(
        **WHO | {"agent": agent, "starts": starts, "to": to, "back_starts": back_starts} | more, reason="ill"
    )


def swapped(agent: str, day: int, to: str, back: int | None = None) -> ShiftSwapped:
    other = None if back is None else shift(to, back)
    return ShiftSwapped(**WHO, shift=shift(agent, day), to=to, back=other, reason="ill")


def test_the_plan_of_the_test_is_what_the_solver_finds() -> None:
    found = plan(wish(draft()))
    assert isinstance(found, Planned)
    assert found.minutes == found.least_minutes == 1440


def test_a_rota_is_drafted_once_and_again_until_it_holds() -> None:
    given(rota).when(draft()).then(drafted())
    given(rota, drafted()).when(draft(at=AT + HOUR, by="nik")).then()
    other = tuple(sorted((shift("cy", 0), shift("bo", 1), shift("dan", 0))))
    given(rota, drafted()).when(draft(shifts=other)).then(drafted(shifts=other))
    given(rota, drafted(), RotaPublished(**WHO)).when(draft(shifts=other)).then_rejected("published")


def test_no_rota_is_kept_that_breaks_a_rule_or_leaves_a_half_hour_open() -> None:
    given(rota).when(draft(shifts=(*SHIFTS, shift("ana", 0, 16)))).then_rejected("rule_broken")
    given(rota).when(draft(shifts=SHIFTS[:-1])).then_rejected("left_open")


def test_a_rota_is_published_once() -> None:
    given(rota).when(PublishRota(**WHO)).then_rejected("no_draft")
    given(rota, drafted()).when(PublishRota(**WHO)).then(RotaPublished(**WHO))
    given(rota, drafted(), RotaPublished(**WHO)).when(PublishRota(**WHO)).then()


def test_a_shift_goes_to_somebody_else_or_is_exchanged() -> None:
    held = given(rota, drafted(), RotaPublished(**WHO))
    held.when(swap("ana", 0, "cy")).then(swapped("ana", 0, "cy"))
    outcome = held.when(swap("ana", 0, "bo", 1)).then(swapped("ana", 0, "bo", 1))
    assert {(one.agent, one.starts) for one in outcome.state.shifts} == {
        ("bo", shift("bo", 0).starts),
        ("ana", shift("ana", 1).starts),
        ("dan", shift("dan", 0).starts),
    }


def test_a_swap_keeps_the_rules_and_the_cover() -> None:
    held = given(rota, drafted(), RotaPublished(**WHO))
    held.when(swap("cy", 0, "ana")).then_rejected("unknown_shift")
    held.when(swap("ana", 0, "bo", 3)).then_rejected("unknown_shift")
    held.when(swap("ana", 0, "dan")).then_rejected("rule_broken")
    held.when(swap("bo", 1, "dan")).then_rejected("left_open")
    held.when(swap("ana", 0, "zoe")).then_rejected("rule_broken")
    given(rota).when(swap("ana", 0, "bo")).then_rejected("no_draft")


def test_the_view_shows_the_shifts_as_they_are_and_what_was_swapped() -> None:
    events = (drafted(), RotaPublished(**WHO), swapped("ana", 0, "bo", 1))
    doc = seen(rotas, *events)["adria:w10"]
    assert tuple(doc.shifts) == evolved(rota, rota.initial, events).shifts
    assert doc.swaps == [events[2]]
    assert (doc.published_at, doc.changes) == (AT, 3)


STARTS = shift("ana", 0).starts
LATER = STARTS + timedelta(days=2)


def stay(since: float, until: float, state: str = "available") -> Stay:
    return STARTS + since * HOUR, STARTS + until * HOUR, state


def test_adherence_is_what_lies_within_the_shift() -> None:
    stays = [stay(-1, 0.25, "on_call"), stay(0.25, 4), stay(4, 5, "meal"), stay(5, 7.5, "wrap_up"), stay(9, 10)]
    found = kept(shift("ana", 0), stays, LATER)
    assert (found.scheduled_s, found.there_s, found.paused_s, found.late_s) == (28_800, 27_000, 3_600, 0)
    assert found.productive_s == 23_400
    assert found.adherence == 0.9375
    assert worked(stays, STARTS, LATER) == 30_600


def test_who_comes_late_or_never_is_late_until_then() -> None:
    assert kept(shift("ana", 0), [stay(0.5, 9)], LATER).late_s == 1_800
    assert kept(shift("ana", 0), [], LATER).late_s == 28_800
    running = kept(shift("ana", 0), [stay(0, 2)], STARTS + 4 * HOUR)
    assert (running.scheduled_s, running.adherence) == (14_400, 0.5)
    assert kept(shift("ana", 0), [], STARTS - HOUR).adherence is None


@hypothesis_given(
    st.lists(st.tuples(st.floats(-4, 12), st.floats(0, 4), st.sampled_from(["available", "meal", "on_call", "x"]))),
    st.floats(-2, 14),
)
def test_nobody_is_there_longer_than_scheduled(drawn: list[tuple[float, float, str]], until: float) -> None:
    stays, end = [], -5.0
    for since, length, state in sorted(drawn):
        if since >= end:
            stays.append(stay(since, since + length, state))
            end = since + length
    found = kept(shift("ana", 0), stays, STARTS + until * HOUR)
    tolerance = len(stays) + 1  # each stay is rounded to whole seconds
    assert 0 <= found.there_s <= found.scheduled_s + tolerance <= 28_800 + tolerance
    assert found.productive_s + found.paused_s <= found.there_s
    assert 0 <= found.late_s <= found.scheduled_s
    assert found.there_s <= worked(stays, STARTS - 10 * HOUR, STARTS + until * HOUR) + tolerance

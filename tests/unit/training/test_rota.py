"""Rotas: every half hour is covered by the rules, or what makes that impossible is said, and is true."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.training.events.rotas import RotaPerson, RotaRules, RotaShift
from services.training.staffing.frame import Wanted, framed
from services.training.staffing.keeping import Gap, breaches, gaps, unanswered
from services.training.staffing.rota import LOOSENED, Impossible, Planned, loosened, plan, with_more

MONDAY = date(2026, 3, 2)
ZONE = "Europe/Zagreb"
RULES = RotaRules()


def people(*spoken: str, **more: Any) -> tuple[RotaPerson, ...]:
    """One person for each text of languages, such as `hr+de`."""
    return tuple(
        RotaPerson(agent=f"a{number:02}", languages=tuple(one.split("+")), **more) for number, one in enumerate(spoken)
    )


def needed(hours: range, days: range = range(7), *, first: date = MONDAY, **count: int) -> Any:
    """So many people of each language in these hours of the wall clock, on these days."""
    frame = framed(first, first + timedelta(days=6), ZONE)
    found: dict[datetime, dict[str, int]] = {}
    for number, (_, begins, over) in enumerate(frame.days):
        if number in days:
            found |= {frame.at(slot): dict(count) for slot in range(begins, over) if (slot - begins) // 2 in hours}
    return found


def wanted(need: Any, staff: tuple[RotaPerson, ...], rules: RotaRules = RULES, **more: Any) -> Wanted:
    return Wanted(**{"first": MONDAY, "weeks": 1, "zone": ZONE, "people": staff, "rules": rules, "need": need} | more)


def covered(wish: Wanted) -> Planned:
    """The rota, which keeps every rule and leaves nothing open."""
    found = plan(wish)
    assert isinstance(found, Planned), found
    assert breaches(wish, found.shifts) == []
    assert gaps(wish, found.shifts) == []
    assert found.least_minutes <= found.minutes
    return found


def impossible(wish: Wanted) -> Impossible:
    """Why there is none: what is said to be enough is enough, nothing smaller is, and the nearest rota keeps rules."""
    found = plan(wish)
    assert isinstance(found, Impossible), found
    assert found.gaps
    assert breaches(wish, found.shifts) == []
    assert tuple(gaps(wish, found.shifts)) == found.gaps
    for names in found.without:
        for size in range(len(names)):
            for fewer in combinations(names, size):
                assert isinstance(plan(loose(wish, fewer)), Impossible)
        covered(loose(wish, names))
    if found.more:
        covered(with_more(wish, found.more))
    return found


def loose(wish: Wanted, names: Any) -> Wanted:
    for name in names:
        wish = loosened(wish, name)
    return wish


def test_day_and_night_are_covered_with_the_fewest_hours() -> None:
    found = covered(wanted(needed(range(24), hr=2), people(*["hr"] * 9)))
    assert found.minutes == 2 * 7 * 24 * 60, "every half hour has just the two that it needs"
    assert any(shift.starts.astimezone(UTC).date() != shift.ends.astimezone(UTC).date() for shift in found.shifts)


def test_hours_are_spread_evenly() -> None:
    found = covered(wanted(needed(range(8, 16), range(5), hr=4), people(*["hr"] * 5)))
    hours = {agent: sum(shift.agent == agent for shift in found.shifts) for agent in {s.agent for s in found.shifts}}
    assert sorted(hours.values()) == [4] * 5


def test_who_speaks_two_languages_answers_one_at_a_time() -> None:
    both = needed(range(9, 17), range(5), hr=1, de=1)
    assert covered(wanted(both, people("hr", "hr+de", "de+hr"))).minutes == 2 * 5 * 8 * 60
    found = impossible(wanted(both, people("hr+de")))
    assert found.more == {"hr": 1} or found.more == {"de": 1}
    assert {gap.people for gap in found.gaps} == {1}


def test_nobody_who_speaks_it_is_said_with_how_many_it_takes() -> None:
    found = impossible(wanted(needed(range(9, 17), range(5), hr=1, pl=2), people("hr", "hr")))
    assert {gap.language for gap in found.gaps} == {"pl"}
    assert found.without == ()
    assert found.more == {"pl": 2}


def test_rest_is_the_reason_where_it_is() -> None:
    """Evening and early morning, and one person for both."""
    need = needed(range(16, 24), range(1), hr=1) | needed(range(4, 12), range(1, 2), hr=1)
    found = impossible(wanted(need, people("hr"), RotaRules(starts_every_minutes=240)))
    assert ("rest",) in found.without
    assert ("week",) not in found.without
    assert found.more == {"hr": 1}


def test_the_weeks_limit_is_the_reason_where_it_is() -> None:
    found = impossible(wanted(needed(range(8, 16), range(5), hr=1), people("hr", most_minutes_week=1920)))
    assert found.without == (("week",),)
    assert len(found.gaps) == 16, "one day of eight hours stays open"


def test_days_off_are_the_reason_where_they_are() -> None:
    found = impossible(wanted(needed(range(8, 16), range(6), hr=1), people("hr"), RotaRules(most_minutes_week=3000)))
    assert found.without == (("days_off",),)


def test_two_rules_together_are_the_reason_where_neither_is_alone() -> None:
    found = impossible(wanted(needed(range(8, 16), range(6), hr=1), people("hr")))
    assert found.without == (("week", "days_off"),)


def test_leave_is_the_reason_where_it_is() -> None:
    tuesday = MONDAY + timedelta(days=1)
    found = impossible(wanted(needed(range(8, 16), range(5), hr=1), people("hr", away=(tuesday,))))
    assert found.without == (("away",),)
    assert {gap.at.date() for gap in found.gaps} == {tuesday}


def test_the_grid_of_starts_is_the_reason_where_it_is() -> None:
    frame = framed(MONDAY, MONDAY, ZONE)
    need = {frame.at(slot): {"hr": 1} for slot in range(17, 33)}  # from half past eight on
    found = impossible(wanted(need, people("hr")))
    assert ("starts",) in found.without


def test_lengths_are_the_reason_where_they_are() -> None:
    """Twelve hours in a row, and one person."""
    found = impossible(wanted(needed(range(8, 20), range(1), hr=1), people("hr")))
    assert ("shift_lengths",) in found.without


def test_shifts_that_stand_cover_and_ask_for_rest() -> None:
    frame = framed(MONDAY, MONDAY, ZONE)
    night = RotaShift(agent="a00", starts=frame.at(-8), ends=frame.at(8))  # from eight in the evening before until four
    need = needed(range(4), range(1), hr=1) | needed(range(8, 16), range(1), hr=1)
    found = impossible(wanted(need, people("hr"), standing=(night,)))
    assert found.without == (("rest",),)
    later = needed(range(4), range(1), hr=1) | needed(range(15, 23), range(1), hr=1)
    assert len(covered(wanted(later, people("hr"), standing=(night,))).shifts) == 1


def test_the_same_wish_gives_the_same_rota() -> None:
    wish = wanted(needed(range(6, 22), hr=3, de=1), people(*["hr"] * 9, *["hr+de"] * 6))
    assert plan(wish) == plan(wish)
    assert plan(replace(wish, people=tuple(reversed(wish.people)))) == plan(wish)


def test_a_clock_that_changes_within_the_rota() -> None:
    first = date(2026, 3, 23)
    need = needed(range(24), first=first, hr=1)
    assert len(need) == 7 * 48 - 2
    covered(wanted(need, people(*["hr"] * 6), first=first))


def test_four_weeks_of_a_hundred_people() -> None:
    frame = framed(MONDAY, MONDAY + timedelta(days=27), ZONE)
    need = {}
    for slot in range(frame.slots):
        _, begins, _ = frame.days[frame.day_of[slot]]
        hour = (slot - begins) / 2
        calls = 0.05 + math.exp(-(((hour - 11) / 2.5) ** 2)) + 0.7 * math.exp(-(((hour - 18) / 2) ** 2))
        weekend = 0.4 if frame.day_of[slot] % 7 > 4 else 1.0
        need[frame.at(slot)] = {"hr": math.ceil(25 * calls * weekend), "de": math.ceil(8 * calls * weekend)}
    staff = people(*["hr"] * 70, *["de"] * 15, *["hr+de"] * 15)
    found = covered(wanted(need, staff, RotaRules(shift_minutes=(360, 480)), weeks=4))
    assert found.minutes <= 1.01 * found.least_minutes


@given(st.data())
@settings(max_examples=10, deadline=None)
def test_what_a_search_by_hand_says(data: st.DataObject) -> None:
    """Two people and five times to begin: every choice of shifts is looked at."""
    rules = RotaRules(
        shift_minutes=(480,),
        starts_every_minutes=480,
        rest_minutes=data.draw(st.sampled_from([0, 480, 660, 960])),
        days_off=data.draw(st.sampled_from([3, 4, 5])),
        most_minutes_week=data.draw(st.sampled_from([480, 960, 2400])),
    )
    staff = people(data.draw(st.sampled_from(["hr", "hr+de"])), data.draw(st.sampled_from(["hr", "de", "hr+de"])))
    frame = framed(MONDAY, MONDAY + timedelta(days=6), ZONE)
    blocks = range(5)
    counts = [{"hr": data.draw(st.integers(0, 1)), "de": data.draw(st.integers(0, 1))} for _ in blocks]
    wish = wanted({frame.at(block * 16 + slot): counts[block] for block in blocks for slot in range(16)}, staff, rules)

    def shift(one: RotaPerson, block: int) -> RotaShift:
        return RotaShift(agent=one.agent, starts=frame.at(block * 16), ends=frame.at(block * 16 + 16))

    subsets = [frozenset(chosen) for size in range(6) for chosen in combinations(blocks, size)]
    kept = [[s for s in subsets if not breaches(wish, [shift(one, block) for block in s])] for one in staff]
    spoken = [frozenset(one.languages) for one in staff]
    answered = [
        len(one) + len(other)
        for one, other in product(*kept)
        if not any(
            unanswered(Counter(spoken[n] for n, own in enumerate((one, other)) if block in own), counts[block])
            for block in blocks
        )
    ]
    found = plan(wish)
    if answered:
        assert covered(wish).minutes == min(answered) * 480
    else:
        assert isinstance(found, Impossible)


@given(
    st.lists(st.sampled_from(["hr", "de", "hr+de", "hr+de+pl"]), min_size=1, max_size=8),
    st.dictionaries(st.sampled_from(["hr", "de"]), st.integers(1, 3), min_size=1),
    st.sampled_from([0, 660]),
    st.sampled_from([960, 1920, 2400]),
)
@settings(max_examples=8, deadline=None)
def test_covered_or_a_true_reason(spoken: list[str], counts: dict[str, int], rest: int, most: int) -> None:
    rules = RotaRules(rest_minutes=rest, most_minutes_week=most)
    need = needed(range(7, 21), range(6), hr=counts.get("hr", 0), de=counts.get("de", 0))
    wish = wanted(need, people(*spoken), rules)
    found = plan(wish)
    if isinstance(found, Planned):
        assert (breaches(wish, found.shifts), gaps(wish, found.shifts)) == ([], [])
        return
    assert found.more
    covered(with_more(wish, found.more))
    for names in found.without:
        covered(loose(wish, names))


@given(
    st.dictionaries(st.sampled_from(["hr", "de", "hr+de", "de+pl", "hr+de+pl"]), st.integers(0, 3)),
    st.dictionaries(st.sampled_from(["hr", "de", "pl"]), st.integers(0, 4)),
)
def test_as_many_places_as_possible_are_filled(there: dict[str, int], need: dict[str, int]) -> None:
    """By König's theorem: what stays open is the greatest lack of any set of languages."""
    groups = {frozenset(spoken.split("+")): count for spoken, count in there.items()}
    lack = max(
        sum(need.get(one, 0) for one in among) - sum(count for group, count in groups.items() if group & set(among))
        for size in range(4)
        for among in combinations(("hr", "de", "pl"), size)
    )
    assert sum(unanswered(groups, need).values()) == lack


def test_each_breach_is_seen() -> None:
    frame = framed(MONDAY, MONDAY + timedelta(days=6), ZONE)

    def shift(agent: str, starts: int, slots: int = 16) -> RotaShift:
        return RotaShift(agent=agent, starts=frame.at(starts), ends=frame.at(starts + slots))

    staff = (*people("hr", away=(MONDAY,)), RotaPerson(agent="b", languages=("hr",), most_minutes_week=500))
    wish = wanted({}, staff)
    assert {one.rule for one in breaches(wish, [shift("c", 0)])} == {"people"}
    assert [one.rule for one in breaches(wish, [shift("a00", 47)])] == ["starts", "away"]
    assert [one.rule for one in breaches(wish, [shift("a00", 48, 15)])] == ["shift_lengths"]
    assert [one.rule for one in breaches(wish, [shift("b", 0), shift("b", 34)])] == ["rest", "week"]
    assert [one.rule for one in breaches(wish, [shift("a00", 48 * day) for day in range(1, 7)])] == ["week", "days_off"]
    assert gaps(replace(wish, need={frame.at(3): {"hr": 2}}), [shift("b", 0)]) == [Gap(frame.at(3), "hr", 1)]
    assert set(LOOSENED) | {"people"} == {"shift_lengths", "starts", "rest", "week", "days_off", "away", "people"}


def test_a_need_of_nothing_needs_nobody() -> None:
    assert plan(wanted({}, ())) == Planned((), 0, 0)
    with pytest.raises(AssertionError):
        covered(wanted(needed(range(8, 16), hr=1), ()))

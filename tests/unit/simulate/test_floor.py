"""A day on the floor: possible for people, plausible for a call centre, and busy as asked."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from services.simulate.calls import Call, moment
from services.simulate.company import Company, company
from services.simulate.floor import Shape, day
from services.simulate.platforms import PLATFORMS
from tests.unit.simulate.world import SEED, WEDNESDAY, firm, wednesdays_truth

WORK = {"on_call", "wrap_up"}


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    on=st.dates(date(2025, 1, 1), date(2027, 12, 31)),
    connector=st.sampled_from(sorted(PLATFORMS)),
    agents=st.integers(1, 14),
)
def test_nobody_does_two_things_at_once_and_no_time_runs_backwards(
    seed: int, on: date, connector: str, agents: int
) -> None:
    partner = company(seed, 1, agents, (connector,)).partners[0]
    happened = day(partner, seed, on, Shape())
    at_work: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for call in happened.calls:
        assert call.started <= (call.answered or call.started) <= call.ended
        assert bool(call.legs) == (call.answered_by == "human")
        for leg in call.legs:
            assert call.started <= leg.answered <= leg.ended <= min(leg.wrapped, call.ended)
            assert leg.talk_ms >= 0
            assert leg.hold_ms >= 0
            at_work[leg.agent.id].append((leg.answered, leg.wrapped))
        if call.legs and not call.legs[-1].handed_over:
            assert call.legs[-1].ended == call.ended
    for spans in at_work.values():
        assert all(done <= begun for (_, done), (begun, _) in pairwise(sorted(spans)))
    changes: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for change in happened.states:
        changes[change.agent.id].append((change.at, change.state))
    for agent, states in changes.items():
        assert states[0][1] == "available"
        assert states[-1][1] == "offline"
        assert all(earlier[0] < later[0] and earlier[1] != later[1] for earlier, later in pairwise(states))
        assert all("available" in (earlier[1], later[1]) or earlier[1] in WORK for earlier, later in pairwise(states))
        assert sum(state == "on_call" for _, state in states) == len(at_work[agent])
    assert set(at_work) <= set(changes)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), on=st.dates(date(2025, 1, 1), date(2027, 12, 31)))
def test_a_day_lies_within_the_partners_own_day(seed: int, on: date) -> None:
    for partner in company(seed, 6, 12).partners:
        happened = day(partner, seed, on, Shape())
        for at in [t for call in happened.calls for t in (call.started, call.ended)] + [c.at for c in happened.states]:
            assert moment(at).astimezone(partner.zone).date() == on


def test_the_same_day_comes_out_the_same() -> None:
    partner = firm().partners[1]
    assert day(partner, SEED, WEDNESDAY, Shape()) == day(partner, SEED, WEDNESDAY, Shape())
    assert day(partner, SEED, WEDNESDAY, Shape()) != day(partner, SEED + 1, WEDNESDAY, Shape())


def test_the_service_level_of_a_week_is_near_eighty_percent_in_twenty_seconds() -> None:
    found = company(SEED, 6, 120)
    off, within, abandoned = 0, 0, 0
    for call in _week(found):
        if not call.inbound or (call.answered is None and call.wait_ms <= 5000):
            continue
        off += 1
        within += call.answered is not None and call.wait_ms <= 20_000
        abandoned += call.answered is None
    assert 0.75 < within / off < 0.92
    assert 0.03 < abandoned / off < 0.13


def test_dialled_calls_end_as_dialled_calls_do() -> None:
    outcomes = Counter(call.outcome for call in _week(firm()) if not call.inbound)
    share = {outcome: n / outcomes.total() for outcome, n in outcomes.items()}
    assert 0.28 < share["answered"] < 0.36
    assert 0.36 < share["no-answer"] < 0.50
    assert 0.08 < share["machine"] < 0.20
    assert 0.04 < share["busy"] < 0.08


def test_some_talks_are_held_handed_over_sold_or_changed_afterwards() -> None:
    legs = [leg for call in _week(firm()) for leg in call.legs]
    share = {
        "held": sum(bool(leg.holds) for leg in legs) / len(legs),
        "handed over": sum(leg.handed_over is not None for leg in legs) / len(legs),
        "sold": sum(leg.sale is not None for leg in legs) / len(legs),
        "changed": sum(leg.corrected is not None for leg in legs) / len(legs),
    }
    assert 0.05 < share["held"] < 0.25
    assert 0.01 < share["handed over"] < 0.06
    assert 0.05 < share["sold"] < 0.25
    assert 0.0005 < share["changed"] < 0.02


def test_a_sale_and_the_result_sale_come_together() -> None:
    for call in wednesdays_truth():
        for leg in call.legs:
            assert (leg.disposition == "sale") == (leg.sale is not None)


def test_twice_the_calls_an_hour_are_twice_the_calls() -> None:
    partner = firm().partners[0]
    few, many = (
        Counter(call.inbound for call in day(partner, SEED, WEDNESDAY, Shape(6.0 * k, 12.0 * k)).calls) for k in (1, 2)
    )
    assert 1.6 < many[True] / few[True] < 2.4
    assert 1.6 < many[False] / few[False] < 2.4


def _week(of: Company) -> list[Call]:
    days = [WEDNESDAY + timedelta(days=n) for n in range(7)]
    return [call for partner in of.partners for on in days for call in day(partner, SEED, on, Shape()).calls]

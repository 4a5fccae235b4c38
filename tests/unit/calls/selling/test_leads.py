"""Leads as they are kept: given to one agent at a time, in turn, never to be called where that is forbidden."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calls.domain.do_not_call import Ground
from services.calls.domain.lead import (
    KINDS,
    Lead,
    TellLead,
    Turn,
    by_turn,
    ended,
    lead_news,
    leased,
    not_ended,
    not_resulted,
    promised,
    released,
    resulted,
    settled,
    turn_of,
)
from services.calls.domain.lead_list import SetRecallRules, lead_list
from services.calls.domain.recall import Ended, Promise, Said
from services.calls.events.leads import CallbackJudged, CallbackPromised, LeadEvent, LeadStateChanged
from services.calls.views.leads import callbacks, figures, lead_lists
from tests.spec import given as happened
from tests.unit.calls.selling.memory import AT, LIST, RULES, Killed, World, everything

NUMBERS = [f"+38591234{n:04}" for n in range(40)]
END = Ended(AT, "no-answer", "a1")


def lead(**more: object) -> Lead:
    said = {
        "id": f"{LIST}:1", "list_id": LIST, "partner": "adria", "customer_ref": "cus_1", "zone": "Europe/Zagreb",
        "country": "HR", "import_id": "i", "line": 2,
    }  # fmt: skip
    return Lead(**{**said, **more})  # type: ignore[arg-type]


def promise(id_: str = "p1", minutes: int = 60, agent: str = "a1", personal: bool = True) -> Promise:
    return Promise(id=id_, agent=agent, personal=personal, due=AT + timedelta(minutes=minutes), made_at=AT)


# The order


TURNS = st.builds(Turn, st.sampled_from(KINDS), st.integers(0, 50), st.sampled_from(["a", "b", "c", "d"]))


@given(st.lists(TURNS))
def test_own_callbacks_come_first_then_anybodys_then_recalls_then_fresh_ones(turns: list[Turn]) -> None:
    kinds = [turn.kind for turn in sorted(turns, key=by_turn)]
    assert kinds == sorted(kinds, key=KINDS.index)
    for one, other in pairwise(sorted(turns, key=by_turn)):
        assert one.kind != other.kind or (one.place, one.lead) <= (other.place, other.lead)


def test_of_fresh_leads_the_highest_priority_is_first_then_the_earliest_line() -> None:
    leads = [lead(id=str(n), priority=p, line=at) for n, (p, at) in enumerate([(0, 2), (9, 8), (9, 3)])]
    turns = [turn for one in leads if (turn := turn_of(one, RULES))]
    assert [turn.lead for turn, _ in sorted(turns, key=lambda pair: by_turn(pair[0]))] == ["2", "1", "0"]


# Changes


def test_a_fact_that_is_taken_back_leaves_the_lead_as_it_was() -> None:
    before = lead()
    tried = ended(before, "c1", END)
    assert turn_of(tried, RULES) != turn_of(before, RULES)
    assert not_ended(tried, "c1", END) == before
    said = Said(AT, "sale", AT, "a1")
    sold = resulted(tried, "c1", "l1", said)
    assert turn_of(sold, RULES) is None
    assert not_resulted(sold, "c1", "l1", said) == tried
    other = resulted(sold, "c1", "l1", Said(AT, "busy", AT, "a1"))
    assert not_resulted(other, "c1", "l1", said) == other, "another result has taken its place"


FACTS = st.lists(
    st.tuples(st.sampled_from(["c1", "c2", "c3"]), st.sampled_from(["end", "sale", "no_answer", "do_not_call"])),
    max_size=8,
)


@given(FACTS, st.randoms())
def test_facts_in_any_order_and_twice_make_the_same_lead(facts: list[tuple[str, str]], dice: object) -> None:
    def told(one: Lead, fact: tuple[str, str]) -> Lead:
        call, kind = fact
        at = AT + timedelta(minutes=int(call[1]))
        if kind == "end":
            return ended(one, call, Ended(at, "no-answer", "a1"))
        return resulted(one, call, kind, Said(at, kind, at, "a1"))

    first = lead()
    for fact in facts:
        first = told(first, fact)
    shuffled = facts + facts
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    second = lead()
    for fact in shuffled:
        second = told(second, fact)
    assert second.attempts == first.attempts
    assert settled(second, RULES, 1, AT).state == settled(first, RULES, 1, AT).state


def test_a_lease_ends_with_a_result_and_not_with_a_call_that_has_none() -> None:
    held = leased(lead(), "a1", AT, 20)
    assert ended(held, "c1", END).lease is None
    assert ended(held, "c1", Ended(AT, "answered", "a1")).lease == held.lease
    assert ended(held, "c1", Ended(AT - timedelta(minutes=1), "no-answer", "a1")).lease == held.lease
    assert released(held) == lead()


def test_what_becomes_of_a_lead_is_told_once() -> None:
    first = settled(promised(lead(), promise(), RULES), RULES, 1, AT)
    assert [type(event) for event in first.untold] == [CallbackPromised, LeadStateChanged]
    assert settled(first, RULES, 1, AT) == first
    assert promised(first, promise(), RULES) == first
    kept = settled(ended(first, "c1", Ended(AT + timedelta(minutes=70), "busy", "a1")), RULES, 1, AT)
    assert [event.verdict for event in kept.untold if isinstance(event, CallbackJudged)] == ["kept"]
    events: tuple[LeadEvent, ...] = kept.untold
    happened(lead_news).when(TellLead(first=0, events=events)).then(*events)
    happened(lead_news, *events[:2]).when(TellLead(first=0, events=events)).then(*events[2:])
    happened(lead_news, *events[:2]).when(TellLead(first=2, events=events[2:])).then(*events[2:])
    happened(lead_news).when(TellLead(first=1, events=events)).then_rejected("events_missing")


# Giving out


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 10_000))
async def test_two_agents_never_hold_the_same_lead(agents: int, leads: int, seed: int) -> None:
    world = await World(seed).start()
    for number in NUMBERS[:leads]:
        await world.add(number)
    given = await asyncio.gather(*(world.next(f"a{n}") for n in range(agents)))
    held = [one.id for one in given if one]
    assert len(held) == len(set(held)) == min(agents, leads), "nobody goes without while there is one"
    kept = Counter([one.lease.agent async for one in everything(world) if one.lease])
    assert all(count == 1 for count in kept.values())
    assert sum(kept.values()) == len(held)


async def test_who_asks_again_has_the_same_lead_until_it_is_released_or_the_time_is_over() -> None:
    world = await World().start()
    for number in NUMBERS[:2]:
        await world.add(number)
    first = await world.next("a1")
    assert first is not None
    assert await world.next("a1") == first
    world.later(minutes=21)
    assert await world.leads.step() == 1
    assert [one.lease async for one in everything(world)] == [None, None]
    again = await world.next("a2")
    assert again is not None
    assert again.id == first.id


async def test_a_lease_that_is_over_holds_nobody_up() -> None:
    world = await World().start()
    await world.add(NUMBERS[0])
    assert await world.next("a1") is not None
    world.later(minutes=19)
    assert await world.next("a2") is None
    world.later(minutes=2)
    assert await world.next("a2") is not None


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 9)), st.integers(0, 1000))
async def test_a_number_on_a_list_is_never_given_out(barred: set[int], seed: int) -> None:
    world = await World(seed).start()
    for number in NUMBERS[:10]:
        await world.add(number)
    await world.barred.add([NUMBERS[n] for n in barred], "HR", "file:x", Ground(reason="file", at=AT, by="ana"))
    given = await asyncio.gather(*(world.next(f"a{n}") for n in range(12)))
    numbers = await world.vault.customer_numbers([one.customer_ref for one in given if one])
    assert set(numbers.values()) == {NUMBERS[n] for n in range(10) if n not in barred}
    assert {one.state async for one in everything(world) if one.lease is None} <= {"barred"}


async def test_another_countrys_list_does_not_count_and_everywheres_does() -> None:
    world = await World().start()
    ground = Ground(reason="letter", at=AT, by="ana")
    assert await world.barred.add([NUMBERS[0]], "DE", "said:1", ground) == 1
    assert await world.barred.of(NUMBERS[0]) == []
    assert await world.barred.of(NUMBERS[0], "DE") != []
    assert await world.barred.add([NUMBERS[0]], "*", "said:2", ground) == 1
    assert await world.barred.add([NUMBERS[0]], "*", "said:2", ground) == 0
    await world.barred.add([NUMBERS[0]], "*", "call:c1", ground)
    assert await world.barred.remove(NUMBERS[0], "*", "call:c1")
    assert await world.barred.of(NUMBERS[0]) != [], "one ground is left"
    assert await world.barred.remove(NUMBERS[0], "*")
    assert await world.barred.of(NUMBERS[0]) == []
    assert not await world.barred.remove(NUMBERS[0], "*")
    assert NUMBERS[0].encode() not in b"".join(world.documents.bodies)


async def test_who_may_not_be_called_stays_so_when_the_customer_is_erased() -> None:
    world = await World().start()
    one = await world.add(NUMBERS[0])
    await world.barred.add([NUMBERS[0]], "*", "call:c1", Ground(reason="asked", at=AT, by="telephony"))
    await world.vault.erase_customer(one.customer_ref)
    assert await world.next("a1") is None
    assert (await world.leads.get(one.id)).state == "erased"  # type: ignore[union-attr]
    again = await world.add(NUMBERS[0])
    assert again.id != one.id
    assert await world.next("a1") is None, "a new token, and the same number"


async def test_nobody_is_given_out_in_the_night_and_not_by_the_clock_of_another_zone() -> None:
    world = await World().start()
    await world.add(NUMBERS[0])
    await world.add("+12125550123", zone="America/New_York", country="US")
    one = await world.next("a1")
    assert one is not None
    assert one.zone == "Europe/Zagreb", "in New York it is five in the morning"
    assert await world.next("a2") is None
    world.later(hours=9, minutes=30)
    given = await world.next("a3")
    assert given is not None
    assert given.zone == "America/New_York"


async def test_own_callbacks_are_nobody_elses_and_come_before_everything() -> None:
    world = await World().start()
    for number in NUMBERS[:3]:
        await world.add(number, priority=5)
    own = await world.add(NUMBERS[5])
    anybodys = await world.add(NUMBERS[6])
    for one, told in ((own, promise("p1", 30)), (anybodys, promise("p2", 20, personal=False))):
        await world.leads.change(one.id, lambda known, rules, told=told: promised(known, told, rules), AT)  # type: ignore[misc]
    assert (await world.next("a1")).id not in (own.id, anybodys.id)  # type: ignore[union-attr]
    await world.leads.change((await world.next("a1")).id, lambda known, rules: released(known), AT)  # type: ignore[union-attr]
    world.later(minutes=31)
    assert (await world.next("a2")).id == anybodys.id  # type: ignore[union-attr]
    assert (await world.next("a1")).id == own.id  # type: ignore[union-attr]


async def test_leads_that_were_tried_follow_new_rules() -> None:
    world = await World().start()
    one = await world.add(NUMBERS[0])
    await world.leads.change(one.id, lambda known, rules: ended(known, "c1", END), AT)
    world.later(minutes=30)
    assert await world.next("a1") is None, "after no answer it is three hours"
    quick = [{"after": "*", "wait_minutes": 10, "most": 5}]
    rules = type(RULES)(rules=tuple(type(RULES.rules[0])(**each) for each in quick))  # type: ignore[arg-type]
    command = SetRecallRules(list_id=LIST, rules=rules, at=AT, by="ana")
    await world.calls.handle(lead_list, LIST, command, command_id="rules", actor="ana")
    assert await world.leads.step() == 1
    assert (await world.next("a1")).id == one.id  # type: ignore[union-attr]
    assert await world.leads.step() == 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
async def test_changes_at_once_are_all_kept_and_all_told(seed: int) -> None:
    world = await World(seed).start()
    one = await world.add(NUMBERS[0])
    ends = {f"c{n}": Ended(AT + timedelta(minutes=n), "busy", "a1") for n in range(6)}
    await asyncio.gather(
        *(
            world.leads.change(one.id, lambda known, rules, call=call, end=end: ended(known, call, end), AT)  # type: ignore[misc]
            for call, end in ends.items()
        )
    )
    while await world.leads.step():
        pass
    kept = await world.leads.get(one.id)
    assert kept is not None
    assert kept.attempts.keys() == ends.keys()
    assert (kept.untold, kept.state) == ((), "exhausted")
    states = [event for event in world.calls.events if isinstance(event, LeadStateChanged)]
    assert states[0].before == "fresh"
    assert all(one.after == other.before for one, other in pairwise(states))
    counts = world.calls.documents(lead_lists)[LIST].counts
    assert {state: count for state, count in counts.items() if count} == {"fresh": -1, "exhausted": 1}


async def test_what_a_crash_left_untold_is_told_later() -> None:
    world = await World().start()
    one = await world.add(NUMBERS[0])
    world.documents.dies_at = 1
    with pytest.raises(Killed):
        await world.leads.change(one.id, lambda known, rules: ended(known, "c1", END), AT)
    world.documents.dies_at = None
    while await world.leads.step():
        pass
    states = [event for event in world.calls.events if isinstance(event, LeadStateChanged)]
    assert [(event.before, event.after) for event in states] == [("fresh", "recall")]


async def test_promises_are_counted_by_agent() -> None:
    world = await World().start()
    for n, (minutes, tried) in enumerate([(60, 65), (60, 100), (60, None), (600, None)]):
        one = await world.add(NUMBERS[n])
        told = promise(f"p{n}", minutes)
        await world.leads.change(one.id, lambda known, rules, told=told: promised(known, told, rules), AT)  # type: ignore[misc]
        if tried is not None:
            end = Ended(AT + timedelta(minutes=tried), "busy", "a1")
            await world.leads.change(one.id, lambda known, rules, end=end: ended(known, "c", end), AT)  # type: ignore[misc]
    doc = world.calls.documents(callbacks)["adria/2026-03/a1"]
    found = figures("a1", doc.promises.values(), AT + timedelta(minutes=120))
    assert (found.promised, found.kept, found.broken, found.waiting, found.share) == (4, 1, 2, 1, "33.33")

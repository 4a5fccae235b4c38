"""Whom an agent is given to dial: nobody outside the legal hours of their country, by their own clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calls.domain.lead import called_back, promised
from services.calls.domain.recall import Promise, is_allowed
from services.calls.domain.verdicts import may_dial, rules_at
from services.calls.events.campaign_rules import DialHours, DialRule, RulesPublished
from services.calls.events.leads import RecallRules
from services.calls.leads.ruling import DROPPED, dropped_share
from services.calls.views.leads import lead_lists
from services.calls.views.tally import Tally
from shared.contracts.calls import CallDispositioned
from tests.unit.calls.selling.memory import AT, World

PLACES = [("HR", "Europe/Zagreb"), ("SI", "Europe/Ljubljana"), ("US", "America/New_York"), ("SI", "Europe/Zagreb")]
ALWAYS = RecallRules(from_minute=0, until_minute=1440, weekdays=(1, 2, 3, 4, 5, 6, 7))
DAYS = (1, 2, 3, 4, 5, 6, 7)


def hours(starts: int, ends: int) -> DialHours:
    return DialHours(days=DAYS, starts=f"{starts:02}:00", ends=f"{ends:02}:00")


def number(n: int) -> str:
    return f"+38591234{n:04}"


@pytest.mark.parametrize(
    ("at", "given_out"),
    [
        ("2026-03-04T07:59", {"HR"}),  # nine in Zagreb to the minute before
        ("2026-03-04T08:00", {"HR", "SI"}),
        ("2026-03-04T13:59", {"HR", "SI"}),  # one minute to nine in New York
        ("2026-03-04T14:00", {"HR", "SI", "US"}),
        ("2026-03-04T19:00", {"US"}),  # eight in the evening in Zagreb
        ("2026-03-05T01:00", set()),
        ("2026-03-29T06:59", {"HR"}),  # the clocks went forward in the night: nine is an hour earlier
        ("2026-03-29T07:00", {"HR", "SI"}),
    ],
)
def test_each_lead_is_given_by_the_hours_of_its_country_on_its_own_clock(at: str, given_out: set[str]) -> None:
    async def scenario() -> set[str]:
        world = await World().start(ALWAYS)
        world.publish(
            DialRule(country="HR", hours=(hours(6, 20),)),
            DialRule(country="SI", hours=(hours(9, 20),)),
            DialRule(country="US", hours=(hours(9, 20),)),
        )
        for n, (country, zone) in enumerate(PLACES[:3]):
            await world.add(number(n), country=country, zone=zone)
        world.now = datetime.fromisoformat(at).replace(tzinfo=UTC)
        return {lead.country for n in range(4) if (lead := await world.next(f"a{n}")) is not None}

    assert asyncio.run(scenario()) == given_out


RULED = st.dictionaries(
    st.sampled_from(["HR", "SI", "US"]),
    st.tuples(st.integers(0, 12), st.integers(1, 12)),
)


@settings(max_examples=60, deadline=None)
@given(RULED, RULED, st.lists(st.sampled_from(PLACES), min_size=1, max_size=6), st.integers(0, 60 * 24 * 8))
def test_whoever_is_given_may_be_dialled_and_whoever_may_be_is_given(
    company: dict[str, tuple[int, int]],
    stricter: dict[str, tuple[int, int]],
    places: list[tuple[str, str]],
    minutes: int,
) -> None:
    async def scenario() -> None:
        world = await World().start(ALWAYS)
        world.publish(*_rules(company))
        world.publish(*_rules(stricter), scope="lamps")  # another campaign's, which holds for none of these
        leads = [await world.add(number(n), country=of, zone=zone) for n, (of, zone) in enumerate(places)]
        world.now = AT + timedelta(minutes=minutes)
        found = [lead.id for n in range(len(places) + 1) if (lead := await world.next(f"a{n}")) is not None]
        rules = rules_at((one for one in world.calls.events if isinstance(one, RulesPublished)), world.now)
        of_company = [one for one in rules if one.scope == "company"]
        allowed = {
            lead.id
            for lead in leads
            if may_dial(of_company, lead.country, world.now.astimezone(ZoneInfo(lead.zone)), None, False).allowed
            and is_allowed(world.now, ZoneInfo(lead.zone), ALWAYS)
        }
        assert len(found) == len(set(found))
        assert set(found) == allowed

    asyncio.run(scenario())


def _rules(by_country: dict[str, tuple[int, int]]) -> list[DialRule]:
    return [DialRule(country=country, hours=(hours(low, low + long),)) for country, (low, long) in by_country.items()]


def test_where_nobody_said_when_nobody_is_dialled_and_the_agent_is_told_why() -> None:
    async def scenario() -> None:
        world = await World().start()
        world.publish()
        await world.add(number(1))
        one = await world.leads.list_of("adria:spring")
        assert one is not None
        assert await world.next("a1") is None
        (why,) = await world.leads.why_none([one], world.now)
        assert (why.code, why.reason) == ("no_rule", "Nobody said when HR may be dialled.")

    asyncio.run(scenario())


def test_a_lead_that_is_still_held_is_taken_back_when_the_hours_are_over() -> None:
    async def scenario() -> None:
        world = await World().start(ALWAYS)
        world.publish(DialRule(country="HR", hours=(hours(0, 12),)))
        lead = await world.add(number(1))
        world.now = datetime(2026, 3, 4, 10, 55, tzinfo=UTC)
        assert (await world.next("a1")) is not None
        world.later(minutes=6)
        assert await world.next("a1") is None
        kept = await world.leads.get(lead.id)
        assert kept is not None
        assert kept.lease is None
        assert kept.state == "fresh"

    asyncio.run(scenario())


def test_above_the_limit_of_dropped_calls_nobody_is_dialled() -> None:
    async def scenario() -> None:
        world = await World().start()
        world.publish(DialRule(country="HR", hours=(hours(0, 24),), abandoned_percent="3"))
        await world.add(number(1))
        assert await world.next("a1") is not None
        world.calls.events += [_dropped(world, 1)]
        world.later(minutes=1)
        assert await world.next("a1") is None, "all of one call was dropped"

    asyncio.run(scenario())


def _dropped(world: World, n: int) -> CallDispositioned:
    return CallDispositioned(
        call=f"adria-1:c{n}",
        source="adria-1",
        partner="adria",
        direction="outbound",
        at=world.now,
        interval=world.now,
        day="2026-03-04",
        native="DROP",
        canonical=DROPPED,
    )


def test_the_share_of_dropped_calls() -> None:
    calm, busy = Tally(dial_contacts=97), Tally(dial_contacts=3, dispositions={DROPPED: 2, "sale": 1})
    assert dropped_share([]) is None
    assert dropped_share([Tally(dials=9)]) is None
    assert dropped_share([calm, busy]) == Fraction(2, 100)
    assert dropped_share([Tally(dispositions={DROPPED: 4})]) == 1, "told of no answer, they were answered all the same"


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50))))
def test_the_share_is_one_whatever_the_order_and_lies_between_nought_and_one(pairs: list[tuple[int, int]]) -> None:
    tallies = [Tally(dial_contacts=answered, dispositions={DROPPED: dropped}) for answered, dropped in pairs]
    share = dropped_share(tallies)
    assert share == dropped_share(reversed(tallies))
    assert share is None or 0 <= share <= 1


def test_a_customer_without_a_lead_is_put_on_the_list_with_the_promise_in_one_step() -> None:

    async def scenario() -> None:
        world = await World().start()
        ref = (await world.vault.customer_refs([number(1)]))[number(1)]
        new = called_back("adria:spring", ref, "HR", "Europe/Zagreb", "adria-1:c1", world.now, "a7")
        due = world.now + timedelta(minutes=30)
        promise = Promise(id="p1", agent="a7", personal=True, due=due, made_at=world.now, zone="Europe/Zagreb")
        for _ in range(2):
            added = await world.leads.add(new, lambda lead, rules: promised(lead, promise, rules), world.now)
            assert (added.state, len(added.promises)) == ("callback", 1)
        assert await world.next("a7") is None
        world.later(minutes=31)
        assert await world.next("a8") is None, "it is a7's"
        given_out = await world.next("a7")
        assert given_out is not None
        assert given_out.id == added.id
        counts = world.calls.documents(lead_lists)["adria:spring"].counts
        assert {state: n for state, n in counts.items() if n} == {"callback": 1}

    asyncio.run(scenario())

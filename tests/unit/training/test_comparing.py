"""What is read for a fair comparison and for learning curves: whose months, which mix, who began before."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import numpy as np
import pytest

from services.training.following.comparing import comparison, works_of
from services.training.following.learning import of_agent, of_partner
from services.training.measuring.counts import Agent
from services.training.views.speakers import Speaker
from services.training.views.worked import WorkedMonth
from tests.unit.training.shelf import Shelf

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
RATES = (4, 6, 8, 9, 9, 10)


def test_the_mix_is_campaign_hour_languages_and_age_of_the_lead() -> None:
    doc = WorkedMonth(
        partner="adria",
        agent="a1",
        month="2026-03",
        hours={"9|outbound|8-30|serum": [10, 1], "9|inbound||serum": [4, 2]},
    )
    one, other = works_of([doc], {("adria", "a1"): ("sl", "hr")}, None)
    assert (one.mix, one.contacts, one.sales) == (("serum|outbound", "09", "hr+sl", "8-30"), 10, 1)
    assert (other.mix, other.contacts) == (("serum|inbound", "09", "hr+sl", "no lead"), 4)
    unknown, _ = works_of([doc], {}, "serum")
    assert unknown.mix == ("serum|outbound", "09", "unknown", "8-30")
    assert list(works_of([doc], {}, "vital")) == []


def test_months_partners_and_campaigns_that_were_not_asked_for_are_left_out() -> None:
    shelf = Shelf()
    shelf.docs["speakers"]["adria:a1"] = Speaker(partner="adria", agent="a1", languages=("hr",))
    for number in range(6):
        shelf.did(f"a{number}", date(2026, 3, 5), 100, 10)
        shelf.did(f"a{number}", date(2026, 5, 5), 100, 50)
        shelf.did(f"a{number}", date(2026, 3, 6), 100, 50, campaign="vital")
        shelf.did(f"i{number}", date(2026, 3, 5), 100, 5, partner="istra")
    found = asyncio.run(comparison(shelf, "agents", {"adria"}, MARCH, APRIL, "serum"))
    assert {(one.partner, one.contacts, one.sales) for one in found.items} == {("adria", 100, 10)}
    assert len(found.items) == 6
    both = asyncio.run(comparison(shelf, "partners", None, MARCH, APRIL, "serum"))
    assert [(one.partner, one.agent, one.contacts) for one in both.items] == [
        ("adria", None, 600),
        ("istra", None, 600),
    ]


def test_a_mix_of_old_leads_does_not_look_like_a_weak_agent() -> None:
    """All sell 15 of 100 to new leads and 5 of 100 to old ones; one has old ones mostly, and another one is truly weak
    with a mix like everybody's."""
    shelf = Shelf()
    dice = np.random.default_rng(8)

    def sells(agent: str, new: int, old: int, times: float = 1) -> None:
        for day, contacts, age, rate in ((5, new, "0-1", 0.15), (6, old, "91+", 0.05)):
            sold = int(dice.binomial(contacts, rate * times))
            shelf.did(agent, date(2026, 3, day), contacts, sold, lead_age=age)

    for number in range(20):
        sells(f"a{number}", 1200, 600)
    sells("old", 180, 1620)
    sells("weak", 1200, 600, 0.5)
    found = asyncio.run(comparison(shelf, "agents", {"adria"}, MARCH, MARCH, None))
    by_name = {one.agent: one for one in found.items}
    old, weak = by_name["old"], by_name["weak"]
    assert old.converts < 0.08 < found.mean, "its plain rate is far below"
    assert old.verdict == "like_the_others"
    assert old.low <= found.mean <= old.high
    assert weak.verdict == "below"
    assert found.factors["lead_age"] > 0.3

    # Without the ages of leads it looks as weak as the one that is.
    for month in shelf.docs["worked"].values():
        sums = [sum(both) for both in zip(*month.hours.values(), strict=True)]
        month.hours = {"9|outbound||serum": sums}
    blind = asyncio.run(comparison(shelf, "agents", {"adria"}, MARCH, MARCH, None))
    assert {one.agent for one in blind.items if one.verdict == "below"} == {"old", "weak"}


def began(shelf: Shelf, agent: str, first: date, times: float = 1, partner: str = "adria") -> None:
    for week, rate in enumerate(RATES):
        shelf.did(agent, first + timedelta(weeks=week), 200, round(2 * rate * times), partner=partner)


def test_an_agent_learns_beside_those_who_began_before_it_at_its_partner() -> None:
    shelf = Shelf()
    for number in range(8):
        began(shelf, f"a{number}", date(2026, 1, 5) + timedelta(weeks=number))
        began(shelf, f"i{number}", date(2026, 1, 5), 3, partner="istra")
    began(shelf, "slow", date(2026, 4, 6), 0.3)
    began(shelf, "later", date(2026, 6, 1), 3)
    found = asyncio.run(of_agent(shelf, Agent("adria", "slow")))
    assert found is not None
    assert (found.verdict, found.earlier, found.contacts) == ("behind", 8, 1200)
    assert [point.earlier for point in found.points] == pytest.approx([rate / 100 for rate in RATES], abs=0.002)
    assert asyncio.run(of_agent(shelf, Agent("adria", "nobody"))) is None


def test_a_partner_learns_beside_partners_who_began_before_it() -> None:
    shelf = Shelf()
    for number in range(5):
        for agent in range(3):
            began(shelf, f"a{agent}", date(2026, 1, 5) + timedelta(weeks=number), partner=f"p{number}")
    for agent in range(3):
        began(shelf, f"n{agent}", date(2026, 4, 6), 2, partner="new")
    found = asyncio.run(of_partner(shelf, "new"))
    assert found is not None
    assert (found.verdict, found.earlier, found.contacts) == ("ahead", 5, 3600)
    assert found.share == pytest.approx(2, abs=0.1)
    first = asyncio.run(of_partner(shelf, "p0"))
    assert first is not None
    assert (first.verdict, first.earlier) == ("too_few", 0)
    assert asyncio.run(of_partner(shelf, "nobody")) is None

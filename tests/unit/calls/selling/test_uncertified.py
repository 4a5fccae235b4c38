"""Sales by agents not certified: found after the grace, settled when the certificate was held after all, told once."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.calls.events.campaigns import CampaignDescribed
from services.calls.views.campaigns import campaigns
from services.calls.views.work import work_items
from services.calls.watch.checks import Checks
from services.calls.watch.uncertified import Taker, lacking_now
from shared.contracts.calls import SaleRecorded
from shared.contracts.training import AgentCertified, CertificationLapsed
from shared.http import Deps
from tests.spec import published, seen
from tests.unit.calls.selling.desk import MemoryDesk

AT = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
GRACE = timedelta(minutes=30)
EARLIER = AT - timedelta(days=10)
NAME = "adria:sale_uncertified:a7:s:1"


def described(*certificates: str, at: datetime = EARLIER, name: str = "L") -> CampaignDescribed:
    said: dict[str, Any] = {"campaign": "lamps", "name": name, "countries": ("HR",), "languages": ("hr",)}
    return CampaignDescribed(**said, certificates=certificates, starts=date(2026, 1, 1), at=at, by="ana")


def sale(agent: str = "a7", at: datetime = AT, call: str = "s:1") -> SaleRecorded:
    said: dict[str, Any] = {
        "source": "s",
        "partner": "adria",
        "direction": "inbound",
        "interval": at,
        "day": "2026-03-04",
    }
    return SaleRecorded(**said, call=call, at=at, agent=agent, campaign="lamps", sku="LAMP")


def gained(at: datetime = EARLIER, agent: str = "a7", certificate: str = "k-in") -> AgentCertified:
    said: dict[str, Any] = {"partner_id": "adria", "course": certificate, "major": 1, "score_percent": "90.00"}
    until = date(2026, 6, 1)
    return AgentCertified(**said, agent=agent, certificate=certificate, valid_until=until, at=at, by="Ivo")


def lost(at: datetime) -> CertificationLapsed:
    said: dict[str, Any] = {"partner_id": "adria", "agent": "a7", "course": "k-in", "certificate": "k-in"}
    return CertificationLapsed(**said, reason="manual_changed", at=at, by="lapses")


class World:
    """A clock, a desk, and the loop that looks."""

    def __init__(self, *events: Any) -> None:
        self.desk = MemoryDesk()
        self.desk.events += events or (described("k-in"),)
        self.now = AT + timedelta(minutes=2)
        self.checks = Checks(Deps(self.desk, self.desk, None, None, lambda: self.now, ""), GRACE)  # type: ignore[arg-type]

    def tell(self, *facts: Any) -> World:
        self.desk.events += facts
        return self

    def later(self, minutes: float) -> World:
        """The loop looks before and after."""
        asyncio.run(self.checks.step())
        self.now += timedelta(minutes=minutes)
        asyncio.run(self.checks.step())
        return self

    def items(self) -> dict[str, str]:
        return {key: item.state for key, item in self.desk.documents(work_items).items()}


def test_a_sale_without_the_certificate_is_found_after_the_grace_and_told_once() -> None:
    world = World().tell(sale())
    assert world.later(29).items() == {}
    assert world.later(1).items() == {NAME: "open"}
    before = world.desk.commands
    assert world.later(60).items() == {NAME: "open"}
    assert world.desk.commands == before, "who knows it says it no more"


def test_who_was_certified_when_they_sold_is_left_alone() -> None:
    assert World().tell(gained(), sale()).later(60).items() == {}
    assert World().tell(gained(), sale(), lost(AT + timedelta(minutes=1))).later(60).items() == {}
    assert World().tell(gained(), lost(AT - timedelta(minutes=1)), sale()).later(60).items() == {NAME: "open"}
    assert World().tell(gained(AT + timedelta(minutes=1)), sale()).later(60).items() == {NAME: "open"}
    assert World(described("k-in", "other")).tell(gained(), sale()).later(60).items() == {NAME: "open"}


def test_a_certificate_that_is_told_late_opens_nothing_or_settles() -> None:
    assert World().tell(sale()).later(20).tell(gained()).later(60).items() == {}
    world = World().tell(sale()).later(31)
    assert world.tell(gained()).later(1).items() == {NAME: "settled"}
    before = world.desk.commands
    assert world.later(60).desk.commands == before


def test_a_sale_that_is_taken_back_settles_and_who_sold_instead_has_an_item_of_their_own() -> None:
    told = published(sale())
    world = World().tell(told).later(31)
    assert world.items() == {NAME: "open"}
    world.tell(published(sale(), 2, reverses=told), published(sale("a8"), 3)).later(1)
    assert world.items() == {NAME: "settled"}
    world.later(31)
    assert world.items() == {NAME: "settled", "adria:sale_uncertified:a8:s:1": "open"}
    before = world.desk.commands
    world.later(1)
    assert world.desk.commands == before, "and neither is opened and settled in turn"


def test_an_earlier_word_of_the_same_sale_changes_nothing() -> None:
    world = World().tell(sale()).later(31)
    world.tell(sale(at=AT - timedelta(minutes=5))).later(1)
    assert world.items() == {NAME: "open"}
    before = world.desk.commands
    assert world.later(5).desk.commands == before


def test_nobody_is_held_to_what_the_campaign_asked_for_only_later() -> None:
    later = described("k-in", at=AT + timedelta(minutes=1))
    assert World(described(), later).tell(sale()).later(60).items() == {}
    assert World(described()).tell(sale()).later(60).items() == {}
    doc = seen(campaigns, described("k-in"), described("k-in", "b", at=AT, name="M"), described("b", at=AT))["lamps"]
    assert doc.asked == {"b": AT}
    both = seen(campaigns, described("k-in"), described("k-in", "b", at=AT, name="M"))["lamps"]
    assert both.asked == {"k-in": EARLIER, "b": AT}


def test_who_takes_calls_now_is_held_to_what_is_asked_for_now() -> None:
    world = World(described("k-in")).tell(gained(agent="a8"), gained(agent="a9", certificate="other"))
    takers = [Taker("adria", agent, "lamps") for agent in ("a7", "a8", "a9")]
    stranger = Taker("adria", "a7", "chairs")
    found = asyncio.run(lacking_now(world.desk, [*takers, stranger], AT))
    assert found == {takers[0]: ("k-in",), takers[2]: ("k-in",)}

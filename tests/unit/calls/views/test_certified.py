"""Who held which certificate when, and who sold in which call."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given as whatever
from hypothesis import strategies as st

from services.calls.views.campaign_sales import campaign_sales
from services.calls.views.certified import certified, lacking
from shared.contracts.calls import CallDispositioned, SaleRecorded
from shared.contracts.selling import OrderPlaced
from shared.contracts.training import AgentCertified, CertificationLapsed
from tests.spec import published, seen

AT = datetime(2026, 11, 18, 9, 59, tzinfo=UTC)
WHO: dict[str, Any] = {"partner_id": "adria", "agent": "a7", "by": "lapses"}
UNTIL = date(2026, 12, 18)


def gained(at: datetime = AT, course: str = "k-hr", until: date = UNTIL) -> AgentCertified:
    said: dict[str, Any] = {"course": course, "certificate": "k-in", "major": 1, "score_percent": "90.00"}
    return AgentCertified(**WHO, **said, valid_until=until, at=at)


def lost(at: datetime, course: str = "k-hr") -> CertificationLapsed:
    return CertificationLapsed(**WHO, course=course, certificate="k-in", reason="manual_changed", at=at)


def test_a_certificate_holds_from_its_moment_until_its_day_or_its_end() -> None:
    doc = seen(certified, gained())["adria:a7"]
    second = timedelta(seconds=1)
    midnight = datetime(2026, 12, 18, tzinfo=UTC)
    assert lacking(doc, ("k-in",), AT - second) == ("k-in",)
    assert lacking(doc, ("k-in",), AT) == ()
    assert lacking(doc, ("k-in",), midnight - second) == ()
    assert lacking(doc, ("k-in",), midnight) == ("k-in",), "also before anybody lets it lapse"
    assert lacking(doc, ("k-in", "other"), AT) == ("other",)
    assert lacking(None, ("k-in",), AT) == ("k-in",)
    assert lacking(None, (), AT) == ()
    ended = seen(certified, gained(), lost(AT + timedelta(days=1)))["adria:a7"]
    assert lacking(ended, ("k-in",), AT + timedelta(hours=23)) == ()
    assert lacking(ended, ("k-in",), AT + timedelta(days=1)) == ("k-in",)


def test_the_same_certificate_of_another_course_holds_on() -> None:
    both = seen(certified, gained(), gained(course="k-sl"), lost(AT + timedelta(days=1)))["adria:a7"]
    assert lacking(both, ("k-in",), AT + timedelta(days=2)) == ()


@whatever(st.lists(st.integers(1, 100), min_size=1, max_size=8))
def test_gained_and_lost_in_turn_it_holds_in_every_other_gap(hours: list[int]) -> None:
    at, events, edges = AT, list[Any](), list[datetime]()
    for number, step in enumerate(hours):
        events.append(lost(at) if number % 2 else gained(at, until=date(2030, 1, 1)))
        edges.append(at)
        at += timedelta(hours=step)
    doc = seen(certified, *events)["adria:a7"]
    for number, edge in enumerate(edges):
        assert lacking(doc, ("k-in",), edge) == (() if number % 2 == 0 else ("k-in",))


def fact(kind: Any, at: datetime = AT, call: str = "s:1", **more: Any) -> Any:
    said: dict[str, Any] = {
        "call": call,
        "source": "s",
        "partner": "adria",
        "direction": "inbound",
        "at": at,
        "interval": at,
        "day": "2026-11-18",
        "campaign": "lamps",
        "agent": "a7",
    }
    return kind(**said | more)


def order(at: datetime = AT, call: str | None = "s:1") -> OrderPlaced:
    said: dict[str, Any] = {"order": "9", "partner": "adria", "currency": "EUR", "country": "HR", "lines": ()}
    return OrderPlaced(**said, customer_ref="cus_1", at=at, by="x", call=call, agent="a7", campaign="lamps")


SALE, RESULT = fact(SaleRecorded), fact(CallDispositioned, AT + timedelta(seconds=40), native="S", canonical="sale")


def test_a_call_sold_when_anything_says_so_and_once() -> None:
    (doc,) = seen(campaign_sales, SALE, RESULT, order(AT + timedelta(seconds=20))).values()
    assert doc.calls() == {"s:1": AT}
    (alone,) = seen(campaign_sales, order(call=None)).values()
    assert alone.calls() == {"order 9": AT}


def test_what_is_no_sale_of_an_agent_in_a_campaign_is_not_kept() -> None:
    refused = fact(CallDispositioned, native="N", canonical="refusal_price")
    nothing = [refused, fact(SaleRecorded, agent=None), fact(SaleRecorded, campaign=None)]
    assert seen(campaign_sales, *nothing, fact(SaleRecorded, counts="test")) == {}


@whatever(st.permutations([0, 1, 2, 3]), st.integers(1, 3))
def test_in_any_order_and_in_any_shards_what_was_taken_back_does_not_count(order_: list[int], cut: int) -> None:
    told = published(SALE)
    events = [
        told,
        published(RESULT, 2),
        published(SALE, 3, reverses=told),
        published(fact(SaleRecorded, call="s:2"), 4),
    ]
    shuffled = [events[number] for number in order_]
    (whole,) = seen(campaign_sales, *shuffled).values()
    assert whole.calls() == {"s:1": RESULT.at, "s:2": AT}
    (one,), (two,) = seen(campaign_sales, *shuffled[:cut]).values(), seen(campaign_sales, *shuffled[cut:]).values()
    assert campaign_sales.merge(one, two).calls() == whole.calls()

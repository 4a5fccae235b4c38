"""The read routes: figures that open down to their calls, calls, raw items, deliveries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from services.calls.api import RawItem
from services.calls.figures.kpis import KPIS
from services.calls.tracker.call_document import CallDocument, CallSummary, Known
from services.calls.tracker.intake import DeliveryNote, IntakeDay
from services.calls.views.tally import Tally
from shared.contracts.calls import (
    CallAnswered,
    CallDispositioned,
    CallEnded,
    CallStarted,
    CallTransferred,
    PublicCallEvent,
    SaleRecorded,
)
from shared.engine.dead_letters import DeadLetter
from shared.kernel import Money, Observation
from shared.security import Principal
from tests.unit.calls.reading import Service
from tests.unit.calls.views.events import NOON, fact, state

DAY = "from=2026-03-02&to=2026-03-03"
HOUR = "from=2026-03-02T12:00:00Z&to=2026-03-02T13:00:00Z"


def call(n: int, at: datetime, agent: str = "a1", partner: str = "acme", sold: bool = False) -> list[PublicCallEvent]:
    """An inbound call: queued, answered after n seconds, talked, wrapped up."""
    who: dict[str, Any] = {"call": f"s1:c{n:03}", "partner": partner}
    some = [
        fact(CallStarted, at, phase="queued", offered=True, dialed=False, **who | {"agent": None}),
        fact(CallAnswered, at, answered_by="human", first=True, offered=True, dialed=False, wait_ms=n * 1000, **who,
             agent=agent),
        fact(CallEnded, at, scope="leg", reason="completed", ended_by="agent", talk_ms=60_000, hold_ms=n, agent=agent,
             **who),
        fact(CallDispositioned, at, native="X", canonical="sale" if sold else "callback", wrap_ms=5_000, agent=agent,
             ended_interval=at.replace(minute=0), ended_day=at.date().isoformat(), **who),
    ]  # fmt: skip
    if sold:
        some.append(fact(SaleRecorded, at, amount=Money(1_990 + n, "EUR" if n % 2 else "BAM"), agent=agent, **who))
    return some


def day_of_work() -> list[PublicCallEvent]:
    """A day of two agents of acme and one of beta: calls, one abandoned, one transferred, agents' time."""
    some: list[PublicCallEvent] = []
    for n in range(24):
        some += call(n, NOON + timedelta(minutes=n), "a1", sold=n % 3 == 0)
    for n in range(30, 52):
        some += call(n, NOON + timedelta(minutes=n), "a2", sold=n % 5 == 0)
    for n in range(60, 63):
        some += call(n, NOON + timedelta(minutes=n), "b1", "beta")
    lost: dict[str, Any] = {"call": "s1:lost", "agent": None}
    some.append(fact(CallStarted, phase="queued", offered=True, dialed=False, **lost))
    some.append(fact(CallEnded, scope="call", reason="abandoned", ended_by="customer", outcome="abandoned",
                     offered=True, wait_ms=4_000, **lost))  # fmt: skip
    some.append(fact(CallTransferred, mode="warm", call="s1:c001"))
    some.append(state("available", NOON - timedelta(minutes=7), NOON + timedelta(hours=2)))
    some.append(state("break", NOON, NOON + timedelta(minutes=20), agent="a2"))
    return some


@pytest.fixture
def service() -> Service:
    return Service(day_of_work())


async def test_rows_and_totals_are_the_same_sums(service: Service) -> None:
    for dimension in ("agents", "teams", "campaigns", "partners"):
        found = await service.json(f"/api/v1/performance/{dimension}?{DAY}&kpis=offered,handled,revenue")
        assert found["totals"]["figures"]["offered"]["value"] == 50
        for kpi in ("offered", "handled"):
            assert (
                sum(item["figures"][kpi]["value"] for item in found["items"])
                == found["totals"]["figures"][kpi]["value"]
            )
    assert found["as_of"] == {"performance_day": str(len(service.views.events))}


async def test_every_figure_opens_down_to_calls_that_add_up_to_it(service: Service) -> None:
    keys = ",".join(KPIS)
    for url in (
        f"/api/v1/performance/agents?{DAY}&kpis={keys}",
        f"/api/v1/performance/agents?{DAY}&kpis={keys}&group_by=day,campaign&time_zone=Asia/Tokyo",
        f"/api/v1/performance/teams?{DAY}&kpis={keys}&group_by=direction",
        f"/api/v1/performance/campaigns?{HOUR}&kpis=aht,revenue&group_by=interval",
    ):
        table = await service.json(url)
        assert len(table["items"]) >= 3
        for item in [*table["items"], table["totals"]]:
            for figure in item["figures"].values():
                for side in ("numerator", "denominator"):
                    if figure[side] is None:
                        continue
                    opened = await service.json(f"{figure['href']}&side={side}&limit=1000")
                    assert opened["total"] == (figure[side] or 0), (url, item, figure["href"])


async def test_evidence_names_calls_and_states_page_by_page(service: Service) -> None:
    url = f"/api/v1/performance/evidence?{DAY}&partner=acme&agent=a1&measure=sales_reported&limit=5"
    first = await service.json(url)
    rest = await service.json(f"{url}&cursor={first['next']}")
    assert (first["total"], first["count"], rest["next"]) == (8, 8, None)
    assert [item["call"] for item in first["items"] + rest["items"]] == [f"s1:c{n:03}" for n in range(0, 24, 3)]
    assert first["items"][0]["href"] == "/api/v1/calls/s1:c000"
    (time,) = (await service.json(f"/api/v1/performance/evidence?{DAY}&agent=a2&measure=agent_ms:break"))["items"]
    assert time["amount"] == 20 * 60_000
    assert time["state"] == {"partner": "acme", "agent": "a2", "since": NOON.isoformat()}


async def test_evidence_says_what_is_counted_and_when_its_calls_began(service: Service) -> None:
    await service.keep(tracked(1))
    service.views.events.append(
        fact(CallStarted, phase="queued", offered=True, dialed=False, call="s1:c/1", agent=None)
    )
    opened = await service.json(f"/api/v1/performance/evidence?{DAY}&measure=offered&limit=1000")
    items = {item["call"]: item for item in opened["items"]}
    known, unknown = items["s1:c/1"], items["s1:lost"]
    at = (NOON + timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    assert (known["started_at"], known["agent"], known["partner"]) == (at, "a1", "acme")
    assert (unknown["started_at"], unknown["agent"], unknown["partner"]) == (None, None, None)
    labels = [
        (await service.json(f"/api/v1/performance/evidence?{DAY}&measure={measure}"))["label"]
        for measure in ("conversion", "conversion&side=denominator", "talk_ms", "dispositions:sale")
    ]
    assert [opened["label"], *labels] == [
        "Offered", "Conversion: sales", "Conversion: contacts", "talk", "results of calls: sale",
    ]  # fmt: skip


async def test_agents_have_a_place_among_those_with_enough_calls(service: Service) -> None:
    found = await service.json(f"/api/v1/performance/agents?{DAY}&sort=-conversion&kpis=conversion")
    places = [(item["agent"], item["rank"], item["ranked"]) for item in found["items"] if item["agent"]]
    assert places == [("a1", 1, 2), ("a2", 2, 2), ("b1", None, 2)]
    assert all(item["peers"] is None for item in found["items"] if item["agent"])
    assert found["items"][0]["agent_name"] == "A. Diallo"
    assert found["items"][0]["team"] == "German"
    assert found["items"][0]["partner_name"] == "Acme Direct"
    alone = await service.json(f"/api/v1/performance/agents?{DAY}&sort=-conversion&peers=partner")
    assert [item["ranked"] for item in alone["items"] if item["agent"]] == [2, 2, 0]


async def test_pages_of_a_ranking_are_the_whole_ranking(service: Service) -> None:
    url = f"/api/v1/performance/agents?{DAY}&sort=-handled&kpis=handled"
    whole = (await service.json(url))["items"]
    seen, cursor = [], ""
    while True:
        part = await service.json(f"{url}&limit=1{cursor}")
        seen += part["items"]
        if part["next"] is None:
            break
        cursor = f"&cursor={part['next']}"
    assert seen == whole
    assert len(whole) == 5


async def test_long_periods_are_read_from_months_and_give_the_sum_of_their_days() -> None:
    some = [event for n in range(0, 95, 2) for event in call(n, NOON - timedelta(days=20) + timedelta(days=n))]
    service = Service(some)
    for start, end, read in (
        ("2026-02-10", "2026-05-05", "performance_month"),
        ("2026-03-01", "2026-04-01", "performance_month"),
        ("2026-03-31", "2026-04-04", "performance_month"),
        ("2026-03-31", "2026-04-02", "performance_day"),
    ):
        days = (date.fromisoformat(end) - date.fromisoformat(start)).days
        each = [date.fromisoformat(start) + timedelta(days=n) for n in range(days)]
        expected = {
            day.isoformat(): 1 for day in each if (day - NOON.date()).days % 2 == 0 and day >= date(2026, 2, 10)
        }
        service.views.reads.clear()
        url = f"/api/v1/performance/partners?from={start}&to={end}&kpis=handled"
        assert (await service.json(url))["totals"]["figures"]["handled"]["value"] == len(expected)
        items = (await service.json(f"{url}&group_by=day&limit=500"))["items"]
        assert {item["day"]: item["figures"]["handled"]["value"] for item in items} == expected
        assert set(service.views.reads) == {read}


async def test_a_month_that_an_older_release_wrote_is_added_up_from_its_days(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service([event for n in range(4) for event in call(n, NOON + timedelta(days=n))])
    url = "/api/v1/performance/partners?from=2026-03-01&to=2026-04-01&kpis=handled,aht,revenue"
    expected = await service.json(url)
    assert expected["totals"]["figures"]["handled"]["value"] == 4
    read = service.views.find

    async def older(view: Any, *more: Any) -> list[tuple[str, Any]]:
        found = await read(view, *more)
        return [(key, msgspec.structs.replace(doc, tally=Tally(), summed=False)) for key, doc in found]

    monkeypatch.setattr(service.views, "find", older)
    assert await service.json(url) == expected


async def test_days_of_another_zone_are_cut_from_quarters_of_an_hour() -> None:
    service = Service([*call(1, NOON.replace(hour=14)), *call(2, NOON.replace(hour=15))])
    url = "/api/v1/performance/partners?from=2026-03-02&to=2026-03-04&group_by=day&kpis=offered"
    own = (await service.json(url))["items"]
    assert [(item["day"], item["figures"]["offered"]["value"]) for item in own] == [("2026-03-02", 2)]
    tokyo = (await service.json(f"{url}&time_zone=Asia/Tokyo"))["items"]
    assert [(item["day"], item["figures"]["offered"]["value"]) for item in tokyo] == [
        ("2026-03-02", 1),
        ("2026-03-03", 1),
    ]


async def test_a_variant_is_named_and_used(service: Service) -> None:
    url = f"/api/v1/performance/partners?{DAY}&partner=acme&kpis=service_level"
    default = (await service.json(url))["totals"]["figures"]["service_level"]
    assert (default["variant"], default["denominator"]) == ("3-20-5", 46)
    named = (await service.json(f"{url}&variant=service_level:1-20"))["totals"]["figures"]["service_level"]
    assert (named["variant"], named["denominator"]) == ("1-20", 47)
    assert parse_qs(urlsplit(named["href"]).query)["variant"] == ["service_level:1-20"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-03-02&to=2026-03-02", "to"),
        ("from=2026-03-02&to=2026-03-02T10:00:00Z", "to"),
        ("from=2026-03-02T10:01:00Z&to=2026-03-02T11:00:00Z", "from"),
        ("from=2026-03-02T10:00:00Z&to=2026-03-02T11:00:01Z", "to"),
        ("from=2026-03-02T10:00:00Z&to=2026-03-12T10:00:00Z", "to"),
        ("from=2023-03-02&to=2026-03-12", "to"),
        ("from=2026-02-30&to=2026-03-12", "from"),
        (f"{DAY}&time_zone=Mars/Olympus", "time_zone"),
        (f"{DAY}&time_zone=../etc", "time_zone"),
        (f"{DAY}&group_by=week", "group_by"),
        (f"{DAY}&group_by=interval", "group_by"),
        (f"{DAY}&group_by=day,day", "group_by"),
        ("from=2026-03-02T10:00:00Z&to=2026-03-02T11:00:00Z&group_by=day", "time_zone"),
        (f"{DAY}&kpis=nonsense", "kpis"),
        (f"{DAY}&sort=-nonsense", "sort"),
        (f"{DAY}&sort=revenue", "sort"),
        (f"{DAY}&variant=service_level:9", "variant"),
        (f"{DAY}&variant=revenue:x", "variant"),
        (f"{DAY}&limit=0", "limit"),
        (f"{DAY}&limit=501", "limit"),
        (f"{DAY}&cursor=!!", "cursor"),
        (f"{DAY}&cursor=WzFd", "cursor"),
        (f"{DAY}&counts=all", "counts"),
        ("to=2026-03-02", "from"),
    ],
)
async def test_a_wrong_parameter_is_named(service: Service, query: str, field: str) -> None:
    assert [name.rpartition(".")[2] for name in await service.refused(f"/api/v1/performance/agents?{query}", 422)] == [
        field
    ]


async def test_evidence_refuses_what_it_can_not_open(service: Service) -> None:
    base = f"/api/v1/performance/evidence?{DAY}"
    assert await service.refused(f"{base}&measure=nonsense", 422) == ["measure"]
    assert await service.refused(f"{base}&measure=offered&side=denominator", 422) == ["side"]
    assert await service.refused("/api/v1/performance/evidence?from=2026-01-01&to=2026-03-01&measure=offered", 422) == [
        "to"
    ]
    assert await service.refused(f"{base}&measure=offered&cursor=WzFd", 422) == ["cursor"]


async def test_a_caller_sees_the_figures_of_its_own_partners_only(service: Service) -> None:
    service.principal = Principal("lead", "partner", frozenset({"beta"}))
    found = await service.json(f"/api/v1/performance/partners?{DAY}&kpis=offered")
    assert [item["partner"] for item in found["items"]] == ["beta"]
    assert found["totals"]["figures"]["offered"]["value"] == 3
    opened = await service.json(f"/api/v1/performance/evidence?{DAY}&measure=offered")
    assert opened["total"] == 3
    assert await service.refused(f"/api/v1/performance/partners?{DAY}&partner=acme", 403) == []
    assert await service.refused(f"/api/v1/performance/evidence?{DAY}&measure=offered&partner=acme", 403) == []
    service.principal = Principal("nobody", "partner", frozenset())
    assert (await service.json(f"/api/v1/performance/partners?{DAY}"))["items"] == []


async def test_test_calls_are_shown_on_request_only() -> None:
    trial = fact(CallStarted, phase="queued", offered=True, dialed=False, counts="test")
    service = Service([trial, fact(CallStarted, phase="queued", offered=True, dialed=False)])
    for scope in ("production", "test"):
        found = await service.json(f"/api/v1/performance/partners?{DAY}&counts={scope}")
        assert found["totals"]["figures"]["offered"]["value"] == 1
        opened = await service.json(found["totals"]["figures"]["offered"]["href"])
        assert opened["total"] == 1


async def test_kpis_are_listed_with_formula_and_variants(service: Service) -> None:
    items = {item["key"]: item for item in (await service.json("/api/v1/kpis"))["items"]}
    assert list(items) == list(KPIS)
    assert items["service_level"]["default"] == "3-20-5"
    assert items["service_level"]["formula"] == "answered within 20 s / (offered - abandoned within 5 s)"
    assert {"name": "1-20", "formula": "answered within 20 s / offered"} in items["service_level"]["variants"]


def tracked(n: int, partner: str = "acme", **more: Any) -> CallDocument:
    """A call's document with one item."""
    at = NOON + timedelta(minutes=n)
    summary = CallSummary(
        call=f"c/{n}", state="ended", direction="inbound", campaign="vital", queue=None, customer_ref="cus_1",
        started_at=at, answered_at=at, ended_at=at, outcome="answered", ended_by="agent", agents=["a1"], transfers=0,
        wait_ms=0, talk_ms=0, hold_ms=0, wrap_ms=None, disposition="sale", sale=True, flags=[],
    )  # fmt: skip
    known = Known(offset=10 + n, version="", digest="", received_at=at, revision=1, delivery="d1.0", verdict="accepted")
    return CallDocument(
        at=11 + n, partition=2, source="s1", partner=partner, correlation=f"call:c/{n}", known={"k/1": known},
        observations=[Observation(kind="CallStarted", at=at, customer="cus_1", items=("k/1",))],
        summary=msgspec.structs.replace(summary, **more),
    )  # fmt: skip


async def test_calls_are_listed_newest_first_and_filtered(service: Service) -> None:
    await service.keep(tracked(1), tracked(2, disposition="callback"), tracked(3), tracked(4, partner="beta"))
    base = "/api/v1/calls?from=2026-03-02&to=2026-03-03"
    first = await service.json(f"{base}&partner=acme&limit=2")
    rest = await service.json(f"{base}&partner=acme&limit=2&cursor={first['next']}")
    assert [item["call"] for item in first["items"] + rest["items"]] == ["s1:c/3", "s1:c/2", "s1:c/1"]
    assert rest["next"] is None
    assert len((await service.json(f"{base}&disposition=sale"))["items"]) == 3
    assert len((await service.json("/api/v1/calls?from=2026-03-02T12:03:00Z"))["items"]) == 2
    assert (await service.json("/api/v1/calls?to=2026-03-02T12:01:00Z"))["items"] == []
    assert await service.refused(f"{base}&cursor=%21", 422) == ["cursor"]
    service.principal = Principal("lead", "partner", frozenset({"beta"}))
    assert [item["call"] for item in (await service.json(base))["items"]] == ["s1:c/4"]
    service.principal = Principal("lead", "partner", frozenset({"beta", "acme"}))
    assert await service.refused(base, 422) == ["partner"]


async def test_a_call_is_found_by_our_id_and_by_the_platforms(service: Service) -> None:
    await service.keep(tracked(1), tracked(2), tracked(4, partner="beta"))
    for asked, found in (("s1:c/1", ["s1:c/1"]), ("c/2", ["s1:c/2"]), ("c/", []), ("s1:c/9", [])):
        items = (await service.json(f"/api/v1/calls?call={asked}&state=waiting"))["items"]
        assert [item["call"] for item in items] == found
    service.principal = Principal("lead", "partner", frozenset({"beta"}))
    for asked in ("s1:c/1", "c/1"):
        assert (await service.json(f"/api/v1/calls?call={asked}"))["items"] == []


async def test_a_call_shows_its_timeline_and_what_it_rests_on(service: Service) -> None:
    await service.keep(tracked(1))
    found = await service.json("/api/v1/calls/s1:c/1")
    assert found["summary"]["customer_ref"] == "cus_1"
    assert found["observations"][0]["items"] == ["k/1"]
    (item,) = found["items"]
    assert (item["verdict"], item["delivery"], item["index"]) == ("accepted", "d1", 0)
    service.raw.items[2, 11] = RawItem(b"CallSid=1", {"content_type": "text/plain"})
    raw = await service.get(item["raw_href"])
    assert raw.json()["text"] == "CallSid=1"
    assert raw.headers["cache-control"] == "no-store"
    service.raw.items[2, 11] = RawItem(b"\xff", {})
    assert (await service.json(item["raw_href"]))["base64"] == "/w=="


async def test_a_raw_item_is_for_admins_and_gone_with_its_key(service: Service) -> None:
    await service.keep(tracked(1))
    url = "/api/v1/calls/s1:c/1/items/k%2F1/raw"
    service.raw.items[2, 11] = None
    answer = await service.get(url)
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/key_destroyed")
    assert (await service.get("/api/v1/calls/s1:c/1/items/none/raw")).status_code == 404
    service.principal = Principal("viewer", "manager")
    assert (await service.get(url)).status_code == 403


async def test_what_was_sent_about_an_erased_customer_is_never_shown_again(service: Service) -> None:
    await service.keep(tracked(1))
    url = "/api/v1/calls/s1:c/1/items/k%2F1/raw"
    service.raw.items[2, 11] = RawItem(b"CallSid=1", {})
    assert (await service.get(url)).status_code == 200
    service.principal = Principal("viewer", "manager")
    assert (await service.delete("/api/v1/customers/cus_1")).status_code == 403
    service.principal = Principal("test", "admin")
    assert (await service.delete("/api/v1/customers/cus_1")).status_code == 204
    assert (await service.get(url)).status_code == 410
    assert (await service.json("/api/v1/calls/s1:c/1"))["summary"]["customer_ref"] == "cus_1"
    assert (await service.delete("/api/v1/customers/cus_1")).status_code == 404


async def test_a_call_of_another_partner_is_not_there(service: Service) -> None:
    await service.keep(tracked(1))
    service.principal = Principal("lead", "admin", frozenset({"beta"}))
    for path in ("/api/v1/calls/s1:c/1", "/api/v1/calls/s1:none", "/api/v1/calls/s1:c/1/items/k%2F1/raw"):
        assert (await service.get(path)).status_code == 404


async def test_a_delivery_is_judged_by_all_its_items(service: Service) -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    common: dict[str, Any] = {"at": 1, "delivery": "d1", "source": "s1", "received_at": at, "of": 2}
    service.deliveries.notes = [DeliveryNote(**common, verdicts={"1": "invalid"}, reasons={"1": "no time"})]
    assert (await service.json("/api/v1/deliveries/d1"))["verdict"] is None
    service.deliveries.notes.append(DeliveryNote(**common, verdicts={"0": "accepted"}))
    found = await service.json("/api/v1/deliveries/d1")
    assert found["verdict"] == "partial"
    assert found["items"] == [
        {"index": 0, "verdict": "accepted", "reason": None},
        {"index": 1, "verdict": "invalid", "reason": "no time"},
    ]
    assert (await service.get("/api/v1/deliveries/d2")).status_code == 404
    service.principal = Principal("lead", "partner", frozenset({"beta"}))
    assert (await service.get("/api/v1/deliveries/d1")).status_code == 404


async def test_a_delivery_without_items_is_ignored_and_one_that_nobody_could_read_is_invalid(
    service: Service,
) -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    service.deliveries.notes = [DeliveryNote(at=0, delivery="empty", source="s1", received_at=at, of=0)]
    empty = await service.json("/api/v1/deliveries/empty")
    assert (empty["verdict"], empty["of"], empty["items"]) == ("ignored", 0, [])
    letter = DeadLetter(id="delivery:dead", kind="delivery", source="s1", at=at, cause="not JSON", payload=b"")
    service.deliveries.letters = {"dead": letter}
    dead = await service.json("/api/v1/deliveries/dead")
    assert (dead["verdict"], dead["reason"], dead["of"], dead["items"]) == ("invalid", "not JSON", None, [])
    letter.state = "retried"
    assert (await service.json("/api/v1/deliveries/dead"))["verdict"] is None
    service.principal = Principal("lead", "partner", frozenset({"beta"}))
    for delivery in ("empty", "dead"):
        assert (await service.get(f"/api/v1/deliveries/{delivery}")).status_code == 404


async def test_a_sources_items_add_up_to_what_was_received(service: Service) -> None:
    for day, counts in (("2026-03-01", {"accepted": 3, "duplicate": 1}), ("2026-03-02", {"accepted": 2, "invalid": 1})):
        at = datetime.fromisoformat(f"{day}T10:00:00Z")
        service.deliveries.days.append(IntakeDay(at=1, source="s1", day=day, last_at=at, counts=dict(counts)))
    whole = await service.json("/api/v1/sources/s1/intake")
    assert whole["counts"] == {
        "received": 7, "accepted": 5, "duplicate": 1, "stale": 0, "ignored": 0, "unknown": 0, "invalid": 1,
    }  # fmt: skip
    assert whole["last_received_at"] == "2026-03-02T10:00:00Z"
    part = await service.json("/api/v1/sources/s1/intake?from=2026-03-02&to=2026-03-03")
    assert part["counts"]["received"] == 3
    assert await service.refused("/api/v1/sources/s1/intake?from=2026-03-02T01:00:00Z", 422) == ["from"]
    assert (await service.get("/api/v1/sources/none/intake")).status_code == 404


def test_every_route_is_described_with_an_example(service: Service) -> None:
    paths = service.app.openapi()["paths"]
    routes = [(path, method, route) for path, item in paths.items() for method, route in item.items()]
    assert len(routes) > 13
    for path, method, route in routes:
        assert route["summary"], path
        assert route["description"], path
        if method == "get":
            assert all(content["example"] for content in route["responses"]["200"]["content"].values()), path
        else:
            assert route["responses"].keys() & {"204" if method == "delete" else "404", "409", "422"}, path
            assert route["responses"].keys() & {"200", "202", "204"}, path

"""Our side of a month: gathered from shards and the vault it agrees with whoever counts as we do, to the last line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import msgspec
import polars as pl
import pytest

from services.reconciliation.calls_service import CallsService
from services.reconciliation.gathering import Gathering
from services.reconciliation.matching.day_totals import KPIS, ShownElsewhere
from services.reconciliation.matching.own import OwnSide
from services.reconciliation.matching.own_rows import naive, records_of, roster
from services.reconciliation.matching.results import Outcome, reconcile
from services.reconciliation.views.counterparts import counterparts
from services.reconciliation.views.month_calls import Fact, MonthCall, Shown, month_calls, shown
from services.reconciliation.views.month_stays import month_stays
from shared.contracts.calls import CallDispositioned, PublicCallEvent, SaleRecorded
from shared.contracts.partners import AgentRegistered, ContractSigned, PartnerRegistered, SourceConfigured
from shared.contracts.rating import SaleUsage, rate
from shared.kernel import Event, Rejected
from shared.ports import StoreUnavailable
from shared.vault import Vault
from tests.spec import published, seen
from tests.unit.calls.views.events import state
from tests.unit.reconciliation.telling import FIRST, SETTINGS, Shards, apart, month, partition, phone, report, told
from tests.unit.reconciliation.test_day_totals import dashboard
from tests.unit.shared.documents import MemoryDocuments
from tests.unit.terms.sheets import sheet, version

CALLS = 240
NOW = datetime(2026, 4, 6, tzinfo=UTC)
TERMS = sheet({"per_sale": [{"name": "sale", "tiers": [{"rate": "500"}]}]})
START, END = FIRST, datetime(2026, 3, 31, 22, tzinfo=UTC)
PARTNER: tuple[Event, ...] = (
    PartnerRegistered(partner_id="adria", name="Adria", country="HR"),
    AgentRegistered(partner_id="adria", agent="a1", name="Ana"),
    AgentRegistered(partner_id="adria", agent="a2", name="Ivo"),
    AgentRegistered(partner_id="adria", agent="a3", name="Ivo"),
    SourceConfigured(source_id="s1", revision=1, settings=SETTINGS),
    ContractSigned(
        contract_id="adria:main",
        partner_id="adria",
        version=1,
        effective=date(2026, 1, 1),
        terms=TERMS,
        signed_on=date(2026, 1, 1),
        signers=(),
        documents=(),
        at=NOW,
        by="ana",
    ),
)


async def vault() -> tuple[Vault, dict[str, str]]:
    """A vault that knows all customers, and their tokens."""
    made = Vault(MemoryDocuments(), bytes(32), lambda: NOW)
    await made.start()
    return made, await made.customer_refs([phone(number) for number in range(CALLS)])


def shards(facts: Sequence[Any], place: Callable[[Event], int]) -> Shards:
    return (
        Shards(place)
        .fold(counterparts, PARTNER)
        .fold(month_calls, facts)
        .fold(month_stays, [one for one in facts if not isinstance(one, Fact)])
    )


class Telling:
    """The calls service on the other side of HTTP: dead letters by source, and rows of performance."""

    def __init__(self, letters: dict[str, list[dict[str, Any]]] | None = None, rows: Sequence[Any] = ()) -> None:
        self.letters = letters or {}
        self.rows: list[Sequence[Any]] = [rows]
        self.lag: float | None = None
        self.asked: list[httpx.URL] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        assert request.url.host == "calls"
        if request.url.path.endswith("/health"):
            return httpx.Response(200, json={"lag": {"p95_s": self.lag}})
        if request.url.path == "/api/v1/performance/partners":
            rows = self.rows.pop(0) if len(self.rows) > 1 else self.rows[0]
            return httpx.Response(200, content=msgspec.json.encode({"items": rows, "next": None}))
        asked = request.url.params
        letters = [one for one in self.letters.get(asked["source"], []) if one["state"] == asked["state"]]
        at = int(asked.get("cursor", "0"))
        following = str(at + 2) if len(letters) > at + 2 else None
        return httpx.Response(200, json={"items": letters[at : at + 2], "next": following})

    def service(self) -> CallsService:
        return CallsService(httpx.AsyncClient(transport=httpx.MockTransport(self.answer)))


def gathering_of(
    facts: Sequence[Any],
    known: Vault,
    service: CallsService | None = None,
    place: Callable[[Event], int] = partition,
) -> Gathering:
    return Gathering(shards(facts, place), known, "Europe/Sarajevo", service or Telling().service())


async def gathered(facts: Sequence[Any], known: Vault, **more: Any) -> OwnSide:
    return await gathering_of(facts, known).own_side("adria", "2026-03", {}, **more)


def is_fact(event: Event) -> bool:
    return isinstance(event, Fact)


def of_march(facts: Sequence[Any]) -> list[MonthCall]:
    docs = seen(month_calls, *(one for one in facts if isinstance(one, Fact)))
    return sorted((one for one in docs.values() if START <= one.began < END), key=lambda one: one.began)


@dataclass(frozen=True)
class March:
    """Our side of March, the report of a partner that counts as we do, the facts, and the number of each token."""

    own: OwnSide
    lines: pl.DataFrame
    facts: list[PublicCallEvent]
    numbers: dict[str, str]


async def clean() -> March:
    known, refs = await vault()
    facts = month(CALLS, refs=refs)
    numbers = {ref: number for number, ref in refs.items()}
    return March(await gathered(facts, known), report(of_march(facts), numbers), facts, numbers)


def kinds(outcome: Outcome) -> list[str]:
    return outcome.findings["kind"].unique().sort().to_list()


async def test_whoever_counts_as_we_do_has_no_findings() -> None:
    march = await clean()
    own, lines, facts = march.own, march.lines, march.facts
    assert len(lines) > 200
    outcome = reconcile(lines, own)
    assert outcome.findings.is_empty(), outcome.findings
    assert outcome.defects == []
    assert len(outcome.seen.matched) == len(lines) == outcome.seen.calls["in_period"].sum()
    assert (
        own.records["call_id"].n_unique()
        == len(own.records)
        == len({one.call for one in facts if isinstance(one, Fact)})
    )
    assert own.events["seq"].to_list() == list(range(1, len(own.events) + 1))
    assert own.events["at"].is_sorted()


def longer(one: Shown) -> Shown:
    """A fold that counts the ringing as talk."""
    return msgspec.structs.replace(one, talk_ms=one.talk_ms + 7000 if one.talk_ms else 0)


def without_sales(one: Shown) -> Shown:
    """A fold that forgets what was sold."""
    return msgspec.structs.replace(one, sales=())


def without_results(one: Shown) -> Shown:
    """A fold that forgets how the call ended."""
    return msgspec.structs.replace(one, disposition=None)


def dearer(one: Shown) -> Shown:
    """A fold that counts the first amount twice."""
    sales = [msgspec.structs.replace(sale, amount_minor=2 * (sale.amount_minor or 0)) for sale in one.sales[:1]]
    return msgspec.structs.replace(one, sales=(*sales, *one.sales[1:]))


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (longer, "own_duration_ring"),
        (without_sales, "sale_missing_own"),
        (without_results, "own_disposition"),
        (dearer, "own_amount"),
    ],
)
async def test_a_broken_fold_is_our_own_defect(broken: Callable[[Shown], Shown], kind: str) -> None:
    march = await clean()
    calls = [doc for _, doc in sorted(seen(month_calls, *filter(is_fact, march.facts)).items())]
    records = records_of(map(broken, map(shown, calls)), march.numbers, {})
    outcome = reconcile(march.lines, replace(march.own, records=records))
    assert kind in {defect.kind for defect in outcome.defects}
    assert set(outcome.findings["party"]) == {"own"}
    assert kind in kinds(outcome)


async def test_a_call_that_is_not_shown_is_our_own_defect() -> None:
    march = await clean()
    own, lines = march.own, march.lines
    lost = own.records.filter(pl.col("started_at").is_between(naive(START), naive(END)))["call_id"][7]
    outcome = reconcile(lines, replace(own, records=own.records.filter(pl.col("call_id") != lost)))
    assert [(defect.kind, len(defect.calls)) for defect in outcome.defects] == [("call_missing_own", 1)]


async def test_customers_who_were_erased_still_pair() -> None:
    known, refs = await vault()
    facts = month(CALLS, refs=refs)
    phones = {ref: number for number, ref in refs.items()}
    lines = report(of_march(facts), phones)
    for number in range(0, CALLS, 9):
        await known.erase_customer(refs[phone(number)])
    own = await gathered(facts, known)
    assert (
        own.records["customer_phone"].null_count()
        == own.events.filter(pl.col("type") == "call.started")["phone"].null_count()
    )
    assert own.records["customer_phone"].null_count() == -(-CALLS // 9)
    outcome = reconcile(lines, own)
    assert len(outcome.seen.matched) == len(lines)
    assert outcome.findings.is_empty(), outcome.findings


async def test_a_line_that_is_only_near_a_call_without_a_number_is_not_taken_for_it() -> None:
    known, refs = await vault()
    facts = month(CALLS, refs=refs)
    missing = next(one for one in of_march(facts) if shown(one).agent is None)
    lines = report(
        [one for one in of_march(facts) if one is not missing and one.call != missing.call],
        {ref: number for number, ref in refs.items()},
    )
    local = naive(missing.began) + timedelta(hours=1, seconds=100)
    strange = lines.head(1).with_columns(
        line=pl.lit("999"),
        local=pl.lit(local, dtype=pl.Datetime("us")),
        phone=pl.lit("+385990000000"),
        agent=pl.lit(None, dtype=pl.String),
        duration_s=pl.lit(0.0),
        disposition=pl.lit("no_answer"),
        amount_minor=pl.lit(None, dtype=pl.Int64),
    )
    started = missing.started
    assert started is not None
    assert started.customer_ref is not None
    await known.erase_customer(started.customer_ref)
    outcome = reconcile(pl.concat([lines, strange]), await gathered(facts, known))
    assert kinds(outcome) == ["extra_line", "missing_line"]


async def test_a_sale_without_an_amount_is_no_sale_of_nothing() -> None:
    known, refs = await vault()
    facts = told(1, FIRST + timedelta(days=3), ("a1",), "sale", amounts=(None,), customer=refs[phone(1)])
    own = await gathered(facts, known)
    assert own.records["sale_id"].to_list() == ["s1:c1#1"]
    assert own.records["sale_minor"].to_list() == [None]
    told_more = report(of_march(facts), {refs[phone(1)]: phone(1)}).with_columns(amount_minor=pl.lit(4900))
    assert reconcile(told_more, own).findings.is_empty()


async def test_cancellations_come_from_whoever_knows_of_them() -> None:
    known, refs = await vault()
    at = FIRST + timedelta(days=3)
    facts = told(1, at, ("a1",), "sale", amounts=(4900, 1000), customer=refs[phone(1)])
    one = await gathered(facts, known, cancelled={"o1-0": at + timedelta(days=1)})
    assert one.records.select("sale_status", "sale_status_at").row(0) == ("confirmed", None)
    both = {"o1-0": at + timedelta(days=1), "o1-1": at + timedelta(days=2), "else": at}
    own = await gathered(facts, known, cancelled=both)
    assert own.records.select("sale_status", "sale_status_at").row(0) == ("cancelled", naive(at + timedelta(days=2)))
    assert own.events.filter(pl.col("type") == "order.cancelled")["sale_id"].to_list() == ["o1-0", "o1-1"]
    outcome = reconcile(report(of_march(facts), {refs[phone(1)]: phone(1)}), own)
    assert kinds(outcome) == ["cancelled_sale_counted"]
    assert outcome.defects == []


async def test_what_was_taken_back_is_not_gathered() -> None:
    known, refs = await vault()
    facts = month(40, refs=refs)
    wrong = told(1000, FIRST + timedelta(days=2), ("a2",), "sale", amounts=(100,))
    happened = [*facts, *wrong, *(published(one, 2, reverses=published(one)) for one in wrong)]
    assert (await gathered(happened, known)).records.equals((await gathered(facts, known)).records)


async def test_what_is_told_weeks_later_belongs_to_its_call() -> None:
    known, _ = await vault()
    began = FIRST + timedelta(days=20)
    facts = [one for one in told(1, began, ("a1",), "callback") if isinstance(one, Fact)]
    result = next(one for one in facts if isinstance(one, CallDispositioned))
    later = msgspec.structs.replace(
        result, at=began + timedelta(days=40), canonical="not_interested", agent="a9", leg="l"
    )
    gathering = gathering_of([*facts, later], known, place=lambda event: apart(event) + 50 * (event == later))
    march = await gathering.own_side("adria", "2026-03", {})
    assert march.records["disposition"].to_list() == ["refused"]
    own = await gathering.own_side("adria", "2026-04", {})
    assert own.records.is_empty(), "a result alone is no call of April"
    assert own.events.is_empty()


@pytest.mark.parametrize("place", [partition, apart])
async def test_calls_at_the_edges_are_gathered_whole_and_counted_in_one_month(place: Callable[[Event], int]) -> None:
    known, _ = await vault()
    edges = [START - timedelta(seconds=1), START, END - timedelta(seconds=1), END]
    facts = [one for number, at in enumerate(edges) for one in told(number, at, ("a1", "a2"), "sale", amounts=(100,))]
    gathering = gathering_of(facts, known, place=place)
    own = await gathering.own_side("adria", "2026-03", {})
    assert own.records["started_at"].to_list() == [naive(at) for at in edges]
    assert own.records["duration_s"].to_list() == [80] * 4
    assert own.records["disposition"].to_list() == ["sale"] * 4
    assert own.records["sale_minor"].to_list() == [100] * 4
    assert own.events.group_by("type").len().sort("type").rows() == [
        ("call.answered", 4),
        ("call.dispositioned", 4),
        ("call.ended", 4),
        ("call.started", 4),
        ("order.accepted", 4),
    ]
    usage = await gathering.usage("adria", "2026-03")
    assert [one.id for one in usage.calls] == ["s1:c1", "s1:c2"]
    assert sorted(one.id for one in usage.sales) == ["o1-0", "o2-0"]


async def test_usage_is_what_can_be_rated() -> None:
    known, _ = await vault()
    stay = msgspec.structs.replace(
        state("available", START + timedelta(hours=9), START + timedelta(hours=10)), partner="adria"
    )
    facts = [*month(CALLS), stay]
    usage = await gathering_of(facts, known).usage("adria", "2026-03")
    assert [one.id for one in usage.calls] == [one.call for one in of_march(facts)]
    assert len(usage.sales) == sum(isinstance(f, SaleRecorded) for one in of_march(facts) for f in one.facts) > 10
    assert [(one.agent, one.seconds) for one in usage.agents] == [("a1", 3600)]
    assert all(isinstance(one, SaleUsage) for one in usage.sales)
    assert rate([version(TERMS)], usage, "2026-03").net == 500 * len(usage.sales)


async def test_progress_is_told_to_its_end() -> None:
    known, _ = await vault()
    heard: list[tuple[int, int]] = []
    await gathered(month(20), known, told=lambda done, of: heard.append((done, of)))
    assert [done for done, _ in heard] == list(range(1, len(heard) + 1))
    assert {of for _, of in heard} == {len(heard)}


async def test_a_partner_or_month_without_terms_is_refused() -> None:
    known, _ = await vault()
    gathering = gathering_of([], known)
    for partner, of, code in (("nobody", "2026-03", "unknown_partner"), ("adria", "2025-12", "no_terms")):
        for ask in (gathering.basis(partner, of), gathering.own_side(partner, of, {}), gathering.usage(partner, of)):
            with pytest.raises(Rejected) as refused:
                await ask
            assert refused.value.code == code


def test_an_agents_name_is_a_code_if_only_one_has_it() -> None:
    agents = {"a1": "Ana", "a2": "Ivo", "a3": "Ivo", "a4": "", "a5": "a1"}
    assert roster(agents, {}) == {"a1": "a1", "a2": "a2", "a3": "a3", "a4": "a4", "a5": "a5", "Ana": "a1"}
    assert roster(agents, {"Ivo": "a3", "a1": "a2"})["Ivo"] == "a3"
    assert roster(agents, {"Ivo": "a3", "a1": "a2"})["a1"] == "a2", "what a person told comes before all"


# Holes


def letter(at: datetime, kind: str = "item", state: str = "waiting") -> dict[str, Any]:
    return {"id": f"x:{at}", "kind": kind, "at": at.isoformat(), "cause": "unreadable", "state": state}


async def test_what_waits_unread_is_a_hole_in_our_log() -> None:
    hour, at = timedelta(hours=1), FIRST + timedelta(days=5)
    telling = Telling(
        {
            "s1": [
                letter(at + 9 * hour),
                letter(at + hour / 2),
                letter(at),
                letter(at, "event"),
                letter(at - 90 * 24 * hour),
            ],
            "tallyline.telephony": [letter(at + 20 * hour, "record")],
        }
    )
    holes = await telling.service().holes(["s1", "s2"], START, END)
    assert holes == tuple(
        (naive(low), naive(high))
        for low, high in (
            (at - hour, at + hour / 2),
            (at + 8 * hour, at + 9 * hour),
            (at + 19 * hour, at + 20 * hour),
        )
    )
    assert {url.params.get("source") for url in telling.asked} == {"s1", "s2", "tallyline.telephony", None}
    telling.lag = 7200
    assert (await telling.service().holes(["s1"], START, END))[0] == (naive(at - 2 * hour), naive(at + hour / 2))


async def test_what_was_dismissed_is_counted_by_nobody_and_stays_a_hole() -> None:
    at = FIRST + timedelta(days=5)
    telling = Telling({"s1": [letter(at, state="dismissed"), letter(at + timedelta(hours=9), state="retried")]})
    assert await telling.service().holes(["s1"], START, END) == ((naive(at - timedelta(hours=1)), naive(at)),)


async def test_nobody_is_accused_around_a_letter_that_waits() -> None:
    known, refs = await vault()
    facts = month(CALLS, refs=refs)
    lines = report(of_march(facts), {ref: number for number, ref in refs.items()})
    lost = of_march(facts)[100]
    remaining = [one for one in facts if not (isinstance(one, Fact) and one.call == lost.call)]
    blamed = {}
    for name, letters in (("whole", []), ("hole", [letter(lost.began + timedelta(minutes=4))])):
        service = Telling({"s1": letters}).service()
        own = await gathering_of(remaining, known, service).own_side("adria", "2026-03", {})
        outcome = reconcile(lines, own)
        assert kinds(outcome) == ["extra_line"]
        blamed[name] = outcome.findings["party"].to_list()
    assert blamed == {"whole": ["partner"], "hole": ["undetermined"]}


@pytest.mark.parametrize("status", [503, 404, 403])
async def test_without_an_answer_nobody_knows_whether_our_log_is_whole(status: int) -> None:
    known, _ = await vault()
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda request: httpx.Response(status)))
    gathering = gathering_of([], known, CallsService(client))
    with pytest.raises(StoreUnavailable):
        await gathering.own_side("adria", "2026-03", {})


# What the dashboards show


async def test_dashboards_that_show_our_facts_differ_in_nothing() -> None:
    known, _ = await vault()
    facts = month(CALLS)
    telling = Telling(rows=dashboard(facts))
    gathering = gathering_of(facts, known, telling.service())
    assert list(await gathering.shown_elsewhere("adria", "2026-03")) == []
    (asked,) = telling.asked
    assert dict(asked.params) == {
        "partner": "adria",
        "from": "2026-03-01",
        "to": "2026-04-01",
        "group_by": "day",
        "kpis": ",".join(KPIS),
        "limit": "500",
    }


async def test_a_total_that_the_dashboards_show_otherwise_is_told_if_it_stays_so() -> None:
    known, _ = await vault()
    facts = month(CALLS)
    right, wrong = dashboard(facts), dashboard(facts)
    row = next(row for row in wrong if row["day"] == "2026-03-09")
    row["figures"]["handled"]["numerator"] -= 1
    handled = row["figures"]["handled"]["numerator"]
    telling = Telling(rows=wrong)
    gathering = gathering_of(facts, known, telling.service())
    assert list(await gathering.shown_elsewhere("adria", "2026-03")) == [
        ShownElsewhere(day="2026-03-09", measure="handled", replayed=handled + 1, shown=handled)
    ]
    telling.rows = [wrong, right]
    assert list(await gathering.shown_elsewhere("adria", "2026-03")) == [], "it was read while facts came in"


async def test_a_sale_of_a_call_of_weeks_before_counts_on_its_own_day() -> None:
    known, _ = await vault()
    began = FIRST - timedelta(days=30)
    facts = [one for one in told(1, began, ("a1",), "callback") if isinstance(one, Fact)]
    sale = SaleRecorded(
        call=facts[0].call,
        source="s1",
        partner="adria",
        direction="outbound",
        at=began + timedelta(days=33),
        interval=began + timedelta(days=33),
        day="2026-03-04",
        agent="a9",
    )
    telling = Telling(rows=dashboard([*facts, sale]))
    gathering = gathering_of([*facts, sale], known, telling.service())
    assert list(await gathering.shown_elsewhere("adria", "2026-03")) == []

"""What the pages show, asked of the calls service over HTTP: in-process when embedded, over the network otherwise."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx
import msgspec

from services.gateway.api.readers import (
    CallDetail,
    CallList,
    CallQuery,
    CallRow,
    Evidence,
    EvidenceItem,
    EvidenceQuery,
    Fact,
    Item,
    Observed,
)
from services.gateway.views.inputs import (
    AgentState,
    AgentToday,
    History,
    LiveCall,
    Names,
    Now,
    OpenAlert,
    Source,
    Today,
    Total,
)
from shared.clock import Clock
from shared.ports import StoreUnavailable

NAMES_LAST = timedelta(seconds=10)
TOTALS = {
    "service_level": "service_level",
    "abandoned": "abandonment_rate",
    "sales": "sales_reported",
    "confirmed": "sales_confirmed",
    "conversion": "conversion",
}
KPIS = "handled,aht,sales_reported,sales_confirmed,conversion"
Formulas = Mapping[tuple[str, str], str]
"""By KPI and variant."""
DAYS_HELD = 200
"""Scopes whose figures of the day are remembered: a campaign's name is whatever a viewer asks for."""


class _Agent(msgspec.Struct):
    partner: str
    agent: str
    state: str
    since: datetime


class _Call(msgspec.Struct):
    call: str
    partner: str
    state: str
    campaign: str | None
    started_at: datetime | None
    agent: str | None = None
    lacks: tuple[str, ...] = ()


class _Now(msgspec.Struct):
    as_of: str
    calls: list[_Call]
    agents: list[_Agent]
    sources: dict[str, datetime]
    people: dict[str, tuple[str | None, str | None]]
    partners: dict[str, str]
    campaigns: dict[str, tuple[str, tuple[str, ...]]]


class Upstream:
    """Reads for wallboard, calls and evidence. StoreUnavailable when the service does not answer."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        now: Clock,
        history: Callable[[], History | None],
        generation: int,
        alerts: Callable[[], Awaitable[list[OpenAlert]]],
    ) -> None:
        self._client = client
        self._alerts = alerts
        self._generation = str(generation)
        self._now = now
        self._history = history
        self._names = Names()
        self._named_at: datetime | None = None
        self._sources: dict[str, tuple[str, bool]] = {}
        self._zones: dict[str, str] = {}
        self._listed_at: datetime | None = None
        self._listing: asyncio.Future[None] | None = None
        self._formulas: Formulas | None = None
        self._today: OrderedDict[tuple[str | None, str | None], tuple[str, Today]] = OrderedDict()

    async def ask(self, path: str, **query: str | int | None) -> Any:
        """The answer to a question; None where there is no such thing. ValueError where it is not understood."""
        params = {name: value for name, value in query.items() if value is not None}
        try:
            answer = await self._client.get(path, params=params)
        except httpx.HTTPError as cause:
            raise StoreUnavailable(f"{path}: {type(cause).__name__}") from cause
        if answer.status_code in (404, 410):
            return None
        if answer.status_code == 422:
            raise ValueError(msgspec.json.decode(answer.content).get("detail", "not understood"))
        if answer.status_code != 200:
            raise StoreUnavailable(f"{path}: {answer.status_code}")
        return msgspec.json.decode(answer.content)

    # The wallboard

    async def now(self, partner: str | None, campaign: str | None) -> Now:
        """Everything live, with names."""
        at = self._now()
        await self._list_sources(at)
        found = await self.ask("/internal/calls/now", at=at.isoformat(), partner=partner)
        live = msgspec.convert(found, _Now)
        names = Names(
            partners=live.partners,
            campaigns={id_: name for id_, (name, _) in live.campaigns.items()},
            meant={id_: partners for id_, (_, partners) in live.campaigns.items() if partners},
            agents={key: name for key, (name, _) in live.people.items() if name},
        )
        if partner is None:  # a look at one partner knows only its people
            self._names = names
        return Now(
            generation=self._generation,
            as_of={f"{n:03d}": int(offset) for n, offset in enumerate(live.as_of.split("."))},
            calls=[msgspec.convert(call, LiveCall, from_attributes=True) for call in live.calls],
            agents=[msgspec.convert(agent, AgentState, from_attributes=True) for agent in live.agents],
            sources=[
                Source(source=id_, partner=owner, live=is_live, last_event_at=live.sources.get(id_))
                for id_, (owner, is_live) in sorted(self._sources.items())
                if partner is None or owner == partner
            ],
            names=names,
            alerts=await self._alerts(),
            history=self._history(),
        )

    async def _list_sources(self, at: datetime) -> None:
        """Sources and zones change rarely: once in ten seconds is often enough, whoever asks."""
        if self._listed_at is not None and at - self._listed_at < timedelta(seconds=10):
            return
        if self._listing is None or self._listing.done():
            self._listing = asyncio.ensure_future(self._list_them(at))
        await asyncio.shield(self._listing)

    async def _list_them(self, at: datetime) -> None:
        sources = await self.ask("/api/v1/sources", limit=500)
        self._sources = {
            s["id"]: (s["settings"]["partner"], s["settings"].get("clock", "live") == "live") for s in sources["items"]
        }
        partners = await self.ask("/api/v1/partners", limit=500)
        self._zones = {p["partner_id"]: p["time_zone"] for p in partners["items"]}
        self._listed_at = at

    async def counts(self) -> tuple[int | None, int | None]:
        """Calls in progress and waiting, of all."""
        found = await self.ask("/internal/calls/counts", at=self._now().isoformat())
        return found["in_progress"], found["waiting"]

    async def zone(self, partner: str | None) -> str | None:
        """The time zone of a partner's own office; None where there is none, or no one partner."""
        await self._list_sources(self._now())
        return self._zones.get(partner or "")

    async def today(self, partner: str | None, campaign: str | None) -> Today:
        """The day's figures; kept until the views have moved."""
        zone = await self.zone(partner)  # it decides which day it is, also for the first who looks
        day = self._now().astimezone(ZoneInfo(zone) if zone else UTC).date()
        kept = self._today.get((partner, campaign))
        # Asked before reading: the figures hold at least this much.
        mark = f"{day}/{(await self.ask('/internal/calls/as-of'))['as_of']}"
        if kept is not None and kept[0] == mark:
            return kept[1]
        today = await self._read_today(day, zone, partner, campaign)
        self._today[partner, campaign] = (mark, today)
        self._today.move_to_end((partner, campaign))
        if len(self._today) > DAYS_HELD:
            self._today.popitem(last=False)
        return today

    async def _read_today(self, day: date, zone: str | None, partner: str | None, campaign: str | None) -> Today:
        period = {"from": day.isoformat(), "to": (day + timedelta(days=1)).isoformat()}
        scope = {"partner": partner, "campaign": campaign}
        rows: list[AgentToday] = []
        cursor: str | None = None
        while True:
            found = await self.ask("/api/v1/performance/agents", **period, **scope, kpis=KPIS, limit=500, cursor=cursor)
            rows += [_agent_today(item) for item in found["items"] if item["agent"]]
            cursor = found["next"]
            if cursor is None:
                break
        found = await self.ask(
            "/api/v1/performance/partners", **period, **scope, kpis=",".join(TOTALS.values()), limit=1
        )
        formulas = await self._formulas_of_all()
        totals = {name: _total(kpi, found["totals"]["figures"][kpi], formulas) for name, kpi in TOTALS.items()}
        return Today(day=day.isoformat(), zone=zone, totals=totals, rows=rows)

    async def _formulas_of_all(self) -> Formulas:
        """The formulas of all KPIs, asked for once: they change with the program alone."""
        if self._formulas is None:
            found = await self.ask("/api/v1/kpis")
            self._formulas = {
                (kpi["key"], name): formula
                for kpi in found["items"]
                for name, formula in (
                    ("", kpi["formula"]),
                    *((variant["name"], variant["formula"]) for variant in kpi["variants"]),
                )
            }
        return self._formulas

    # Calls

    async def names(self) -> Names:
        """As of a look at everything that is live, some seconds old at the most."""
        at = self._now()
        if self._named_at is None or at - self._named_at > NAMES_LAST:
            await self.now(None, None)
            self._named_at = at
        return self._names

    async def find(self, query: CallQuery) -> CallList:
        """A page of calls, newest first."""
        period = {"from": query.day, "to": query.until or _following(query.day)}
        found = await self.ask(
            "/api/v1/calls",
            **period,
            partner=query.partner,
            campaign=query.campaign,
            agent=query.agent,
            state=query.state,
            disposition=query.disposition,
            time_zone=query.zone,
            cursor=query.cursor,
            limit=query.limit,
        )
        return CallList([_call_row(item) for item in found["items"] if item["summary"]], found["next"])

    async def get(self, call: str) -> CallDetail | None:
        """One call with everything that is known of it."""
        found = await self.ask(f"/api/v1/calls/{quote(call, safe=':')}")
        if found is None or not found["summary"]:
            return None
        return CallDetail(
            row=_call_row(found),
            customer=found["summary"]["customer_ref"],
            observations=[msgspec.convert(o, Observed) for o in found["observations"]],
            facts=[_fact(key, event) for key, event in found["facts"].items()],
            items=[
                Item(
                    key=item["key"],
                    received_at=msgspec.convert(item["received_at"], datetime),
                    verdict=item["verdict"],
                    delivery=item["delivery"],
                    reason=item["reason"],
                    raw=item["raw_href"],
                )
                for item in found["items"]
            ],
        )

    # Evidence

    async def evidence(self, query: EvidenceQuery) -> Evidence | None:
        """The calls behind `<kpi>.numerator` or `<kpi>.denominator`, or behind a counter of the tally."""
        measure, _, side = query.measure.partition(".")
        day = date.fromisoformat(query.day) if query.day else self._now().date()
        found = await self.ask(
            "/api/v1/performance/evidence",
            **{"from": day.isoformat(), "to": query.until or _following(day.isoformat())},
            measure=measure,
            side=side or "numerator",
            partner=query.partner,
            campaign=query.campaign,
            agent=query.agent,
            limit=query.limit,
            cursor=query.cursor,
        )
        if found is None:
            return None
        items = [_evidence_item(item) for item in found["items"]]
        return Evidence(
            label=found["label"],
            unit=_unit(found["unit"], measure),
            total=_amount(found["total"]),
            count=found["count"],
            items=items,
            before=_amount(found["before"]),
            next=found["next"],
            formula=found["kpi"]["formula"] if found["kpi"] else "",
            figure_unit=found["kpi"]["unit"] if found["kpi"] else "",
        )


def _following(day: str | None) -> str | None:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat() if day else None


def _unit(unit: str, measure: str) -> str:
    """Of money the currency, which the counter of one names (`revenue:EUR`)."""
    return {"ms": "ms", "money": measure.partition(":")[2]}.get(unit, "")


def _amount(amount: Any) -> float:
    return float(sum(amount.values())) if isinstance(amount, Mapping) else float(amount)


def _evidence_item(item: Mapping[str, Any]) -> EvidenceItem:
    if "call" in item:
        return EvidenceItem(
            call=item["call"],
            amount=_amount(item["amount"]),
            partner=item["partner"],
            agent=item["agent"],
            at=msgspec.convert(item["started_at"], datetime | None),
        )
    if "order" in item:
        return EvidenceItem(call="", order=item["order"], amount=_amount(item["amount"]), partner=item["partner"])
    state = item["state"]
    return EvidenceItem(
        call="",
        amount=_amount(item["amount"]),
        partner=state["partner"],
        agent=state["agent"],
        at=msgspec.convert(state["since"], datetime),
    )


def _agent_today(item: Mapping[str, Any]) -> AgentToday:
    figures = item["figures"]
    aht = figures["aht"]["value"]
    return AgentToday(
        partner=item["partner"],
        agent=item["agent"],
        handled=figures["handled"]["value"],
        sales=figures["sales_reported"]["value"],
        confirmed=figures["sales_confirmed"]["value"],
        contacts=figures["conversion"]["n"],
        aht_s=None if aht is None else aht / 1000,
        conversion=figures["conversion"]["value"],
    )


def _total(kpi: str, figure: Mapping[str, Any], formulas: Formulas) -> Total:
    return Total(
        value=figure["value"],
        n=figure["n"],
        numerator=figure["numerator"],
        denominator=figure["denominator"],
        numerator_of=f"{kpi}.numerator",
        denominator_of="" if figure["denominator"] is None else f"{kpi}.denominator",
        variant=figure.get("variant") or "",
        formula=formulas.get((kpi, figure.get("variant") or ""), ""),
    )


def _call_row(item: Mapping[str, Any]) -> CallRow:
    summary = item["summary"]
    return msgspec.convert(
        {name: summary[name] for name in CallRow.__struct_fields__ if name in summary}
        | {
            "call": item["call"],
            "partner": item["partner"],
            "source": item["source"],
            "agent": summary["agents"][-1] if summary["agents"] else None,
        },
        CallRow,
    )


def _fact(key: str, event: Mapping[str, Any]) -> Fact:
    data = {name: value for name, value in event.items() if name not in ("type", "at")}
    at = event.get("at") or event.get("since")
    return Fact(at=msgspec.convert(at, datetime), type=event["type"], position=key, data=data)

"""What the pages of partners read: asked for in the viewer's own name, as far as their role goes, and part by part, so
that one service that is away takes nothing else along."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from services.gateway.api.asking import Ask, everything
from services.gateway.views.attention import (
    Reason,
    of_contracts,
    of_coverage,
    of_months,
    of_ramps,
    of_sources,
    of_steps,
    of_tickets,
    of_transitions,
)
from services.gateway.views.words import _
from shared.contracts.terms import TermSheet
from shared.http import Problem
from shared.ports import StoreUnavailable
from shared.security import Principal

T = TypeVar("T")
Doc = Mapping[str, Any]
PER_PAGE = 500
AT_ONCE = 8
"""Questions about single partners that are asked side by side."""


class Looked:
    """What was looked at: the partners that the viewer may see by id, the reasons to look at them, and which parts
    could not be read just now."""

    def __init__(self, partners: Mapping[str, Doc], reasons: list[Reason], unread: list[str]) -> None:
        self.partners = partners
        self.reasons = reasons
        self.unread = unread


async def tried(asking: Awaitable[T]) -> T | None:
    """The answer; None where the service is away, or has an error of its own."""
    try:
        return await asking
    except StoreUnavailable:
        return None


async def look(ask: Ask, viewer: Principal, now: datetime, partner: str | None = None) -> Looked:
    """Everything that makes somebody look at a partner; of one partner, or of all that the viewer may see.

    StoreUnavailable where not even the partners can be read.
    """
    if partner is None:
        listed = await everything(ask, "/api/v1/partners", limit=PER_PAGE)
    else:
        one = await ask(f"/api/v1/partners/{quote(partner, safe='')}")
        listed = [] if one is None else [one]
    partners = {str(doc["partner_id"]): doc for doc in listed}
    today = now.astimezone(UTC).date()
    parts: dict[str, Awaitable[list[Reason]]] = {
        _("tickets"): _tickets(ask, partner),
        _("transitions"): _transitions(ask, now, partners, partner),
    }
    if viewer.may("sources.read") and viewer.may("figures.read"):
        parts[_("telephony")] = _sources(ask, partners)
    if viewer.may("reconciliation.read") and viewer.may("contracts.read"):
        parts[_("months")] = _months(ask, today, partner)
    if viewer.may("contracts.read"):
        parts[_("contracts")] = _contracts(ask, partner)
    if viewer.may("training.read"):
        parts[_("certificates")] = _coverage(ask, partner)
    found = await asyncio.gather(*(tried(part) for part in parts.values()))
    unread = [name for name, reasons in zip(parts, found, strict=True) if reasons is None]
    reasons = [one for reasons in found if reasons for one in reasons if one.partner in partners]
    return Looked(partners, [*of_steps(partners.values(), today), *reasons], unread)


async def each(ask: Ask, paths: Iterable[tuple[str, str]], **query: str | int | None) -> dict[str, Any]:
    """The answers by name, a few at a time; without those that are not there, or not the viewer's to see."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(path: str) -> Any:
        async with gate:
            try:
                return await ask(path, **query)
            except Problem as problem:
                if problem.status not in (403, 409):
                    raise
                return None

    asked = list(paths)
    found = await asyncio.gather(*(one(path) for _name, path in asked))
    return {name: doc for (name, _path), doc in zip(asked, found, strict=True) if doc is not None}


async def terms_by_partner(ask: Ask, contracts: Iterable[Doc], day: date) -> dict[str, TermSheet]:
    """The terms of each partner that hold on a day."""
    signed = [one for one in contracts if one["versions"]]
    paths = [(one["partner_id"], f"/api/v1/contracts/{quote(one['contract_id'], safe=':')}/terms") for one in signed]
    held = await each(ask, paths, on=day.isoformat())
    return {partner: msgspec.convert(doc["terms"], TermSheet) for partner, doc in held.items()}


async def months_of(ask: Ask, partner: str | None) -> list[Doc]:
    """Months, whole where they are not agreed."""
    route = "/api/v1/reconciliation/months"
    listed = await everything(ask, route, partner=partner, limit=PER_PAGE)
    open_ = [
        (one["month_id"], f"{route}/{quote(one['month_id'], safe=':')}") for one in listed if one["stage"] != "agreed"
    ]
    whole = await each(ask, open_)
    return [whole.get(one["month_id"], one) for one in listed]


async def _sources(ask: Ask, partners: Mapping[str, Doc]) -> list[Reason]:
    sources, cards = await asyncio.gather(
        everything(ask, "/api/v1/sources", limit=PER_PAGE), ask("/api/v1/trust", days=1)
    )
    mine = [source for source in sources if source["settings"]["partner"] in partners]
    healths = await each(ask, [(one["id"], health_of(one["id"])) for one in mine], days=1)
    return of_sources(mine, cards["items"], healths, partners)


async def _months(ask: Ask, today: date, partner: str | None) -> list[Reason]:
    contracts, months = await asyncio.gather(
        everything(ask, "/api/v1/contracts", partner=partner, limit=PER_PAGE), months_of(ask, partner)
    )
    before = today.replace(day=1) - timedelta(days=1)
    ended = [one for one in contracts if not (one["ended"] and one["ended"]["ends"] < before.isoformat())]
    open_ = [month for month in months if month["stage"] != "agreed" and "requests" in month]
    known = {(month["partner_id"], month["month"]) for month in months}
    terms = await terms_by_partner(ask, ended, before)
    last = f"{before:%Y-%m}"
    due = {id_: held.month.report_due_day for id_, held in terms.items() if (id_, last) not in known}
    return of_months(open_, due, today)


async def _contracts(ask: Ask, partner: str | None) -> list[Reason]:
    contracts, due = await asyncio.gather(
        everything(ask, "/api/v1/contracts", partner=partner, limit=PER_PAGE), ask("/api/v1/contracts/due")
    )
    return of_contracts(contracts, due["items"])


async def _coverage(ask: Ask, partner: str | None) -> list[Reason]:
    found = await ask("/api/v1/training/coverage", partner=partner)
    return of_coverage(found["items"])


async def _tickets(ask: Ask, partner: str | None) -> list[Reason]:
    open_, waiting = await asyncio.gather(
        everything(ask, "/api/v1/tickets", partner=partner, state="open", limit=PER_PAGE),
        everything(ask, "/api/v1/tickets", partner=partner, state="waiting", limit=PER_PAGE),
    )
    return of_tickets([*open_, *waiting])


async def _transitions(ask: Ask, now: datetime, partners: Mapping[str, Doc], partner: str | None) -> list[Reason]:
    route = "/api/v1/transitions"
    if partner is None:
        listed = await everything(ask, route, limit=PER_PAGE)
        hard = [(one["partner_id"], _of(one["partner_id"])) for one in listed if one["open_issues"]]
        whole = await each(ask, hard)
        found = [whole.get(one["partner_id"], one) for one in listed]
    else:
        found = list((await each(ask, [(partner, _of(partner))])).values())
    growing = [(id_, f"{_of(id_)}/ramp") for id_, doc in partners.items() if doc["stage"] == "ramping"]
    return of_transitions(found, now) + of_ramps(await each(ask, growing))


def health_of(source: str) -> str:
    """Where it is told how well a source delivers."""
    return f"/api/v1/sources/{quote(source, safe='')}/health"


def _of(partner: str) -> str:
    return f"/api/v1/transitions/{quote(partner, safe='')}"

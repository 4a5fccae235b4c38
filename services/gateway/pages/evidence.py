"""The page behind a figure: the calls that it counts, and amounts that add up to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from msgspec.structs import replace

from services.gateway.api.gateway import Door, Looking, allowed_partner
from services.gateway.api.readers import Evidence, EvidenceQuery
from services.gateway.pages.acting import Short
from services.gateway.pages.calls import Day, after
from services.gateway.pages.site import page
from services.gateway.pages.tables import FORMS, AsPage, Cell, Form, as_file
from services.gateway.views.kpi_words import formula_in_words, label_in_words
from services.gateway.views.words import UNKNOWN, link, money, number, percent, seconds
from shared.contracts.terms.values import CURRENCIES
from shared.http import invalid, not_found

router = APIRouter()

COLUMNS = ("call", "order", "partner", "agent", "at", "amount")
"""Of a file: by the names that the API has for it; the amount as it is, in milliseconds or minor units."""
HOUR_MS = 3_600_000
MOVED_DAYS = 7
"""The longest time of which can be told why a figure moved: each of its calls is looked at for that."""


@router.get("/evidence")
async def evidence(
    request: Request,
    gateway: Door,
    viewer: Looking,
    measure: Annotated[str, Query(min_length=1, max_length=100)],
    over: Short = "",
    partner: Short = "",
    campaign: Short = "",
    agent: Short = "",
    day: Day = "",
    to: Day = "",
    form: Form | AsPage = "",
    cursor: str | None = None,
) -> Response:
    """The calls behind `measure` on `day`, or on all days until `to` with it; with `over`, the measure that it is
    divided by, for a ratio; with `form`, all of them as a file."""
    seen = allowed_partner(viewer, partner)
    of = {"partner": seen, "campaign": campaign, "agent": agent, "day": day, "to": to}
    query = EvidenceQuery(
        measure=measure,
        partner=seen,
        campaign=campaign or None,
        agent=agent or None,
        day=day or None,
        until=after(to) if day else None,
        cursor=cursor,
    )
    found = await _ask(gateway, query)
    if form:
        name = f"{measure} {day}"
        return as_file(form, name, COLUMNS, _rows(gateway, query))
    base = await _ask(gateway, replace(query, measure=over, cursor=None, limit=1)) if over else None
    names = await gateway.calls.names()
    amount = amounts_in(found.unit)
    shown = sum(item.amount for item in found.items)
    return page(
        request,
        "evidence.html",
        found=found,
        base=base,
        ratio=figure_of(found.total, base.total, found.figure_unit) if base else UNKNOWN,
        why=link("/changes", measure=measure, over=over, **of) if _days(day, to) <= MOVED_DAYS else "",
        amount=amount,
        base_amount=amounts_in(base.unit) if base else None,
        files={one: link("/evidence", measure=measure, over=over, **of, form=one) for one in FORMS},
        to=to,
        base_link=link("/evidence", measure=over, **of) if over else None,
        shown=shown,
        so_far=found.before + shown,
        more=link("/evidence", measure=measure, over=over, **of, cursor=found.next) if found.next else None,
        day=day,
        who=", ".join(
            name
            for name in (
                names.agent(seen or "", agent),
                names.partner(seen or ""),
                names.campaign(campaign),
            )
            if name
        ),
        agent=agent,
        agent_name=lambda of, who: names.agent(of or "", who),
    )


def _days(day: str, to: str) -> int:
    """How many days are asked for; one that is not named is today."""
    return (date.fromisoformat(to) - date.fromisoformat(day)).days + 1 if day and to else 1


def amounts_in(unit: str, measure: str = "") -> Callable[[float], str]:
    """How amounts are written so that they can be added up again. Of money, `measure` names the currency."""
    if unit == "ms":
        return seconds
    currency = measure.partition(":")[2] if unit == "money" else unit
    if currency in CURRENCIES:
        return lambda amount: money(int(amount), currency)
    return number


def figure_of(over: float, under: float, unit: str) -> str:
    """The whole figure, in its own unit."""
    if not under:
        return UNKNOWN
    value = over / under
    match unit:
        case "ms":
            return seconds(value)
        case "per_hour":
            return number(value * HOUR_MS)
        case _:
            return percent(value)


async def _rows(gateway: Door, query: EvidenceQuery) -> AsyncIterator[Sequence[Cell]]:
    """All pages, from the first."""
    query = replace(query, cursor=None, limit=1000)
    while True:
        found = await _ask(gateway, query)
        for item in found.items:
            yield (
                item.call or None,
                item.order or None,
                item.partner,
                item.agent,
                item.at.isoformat() if item.at else None,
                int(item.amount),
            )
        if found.next is None:
            return
        query = replace(query, cursor=found.next)


async def _ask(gateway: Door, query: EvidenceQuery) -> Evidence:
    try:
        found = await gateway.evidence.evidence(query)
    except (OverflowError, ValueError) as error:
        raise invalid("cursor", str(error)) from None
    if found is None:
        raise not_found("measure")
    return replace(found, label=label_in_words(found.label, query.measure), formula=formula_in_words(found.formula))

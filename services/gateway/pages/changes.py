"""The page that says why a figure is another one than before: what came since, call by call."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.gateway.api.asking import Ask, Asker, nothing
from services.gateway.api.gateway import Door, Looking, allowed_partner
from services.gateway.pages.acting import Short
from services.gateway.pages.calls import Day, after
from services.gateway.pages.evidence import amounts_in, figure_of
from services.gateway.pages.site import page
from services.gateway.pages.tables import FORMS, AsPage, Cell, Form, as_file
from services.gateway.views.kpi_words import label_in_words
from services.gateway.views.words import link
from shared.clock import now
from shared.http import invalid

router = APIRouter()
COLUMNS = ("call", "then", "now", "change", "received_at", "key", "kinds", "verdict", "backfill")


@router.get("/changes")
async def changes(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Looking,
    measure: Annotated[str, Query(min_length=1, max_length=100)],
    over: Short = "",
    partner: Short = "",
    campaign: Short = "",
    agent: Short = "",
    day: Day = "",
    to: Day = "",
    since: Annotated[str, Query(max_length=40)] = "",
    form: Form | AsPage = "",
) -> Response:
    """What `measure` was by all that was received until `since` (UTC), and what it is now; the same of `over`, what it
    is divided by. Of one partner or of all, on `day`, or on all days until `to` with it."""
    seen = allowed_partner(viewer, partner)
    first = day or now().date().isoformat()
    moment = _moment(since, to or first)
    following = after(to or first)
    asked = {"partner": seen, "campaign": campaign or None, "agent": agent or None}
    period = {"from": first, "to": following, "since": moment.isoformat()}
    told, base = await asyncio.gather(
        _asked(ask, measure, asked | period), _asked(ask, over, asked | period) if over else nothing()
    )
    if form:
        return as_file(form, f"changes {measure} {first}", COLUMNS, _rows(told))
    names = await gateway.calls.names()
    of = {**asked, "measure": measure, "over": over, "day": first, "to": to}
    parts = [
        (part, amounts_in(unit, which), link("/evidence", measure=which, over="", **asked, day=first, to=to))
        for part, which in ((told, measure), (base, over))
        if part is not None
        for unit in (part["unit"],)
    ]
    ratio = None
    if base is not None:
        unit = told["kpi"]["unit"] if told["kpi"] else ""
        ratio = [figure_of(told[when], base[when], unit) for when in ("then", "now")]
    return page(
        request,
        "changes.html",
        parts=parts,
        ratio=ratio,
        moment=moment,
        field=moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M"),
        asked=of,
        day=first,
        to=to,
        files={one: link("/changes", **of, since=moment.isoformat(), form=one) for one in FORMS},
        back=link("/evidence", **of),
        partner_name=names.partner if seen is None else None,
        who=", ".join(
            name
            for name in (
                names.agent(seen or "", agent),
                names.partner(seen or ""),
                names.campaign(campaign),
            )
            if name
        ),
    )


def _moment(since: str, last: str) -> datetime:
    """What was asked for, in UTC; else a day ago, or an hour ago for a day that is not over. 422 for what is none."""
    try:
        if since:
            found = datetime.fromisoformat(since)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found
        running = date.fromisoformat(last) >= now().date()
    except ValueError as error:
        raise invalid("since", str(error)) from None
    return (now() - (timedelta(hours=1) if running else timedelta(days=1))).replace(microsecond=0)


async def _asked(ask: Ask, measure: str, query: dict[str, str | None]) -> dict[str, Any]:
    kpi, _, side = measure.partition(".")
    told = await ask("/api/v1/performance/changes", measure=kpi, side=side or "numerator", **query)
    return {**told, "label": label_in_words(told["label"], measure)}


def _rows(told: dict[str, Any]) -> list[Sequence[Cell]]:
    """A line for each item that came, with its call's change on the first of them."""
    return [
        (
            one["call"],
            *((one["then"], one["now"], one["change"]) if place == 0 else (None, None, None)),
            item["received_at"],
            item["key"],
            ", ".join(item["kinds"]),
            item["verdict"],
            int(item["backfill"]),
        )
        for one in told["items"]
        for place, item in enumerate(one["arrived"])
    ]

"""The page of rotas: who is there when, what is open, and who kept to it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response

from services.gateway.api.asking import Asker
from services.gateway.api.gateway import Door, Taught, chosen_partner
from services.gateway.api.readers import ShownRota
from services.gateway.pages.acting import Short, Shown
from services.gateway.pages.planning import shifts_told, state_of_rota
from services.gateway.pages.site import page
from services.gateway.views.cover import Drawn, cover
from shared.http import not_found

router = APIRouter()


@router.get("/rota")
async def rota(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Taught,
    partner: Short = "",
    name: Annotated[str, Query(max_length=64)] = "",
    said: Shown = "",
    wrong: Shown = "",
) -> Response:
    """A partner's rota; without a name, the newest one. Without a partner, the first one that the viewer may see.
    `said`: what came of the last change, which the views may not show yet."""
    names = await gateway.calls.names()
    partners, chosen = chosen_partner(viewer, names, partner)
    rows = await gateway.rotas.rotas(chosen) if chosen else []
    wanted = name or (rows[0].rota if rows else "")
    found = await gateway.rotas.rota(chosen, wanted) if wanted else None
    if name and found is None and not said and not wrong:
        raise not_found("rota")
    may_plan = viewer.may("staffing.run")
    told = ""
    if found:
        told = shifts_told(({"agent": one.agent} for one in found.shifts), lambda who: names.agent(chosen, who))
    return page(
        request,
        "rota.html",
        partners=partners,
        partner=chosen,
        rows=rows,
        name=wanted,
        rota=found,
        days=_days(found) if found else [],
        lines=_lines(found) if found else {},
        drawn=drawn_of(found) if found else None,
        said=said,
        wrong=wrong,
        may_plan=may_plan,
        over=await state_of_rota(ask, chosen, wanted) if may_plan and found and not found.row.published_at else "",
        shifts_told=told,
        may_recruit=viewer.may("recruiting.run"),
        local=lambda at: f"{at.astimezone(ZoneInfo(found.time_zone)):%Y-%m-%d %H:%M}" if found else "",
        agent_name=lambda who: names.agent(chosen, who),
    )


def drawn_of(found: ShownRota) -> Drawn:
    """Need against cover."""
    row = found.row
    return cover(row.first, row.weeks, found.time_zone, found.need, [(one.starts, one.ends) for one in found.shifts])


def _days(found: ShownRota) -> list[date]:
    return [found.row.first + timedelta(days=number) for number in range(7 * found.row.weeks)]


def _lines(found: ShownRota) -> dict[str, dict[date, str]]:
    """By agent and the day on which it begins, each shift by the wall clock of the rota; in the order of agents."""
    there = ZoneInfo(found.time_zone)
    lines: dict[str, dict[date, str]] = {}
    for shift in sorted(found.shifts, key=lambda one: (one.agent, one.starts)):
        starts, ends = shift.starts.astimezone(there), shift.ends.astimezone(there)
        own = lines.setdefault(shift.agent, {})
        text = f"{starts:%H:%M}–{ends:%H:%M}"
        own[starts.date()] = f"{own[starts.date()]}, {text}" if starts.date() in own else text
    return lines

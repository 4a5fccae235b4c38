"""The routes of rotas: tried, drafted, published, changed; and who kept to them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Request, Response

from services.training.api.callers import NAME, Anyone, Everybody, Planner, Service
from services.training.api.figures import days_of, lines_of, need_of, staffing_of
from services.training.domain.rota import DraftRota, PublishRota, SwapShift, wish
from services.training.domain.rota import rota as rota_of_partner
from services.training.events.rotas import RotaPerson, RotaRules, RotaShift
from services.training.staffing.adherence import Kept, kept, worked
from services.training.staffing.keeping import gaps
from services.training.staffing.rota import Impossible, Planned, plan
from services.training.staffing.rows import TooLarge
from services.training.staffing.solver import Undecided
from services.training.views.presence import Stay, presence
from services.training.views.rotas import KnownRota, rotas
from shared.contracts.rating import days_between
from shared.http import (
    Deps,
    Paged,
    accepts,
    answers,
    body,
    command_id,
    invalid,
    json_response,
    must_see,
    not_found,
    takes,
)
from shared.kernel import Rejected

router = APIRouter(tags=["rotas"])
OF_PARTNER = "/partners/{partner_id}/rotas"
accepts(
    router,
    OF_PARTNER + "/{rota}/publication",
    rota_of_partner,
    PublishRota,
    service=NAME,
    right="staffing.run",
    stream="{partner_id}:{rota}",
)
accepts(
    router,
    OF_PARTNER + "/{rota}/swaps",
    rota_of_partner,
    SwapShift,
    service=NAME,
    right="staffing.run",
    stream="{partner_id}:{rota}",
)
_SOLVING = asyncio.Semaphore(1)
"""One rota at a time: the solver takes a core while it works."""

_SHIFT = {"starts": "2026-03-02T05:00:00Z", "ends": "2026-03-02T13:00:00Z", "agent": "a7"}
_FOUND = {
    "possible": False,
    "shifts": [_SHIFT],
    "minutes": 480,
    "gaps": [{"at": "2026-03-02T21:00:00Z", "language": "pl", "people": 1}],
    "without": [["rest"], ["week"]],
    "more": {"pl": 1},
}


class RotaWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rota of whole `weeks` from the day `first` on, of these people, by these rules. What is needed follows from the
    forecast."""

    first: date
    weeks: Annotated[int, msgspec.Meta(ge=1, le=4)] = 1
    people: Annotated[tuple[RotaPerson, ...], msgspec.Meta(min_length=1, max_length=1000)]
    rules: RotaRules = RotaRules()


@router.post(
    OF_PARTNER + "/{rota}/trial",
    summary="Try a rota",
    openapi_extra=takes(RotaWish),
    responses=answers("The rota, or why there is none.", _FOUND, 403, 404, 409, 422),
)
async def try_rota(request: Request, partner_id: str, rota: str, deps: Service, who: Planner) -> Response:
    """Plan a rota and keep nothing. Where none covers the need by the rules: what stays open where as little as
    possible does, the smallest sets of rules without which there is one, each of them enough by itself, and further
    people by language with whom there is one. 409 `too_little_known`, `no_handle_time`, `out_of_reach`, `too_large`,
    `undecided`."""
    must_see(who, partner_id)
    drafting, found = await _planned(deps, partner_id, rota, await body(request, RotaWish))
    answer: dict[str, Any] = {"possible": isinstance(found, Planned), "shifts": found.shifts}
    match found:
        case Planned():
            answer |= {"minutes": found.minutes, "least_minutes": found.least_minutes}
        case Impossible():
            answer |= {"gaps": found.gaps, "without": found.without, "more": found.more}
    return json_response(answer | {"need": drafting.need})


@router.post(
    OF_PARTNER + "/{rota}/draft",
    status_code=202,
    summary="Draft a rota",
    openapi_extra=takes(RotaWish),
    responses=answers("Drafted.", {"stream": "rota-adria:w10", "version": 1}, 403, 404, 409, 422, status=202),
)
async def draft_rota(request: Request, partner_id: str, rota: str, deps: Service, who: Planner) -> Response:
    """Plan a rota that covers the need by the rules with the fewest hours, and keep it. 409 `rota_impossible` with what
    makes it so, and whatever a trial refuses; `published` where it holds already."""
    must_see(who, partner_id)
    drafting, found = await _planned(deps, partner_id, rota, await body(request, RotaWish))
    if isinstance(found, Impossible):
        raise Rejected("rota_impossible", _why(found))
    command = msgspec.structs.replace(
        drafting, shifts=found.shifts, least_minutes=found.least_minutes, at=deps.clock(), by=who.name
    )
    accepted = await deps.door.handle(
        rota_of_partner, f"{partner_id}:{rota}", command, command_id=command_id(request), actor=who.name
    )
    return json_response(accepted, status=202)


async def _planned(deps: Deps, partner_id: str, name: str, asked: RotaWish) -> tuple[DraftRota, Planned | Impossible]:
    """What would be drafted, without its shifts, and what the solver says."""
    if len({person.agent for person in asked.people}) < len(asked.people):
        raise invalid("people", "has somebody twice")
    staffing = await staffing_of(deps, partner_id)
    docs = await days_of(deps, staffing)
    last = asked.first + timedelta(weeks=asked.weeks, days=-1)
    drafting = DraftRota(
        partner_id=partner_id,
        rota=name,
        first=asked.first,
        weeks=asked.weeks,
        time_zone=staffing.time_zone,
        people=asked.people,
        rules=asked.rules,
        need={},
        shifts=(),
        least_minutes=0,
        at=deps.clock(),
        by="",
    )
    begins = wish(drafting).frame.begins
    standing = await _standing(deps, partner_id, name, begins, timedelta(minutes=asked.rules.rest_minutes))

    def solved() -> tuple[DraftRota, Planned | Impossible]:
        need = {
            line.line.language: tuple(one.people for one in need_of(line, asked.first, last))
            for line in lines_of(staffing, docs)
        }
        whole = msgspec.structs.replace(drafting, need=need, standing=standing)
        try:
            return whole, plan(wish(whole))
        except TooLarge as large:
            raise Rejected("too_large", f"{large}.") from None
        except Undecided:
            raise Rejected("undecided", "Neither a rota was found nor that there is none; loosen a rule.") from None

    async with _SOLVING:
        return await asyncio.to_thread(solved)


async def _standing(deps: Deps, partner_id: str, name: str, begins: datetime, rest: timedelta) -> tuple[RotaShift, ...]:
    """Shifts of other rotas that hold, which began before and whose end or rest reaches into this one."""
    found = await deps.reads.find(rotas, {"partner": partner_id})
    return tuple(
        sorted(
            shift
            for _, doc in found
            if doc.rota != name and doc.published_at is not None
            for shift in doc.shifts
            if shift.starts < begins < shift.ends + rest
        )
    )


def _why(found: Impossible) -> str:
    """In one text, what a trial says in fields."""
    first = found.gaps[0]
    told = [f"{len(found.gaps)} half hours stay open, the first {first.at:%d %b %H:%M} UTC ({first.language})"]
    if found.without:
        told.append("it is possible without " + ", or without ".join(" and ".join(names) for names in found.without))
    if found.more:
        told.append("or with more people: " + ", ".join(f"{count} with {one}" for one, count in found.more.items()))
    return "; ".join(told) + "."


@router.get(
    OF_PARTNER,
    summary="The rotas of a partner",
    responses=answers(
        "All.",
        {
            "items": [{"rota": "w10", "first": "2026-03-02", "weeks": 1, "published_at": None, "shifts": 84}],
            "next": None,
        },
        304,
        404,
    ),
)
async def list_rotas(partner_id: str, deps: Service, who: Anyone, paged: Paged) -> Response:
    """Each with its weeks, how many shifts it has, and since when it holds."""
    must_see(who, partner_id)
    found = await deps.reads.find(rotas, {"partner": partner_id})
    items = [
        (
            key,
            {
                "rota": doc.rota,
                "first": doc.drafted.first,
                "weeks": doc.drafted.weeks,
                "published_at": doc.published_at,
                "shifts": len(doc.shifts),
            },
        )
        for key, doc in found
        if doc.drafted is not None
    ]
    return json_response(paged.of(items))


@router.get(
    OF_PARTNER + "/{rota}",
    summary="A rota",
    responses=answers("As it is now.", {"rota": "w10", "shifts": [_SHIFT], "swaps": [], "open": []}, 304, 404),
)
async def show_rota(partner_id: str, rota: str, deps: Service, who: Anyone) -> Response:
    """Its shifts with what was swapped, people and rules, what was needed, and half hours that are open."""
    must_see(who, partner_id)
    doc = await _known(deps, partner_id, rota)
    drafted = doc.drafted
    still = gaps(wish(drafted), doc.shifts) if drafted is not None else []
    return json_response({**msgspec.structs.asdict(doc), "open": still})


async def _known(deps: Deps, partner_id: str, name: str) -> KnownRota:
    key = f"{partner_id}:{name}"
    doc = (await deps.reads.get(rotas, [key])).get(key)
    if doc is None:
        raise not_found("rota")
    return doc


@router.get(
    OF_PARTNER + "/{rota}/adherence",
    summary="Who kept to a rota",
    responses=answers(
        "By agent, as far as it is over.",
        {
            "until": "2026-03-09T00:00:00Z",
            "items": [
                {
                    "agent": "a7",
                    "scheduled_seconds": 144000,
                    "there_seconds": 136800,
                    "productive_seconds": 118000,
                    "paused_seconds": 18800,
                    "worked_seconds": 140400,
                    "adherence": 0.95,
                    "conformance": 0.975,
                    "shifts": [{"starts": "2026-03-02T05:00:00Z", "scheduled_seconds": 28800, "late_seconds": 240}],
                }
            ],
            "next": None,
        },
        304,
        404,
    ),
)
async def show_adherence(partner_id: str, rota: str, deps: Service, who: Anyone) -> Response:
    """Adherence: seconds there within one's shifts by scheduled ones; conformance: seconds there on the rota's days,
    whenever, by scheduled ones. By the states that telephony told, which come when a state is over."""
    must_see(who, partner_id)
    doc = await _known(deps, partner_id, rota)
    if doc.drafted is None:
        raise not_found("rota")
    frame = wish(doc.drafted).frame
    until = min(deps.clock(), max([frame.at(frame.slots), *(shift.ends for shift in doc.shifts)]))
    agents = sorted({shift.agent for shift in doc.shifts})
    stays = await stays_of(deps, partner_id, agents, frame.begins, until)
    items = [
        _adhered(agent, [kept(shift, stays[agent], until) for shift in doc.shifts if shift.agent == agent])
        | _conformed(stays[agent], frame.begins, until, doc.shifts, agent)
        for agent in agents
    ]
    return json_response({"until": until, "items": items, "next": None})


async def stays_of(
    deps: Deps, partner_id: str, agents: Sequence[str], since: datetime, until: datetime
) -> dict[str, list[tuple[datetime, datetime, str]]]:
    """When each agent was there, and in which state, between two moments."""
    first, last = since.astimezone(UTC).date(), until.astimezone(UTC).date()
    days = days_between(first, last)
    keys = {f"{partner_id}:{agent}:{day}": agent for agent in agents for day in days}
    found = await deps.reads.get(presence, list(keys))
    stays: dict[str, list[tuple[datetime, datetime, str]]] = {agent: [] for agent in agents}
    for key, doc in found.items():
        stays[keys[key]] += [_stay(one) for one in doc.stays]
    return {agent: sorted(own) for agent, own in stays.items()}


def _stay(one: Stay) -> tuple[datetime, datetime, str]:
    return one.since, one.until, one.state


def _adhered(agent: str, each: Sequence[Kept]) -> dict[str, Any]:
    scheduled, there = sum(one.scheduled_s for one in each), sum(one.there_s for one in each)
    return {
        "agent": agent,
        "scheduled_seconds": scheduled,
        "there_seconds": there,
        "productive_seconds": sum(one.productive_s for one in each),
        "paused_seconds": sum(one.paused_s for one in each),
        "adherence": round(there / scheduled, 4) if scheduled else None,
        "shifts": [
            {
                "starts": one.shift.starts,
                "ends": one.shift.ends,
                "scheduled_seconds": one.scheduled_s,
                "there_seconds": one.there_s,
                "late_seconds": one.late_s,
            }
            for one in each
            if one.scheduled_s
        ],
    }


def _conformed(
    stays: Sequence[tuple[datetime, datetime, str]],
    since: datetime,
    until: datetime,
    shifts: Sequence[RotaShift],
    agent: str,
) -> dict[str, Any]:
    scheduled = sum(
        max(0.0, (min(shift.ends, until) - shift.starts).total_seconds()) for shift in shifts if shift.agent == agent
    )
    seconds = worked(stays, since, until)
    return {"worked_seconds": seconds, "conformance": round(seconds / scheduled, 4) if scheduled else None}


@router.get(
    "/shifts/mine",
    summary="One's own shifts",
    responses=answers("Of rotas that hold.", {"items": [_SHIFT | {"rota": "w10"}], "next": None}, 304, 403),
)
async def my_shifts(deps: Service, who: Everybody) -> Response:
    """An agent's own shifts in the rotas of their partner that hold, in the order of time. Others have none."""
    items: list[dict[str, Any]] = []
    for partner_id in sorted(who.partners or ()) if who.agent is not None else ():
        for _, doc in await deps.reads.find(rotas, {"partner": partner_id}):
            if doc.published_at is not None:
                own = [shift for shift in doc.shifts if shift.agent == who.agent]
                items += [{"rota": doc.rota, "starts": one.starts, "ends": one.ends, "agent": one.agent} for one in own]
    return json_response({"items": sorted(items, key=lambda one: one["starts"]), "next": None})

"""What is going on now, in one answer, for the gateway's wallboard: open calls, agents' states, sources, how far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.calls.api.callers import Service
from services.calls.api.readers import CallReads, ReadsOf
from services.calls.tracker.call_document import AGENTS_NOW, CALLS, AgentShard, CallSummary
from services.calls.tracker.intake import INTAKE, IntakeDay
from services.calls.tracker.tracker import NO_END_AFTER
from services.calls.views.performance import performance
from services.calls.watch.uncertified import Taker, lacking_now
from shared.http import json_response, require
from shared.ports import every

router = APIRouter(
    prefix="/internal/calls", include_in_schema=False, dependencies=[Depends(require("administration", "company"))]
)
OPEN_STATES = ("waiting", "in_progress", "no_end")
PAGE = 2_000
MOST_NO_END = 200
REPLAYED_NOW = timedelta(minutes=20)


class _Open(msgspec.Struct):
    """Of a tracked call, only what is shown: the rest is passed over when it is read."""

    source: str
    partner: str
    summary: CallSummary
    clock: str = "live"
    deadline: datetime | None = None


_call = msgspec.json.Decoder(_Open).decode
_shard = msgspec.json.Decoder(AgentShard).decode
_day = msgspec.json.Decoder(IntakeDay).decode


@router.get("/now")
async def now(deps: Service, reads: ReadsOf, at: datetime, partner: str | None = None) -> Response:
    """Everything live of a partner, or of all, at the moment `at`."""
    equal = {"counts": "production"} | ({"partner": partner} if partner else {})
    calls = await _calls(reads, equal, at)
    takers = takers_of(calls)
    lacks = await lacking_now(deps.reads, takers.values(), at)
    return json_response(
        {
            "as_of": await reads.views.as_of(performance),
            "calls": [one | {"lacks": _lacks(takers.get(one["call"]), lacks)} for one in calls],
            "agents": await agents_now(reads, equal),
            "sources": await _sources(reads, at.date().isoformat()),
            "people": {
                f"{who}/{agent}": [person.name, person.team]
                for (who, agent), person in (await reads.directory.people(partner)).items()
            },
            "partners": await reads.directory.partner_names(),
            "campaigns": {
                id_: [one.name, one.partners]
                for id_, one in (await reads.directory.campaigns()).items()
                if partner is None or partner in (one.partners or (partner,))
            },
        }
    )


@router.get("/as-of")
async def as_of(reads: ReadsOf) -> Response:
    """How far the figures are."""
    return json_response({"as_of": await reads.views.as_of(performance)})


@router.get("/counts")
async def counts(reads: ReadsOf, at: datetime) -> Response:
    """How many calls are in progress and waiting, of all partners."""
    found = await calls_now(reads, at)
    states = [call["state"] for call in found]
    return json_response({"in_progress": states.count("in_progress"), "waiting": states.count("waiting")})


async def _calls(reads: CallReads, equal: dict[str, Any], at: datetime) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for state in OPEN_STATES:
        most = MOST_NO_END if state == "no_end" else None
        cursor = None
        while True:
            page = await reads.documents.find(
                CALLS, equal | {"state": state}, "started", descending=True, limit=most or PAGE, cursor=cursor
            )
            open_ = (_call(stored.body) for stored in page.items)
            found += [_shown(call) for call in open_ if not _is_history(call, at)]
            cursor = page.next
            if cursor is None or most is not None:
                break
    return found


def _lacks(taker: Taker | None, lacks: dict[Taker, tuple[str, ...]]) -> tuple[str, ...]:
    return lacks.get(taker, ()) if taker is not None else ()


async def calls_now(reads: CallReads, at: datetime) -> list[dict[str, Any]]:
    """Calls of production that are not over, of all partners."""
    return await _calls(reads, {"counts": "production"}, at)


def takers_of(calls: Sequence[dict[str, Any]]) -> dict[str, Taker]:
    """Who has each of the calls that are in progress, where it is known for which campaign."""
    return {
        one["call"]: Taker(one["partner"], one["agent"], one["campaign"])
        for one in calls
        if one["state"] == "in_progress" and one["agent"] is not None and one["campaign"] is not None
    }


def _is_history(call: _Open, at: datetime) -> bool:
    """A replay source plays another time: its calls are live only while their recorded time is now."""
    if call.clock == "live" or call.deadline is None:
        return call.clock == "replay"
    return abs(at - (call.deadline - NO_END_AFTER)) > REPLAYED_NOW


def _shown(call: _Open) -> dict[str, Any]:
    return {
        "call": f"{call.source}:{call.summary.call}",
        "partner": call.partner,
        "state": call.summary.state,
        "campaign": call.summary.campaign,
        "agent": call.summary.agents[-1] if call.summary.agents else None,
        "started_at": call.summary.started_at,
    }


async def agents_now(reads: CallReads, equal: dict[str, Any]) -> list[dict[str, Any]]:
    """Of an agent's shards, the one that knows the latest state."""
    latest: dict[tuple[str, str], AgentShard] = {}
    async for stored in every(reads.documents, AGENTS_NOW, equal, limit=PAGE):
        shard = _shard(stored.body)
        key = (shard.source, shard.now.agent)
        if key not in latest or shard.now.since > latest[key].now.since:
            latest[key] = shard
    return [
        {"partner": s.partner, "agent": s.now.agent, "state": s.now.state, "since": s.now.since}
        for s in latest.values()
    ]


async def _sources(reads: CallReads, day: str) -> dict[str, Any]:
    """Source -> when it was last heard of today."""
    page = await reads.documents.find(INTAKE, {"day": day}, limit=PAGE)
    last: dict[str, Any] = {}
    for stored in page.items:
        intake = _day(stored.body)
        last[intake.source] = max(intake.last_at, last.get(intake.source, intake.last_at))
    return last

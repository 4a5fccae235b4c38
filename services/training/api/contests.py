"""The routes of contests: opened by the company or a partner, joined by agents themselves, and how they stand."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query, Response

from services.training.api import contest_examples as examples
from services.training.api.callers import NAME, Everybody, Service
from services.training.domain.contest import CancelContest, JoinContest, LeaveContest, OpenContest, contest
from services.training.following.counting import WINDOW_WEEKS, counted
from services.training.measuring.counts import Agent, counts_of, week_of
from services.training.measuring.handicap import Stand, standings
from services.training.views.contests import KnownContest, contests
from shared.http import Deps, Problem, accepts, json_response, limited, must_see, not_found, page
from shared.security import Principal

MOST_PER_PAGE = 200
ContestState = Literal["open", "running", "over", "cancelled"]


def _self(who: Principal, _: str) -> str:
    """The agent who asks: nobody joins for somebody else."""
    if who.agent is None:
        raise Problem(403, "not_allowed", "Agents take part themselves.")
    return who.agent


router = APIRouter(prefix="/contests", tags=["coaching"])
STREAM = "{partner_id}:{contest}"
accepts(router, "/{partner_id}/{contest}", contest, OpenContest, service=NAME, right="coaching.run", stream=STREAM)
accepts(
    router,
    "/{partner_id}/{contest}/cancellation",
    contest,
    CancelContest,
    service=NAME,
    right="coaching.run",
    stream=STREAM,
)
accepts(
    router, "/{partner_id}/{contest}/entry", contest, JoinContest, service=NAME, stream=STREAM, right="panel",
    fills={"agent": _self},
)  # fmt: skip
accepts(
    router, "/{partner_id}/{contest}/exit", contest, LeaveContest, service=NAME, stream=STREAM, right="panel",
    fills={"agent": _self},
)  # fmt: skip


class ContestShown(msgspec.Struct, frozen=True, kw_only=True):
    """A contest with how it stands: the best score first."""

    contest: KnownContest
    state: ContestState
    standings: tuple[Stand, ...]


@router.get("", summary="Contests", responses=examples.CONTESTS)
async def list_contests(
    deps: Service,
    who: Everybody,
    partner: Annotated[str | None, Query(description="Only this partner's.")] = None,
    limit: Annotated[int, Query(description="How many at most.")] = 50,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """By partner and name, with who takes part. Agents see those of their partner."""
    if partner is not None:
        must_see(who, partner)
    equal: dict[str, str | int] = {} if partner is None else {"partner": partner}
    found = [(key, doc) for key, doc in await deps.reads.find(contests, equal) if who.sees(doc.partner_id)]
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/{partner_id}/{contest}", summary="How a contest stands", responses=examples.CONTEST)
async def show_contest(partner_id: str, contest: str, deps: Service, who: Everybody) -> Response:
    """Everybody is held against what they usually sell, as their last 13 weeks before it say with luck taken out, and
    against how their peers do meanwhile: who is good already has no head start. `score` is sales over sales `due`,
    both with five more. Only those who take part are shown."""
    must_see(who, partner_id)
    key = f"{partner_id}:{contest}"
    doc = (await deps.reads.get(contests, [key])).get(key)
    if doc is None or doc.opened is None:
        raise not_found("contest")
    return json_response(await _shown(deps, doc, deps.clock().date()))


async def _shown(deps: Deps, doc: KnownContest, today: date) -> ContestShown:
    opened = doc.opened
    if opened is None or doc.cancelled or today < opened.starts:
        return ContestShown(contest=doc, state="cancelled" if doc.cancelled else "open", standings=())
    starts, ends = week_of(opened.starts), week_of(opened.ends)
    rows = await counted(deps.reads, {doc.partner_id}, starts - WINDOW_WEEKS, ends)
    those = [one for one in rows if opened.campaign in (None, one.group.campaign)]
    joined = [Agent(doc.partner_id, agent) for agent in doc.agents]
    goal = 1 + float(opened.goal) / 100
    found = await asyncio.to_thread(lambda: standings(counts_of(those), joined, starts, goal))
    return ContestShown(contest=doc, state="over" if today >= opened.ends else "running", standings=found)

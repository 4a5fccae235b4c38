"""The routes of the work list: what has somebody to look at, with owner and deadline."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from services.calls.api import work_examples as examples
from services.calls.api.callers import MOST_PER_PAGE, NAME, Anyone, Service
from services.calls.api.paging import cursor_of, place_of
from services.calls.domain.work import RULES, CloseWork, CommentWork, ReopenWork, TakeWork, work
from services.calls.events.work import Owner, WorkKind
from services.calls.views.measures import milliseconds
from services.calls.views.work import WorkItem, WorkState, work_items
from shared.http import (
    accepts,
    invalid,
    json_response,
    limited,
    must_see,
    not_found,
)
from shared.http.requests import Instant
from shared.security import Principal

router = APIRouter(prefix="/api/v1/work", tags=["work"])


@router.get("", summary="The work list", responses=examples.ITEMS)
async def list_work(
    deps: Service,
    who: Anyone,
    partner: Annotated[str | None, Query(description="Only this partner's.")] = None,
    owner: Annotated[Owner | None, Query(description="That this side has to look at.")] = None,
    kind: Annotated[WorkKind | None, Query(description="Of this kind.")] = None,
    taken: Annotated[str | None, Query(description="That this person has taken.")] = None,
    state: Annotated[WorkState, Query(description="That stand so.")] = "open",
    before: Annotated[Instant | None, Query(description="Due before this time; now: the overdue ones.")] = None,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """Those that the caller may see, by deadline; `overdue` where it is over and the item still open."""
    if before is not None and before.tzinfo is None:
        raise invalid("before", "a time with its zone")
    if partner is not None:
        must_see(who, partner)
    asked_for = {"owner": owner, "kind": kind, "taken": taken, "state": state}
    equal: dict[str, str | int] = {name: value for name, value in asked_for.items() if value is not None}
    partners: list[str | None] = [partner] if partner or who.partners is None else list(who.partners)
    found: list[tuple[str, WorkItem]] = []
    for one in partners:
        narrowed: dict[str, str | int] = {**equal, **({"partner": one} if one else {})}
        found += await deps.reads.find(work_items, narrowed, "due", None, milliseconds(before) if before else None)
    placed = sorted((milliseconds(item.due_at) if item.due_at else 0, key, item) for key, item in found)
    after = place_of(cursor, tuple[int, str]) if cursor is not None else None
    rest = [one for one in placed if after is None or one[:2] > after]
    most, now = limited(limit, MOST_PER_PAGE), deps.clock()
    following = cursor_of(rest[most - 1][:2]) if len(rest) > most else None
    items = [told_item(item, now) for _, _, item in rest[:most]]
    return json_response({"items": items, "next": following})


@router.get("/rules", summary="What is checked", responses=examples.RULES)
async def list_rules(who: Anyone) -> Response:
    """Each check with who has to look at what it finds, and within which time."""
    items = [
        {"kind": kind, "owner": rule.owner, "within_minutes": int(rule.within.total_seconds()) // 60, "text": rule.text}
        for kind, rule in RULES.items()
    ]
    return json_response({"items": items, "next": None})


@router.get("/{work_id}", summary="An item of the work list", responses=examples.ITEM)
async def show_work(work_id: str, deps: Service, who: Anyone) -> Response:
    """The item with all that happened to it."""
    must_see(who, work_id.partition(":")[0])
    found = (await deps.reads.get(work_items, [work_id])).get(work_id)
    if found is None:
        raise not_found("item")
    return json_response(told_item(found, deps.clock()))


def told_item(item: WorkItem, now: datetime) -> dict[str, Any]:
    """The item as it is told, with whether it is overdue."""
    names = ("work", "partner", "kind", "subject", "owner", "state", "since", "due_at", "agent", "campaign", "taken_by")
    shown = {name: getattr(item, name) for name in names}
    overdue = item.state == "open" and item.due_at is not None and item.due_at < now
    return {**shown, "text": RULES[item.kind].text, "overdue": overdue, "history": item.history}


def _side(who: Principal, by: str) -> Owner:
    return "company" if who.partners is None else "partner"


accepts(router, "/{work}/take", work, TakeWork, service=NAME, right="work.do", fills={"side": _side})
accepts(router, "/{work}/close", work, CloseWork, service=NAME, right="work.do", fills={"side": _side})
accepts(router, "/{work}/reopen", work, ReopenWork, service=NAME, right="work.do", fills={"side": _side})
accepts(
    router,
    "/{work}/comments",
    work,
    CommentWork,
    service=NAME,
    right="work.do",
    fills={"ref": lambda who, by: by[:200]},
)

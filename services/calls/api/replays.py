"""Running today's connectors over what is stored, over HTTP: first what would change, then the corrections."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from services.calls.api.callers import Connects
from services.calls.api.readers import ReadsOf, must_see_source
from services.calls.tracker.reparse import totals
from services.calls.tracking.replays import Replays
from shared.http import answers, body, invalid, json_response, not_found, takes

router = APIRouter(prefix="/api/v1/sources", tags=["integration"])

LONGEST = timedelta(days=100)


class Replay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be run again: what began within `from <= t < to`. Without `apply` it is only shown."""

    start: Annotated[datetime, msgspec.Meta(tz=True)] = msgspec.field(name="from")
    end: Annotated[datetime, msgspec.Meta(tz=True)] = msgspec.field(name="to")
    apply: bool = False


async def _replays(request: Request) -> Replays:
    found: Replays = request.app.state.replays
    return found


SHOWN = answers(
    "What changes.",
    {
        "source": "adria-twilio",
        "applied": False,
        "documents": 412,
        "items": 2381,
        "changed": 1,
        "appended": 0,
        "facts": {"added": 0, "changed": 1, "reversed": 0},
        "days": [{"day": "2026-03-02", "added": 0, "changed": 1, "reversed": 0, "tally": {"talk_ms": -3600000}}],
        "agreed": [],
        "left": {"erased": 1},
        "examples": ["adria-twilio:CA0001"],
    },
    403,
    404,
    409,
    422,
)


@router.post(
    "/{source}/replay",
    summary="Read stored deliveries again by the connector of today",
    description=(
        "After a connector was corrected. Calls that began or were told of, and agents' days that lie, in the "
        "period are worked out from all that came for them. `days` says what changes: facts added, changed and "
        "reversed, and by how much the counters of the day move. With `apply` the corrections follow within "
        "seconds; asking again finds nothing more to do. 409 `month_agreed` when anything changes in a month that "
        "was agreed with the partner (`agreed` names them beforehand): it has to be reopened first, with a reason. "
        "`left`: calls of erased customers, items whose key was destroyed, and items that today's connector can't "
        "read; all of these stay as they were."
    ),
    openapi_extra=takes(Replay),
    responses=SHOWN,
)
async def replay(
    source: str, request: Request, reads: ReadsOf, replays: Annotated[Replays, Depends(_replays)], caller: Connects
) -> Response:
    """The difference, and with `apply` the corrections."""
    asked = await body(request, Replay)
    await must_see_source(reads, caller, source)
    if not timedelta() < asked.end - asked.start <= LONGEST:
        raise invalid("to", f"a period of at most {LONGEST.days} days that ends after it begins")
    try:
        done = await replays.run(source, asked.start, asked.end, asked.apply)
    except LookupError:
        raise not_found("source") from None
    days = [done.difference.days[day] for day in sorted(done.difference.days)]
    return json_response(
        {
            "source": source,
            "applied": asked.apply,
            "documents": done.documents,
            "items": done.items,
            "changed": done.difference.documents,
            "appended": done.appended,
            "facts": totals(days),
            "days": days,
            "agreed": done.agreed,
            "left": dict(sorted(done.left.items())),
            "examples": done.difference.examples,
        }
    )

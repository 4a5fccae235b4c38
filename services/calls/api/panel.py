"""What an agent's panel asks for: the calls that are theirs now, told as soon as they change."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from services.calls.api import selling_examples as examples
from services.calls.ringing import FRESH_S, Ring, Ringing
from shared.http import invalid, json_response, require
from shared.security import Principal

router = APIRouter(prefix="/api/v1/panel", tags=["panel"])
MOST_WAIT_S = 25
"""Shorter than what proxies on the way allow an answer to take."""

Agent = Annotated[Principal, Depends(require("agent"))]


def _ringing(request: Request) -> Ringing:
    found: Ringing = request.app.state.ringing
    return found


class _Calls(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    items: tuple[Ring, ...]


@router.get(
    "/calls",
    summary="The agent's calls now",
    description=(
        "Those in progress first, then those that ring. With `known`, the `version` that the panel has, the answer "
        "comes when there is another one, or after `wait` seconds with the same: so a panel hears of it at once."
    ),
    responses=examples.PANEL_CALLS,
)
async def calls(
    who: Agent,
    ringing: Annotated[Ringing, Depends(_ringing)],
    known: Annotated[str | None, Query(description="The version that is known.")] = None,
    wait: Annotated[int, Query(description="Seconds to wait for another version.")] = 0,
) -> Response:
    """The calls with their version."""
    if not 0 <= wait <= MOST_WAIT_S:
        raise invalid("wait", f"between 0 and {MOST_WAIT_S}")
    (partner,), agent = who.partners or ("",), who.agent or ""
    until = asyncio.get_running_loop().time() + wait
    while True:
        items = await ringing.of(partner, agent)
        version = hashlib.sha256(msgspec.json.encode(items)).hexdigest()[:16]
        if version != known or asyncio.get_running_loop().time() >= until:
            return json_response(_Calls(version=version, items=items))
        await asyncio.sleep(FRESH_S)

"""What an agent's panel asks for: the calls that are theirs now, told as soon as they change."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from services.calls.api import selling_examples as examples
from services.calls.results import Results
from services.calls.ringing import FRESH_S, Ring, Ringing
from shared.http import body, command_id, invalid, json_response, require, takes
from shared.security import Principal

router = APIRouter(prefix="/api/v1/panel", tags=["panel"])
MOST_WAIT_S = 25
"""Shorter than what proxies on the way allow an answer to take."""

Agent = Annotated[Principal, Depends(require("agent"))]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


@dataclass(frozen=True)
class Panel:
    """The rooms that these routes ask; `app.state.panel` holds the service's."""

    ringing: Ringing
    results: Results


def _panel(request: Request) -> Panel:
    found: Panel = request.app.state.panel
    return found


AtPanel = Annotated[Panel, Depends(_panel)]


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
    panel: AtPanel,
    known: Annotated[str | None, Query(description="The version that is known.")] = None,
    wait: Annotated[int, Query(description="Seconds to wait for another version.")] = 0,
) -> Response:
    """The calls with their version."""
    if not 0 <= wait <= MOST_WAIT_S:
        raise invalid("wait", f"between 0 and {MOST_WAIT_S}")
    partner, agent = place_of(who)
    until = asyncio.get_running_loop().time() + wait
    while True:
        items = await panel.ringing.of(partner, agent)
        version = hashlib.sha256(msgspec.json.encode(items)).hexdigest()[:16]
        if version != known or asyncio.get_running_loop().time() >= until:
            return json_response(_Calls(version=version, items=items))
        await asyncio.sleep(FRESH_S)


class _Result(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A canonical code."""

    code: Code


@router.post(
    "/calls/{call}/result",
    status_code=202,
    summary="Say the result of a call",
    openapi_extra=takes(_Result),
    responses=examples.PANEL_RESULT,
)
async def say_result(request: Request, call: str, who: Agent, panel: AtPanel) -> Response:
    """Of a call that the agent has or had; said again with another code, it is corrected. It counts like a result that
    the platform sends. 409 `unknown_call`, `unknown_code`."""
    said = await body(request, _Result)
    partner, agent = place_of(who)
    await panel.results.say(partner, agent, call, said.code, command_id(request))
    return json_response({"call": call, "code": said.code}, status=202)


def place_of(who: Principal) -> tuple[str, str]:
    """Partner and id of an agent."""
    (partner,) = who.partners or ("",)
    return partner, who.agent or ""

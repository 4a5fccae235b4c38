"""What an agent's panel asks for: the calls that are theirs now, told as soon as they change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.calls.api import selling_examples as examples
from services.calls.api.callers import Service
from services.calls.api.pop import basket_of, place_of_call, pop_of
from services.calls.api.waiting import Known, Wait, changed
from services.calls.domain.basket import Asked
from services.calls.domain.pricing import Wanted
from services.calls.leads.leads import Leads
from services.calls.tracking.results import Results
from services.calls.tracking.ringing import Ring, Ringing
from shared.contracts.selling import LineKind
from shared.http import body, command_id, json_response, require, takes
from shared.security import Principal

router = APIRouter(prefix="/api/v1/panel", tags=["panel"])
Agent = Annotated[Principal, Depends(require("panel"))]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


@dataclass(frozen=True)
class Panel:
    """The rooms that these routes ask; `app.state.panel` holds the service's."""

    ringing: Ringing
    results: Results
    leads: Leads


async def _panel(request: Request) -> Panel:
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
    known: Known = None,
    wait: Wait = 0,
) -> Response:
    """The calls with their version."""
    partner, agent = place_of(who)
    with panel.ringing.listening(partner, agent) as bell:
        version, items = await changed(lambda: panel.ringing.of(partner, agent), tuple, known, wait, bell)
    return json_response(_Calls(version=version, items=items))


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


class _Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of the basket; `offer` names the offer that the customer took."""

    sku: Annotated[str, msgspec.Meta(min_length=1, max_length=63)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    kind: LineKind = "main"
    option: Annotated[str, msgspec.Meta(max_length=60)] = ""
    offer: Annotated[str, msgspec.Meta(max_length=100)] = ""


class _Basket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the customer would take; no lines: nothing yet."""

    lines: Annotated[tuple[_Line, ...], msgspec.Meta(max_length=100)] = ()


@router.get("/calls/{call}/pop", summary="The screen of a call", responses=examples.PANEL_POP)
async def pop(call: str, who: Agent, deps: Service, panel: AtPanel) -> Response:
    """Campaign, customer, products with prices and what to offer, of a call that the agent has or that rings. 409
    `unknown_call`."""
    document, summary = await panel.results.call_of(*place_of(who), call)
    return json_response(await pop_of(deps, panel.leads, document, summary))


@router.post(
    "/calls/{call}/basket",
    summary="A basket by the rules of a call",
    openapi_extra=takes(_Basket),
    responses=examples.PANEL_BASKET,
)
async def basket(request: Request, call: str, who: Agent, deps: Service, panel: AtPanel) -> Response:
    """What it costs with the discounts that the rules give, why it can't be ordered if so, and what to offer next.
    Nothing is recorded. 409 `unknown_call`."""
    asked = await body(request, _Basket)
    document, summary = await panel.results.call_of(*place_of(who), call)
    place = await place_of_call(deps, panel.leads, document, summary)
    lines = [
        Asked(Wanted(sku=line.sku, quantity=line.quantity, kind=line.kind, option=line.option), line.offer)
        for line in asked.lines
    ]
    return json_response(await basket_of(deps, place, summary.customer_ref, lines))


def place_of(who: Principal) -> tuple[str, str]:
    """Partner and id of an agent."""
    (partner,) = who.partners or ("",)
    return partner, who.agent or ""

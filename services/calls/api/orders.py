"""The routes of orders: placed, shown, cancelled, returned, and moved by hand where no provider does it."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.calls.api import order_examples as examples
from services.calls.api.callers import MOST_PER_PAGE, NAME, Anyone, Everybody, Manages, Seller, Service
from services.calls.api.panel import AtPanel, Panel
from services.calls.api.pop import context_of, place_of_call
from services.calls.api.products import known_products, sold_of
from services.calls.domain.basket import Asked, with_discounts
from services.calls.domain.order import (
    CancelOrder,
    Id,
    MoveFulfilment,
    MovePayment,
    PlaceOrder,
    ReturnLines,
    order,
)
from services.calls.domain.pricing import Wanted, priced
from services.calls.domain.return_window import DEFAULT, USUAL_DAYS, SetReturnWindow, return_window
from services.calls.domain.schedule import LONGEST
from services.calls.domain.subscription import AskedPlan
from services.calls.leads.ruling import held_rules
from services.calls.orders.shipments import days_of
from services.calls.views.orders import KnownOrder, orders
from services.calls.views.return_windows import return_windows
from services.calls.views.sources import SourceBook, call_sources
from shared.contracts.selling import LineKind, OrderLine, Plan
from shared.http import (
    Deps,
    accepts,
    body,
    command_id,
    command_of,
    invalid,
    json_response,
    limited,
    must_see,
    not_found,
    page,
    takes,
)
from shared.http.requests import Day
from shared.kernel import Money
from shared.names import Country, PartnerId
from shared.security import Principal

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])


class AskedLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the customer wants. `option` names a price option of the product; with a `plan` it comes again and again,
    the first time with this order. `offer` names the offer of the rules that the customer took."""

    sku: Annotated[str, msgspec.Meta(min_length=1, max_length=63)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    kind: LineKind = "main"
    option: Annotated[str, msgspec.Meta(max_length=60)] = ""
    plan: AskedPlan | None = None
    offer: Annotated[str, msgspec.Meta(max_length=100)] = ""


class AskedOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order. `id`: the caller's own, unique at the partner; without one it is made of the request's
    `Idempotency-Key`. `customer_ref`: the vault's token."""

    partner: PartnerId
    country: Country
    lines: Annotated[tuple[AskedLine, ...], msgspec.Meta(min_length=1, max_length=100)]
    customer_ref: Id
    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,59}$(?!\n)")] | None = None
    call: Id | None = None
    agent: Id | None = None
    campaign: Id | None = None


class PlacedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The order as it was placed."""

    order: str
    version: int
    lines: tuple[OrderLine, ...]
    gross: Money
    cut_off: datetime | None


@router.post("", status_code=202, summary="Place an order", openapi_extra=takes(AskedOrder), responses=examples.PLACED)
async def place_order(request: Request, deps: Service, panel: AtPanel, who: Seller) -> Response:
    """Order at the prices of now and with the discounts that the rules give, which the order keeps. The same once more,
    under the same `id` or `Idempotency-Key`, is answered again. An agent orders in a call of their own, for its
    customer.

    409 `unknown_product`, `not_sold`, `no_price`, `two_currencies`, `not_eligible`, `unknown_offer`, `unknown_call`,
    `order_exists` where the id is another order's.
    """
    wanted = await body(request, AskedOrder)
    must_see(who, wanted.partner)
    if who.role == "agent":
        wanted = await _in_their_call(deps, panel, who, wanted)
    if await deps.vault.customer_number(wanted.customer_ref) is None:
        raise invalid("customer_ref", "no customer that the vault knows")
    by = command_id(request)
    ident = f"{wanted.partner}:{wanted.id or hashlib.sha256(by.encode()).hexdigest()[:20]}"
    command = await _command(deps, wanted, ident, who.name)
    accepted = await deps.door.handle(order, ident, command, command_id=by, actor=who.name)
    told = PlacedOrder(
        order=ident,
        version=accepted.version,
        lines=command.lines,
        gross=Money(sum(line.gross_minor for line in command.lines), command.currency),
        cut_off=command.cut_off,
    )
    return json_response(told, status=202)


async def _in_their_call(deps: Deps, panel: Panel, who: Principal, wanted: AskedOrder) -> AskedOrder:
    """The order as an agent may place it: customer and campaign are those of the call."""
    if wanted.call is None:
        raise invalid("call", "an agent orders in a call")
    if wanted.agent not in (None, who.agent):
        raise invalid("agent", "an agent orders in its own name")
    document, summary = await panel.results.call_of(wanted.partner, who.agent or "", wanted.call)
    if summary.customer_ref != wanted.customer_ref:
        raise invalid("customer_ref", "not the customer of the call")
    place = await place_of_call(deps, panel.leads, document, summary)
    return msgspec.structs.replace(wanted, agent=who.agent, campaign=place.campaign)


async def _command(deps: Deps, wanted: AskedOrder, ident: str, by: str) -> PlaceOrder:
    """The order with its prices; those that it has already, where it was placed before."""
    now = deps.clock()
    before: KnownOrder | None = (await deps.reads.get(orders, [ident])).get(ident)
    if before is not None and (placed := before.placed) is not None and _wants(wanted, placed.lines):
        return _of(wanted, ident, placed.lines, placed.currency, placed.at, placed.cut_off, by, placed.day)
    known = await known_products(deps, sorted({line.sku for line in wanted.lines}))
    asked = [
        Asked(Wanted(sku=line.sku, quantity=line.quantity, kind=line.kind, option=line.option), line.offer)
        for line in wanted.lines
    ]
    context = await context_of(deps, wanted.customer_ref, wanted.country)
    by_rules = with_discounts(await held_rules(deps, wanted.campaign, now), context, asked)
    lines, currency = priced(by_rules, sold_of(known), wanted.country, now)
    planned = tuple(
        msgspec.structs.replace(line, plan=_plan(number, wish.plan)) if wish.plan is not None else line
        for number, (line, wish) in enumerate(zip(lines, wanted.lines, strict=True))
    )
    cut_off = now + timedelta(days=await days_of(deps, wanted.campaign))
    day = await day_at(deps, wanted.partner, wanted.call, now)
    return _of(wanted, ident, planned, currency, now, cut_off, by, day)


def _of(
    wanted: AskedOrder,
    ident: str,
    lines: tuple[OrderLine, ...],
    currency: str,
    at: datetime,
    cut_off: datetime | None,
    by: str,
    day: str,
) -> PlaceOrder:
    return PlaceOrder(
        order=ident,
        currency=currency,
        country=wanted.country,
        lines=lines,
        customer_ref=wanted.customer_ref,
        call=wanted.call,
        agent=wanted.agent,
        campaign=wanted.campaign,
        cut_off=cut_off,
        day=day,
        at=at,
        by=by,
    )


def _wants(wanted: AskedOrder, lines: tuple[OrderLine, ...]) -> bool:
    """Whether these are the lines that are wanted; the decider says whether the rest is the same."""
    asked_for = [(line.sku, line.kind, line.quantity, line.plan and _plan(0, line.plan)) for line in wanted.lines]
    return asked_for == [(line.sku, line.kind, line.quantity, line.plan) for line in lines]


def _plan(number: int, plan: AskedPlan) -> Plan:
    if plan.every > LONGEST[plan.unit]:
        raise invalid(f"lines[{number}].plan.every", f"at most {LONGEST[plan.unit]} {plan.unit}")
    return Plan(unit=plan.unit, every=plan.every, option=plan.option)


async def day_at(deps: Deps, partner: str, call: str | None, at: datetime) -> str:
    """The date of a time in the zone in which the partner's days are cut: that of the call's source, else of the
    partner's first one; UTC for a partner without sources."""
    source = call.partition(":")[0] if call else ""
    books: dict[str, SourceBook] = dict(await deps.reads.find(call_sources, {}))
    mine = {
        key: book.current for key, book in sorted(books.items()) if book.revision and book.current.partner == partner
    }
    settings = mine.get(source) or next((one for one in mine.values() if one.counts == "production"), None)
    return at.astimezone(ZoneInfo(settings.day_zone if settings else "UTC")).date().isoformat()


@router.get("", summary="Orders", responses=examples.ORDERS)
async def list_orders(
    deps: Service,
    who: Everybody,
    partner: Annotated[str | None, Query(description="Only this partner's.")] = None,
    call: Annotated[str | None, Query(description="Of this call of ours.")] = None,
    agent: Annotated[str | None, Query(description="Of this agent, by the vendor's id.")] = None,
    campaign: Annotated[str | None, Query(description="Of this campaign.")] = None,
    customer: Annotated[str | None, Query(description="Of this customer, by the vault's token.")] = None,
    subscription: Annotated[str | None, Query(description="The repeat shipments of this subscription.")] = None,
    state: Annotated[
        Literal["placed", "cancelled", "partly_returned", "returned"] | None, Query(description="In this state.")
    ] = None,
    payment: Annotated[str | None, Query(description="Whose payment is in this state.")] = None,
    fulfilment: Annotated[str | None, Query(description="Whose goods are in this state.")] = None,
    since: Annotated[Day | None, Query(alias="from", description="From this day on, in the partner's zone.")] = None,
    until: Annotated[Day | None, Query(alias="to", description="Before this day.")] = None,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """Those that the caller may see, by id, each with all that became of it; an agent sees its own."""
    if partner is not None:
        must_see(who, partner)
    if who.role == "agent":
        agent = who.agent
    asked_for = {
        "call": call, "agent": agent, "campaign": campaign, "customer": customer, "subscription": subscription,
        "state": state, "payment": payment, "fulfilment": fulfilment,
    }  # fmt: skip
    equal: dict[str, str | int] = {name: value for name, value in asked_for.items() if value is not None}
    days = (since.isoformat() if since else None, until.isoformat() if until else None)
    order_by = "day" if any(days) else None
    found: list[tuple[str, KnownOrder]] = []
    for one in _partners(partner, who):
        narrowed = equal if one is None else {**equal, "partner": one}
        found += await deps.reads.find(orders, narrowed, order_by, *days)
    return json_response(page(sorted(found, key=lambda item: item[0]), limited(limit, MOST_PER_PAGE), cursor))


def _partners(partner: str | None, who: Principal) -> list[str | None]:
    """Each partner that is to be asked for; None: all at once."""
    if partner is not None:
        return [partner]
    return [None] if who.partners is None else list(who.partners)


@router.get("/return-windows", summary="For how many days orders are taken back", responses=examples.WINDOWS)
async def list_windows(deps: Service, who: Anyone) -> Response:
    """By campaign, each with every word on it; `default` stands for all others, and `usual_days` where nobody said."""
    found = await deps.reads.find(return_windows, {})
    items = [{"campaign": key, "days": doc.days, "said": doc.said} for key, doc in found]
    told = {"items": items, "next": None, "default": DEFAULT, "usual_days": USUAL_DAYS}
    return json_response(told)


accepts(
    router,
    "/return-windows/{campaign}",
    return_window,
    SetReturnWindow,
    service=NAME,
    right="selling.run",
    method="PUT",
    of_partner=False,
)


@router.get("/{order_id}", summary="An order", responses=examples.ORDER)
async def show_order(order_id: str, deps: Service, who: Everybody) -> Response:
    """What was ordered at which prices, and all that became of it. An agent sees its own."""
    found = await known_order(deps, who, order_id)
    if who.role == "agent" and (found.placed is None or found.placed.agent != who.agent):
        raise not_found("order")
    return json_response(found)


@router.post(
    "/{order_id}/cancellation",
    status_code=202,
    summary="Cancel an order",
    openapi_extra=takes(CancelOrder, without=("order", "day", "at", "by")),
    responses=examples.CARRIED_OUT,
)
async def cancel_order(request: Request, order_id: str, deps: Service, who: Manages) -> Response:
    """Take the order back as a whole, until its goods are with the customer; once they are on the way, only before the
    cut-off. 409 `delivered`, `past_cut_off`, `partly_returned`, `unknown_order`."""
    command = await command_of(request, CancelOrder, await _said(deps, order_id, who))
    accepted = await deps.door.handle(order, order_id, command, command_id=command_id(request), actor=who.name)
    return json_response(accepted, status=202)


@router.post(
    "/{order_id}/returns",
    status_code=202,
    summary="Take goods of an order back",
    openapi_extra=takes(ReturnLines, without=("order", "ref", "day", "at", "by")),
    responses=examples.CARRIED_OUT,
)
async def return_lines(request: Request, order_id: str, deps: Service, who: Manages) -> Response:
    """So many pieces of each line came back; their parts of the amounts are cut so that all parts add up to the line.
    The request's `Idempotency-Key` is the return's id. 409 `cancelled`, `not_shipped`, `past_cut_off`, `unknown_line`,
    `too_many`, `ref_taken`, `unknown_order`."""
    ref = command_id(request)
    command = await command_of(request, ReturnLines, await _said(deps, order_id, who) | {"ref": ref[:200]})
    accepted = await deps.door.handle(order, order_id, command, command_id=ref, actor=who.name)
    return json_response(accepted, status=202)


async def _said(deps: Deps, order_id: str, who: Principal) -> dict[str, object]:
    """What no caller says. An order that was placed just now may be unknown to the view; the decider knows it."""
    partner = order_id.partition(":")[0]
    must_see(who, partner)
    known: KnownOrder | None = (await deps.reads.get(orders, [order_id])).get(order_id)
    call = known.placed.call if known is not None and known.placed is not None else None
    now = deps.clock()
    return {"order": order_id, "day": await day_at(deps, partner, call, now), "at": now, "by": who.name}


BY_HAND = {"provider": lambda who, by: f"by hand: {who.name}"[:200], "message": lambda who, by: by[:200]}
"""A word that no provider said: the request is its message."""
accepts(router, "/{order}/payment", order, MovePayment, service=NAME, right="selling.run", fills=BY_HAND)
accepts(router, "/{order}/fulfilment", order, MoveFulfilment, service=NAME, right="selling.run", fills=BY_HAND)


async def known_order(deps: Deps, who: Principal, order_id: str) -> KnownOrder:
    """An order that the caller may see. 404."""
    must_see(who, order_id.partition(":")[0])
    found = await deps.reads.get(orders, [order_id])
    if order_id not in found:
        raise not_found("order")
    return found[order_id]

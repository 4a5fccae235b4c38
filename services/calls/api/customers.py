"""Customers: who they are as far as one may know, what they had to do with us, histories from files, forgetting."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.calls.api import lead_examples as examples
from services.calls.api.callers import Everybody, Manages, Service
from services.calls.api.lead_desk import (
    AtLeads,
    Encoding,
    LeadDesk,
    asked,
    at_work_on,
    columns_of,
    file_of,
    head_asked,
    masked_numbers,
    summaries,
    told_import,
    told_profile,
)
from services.calls.api.readers import ReadsOf
from services.calls.domain.lead import Lead, shown
from services.calls.events.leads import RecallRules
from services.calls.views.customers import KnownCustomer, customers
from shared.http import (
    UPLOAD,
    Deps,
    body,
    invalid,
    json_response,
    must_see,
    not_found,
    require,
    takes,
)
from shared.profiles import CustomerProfile
from shared.security import Principal

MOST_SHOWN = 200
"""Calls and orders of one answer, the newest: more belong to no one person."""

router = APIRouter(prefix="/api/v1", tags=["customers"])


@router.post(
    "/customers/imports",
    status_code=202,
    summary="Take in customers, or what they ordered before",
    openapi_extra=UPLOAD,
    responses=examples.IMPORT_ASKED,
)
async def take_in(
    request: Request,
    deps: Service,
    desk: AtLeads,
    who: Manages,
    kind: Annotated[Literal["customers", "orders"], Query(description="Profiles, or past orders.")],
    partner: Annotated[str, Query(description="Whose customers they are.")],
    country: Annotated[str, Query(pattern="^[A-Z]{2}$", description="Reads numbers without a prefix.")],
    zone: Annotated[str, Query(description="IANA zone of days without a time.")] = "UTC",
    columns: Annotated[str | None, Query(description="JSON: field -> heading or place; else as proposed.")] = None,
    encoding: Encoding | None = None,
) -> Response:
    """CSV or XLSX; it is worked on behind this answer. The same file again is the same import, and what it says of a
    customer is added to what is known. Past orders stand in histories and count in no figure."""
    must_see(who, partner)
    try:
        ZoneInfo(zone)
    except (LookupError, ValueError, OSError):
        raise invalid("zone", "no zone of the IANA database") from None
    want = asked(kind, partner, partner, country, zone, deps.clock(), who.name, encoding)
    content = await file_of(request)
    return json_response(told_import(await desk.imports.ask(content, want, columns_of(columns))), status=202)


@router.post(
    "/customers/imports/proposal",
    summary="What the columns of a file of customers or past orders seem to be",
    openapi_extra=UPLOAD,
    responses=examples.PROPOSAL,
)
async def propose(
    request: Request,
    who: Manages,
    kind: Annotated[Literal["customers", "orders"], Query(description="Profiles, or past orders.")],
    encoding: Encoding | None = None,
) -> Response:
    """What the columns are called, what each looks like, and how many lines there are. Nothing is kept."""
    return await head_asked(request, kind, encoding)


@router.get("/customers/{customer_ref}", summary="A customer", responses=examples.CUSTOMER)
async def show_customer(customer_ref: str, deps: Service, desk: AtLeads, who: Everybody) -> Response:
    """The masked number, the profile and the leads in which the customer stands. A partner's people see a customer only
    through a call, an order or a lead of that partner, and the profile only while they are at work on one of them."""
    known, leads = await _seen(deps, desk, who, customer_ref)
    numbers = await masked_numbers(deps, [customer_ref])
    if customer_ref not in numbers:
        raise not_found("customer")
    profile = None
    if await at_work_on(desk, who, known, leads):
        profile = (await deps.vault.profiles.get([customer_ref])).get(customer_ref)
    return json_response(
        {
            "customer_ref": customer_ref,
            "number": numbers[customer_ref],
            "profile": told_profile(profile),
            "leads": [shown(lead, RecallRules()) for lead in leads if who.sees(lead.partner)],
        },
    )


@router.put(
    "/customers/{customer_ref}/profile",
    summary="Write a customer's profile",
    openapi_extra=takes(CustomerProfile),
    responses=examples.PROFILE,
)
async def write_profile(request: Request, customer_ref: str, deps: Service, desk: AtLeads, who: Manages) -> Response:
    """The whole of it, in place of what was known. It is kept sealed under the customer's own key."""
    await _seen(deps, desk, who, customer_ref)
    profile = await body(request, CustomerProfile)
    if not await deps.vault.profiles.replace(customer_ref, profile):
        raise not_found("customer")
    return json_response({"customer_ref": customer_ref, "profile": told_profile(profile)})


@router.get("/customers/{customer_ref}/history", summary="A customer's history", responses=examples.HISTORY)
async def show_history(customer_ref: str, deps: Service, desk: AtLeads, who: Everybody) -> Response:
    """Calls with how they went, orders, and callbacks that were promised, the newest first; of one's own partners."""
    known, _ = await _seen(deps, desk, who, customer_ref)
    known = known or KnownCustomer(customer_ref=customer_ref)
    calls = _newest({id_: call for id_, call in known.calls.items() if who.sees(call.partner)}, "at")
    orders = _newest({id_: order for id_, order in known.orders.items() if who.sees(order.partner)}, "at")
    promised = _newest({id_: one for id_, one in known.callbacks.items() if who.sees(one.partner)}, "due")
    ended = await summaries(desk, [id_ for id_, _ in calls])
    return json_response(
        {
            "customer_ref": customer_ref,
            "calls": [
                {
                    "call": id_,
                    "partner": call.partner,
                    "direction": call.direction,
                    "at": call.at,
                    "campaign": call.campaign,
                    "state": ended[id_].state if id_ in ended else None,
                    "agents": ended[id_].agents if id_ in ended else [],
                    "result": ended[id_].disposition if id_ in ended else None,
                    "talk_ms": ended[id_].talk_ms if id_ in ended else None,
                    "href": f"/api/v1/calls/{quote(id_, safe=':')}",
                }
                for id_, call in calls
            ],
            "orders": [
                {
                    "order": id_,
                    "partner": order.partner,
                    "at": order.at,
                    "skus": order.skus,
                    "amount": order.amount,
                    "call": order.call,
                    "past": order.past,
                    "cancelled_at": known.cancelled[id_][0] if id_ in known.cancelled else None,
                    "returned_at": known.returned[id_][0] if id_ in known.returned else None,
                }
                for id_, order in orders
            ],
            "callbacks": [
                {
                    "promise": id_,
                    "lead": one.lead,
                    "agent": one.agent,
                    "due": one.due,
                    "verdict": one.verdict,
                }
                for id_, one in promised
            ],
        },
    )


@router.delete(
    "/customers/{customer_ref}",
    status_code=204,
    summary="Erase a customer",
    description=(
        "Destroys the number, the profile and their key at once, and takes the customer's leads out of their lists. "
        "Statistics stay, under a token that leads nowhere; what platforms sent about this customer's calls is never "
        "shown again, and is gone when the key of its month is destroyed. A do-not-call entry stays, as a mark from "
        "which no number can be read. A later call from the same number belongs to a new customer."
    ),
    responses={204: {"description": "Erased."}, 404: {"description": "Nobody is known under this token."}},
)
async def erase(
    customer_ref: str,
    reads: ReadsOf,
    deps: Service,
    desk: AtLeads,
    caller: Annotated[Principal, Depends(require("administration", "company"))],
) -> Response:
    """204 once it is done."""
    if not await reads.customers.erase_customer(customer_ref):
        raise not_found("customer")
    await desk.leads.erased(customer_ref, deps.clock())
    return Response(status_code=204)


async def _seen(
    deps: Deps, desk: LeadDesk, who: Principal, customer_ref: str
) -> tuple[KnownCustomer | None, list[Lead]]:
    """What is known of a customer whom the caller may see at all; 404 else."""
    known = (await deps.reads.get(customers, [customer_ref])).get(customer_ref)
    leads = await desk.leads.of_customer(customer_ref)
    if who.role == "agent" and not await at_work_on(desk, who, known, leads):
        raise not_found("customer")
    if who.partners is not None:
        theirs = [call.partner for call in known.calls.values()] if known else []
        theirs += [order.partner for order in known.orders.values()] if known else []
        if not any(who.sees(partner) for partner in (*theirs, *(lead.partner for lead in leads))):
            raise not_found("customer")
    return known, leads


def _newest(found: dict[str, Any], by: str) -> list[tuple[str, Any]]:
    return sorted(found.items(), key=lambda pair: (getattr(pair[1], by), pair[0]), reverse=True)[:MOST_SHOWN]

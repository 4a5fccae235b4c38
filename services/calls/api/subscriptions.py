"""The routes of repeat shipments: what comes when, what the customer changes, and how long customers stay."""

from __future__ import annotations

from datetime import UTC, date
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from services.calls.api import order_examples as examples
from services.calls.api.callers import MOST_PER_PAGE, NAME, Anyone, Everybody, OfPartner, Service
from services.calls.domain.retention import Life, Offered, Sent, retention
from services.calls.domain.schedule import Schedule, upcoming
from services.calls.domain.subscription import (
    AnswerSave,
    CancelSubscription,
    ChangePlan,
    ChangeProduct,
    OfferSave,
    PauseSubscription,
    ResumeSubscription,
    SkipShipment,
    subscription,
)
from services.calls.views.subscriptions import KnownSubscription, subscriptions
from shared.http import (
    Deps,
    accepts,
    invalid,
    json_response,
    limited,
    must_see,
    not_found,
    page,
)
from shared.kernel import Command
from shared.security import Principal

SHOWN_AHEAD = 6

router = APIRouter(prefix="/api/v1/subscriptions", tags=["subscriptions"])

COMMANDS: tuple[tuple[str, type[Command]], ...] = (
    ("plan", ChangePlan),
    ("product", ChangeProduct),
    ("skip", SkipShipment),
    ("pause", PauseSubscription),
    ("resume", ResumeSubscription),
    ("offers", OfferSave),
    ("offers/{offer}/answer", AnswerSave),
    ("cancellation", CancelSubscription),
)
for _path, _command in COMMANDS:
    accepts(router, f"/{{subscription}}/{_path}", subscription, _command, service=NAME, right="selling.sell")


@router.get("", summary="Subscriptions", responses=examples.SUBSCRIPTIONS)
async def list_subscriptions(
    deps: Service,
    who: Everybody,
    partner: OfPartner = None,
    customer: Annotated[str | None, Query(description="Of this customer, by the vault's token.")] = None,
    status: Annotated[Literal["active", "paused", "cancelled"] | None, Query(description="That stand so.")] = None,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """Those that the caller may see, by id. An agent asks for one customer's: 422 without."""
    if who.role == "agent" and customer is None:
        raise invalid("customer", "an agent asks for those of one customer")
    equal = {name: value for name, value in (("customer", customer), ("status", status)) if value is not None}
    found = await _found(deps, who, partner, equal)
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/retention", summary="How long customers stay", responses=examples.RETENTION)
async def show_retention(
    deps: Service,
    who: Anyone,
    partner: OfPartner = None,
    campaign: Annotated[str | None, Query(description="Only those that this campaign brought.")] = None,
    sku: Annotated[str | None, Query(description="Only those that began with this product.")] = None,
) -> Response:
    """Cohorts by the month in which they began, the survival curve of Kaplan and Meier, why customers left, and what
    each kind of offer to stay brought: how many took it, and the shipments and revenue after it. As of today, in UTC;
    revenue with tax, less what was cancelled or came back."""
    lives = [
        life_of(doc)
        for _, doc in await _found(deps, who, partner, {})
        if doc.started is not None and campaign in (None, doc.started.campaign) and sku in (None, doc.started.sku)
    ]
    return json_response(retention(lives, deps.clock().astimezone(UTC).date()))


@router.get("/{subscription_id}", summary="A subscription", responses=examples.SUBSCRIPTION)
async def show_subscription(subscription_id: str, deps: Service, who: Everybody) -> Response:
    """What comes when, with the days ahead, the shipments that there were, the offers to stay, and every change."""
    must_see(who, subscription_id.partition(":")[0])
    found = (await deps.reads.get(subscriptions, [subscription_id])).get(subscription_id)
    if found is None:
        raise not_found("subscription")
    return json_response({"subscription": found, "ahead": days_ahead(found)})


def days_ahead(doc: KnownSubscription) -> list[date]:
    """The days of the next shipments, as things stand."""
    if doc.next_due is None or doc.plan is None or doc.counted_from is None:
        return []
    return upcoming(Schedule(doc.counted_from, doc.plan, doc.counted_from, doc.next_due), SHOWN_AHEAD)


async def _found(
    deps: Deps, who: Principal, partner: str | None, equal: dict[str, str]
) -> list[tuple[str, KnownSubscription]]:
    if partner is not None:
        must_see(who, partner)
    asked: list[str | None] = [partner] if partner or who.partners is None else list(who.partners)
    found: list[tuple[str, KnownSubscription]] = []
    for one in asked:
        narrowed: dict[str, str | int] = {**equal, **({"partner": one} if one else {})}
        found += await deps.reads.find(subscriptions, narrowed)
    return sorted(found, key=lambda item: item[0])


def life_of(doc: KnownSubscription) -> Life:
    """What the report needs of a subscription that was started."""
    if doc.started is None:
        raise ValueError(f"{doc.subscription} was not started")
    return Life(
        started=doc.started.at.date(),
        ended=doc.cancelled.at.date() if doc.cancelled is not None else None,
        reason=doc.cancelled.reason if doc.cancelled is not None else "",
        sent=tuple(
            Sent(on=one.at.date(), minor=one.gross.minor - one.lost_minor, currency=one.gross.currency)
            for one in doc.shipments
        ),
        offers=tuple(
            Offered(
                kind=one.kind,
                on=one.at.date(),
                accepted=one.accepted,
                answered_on=one.answered_at.date() if one.answered_at is not None else None,
            )
            for one in doc.offers
        ),
    )

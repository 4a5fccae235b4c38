"""The routes of the rules of selling: of the company and of campaigns, and what they say of a call."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

import msgspec
from fastapi import APIRouter, Request, Response

from services.calls.api import campaign_examples as examples
from services.calls.api.callers import Anyone, Everybody, Service
from services.calls.api.campaigns import shown
from services.calls.domain.campaign_rules import PublishRules, campaign_rules
from services.calls.domain.verdicts import Context, Offer, Verdict, eligible, may_dial, offers
from services.calls.events.campaign_rules import COMPANY
from services.calls.leads.ruling import held_rules
from services.calls.views.campaign_rules import KnownRules, known_rules
from services.calls.views.campaigns import campaigns
from shared.http import Deps, Problem, accepts, body, json_response, not_found, takes
from shared.security import Principal

router = APIRouter(prefix="/api/v1/selling-rules", tags=["campaigns"])


async def _campaign_known(command: PublishRules, deps: Deps) -> None:
    """409 where the campaign is not there."""
    if command.scope != COMPANY and not await deps.reads.get(campaigns, [command.scope]):
        raise Problem(409, "unknown_campaign", f"There is no campaign {command.scope}.")


accepts(
    router, "/{scope}", campaign_rules, PublishRules, service="calls", right="selling.run", method="PUT",
    of_partner=False, check=_campaign_known,
)  # fmt: skip


class Dial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer to dial. `local`: the time on their clock; `abandoned_percent`: the share of calls abandoned now."""

    local: datetime
    abandoned_percent: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,6})?$(?!\n)")] | None = None
    do_not_call: bool = False


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call to try the rules on. `product`: what was sold last, empty to begin with; `at`: by the rules of that time,
    else of now; `dial`: where somebody is to be dialled."""

    context: Context
    product: str = ""
    at: datetime | None = None
    dial: Dial | None = None


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules say. `versions`: those by which it is decided."""

    versions: tuple[str, ...]
    eligible: Verdict
    offers: list[Offer]
    dial: Verdict | None = None


@router.get("/{scope}", summary="The rules of a campaign", responses=examples.RULES)
async def show_rules(scope: str, deps: Service, who: Anyone) -> Response:
    """All versions, oldest first; the last one holds. `company` has those of all campaigns. None were published: none
    are told."""
    if scope != COMPANY and not await _is_seen(deps, scope, who):
        raise not_found("campaign")
    doc = (await deps.reads.get(known_rules, [scope])).get(scope)
    return json_response(doc or KnownRules(scope=scope))


@router.post("/{scope}/trial", summary="Try rules", openapi_extra=takes(Trial), responses=examples.TRIED)
async def try_rules(request: Request, scope: str, deps: Service, who: Everybody) -> Response:
    """What the rules of a campaign, with the company's, say of a call: whether the customer may order what is in the
    basket, what to offer next in which order, and whether to dial. Nothing is recorded."""
    asked = await body(request, Trial)
    if scope != COMPANY and not await _is_seen(deps, scope, who):
        raise not_found("campaign")
    rules = await held_rules(deps, scope, asked.at or deps.clock())
    dial = None
    if asked.dial is not None:
        share = asked.dial.abandoned_percent
        abandoned = Fraction(Decimal(share)) / 100 if share is not None else None
        dial = may_dial(rules, asked.context.country, asked.dial.local, abandoned, asked.dial.do_not_call)
    told = Tried(
        versions=tuple(one.label for one in rules),
        eligible=eligible(rules, asked.context),
        offers=offers(rules, asked.product, asked.context),
        dial=dial,
    )
    return json_response(told)


async def _is_seen(deps: Deps, campaign: str, who: Principal) -> bool:
    doc = (await deps.reads.get(campaigns, [campaign])).get(campaign)
    return doc is not None and shown(doc, who) is not None

"""What an agent needs when a call rings: the campaign, the customer, and what may be sold, in one answer."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import NamedTuple

import msgspec

from services.calls.api.campaigns import known_number
from services.calls.api.lead_desk import told_profile
from services.calls.api.products import known_products, sold_of
from services.calls.domain.basket import Asked, with_discounts
from services.calls.domain.masking import masked
from services.calls.domain.numbers import zone_of
from services.calls.domain.pricing import Wanted, priced
from services.calls.domain.verdicts import Context, Offer, offers
from services.calls.events.campaign_rules import RulesPublished
from services.calls.leads.leads import Leads
from services.calls.leads.ruling import held_rules
from services.calls.tracker.call_document import CallDocument, CallSummary, agent_of, start_of
from services.calls.views.campaigns import KnownCampaign, campaigns
from services.calls.views.customers import KnownCustomer, customers
from services.calls.views.products import KnownProduct
from shared.contracts.selling import LineKind, OrderLine
from shared.http import Deps
from shared.kernel import Money, Rejected

MOST_ORDERS = 5
"""Orders of the customer that are shown: the newest."""


class Place(NamedTuple):
    """Which campaign a call belongs to and which country it comes from; None where nothing says it."""

    campaign: str | None
    country: str | None


class OrderedBefore(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier order of the customer."""

    order: str
    at: datetime
    skus: tuple[str, ...]
    amount: Money | None
    cancelled: bool


class PoppedCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """The customer as the agent may see them. `number` is masked, `zone` that of its people, where it says one;
    `profile` None: nothing is known yet."""

    customer_ref: str
    number: str | None
    zone: str | None
    profile: dict[str, str] | None
    calls: int
    orders: tuple[OrderedBefore, ...]


class PoppedCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """The campaign. `scripts` and `surveys`: id of each by language."""

    campaign: str
    name: str
    state: str
    languages: tuple[str, ...]
    scripts: dict[str, str]
    surveys: dict[str, str]


class PoppedOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A product to offer now, in this order; `line` is what it costs, None where it has no price here."""

    offer: str
    sku: str
    name: str
    kind: LineKind
    quantity: int
    option: str
    discount_percent: str | None
    line: OrderLine | None
    currency: str


class PoppedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product of the campaign, with the price of a piece; `texts` by language."""

    sku: str
    name: str
    texts: dict[str, str]
    line: OrderLine | None
    currency: str


class Pop(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    call: str
    our_number: str | None
    country: str | None
    campaign: PoppedCampaign | None
    customer: PoppedCustomer | None
    products: tuple[PoppedProduct, ...]
    offers: tuple[PoppedOffer, ...]


class Basket(msgspec.Struct, frozen=True, kw_only=True):
    """A basket as it would be ordered, and what to offer next to it. `refused`: why it can't be ordered."""

    lines: tuple[OrderLine, ...]
    gross: Money | None
    refused: str | None
    offers: tuple[PoppedOffer, ...]


async def place_of_call(deps: Deps, leads: Leads, document: CallDocument, summary: CallSummary) -> Place:
    """As telephony says it, else as the number of ours says it, else the lead that was dialled; the country else is the
    only one of the campaign."""
    number = start_of(document, summary).our_number
    known = await known_number(deps, number) if number else None
    assigned = known.assigned if known else None
    campaign = summary.campaign or (assigned.campaign if assigned else None)
    if campaign is None and summary.direction == "outbound" and summary.customer_ref is not None:
        call, agent = f"{document.source}:{summary.call}", agent_of(document, summary)
        campaign = await leads.campaign_of(summary.customer_ref, document.partner, agent, call)
    if assigned is not None:
        return Place(campaign, assigned.country)
    described = await _campaign(deps, campaign)
    countries = described.described.countries if described and described.described else ()
    return Place(campaign, countries[0] if len(countries) == 1 else None)


async def context_of(deps: Deps, customer_ref: str | None, country: str) -> Context:
    """What the rules look at: the customer's orders that were not cancelled."""
    known = (await deps.reads.get(customers, [customer_ref])).get(customer_ref) if customer_ref else None
    return _context(known, country)


def _context(known: KnownCustomer | None, country: str) -> Context:
    kept = [order for id_, order in known.orders.items() if id_ not in known.cancelled] if known else []
    bought = tuple(sorted({sku for order in kept for sku in order.skus}))
    return Context(country=country, orders=len(kept), bought=bought)


async def pop_of(deps: Deps, leads: Leads, document: CallDocument, summary: CallSummary) -> Pop:
    """The screen of a call."""
    now, ref = deps.clock(), summary.customer_ref
    place, customer = await asyncio.gather(place_of_call(deps, leads, document, summary), _customer(deps, ref))
    campaign, rules = await asyncio.gather(_campaign(deps, place.campaign), held_rules(deps, place.campaign, now))
    context = _context(customer[0], place.country or "")
    described = campaign.described if campaign else None
    made = offers(rules, "", context)
    sold = sorted({*(described.products if described else ()), *(one.sku for one in made)})
    products = await known_products(deps, sold)
    return Pop(
        call=f"{document.source}:{summary.call}",
        our_number=start_of(document, summary).our_number,
        country=place.country,
        campaign=_told_campaign(campaign),
        customer=customer[1],
        products=tuple(
            _product(products[sku], rules, context, now)
            for sku in (described.products if described else ())
            if sku in products and products[sku].withdrawn is None
        ),
        offers=_offers(made, products, context, now),
    )


async def basket_of(deps: Deps, place: Place, customer_ref: str | None, asked: list[Asked]) -> Basket:
    """What the basket costs by the rules of the call, and what to offer next to what stands in it last."""
    now = deps.clock()
    rules, context = await asyncio.gather(
        held_rules(deps, place.campaign, now), context_of(deps, customer_ref, place.country or "")
    )
    skus = tuple(one.line.sku for one in asked)
    around = msgspec.structs.replace(context, basket=skus, made=tuple(one.offer for one in asked if one.offer))
    made = offers(rules, skus[-1] if skus else "", around)
    products = await known_products(deps, sorted({*skus, *(one.sku for one in made)}))
    lines: tuple[OrderLine, ...] = ()
    currency, refused = "", None
    try:
        wanted = with_discounts(rules, context, asked)
        lines, currency = priced(wanted, sold_of(products), place.country or "", now)
    except Rejected as wrong:
        refused = wrong.detail
    gross = Money(sum(line.gross_minor for line in lines), currency) if lines else None
    return Basket(lines=lines, gross=gross, refused=refused, offers=_offers(made, products, around, now))


async def _campaign(deps: Deps, campaign: str | None) -> KnownCampaign | None:
    return (await deps.reads.get(campaigns, [campaign])).get(campaign) if campaign else None


async def _customer(deps: Deps, ref: str | None) -> tuple[KnownCustomer | None, PoppedCustomer | None]:
    if ref is None:
        return None, None
    found, number, profiles = await asyncio.gather(
        deps.reads.get(customers, [ref]), deps.vault.customer_number(ref), deps.vault.profiles.get([ref])
    )
    known = found.get(ref)
    newest = sorted(known.orders.items(), key=lambda pair: pair[1].at, reverse=True) if known else []
    orders = tuple(
        OrderedBefore(
            order=id_,
            at=order.at,
            skus=order.skus,
            amount=order.amount,
            cancelled=known is not None and id_ in known.cancelled,
        )
        for id_, order in newest[:MOST_ORDERS]
    )
    return known, PoppedCustomer(
        customer_ref=ref,
        number=masked(number) if number else None,
        zone=zone_of(number) if number else None,
        profile=told_profile(profiles.get(ref)),
        calls=len(known.calls) if known else 0,
        orders=orders,
    )


def _told_campaign(known: KnownCampaign | None) -> PoppedCampaign | None:
    if known is None or known.described is None:
        return None
    return PoppedCampaign(
        campaign=known.campaign,
        name=known.described.name,
        state=known.state,
        languages=known.described.languages,
        scripts=known.described.scripts,
        surveys=known.described.surveys,
    )


def _product(doc: KnownProduct, rules: tuple[RulesPublished, ...], context: Context, now: datetime) -> PoppedProduct:
    line, currency = _line(Asked(Wanted(sku=doc.sku)), {doc.sku: doc}, rules, context, now)
    return PoppedProduct(sku=doc.sku, name=doc.name, texts=doc.texts, line=line, currency=currency)


def _offers(
    made: list[Offer], products: dict[str, KnownProduct], context: Context, now: datetime
) -> tuple[PoppedOffer, ...]:
    told = []
    for one in made:
        wanted = Wanted(sku=one.sku, quantity=one.quantity, kind=one.kind, option=one.option)
        priced_line = msgspec.structs.replace(
            wanted, discount_percent=one.discount_percent, rule=one.discount_rule or one.rule
        )
        line, currency = _priced(priced_line, products, context, now)
        told.append(
            PoppedOffer(
                offer=one.name,
                sku=one.sku,
                name=products[one.sku].name if one.sku in products else one.sku,
                kind=one.kind,
                quantity=one.quantity,
                option=one.option,
                discount_percent=one.discount_percent,
                line=line,
                currency=currency,
            )
        )
    return tuple(told)


def _line(
    asked: Asked,
    products: dict[str, KnownProduct],
    rules: tuple[RulesPublished, ...],
    context: Context,
    now: datetime,
) -> tuple[OrderLine | None, str]:
    try:
        (wanted,) = with_discounts(rules, context, [asked])
    except Rejected:
        return None, ""
    return _priced(wanted, products, context, now)


def _priced(
    wanted: Wanted, products: dict[str, KnownProduct], context: Context, now: datetime
) -> tuple[OrderLine | None, str]:
    try:
        (line,), currency = priced([wanted], sold_of(products), context.country, now)
    except Rejected:
        return None, ""
    return line, currency

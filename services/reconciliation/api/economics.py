"""The routes of unit economics: rates, media costs, and what calls, contacts and sales cost and bring."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response

from services.reconciliation.api import economics_examples as examples
from services.reconciliation.api.accuracy import Month, calls_near
from services.reconciliation.api.desk import NAME, AtDesk, Service
from services.reconciliation.domain.media_costs import TellMediaCost, media_costs
from services.reconciliation.domain.rates import TellRate, rates
from services.reconciliation.economics.cancelled import cancelled_sales
from services.reconciliation.economics.currencies import Rates
from services.reconciliation.economics.entries import Exchange, Media, PartnerMonth, entries
from services.reconciliation.economics.figures import FORMULAS, By, figures, rows
from services.reconciliation.economics.forecast import METHOD
from services.reconciliation.economics.months import Known, schedule_in, to_its_end, until_now
from services.reconciliation.economics.pricing import ALLOCATION, GROWTH
from services.reconciliation.economics.tallies import REVENUE, by_partner_and_day
from services.reconciliation.matching.contract_basis import held_in
from services.reconciliation.views.billings import billings
from services.reconciliation.views.counterparts import Counterpart, counterparts
from services.reconciliation.views.media_costs import KnownMediaCosts, known_media_costs
from services.reconciliation.views.media_spent import MediaSpent, media_spent
from services.reconciliation.views.rates import KnownRates, known_rates
from services.reconciliation.views.selling import selling
from shared.contracts.rating import Rating, Version, days_of
from shared.contracts.terms.values import CURRENCIES
from shared.http import Deps, Problem, accepts, invalid, json_response, must_see, require
from shared.kernel import Rejected
from shared.security import Principal

router = APIRouter(tags=["economics"])
DAY = timedelta(days=1)

accepts(router, "/rates/{month}", rates, TellRate, service=NAME, right="economics.run", of_partner=False)


async def _not_bought_singly(command: TellMediaCost, deps: Deps) -> None:
    """409 where purchases of the month are told for the campaign: they are its cost, and a sum would be another."""
    if command.campaign in (await _spent(deps, command.month)).spent:
        raise Problem(
            409,
            "bought_singly",
            f"What {command.campaign} cost in {command.month} is told by its purchases, under /api/v1/media/bought.",
        )


accepts(
    router,
    "/media-costs/{month}",
    media_costs,
    TellMediaCost,
    service=NAME,
    right="economics.run",
    of_partner=False,
    check=_not_bought_singly,
)


class PriceOf(Protocol):
    """What a partner's month costs."""

    async def __call__(self, partner_id: str, month: str) -> Rating | None:
        """By the agreed quantities, else by those until now; None where nobody can say."""
        ...


@router.get("/rates", summary="Rates of currencies", responses=examples.RATES)
async def show_rates(
    deps: Service, who: Annotated[Principal, Depends(require("economics.read"))], month: Month
) -> Response:
    """Units of each currency for one euro, by day, as they were told last."""
    doc = (await deps.reads.get(known_rates, [month])).get(month)
    return json_response(doc or KnownRates(month=month))


@router.get("/media-costs", summary="Media costs", responses=examples.MEDIA_COSTS)
async def show_media_costs(
    deps: Service,
    who: Annotated[Principal, Depends(require("economics.read", "company"))],
    month: Month,
) -> Response:
    """By campaign and partner, `""` for all partners: `told` in a sum, and `bought` by currency, summed from purchases.
    A campaign that has purchases is under `bought` alone."""
    told, spent = await _told(deps, month), (await _spent(deps, month)).spent
    left = {campaign: by_name for campaign, by_name in told.told.items() if campaign not in spent}
    return json_response({"month": month, "told": left, "bought": spent})


@router.get("/economics", summary="Unit economics", responses=examples.ECONOMICS)
async def show_economics(
    deps: Service,
    desk: AtDesk,
    who: Annotated[Principal, Depends(require("economics.read"))],
    month: Month,
    by: By = "partner",
    partner: str | None = None,
    currency: Annotated[str, Query(pattern="^[A-Z]{3}$")] = "EUR",
) -> Response:
    """Cost per call, contact and net sale, revenue and margin, each with its formula and what it is divided by; of a
    running month also what it comes to at its end. What rests on a rate or a price that is not there is null."""
    if partner is not None:
        must_see(who, partner)
    if currency not in CURRENCIES:
        raise invalid("currency", "nobody pays in it")
    now, last = deps.clock(), days_of(month)[1]
    sight = Sight(who, partner)
    known = await _known(deps, desk.expecting.price, month, sight)
    media = await _media(deps, month)
    exchange = Exchange(await _rates(deps, month), currency, min(last, now.date()))
    untils = {one.partner_id: _last_complete(one.versions, month, now) for one in known}
    running = min([*untils.values(), now.date() - DAY]) < last

    def told() -> dict[str, Any]:
        months = [until_now(one) for one in known]
        return {
            **_table(months, media, exchange, by, sight),
            "prediction": _prediction(known, month, untils, media, exchange, by, sight) if running else None,
            **_what_it_rests_on([one for one in months if sight.has(one.partner_id)], media, exchange),
        }

    head = {"month": month, "by": by, "currency": currency, "as_of": now, "running": running}
    return json_response(head | await asyncio.to_thread(told))


class Sight(NamedTuple):
    """Whose figures are asked for by whom; `partner`: of this one alone."""

    who: Principal
    partner: str | None

    def has(self, partner: str | None) -> bool:
        """Whether a partner's amounts are shown. What is nobody's concerns all partners."""
        if self.partner is not None:
            return partner == self.partner
        return self.who.partners is None if partner is None else self.who.sees(partner)


def _table(
    months: Sequence[PartnerMonth], media: Sequence[Media], exchange: Exchange, by: By, sight: Sight
) -> dict[str, Any]:
    found = [one for one in entries(months, media, exchange) if sight.has(one.partner)]
    return {"rows": rows(found, by), "total": figures(found)}


def _prediction(
    known: Sequence[Known],
    month: str,
    untils: Mapping[str, date],
    media: Sequence[Media],
    exchange: Exchange,
    by: By,
    sight: Sight,
) -> dict[str, Any] | None:
    """None where a partner has no complete day yet: a sum without it would be none."""
    found = [to_its_end(one, month, untils[one.partner_id]) for one in known]
    ends = [one for one in found if one is not None]
    if len(ends) < len(found) or not ends:
        return None
    return _table([end for end, _ in ends], media, exchange, by, sight) | {
        "method": METHOD,
        "growth": GROWTH,
        "assumed": [
            "media costs are the month's already",
            "as many of all sales are cancelled in the end as now",
            "rates of currencies stay",
        ],
        "partners": [
            {
                "partner_id": end.partner_id,
                "until": how.until,
                "open_days_seen": how.seen,
                "open_days_left": how.left,
                "assumed": how.assumed,
            }
            for end, how in ends
            if sight.has(end.partner_id)
        ],
    }


def _what_it_rests_on(shown: Sequence[PartnerMonth], media: Sequence[Media], exchange: Exchange) -> dict[str, Any]:
    used = {one.currency for one in shown if one.lines is not None} | {one.currency for one in media}
    for month in shown:
        used |= {cell.measure.removeprefix(REVENUE) for cell in month.tallies if cell.measure.startswith(REVENUE)}
        used |= {one.currency for one in month.cancelled}
    rates, into, day = exchange
    return {
        "without_price": [one.partner_id for one in shown if one.lines is None],
        "rates": [quote for each in sorted(used | {into}) if (quote := rates.on(each, day)) is not None],
        "missing_rates": sorted({name for each in used for name in rates.missing(each, into, day)}),
        "formulas": FORMULAS,
        "allocation": ALLOCATION,
    }


async def _known(deps: Deps, price_of: PriceOf, month: str, sight: Sight) -> list[Known]:
    """Every partner with a call, a sale or a contract in the month. Media costs are shared out among all of them; what
    only those who see a partner are told is looked up for them alone."""
    first, last = days_of(month)
    docs = await deps.reads.find(selling, {}, "day", first.isoformat(), (last + DAY).isoformat())
    days = by_partner_and_day(doc for _, doc in docs)
    versions = {key: _versions(doc, month) for key, doc in await deps.reads.find(counterparts, {})}
    names = sorted(days.keys() | {name for name, held in versions.items() if held})
    lost = await deps.reads.get(billings, names)
    found = []
    for name in names:
        shown = sight.has(name)
        ids = lost[name].lost if name in lost and shown else {}
        found.append(
            Known(
                partner_id=name,
                days=days.get(name, {}),
                versions=versions.get(name, ()),
                rating=await price_of(name, month) if shown else None,
                cancelled=cancelled_sales(await calls_near(deps, name, month), ids, month) if ids else (),
            )
        )
    return found


def _versions(doc: Counterpart, month: str) -> Sequence[Version]:
    """Of the contract that has terms in the month; none where there is none, or more than one."""
    try:
        contract, _ = held_in(doc.contracts, month)
    except Rejected:
        return ()
    return doc.contracts[contract].versions


async def _rates(deps: Deps, month: str) -> Rates:
    """Those of the month and of the one before."""
    before = (days_of(month)[0] - DAY).isoformat()[:7]
    docs = await deps.reads.get(known_rates, [before, month])
    return Rates(told for doc in docs.values() for days in doc.told.values() for told in days.values())


async def _told(deps: Deps, month: str) -> KnownMediaCosts:
    return (await deps.reads.get(known_media_costs, [month])).get(month) or KnownMediaCosts(month=month)


async def _spent(deps: Deps, month: str) -> MediaSpent:
    return (await deps.reads.get(media_spent, [month])).get(month) or MediaSpent(month=month)


async def _media(deps: Deps, month: str) -> list[Media]:
    """A campaign's cost is its purchases where any were told, else what was told in a sum: never both."""
    told, spent = (await _told(deps, month)).told, (await _spent(deps, month)).spent
    found = [
        Media(
            campaign=one.campaign,
            partner_id=one.partner_id,
            minor=one.amount.minor,
            currency=one.amount.currency,
        )
        for campaign, by_name in told.items()
        if campaign not in spent
        for one in by_name.values()
    ]
    found += [
        Media(campaign=campaign, partner_id=name or None, minor=minor, currency=currency)
        for campaign, by_partner in spent.items()
        for name, sums in by_partner.items()
        for currency, minor in sums.items()
    ]
    found.sort(key=lambda one: (one.campaign, one.partner_id or "", one.currency))
    return [one for one in found if one.minor]


def _last_complete(versions: Sequence[Version], month: str, now: datetime) -> date:
    """Yesterday in the contract's zone."""
    schedule = schedule_in(versions, month)
    return now.astimezone(ZoneInfo(schedule.time_zone) if schedule is not None else UTC).date() - DAY

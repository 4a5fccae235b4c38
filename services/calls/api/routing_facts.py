"""What routing rests on: who is at work, how agents and partners sell in a campaign, and what a call costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from services.calls.api.live import agents_now
from services.calls.api.readers import CallReads
from services.calls.domain.ranking import Candidate
from services.calls.domain.shares import WHOLE, Arm
from services.calls.views.agreed import Agreed, agreed_terms
from services.calls.views.campaigns import KnownCampaign
from services.calls.views.certified import Certified, certified, lacking
from services.calls.views.performance_month import MonthTotal, month_totals
from services.calls.views.rosters import Registered, rosters
from services.calls.views.tally import Tally
from shared.contracts.codes import agent_state
from shared.contracts.rating import NotRatable, Version, days_of, expected_calls, expected_usage, held_at, rate
from shared.contracts.terms.sheet import TermSheet
from shared.http import Deps


@dataclass(frozen=True)
class Sold:
    """What there was of a campaign in this month and the one before, by partner and agent; `by_orders`: sales are
    orders that were placed, else what telephony reports. `calls`: those of the month before by partner, of this one
    where there were none."""

    tallies: dict[tuple[str, str], Tally]
    by_orders: bool
    calls: dict[str, int]

    def sales(self, tally: Tally) -> int:
        """As they count here."""
        return tally.sales_confirmed if self.by_orders else tally.sales_reported

    def mean(self, partners: Sequence[str]) -> Fraction:
        """The conversion of these partners together; 0 of nobody's contacts."""
        mine = [tally for (of, _), tally in self.tallies.items() if of in partners]
        contacts = sum(tally.contacts for tally in mine)
        return Fraction(sum(self.sales(tally) for tally in mine), contacts) if contacts else Fraction(0)


async def sold_of(reads: CallReads, campaign: str, now: datetime) -> Sold:
    """The campaign's figures, in the partners' own months."""
    this = f"{now.astimezone(UTC):%Y-%m}"
    last = f"{now.astimezone(UTC).replace(day=1) - timedelta(days=1):%Y-%m}"
    found: list[tuple[str, MonthTotal]] = await reads.views.find(
        month_totals, {"campaign": campaign, "counts": "production"}, "month", last, f"{this}~"
    )
    tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
    by_month: dict[str, dict[str, int]] = {this: defaultdict(int), last: defaultdict(int)}
    for _, doc in found:
        tallies[doc.partner, doc.agent or ""].add(doc.tally)
        by_month[doc.month][doc.partner] += doc.tally.offered + doc.tally.dials
    by_orders = any(tally.sales_confirmed for tally in tallies.values())
    return Sold(dict(tallies), by_orders, dict(by_month[last] or by_month[this]))


async def candidates_of(
    deps: Deps, reads: CallReads, partners: Iterable[str], sold: Sold, asked: Sequence[str]
) -> list[Candidate]:
    """Every agent of the partners that is registered, or of whom there are figures or a state. `asked`: the
    certificates that the campaign asks for."""
    at = deps.clock()
    found: list[Candidate] = []
    for partner in sorted(set(partners)):
        known: dict[str, Registered] = {
            doc.agent: doc for _, doc in await deps.reads.find(rosters, {"partner": partner})
        }
        states = {one["agent"]: one for one in await agents_now(reads, {"partner": partner, "counts": "production"})}
        active = {agent for of, agent in sold.tallies if of == partner and agent}
        people = sorted(known.keys() | states.keys() | active)
        keys = [f"{partner}:{agent}" for agent in people]
        learned: dict[str, Certified] = await deps.reads.get(certified, keys) if asked and keys else {}
        for agent in people:
            tally = sold.tallies.get((partner, agent), Tally())
            who, now = known.get(agent), states.get(agent)
            found.append(
                Candidate(
                    partner=partner,
                    agent=agent,
                    name=who.name if who else None,
                    team=who.team if who else None,
                    languages=who.languages if who else (),
                    state=now["state"] if now else None,
                    since=now["since"] if now else None,
                    contacts=tally.contacts,
                    sales=sold.sales(tally),
                    lacks=lacking(learned.get(f"{partner}:{agent}"), asked, at) if asked else None,
                )
            )
    return found


def partners_of(campaign: KnownCampaign, sold: Sold) -> list[str]:
    """Those for whom the campaign is meant; where it names none, those that have calls of it."""
    described = campaign.described
    named = [one.partner for one in described.partners] if described is not None else []
    return named or sorted({partner for partner, _ in sold.tallies})


async def arms_of(
    deps: Deps,
    campaign: str,
    partners: Sequence[str],
    people: Sequence[Candidate],
    sold: Sold,
    asked: dict[str, int],
    now: datetime,
) -> list[Arm]:
    """What is known of each partner. `asked`: minimums of the manager, in hundredths of a per cent."""
    agreed: dict[str, Agreed] = await deps.reads.get(agreed_terms, list(partners)) if partners else {}
    terms = {partner: _terms(agreed.get(partner), now) for partner in partners}
    currencies = {held.payment.currency for held in terms.values() if held is not None}
    volume = sum(sold.calls.values())
    return [
        Arm(
            partner=partner,
            contacts=sum(tally.contacts for (of, _), tally in sold.tallies.items() if of == partner),
            sales=sum(sold.sales(tally) for (of, _), tally in sold.tallies.items() if of == partner),
            agents=sum(1 for one in people if one.partner == partner and _at_work(one)),
            cost=cost_of_a_call(held, now) if (held := terms[partner]) is not None and len(currencies) == 1 else None,
            minimum=max(asked.get(partner, 0), _contracts_minimum(held, campaign, volume)),
        )
        for partner in partners
    ]


def _terms(agreed: Agreed | None, now: datetime) -> TermSheet | None:
    """Of several contracts that hold the first by its id."""
    for _, agreement in sorted(agreed.contracts.items()) if agreed is not None else ():
        if (held := held_at(agreement.versions, now)) is not None:
            return held.terms
    return None


def cost_of_a_call(terms: TermSheet, now: datetime) -> Fraction | None:
    """What the month costs by the contract's own expected volumes, without tax, for each of its calls: minor units.
    None where no calls are expected, or the terms can't be worked out for them."""
    month = f"{now.astimezone(UTC):%Y-%m}"
    calls = expected_calls(terms, month)
    if not calls:
        return None
    try:
        version = Version(number=1, starts=days_of(month)[0], terms=terms)
        net = rate([version], expected_usage(terms, month), month).net
    except NotRatable:
        return None
    return Fraction(net, calls) if net > 0 else None


def _contracts_minimum(terms: TermSheet | None, campaign: str, volume: int) -> int:
    """The calls that are paid for anyway, of all the campaign has in a month: hundredths of a per cent."""
    if terms is None or not volume:
        return 0
    paid = sum(one.minimum for one in terms.pricing.per_call if not one.campaigns or campaign in one.campaigns)
    return min(WHOLE, paid * WHOLE // volume)


def _at_work(one: Candidate) -> bool:
    """Who must not take the campaign's calls is no capacity for it."""
    return (
        not one.lacks
        and one.state is not None
        and agent_state(one.state).display in ("available", "on_call", "wrap_up")
    )

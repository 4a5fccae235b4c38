"""The rules of selling that hold now, and what they say of dialling somebody at this moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from services.calls.domain.verdicts import Verdict, may_dial, rules_at
from services.calls.events.campaign_rules import COMPANY, RulesPublished
from services.calls.views.campaign_rules import known_rules
from services.calls.views.measures import milliseconds
from services.calls.views.performance import performance
from services.calls.views.tally import Tally
from shared.http import Deps

LOOKS_BACK = timedelta(hours=24)
"""Over this time regulators look at the share of dialled calls that were dropped."""
FRESH = timedelta(seconds=15)
"""So old the share may be: it is a sum over a day, and every agent who wants a lead asks for it."""
DROPPED = "dropped_by_dialler"


async def held_rules(deps: Deps, campaign: str | None, at: datetime) -> tuple[RulesPublished, ...]:
    """The rules that hold for a campaign at a time, in one look: the company's first, then its own."""
    scopes = [COMPANY] if campaign in (None, COMPANY) else [COMPANY, campaign]
    docs = await deps.reads.get(known_rules, [scope for scope in scopes if scope is not None])
    return rules_at((version for doc in docs.values() for version in doc.versions), at)


def dropped_share(tallies: Iterable[Tally]) -> Fraction | None:
    """Dialled calls that a human answered and no agent took, over all that a human answered; None where there were
    none.

    The first are told by the result `dropped_by_dialler`. A platform may say so of a call of which it never said that
    it was answered: so there are at least as many answered as dropped.
    """
    dropped, answered = 0, 0
    for tally in tallies:
        dropped += tally.dispositions.get(DROPPED, 0)
        answered += tally.dial_contacts
    return Fraction(dropped, max(dropped, answered)) if dropped or answered else None


@dataclass(frozen=True)
class Dialling:
    """What is asked before dialling for a campaign: its rules, and the share of calls that were dropped."""

    rules: tuple[RulesPublished, ...]
    dropped: Fraction | None

    def verdict(self, country: str, zone: str, at: datetime) -> Verdict:
        """Whether somebody in the country, with the clock of the zone, may be dialled at this time. Numbers on a list
        of those who may not be called are looked up apart: no rule allows them."""
        return may_dial(self.rules, country, at.astimezone(ZoneInfo(zone)), self.dropped, do_not_call=False)


class Ruling:
    """Dialling for all partners and campaigns of the service."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._shares: dict[tuple[str, str | None], tuple[datetime, Fraction | None]] = {}

    async def dialling(self, partner: str, campaign: str | None, now: datetime) -> Dialling:
        """As of now. The share is read only where a rule has a limit for it."""
        rules = await held_rules(self._deps, campaign, now)
        limited = any(rule.abandoned_percent is not None for one in rules for rule in one.rules.dialling)
        return Dialling(rules, await self._dropped(partner, campaign, now) if limited else None)

    async def hours(self, campaign: str | None, now: datetime) -> Dialling:
        """Of a time to come: what is dropped now says nothing of it."""
        return Dialling(await held_rules(self._deps, campaign, now), None)

    async def _dropped(self, partner: str, campaign: str | None, now: datetime) -> Fraction | None:
        known = self._shares.get((partner, campaign))
        if known is not None and timedelta() <= now - known[0] < FRESH:
            return known[1]
        equal = {"partner": partner, "counts": "production"} | ({} if campaign is None else {"campaign": campaign})
        low, high = milliseconds(now - LOOKS_BACK), milliseconds(now)
        found = await self._deps.reads.find(performance, equal, "interval", low, high)
        share = dropped_share(doc.tally for _, doc in found)
        self._shares[partner, campaign] = now, share
        return share

"""A commission plan: a draft that pays nobody, and versions that each hold from a day on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Annotated

import msgspec

from services.calls.events.commissions import (
    PlanDrafted,
    PlanEvent,
    PlanPublished,
    PlanTerms,
    Pool,
    Rate,
    Step,
    Tiers,
)
from shared.kernel import Command, Decider, Rejected, said
from shared.names import Ident

GLOBAL = "global"
"""The plan of all campaigns that have none of their own; any other plan bears its campaign's id."""

Id = Ident
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
MOST_MINOR = 10**12
MOST_RATES = 500
LONGEST_CLAW_BACK_DAYS = 366


class AskedRate(Rate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rate as it is asked for: a word that nobody knows would be money that nobody sees."""


class AskedStep(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step as it is asked for."""


class AskedTiers(Tiers, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tiers as they are asked for."""

    steps: tuple[AskedStep, ...]


class AskedPool(Pool, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pool as it is asked for."""


class AskedTerms(PlanTerms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Terms as they are asked for; see `PlanTerms`."""

    rates: tuple[AskedRate, ...] = ()
    tiers: AskedTiers | None = None
    pool: AskedPool | None = None

    @property
    def said(self) -> PlanTerms:
        """As an event says them."""
        return msgspec.convert(msgspec.to_builtins(self), PlanTerms)


class SavePlanDraft(Command, frozen=True, kw_only=True):
    """Keep a draft of the plan, to be tried over a past month and published later. `plan` is `global` or the id of the
    campaign that it is for. 409 `plan_wrong` names what can't be worked out by it."""

    partner: str
    plan: Id
    terms: AskedTerms
    reason: Text
    at: datetime
    by: str


class PublishPlan(Command, frozen=True, kw_only=True):
    """Let the draft hold from the day `starts` on. The same once more is no new version.

    409 `no_draft`, `starts_before_the_last`, `starts_twice`, `period_closed` where a statement of that time is closed,
    `other_currency` where another plan of the partner pays in another one.
    """

    partner: str
    plan: Id
    starts: date
    reason: Text
    at: datetime
    by: str


PlanCommand = SavePlanDraft | PublishPlan


@dataclass(frozen=True)
class Plan:
    """The draft and the last version."""

    draft: PlanTerms | None = None
    last: PlanPublished | None = None


def decide(command: PlanCommand, state: Plan) -> list[PlanEvent]:
    """What each command leads to."""
    match command:
        case SavePlanDraft(plan=plan):
            terms = command.terms.said
            if terms == state.draft:
                return []
            checked(terms, plan)
            return [said(PlanDrafted, command, terms=terms)]
        case PublishPlan(starts=starts):
            if state.draft is None:
                raise Rejected("no_draft", "There is no draft to be published.")
            last = state.last
            if last is not None:
                if (last.terms, last.starts) == (state.draft, starts):
                    return []
                if starts < last.starts:
                    raise Rejected("starts_before_the_last", f"The last version starts only on {last.starts}.")
                if starts == last.starts:
                    raise Rejected("starts_twice", f"Another version starts on {starts} already.")
            version = last.version + 1 if last is not None else 1
            return [said(PlanPublished, command, terms=state.draft, version=version)]


def evolve(state: Plan, event: PlanEvent) -> Plan:
    """The last word holds."""
    match event:
        case PlanDrafted(terms=terms):
            return replace(state, draft=terms)
        case PlanPublished():
            return replace(state, last=event)


plan: Decider[PlanCommand, PlanEvent, Plan] = Decider("plan", PlanEvent, Plan(), decide, evolve)


def checked(terms: PlanTerms, name: str) -> None:
    """Rejected `plan_wrong` where amounts can't be worked out by these terms, saying why."""
    if len(terms.currency) != 3 or not terms.currency.isascii() or not terms.currency.isupper():
        raise _wrong("the currency has three capital letters")
    if len(terms.rates) > MOST_RATES:
        raise _wrong(f"at most {MOST_RATES} rates")
    names = [rate.name for rate in terms.rates]
    if len(set(names)) < len(names) or not all(names):
        raise _wrong("every rate has a name of its own")
    for rate in terms.rates:
        _one_of(rate.fixed_minor, rate.percent, f"the rate {rate.name}")
        if rate.per == "order" and (rate.kinds or rate.skus):
            raise _wrong(f"the rate {rate.name} is per order and means no lines")
    if terms.tiers is not None:
        above = [step.above for step in terms.tiers.steps]
        if not above or above != sorted(set(above)) or above[0] < 0:
            raise _wrong("steps go upwards, from 0 or more")
        for step in terms.tiers.steps:
            _one_of(step.fixed_minor, step.percent, f"the step above {step.above}")
            if (step.fixed_minor is None) == (terms.tiers.measure == "orders"):
                raise _wrong("a step of orders has a fixed amount an order, a step of revenue a percentage")
    if terms.pool is not None:
        _one_of(terms.pool.fixed_minor, terms.pool.percent, "the pool")
    for of, amount in (
        ("hourly pay", terms.hourly_minor),
        ("the cap", terms.cap_minor),
        ("the minimum", terms.minimum_minor),
    ):
        if amount is not None and not 0 <= amount <= MOST_MINOR:
            raise _wrong(f"{of} is from 0 to {MOST_MINOR} minor units")
    if terms.claw_back_days is not None and not 0 <= terms.claw_back_days <= LONGEST_CLAW_BACK_DAYS:
        raise _wrong(f"claw-back is within 0 to {LONGEST_CLAW_BACK_DAYS} days")
    if name != GLOBAL and (terms.hourly_minor, terms.pool, terms.minimum_minor) != (None, None, None):
        raise _wrong("hours belong to no campaign: hourly pay, pool and minimum stand in the global plan")


def _one_of(fixed: int | None, percent: str | None, of: str) -> None:
    if (fixed is None) == (percent is None):
        raise _wrong(f"{of} is either a fixed amount or a percentage")
    if fixed is not None and not 0 <= fixed <= MOST_MINOR:
        raise _wrong(f"{of} is from 0 to {MOST_MINOR} minor units")
    if percent is not None:
        whole, _, part = percent.partition(".")
        digits = whole.isascii() and whole.isdigit() and (not part or (part.isascii() and part.isdigit()))
        if not digits or len(part) > 4 or len(whole) > 3 or percent.endswith(".") or Fraction(percent) > 100:
            raise _wrong(f"{of} has a percentage from 0 to 100, with four decimals at most")


def _wrong(why: str) -> Rejected:
    return Rejected("plan_wrong", f"The plan can't be worked out: {why}.")

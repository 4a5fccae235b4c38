"""What agents are paid by, and what they were paid: plans, rules of paid time, and statements that are closed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from shared.contracts.selling import LineKind
from shared.kernel import Event

Rounding = Literal["half_up", "half_even", "down"]
Pay = Literal["yes", "half", "no"]
Source = Literal["order", "line", "tier", "cap", "claw_back", "hourly", "pool", "minimum", "correction"]


class Rate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a sale brings: `fixed_minor` an order or a piece of a line, or `percent` (a decimal in text) of its net
    amount. `kinds` and `skus` narrow down the lines that are meant; empty: all."""

    name: str
    per: Literal["order", "line"]
    fixed_minor: int | None = None
    percent: str | None = None
    kinds: tuple[LineKind, ...] = ()
    skus: tuple[str, ...] = ()


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The rate of what lies above so many orders, or so much revenue in minor units."""

    above: int
    fixed_minor: int | None = None
    percent: str | None = None


class Tiers(msgspec.Struct, frozen=True, kw_only=True):
    """More for those who sell more in the period. `whole`: the step that is reached prices everything; `marginal`: each
    step prices what lies within it."""

    measure: Literal["orders", "revenue"]
    mode: Literal["whole", "marginal"]
    steps: tuple[Step, ...]


class Pool(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a team shares out: a fixed amount, or a percentage of its net revenue, by paid hours or by net sales."""

    by: Literal["hours", "sales"]
    fixed_minor: int | None = None
    percent: str | None = None


class PlanTerms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that a plan says. An order has the first rate per order, and each of its lines the first rate per line that
    means it. `claw_back_days`: what is cancelled or returned until so many days after the order is taken back."""

    currency: str
    rounding: Rounding = "half_up"
    rates: tuple[Rate, ...] = ()
    tiers: Tiers | None = None
    hourly_minor: int | None = None
    pool: Pool | None = None
    claw_back_days: int | None = None
    cap_minor: int | None = None
    minimum_minor: int | None = None


class PlanDrafted(Event, frozen=True, kw_only=True):
    """So the plan could be. A draft pays nobody."""

    partner: str
    plan: str
    terms: PlanTerms
    reason: str
    at: datetime
    by: str


class PlanPublished(Event, frozen=True, kw_only=True):
    """So the plan is from the day `starts` on, until a later version starts. `version`: from 1."""

    partner: str
    plan: str
    version: int
    starts: date
    terms: PlanTerms
    reason: str
    at: datetime
    by: str


class TimeRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether a state is paid; `code` narrows it down to one reason of pause. `productive`: it counts as work."""

    state: str
    pay: Pay
    code: str | None = None
    productive: bool = False


class TimeRulesPublished(Event, frozen=True, kw_only=True):
    """So time is paid from the day `starts` on. What no rule names is not paid."""

    partner: str
    version: int
    starts: date
    rules: tuple[TimeRule, ...]
    reason: str
    at: datetime
    by: str


class StatementLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One amount and how it came about. `plan`: plan and version, such as `global/2`; `rule`: its rate or part.
    `month`: the month of the sale, where a later statement takes it back or puts it right."""

    source: Source
    plan: str
    rule: str
    calculation: str
    amount_minor: int
    order: str | None = None
    line: int | None = None
    sku: str | None = None
    month: str | None = None


class StatementPart(Event, frozen=True, kw_only=True):
    """Some lines of a statement that is closed with the event after; parts keep an event small."""

    partner: str
    agent: str
    month: str
    part: int
    lines: tuple[StatementLine, ...]


class StatementClosed(Event, frozen=True, kw_only=True):
    """The statement stands. `own_minor`: its lines without pool, minimum and corrections; `corrections`: closed month
    -> what this statement puts right of it; `digest`: SHA-256 of the lines as JSON."""

    partner: str
    agent: str
    month: str
    currency: str
    total_minor: int
    own_minor: int
    corrections: dict[str, int]
    parts: int
    digest: str
    at: datetime
    by: str


PlanEvent = PlanDrafted | PlanPublished
TimeRulesEvent = TimeRulesPublished
StatementEvent = StatementPart | StatementClosed
CommissionEvent = PlanEvent | TimeRulesEvent | StatementEvent

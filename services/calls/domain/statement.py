"""An agent's statement of a month: all that the plans bring, and its closing, after which it stands."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import msgspec

from services.calls.domain.commission_plan import GLOBAL
from services.calls.domain.commissions import (
    Book,
    LeftOut,
    Sale,
    held_on,
    in_month,
    net_sales,
    paid_hours,
    paid_sales,
    pool_shares,
)
from services.calls.domain.paid_time import PaidTime, Stay, paid_time
from services.calls.events.commissions import (
    PlanPublished,
    PlanTerms,
    StatementClosed,
    StatementEvent,
    StatementLine,
    StatementPart,
    TimeRulesPublished,
)
from shared.contracts.rating import months_later
from shared.kernel import Command, Decider, Rejected

CORRECTED_MONTHS = 3
"""What comes in so many months late still puts a closed month right; later, a person decides."""

LINES_PER_PART = 500


@dataclass(frozen=True)
class Facts:
    """All that statements of a partner rest on. By agent: sales, states, team now, and closed statements."""

    zone: ZoneInfo
    plans: Book
    rules: Sequence[TimeRulesPublished] = ()
    sales: Mapping[str, Sequence[Sale]] = field(default_factory=dict)
    stays: Mapping[str, Sequence[Stay]] = field(default_factory=dict)
    teams: Mapping[str, str | None] = field(default_factory=dict)
    closed: Mapping[str, Sequence[StatementClosed]] = field(default_factory=dict)


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent is paid for a month. `total_minor` is the sum of the lines. `left_out`: orders that no plan prices;
    `corrections`: closed month -> what this statement puts right of it."""

    agent: str
    month: str
    currency: str
    lines: tuple[StatementLine, ...]
    total_minor: int
    own_minor: int
    corrections: dict[str, int]
    left_out: tuple[LeftOut, ...]
    paid_seconds: str
    productive_seconds: int


def statement(facts: Facts, agent: str, month: str) -> Statement:
    """The statement of an agent for a month of the partner's zone, as the facts are now."""
    own, left_out, time = _own(facts, agent, month)
    lines = own + _pool(facts, agent, month)
    lines += _minimum(facts, agent, month, lines, time)
    put_right = _corrections(facts, agent, month)
    lines += put_right
    return Statement(
        agent=agent,
        month=month,
        currency=currency_of(facts.plans),
        lines=tuple(lines),
        total_minor=_sum(lines),
        own_minor=_sum(own),
        corrections={line.month: line.amount_minor for line in put_right if line.month},
        left_out=tuple(left_out),
        paid_seconds=str(time.paid_us / 1_000_000),
        productive_seconds=time.productive_us // 1_000_000,
    )


def currency_of(plans: Book) -> str:
    """The currency in which a partner's agents are paid; empty before there is a plan."""
    return next((version.terms.currency for versions in plans.values() for version in versions), "")


def _own(facts: Facts, agent: str, month: str) -> tuple[list[StatementLine], list[LeftOut], PaidTime]:
    """What depends on nobody else: sales and hours."""
    lines, left_out = paid_sales(facts.sales.get(agent, ()), facts.plans, month, facts.zone)
    time = paid_time(facts.stays.get(agent, ()), facts.rules, month, facts.zone)
    return lines + paid_hours(time, facts.plans, month), left_out, time


def _last_global(facts: Facts, month: str) -> PlanPublished | None:
    last = (date.fromisoformat(f"{month}-01") + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return held_on(facts.plans.get(GLOBAL, ()), last)


def _pool(facts: Facts, agent: str, month: str) -> list[StatementLine]:
    """The share of the team's pool by the global version of the month's last day, among those in the team now."""
    version, team = _last_global(facts, month), facts.teams.get(agent)
    if version is None or version.terms.pool is None or team is None:
        return []
    by = version.terms.pool.by
    members = sorted(one for one, of in facts.teams.items() if of == team)
    nets = {one: net_sales(facts.sales.get(one, ()), version.terms, month, facts.zone) for one in members}
    if by == "sales":
        weights = {one: Fraction(net) for one, net in nets.items()}
    else:
        weights = {
            one: paid_time(facts.stays.get(one, ()), facts.rules, month, facts.zone).paid_us / 1_000_000
            for one in members
        }
    amount, shares, words = pool_shares(version, weights, sum(nets.values()))
    if weights[agent] <= 0 or not amount:
        return []
    of_all = sum((max(Fraction(0), weight) for weight in weights.values()), Fraction(0))
    unit = "seconds paid" if by == "hours" else "net"
    return [
        StatementLine(
            source="pool",
            plan=f"{version.plan}/{version.version}",
            rule=f"pool of {team}",
            calculation=f"pool: {words}; {weights[agent]} of {of_all} {unit}, largest remainder",
            amount_minor=shares[agent],
        )
    ]


def _minimum(
    facts: Facts, agent: str, month: str, lines: Iterable[StatementLine], time: PaidTime
) -> list[StatementLine]:
    """What is missing to the minimum of whoever sold or had paid time in the month."""
    version, earned = _last_global(facts, month), _sum(lines)
    least = version.terms.minimum_minor if version is not None else None
    at_work = time.paid_us or in_month(facts.sales.get(agent, ()), month, facts.zone)
    if version is None or least is None or earned >= least or not at_work:
        return []
    return [
        StatementLine(
            source="minimum",
            plan=f"{version.plan}/{version.version}",
            rule="minimum",
            calculation=f"at least {least}, where {earned} came together",
            amount_minor=least - earned,
        )
    ]


def _corrections(facts: Facts, agent: str, month: str) -> list[StatementLine]:
    """What came in after closed months were closed, in the first month after them that is not."""
    closed = {one.month: one for one in facts.closed.get(agent, ()) if one.month != month}
    lines: list[StatementLine] = []
    for of in sorted(closed):
        if of >= month or of < months_later(month, -CORRECTED_MONTHS) or _first_open(of, closed) != month:
            continue
        own, _, _ = _own(facts, agent, of)
        put_right = sum(later.corrections.get(of, 0) for later in closed.values())
        stated, now = closed[of].own_minor + put_right, _sum(own)
        if stated != now:
            lines.append(
                StatementLine(
                    source="correction",
                    plan="",
                    rule="correction",
                    month=of,
                    calculation=f"sales and hours of {of} came to {stated}; with what has come in since, to {now}",
                    amount_minor=now - stated,
                )
            )
    return lines


def _first_open(month: str, closed: Mapping[str, StatementClosed]) -> str:
    while month in closed:
        month = months_later(month, 1)
    return month


def _sum(lines: Iterable[StatementLine]) -> int:
    return sum(line.amount_minor for line in lines)


def tried(facts: Facts, plan: str, terms: PlanTerms, month: str) -> Facts:
    """The facts as if a draft had held for the whole month, and nothing were closed. What was sold before stays with
    the plans that held then."""
    first = date.fromisoformat(f"{month}-01")
    before = [version for version in facts.plans.get(plan, ()) if version.starts < first]
    number = len(facts.plans.get(plan, ())) + 1
    noon = datetime.combine(first, datetime.min.time(), facts.zone)
    draft = PlanPublished(
        partner="", plan=plan, version=number, starts=first, terms=terms, reason="a draft", at=noon, by=""
    )
    return replace(facts, plans={**facts.plans, plan: [*before, draft]}, closed={})


class CloseStatement(Command, frozen=True, kw_only=True):
    """Close a statement with what it says now. 409 `closed_otherwise`."""

    partner: str
    statement: Statement
    at: datetime
    by: str


@dataclass(frozen=True)
class Closing:
    """The digest of what was closed."""

    digest: str = ""


def digest_of(lines: Sequence[StatementLine]) -> str:
    """The SHA-256 of a statement's lines as JSON, in hexadecimal."""
    return hashlib.sha256(msgspec.json.encode(lines)).hexdigest()


def decide(command: CloseStatement, state: Closing) -> list[StatementEvent]:
    """The lines in parts, and that they stand."""
    said, digest = command.statement, digest_of(command.statement.lines)
    if state.digest == digest:
        return []
    if state.digest:
        raise Rejected("closed_otherwise", "It is closed; what has come in since stands in the next one.")
    of = {"partner": command.partner, "agent": said.agent, "month": said.month}
    parts = [said.lines[begin : begin + LINES_PER_PART] for begin in range(0, len(said.lines), LINES_PER_PART)]
    return [
        *(StatementPart(**of, part=number, lines=lines) for number, lines in enumerate(parts, 1)),
        StatementClosed(
            **of,
            currency=said.currency,
            total_minor=said.total_minor,
            own_minor=said.own_minor,
            corrections=said.corrections,
            parts=len(parts),
            digest=digest,
            at=command.at,
            by=command.by,
        ),
    ]


def evolve(state: Closing, event: StatementEvent) -> Closing:
    """It stands from its closing on."""
    match event:
        case StatementPart():
            return state
        case StatementClosed(digest=digest):
            return Closing(digest)


statements: Decider[CloseStatement, StatementEvent, Closing] = Decider(
    "statement", StatementEvent, Closing(), decide, evolve
)

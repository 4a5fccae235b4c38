"""What sales, hours and team pools bring an agent by the plans that held, exactly, each amount with its calculation.

The worth of a month's sales is a function of what of them is left at a moment. A month's statement pays that worth as
if nothing had come back, and takes back by how much the worth of this and of earlier months shrank within the month. So
the statements of all months add up to the worth of what is left in the end, and no closed month is ever touched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from services.calls.domain.commission_plan import GLOBAL
from services.calls.domain.paid_time import HOUR_US, PaidTime, month_bounds
from services.calls.events.commissions import (
    PlanPublished,
    PlanTerms,
    Pool,
    Rate,
    Rounding,
    Source,
    StatementLine,
    Step,
    Tiers,
)
from shared.contracts.selling import OrderCancelled, OrderLine, OrderPlaced, OrderReturned

Book = Mapping[str, Sequence[PlanPublished]]
"""The versions of each plan of a partner, by plan, in the order of the days from which they hold."""

_Key = tuple[Source, str, str, str, int]


@dataclass(frozen=True)
class Sale:
    """An order of the agent, and all that was taken back of it."""

    placed: OrderPlaced
    taken: tuple[OrderCancelled | OrderReturned, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """An order that no plan prices, and why not."""

    order: str
    reason: str


@dataclass(frozen=True)
class _Left:
    """What is left of a line."""

    line: OrderLine
    quantity: int
    net_minor: int


def rounded(amount: Fraction, mode: Rounding) -> int:
    """Whole minor units. `half_up`: halves away from zero; `half_even`: to the even neighbour; `down`: towards zero."""
    if mode == "half_even":
        return round(amount)
    size = abs(amount) + (Fraction(1, 2) if mode == "half_up" else 0)
    whole = size.numerator // size.denominator
    return whole if amount >= 0 else -whole


def held_on(versions: Sequence[PlanPublished], day: date) -> PlanPublished | None:
    """The version that held on a day."""
    held = [version for version in versions if version.starts <= day]
    return held[-1] if held else None


def plan_of(sale: Sale, book: Book, zone: ZoneInfo) -> PlanPublished | None:
    """The version by which an order is paid: that of its campaign's plan on its day, else of the global one."""
    day = sale.placed.at.astimezone(zone).date()
    own = held_on(book.get(sale.placed.campaign, ()), day) if sale.placed.campaign else None
    return own or held_on(book.get(GLOBAL, ()), day)


def in_month(sales: Iterable[Sale], month: str, zone: ZoneInfo) -> list[Sale]:
    """The orders placed in a month of the zone, each once, in a fixed order."""
    begin, end = month_bounds(month, zone)
    found = {sale.placed.order: sale for sale in sales if begin <= sale.placed.at < end}
    return [found[order] for order in sorted(found, key=lambda order: (found[order].placed.at, order))]


def paid_sales(
    sales: Sequence[Sale], book: Book, month: str, zone: ZoneInfo
) -> tuple[list[StatementLine], list[LeftOut]]:
    """The lines of a month's statement for the agent's sales: what the month's bring, and what was taken back in it of
    this month's and earlier ones. Also the month's orders that no plan prices."""
    mine = in_month(sales, month, zone)
    begin, end = month_bounds(month, zone)
    gross = _worth(mine, book, zone, None)
    lines = list(gross.values())
    months = sorted(
        {f"{sale.placed.at.astimezone(zone):%Y-%m}" for sale in sales if sale.placed.at < end and sale.taken}
    )
    for of in months:
        sold = in_month(sales, of, zone)
        before = gross if of == month else _worth(sold, book, zone, begin)
        lines += _taken_back(before, _worth(sold, book, zone, end), of)
    return lines, list(_left_out(mine, book, zone))


def _left_out(sales: Iterable[Sale], book: Book, zone: ZoneInfo) -> Iterator[LeftOut]:
    for sale in sales:
        plan = plan_of(sale, book, zone)
        if plan is None:
            yield LeftOut(sale.placed.order, "no plan held")
        elif plan.terms.currency != sale.placed.currency:
            yield LeftOut(sale.placed.order, f"sold in {sale.placed.currency}, the plan pays in {plan.terms.currency}")


def _taken_back(
    before: Mapping[_Key, StatementLine], after: Mapping[_Key, StatementLine], month: str
) -> Iterator[StatementLine]:
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        was, now = old.amount_minor if old else 0, new.amount_minor if new else 0
        known = new or old
        if known is None or was == now:
            continue
        yield StatementLine(
            source="claw_back",
            plan=known.plan,
            rule=known.rule,
            order=known.order,
            line=known.line,
            sku=known.sku,
            month=month,
            calculation=f"{known.source} of {month} after what came back: {now} instead of {was}",
            amount_minor=now - was,
        )


def _worth(sales: Iterable[Sale], book: Book, zone: ZoneInfo, until: datetime | None) -> dict[_Key, StatementLine]:
    """What is left of these sales brings, line by line; `until` None: as if nothing had come back."""
    groups: dict[str, list[Sale]] = defaultdict(list)
    versions: dict[str, PlanPublished] = {}
    for sale in sales:
        plan = plan_of(sale, book, zone)
        if plan is not None and plan.terms.currency == sale.placed.currency:
            groups[_name(plan)].append(sale)
            versions[_name(plan)] = plan
    found: dict[_Key, StatementLine] = {}
    for name in sorted(groups):
        terms = versions[name].terms
        orders = [(sale.placed.order, _left(sale, terms, until)) for sale in groups[name]]
        lines = [line for order, left in orders for line in _base(order, left, terms, name)]
        if terms.tiers is not None:
            lines += _tiers(orders, terms.tiers, terms.rounding, name)
        earned = sum(line.amount_minor for line in lines)
        if terms.cap_minor is not None and earned > terms.cap_minor:
            words = f"at most {terms.cap_minor} of {earned}"
            lines.append(_line("cap", name, "cap", words, terms.cap_minor - earned))
        for line in lines:
            found[(line.source, line.plan, line.rule, line.order or "", line.line or 0)] = line
    return found


def counted_back(sale: Sale, terms: PlanTerms, until: datetime | None) -> list[OrderCancelled | OrderReturned]:
    """What the plan takes back of an order: what came back before `until`, and within its days after the order."""
    if terms.claw_back_days is None or until is None:
        return []
    last = sale.placed.at + timedelta(days=terms.claw_back_days)
    return [taken for taken in set(sale.taken) if taken.at < until and taken.at <= last]


def _left(sale: Sale, terms: PlanTerms, until: datetime | None) -> list[_Left]:
    back: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for taken in counted_back(sale, terms, until):
        for line in taken.lines:
            pieces, net = back[line.line]
            back[line.line] = pieces + line.quantity, net + line.net_minor
    return [
        _Left(line, max(0, line.quantity - back[line.line][0]), max(0, line.net_minor - back[line.line][1]))
        for line in sale.placed.lines
    ]


def _base(order: str, left: Sequence[_Left], terms: PlanTerms, plan: str) -> Iterator[StatementLine]:
    whole = next((rate for rate in terms.rates if rate.per == "order"), None)
    net = sum(one.net_minor for one in left)
    if whole is not None and any(one.quantity for one in left):
        amount, words = _amount(whole, 1, net, "order", terms.rounding)
        yield _line("order", plan, whole.name, words, amount, order=order)
    for one in left:
        rate = next((rate for rate in terms.rates if _means(rate, one.line)), None)
        if rate is not None and one.quantity:
            amount, words = _amount(rate, one.quantity, one.net_minor, "piece", terms.rounding)
            yield StatementLine(
                source="line",
                plan=plan,
                rule=rate.name,
                order=order,
                line=one.line.line,
                sku=one.line.sku,
                calculation=words,
                amount_minor=amount,
            )


def _means(rate: Rate, line: OrderLine) -> bool:
    return (
        rate.per == "line" and (not rate.kinds or line.kind in rate.kinds) and (not rate.skus or line.sku in rate.skus)
    )


def _amount(rate: Rate | Step | Pool, count: int, net: int, unit: str, rounding: Rounding) -> tuple[int, str]:
    if rate.percent is not None:
        exact = Fraction(rate.percent) * net / 100
        return rounded(exact, rounding), f"{rate.percent} % of {net} net = {_exact(exact)}, rounded {rounding}"
    fixed = rate.fixed_minor or 0
    return count * fixed, f"{count} {unit}{'' if count == 1 else 's'} at {fixed}"


def _exact(amount: Fraction) -> str:
    """A decimal where there is a short one, else the fraction."""
    return str(amount) if 10**9 % amount.denominator else f"{float(amount):.9f}".rstrip("0").rstrip(".")


def _tiers(
    orders: Sequence[tuple[str, Sequence[_Left]]], tiers: Tiers, rounding: Rounding, plan: str
) -> Iterator[StatementLine]:
    count = sum(any(one.quantity for one in left) for _, left in orders)
    revenue = sum(one.net_minor for _, left in orders for one in left)
    reached = count if tiers.measure == "orders" else revenue
    ends: list[int | None] = [step.above for step in tiers.steps[1:]]
    for step, end in zip(tiers.steps, [*ends, None], strict=True):
        if reached <= step.above:
            return
        top = reached if end is None else min(reached, end)
        if tiers.mode == "whole" and top != reached:
            continue
        part = reached if tiers.mode == "whole" else top - step.above
        amount, words = _amount(step, part, part, "order", rounding)
        range_ = f"all {reached} reached" if tiers.mode == "whole" else f"{step.above} to {top} of {reached}"
        yield _line("tier", plan, f"above {step.above}", f"{range_} ({tiers.measure}): {words}", amount)


def paid_hours(time: PaidTime, book: Book, month: str) -> list[StatementLine]:
    """Paid time at the hourly pay of the global plan, rounded once for each of its versions in the month."""
    first = date.fromisoformat(f"{month}-01")
    after = (first + timedelta(days=31)).replace(day=1)
    versions = book.get(GLOBAL, ())
    lines: list[StatementLine] = []
    for number, version in enumerate(versions, 1):
        later = versions[number].starts if number < len(versions) else date.max
        begin, end = max(first, version.starts), min(after, later)
        hourly = version.terms.hourly_minor
        if hourly is None or begin >= end:
            continue
        paid = time.paid_between(begin, end)
        amount = rounded(paid * hourly / HOUR_US, version.terms.rounding)
        if paid:
            words = (
                f"{paid / 1_000_000} s paid from {begin} to before {end}, {hourly} an hour, {version.terms.rounding}"
            )
            lines.append(_line("hourly", _name(version), "hourly pay", words, amount))
    return lines


def net_sales(sales: Sequence[Sale], terms: PlanTerms, month: str, zone: ZoneInfo) -> int:
    """The net revenue of a month: what was sold in it, less what came back in it within the plan's days."""
    begin, end = month_bounds(month, zone)
    net = 0
    for sale in {sale.placed.order: sale for sale in sales}.values():
        if sale.placed.currency != terms.currency:
            continue
        if begin <= sale.placed.at < end:
            net += sum(line.net_minor for line in sale.placed.lines)
        for taken in counted_back(sale, terms, end):
            if begin <= taken.at:
                net -= sum(line.net_minor for line in taken.lines)
    return net


def pool_shares(version: PlanPublished, weights: Mapping[str, Fraction], net: int) -> tuple[int, dict[str, int], str]:
    """The pool, each member's share of it, and how the pool came about.

    Shares are in proportion to the weights (negative ones count as none), by the method of the largest remainder, ties
    by the agent's id: they add up to the pool exactly. Where all weights are none, nobody gets anything.
    """
    pool = version.terms.pool
    if pool is None:
        return 0, {}, ""
    amount, words = _amount(pool, 1, max(0, net), "pool", version.terms.rounding)
    fair = {agent: max(Fraction(0), weight) for agent, weight in weights.items()}
    total = sum(fair.values(), Fraction(0))
    if not total:
        return amount, dict.fromkeys(weights, 0), words
    exact = {agent: amount * weight / total for agent, weight in fair.items()}
    shares = {agent: share.numerator // share.denominator for agent, share in exact.items()}
    rest = amount - sum(shares.values())
    for agent in sorted(exact, key=lambda agent: (shares[agent] - exact[agent], agent))[:rest]:
        shares[agent] += 1
    return amount, shares, words


def _line(
    source: Source, plan: str, rule: str, calculation: str, amount: int, order: str | None = None
) -> StatementLine:
    return StatementLine(source=source, plan=plan, rule=rule, calculation=calculation, amount_minor=amount, order=order)


def _name(version: PlanPublished) -> str:
    return f"{version.plan}/{version.version}"

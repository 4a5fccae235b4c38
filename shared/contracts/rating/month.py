"""The price of a month: charges by volume, fees, minimum and cap, bonus and malus, claw-back, and the tax."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from shared.contracts.rating.amounts import PARTS, minor_text, parts, rounded
from shared.contracts.rating.calendar import days_held, days_of, local
from shared.contracts.rating.charges import (
    UNITS,
    Charge,
    Group,
    Running,
    charges_of,
    commissions_of,
    id_of,
    line_of,
    priced,
    shortfall,
)
from shared.contracts.rating.trace import Kind, Line, Rating, Unrated
from shared.contracts.rating.usage import HOT_LEADS, Commission, Figure, NotRatable, Usage, Version
from shared.contracts.terms.pricing import Band, Priced
from shared.contracts.terms.rules import YEARS
from shared.contracts.terms.values import EXACT, exact, plain

Placed = tuple[Line, Group]
"""A line that is not rounded yet, and the group that it shows."""


def rate(versions: Sequence[Version], usage: Usage, month: str) -> Rating:
    """What a month such as `2026-03` costs under the versions of a contract.

    Each call, sale and stay is priced by the version that held on its day in the contract's zone; tiers go by the whole
    month's volume of the component. What goes by the month (seats, minimum, cap, bonus and malus, fees paid once) is
    priced by the version that held last in it. NotRatable when the input contradicts itself.
    """
    first, last = days_of(month)
    versions = sorted(versions, key=lambda one: one.starts)
    closing = _closing(versions, first, last)
    _check(usage, versions, closing, month)
    pricing = closing.terms.pricing
    covered = days_held(closing, versions, first, last) > 0
    charges, unrated = charges_of(usage, versions, closing.terms.payment.currency)
    placed: list[Placed] = []
    commissions: list[Commission] = []
    for kind in UNITS:
        for component, own in _by_component(kind, charges[kind], closing if covered else None):
            placed += _volume_lines(kind, own, component, closing)
            if kind == "per_sale":
                commissions += commissions_of(own, component)
    lines = _rounded(placed, closing)
    if covered:
        lines += _seats(usage, versions, closing, first, last)
        lines += _minimum(versions, closing, first, last, sum(line.amount for line in lines))
        base = sum(line.amount for line in lines)
        if pricing.cap_minor is not None and base > pricing.cap_minor:
            lines.append(_plain("cap", "cap", pricing.cap_clause, closing, pricing.cap_minor - base))
            base = pricing.cap_minor
        figures, missing = _figures(usage.figures, closing, base)
        lines += figures
        unrated += missing
        lines += [
            _plain("one_off", fee.name, fee.clause, closing, fee.amount_minor)
            for fee in pricing.one_off
            if first <= fee.due <= last
        ]
    deducted, clawed_back, unknown = _clawback(usage, commissions, closing)
    lines += deducted
    net = sum(line.amount for line in lines)
    payment = closing.terms.payment
    vat = rounded(EXACT.multiply(net, exact(payment.vat_percent)), pricing.rounding_mode, Decimal(100))
    return Rating(
        month=month,
        currency=payment.currency,
        lines=tuple(lines),
        net=net,
        vat=vat,
        gross=net + vat,
        commissions=tuple(sorted(commissions, key=lambda one: (one.sold_on, one.sale, one.component))),
        clawed_back=clawed_back,
        unrated=tuple(sorted([*unrated, *unknown], key=lambda one: (one.reason, one.id))),
    )


def _closing(versions: Sequence[Version], first: date, last: date) -> Version:
    """The version that held last within the month; after the contract's end, for what is still deducted, its last."""
    if len({version.starts for version in versions}) != len(versions):
        raise NotRatable("versions", "two begin on one day")
    held = [version for version in versions if days_held(version, versions, first, last) > 0]
    begun = held or [version for version in versions if version.starts <= last]
    if not begun:
        raise NotRatable("versions", f"none has begun by {last}")
    if len({version.terms.payment.currency for version in begun}) > 1:
        raise NotRatable("versions", "have different currencies")
    return begun[-1]


def _check(usage: Usage, versions: Sequence[Version], closing: Version, month: str) -> None:
    for field, ids in (
        ("calls", [id_of(call) for call in usage.calls]),
        ("sales", [id_of(sale) for sale in usage.sales]),
        ("agents", [id_of(stay) for stay in usage.agents]),
        ("ledger", [f"{entry.sale} {entry.component}" for entry in usage.ledger]),
    ):
        twice = [id_ for id_, times in Counter(ids).items() if times > 1]
        if twice or "" in ids:
            raise NotRatable(field, f"{min(twice)} stands twice" if twice else "an id is empty")
    for call in usage.calls:
        if min(call.talk_seconds, call.hold_seconds, call.wrap_seconds, call.count) < 0:
            raise NotRatable("calls", f"{call.id} has a negative number")
    for sale in usage.sales:
        if min(sale.amount_minor, sale.count) < 0:
            raise NotRatable("sales", f"{sale.id} has a negative number")
    for stay in usage.agents:
        if min(stay.seconds, stay.count) < 0:
            raise NotRatable("agents", f"{stay.agent} has a negative number")
    for figure in usage.figures:
        if not 0 <= figure.numerator <= figure.denominator:
            raise NotRatable("figures", f"{figure.name} is not from 0 to 100 %")
    for at in (item.at for items in (usage.calls, usage.sales, usage.agents) for item in items):
        if at.tzinfo is None:
            raise NotRatable("at", "a time has no zone")
        if at.year not in YEARS:
            raise NotRatable("at", f"{at.year} is no year of a contract")
        day = local(closing.terms, at).date()
        if day.isoformat()[:7] != month:
            raise NotRatable("at", f"{day} in the contract's zone is not in {month}")
    for cancellation in usage.cancellations:
        if cancellation.on.isoformat()[:7] > month:
            raise NotRatable("cancellations", f"{cancellation.sale} was cancelled after {month}")


def _by_component(
    kind: Kind, charges: Sequence[Charge], closing: Version | None
) -> Iterator[tuple[Priced | None, list[Charge]]]:
    """The charges of each component by name, with the component of the closing version, also where it has none."""
    own: dict[str, list[Charge]] = defaultdict(list)
    for charge in charges:
        own[charge.component.name].append(charge)
    floors: dict[str, Priced] = {}
    if closing is not None:
        floors = {component.name: component for component in getattr(closing.terms.pricing, kind)}
    for name in sorted(floors.keys() | own.keys()):
        yield floors.get(name), own.get(name, [])


def _volume_lines(kind: Kind, own: Sequence[Charge], floor: Priced | None, closing: Version) -> Iterator[Placed]:
    for group in sorted(priced(kind, own, floor), key=_order):
        yield line_of(kind, kind, group), group
    if floor is not None:
        for group in shortfall(kind, closing, floor, sum(one.quantity * one.count for one in own)):
            yield line_of(kind, "minimum_volume", group), group


def _order(group: Group) -> tuple[int, int, Decimal]:
    charge = group.piece.charge
    return charge.version.number, group.piece.tier.over, charge.surcharge


def _rounded(placed: Iterable[Placed], closing: Version) -> list[Line]:
    """Every line in minor units. What is rounded by the component or the invoice shares the rounded sum in order."""
    invoice = Running(closing.terms.pricing.rounding_mode)
    by_component: dict[tuple[str, int], Running] = {}
    lines: list[Line] = []
    for line, group in placed:
        component, version = group.piece.charge.component, group.piece.charge.version
        match component.round_at:
            case "line" if line.kind != "minimum_volume":
                amount = group.amount
            case "invoice":
                amount = invoice.step(group.exact)
            case _:
                own = Running(version.terms.pricing.rounding_mode)
                amount = by_component.setdefault((component.name, version.number), own).step(group.exact)
        lines.append(replace(line, amount=amount))
    return lines


def _seats(usage: Usage, versions: Sequence[Version], closing: Version, first: date, last: date) -> Iterator[Line]:
    days = (last - first).days + 1
    for version in versions:
        held = days_held(version, versions, first, last)
        for seat in version.terms.pricing.per_seat:
            if not held or not (seat.prorated or version is closing):
                continue
            seats = usage.seats.get(seat.name, seat.seats)
            amount = parts(seats, exact(seat.rate), PARTS)
            share = (held, days) if seat.prorated else (1, 1)
            mode = version.terms.pricing.rounding_mode
            yield Line(
                kind="per_seat",
                component=seat.name,
                clause=seat.clause,
                version=version.number,
                quantity=str(seats),
                unit="seat" if share == (1, 1) or held == days else f"seat, {held} of {days} days",
                rate=seat.rate,
                exact=minor_text(EXACT.multiply(amount, share[0]) / share[1]),
                rounding=f"component {mode}",
                amount=rounded(EXACT.multiply(amount, share[0]), mode, PARTS * share[1]),
            )


def _minimum(versions: Sequence[Version], closing: Version, first: date, last: date, charged: int) -> Iterator[Line]:
    pricing = closing.terms.pricing
    minimum = pricing.minimum_fee_minor
    if pricing.minimum_fee_prorated:
        days = (last - first).days + 1
        held = sum(days_held(version, versions, first, last) for version in versions)
        minimum = rounded(Decimal(minimum * held), pricing.rounding_mode, Decimal(days))
    if charged < minimum:
        yield _plain("minimum_fee", "minimum fee", pricing.minimum_clause, closing, minimum - charged)


def _figures(figures: Sequence[Figure], closing: Version, base: int) -> tuple[list[Line], list[Unrated]]:
    """Bonus and malus, in per cent of the month's charges `base`."""
    lines: list[Line] = []
    missing: list[Unrated] = []
    terms = closing.terms
    judged: list[tuple[Kind, str, str, str, tuple[Band, ...], str]] = [
        ("service_level", one.name, one.name, one.clause, one.credits, one.window) for one in terms.service_levels
    ]
    measures = terms.measures
    judged.append(("service_level", HOT_LEADS, HOT_LEADS, measures.hot_lead_clause, measures.hot_lead_credits, "month"))
    judged += [("incentive", one.name, one.measure, one.clause, one.bands, "month") for one in terms.pricing.incentives]
    for kind, name, measure, clause, bands, window in judged:
        if not bands:
            continue
        own = [figure for figure in figures if figure.name == measure]
        if window == "month" and len(own) > 1:
            raise NotRatable("figures", f"{measure} is measured by the month and stands {len(own)} times")
        measured = [figure for figure in own if figure.denominator]
        if not own:
            missing.append(Unrated(name, "no_figure"))
        for band in bands:
            inside = [figure for figure in measured if _inside(figure, band)]
            if inside and (exact(band.percent) or band.amount_minor):
                lines.append(_band_line(kind, name, clause, closing, band, base, inside, len(measured)))
    return lines, missing


def _inside(figure: Figure, band: Band) -> bool:
    value = figure.numerator * 100
    reached = EXACT.multiply(exact(band.at_least), figure.denominator) <= value
    return reached and (band.below is None or value < EXACT.multiply(exact(band.below), figure.denominator))


def _band_line(
    kind: Kind, name: str, clause: str, closing: Version, band: Band, base: int, inside: Sequence[Figure], windows: int
) -> Line:
    mode = closing.terms.pricing.rounding_mode
    amount = EXACT.add(EXACT.multiply(exact(band.percent), base), 100 * band.amount_minor)
    shares = EXACT.multiply(amount, len(inside))
    only = inside[0]
    return Line(
        kind=kind,
        component=name,
        clause=clause,
        version=closing.number,
        quantity=str(base),
        unit="minor unit charged",
        rate=f"{band.percent} %" + (f" and {band.amount_minor}" if band.amount_minor else ""),
        tier=f"{band.at_least}-{band.below or ''} %",
        volume=f"{only.numerator}/{only.denominator}" if windows == 1 else f"{len(inside)} of {windows} windows",
        exact=minor_text(EXACT.multiply(shares, PARTS) / (100 * windows)),
        rounding=f"component {mode}",
        amount=rounded(shares, mode, Decimal(100 * windows)),
    )


def _clawback(
    usage: Usage, commissions: Sequence[Commission], closing: Version
) -> tuple[list[Line], tuple[str, ...], list[Unrated]]:
    """Each cancelled sale is deducted once: what was paid for it, in whichever month."""
    cancelled: dict[str, date] = {}
    for cancellation in usage.cancellations:
        cancelled[cancellation.sale] = min(cancellation.on, cancelled.get(cancellation.sale, cancellation.on))
    known = {sale.id for sale in usage.sales}
    lines: Counter[tuple[str, str, int]] = Counter()
    deducted: set[str] = set()
    for entry in (*usage.ledger, *commissions):
        known.add(entry.sale)
        on = cancelled.get(entry.sale)
        if on is None or entry.clawed_back or (on - entry.sold_on).days > entry.within_days:
            continue
        lines[entry.component, entry.sold_on.isoformat()[:7], entry.minor] += 1
        deducted.add(entry.sale)
    clauses = {component.name: component.clause for component in closing.terms.pricing.per_sale}
    made = [
        Line(
            kind="clawback",
            component=component,
            clause=clauses.get(component, ""),
            version=closing.number,
            quantity=str(count),
            unit=f"sale of {month}, cancelled",
            rate=str(-minor),
            exact=str(-minor * count),
            rounding="none",
            amount=-minor * count,
        )
        for (component, month, minor), count in sorted(lines.items())
    ]
    return made, tuple(sorted(deducted)), [Unrated(sale, "unknown_sale") for sale in cancelled.keys() - known]


def _plain(kind: Kind, component: str, clause: str, closing: Version, amount: int) -> Line:
    """One thing at its amount."""
    return Line(
        kind=kind,
        component=component,
        clause=clause,
        version=closing.number,
        quantity="1",
        unit="month" if kind != "one_off" else "fee",
        rate=plain(Decimal(amount)),
        exact=str(amount),
        rounding="none",
        amount=amount,
    )

"""What is paid by volume: which usage a component prices, in which tier, and what that comes to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from shared.contracts.rating.amounts import PARTS, minor_text, parts, rounded
from shared.contracts.rating.calendar import held_at, local, surcharge_at
from shared.contracts.rating.trace import Kind, Line, Unrated
from shared.contracts.rating.usage import AgentUsage, CallUsage, Commission, SaleUsage, Usage, Version
from shared.contracts.terms.pricing import PerCall, PerMinute, PerSale, Priced, RoundingMode, Tier
from shared.contracts.terms.values import EXACT, exact, plain

Place = tuple[datetime, str]
_NONE = Decimal()


class Unit(NamedTuple):
    """How a kind of component counts: base units (seconds, pieces) in one unit of its tiers, what that is called, and
    the parts of one base unit at the rate of 1."""

    base: int
    name: str
    weight: Decimal


UNITS: dict[Kind, Unit] = {
    "per_minute": Unit(60, "minute", PARTS / 60),
    "per_call": Unit(1, "call", PARTS),
    "per_sale": Unit(1, "sale", PARTS),
    "per_hour": Unit(3600, "hour", PARTS / 3600),
}


@dataclass(frozen=True)
class Charge:
    """Usage that a component prices: `count` times `quantity` base units. `id` is the call's, sale's or stay's."""

    at: datetime
    id: str
    version: Version
    component: Priced
    quantity: int
    count: int
    weight: Decimal
    surcharge: Decimal = _NONE


class Piece(NamedTuple):
    """Part of a charge that lies in one tier: `times` times `quantity` base units; `start`: the month's volume before
    it, for a slab the whole month's; `cut`: whether it is the first or a further part of one line that goes over the
    end of a tier."""

    charge: Charge
    tier: Tier
    quantity: int
    times: int
    start: int
    cut: Literal["", "first", "next"] = ""


@dataclass
class Group:
    """Pieces of one component, version, tier and surcharge: one line of the trace."""

    piece: Piece
    quantity: Decimal = _NONE
    exact: Decimal = _NONE
    amount: int = 0


class LineRounding:
    """Rounds line by line. A line that is cut is rounded as a whole, and its pieces share that in their order."""

    def __init__(self) -> None:
        self._cut: Running | None = None

    def amount(self, piece: Piece) -> int:
        """Minor units of all lines of the piece."""
        mode = piece.charge.version.terms.pricing.rounding_mode
        if not piece.cut:
            return rounded(_parts(piece), mode) * piece.times
        if piece.cut == "first" or self._cut is None:
            self._cut = Running(mode)
        return self._cut.step(_parts(piece))


class Running:
    """Rounds a sum as it grows: the rounded steps add up to the rounded sum."""

    def __init__(self, mode: RoundingMode) -> None:
        self._mode = mode
        self._sum = _NONE
        self._told = 0

    def step(self, amount: Decimal) -> int:
        """What the sum's rounding grows by."""
        self._sum = EXACT.add(self._sum, amount)
        told, self._told = self._told, rounded(self._sum, self._mode)
        return self._told - told


def charges_of(
    usage: Usage, versions: Sequence[Version], currency: str
) -> tuple[dict[Kind, list[Charge]], list[Unrated]]:
    """All that components price, by their kind, and what nothing could be said of."""
    found: dict[Kind, list[Charge]] = {"per_minute": [], "per_call": [], "per_sale": [], "per_hour": []}
    unrated: list[Unrated] = []

    def collect(items: Iterable[CallUsage | SaleUsage | AgentUsage]) -> None:
        for item in items:
            version = held_at(versions, item.at)
            if version is None:
                unrated.append(Unrated(id_of(item), "no_terms"))
                continue
            match item:
                case CallUsage():
                    found["per_minute"] += _minutes(item, version)
                    found["per_call"] += _calls(item, version)
                case AgentUsage():
                    found["per_hour"] += _hours(item, version)
                case SaleUsage():
                    priced = _sales(item, version)
                    if item.currency != currency and any(one.weight != PARTS for one in priced):
                        unrated.append(Unrated(item.id, "foreign_currency"))
                        priced = []
                    found["per_sale"] += priced

    collect(usage.calls)
    collect(usage.sales)
    collect(usage.agents)
    return found, unrated


def id_of(item: CallUsage | SaleUsage | AgentUsage) -> str:
    """What tells it from all others of its kind."""
    return f"{item.agent}@{item.at.isoformat()} {item.state}" if isinstance(item, AgentUsage) else item.id


def _minutes(call: CallUsage, version: Version) -> Iterator[Charge]:
    for component in version.terms.pricing.per_minute:
        if _meant(component, call):
            seconds = billed_seconds(component, call)
            if seconds:
                yield _timed(call.at, call.id, version, component, "per_minute", seconds, call.count)


def _calls(call: CallUsage, version: Version) -> Iterator[Charge]:
    for component in version.terms.pricing.per_call:
        if _meant(component, call) and getattr(call, component.basis):
            yield _timed(call.at, call.id, version, component, "per_call", 1, call.count)


def _hours(stay: AgentUsage, version: Version) -> Iterator[Charge]:
    for component in version.terms.pricing.per_hour:
        state = next((one for one in component.states if one.name == stay.state), None)
        if state is None or (component.campaigns and stay.campaign not in component.campaigns):
            continue
        seconds = stay.seconds if state.max_seconds is None else min(stay.seconds, state.max_seconds)
        share = exact(state.percent)
        charge = _timed(stay.at, id_of(stay), version, component, "per_hour", seconds, stay.count)
        if seconds and share:
            yield replace(charge, weight=EXACT.multiply(charge.weight, EXACT.scaleb(share, -2)))


def _sales(sale: SaleUsage, version: Version) -> list[Charge]:
    return [
        Charge(sale.at, sale.id, version, component, 1, sale.count, _value(component, sale))
        for component in version.terms.pricing.per_sale
        if not component.campaigns or sale.campaign in component.campaigns
    ]


def _value(component: PerSale, sale: SaleUsage) -> Decimal:
    """A rate of 1 is one minor unit, or one per cent of the value."""
    return PARTS if component.basis == "flat" else EXACT.multiply(PARTS / 100, sale.amount_minor)


def _meant(component: PerMinute | PerCall, call: CallUsage) -> bool:
    return (not component.directions or call.direction in component.directions) and (
        not component.campaigns or call.campaign in component.campaigns
    )


def billed_seconds(component: PerMinute, call: CallUsage) -> int:
    """The seconds of a call that are paid, by the component's increment. A call without any of that time is free."""
    seconds = call.talk_seconds
    if component.counts != "talk":
        seconds += call.hold_seconds
    if component.counts == "talk_hold_wrap":
        seconds += call.wrap_seconds
    if not seconds:
        return 0
    rest = max(0, seconds - component.first_seconds)
    return component.first_seconds + -(-rest // component.next_seconds) * component.next_seconds


def _timed(
    at: datetime, id_: str, version: Version, component: Priced, kind: Kind, quantity: int, count: int
) -> Charge:
    surcharge = surcharge_at(version.terms, component.name, at)
    return Charge(at, id_, version, component, quantity, count, UNITS[kind].weight, surcharge)


def priced(kind: Kind, charges: Sequence[Charge], floor: Priced | None) -> Iterator[Group]:
    """The groups of one component with their exact amounts; those that round each line have their amounts too.

    `floor` is the component by which the month closes: what it is paid for at least counts as volume.
    """
    unit = UNITS[kind]
    volume = max(sum(one.quantity * one.count for one in charges), floor.minimum * unit.base if floor else 0)
    groups: dict[tuple[int, int, Decimal], Group] = {}
    lines = LineRounding()
    for piece in pieces(_merged(charges) if kind != "per_sale" else _in_order(charges), volume, unit.base):
        charge = piece.charge
        group = groups.setdefault((charge.version.number, piece.tier.over, charge.surcharge), Group(piece))
        group.quantity = EXACT.add(group.quantity, _counted(piece, unit))
        group.exact = EXACT.add(group.exact, EXACT.multiply(_parts(piece), piece.times))
        if charge.component.round_at == "line":
            group.amount += lines.amount(piece)
    yield from groups.values()


def shortfall(kind: Kind, version: Version, floor: Priced, volume: int) -> Iterator[Group]:
    """What is missing to the volume that is paid for at least, as charges behind all others."""
    unit = UNITS[kind]
    missing = floor.minimum * unit.base - volume
    if missing > 0:
        charge = Charge(datetime.min.replace(tzinfo=UTC), "", version, floor, missing, 1, unit.weight)
        for piece in pieces([charge], volume + missing, unit.base, volume):
            yield Group(piece, Decimal(piece.quantity), _parts(piece))


def commissions_of(charges: Sequence[Charge], floor: Priced | None) -> Iterator[Commission]:
    """What each sale brought by one component, where a cancellation takes it back. Where it is not each line that is
    rounded, the sales share the rounded amount in their order."""
    volume = max(sum(one.count for one in charges), floor.minimum if floor else 0)
    running: dict[int, Running] = {}
    lines = LineRounding()
    minor: dict[Place, int] = {}
    by_place: dict[Place, Charge] = {}
    for piece in pieces(_in_order(charges), volume, 1):
        charge = piece.charge
        if charge.component.round_at == "line":
            amount = lines.amount(piece)
        else:
            rounding = running.setdefault(charge.version.number, Running(charge.version.terms.pricing.rounding_mode))
            amount = rounding.step(EXACT.multiply(_parts(piece), piece.times))
        minor[_place(charge)] = minor.get(_place(charge), 0) + amount
        by_place[_place(charge)] = charge
    for place, charge in by_place.items():
        component = charge.component
        if isinstance(component, PerSale) and component.clawback_days is not None:
            yield Commission(
                sale=charge.id,
                component=component.name,
                sold_on=local(charge.version.terms, charge.at).date(),
                minor=minor[place],
                within_days=component.clawback_days,
            )


def pieces(charges: Iterable[Charge], volume: int, base: int, start: int = 0) -> Iterator[Piece]:
    """The charges, cut where a graduated tier ends."""
    for charge in charges:
        tiers = charge.component.tiers
        if charge.component.tier_mode == "slab" or len(tiers) == 1:
            tier = next(one for one in tiers if one.up_to is None or volume <= one.up_to * base)
            yield Piece(charge, tier, charge.quantity, charge.count, volume)
            start += charge.quantity * charge.count
            continue
        left = charge.count
        while left:
            tier = next(one for one in tiers if one.up_to is None or start < one.up_to * base)
            fit = left if tier.up_to is None else min(left, (tier.up_to * base - start) // charge.quantity)
            if fit:
                yield Piece(charge, tier, charge.quantity, fit, start)
                start += charge.quantity * fit
                left -= fit
            else:
                yield from _cut(charge, tiers, base, start)
                start += charge.quantity
                left -= 1


def _cut(charge: Charge, tiers: Sequence[Tier], base: int, start: int) -> Iterator[Piece]:
    """One unit of a charge, which goes over the end of a tier or of several."""
    rest = charge.quantity
    cut: Literal["first", "next"] = "first"
    while rest:
        tier = next(one for one in tiers if one.up_to is None or start < one.up_to * base)
        part = rest if tier.up_to is None else min(rest, tier.up_to * base - start)
        yield Piece(charge, tier, part, 1, start, cut)
        cut = "next"
        start += part
        rest -= part


def _in_order(charges: Iterable[Charge]) -> list[Charge]:
    return sorted(charges, key=lambda one: (one.at, one.id))


def _merged(charges: Sequence[Charge]) -> list[Charge]:
    """Where the place within the month plays no part, equal charges are one."""
    if any(one.component.tier_mode == "graduated" and len(one.component.tiers) > 1 for one in charges):
        return _in_order(charges)
    merged: defaultdict[tuple[int, int, Decimal, Decimal], list[Charge]] = defaultdict(list)
    for one in charges:
        merged[one.version.number, one.quantity, one.surcharge, one.weight].append(one)
    return [replace(alike[0], count=sum(one.count for one in alike)) for alike in merged.values()]


def _place(charge: Charge) -> Place:
    return charge.at, charge.id


def _parts(piece: Piece) -> Decimal:
    return parts(piece.quantity, exact(piece.tier.rate), piece.charge.weight, piece.charge.surcharge)


def _counted(piece: Piece, unit: Unit) -> Decimal:
    """What the rate is multiplied by, in base units: a state that is paid in part counts in part, and where a share of
    the value is paid, it is the value."""
    charge = piece.charge
    share = EXACT.multiply(charge.weight, 100) if _by_value(charge.component) else charge.weight
    return EXACT.multiply(EXACT.divide(share, unit.weight), piece.quantity * piece.times)


def _by_value(component: Priced) -> bool:
    return isinstance(component, PerSale) and component.basis == "percent"


def line_of(kind: Kind, shown_as: Kind, group: Group) -> Line:
    """The line of the trace."""
    unit, piece = UNITS[kind], group.piece
    charge, tier, component = piece.charge, piece.tier, piece.charge.component
    several, percent = len(component.tiers) > 1, _by_value(component)
    return Line(
        kind=shown_as,
        component=component.name,
        clause=component.clause,
        version=charge.version.number,
        quantity=_quantity(group.quantity, unit.base),
        unit="minor unit of value" if percent else unit.name,
        rate=f"{tier.rate} %" if percent else tier.rate,
        tier=f"{tier.over}-{'' if tier.up_to is None else tier.up_to} {component.tier_mode}" if several else "",
        volume=_quantity(Decimal(piece.start), unit.base) if several else "",
        surcharge=plain(charge.surcharge) if charge.surcharge else "",
        exact=minor_text(group.exact),
        rounding=f"{component.round_at} {charge.version.terms.pricing.rounding_mode}",
        amount=group.amount,
    )


def _quantity(base_units: Decimal, base: int) -> str:
    return minor_text(base_units * PARTS / base)

"""What a draft says otherwise than was agreed: every term, whether it is better or worse for us, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from shared.contracts.rating import Usage, Version, days_of, expected_month, expected_usage, rate
from shared.contracts.terms import Band, Field, Term, TermSheet, Tier, exact, fields_of, key_of, put, without_keys

Change = Literal["changed", "missing", "added"]
Effect = Literal["better", "worse", "neutral"]


class Deviation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A term that differs, is missing or was added. `old`, `new`: as plain data; None where there is nothing.

    `cost_minor`: what it alone costs us more in the expected month, minor units, negative where it costs less;
    `once_minor`: what it costs more once. Both are None where the currencies differ. `effect`: for us.
    """

    path: str
    change: Change
    old: Any = None
    new: Any = None
    effect: Effect
    cost_minor: int | None = 0
    once_minor: int | None = 0


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """All deviations of a draft; `month`: the expected month that they were priced in; `agreed_minor`: what it costs as
    agreed, `cost_minor`, `once_minor`: what all of them together cost more (None where the currencies differ)."""

    currency: str
    month: str
    agreed_minor: int
    cost_minor: int | None
    once_minor: int | None
    deviations: tuple[Deviation, ...]


Direction = Literal["higher", "lower", "either"] | tuple[str, ...]
"""Which value is better for us: the higher one (of a list: more of it), the lower one, neither; or all values from the
worst to the best. Nothing where there may be something means without limit."""

HIGHER: Direction = "higher"
LOWER: Direction = "lower"
EITHER: Direction = "either"

_PRICED: Mapping[str, Direction] = {
    "": LOWER,
    ".name": EITHER,
    ".clause": EITHER,
    ".tiers[]": EITHER,
    ".tiers[].over": EITHER,
    ".tiers[].up_to": EITHER,
    ".tiers[].rate": LOWER,
    ".tier_mode": EITHER,
    ".minimum": LOWER,
    ".round_at": EITHER,
    ".campaigns": EITHER,
}
_BANDS: Mapping[str, Direction] = {
    "": HIGHER,
    ".at_least": EITHER,
    ".below": EITHER,
    ".percent": LOWER,
    ".amount_minor": LOWER,
}


def _of(path: str, table: Mapping[str, Direction]) -> dict[str, Direction]:
    return {path + rest: direction for rest, direction in table.items()}


DIRECTIONS: Mapping[str, Direction] = {
    "service.format": ("simple_operators", "pre_trained"),
    "service.employees": ("ours", "shared", "partner"),
    "service.crm": EITHER,
    "service.customers_first": EITHER,
    "service.client_base": ("partner", "shared", "ours"),
    "service.languages": HIGHER,
    "schedule.time_zone": EITHER,
    "schedule.always": HIGHER,
    "schedule.hours[]": HIGHER,
    "schedule.hours[].name": EITHER,
    "schedule.hours[].opens": LOWER,
    "schedule.hours[].closes": HIGHER,
    "schedule.holidays": LOWER,
    "volumes.months[]": EITHER,
    "volumes.months[].name": EITHER,
    "volumes.months[].calls_per_day": EITHER,
    "volumes.campaigns[]": EITHER,
    "volumes.campaigns[].name": EITHER,
    "volumes.campaigns[].percent": EITHER,
    "volumes.inbound_percent": EITHER,
    "volumes.answered_percent": EITHER,
    "volumes.contact_percent": EITHER,
    "volumes.conversion_percent": EITHER,
    "volumes.cancelled_percent": EITHER,
    "volumes.talk_seconds": EITHER,
    "volumes.hold_seconds": EITHER,
    "volumes.wrap_seconds": EITHER,
    "volumes.agent_hours_per_day": EITHER,
    "volumes.average_order_minor": EITHER,
    "volumes.service_level_percent": EITHER,
    "volumes.quality_percent": EITHER,
    **_of("pricing.per_minute[]", _PRICED),
    "pricing.per_minute[].first_seconds": LOWER,
    "pricing.per_minute[].next_seconds": LOWER,
    "pricing.per_minute[].counts": ("talk_hold_wrap", "talk_hold", "talk"),
    "pricing.per_minute[].directions": EITHER,
    **_of("pricing.per_call[]", _PRICED),
    "pricing.per_call[].basis": ("offered", "answered", "handled", "contact"),
    "pricing.per_call[].directions": EITHER,
    **_of("pricing.per_sale[]", _PRICED),
    "pricing.per_sale[].basis": EITHER,
    "pricing.per_sale[].clawback_days": HIGHER,
    **_of("pricing.per_hour[]", _PRICED),
    "pricing.per_hour[].states[]": LOWER,
    "pricing.per_hour[].states[].name": EITHER,
    "pricing.per_hour[].states[].percent": LOWER,
    "pricing.per_hour[].states[].max_seconds": LOWER,
    "pricing.per_seat[]": LOWER,
    "pricing.per_seat[].name": EITHER,
    "pricing.per_seat[].clause": EITHER,
    "pricing.per_seat[].seats": LOWER,
    "pricing.per_seat[].rate": LOWER,
    "pricing.per_seat[].prorated": HIGHER,
    "pricing.one_off[]": LOWER,
    "pricing.one_off[].name": EITHER,
    "pricing.one_off[].clause": EITHER,
    "pricing.one_off[].amount_minor": LOWER,
    "pricing.one_off[].due": HIGHER,
    "pricing.surcharges[]": LOWER,
    "pricing.surcharges[].name": EITHER,
    "pricing.surcharges[].clause": EITHER,
    "pricing.surcharges[].percent": LOWER,
    "pricing.surcharges[].days": EITHER,
    "pricing.surcharges[].starts": EITHER,
    "pricing.surcharges[].ends": EITHER,
    "pricing.surcharges[].holidays": LOWER,
    "pricing.surcharges[].components": EITHER,
    "pricing.incentives[]": EITHER,
    "pricing.incentives[].name": EITHER,
    "pricing.incentives[].clause": EITHER,
    "pricing.incentives[].measure": EITHER,
    **_of("pricing.incentives[].bands[]", _BANDS),
    "pricing.rounding_mode": EITHER,
    "pricing.minimum_fee_minor": LOWER,
    "pricing.minimum_fee_prorated": HIGHER,
    "pricing.minimum_clause": EITHER,
    "pricing.cap_minor": LOWER,
    "pricing.cap_clause": EITHER,
    "payment.currency": EITHER,
    "payment.method": EITHER,
    "payment.days": HIGHER,
    "payment.vat_category": EITHER,
    "payment.vat_percent": EITHER,
    "payment.reverse_charge": EITHER,
    "service_levels[]": HIGHER,
    "service_levels[].name": EITHER,
    "service_levels[].clause": EITHER,
    "service_levels[].variant": EITHER,
    "service_levels[].seconds": LOWER,
    "service_levels[].target_percent": HIGHER,
    "service_levels[].window": EITHER,
    **_of("service_levels[].credits[]", _BANDS),
    "measures.short_abandon_seconds": LOWER,
    "measures.conversion_of": EITHER,
    "measures.hot_lead_seconds": LOWER,
    **_of("measures.hot_lead_credits[]", _BANDS),
    "measures.hot_lead_clause": EITHER,
    "quality_controllers[]": HIGHER,
    "quality_controllers[].name": EITHER,
    "quality_controllers[].side": EITHER,
    "quality_controllers[].position": EITHER,
    "scripts[]": EITHER,
    "scripts[].name": EITHER,
    "scripts[].version": EITHER,
    "scripts[].title": EITHER,
    "certified[]": HIGHER,
    "certified[].name": EITHER,
    "certified[].agents": HIGHER,
    "certified[].backups": HIGHER,
    "certified[].clause": EITHER,
    "month.report_due_day": LOWER,
    "month.layout": EITHER,
    "month.tolerances[]": LOWER,
    "month.tolerances[].name": EITHER,
    "month.tolerances[].below": EITHER,
    "month.tolerances[].above": LOWER,
    "month.tolerances[].below_percent": EITHER,
    "month.tolerances[].above_percent": LOWER,
    "month.statement_days": LOWER,
    "month.answer_days": HIGHER,
    "month.deemed_accepted": LOWER,
    "validity.starts": EITHER,
    "validity.ends": EITHER,
    "validity.notice_days": EITHER,
    "validity.renewal": EITHER,
    "validity.renewal_months": EITHER,
    "liability_cap_minor": HIGHER,
    "tasks[]": EITHER,
    "tasks[].name": EITHER,
    "tasks[].side": EITHER,
    "tasks[].due": EITHER,
}
"""For every term of a sheet, which value is better for us where the money doesn't tell: the expected month costs the
same. A test holds it to all fields there are."""

PRICED = ("schedule", "pricing", "service_levels", "measures", "payment")
"""The parts of a sheet that a month's price depends on; a test holds it to what rating looks at."""

NEVER = frozenset({"pricing.per_sale[].clawback_days"})
"""Where nothing means never, not without limit."""


def compare(agreed: TermSheet, draft: TermSheet) -> Comparison:
    """What the draft says otherwise, each with its cost: the expected month of what was agreed, priced with that term
    alone changed, less its price as agreed."""
    month = expected_month(agreed)
    usage = expected_usage(agreed, month, draft)
    monthly = cache(partial(_monthly, usage=usage, month=month))
    base, base_once = monthly(agreed), _once(agreed)
    foreign = agreed.payment.currency != draft.payment.currency
    found: list[Deviation] = []
    for path, change, field, old, new in _differences(agreed, draft, ""):
        cost: int | None = None
        once: int | None = None
        if not foreign:
            alone = put(agreed, path, new)
            priced_alike = all(getattr(alone, part) == getattr(agreed, part) for part in PRICED)
            cost = 0 if priced_alike else monthly(alone) - base
            once = _once(alone) - base_once
        found.append(
            Deviation(
                path=path,
                change=change,
                old=_plain(old),
                new=_plain(new),
                effect=_effect(path, change, field, old, new, cost or once or 0),
                cost_minor=cost,
                once_minor=once,
            )
        )
    return Comparison(
        currency=agreed.payment.currency,
        month=month,
        agreed_minor=base,
        cost_minor=None if foreign else monthly(draft) - base,
        once_minor=None if foreign else _once(draft) - base_once,
        deviations=tuple(found),
    )


def _monthly(sheet: TermSheet, usage: Usage, month: str) -> int:
    """What the month costs when the sheet holds for the whole of it, without what is paid once."""
    terms = replace(sheet, pricing=replace(sheet.pricing, one_off=()))
    return rate([Version(number=1, starts=days_of(month)[0], terms=terms)], usage, month).net


def _once(sheet: TermSheet) -> int:
    return sum(fee.amount_minor for fee in sheet.pricing.one_off)


Difference = tuple[str, Change, Field, Any, Any]


def _differences(agreed: Term, draft: Term, before: str) -> Iterator[Difference]:
    for field in fields_of(type(agreed)).values():
        path = before + field.name
        old, new = getattr(agreed, field.name), getattr(draft, field.name)
        match field.shape:
            case "term":
                yield from _differences(old, new, f"{path}.")
            case "terms" if field.kind in (Tier, Band):
                yield from _ranges(path, field, old, new)
            case "terms":
                yield from _things(path, field, old, new)
            case "value" if field.plain(old) != field.plain(new):
                yield path, _change(old, new), field, old, new


def _things(path: str, field: Field, old: Sequence[Term], new: Sequence[Term]) -> Iterator[Difference]:
    """By name; the order says nothing."""
    before, after = {key_of(one): one for one in old}, {key_of(one): one for one in new}
    for key in before | after:
        place = f"{path}[{key}]"
        if key in before and key in after:
            yield from _differences(before[key], after[key], f"{place}.")
        else:
            one, other = before.get(key), after.get(key)
            yield place, _change(one, other), field, one, other


def _ranges(path: str, field: Field, old: Sequence[Term], new: Sequence[Term]) -> Iterator[Difference]:
    """By their bounds. Other bounds are another list: of one range alone it can't be said what it would cost."""
    if [key_of(one) for one in old] == [key_of(one) for one in new]:
        for one, other in zip(old, new, strict=True):
            yield from _differences(one, other, f"{path}[{key_of(one)}].")
    else:
        yield path, _change(old or None, new or None), field, old, new


def _change(old: Any, new: Any) -> Change:
    if old is None:
        return "added"
    return "missing" if new is None else "changed"


def _effect(path: str, change: Change, field: Field, old: Any, new: Any, cost: int) -> Effect:
    if cost:
        return "worse" if cost > 0 else "better"
    kind = without_keys(path)
    direction = DIRECTIONS[f"{kind}[]" if field.shape == "terms" and not kind.endswith("[]") else kind]
    if direction == EITHER:
        return "neutral"
    rise = _rise(kind, change, field, old, new, direction)
    if not rise:
        return "neutral"
    return "better" if (rise > 0) == (direction != LOWER) else "worse"


def _rise(kind: str, change: Change, field: Field, old: Any, new: Any, direction: Direction) -> int:
    """1 where the new value is the higher one, -1 where it is the lower one, 0 where that can't be said."""
    if isinstance(direction, tuple):
        return _sign(direction.index(new) - direction.index(old))
    if field.shape == "terms" or kind in NEVER:
        if change != "changed":
            return 1 if change == "added" else -1
        if field.shape == "terms":
            return 0
    if change != "changed":
        return -1 if change == "added" else 1  # no limit is higher than any
    if isinstance(old, tuple):
        return int(set(new) > set(old)) - int(set(new) < set(old))
    if field.decimal:
        old, new = exact(old), exact(new)
    return int(new > old) - int(new < old)


def _sign(number: int) -> int:
    return int(number > 0) - int(number < 0)


def _plain(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))

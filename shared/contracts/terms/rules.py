"""What a term sheet must keep beyond the types of its fields, each breach with the path of its field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from shared.contracts.codes import AGENT_STATES, WAIT_BOUNDS_S
from shared.contracts.terms.pricing import Band, PerHour, PerMinute, Priced, Pricing, Term
from shared.contracts.terms.sheet import ExpectedVolumes, PaymentTerms, TermSheet, Tolerance, WorkingHours
from shared.contracts.terms.values import CURRENCIES, exact

HUNDRED = Decimal(100)
MOST = 200
"""Things in one list at most."""
YEARS = range(1990, 2200)
"""Years in which a contract may hold."""


class TermError(msgspec.Struct, frozen=True):
    """What is wrong with one field; `field` is its path, `pricing.per_minute[inbound].tiers[0-1000].rate`."""

    field: str
    detail: str


class InvalidTerms(Exception):
    """A term sheet, or a change of one, that makes no sense."""

    def __init__(self, errors: Sequence[TermError]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.detail}" for error in errors))
        self.errors = tuple(errors)


def checked(sheet: TermSheet) -> TermSheet:
    """The sheet itself. InvalidTerms with all that is wrong."""
    if errors := list(breaches(sheet)):
        raise InvalidTerms(errors)
    return sheet


def breaches(sheet: TermSheet) -> Iterator[TermError]:
    """All that is wrong, field by field."""
    yield from _lists(sheet, "")
    for name, day in (("starts", sheet.validity.starts), ("ends", sheet.validity.ends)):
        if day is not None and day.year not in YEARS:
            yield TermError(f"validity.{name}", f"must be from {YEARS.start} to {YEARS.stop - 1}")
    yield from _payment(sheet.payment)
    yield from _schedule(sheet.schedule)
    yield from _volumes(sheet.volumes)
    yield from _pricing(sheet.pricing)
    if sheet.validity.ends is not None and sheet.validity.ends < sheet.validity.starts:
        yield TermError("validity.ends", "is before `validity.starts`")
    if sheet.validity.renewal == "automatic" and not sheet.validity.renewal_months:
        yield TermError("validity.renewal_months", "by how many months is it renewed?")
    yield from _repeated("service_levels", (one.name for one in sheet.service_levels))
    for level in sheet.service_levels:
        path = f"service_levels[{level.name}]"
        if level.seconds not in WAIT_BOUNDS_S:
            yield TermError(f"{path}.seconds", f"is measured for {', '.join(map(str, WAIT_BOUNDS_S))} s only")
        yield from _share(f"{path}.target_percent", level.target_percent)
        yield from _bands(f"{path}.credits", level.credits)
    if sheet.measures.short_abandon_seconds not in (0, *WAIT_BOUNDS_S):
        bounds = ", ".join(map(str, (0, *WAIT_BOUNDS_S)))
        yield TermError("measures.short_abandon_seconds", f"is measured for {bounds} s only")
    if not sheet.measures.hot_lead_seconds:
        yield TermError("measures.hot_lead_seconds", "must be more than 0")
    yield from _bands("measures.hot_lead_credits", sheet.measures.hot_lead_credits)
    yield from _repeated("quality_controllers", (one.name for one in sheet.quality_controllers))
    yield from _repeated("scripts", (one.name for one in sheet.scripts))
    yield from _repeated("certified", (one.name for one in sheet.certified))
    yield from _repeated("tasks", (one.name for one in sheet.tasks))
    yield from _repeated("month.tolerances", (one.name for one in sheet.month.tolerances))
    for tolerance in sheet.month.tolerances:
        yield from _tolerance(f"month.tolerances[{tolerance.name}]", tolerance)
    if sheet.liability_cap_minor is not None:
        yield from _not_negative("liability_cap_minor", sheet.liability_cap_minor)


def _lists(part: Term, before: str) -> Iterator[TermError]:
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if isinstance(value, Term):
            yield from _lists(value, f"{before}{name}.")
        elif isinstance(value, tuple):
            if len(value) > MOST:
                yield TermError(f"{before}{name}", f"has more than {MOST}")
            for one in value:
                if isinstance(one, Term):
                    yield from _lists(one, f"{before}{name}[].")


def _payment(payment: PaymentTerms) -> Iterator[TermError]:
    if payment.currency not in CURRENCIES:
        yield TermError("payment.currency", "not the code of a currency (ISO 4217), such as EUR")
    yield from _share("payment.vat_percent", payment.vat_percent)
    if payment.vat_category != "S" and exact(payment.vat_percent):
        yield TermError("payment.vat_percent", f"must be 0 in the category {payment.vat_category}")
    if payment.reverse_charge != (payment.vat_category == "AE"):
        yield TermError("payment.reverse_charge", "goes with the category AE, and only with that")


def _schedule(schedule: WorkingHours) -> Iterator[TermError]:
    try:
        ZoneInfo(schedule.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield TermError("schedule.time_zone", "not the name of a time zone, such as Europe/Sarajevo")
    if schedule.always == bool(schedule.hours):
        yield TermError("schedule.hours", "either the days that are open, or `schedule.always`")
    yield from _repeated("schedule.hours", (day.name for day in schedule.hours))
    for day in schedule.hours:
        if day.closes <= day.opens:
            yield TermError(f"schedule.hours[{day.name}].closes", "must be later than `opens`")
    if len(set(schedule.holidays)) != len(schedule.holidays):
        yield TermError("schedule.holidays", "has a day twice")


def _volumes(volumes: ExpectedVolumes) -> Iterator[TermError]:
    if not volumes.months:
        yield TermError("volumes.months", "must have one month at least")
    yield from _repeated("volumes.months", (month.name for month in volumes.months))
    yield from _repeated("volumes.campaigns", (campaign.name for campaign in volumes.campaigns))
    for campaign in volumes.campaigns:
        yield from _share(f"volumes.campaigns[{campaign.name}].percent", campaign.percent)
    if sum((exact(campaign.percent) for campaign in volumes.campaigns), Decimal()) > HUNDRED:
        yield TermError("volumes.campaigns", "are more than 100 % together")
    for name in ("inbound", "answered", "contact", "conversion", "cancelled", "service_level", "quality"):
        value: str | None = getattr(volumes, f"{name}_percent")
        if value is not None:
            yield from _share(f"volumes.{name}_percent", value)
    yield from _not_negative("volumes.average_order_minor", volumes.average_order_minor)


def _pricing(pricing: Pricing) -> Iterator[TermError]:
    names: dict[str, str] = {}
    for field in ("per_minute", "per_call", "per_sale", "per_hour", "per_seat", "one_off", "surcharges", "incentives"):
        for component in getattr(pricing, field):
            path = f"pricing.{field}[{component.name}]"
            if component.name in names:
                yield TermError(f"{path}.name", f"is taken by {names[component.name]}")
            names[component.name] = path
            if isinstance(component, Priced):
                yield from _tiers(f"{path}.tiers", component)
    for minutes in pricing.per_minute:
        yield from _increment(f"pricing.per_minute[{minutes.name}]", minutes)
    for hours in pricing.per_hour:
        yield from _states(f"pricing.per_hour[{hours.name}].states", hours)
    for seat in pricing.per_seat:
        yield from _rate(f"pricing.per_seat[{seat.name}].rate", seat.rate)
    for fee in pricing.one_off:
        yield from _not_negative(f"pricing.one_off[{fee.name}].amount_minor", fee.amount_minor)
    for surcharge in pricing.surcharges:
        path = f"pricing.surcharges[{surcharge.name}]"
        yield from _rate(f"{path}.percent", surcharge.percent)
        if surcharge.starts == surcharge.ends:
            yield TermError(f"{path}.ends", "must differ from `starts`")
        dear = {one.name for one in (*pricing.per_minute, *pricing.per_call, *pricing.per_hour)}
        for unknown in sorted(set(surcharge.components) - dear):
            yield TermError(f"{path}.components", f"{unknown} is no component paid by minute, call or hour")
    for incentive in pricing.incentives:
        yield from _bands(f"pricing.incentives[{incentive.name}].bands", incentive.bands)
    yield from _not_negative("pricing.minimum_fee_minor", pricing.minimum_fee_minor)
    if pricing.cap_minor is not None and pricing.cap_minor < pricing.minimum_fee_minor:
        yield TermError("pricing.cap_minor", "is below the minimum fee")


def _tiers(path: str, component: Priced) -> Iterator[TermError]:
    tiers = component.tiers
    if not tiers:
        yield TermError(path, "must have one tier at least: the price")
        return
    for tier in tiers:
        yield from _rate(f"{path}[{tier.over}-{'' if tier.up_to is None else tier.up_to}].rate", tier.rate)
        if tier.up_to is not None and tier.up_to <= tier.over:
            yield TermError(path, f"the tier over {tier.over} ends at {tier.up_to}, before it begins")
    if tiers[0].over:
        yield TermError(path, f"nothing is said of what is not over {tiers[0].over}")
    for before, after in pairwise(tiers):
        if after.over <= before.over:
            yield TermError(path, f"the tier over {after.over} stands behind the one over {before.over}")
        elif before.up_to is None or before.up_to > after.over:
            yield TermError(path, f"the tiers over {before.over} and over {after.over} overlap")
        elif before.up_to < after.over:
            yield TermError(path, f"nothing is said of what is between {before.up_to} and {after.over}")
    if tiers[-1].up_to is not None:
        yield TermError(path, f"nothing is said of what is over {tiers[-1].up_to}")


def _bands(path: str, bands: Sequence[Band]) -> Iterator[TermError]:
    """Values that no band names bring nothing, so gaps are fine."""
    last: Decimal | None = Decimal()
    for band in bands:
        start, end = exact(band.at_least), None if band.below is None else exact(band.below)
        if start < 0 or (end is not None and end <= start):
            yield TermError(path, f"the band from {band.at_least} on ends before it begins")
        if last is None or start < last:
            yield TermError(path, f"the band from {band.at_least} on overlaps or precedes the one before it")
        last = end


def _increment(path: str, minutes: PerMinute) -> Iterator[TermError]:
    for field in ("first_seconds", "next_seconds"):
        if not getattr(minutes, field):
            yield TermError(f"{path}.{field}", "must be one second at least")


def _states(path: str, hours: PerHour) -> Iterator[TermError]:
    if not hours.states:
        yield TermError(path, "must name one state at least")
    yield from _repeated(path, (state.name for state in hours.states))
    for state in hours.states:
        if state.name not in AGENT_STATES:
            yield TermError(f"{path}[{state.name}].name", f"is none of {', '.join(AGENT_STATES)}")
        yield from _share(f"{path}[{state.name}].percent", state.percent)


def _tolerance(path: str, tolerance: Tolerance) -> Iterator[TermError]:
    yield from _share(f"{path}.below_percent", tolerance.below_percent)
    yield from _share(f"{path}.above_percent", tolerance.above_percent)


def _rate(path: str, rate: str) -> Iterator[TermError]:
    if exact(rate) < 0:
        yield TermError(path, "must not be negative")


def _share(path: str, percent: str) -> Iterator[TermError]:
    if not 0 <= exact(percent) <= HUNDRED:
        yield TermError(path, "must be from 0 to 100")


def _not_negative(path: str, minor: int) -> Iterator[TermError]:
    if minor < 0:
        yield TermError(path, "must not be negative")


def _repeated(path: str, names: Iterable[str]) -> Iterator[TermError]:
    known: set[str] = set()
    for name in names:
        if name in known:
            yield TermError(f"{path}[{name}]", "stands there twice")
        known.add(name)

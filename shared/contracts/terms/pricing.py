"""What is paid for: the price components of a term sheet, each named, with its clause, its tiers and its rounding.

There is a list for each kind of component, not one list of all kinds: a new kind is then a new field with a default.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from shared.contracts.terms.values import ClockTime, Count, Days, Minor, Name, Percent, Rate

TierMode = Literal["slab", "graduated"]
RoundAt = Literal["line", "component", "invoice"]
RoundingMode = Literal["half_up", "half_even"]
CountedTime = Literal["talk", "talk_hold", "talk_hold_wrap"]
CallBasis = Literal["offered", "answered", "handled", "contact"]
SaleBasis = Literal["flat", "percent"]
Measure = Literal["conversion", "quality"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
CallDirection = Literal["inbound", "outbound"]


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a term sheet. An unknown field is refused, also in the log: nobody may rate by half a contract."""


class Tier(Term, frozen=True, kw_only=True):
    """A price for a range of the month's volume, in the component's unit (minutes, calls, sales, hours).

    `over`: the volume above which it holds (0: from the first unit); `up_to`: the volume up to which it holds (None:
    without end); `rate`: minor units a unit, or per cent of the value for a sale that is paid by its value.
    """

    over: Count = 0
    up_to: Count | None = None
    rate: Rate


class Priced(Term, frozen=True, kw_only=True):
    """What all components have that are paid by volume.

    `name`: unique among all components; `clause`: where it stands in the contract's text; `tiers`: its price, one
    without end where it is the same for any volume; `tier_mode`: slab (the whole volume at the rate of the tier that
    it reaches) or graduated (each unit at the rate of the tier that it stands in); `minimum`: so many units are paid
    for in a month at least; `round_at`: where minor units are rounded: each line, the component, or the invoice;
    `campaigns`: for these campaigns only (none: for all).
    """

    name: Name
    clause: str = ""
    tiers: tuple[Tier, ...]
    tier_mode: TierMode = "graduated"
    minimum: Count = 0
    round_at: RoundAt = "component"
    campaigns: tuple[str, ...] = ()


class PerMinute(Priced, frozen=True, kw_only=True):
    """Paid by the minute.

    `first_seconds`, `next_seconds`: the increment, such as 60/60 or 30/6: seconds are rounded up to the first, then to
    each next. `counts`: the time that is paid: talk, with hold, with wrap-up. `directions`: for calls of these
    directions only (none: for all).
    """

    first_seconds: Count = 1
    next_seconds: Count = 1
    counts: CountedTime = "talk"
    directions: tuple[CallDirection, ...] = ()


class PerCall(Priced, frozen=True, kw_only=True):
    """Paid by the call. `basis`: the calls that are paid: offered, answered, handled to the end, or those in which a
    human who can talk was reached. `directions`: for calls of these directions only (none: for all)."""

    basis: CallBasis = "handled"
    directions: tuple[CallDirection, ...] = ()


class PerSale(Priced, frozen=True, kw_only=True):
    """Paid by the sale. `basis`: a flat amount a sale, or per cent of its value; tiers go by the number of sales either
    way. `clawback_days`: what was paid for a sale is deducted when the sale is cancelled within so many days (None:
    never)."""

    basis: SaleBasis = "flat"
    clawback_days: Days | None = None


class BillableState(Term, frozen=True, kw_only=True):
    """An agent's state that is paid. `name`: its canonical code; `percent`: the share of its time that is paid;
    `max_seconds`: at most so many seconds of one stay in it (None: without limit)."""

    name: Name
    percent: Percent = "100"
    max_seconds: Count | None = None


class PerHour(Priced, frozen=True, kw_only=True):
    """Paid by the agent hour. `states`: which states are paid, and how far; a state that is not named is not."""

    states: tuple[BillableState, ...]


class PerSeat(Term, frozen=True, kw_only=True):
    """A fee for each seat and month. `name`, `clause`: as of each component; `seats`: how many; `rate`: minor units a
    seat; `prorated`: in a month that the contract covers partly, by its days."""

    name: Name
    clause: str = ""
    seats: Count
    rate: Rate
    prorated: bool = False


class OneOff(Term, frozen=True, kw_only=True):
    """A fee that is paid once, such as set-up or training. `amount_minor`: minor units; `due`: the day that it belongs
    to; its month's invoice has it."""

    name: Name
    clause: str = ""
    amount_minor: Minor
    due: date


class Surcharge(Term, frozen=True, kw_only=True):
    """A higher price at certain times, for minutes, calls and hours. Of several that apply, the highest counts.

    `percent`: on top of the rate. `days`: on these days of the week (none: on all, or on holidays only); `starts`,
    `ends`: from and until this time of day, over midnight where the end is earlier; `holidays`: the whole of every
    holiday of the schedule.
    `components`: for those of these names only (none: for all).
    """

    name: Name
    clause: str = ""
    percent: Percent
    days: tuple[Weekday, ...] = ()
    starts: ClockTime = "00:00"
    ends: ClockTime = "24:00"
    holidays: bool = False
    components: tuple[str, ...] = ()


class Band(Term, frozen=True, kw_only=True):
    """What a figure within a range brings. `at_least`: from this value on, per cent; `below`: under this value (None:
    without end); `percent`: of the month's charges, negative for a malus; `amount_minor`: minor units beside it."""

    at_least: Percent = "0"
    below: Percent | None = None
    percent: Percent = "0"
    amount_minor: Minor = 0


class Incentive(Term, frozen=True, kw_only=True):
    """Bonus and malus on a figure of the month. `measure`: conversion or quality; `bands`: what which value brings.
    Those on service levels stand with the service level, as its credits."""

    name: Name
    clause: str = ""
    measure: Measure
    bands: tuple[Band, ...]


class Pricing(Term, frozen=True, kw_only=True):
    """All prices. A month is worked out in this order: charges by volume and seat, the minimum fee, the cap, bonus and
    malus on what that gives, fees paid once, claw-back.

    `rounding_mode`: halves of a minor unit go up (away from zero), or to the even neighbour. `minimum_fee_minor`: a
    month's charges are at least this, minor units; `minimum_fee_prorated`: in a month that the contract covers partly,
    by its days; `cap_minor`: a month's charges are at most this (None: without cap). `minimum_clause`, `cap_clause`:
    where they stand in the contract's text.
    """

    per_minute: tuple[PerMinute, ...] = ()
    per_call: tuple[PerCall, ...] = ()
    per_sale: tuple[PerSale, ...] = ()
    per_hour: tuple[PerHour, ...] = ()
    per_seat: tuple[PerSeat, ...] = ()
    one_off: tuple[OneOff, ...] = ()
    surcharges: tuple[Surcharge, ...] = ()
    incentives: tuple[Incentive, ...] = ()
    rounding_mode: RoundingMode = "half_up"
    minimum_fee_minor: Minor = 0
    minimum_fee_prorated: bool = False
    minimum_clause: str = ""
    cap_minor: Minor | None = None
    cap_clause: str = ""

"""The versions of a contract as its public events tell them, and which terms hold on a day."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec
from msgspec.structs import replace

from shared.contracts.partners import ContractAmended, ContractSigned, ContractTerminated
from shared.contracts.rating import Version, held_on
from shared.contracts.terms import TermSheet

ContractEvent = ContractSigned | ContractAmended | ContractTerminated
Versions = tuple[Version, ...]
Absence = Literal["not_signed", "not_begun", "ended", "terminated"]
"""Why no terms hold on a day."""
Occasion = Literal["notice", "expiry", "end"]


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """What a contract's public events come to: its versions in order, and its last day where notice was given."""

    versions: Versions = ()
    terminated: date | None = None


NOTHING = Agreement()
"""Before anything is signed."""


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A day of a contract that comes near. `occasion`: the last day for notice before it is renewed or expires, the day
    on which it expires, or its end after notice. `within`: 90, 60 or 30 days, the least that it is within."""

    occasion: Occasion
    on: date
    days: int
    within: int


def agreed_by(agreement: Agreement, event: ContractEvent) -> Agreement:
    """The agreement after the event. Signing and amending give a version, notice cuts the last one short."""
    match event:
        case (
            ContractSigned(version=number, effective=starts, terms=terms)
            | ContractAmended(version=number, effective=starts, terms=terms)
        ):
            days = [day for day in (last_day(terms), agreement.terminated) if day is not None]
            version = Version(number=number, starts=starts, ends=min(days, default=None), terms=terms)
            return replace(agreement, versions=(*agreement.versions, version))
        case ContractTerminated(ends=ends):
            versions = tuple(replace(one, ends=min(one.ends or ends, ends)) for one in agreement.versions)
            return replace(agreement, versions=versions, terminated=ends)


def last_day(terms: TermSheet) -> date | None:
    """The last day by the terms themselves; None where they hold until notice is given, or renew themselves."""
    return None if terms.validity.renewal == "automatic" else terms.validity.ends


def terms_on(agreement: Agreement, day: date) -> Version | Absence:
    """The one version that holds on a day, or why none does."""
    if not agreement.versions:
        return "not_signed"
    held = held_on(agreement.versions, day)
    if held is not None:
        return held
    if day < agreement.versions[0].starts:
        return "not_begun"
    return "terminated" if agreement.terminated is not None and day > agreement.terminated else "ended"


DAYS = (30, 60, 90)
"""So many days ahead it is said that a day comes near."""


def due_on(agreement: Agreement, day: date, days: Sequence[int] = DAYS) -> list[Due]:
    """What comes near on a day: the days that are at most so many days ahead."""
    if not agreement.versions:
        return []
    found: list[tuple[Occasion, date]] = []
    terms = agreement.versions[-1].terms
    if agreement.terminated is not None:
        found = [("end", agreement.terminated)]
    elif (ends := next_end(terms, day)) is not None:
        found = [("notice", ends - timedelta(days=terms.validity.notice_days)), ("expiry", ends)]
    return [
        Due(
            occasion=occasion, on=on, days=(on - day).days, within=min(each for each in days if (on - day).days <= each)
        )
        for occasion, on in found
        if 0 <= (on - day).days <= max(days)
    ]


def next_end(terms: TermSheet, day: date) -> date | None:
    """The day on which the terms expire or renew themselves, the first that is not before `day`."""
    validity = terms.validity
    ends = validity.ends
    if ends is None or validity.renewal != "automatic":
        return ends
    times = 0
    while (renewed := _months_later(ends, times * validity.renewal_months)) < day:
        times += 1
    return renewed


def _months_later(day: date, months: int) -> date:
    """The same day so many months later; the last of the month stays the last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if is_last else min(day.day, last))

"""Leads: lists of people to be called, the rules by which they are called again, and what becomes of each lead."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from shared.kernel import Event

LeadState = Literal["fresh", "recall", "callback", "done", "exhausted", "barred", "erased"]
"""`fresh`: never tried. `recall`: to be tried again by the rules. `callback`: promised. `done`: nothing is left to do.
`exhausted`: the rules allow no further attempt. `barred`: may not be called. `erased`: nobody knows the number now."""
Verdict = Literal["open", "kept", "broken", "replaced"]

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Minutes = Annotated[int, msgspec.Meta(ge=0, le=60 * 24 * 366)]
OfDay = Annotated[int, msgspec.Meta(ge=0, le=24 * 60)]
Attempts = Annotated[int, msgspec.Meta(ge=1, le=100)]
Weekday = Annotated[int, msgspec.Meta(ge=1, le=7)]


class RecallRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """After a result, try again: `after` is a canonical disposition, `*` any that has no rule of its own; not sooner
    than `wait_minutes` after the attempt; not once `most` attempts have come to this result."""

    after: Code
    wait_minutes: Minutes
    most: Attempts = 100


class RecallRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the leads of a list are called again.

    `most_attempts` in all. Leads are given out from `from_minute` to `until_minute` of the day (minutes after midnight,
    the second not included) in the customer's zone, on `weekdays` (1: Monday). A promise is kept by an attempt at most
    `kept_within_minutes` before or after the promised time. A lead that was given out is free again after
    `lease_minutes`.
    """

    rules: tuple[RecallRule, ...] = (
        RecallRule(after="no_answer", wait_minutes=180, most=5),
        RecallRule(after="busy", wait_minutes=20, most=5),
        RecallRule(after="answering_machine", wait_minutes=240, most=4),
        RecallRule(after="voicemail_left", wait_minutes=24 * 60, most=2),
        RecallRule(after="thinking", wait_minutes=48 * 60, most=3),
        RecallRule(after="*", wait_minutes=24 * 60, most=3),
    )
    most_attempts: Attempts = 8
    from_minute: OfDay = 9 * 60
    until_minute: OfDay = 20 * 60
    weekdays: tuple[Weekday, ...] = (1, 2, 3, 4, 5, 6)
    kept_within_minutes: Annotated[int, msgspec.Meta(ge=1, le=24 * 60)] = 15
    lease_minutes: Annotated[int, msgspec.Meta(ge=1, le=24 * 60)] = 20


class LeadListCreated(Event, frozen=True, kw_only=True):
    """People whom a partner is to call for a campaign. `country` (ISO 3166) reads numbers without a prefix; `zone` is
    that of customers whose number does not say theirs."""

    list_id: str
    partner: str
    name: str
    country: str
    zone: str
    rules: RecallRules
    at: datetime
    by: str
    campaign: str | None = None


class RecallRulesSet(Event, frozen=True, kw_only=True):
    """From now on the list's leads are called again by these rules. `version`: from 1, which the list began with."""

    list_id: str
    version: int
    rules: RecallRules
    at: datetime
    by: str


class LeadListClosed(Event, frozen=True, kw_only=True):
    """No lead of it is given out any more."""

    list_id: str
    reason: str
    at: datetime
    by: str


class LeadListReopened(Event, frozen=True, kw_only=True):
    """Its leads are given out again."""

    list_id: str
    at: datetime
    by: str


class LeadZonesMet(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Customers of the list live in these zones too, and in these countries (ISO 3166)."""

    list_id: str
    zones: tuple[str, ...]
    countries: tuple[str, ...] = ()


class LeadImportEnded(Event, frozen=True, kw_only=True):
    """A file was taken into the list: how many leads are `new`, `known` before, twice in the file, and rejected."""

    list_id: str
    import_id: str
    new: int
    known: int
    duplicates: int
    rejected: int
    at: datetime
    by: str


class LeadAdded(Event, frozen=True, kw_only=True):
    """A customer was put on a list without a file: in `call` they asked to be called back."""

    lead: str
    list_id: str
    partner: str
    customer_ref: str
    call: str
    at: datetime
    by: str


class LeadStateChanged(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Where a lead stands now, after how many attempts and which result. `due`: the next attempt, where one is due."""

    lead: str
    list_id: str
    partner: str
    customer_ref: str
    before: LeadState
    after: LeadState
    attempts: int
    at: datetime
    result: str | None = None
    due: datetime | None = None
    call: str | None = None
    agent: str | None = None


class CallbackPromised(Event, frozen=True, kw_only=True, omit_defaults=True):
    """An agent has promised to call the customer at `due`, said by the clock of `zone` where that is known. `personal`:
    this agent does it and nobody else. After `late_after` an attempt keeps the promise no more."""

    lead: str
    list_id: str
    partner: str
    promise: str
    customer_ref: str
    agent: str
    personal: bool
    due: datetime
    late_after: datetime
    at: datetime
    call: str | None = None
    zone: str = ""


class CallbackJudged(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Whether a promise was kept. A fact of telephony that comes, or is taken back, may change it: the last one holds.

    `kept`: somebody tried at the promised time, or nearly. `broken`: nobody did. `replaced`: another was promised.
    """

    lead: str
    partner: str
    promise: str
    customer_ref: str
    agent: str
    due: datetime
    verdict: Verdict
    attempted_at: datetime | None = None


LeadListEvent = LeadListCreated | RecallRulesSet | LeadListClosed | LeadListReopened | LeadZonesMet | LeadImportEnded
LeadEvent = LeadAdded | LeadStateChanged | CallbackPromised | CallbackJudged

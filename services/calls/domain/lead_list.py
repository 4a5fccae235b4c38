"""A list of leads: whose it is, by which rules its leads are called again, and which files were taken into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated

import msgspec

from services.calls.events.leads import (
    LeadImportEnded,
    LeadListClosed,
    LeadListCreated,
    LeadListEvent,
    LeadListReopened,
    LeadZonesMet,
    RecallRules,
    RecallRulesSet,
)
from shared.contracts.codes import DISPOSITIONS
from shared.kernel import Command, Decider, Rejected, said
from shared.names import Country, OfPartner

ListId = OfPartner
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
ZoneName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_+/-]{1,60}$(?!\n)")]


class CreateLeadList(Command, frozen=True, kw_only=True):
    """Begin a list: its id is `<partner>:<name>`. Its leads are given out for `campaign`, where one is named.

    409 `list_exists` where it was begun otherwise, `rules_wrong` where the rules leave no time or name no disposition.
    """

    list_id: ListId
    name: Text
    country: Country
    zone: ZoneName
    at: datetime
    by: str
    campaign: Text | None = None
    rules: RecallRules = RecallRules()


class SetRecallRules(Command, frozen=True, kw_only=True):
    """Call the list's leads again by these rules from now on, also those that were tried before.

    409 `unknown_list`, `rules_wrong`.
    """

    list_id: ListId
    rules: RecallRules
    at: datetime
    by: str


class CloseLeadList(Command, frozen=True, kw_only=True):
    """Give none of its leads out any more. 409 `unknown_list`."""

    list_id: ListId
    reason: Reason
    at: datetime
    by: str


class ReopenLeadList(Command, frozen=True, kw_only=True):
    """Give its leads out again. 409 `unknown_list`."""

    list_id: ListId
    at: datetime
    by: str


class MeetZones(Command, frozen=True, kw_only=True):
    """Leads of the list are in these zones and countries."""

    list_id: ListId
    zones: tuple[str, ...]
    countries: tuple[str, ...]


class EndImport(Command, frozen=True, kw_only=True):
    """A file is taken in."""

    list_id: ListId
    import_id: str
    new: int
    known: int
    duplicates: int
    rejected: int
    at: datetime
    by: str


LeadListCommand = CreateLeadList | SetRecallRules | CloseLeadList | ReopenLeadList | MeetZones | EndImport


@dataclass(frozen=True)
class LeadList:
    """`created` None: there is no such list."""

    created: LeadListCreated | None = None
    rules: RecallRules = field(default_factory=RecallRules)
    version: int = 0
    closed: bool = False
    zones: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    imports: Mapping[str, LeadImportEnded] = field(default_factory=dict)


def decide(command: LeadListCommand, state: LeadList) -> list[LeadListEvent]:
    """What each command leads to."""
    if isinstance(command, CreateLeadList):
        return _create(command, state)
    if state.created is None:
        raise Rejected("unknown_list", f"There is no list {command.list_id}.")
    match command:
        case SetRecallRules(rules=rules):
            check(rules)
            if rules == state.rules:
                return []
            return [said(RecallRulesSet, command, version=state.version + 1)]
        case CloseLeadList():
            return [] if state.closed else [said(LeadListClosed, command)]
        case ReopenLeadList():
            return [said(LeadListReopened, command)] if state.closed else []
        case MeetZones():
            zones = tuple(sorted(set(command.zones) - state.zones))
            countries = tuple(sorted(set(command.countries) - state.countries))
            met = LeadZonesMet(list_id=command.list_id, zones=zones, countries=countries)
            return [met] if zones or countries else []
        case EndImport(import_id=import_id):
            return [] if import_id in state.imports else [said(LeadImportEnded, command)]


def _create(command: CreateLeadList, state: LeadList) -> list[LeadListEvent]:
    check(command.rules)
    partner = command.list_id.partition(":")[0]
    event = said(LeadListCreated, command, partner=partner)
    known = state.created
    if known is None:
        return [event]
    if msgspec.structs.replace(event, at=known.at, by=known.by) != known:
        raise Rejected("list_exists", f"There is a list {command.list_id} already, which was begun otherwise.")
    return []


def check(rules: RecallRules) -> None:
    """Rejected with `rules_wrong`: no time is allowed, a result is none, or has two rules."""
    if rules.from_minute >= rules.until_minute or not rules.weekdays:
        raise Rejected("rules_wrong", "There is no time at which anybody may be called.")
    named = [rule.after for rule in rules.rules]
    if unknown := sorted(set(named) - DISPOSITIONS.keys() - {"*"}):
        raise Rejected("rules_wrong", f"Not canonical dispositions: {', '.join(unknown)}.")
    if len(set(named)) < len(named):
        raise Rejected("rules_wrong", "A result has two rules.")


def evolve(state: LeadList, event: LeadListEvent) -> LeadList:
    """The last word holds."""
    match event:
        case LeadListCreated(rules=rules, zone=zone, country=country):
            zones, countries = state.zones | {zone}, state.countries | {country}
            return replace(state, created=event, rules=rules, version=1, zones=zones, countries=countries)
        case RecallRulesSet(rules=rules, version=version):
            return replace(state, rules=rules, version=version)
        case LeadListClosed():
            return replace(state, closed=True)
        case LeadListReopened():
            return replace(state, closed=False)
        case LeadZonesMet():
            zones, countries = state.zones | set(event.zones), state.countries | set(event.countries)
            return replace(state, zones=zones, countries=countries)
        case LeadImportEnded(import_id=import_id):
            return replace(state, imports={**state.imports, import_id: event})


lead_list = Decider("leads", LeadListEvent, LeadList(), decide, evolve)

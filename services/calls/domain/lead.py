"""One lead: whom to call for a list, what was tried, what was promised, and to whom it is given out at the moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from services.calls.domain.recall import Attempt, Ended, Promise, Said, Standing, judged, standing
from services.calls.events.leads import (
    CallbackJudged,
    CallbackPromised,
    LeadAdded,
    LeadEvent,
    LeadState,
    LeadStateChanged,
    RecallRules,
    Verdict,
)
from shared.contracts.codes import is_disposition
from shared.kernel import Command, Decider, Rejected

Kind = Literal["personal", "anybody", "recall", "fresh"]
KINDS: tuple[Kind, ...] = ("personal", "anybody", "recall", "fresh")
"""In the order in which leads are given out."""
MOST_PRIORITY = 999
LEASED = "leased|"
_DIGITS = 16
_LINES = 10**9
_LAST = "~"
"""Behind every digit."""


class Lease(msgspec.Struct, frozen=True):
    """Given out to an agent, from `since` until `until`."""

    agent: str
    since: datetime
    until: datetime


class Lead(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One lead, as it is kept.

    `import_id` and `line` say which line of which file brought it; `added`: since when the customer is a lead, as
    the file says, else since the file came (None: taken in when that was not kept). `priority`: 0 to 999, the
    highest first. `attempts` are found by their calls. `barred`: found on a list of those who may not be called;
    `erased`: nobody knows the number any more. `state` is that of the last change, `rules_version` the rules by
    which it was worked out; `place`, where it waits by them; `verdicts` are what was told of each promise.
    `untold`: events not yet told, the first of which is the lead's `told`th.
    """

    id: str
    list_id: str
    partner: str
    customer_ref: str
    zone: str
    country: str
    import_id: str
    line: int
    added: datetime | None = None
    priority: int = 0
    attempts: dict[str, Attempt] = {}
    promises: tuple[Promise, ...] = ()
    lease: Lease | None = None
    barred: bool = False
    erased: bool = False
    state: LeadState = "fresh"
    rules_version: int = 1
    place: str | None = None
    verdicts: dict[str, Verdict] = {}
    told: int = 0
    untold: tuple[LeadEvent, ...] = ()


def lead_id(list_id: str, customer_ref: str) -> str:
    """A list has a customer once: so the id follows from both, and a file taken in again makes no second one."""
    return f"{list_id}:{customer_ref.removeprefix('cus_')}"


def stands(lead: Lead, rules: RecallRules) -> Standing:
    """Where the lead stands by the rules."""
    found = standing(list(lead.attempts.values()), lead.promises, ZoneInfo(lead.zone), rules)
    if lead.erased:
        return Standing("erased", found.result)
    return Standing("barred", found.result) if lead.barred else found


def called_back(list_id: str, customer_ref: str, country: str, zone: str, call: str, at: datetime, by: str) -> Lead:
    """A lead that no file brought: the customer of a call asked to be called back."""
    partner, ident = list_id.partition(":")[0], lead_id(list_id, customer_ref)
    added = LeadAdded(
        lead=ident, list_id=list_id, partner=partner, customer_ref=customer_ref, at=at, by=by, call=call
    )  # fmt: skip
    return Lead(
        id=ident,
        list_id=list_id,
        partner=partner,
        customer_ref=customer_ref,
        zone=zone,
        country=country,
        import_id=f"call:{call}",
        line=0,
        added=at,
        untold=(added,),
    )


# Changes: each gives the lead as it is afterwards, with what is to be told of it


def settled(lead: Lead, rules: RecallRules, version: int, at: datetime, call: str | None = None) -> Lead:
    """The lead after a change, with the events that say what became of its state and its promises."""
    now = stands(lead, rules)
    attempts = list(lead.attempts.values())
    events: list[LeadEvent] = []
    verdicts = dict(lead.verdicts)
    for promise in lead.promises:
        verdict, tried = judged(promise, lead.promises, attempts, rules)
        if verdicts.get(promise.id, "open") == verdict:
            continue
        verdicts[promise.id] = verdict
        events.append(
            CallbackJudged(
                lead=lead.id,
                partner=lead.partner,
                promise=promise.id,
                customer_ref=lead.customer_ref,
                agent=promise.agent,
                due=promise.due,
                verdict=verdict,
                attempted_at=tried,
            )
        )
    if now.state != lead.state:
        last = max(attempts, key=lambda attempt: attempt.at, default=None)
        events.append(
            LeadStateChanged(
                lead=lead.id,
                list_id=lead.list_id,
                partner=lead.partner,
                customer_ref=lead.customer_ref,
                before=lead.state,
                after=now.state,
                attempts=len(attempts),
                at=at,
                result=now.result,
                due=now.due,
                call=call,
                agent=last.agent if last else None,
            )
        )
    return msgspec.structs.replace(
        lead,
        state=now.state,
        rules_version=version,
        place=place_of(lead, rules),
        verdicts=verdicts,
        untold=(*lead.untold, *events),
    )


def ended(lead: Lead, call: str, end: Ended) -> Lead:
    """The whole call is over."""
    return _with(lead, call, msgspec.structs.replace(_attempt(lead, call), end=end))


def not_ended(lead: Lead, call: str, end: Ended) -> Lead:
    """What was said of the call's end is taken back, unless something else was said since."""
    known = _attempt(lead, call)
    if known.end is None or known.end.outcome != end.outcome:
        return lead
    return _with(lead, call, msgspec.structs.replace(known, end=None))


def resulted(lead: Lead, call: str, part: str, said: Said) -> Lead:
    """A part of the call has a result."""
    known = _attempt(lead, call)
    return _with(lead, call, msgspec.structs.replace(known, said={**known.said, part: said}))


def not_resulted(lead: Lead, call: str, part: str, said: Said) -> Lead:
    """The result is taken back, unless another one has taken its place already."""
    known = _attempt(lead, call)
    there = known.said.get(part)
    if there is None or (there.at, there.code) != (said.at, said.code):
        return lead
    rest = {name: other for name, other in known.said.items() if name != part}
    return _with(lead, call, msgspec.structs.replace(known, said=rest))


def _attempt(lead: Lead, call: str) -> Attempt:
    return lead.attempts.get(call) or Attempt()


def _with(lead: Lead, call: str, attempt: Attempt) -> Lead:
    """The lease is over when what the lead was given out for is done: an attempt has a result."""
    attempts = {name: other for name, other in lead.attempts.items() if name != call}
    lease = lead.lease
    if not attempt.is_none:
        attempts[call] = attempt
        if lease is not None and attempt.result is not None and attempt.at >= lease.since:
            lease = None
    return msgspec.structs.replace(lead, attempts=attempts, lease=lease)


def promised(lead: Lead, promise: Promise, rules: RecallRules) -> Lead:
    """A callback is promised; what was promised before is replaced. A repeat changes nothing. The lead is free."""
    if any(other.id == promise.id for other in lead.promises):
        return lead
    event = CallbackPromised(
        lead=lead.id,
        list_id=lead.list_id,
        partner=lead.partner,
        promise=promise.id,
        customer_ref=lead.customer_ref,
        agent=promise.agent,
        personal=promise.personal,
        due=promise.due,
        zone=promise.zone,
        late_after=promise.due + timedelta(minutes=rules.kept_within_minutes),
        at=promise.made_at,
        call=promise.call,
    )
    return msgspec.structs.replace(lead, promises=(*lead.promises, promise), lease=None, untold=(*lead.untold, event))


def leased(lead: Lead, agent: str, at: datetime, minutes: int) -> Lead:
    """Given out."""
    return msgspec.structs.replace(lead, lease=Lease(agent, at, at + timedelta(minutes=minutes)))


def released(lead: Lead) -> Lead:
    """Free again, as it was."""
    return msgspec.structs.replace(lead, lease=None)


# In which order leads are given out


class Turn(NamedTuple):
    """When it is a lead's turn: the kind first, within a kind the earliest place, of equals the lowest id."""

    kind: Kind
    place: int
    lead: str


def by_turn(turn: Turn) -> tuple[int, int, str]:
    """The order: callbacks that are due, an agent's own first; recalls that are due; fresh leads by priority."""
    return KINDS.index(turn.kind), turn.place, turn.lead


def turn_of(lead: Lead, rules: RecallRules) -> tuple[Turn, str | None] | None:
    """The lead's turn, and the agent whose alone it is. None when it is nobody's turn to call it.

    The place of callbacks and recalls is the time when they are due (ms), that of fresh leads follows from priority and
    line.
    """
    now = stands(lead, rules)
    match now.state:
        case "fresh":
            place = (MOST_PRIORITY - lead.priority) * _LINES + lead.line
            return Turn("fresh", place, lead.id), None
        case "recall" if now.due is not None:
            return Turn("recall", _ms(now.due), lead.id), None
        case "callback" if now.promise is not None:
            personal = now.promise.personal
            kind: Kind = "personal" if personal else "anybody"
            return Turn(kind, _ms(now.promise.due), lead.id), now.promise.agent if personal else None
        case _:
            return None


def queue(list_id: str, kind: Kind, zone: str, country: str, agent: str | None = None) -> str:
    """Where leads of a kind wait, by the zone and the country of their customers: who may be called now is decided by
    both. Personal callbacks wait for one agent."""
    return f"{list_id}|{kind}:{quote(agent or '', safe='')}|{zone}|{country}|"


def waiting_until(list_id: str, kind: Kind, zone: str, country: str, agent: str, now: datetime) -> tuple[str, str]:
    """The range of the index in which leads wait whose time has come."""
    start = queue(list_id, kind, zone, country, agent if kind == "personal" else None)
    return start, start + (_LAST if kind == "fresh" else f"{_ms(now) + 1:0{_DIGITS}}")


def place_of(lead: Lead, rules: RecallRules) -> str | None:
    """Where the lead waits for its turn; None where there is none."""
    turn = turn_of(lead, rules)
    if turn is None:
        return None
    (kind, at, _), agent = turn
    return f"{queue(lead.list_id, kind, lead.zone, lead.country, agent)}{at:0{_DIGITS}}"


def fields_of(lead: Lead) -> dict[str, str | int | None]:
    """The index values of a lead. One that is given out waits for the end of its lease, and for nothing else."""
    lease = lead.lease
    return {
        "list": lead.list_id,
        "state": f"{lead.list_id}|{lead.state}",
        "customer": lead.customer_ref,
        "turn": lead.place if lease is None else f"{LEASED}{_ms(lease.until):0{_DIGITS}}",
        "held": held_by(lead.partner, lease.agent) if lease else None,
        "untold": 1 if lead.untold else None,
    }


INDEXES = ("list", "state", "customer", "turn", "held", "untold")


def held_by(partner: str, agent: str) -> str:
    """The index value of what an agent was given out."""
    return f"{partner}|{agent}"


def leases_over(now: datetime) -> tuple[str, str]:
    """The range of the index in which leads lie whose lease is over."""
    return LEASED, f"{LEASED}{_ms(now) + 1:0{_DIGITS}}"


def _ms(at: datetime) -> int:
    return (at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


# What agents and diallers say


Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class NoteAttempt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An attempt that no platform tells of, or whose result the agent gives here: `result` is a canonical disposition.
    `call` is our id of the call, so that what the platform says of it is the same attempt; `part` its leg."""

    agent: Name
    result: Name
    call: Name | None = None
    part: Name = "agent"


class PromiseCallback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Promise to call the customer at `due`. `personal`: this agent does it. `call`: in which it was promised; `zone`:
    by whose clock it was said; `note`: what to know then, in words of the agent's own, which are kept sealed."""

    agent: Name
    due: datetime
    personal: bool = False
    call: Name | None = None
    zone: Annotated[str, msgspec.Meta(max_length=60)] = ""
    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


def check_result(result: str) -> None:
    """Rejected with `unknown_result` when it is no canonical disposition."""
    if not is_disposition(result):
        raise Rejected("unknown_result", f"{result} is no canonical disposition.")


# What is told of a lead, once each


class TellLead(Command, frozen=True, kw_only=True):
    """These events are the lead's, the first of them its `first`th (from 0)."""

    first: int
    events: tuple[LeadEvent, ...]


@dataclass(frozen=True)
class Told:
    """So many of a lead's events are told."""

    count: int = 0


def decide(command: TellLead, state: Told) -> list[LeadEvent]:
    """Those that were not told before: what is kept of a lead may be told again after a crash."""
    if command.first > state.count:
        raise Rejected("events_missing", f"{state.count} events are told, and these begin with number {command.first}.")
    return list(command.events[state.count - command.first :])


def evolve(state: Told, event: LeadEvent) -> Told:
    """One more."""
    return Told(state.count + 1)


lead_news = Decider("lead", LeadEvent, Told(), decide, evolve)


def shown(lead: Lead, rules: RecallRules) -> Mapping[str, object]:
    """What lists show of a lead, beside who the customer is."""
    now = stands(lead, rules)
    return {
        "lead": lead.id,
        "list": lead.list_id,
        "partner": lead.partner,
        "customer_ref": lead.customer_ref,
        "state": now.state,
        "result": now.result,
        "due": now.due,
        "attempts": len(lead.attempts),
        "priority": lead.priority,
        "zone": lead.zone,
        "held_by": lead.lease.agent if lead.lease else None,
        "held_until": lead.lease.until if lead.lease else None,
        "callback": None
        if now.promise is None
        else {"promise": now.promise.id, "agent": now.promise.agent, "personal": now.promise.personal},
    }

"""Aircall: every webhook of a call is a snapshot of it; what is new in a snapshot is what has happened."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from services.calls.connectors.base import Connector, Delivery, Link, Reading, Renewal, Slice, Split, Unreadable
from services.calls.connectors.fields import (
    KINDS,
    decode_json,
    derived_sale,
    epoch_number,
    flags,
    in_order,
    json_object,
    named,
    phone,
    placed,
    required,
    skew,
    text,
    utc_day,
)
from services.calls.connectors.links import at, links
from services.calls.connectors.signatures import token_in_body
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

MAX_TAGS = 200
"""Tags of one call."""

_MOMENTS = ("call.created", "call.answered", "call.hungup", "call.ended", "call.tagged")
_ROUTINE = """
call.ringing_on_agent call.agent_declined call.unsuccessful_transfer call.external_transferred call.voicemail_left
call.assigned call.unassigned call.archived call.unarchived call.untagged call.commented
"""
_CARRY_NOTHING = frozenset(_ROUTINE.split())
_DIRECT = {"call.hold": "CallHeld", "call.unhold": "CallResumed", "call.transferred": "CallTransferred"}
_STATES = ("connected", "disconnected", "opened", "closed", "wut_start", "wut_end")
_NO_STATES = ("user.created", "user.updated", "user.deleted")
_GAVE_UP = (
    "short_abandoned",
    "abandoned_in_ivr",
    "abandonned_in_ivr",  # as Aircall has spelt it too
    "abandoned_in_classic",
    "no_available_agent",
    "agents_did_not_answer",
)

Fields = Mapping[str, Any]


def split(delivery: Delivery, settings: SourceSettings) -> Split:
    """One slice a webhook."""
    message = json_object(decode_json(delivery.body), "the webhook")
    return Split((Slice(delivery.body, _correlation(message, delivery)),))


def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
    """A webhook under its event and the digest of its content, since Aircall gives no key."""
    message = json_object(decode_json(item.raw), "the webhook")
    resource, event = required(message, "resource"), required(message, "event")
    key = f"{event}/{hashlib.sha256(item.raw).hexdigest()[:32]}"
    if resource == "user":
        return _read_user(message, event, key, settings, received_at)
    if resource != "call":
        return Reading(key=key, verdict="ignored", reason="neither a call nor a user")
    if event not in (*_MOMENTS, *_CARRY_NOTHING, *_DIRECT):
        return Reading(key=key, verdict="unknown", reason="an event of calls that nobody knows")
    call = json_object(message.get("data"), "data")
    at, found = _time(message, received_at)
    about = Observation(kind="snapshot", at=at, call=_call(call), leg=_call(call), flags=found, items=(key,))
    notes = [_snapshot(call, about, settings, received_at)]
    if event in _DIRECT:
        notes.append(_direct(_DIRECT[event], call, about))
    if event in _CARRY_NOTHING:
        return Reading(key=key, verdict="ignored", notes=tuple(notes), reason="nothing canonical in this event")
    return Reading(key=key, notes=tuple(notes))


def translate(notes: Sequence[Observation], settings: SourceSettings) -> list[Observation]:
    """Holds and transfers as they are. Each fact of the snapshots is told once, by the first that came with it."""
    found = [note for note in notes if note.kind in KINDS]
    told: set[str] = set()
    snapshots = [note for note in notes if note.kind == "snapshot"]
    answered = any(note.data["answered_at"] for note in snapshots)
    for note in sorted(snapshots, key=lambda note: (note.data["received_at"], note.at, note.items)):
        for name, observation in _facts(note, settings, answered=answered):
            if name not in told:
                told.add(name)
                found.append(observation)
    return in_order(found)


def _facts(note: Observation, settings: SourceSettings, *, answered: bool) -> Iterator[tuple[str, Observation]]:
    """The facts that a snapshot shows, each with the name under which it is told once."""
    data = note.data
    if data["started_at"]:
        start = _told(note, "CallStarted", data["started_at"], data["start"])
        yield "start", msgspec.structs.replace(start, customer=note.customer, leg=None, agent=None)
    if data["answered_at"]:
        yield "answer", _told(note, "CallAnswered", data["answered_at"], {"answered_by": "human"})
    if data["ended_at"]:
        reason, ended_by = ("completed", "unknown") if answered else _unanswered(data)
        ended = {"scope": "call", "reason": reason, "ended_by": ended_by, "talk_ms": None, "hold_ms": None}
        yield "end", _told(note, "CallEnded", data["ended_at"], ended)
    for tag in data["tags"]:
        canonical = settings.dispositions.get(tag["name"], "other")
        result = {"native": tag["name"], "canonical": canonical, "wrap_ms": None, "corrected": False}
        disposition = _told(note, "CallDispositioned", tag["at"], result)
        yield f"tag {tag['id']}", msgspec.structs.replace(disposition, agent=tag["agent"])
        if canonical in settings.sale_on:
            sale = _told(note, "SaleRecorded", tag["at"], derived_sale())
            yield f"sale {tag['id']}", msgspec.structs.replace(sale, agent=tag["agent"])


def _told(note: Observation, kind: str, moment: str, data: dict[str, Any]) -> Observation:
    at = datetime.fromisoformat(moment)
    found = flags(skew(at, datetime.fromisoformat(note.data["received_at"])))
    return msgspec.structs.replace(note, kind=kind, at=at, customer=None, flags=found, data=data)


def _unanswered(data: Fields) -> tuple[str, str]:
    """Why a call ended that nobody answered, and by whom."""
    if data["start"]["direction"] != "inbound":
        return "no-answer", "unknown"
    if data["missed"] == "out_of_opening_hours":
        return "out-of-hours", "system"
    return "abandoned", "customer" if data["missed"] in _GAVE_UP else "unknown"


def _snapshot(call: Fields, about: Observation, settings: SourceSettings, received_at: datetime) -> Observation:
    line = json_object(call.get("number"), "number")
    way = text(call, "direction")
    start = {
        "direction": way if way in ("inbound", "outbound") else "unknown",
        "phase": "dialing" if way == "outbound" else "ringing",
        "our_number": phone(text(line, "digits")),
        **placed(settings, campaigns=named(line, "id") if settings.campaigns else None, queues=None),
    }
    moments = {name: epoch_number(call.get(name)) for name in ("started_at", "answered_at", "ended_at")}
    return msgspec.structs.replace(
        about,
        agent=_person(call, "user"),
        customer=phone(text(call, "raw_digits")),
        data={
            **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
            "received_at": received_at.isoformat(),
            "start": start,
            "missed": text(call, "missed_call_reason"),
            "tags": _tags(call, about),
        },
    )


def _tags(call: Fields, about: Observation) -> list[dict[str, Any]]:
    tags = call.get("tags") or []
    if not isinstance(tags, list) or len(tags) > MAX_TAGS:
        raise Unreadable("tags is not a list of tags")
    found = []
    for tag in tags:
        fields = json_object(tag, "a tag")
        name = required(fields, "name")
        found.append(
            {
                "id": named(fields, "id") or name,
                "name": name,
                "at": (epoch_number(fields.get("created_at")) or about.at).isoformat(),
                "agent": _person(fields, "tagged_by"),
            }
        )
    return found


def _direct(kind: str, call: Fields, about: Observation) -> Observation:
    if kind != "CallTransferred":
        return msgspec.structs.replace(about, kind=kind, agent=_person(call, "user"))
    to = _person(call, "transferred_to")
    data = {"mode": "unknown", "to": to, "to_kind": "agent" if to else "unknown"}
    return msgspec.structs.replace(about, kind=kind, agent=_person(call, "transferred_by"), data=data)


def _read_user(message: Fields, event: str, key: str, settings: SourceSettings, received_at: datetime) -> Reading:
    plain = event.removesuffix(".v2")
    state = settings.agent_states.get(event) or settings.agent_states.get(plain)
    if plain in _NO_STATES:
        return Reading(key=key, verdict="ignored", reason="says nothing of the user's state")
    if state is None and plain.removeprefix("user.") not in _STATES:
        return Reading(key=key, verdict="unknown", reason="an event of users that nobody knows")
    at, found = _time(message, received_at)
    agent = named(json_object(message.get("data"), "data"), "id")
    if agent is None:
        raise Unreadable("the user has no id")
    data = {"state": state or "other", "native": plain, "reason": None}
    note = Observation(kind="AgentStateChanged", at=at, agent=agent, flags=found, data=data, items=(key,))
    return Reading(key=key, notes=(note,))


def _correlation(message: Fields, delivery: Delivery) -> str:
    data = json_object(message.get("data"), "data")
    match required(message, "resource"):
        case "call":
            return f"call:{_call(data)}"
        case "user" if agent := named(data, "id"):
            at, _ = _time(message, delivery.received_at)
            return f"agent:{agent}:{utc_day(at)}"
        case _:
            return f"other:{hashlib.sha256(delivery.body).hexdigest()[:32]}"


def _call(data: Fields) -> str:
    call = named(data, "id")
    if call is None:
        raise Unreadable("the call has no id")
    return call


def _person(fields: Fields, name: str) -> str | None:
    return named(json_object(fields.get(name), name), "id")


def _time(message: Fields, received_at: datetime) -> tuple[datetime, tuple[str, ...]]:
    at = epoch_number(message.get("timestamp"))
    return (at, skew(at, received_at)) if at else (received_at, ("no_vendor_time",))


def find_links(item: Slice, settings: SourceSettings) -> list[Link]:
    """The recording or the voicemail of a call. Their addresses hold for a while; the call itself tells fresh ones."""
    call = at(decode_json(item.raw), ("data",))
    number = at(call, ("id",))
    found = []
    for name in ("recording", "voicemail"):
        renewal = Renewal(f"https://api.aircall.io/v1/calls/{number}", ("call", name)) if _is_id(number) else None
        found += links([("recording", at(call, (name,)))], renewal)
    return found


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


aircall = Connector(
    "aircall", token_in_body, split, read, translate, links=find_links, hosts=frozenset({"api.aircall.io"})
)

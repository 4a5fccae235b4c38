"""Genesys Cloud: detail events of conversations and routing states of users, as EventBridge posts them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from services.calls.connectors.base import Connector, Delivery, Reading, Slice, Split, Unreadable
from services.calls.connectors.fields import (
    KINDS,
    decode_json,
    derived_sale,
    duration,
    epoch_number,
    flags,
    identifier,
    in_order,
    iso_time,
    json_object,
    phone,
    placed,
    required,
    skew,
    text,
    utc_day,
)
from services.calls.connectors.signatures import key_header
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

_CONVERSATION = re.compile(r"v2\.detail\.events\.conversation\.[^.]{1,100}\.([a-z.]{1,60})")
_USER = re.compile(r"v2\.users\.[^.]{1,100}\.([A-Za-z]{1,60})")
_DIRECTIONS = {"INBOUND": "inbound", "OUTBOUND": "outbound"}
_PHASES = {"customer.start": "ringing", "acd.start": "queued", "outbound.init": "dialing"}
_TRANSFERS = {"TRANSFER": "blind", "CONSULT_TRANSFER": "warm"}
_CUSTOMER_ENDED = {"CLIENT": "customer", "PEER": "agent"}
_AGENT_SIDE_ENDED = {"PEER": "customer", "CLIENT": "agent"}
_ROUTINE = ("user.start", "attributes", "contact", "wrapup")
_ROUTINE_GROUPS = ("flow.", "voicemail.")
_MILLISECOND = timedelta(milliseconds=1)

Fields = Mapping[str, Any]


class _Event(msgspec.Struct, frozen=True):
    """One event: its key, what it is about (`conversation` or `user`), its name there, and its body."""

    id: str
    about: str
    name: str
    body: dict[str, Any]
    sent_at: datetime | None


def split(delivery: Delivery, settings: SourceSettings) -> Split:
    """One slice a request. The key is EventBridge's id of the event."""
    event = _event(delivery.body)
    return Split((Slice(delivery.body, _correlation(event, delivery.received_at)),), event.id)


def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
    """An event under the `id` of its envelope."""
    event = _event(item.raw)
    if event.about == "user":
        return _read_user(event, settings, received_at)
    if event.about != "conversation":
        return Reading(key=event.id, verdict="unknown", reason="detail-type is not a known one")
    if event.name in _ROUTINE or event.name.startswith(_ROUTINE_GROUPS):
        return Reading(key=event.id, verdict="ignored", reason="nothing canonical in this event")
    reader = _READERS.get(event.name)
    if reader is None:
        return Reading(key=event.id, verdict="unknown", reason="an event of conversations that nobody knows")
    if text(event.body, "mediaType") not in ("VOICE", None):
        return Reading(key=event.id, verdict="ignored", reason="a conversation that is not a call")
    at, found = _time(event, received_at)
    about = Observation(
        kind=event.name,
        at=at,
        call=required(event.body, "conversationId"),
        leg=identifier(event.body, "sessionId"),
        agent=identifier(event.body, "userId"),
        flags=found,
        items=(event.id,),
    )
    notes = reader(event.body, about, settings)
    if not notes:
        return Reading(key=event.id, verdict="ignored", reason="nothing canonical in this event")
    return Reading(key=event.id, notes=tuple(notes))


def translate(notes: Sequence[Observation], settings: SourceSettings) -> list[Observation]:
    """Canonical notes as they are. The customer's end ends the call, unless something else has ended it before."""
    canonical = [note for note in notes if note.kind in KINDS]
    over = any(note.kind == "CallEnded" and note.data["scope"] == "call" for note in canonical)
    ends = [note for note in notes if note.kind == "customer.end"]
    if ends and not over:
        first = min(ends, key=lambda note: (note.at, note.items))
        answered = any(note.kind == "CallAnswered" or note.data.get("talk_ms") for note in canonical)
        reason = "completed" if answered else "abandoned"
        canonical.append(_changed(first, "CallEnded", {**first.data, "reason": reason}))
    return in_order(canonical)


def _event(raw: bytes) -> _Event:
    envelope = json_object(decode_json(raw), "the event")
    topic = required(envelope, "detail-type")
    detail = json_object(envelope.get("detail"), "detail")
    sent = text(envelope, "time")
    about, name = "", ""
    for kind, pattern in (("conversation", _CONVERSATION), ("user", _USER)):
        if match := pattern.fullmatch(topic):
            about, name = kind, match[1]
    return _Event(
        id=required(envelope, "id"),
        about=about,
        name=name,
        body=json_object(detail.get("eventBody"), "eventBody"),
        sent_at=iso_time(sent) if sent else None,
    )


def _correlation(event: _Event, received_at: datetime) -> str:
    if event.about == "user":
        agent = _agent(event.body)
        at, _ = _state_time(event, received_at)
        return f"agent:{agent}:{utc_day(at)}" if agent else f"other:{event.id}"
    call = identifier(event.body, "conversationId") if event.about == "conversation" else None
    return f"call:{call}" if call else f"other:{event.id}"


def _time(event: _Event, received_at: datetime) -> tuple[datetime, tuple[str, ...]]:
    """The time of the event itself, in ms; else that of the envelope, which is cut to seconds."""
    at = epoch_number(event.body.get("eventTime"), _MILLISECOND) or event.sent_at
    return (at, skew(at, received_at)) if at else (received_at, ("no_vendor_time",))


def _agent(body: Fields) -> str | None:
    status = json_object(body.get("routingStatus"), "routingStatus")
    return identifier(status, "userId") or identifier(body, "id")


def _state_time(event: _Event, received_at: datetime) -> tuple[datetime, tuple[str, ...]]:
    began = text(json_object(event.body.get("routingStatus"), "routingStatus"), "startTime")
    at = iso_time(began) if began else event.sent_at
    return (at, skew(at, received_at)) if at else (received_at, ("no_vendor_time",))


def _read_user(event: _Event, settings: SourceSettings, received_at: datetime) -> Reading:
    if event.name == "presence":
        return Reading(key=event.id, verdict="ignored", reason="the routing status tells the state")
    if event.name != "routingStatus":
        return Reading(key=event.id, verdict="unknown", reason="an event of users that nobody knows")
    native = required(json_object(event.body.get("routingStatus"), "routingStatus"), "status")
    agent = _agent(event.body)
    if agent is None:
        raise Unreadable("the event names no user")
    at, found = _state_time(event, received_at)
    data = {"state": settings.agent_states.get(native, "other"), "native": native, "reason": None}
    note = Observation(kind="AgentStateChanged", at=at, agent=agent, flags=found, data=data, items=(event.id,))
    return Reading(key=event.id, notes=(note,))


def _started(body: Fields, about: Observation, settings: SourceSettings) -> list[Observation]:
    direction = _DIRECTIONS.get(text(body, "direction") or "", "unknown")
    caller, called = _number(body, "ani"), _number(body, "dnis")
    # Where the direction is not known, neither: ours may be shown to everybody.
    customer, ours = {"inbound": (caller, called), "outbound": (called, caller)}.get(direction, (None, None))
    data = {
        "direction": direction,
        "phase": _PHASES[about.kind],
        "our_number": ours,
        **placed(settings, campaigns=text(body, "outboundCampaignId"), queues=text(body, "queueId")),
    }
    start = _changed(about, "CallStarted", data)
    return [msgspec.structs.replace(start, customer=customer, leg=None, agent=None)]


def _number(body: Fields, name: str) -> str | None:
    return phone((text(body, name) or "").removeprefix("tel:").partition(";")[0])


def _queue_ended(body: Fields, about: Observation, settings: SourceSettings) -> list[Observation]:
    match text(body, "acdOutcome"):
        case "ANSWERED":
            answered = _changed(about, "CallAnswered", {"answered_by": "human"})
            return [msgspec.structs.replace(answered, agent=identifier(body, "answeredUserId"))]
        case "ABANDON":
            return [_ended(about, scope="call", reason="abandoned", ended_by="customer")]
        case _:
            return []


def _agent_ended(body: Fields, about: Observation, settings: SourceSettings) -> list[Observation]:
    cause = text(body, "disconnectType") or ""
    mode = _TRANSFERS.get(cause)
    talk, talk_flags = duration(body, "interactingDurationMs")
    hold, hold_flags = duration(body, "heldDurationMs")
    ended_by = "agent" if mode else _by(cause, _AGENT_SIDE_ENDED)
    end = _ended(about, scope="leg", reason="transferred" if mode else "completed", ended_by=ended_by)
    data = {**end.data, "talk_ms": talk, "hold_ms": hold}
    notes = [msgspec.structs.replace(end, flags=flags(end.flags, talk_flags, hold_flags), data=data)]
    if mode:
        notes.append(_changed(about, "CallTransferred", {"mode": mode, "to": None, "to_kind": "unknown"}))
    if text(body, "direction") == "OUTBOUND" and talk:
        # No queue tells who answered: the agent's own part began when the customer was on the line.
        answered = _changed(about, "CallAnswered", {"answered_by": "human"})
        notes.append(msgspec.structs.replace(answered, at=_before(about.at, talk + (hold or 0))))
    return notes


def _before(at: datetime, milliseconds: int) -> datetime:
    try:
        return at - timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise Unreadable("a duration is out of range") from error


def _customer_ended(body: Fields, about: Observation, settings: SourceSettings) -> list[Observation]:
    ended_by = _by(text(body, "disconnectType") or "", _CUSTOMER_ENDED)
    end = _ended(about, scope="call", reason="", ended_by=ended_by)
    return [msgspec.structs.replace(end, kind="customer.end", agent=None)]


def _wrapped_up(body: Fields, about: Observation, settings: SourceSettings) -> list[Observation]:
    native = identifier(body, "wrapupCode")
    if native is None:
        return []
    wrap, found = duration(body, "wrapupDurationMs")
    canonical = settings.dispositions.get(native, "other")
    data = {"native": native, "canonical": canonical, "wrap_ms": wrap, "corrected": False}
    result = _changed(about, "CallDispositioned", data)
    notes = [msgspec.structs.replace(result, flags=flags(result.flags, found))]
    if canonical in settings.sale_on:
        notes.append(_changed(about, "SaleRecorded", derived_sale()))
    return notes


_READERS: dict[str, Callable[[Fields, Observation, SourceSettings], list[Observation]]] = {
    **dict.fromkeys(_PHASES, _started),
    "acd.end": _queue_ended,
    "user.end": _agent_ended,
    "customer.end": _customer_ended,
    "acw": _wrapped_up,
}


def _ended(about: Observation, *, scope: str, reason: str, ended_by: str) -> Observation:
    data = {"scope": scope, "reason": reason, "ended_by": ended_by, "talk_ms": None, "hold_ms": None}
    return _changed(about, "CallEnded", data)


def _by(cause: str, known: Mapping[str, str]) -> str:
    return known.get(cause, "system") if cause else "unknown"


def _changed(about: Observation, kind: str, data: dict[str, Any]) -> Observation:
    return msgspec.structs.replace(about, kind=kind, data=data)


genesys_cloud = Connector("genesys-cloud", key_header, split, read, translate)

"""Amazon Connect: contact records, which are issued anew when something changes, and agent events, from its streams."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from services.calls.connectors.amazon_connect_record import observe
from services.calls.connectors.base import Connector, Delivery, Reading, Slice, Split, Unreadable
from services.calls.connectors.fields import (
    KINDS,
    decode_json,
    documents,
    flags,
    identifier,
    in_order,
    iso_time,
    json_object,
    required,
    skew,
    text,
    utc_day,
)
from services.calls.connectors.signatures import bearer
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

_ON_HOLD = "CONNECTED_ONHOLD"
_AGENT_EVENTS = ("LOGIN", "LOGOUT", "STATE_CHANGE", "HEART_BEAT")


def split(delivery: Delivery, settings: SourceSettings) -> Split:
    """One slice a document of the stream record, and for an agent event one more for each contact whose hold began
    or ended in it. The key is the record's place in its stream."""
    slices = []
    for raw in documents(delivery.body):
        document = decode_json(raw)
        if not isinstance(document, dict):
            raise Unreadable("a document is not an object")
        slices += _slices(raw, document)
    place = [identifier(delivery.meta, name) for name in ("stream", "shard", "sequence_number")]
    return Split(tuple(slices), "/".join(part or "" for part in place) if place[-1] else None)


def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
    """A contact record under `<ContactId>@<LastUpdateTimestamp>`, an agent event under its `EventId`."""
    document = decode_json(item.raw)
    if "ContactId" in document:
        return _read_record(document, settings, received_at)
    if "EventType" not in document:
        return Reading(key=item.correlation, verdict="unknown", reason="neither a contact record nor an agent event")
    contact = item.context.get("contact")
    if contact is not None:
        return _read_hold(document, contact, received_at)
    return _read_agent(document, settings, received_at)


def translate(notes: Sequence[Observation], settings: SourceSettings) -> list[Observation]:
    """Agent events as they are. Of the copies of a contact, in order of their update, each tells only what is new.

    A changed result is told beside the earlier one, as a correction; anything else that changed replaces what the
    older copy said, so that a call never ends twice.
    """
    canonical = [note for note in notes if note.kind in KINDS]
    corrections = {_copy_of(note): note for note in notes if note.kind == "correction"}
    latest: dict[tuple[str, str], Observation] = {}
    for note in sorted((note for note in notes if note.kind == "copy"), key=lambda note: str(note.data["version"])):
        kind = str(note.data["kind"])
        place = (str(note.data["contact"]), kind)
        told = msgspec.structs.replace(note, kind=kind, data=note.data["data"])
        before = latest.get(place)
        if before is not None and _same(before, told):
            continue
        if before is not None and kind == "CallDispositioned":
            canonical.append(before)
            at = corrections[_copy_of(note)]
            told = msgspec.structs.replace(
                told, at=at.at, flags=at.flags, data={**told.data, "wrap_ms": None, "corrected": True}
            )
        latest[place] = told
    return in_order([*canonical, *latest.values()])


def _copy_of(note: Observation) -> tuple[str, str]:
    return note.data["contact"], note.data["version"]


def _same(before: Observation, told: Observation) -> bool:
    """Whether two copies say the same; of a result only the code counts."""
    if told.kind == "CallDispositioned":
        return bool(before.data["native"] == told.data["native"])
    return msgspec.structs.replace(before, items=(), flags=()) == msgspec.structs.replace(told, items=(), flags=())


def _slices(raw: bytes, document: dict[str, Any]) -> list[Slice]:
    if "ContactId" in document:
        return [Slice(raw, f"call:{_call(document)}")]
    if "EventType" not in document:
        return [Slice(raw, f"other:{hashlib.sha256(raw).hexdigest()[:32]}")]
    at = iso_time(required(document, "EventTimestamp"))
    slices = [Slice(raw, f"agent:{_agent(document)}:{utc_day(at)}")]
    if text(document, "EventType") == "STATE_CHANGE":
        for contact, (before, after) in _states(document).items():
            if after is not None and (before == _ON_HOLD) != (after["State"] == _ON_HOLD):
                slices.append(Slice(raw, f"call:{_call(after)}", {"contact": contact}))
    return slices


def _call(contact: Mapping[str, Any]) -> str:
    return identifier(contact, "InitialContactId") or required(contact, "ContactId")


def _agent(document: Mapping[str, Any]) -> str:
    snapshot = json_object(document.get("CurrentAgentSnapshot"), "CurrentAgentSnapshot")
    configuration = json_object(snapshot.get("Configuration"), "Configuration")
    return identifier(configuration, "Username") or required(document, "AgentARN")


def _states(document: Mapping[str, Any]) -> dict[str, tuple[str | None, dict[str, Any] | None]]:
    """By contact: its state in the previous snapshot, and the contact of the current one where it is still there."""
    before = {contact: str(fields["State"]) for contact, fields in _contacts(document, "PreviousAgentSnapshot").items()}
    after = _contacts(document, "CurrentAgentSnapshot")
    return {contact: (before.get(contact), after.get(contact)) for contact in sorted({*before, *after})}


def _contacts(document: Mapping[str, Any], name: str) -> dict[str, dict[str, Any]]:
    contacts = json_object(document.get(name), name).get("Contacts") or []
    if not isinstance(contacts, list):
        raise Unreadable("Contacts is not a list")
    found = {}
    for contact in contacts:
        fields = json_object(contact, "a contact")
        if text(fields, "Channel") in ("VOICE", None):
            found[required(fields, "ContactId")] = {**fields, "State": text(fields, "State")}
    return found


def _read_record(document: dict[str, Any], settings: SourceSettings, received_at: datetime) -> Reading:
    contact = required(document, "ContactId")
    updated_at = iso_time(required(document, "LastUpdateTimestamp"))
    version = updated_at.isoformat(timespec="microseconds")
    key = f"{contact}@{version}"
    if text(document, "Channel") not in ("VOICE", None):
        return Reading(key=key, verdict="ignored", reason="a contact that is not a call")
    copy = {"contact": contact, "version": version}
    notes = [
        msgspec.structs.replace(
            note,
            kind="copy",
            flags=flags(note.flags, skew(note.at, received_at)),
            data={**copy, "kind": note.kind, "data": note.data},
            items=(key,),
        )
        for note in observe(document, _call(document), contact, updated_at, settings)
    ]
    if not notes:
        return Reading(key=key, verdict="ignored", reason="nothing has happened yet")
    notes.append(
        Observation(
            kind="correction", at=updated_at, flags=skew(updated_at, received_at), data=dict(copy), items=(key,)
        )
    )
    return Reading(key=key, version=version, notes=tuple(notes))


def _read_hold(document: dict[str, Any], contact: str, received_at: datetime) -> Reading:
    key = f"{required(document, 'EventId')}/{contact}"
    _, after = _states(document)[contact]
    if after is None:
        raise Unreadable("the contact is not in the current snapshot")
    at = iso_time(required(document, "EventTimestamp"))
    note = Observation(
        kind="CallHeld" if after["State"] == _ON_HOLD else "CallResumed",
        at=at,
        call=_call(after),
        leg=contact,
        agent=_agent(document),
        flags=skew(at, received_at),
        items=(key,),
    )
    return Reading(key=key, notes=(note,))


def _read_agent(document: dict[str, Any], settings: SourceSettings, received_at: datetime) -> Reading:
    key, event = required(document, "EventId"), required(document, "EventType")
    if event not in _AGENT_EVENTS:
        return Reading(key=key, verdict="unknown", reason="EventType is not a known one")
    native = _status(document, "CurrentAgentSnapshot")
    if event == "HEART_BEAT":
        at = iso_time(required(document, "EventTimestamp"))
        beat = Observation(kind="heartbeat", at=at, agent=_agent(document), items=(key,))
        return Reading(key=key, verdict="ignored", notes=(beat,), reason="the agent's status is as before")
    if event == "STATE_CHANGE" and native == _status(document, "PreviousAgentSnapshot"):
        return Reading(key=key, verdict="ignored", reason="the agent's status is as before")
    if native is None:
        raise Unreadable("AgentStatus has no name")
    at = iso_time(required(document, "EventTimestamp"))
    note = Observation(
        kind="AgentStateChanged",
        at=at,
        agent=_agent(document),
        flags=skew(at, received_at),
        data={"state": settings.agent_states.get(native, "other"), "native": native, "reason": event},
        items=(key,),
    )
    return Reading(key=key, notes=(note,))


def _status(document: Mapping[str, Any], snapshot: str) -> str | None:
    return text(json_object(json_object(document.get(snapshot), snapshot).get("AgentStatus"), "AgentStatus"), "Name")


amazon_connect = Connector("amazon-connect", bearer, split, read, translate)

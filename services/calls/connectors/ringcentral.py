"""RingCentral: notifications of telephony sessions, numbered within each session, and the set-up of a subscription."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from services.calls.connectors.base import Connector, Delivery, Link, Reading, Secrets, Slice, Split, Unreadable
from services.calls.connectors.fields import (
    decode_json,
    identifier,
    in_order,
    iso_time,
    json_object,
    named,
    phone,
    placed,
    required,
    skew,
    text,
    whole,
)
from services.calls.connectors.links import at, links
from services.calls.connectors.signatures import token_header
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

MAX_PARTIES = 100
"""Parties of one notification."""

_SESSIONS = re.compile(r"/restapi/v1\.0/account/[^/]{1,100}/(?:extension/[^/]{1,100}/)?telephony/sessions")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,256}")
_DIRECTIONS = {"Inbound": "inbound", "Outbound": "outbound"}
_PHASES = {"Setup": "dialing", "Proceeding": "ringing"}
_TOLD = ("Setup", "Proceeding", "Answered", "Hold", "Disconnected")
_ROUTINE = ("Gone", "Parked", "VoiceMail", "FaxReceive", "VoiceMailScreening")
_TRANSFERS = {"BlindTransfer": "blind", "AttendedTransfer": "warm"}
_REASONS = {
    "NoAnswer": "no-answer",
    "Timeout": "no-answer",
    "TargetBusy": "busy",
    "Rejected": "busy",
    "Cancelled": "canceled",
    "InternalError": "failed",
    "InvalidNumber": "failed",
}

Fields = Mapping[str, Any]


def authenticate(delivery: Delivery, settings: SourceSettings, secrets: Secrets) -> None:
    """The verification token of the subscription. The question whether the address is ours comes before there is
    one: nothing of it is stored."""
    if not _asks_validation(delivery):
        token_header(delivery, settings, secrets)


def split(delivery: Delivery, settings: SourceSettings) -> Split:
    """One slice a notification. The key is its `uuid`, equal on a retry."""
    if _asks_validation(delivery):
        token = delivery.headers["validation-token"]
        if not _TOKEN.fullmatch(token):
            raise Unreadable("Validation-Token is not a token")
        return Split(reply=(200, {"Validation-Token": token}, b""))
    message = json_object(decode_json(delivery.body), "the notification")
    key = required(message, "uuid")
    session = _session(message)
    call = required(session, "telephonySessionId") if session is not None else None
    return Split((Slice(delivery.body, f"call:{call}" if call else f"other:{key}"),), key)


def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
    """A notification under its `uuid`: a note for each of its parties that has a state which says something."""
    message = json_object(decode_json(item.raw), "the notification")
    key = required(message, "uuid")
    session = _session(message)
    if session is None:
        return Reading(key=key, verdict="ignored", reason="not about a telephony session")
    parties = _parties(session)
    sent = text(session, "eventTime") or text(message, "timestamp")
    at = iso_time(sent) if sent else received_at
    about = Observation(
        kind="party",
        at=at,
        call=required(session, "telephonySessionId"),
        flags=skew(at, received_at) if sent else ("no_vendor_time",),
        data={"sequence": whole(session.get("sequence")) or 0},
        items=(key,),
    )
    codes = [required(json_object(party.get("status"), "status"), "code") for party in parties]
    notes = [_party(party, code, about, settings) for party, code in zip(parties, codes, strict=True) if code in _TOLD]
    if any(_says_something(note) for note in notes):
        return Reading(key=key, notes=tuple(notes))
    if any(code not in _TOLD and code not in _ROUTINE for code in codes):
        return Reading(key=key, verdict="unknown", reason="a state of parties that nobody knows")
    return Reading(key=key, verdict="ignored", notes=tuple(notes), reason="nothing canonical in this state")


def translate(notes: Sequence[Observation], settings: SourceSettings) -> list[Observation]:
    """What each party went through, in the order of the session: a state that is told again says nothing new."""
    found: list[Observation] = []
    phases: set[str] = set()
    states: dict[str | None, str] = {}
    for note in sorted(notes, key=lambda note: (note.data["sequence"], note.at, note.items, note.leg or "")):
        code, before = str(note.data["code"]), states.get(note.leg)
        states[note.leg] = code
        if code in _PHASES:
            if _says_something(note) and code not in phases:
                phases.add(code)
                data = {**note.data["start"], "phase": _PHASES[code]}
                found.append(msgspec.structs.replace(note, kind="CallStarted", leg=None, agent=None, data=data))
        elif code != before:
            found += _changed(note, code, before)
    return in_order(found)


def _changed(note: Observation, code: str, before: str | None) -> list[Observation]:
    note = msgspec.structs.replace(note, customer=None)
    if code == "Hold":
        return [msgspec.structs.replace(note, kind="CallHeld", data={})]
    if code == "Answered":
        if before == "Hold":
            return [msgspec.structs.replace(note, kind="CallResumed", data={})]
        return [msgspec.structs.replace(note, kind="CallAnswered", data={"answered_by": "human"})]
    mode = _TRANSFERS.get(note.data["cause"])
    missed = note.data["missed"]
    ended = {
        "scope": "leg" if mode else "call",
        "reason": "transferred" if mode else "abandoned" if missed else _REASONS.get(note.data["cause"], "completed"),
        "ended_by": "agent" if mode else "customer" if missed else "unknown",
        "talk_ms": None,
        "hold_ms": None,
    }
    found = [msgspec.structs.replace(note, kind="CallEnded", data=ended)]
    if mode:
        data = {"mode": mode, "to": None, "to_kind": "unknown"}
        found.append(msgspec.structs.replace(note, kind="CallTransferred", data=data))
    return found


def _says_something(note: Observation) -> bool:
    """An inbound call is known of before it rings anywhere; that is no start."""
    return bool(note.data["code"] != "Setup" or note.data["start"]["direction"] == "outbound")


def _session(message: Fields) -> dict[str, Any] | None:
    """The body of a notification of telephony sessions, which must tell of parties; None for any other."""
    if not _SESSIONS.fullmatch((text(message, "event") or "").partition("?")[0]):
        return None
    session = json_object(message.get("body"), "body")
    _parties(session)
    return session


def _parties(session: Fields) -> list[dict[str, Any]]:
    parties = session.get("parties")
    if not isinstance(parties, list) or not parties or len(parties) > MAX_PARTIES:
        raise Unreadable("the session has no parties")
    return [json_object(party, "a party") for party in parties]


def _party(party: Fields, code: str, about: Observation, settings: SourceSettings) -> Observation:
    status = json_object(party.get("status"), "status")
    direction = _DIRECTIONS.get(text(party, "direction") or "", "unknown")
    caller, called = _number(party, "from"), _number(party, "to")
    # Where the direction is not known, neither: ours may be shown to everybody.
    customer, ours = {"inbound": (caller, called), "outbound": (called, caller)}.get(direction, (None, None))
    start = {
        "direction": direction,
        "our_number": ours,
        **placed(settings, campaigns=ours if settings.campaigns else None, queues=None),
    }
    return msgspec.structs.replace(
        about,
        leg=named(party, "id"),
        agent=named(party, "extensionId"),
        customer=customer,
        data={
            **about.data,
            "code": code,
            "cause": text(status, "reason") or "",
            "missed": party.get("missedCall") is True,
            "start": start,
        },
    )


def _number(party: Fields, side: str) -> str | None:
    return phone(identifier(json_object(party.get(side), side), "phoneNumber"))


def _asks_validation(delivery: Delivery) -> bool:
    return "validation-token" in delivery.headers and not delivery.body


def find_links(item: Slice, settings: SourceSettings) -> list[Link]:
    """The recordings that the parties of a session name; their content is had from the interface by their id."""
    session = _session(json_object(decode_json(item.raw), "the notification"))
    found: list[Link] = []
    for party in _parties(session) if session is not None else ():
        recordings = party.get("recordings")
        for recording in recordings if isinstance(recordings, list) else ():
            number = at(recording, ("id",))
            if isinstance(number, str) and number.isascii() and number.isalnum():
                found += links([("recording", f"{_RECORDINGS}/{number}/content")])
    return found


_RECORDINGS = "https://media.ringcentral.com/restapi/v1.0/account/~/recording"

ringcentral = Connector(
    "ringcentral",
    authenticate,
    split,
    read,
    translate,
    links=find_links,
    hosts=frozenset({"media.ringcentral.com", "platform.ringcentral.com"}),
)

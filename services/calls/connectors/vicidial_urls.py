"""The URLs of VICIdial: a call reaches an agent, gets its result, reaches nobody; an agent's screen does something.

All items of a lead belong together, since an agent's event names the lead and not the call.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from services.calls.connectors.base import Reading, Slice, Unreadable
from services.calls.connectors.fields import (
    epoch_time,
    form,
    identifier,
    phone,
    placed,
    required,
    skew,
    text,
    utc_day,
    whole,
)
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

_PLACEHOLDER = re.compile(r"--A--[A-Za-z0-9_]{1,60}--B--")
_INBOUND, _OUTBOUND = ("Y", "J"), ("V", "M")
_ENDED_BY = {"CALLER": "customer", "AGENT": "agent"}
_STATES = ("logged_in", "state_ready", "state_paused", "logged_out")
_CALL_EVENTS = {
    "park_started": "CallHeld",
    "park_retrieved": "CallResumed",
    "transfer_local_closer": "CallTransferred",
    "transfer_blind": "CallTransferred",
}
_ROUTINE = """
logged_out_complete call_dialed call_answered call_dead agent_hangup dispo_screen_open dispo_set dispo_set_twice
3way_start 3way_answered 3way_agent_leave transfer_vmail transfer_panel_open transfer_panel_close session_disabled
time_sync script_open form_open park_ivr_started refresh callback_select_open manual_dial_open
"""
_CARRY_NOTHING = frozenset(_ROUTINE.split())
_SCREEN = re.compile(r"[a-z0-9_]{1,60}_(?:open|close|opened|closed)")
_UNANSWERED = {
    "DROP": ("abandoned", "customer"),
    "PDROP": ("abandoned", "customer"),
    "XDROP": ("abandoned", "customer"),
    "NA": ("no-answer", "system"),
    "N": ("no-answer", "system"),
    "AB": ("busy", "system"),
    "B": ("busy", "system"),
}
_BY_RESULT = {
    "abandoned": ("abandoned", "customer"),
    "no_answer": ("no-answer", "system"),
    "busy": ("busy", "system"),
    "out_of_hours": ("out-of-hours", "system"),
}

Fields = Mapping[str, str]


def split(kind: str, query: str, received_at: datetime, key_parameter: str) -> Slice:
    """The query without the key and the agent's password, under its lead, its agent's day, or itself."""
    secret = (f"{key_parameter}=", "pass=")
    raw = "&".join(part for part in query.split("&") if not part.startswith(secret)).encode()
    fields = _fields(raw)
    context = {"kind": kind}
    if kind not in _READERS:
        return Slice(raw, f"other:{hashlib.sha256(raw).hexdigest()[:32]}", context)
    lead = _lead(fields)
    if kind == "agent" and (required(fields, "event") not in _CALL_EVENTS or lead is None):
        return Slice(raw, f"agent:{required(fields, 'user')}:{utc_day(received_at)}", context)
    if lead is None:
        raise Unreadable("lead_id is missing")
    return Slice(raw, f"lead:{lead}", context)


def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
    """What one URL says."""
    kind = str(item.context["kind"])
    reader = _READERS.get(kind)
    if reader is None:
        return Reading(key=item.correlation, verdict="unknown", reason="the address is not a known one")
    return reader(_fields(item.raw), settings, received_at)


def _fields(raw: bytes) -> dict[str, str]:
    fields = dict(form(raw))
    if any(_PLACEHOLDER.search(value) for value in fields.values()):
        raise Unreadable("a placeholder was not filled in")
    return fields


def _lead(fields: Fields) -> str | None:
    """The number of the lead; 0 is none."""
    lead = whole(fields.get("lead_id"))
    return str(lead) if lead and lead > 0 else None


def direction_of(call: str) -> str:
    """By the letter with which VICIdial's id of a call begins."""
    return "inbound" if call.startswith(_INBOUND) else "outbound" if call.startswith(_OUTBOUND) else "unknown"


def customer_number(code: str | None, number: str | None) -> str | None:
    """The number with the code of its country."""
    digits = (number or "").strip()
    return phone(f"+{code.strip()}{digits}" if code and digits.isdigit() and code.strip().isdigit() else digits)


def unanswered(status: str, settings: SourceSettings) -> tuple[str, str]:
    """Why a call ended that reached no agent, and by whom."""
    return _UNANSWERED.get(status) or _BY_RESULT.get(settings.dispositions.get(status, ""), ("failed", "system"))


def _about(fields: Fields, received_at: datetime, kind: str, key: str) -> Observation:
    sent = text(fields, "epoch")
    at = epoch_time(sent) if sent else received_at
    return Observation(
        kind=kind,
        at=at,
        call=required(fields, "call_id"),
        agent=identifier(fields, "user"),
        flags=skew(at, received_at) if sent else ("no_vendor_time",),
        data={"received_at": received_at.isoformat()},
        items=(key,),
    )


def _told(fields: Fields, settings: SourceSettings) -> dict[str, Any]:
    """What a platform that sends nothing at the start tells later."""
    direction = direction_of(required(fields, "call_id"))
    return {"direction": direction, **placed(settings, campaigns=text(fields, "campaign"))}


def _customer(fields: Fields) -> str | None:
    return customer_number(text(fields, "phone_code"), text(fields, "phone_number"))


def _start(fields: Fields, settings: SourceSettings, received_at: datetime) -> Reading:
    call, user = required(fields, "call_id"), required(fields, "user")
    key = f"{call}/{user}/start/{text(fields, 'epoch') or received_at.isoformat()}"
    note = _about(fields, received_at, "start", key)
    return Reading(key=key, notes=(_with(note, _customer(fields), told=_told(fields, settings)),))


def _dispo(fields: Fields, settings: SourceSettings, received_at: datetime) -> Reading:
    call, status = required(fields, "call_id"), required(fields, "dispo")
    required(fields, "user")
    key = f"{call}/dispo/{status}/{text(fields, 'epoch') or received_at.isoformat()}"
    ended_by = _ENDED_BY.get(text(fields, "term_reason") or "", "unknown")
    talk = whole(fields.get("talk_time"))
    note = _about(fields, received_at, "dispo", key)
    return Reading(key=key, notes=(_with(note, None, status=status, talk_s=talk, ended_by=ended_by),))


def _noagent(fields: Fields, settings: SourceSettings, received_at: datetime) -> Reading:
    call, status = required(fields, "call_id"), required(fields, "status")
    key = f"{call}/noagent/{status}/{text(fields, 'epoch') or received_at.isoformat()}"
    note = _about(fields, received_at, "noagent", key)
    return Reading(key=key, notes=(_with(note, _customer(fields), status=status, told=_told(fields, settings)),))


def _agent(fields: Fields, settings: SourceSettings, received_at: datetime) -> Reading:
    """An event of an agent's screen: without a key or a time of its own, so that our receipt tells them apart."""
    event, user = required(fields, "event"), required(fields, "user")
    lead, counter = _lead(fields), identifier(fields, "counter") or ""
    key = f"{user}/{event}/{lead or ''}/{counter}/{received_at.isoformat()}"
    note = Observation(kind="screen", at=received_at, agent=user, flags=("no_vendor_time",), items=(key,))
    message = text(fields, "message")
    again = {"counter": counter, "received_at": received_at.isoformat()}
    if event in _CALL_EVENTS:
        if lead is None:
            return Reading(key=key, verdict="ignored", reason="the event names no lead")
        data: dict[str, Any] = {**again, "kind": _CALL_EVENTS[event], "event": event, "to": message}
        return Reading(key=key, notes=(msgspec.structs.replace(note, data=data),))
    if event in _STATES or event in settings.agent_states:
        reason = message if event == "state_paused" else None
        data = {"state": settings.agent_states.get(event, "other"), "native": event, "reason": reason}
        return Reading(key=key, notes=(msgspec.structs.replace(note, kind="AgentStateChanged", data=data),))
    if event in _CARRY_NOTHING or _SCREEN.fullmatch(event):
        return Reading(key=key, verdict="ignored", reason="nothing canonical in this event")
    return Reading(key=key, verdict="unknown", reason="an event of agents that nobody knows")


_READERS: dict[str, Callable[[Fields, SourceSettings, datetime], Reading]] = {
    "start": _start,
    "dispo": _dispo,
    "noagent": _noagent,
    "agent": _agent,
}


def _with(note: Observation, customer: str | None, **data: Any) -> Observation:
    return msgspec.structs.replace(note, customer=customer, data={**note.data, **data})

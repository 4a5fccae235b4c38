"""Twilio: status callbacks of Programmable Voice and event callbacks of TaskRouter, as signed forms."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from services.calls.connectors.base import Connector, Delivery, Link, Reading, Slice, Split
from services.calls.connectors.fields import (
    both_items,
    currency_code,
    decode_json,
    epoch_time,
    flags,
    form,
    identifier,
    in_order,
    json_object,
    mail_time,
    milliseconds,
    minor_count,
    not_negative,
    phone,
    placed,
    required,
    skew,
    text,
    utc_day,
    whole,
)
from services.calls.connectors.links import links
from services.calls.connectors.signatures import twilio_signature
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

_PHASES = {"queued": "queued", "initiated": "dialing", "ringing": "ringing"}
_ANSWERED = ("in-progress", "answered")  # compatible platforms send the second one too
_ENDS = ("completed", "busy", "no-answer", "failed", "canceled")
_TRANSFER_MODES = {"WARM": "warm", "COLD": "blind"}
_TRANSFER_TARGETS = {"WK": "agent", "WQ": "queue"}
_TASK_EVENTS = (
    "task.created",
    "task.canceled",
    "task.wrapup",
    "task.transfer-initiated",
    "reservation.accepted",
    "reservation.wrapup",
    "reservation.completed",
)
_ROUTINE = """
task.updated task.completed task.deleted task.system-deleted task.transfer-attempt-failed task.transfer-failed
task.transfer-canceled task.transfer-completed reservation.created reservation.rejected reservation.timeout
reservation.canceled reservation.rescinded reservation.failed worker.created worker.attributes.update
worker.capacity.update worker.channel.availability.update worker.deleted task-queue.entered task-queue.moved
task-queue.timeout task-queue.created task-queue.deleted workflow.entered workflow.target-matched workflow.timeout
workflow.skipped
"""
_CARRY_NOTHING = frozenset(_ROUTINE.split())

Fields = Mapping[str, str]


def split(delivery: Delivery, settings: SourceSettings) -> Split:
    """One slice a request: its form (of a GET the query), with the campaign that the source's URL names."""
    query = urlsplit(delivery.url).query
    key = delivery.headers.get("i-twilio-idempotency-token")
    if delivery.headers.get("content-type", "").lower().startswith("application/json"):
        decode_json(delivery.body)
        digest = hashlib.sha256(delivery.body).hexdigest()[:32]
        return Split((Slice(delivery.body, f"other:{digest}", {"format": "json"}),), key)
    raw = query.encode() if delivery.method == "GET" else delivery.body
    fields = dict(form(raw))
    campaign = dict(parse_qsl(query)).get("campaign")
    item = Slice(raw, _correlation(fields, delivery.received_at), {"campaign": campaign} if campaign else {})
    return Split((item,), key)


def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
    """A voice callback under `<CallSid>/<SequenceNumber>`, a TaskRouter event under its `Sid`."""
    if item.context.get("format") == "json":
        return Reading(key=item.correlation, verdict="unknown", reason="callbacks come as forms")
    fields = dict(form(item.raw))
    if "EventType" in fields:
        return _read_task_router(fields, settings, received_at)
    return _read_voice(fields, item.context.get("campaign"), settings, received_at)


def sequence(key: str) -> tuple[str, int] | None:
    """The call and the number of a voice callback: a call's callbacks are numbered as they are fired."""
    call, _, number = key.partition("/")
    return (call, int(number)) if number.isascii() and number.isdigit() else None


def translate(notes: Sequence[Observation], settings: SourceSettings) -> list[Observation]:
    """Canonical notes as they are; a result gets the time since the wrap-up of its reservation began."""
    wrap_ups = {note.leg: note for note in sorted(_of_kind(notes, "wrapup"), key=lambda note: note.at)}
    canonical = [note for note in notes if note.kind not in ("wrapup", "result")]
    for note in _of_kind(notes, "result"):
        began = wrap_ups.get(note.leg)
        elapsed = (note.at - began.at) // timedelta(milliseconds=1) if began else None
        wrap, found = (None, ()) if elapsed is None else not_negative(elapsed)
        canonical.append(
            msgspec.structs.replace(
                note,
                kind="CallDispositioned",
                flags=flags(note.flags, found),
                data={**note.data, "wrap_ms": wrap, "corrected": False},
                items=both_items(note, began),
            )
        )
    return in_order(canonical)


def _of_kind(notes: Sequence[Observation], kind: str) -> list[Observation]:
    return [note for note in notes if note.kind == kind]


def _correlation(fields: Fields, received_at: datetime) -> str:
    if "EventType" not in fields:
        return f"call:{required(fields, 'CallSid')}"
    sid = required(fields, "Sid")
    if fields["EventType"].startswith("worker."):
        at, _ = _task_router_time(fields, received_at)
        return f"agent:{required(fields, 'WorkerSid')}:{utc_day(at)}"
    call = identifier(_attributes(fields), "call_sid")
    return f"call:{call}" if call else f"other:{identifier(fields, 'TaskSid') or sid}"


def _attributes(fields: Fields) -> dict[str, Any]:
    attributes = fields.get("TaskAttributes")
    return json_object(decode_json(attributes.encode()), "TaskAttributes") if attributes else {}


def _read_voice(fields: Fields, campaign: str | None, settings: SourceSettings, received_at: datetime) -> Reading:
    call, status = required(fields, "CallSid"), required(fields, "CallStatus")
    key = f"{call}/{identifier(fields, 'SequenceNumber') or status}"
    sent = text(fields, "Timestamp")
    at = mail_time(sent) if sent else received_at
    found: tuple[str, ...] = ()
    customer = None
    data: dict[str, Any]
    if status in _PHASES:
        kind = "CallStarted"
        way = text(fields, "Direction") or ""
        direction = "outbound" if way.startswith("outbound") else "inbound" if way == "inbound" else "unknown"
        customer, ours = _numbers(direction, text(fields, "From"), text(fields, "To"))
        data = {
            "direction": direction,
            "phase": _PHASES[status],
            "our_number": ours,
            **placed(settings, campaigns=campaign, queues=None),
        }
    elif status in _ANSWERED:
        kind = "CallAnswered"
        data = {"answered_by": _answered_by(text(fields, "AnsweredBy"))}
    elif status in _ENDS:
        kind = "CallEnded"
        talk, found = milliseconds(fields.get("CallDuration"))
        data = {"scope": "call", "reason": status, "ended_by": "unknown", "talk_ms": talk, "hold_ms": None}
    else:
        return Reading(key=key, verdict="unknown", reason="CallStatus is not a known one")
    found = flags(found, skew(at, received_at), () if sent else ("no_vendor_time",))
    note = Observation(kind=kind, at=at, call=call, customer=customer, flags=found, data=data, items=(key,))
    return Reading(key=key, notes=(note,))


def _answered_by(value: str | None) -> str:
    if value is None or value == "human":
        return "human"
    return "machine" if value == "fax" or value.startswith("machine_") else "unknown"


def _numbers(direction: str, origin: str | None, target: str | None) -> tuple[str | None, str | None]:
    """The customer's number and ours. Where the direction is not known, neither: ours may be shown to everybody."""
    if direction == "inbound":
        return phone(origin), phone(target)
    return (phone(target), phone(origin)) if direction == "outbound" else (None, None)


def _read_task_router(fields: Fields, settings: SourceSettings, received_at: datetime) -> Reading:
    event, key = required(fields, "EventType"), required(fields, "Sid")
    if event in _CARRY_NOTHING:
        return Reading(key=key, verdict="ignored", reason="nothing canonical in this event")
    at, found = _task_router_time(fields, received_at)
    if event == "worker.activity.update":
        native = required(fields, "WorkerActivityName")
        state = settings.agent_states.get(native, "other")
        data: dict[str, Any] = {"state": state, "native": native, "reason": None}
        agent = required(fields, "WorkerSid")
        return Reading(
            key=key,
            notes=(Observation(kind="AgentStateChanged", at=at, agent=agent, flags=found, data=data, items=(key,)),),
        )
    if event not in _TASK_EVENTS:
        return Reading(key=key, verdict="unknown", reason="EventType is not a known one")
    attributes = _attributes(fields)
    call = identifier(attributes, "call_sid")
    if call is None:
        return Reading(key=key, verdict="ignored", reason="a task that is not a call")
    about = Observation(
        kind="CallAnswered",
        at=at,
        call=call,
        leg=identifier(fields, "ReservationSid"),
        agent=identifier(fields, "WorkerSid"),
        flags=found,
        data={"answered_by": "human"},
        items=(key,),
    )
    return _read_task(event, key, fields, attributes, about, settings)


def _read_task(
    event: str, key: str, fields: Fields, attributes: Mapping[str, Any], about: Observation, settings: SourceSettings
) -> Reading:
    direction = text(attributes, "direction")
    if direction not in ("inbound", "outbound"):
        direction = "unknown"
    match event:
        case "reservation.accepted":
            notes = [about]
        case "reservation.wrapup":
            started = msgspec.structs.replace(about, kind="wrapup", data={})
            return Reading(key=key, verdict="ignored", notes=(started,), reason="the start of after-call work")
        case "reservation.completed":
            notes = _results(attributes, about, settings)
        case "task.transfer-initiated":
            notes = [_changed(about, "CallTransferred", _transfer(fields))]
        case "task.created":
            customer, ours = _numbers(direction, text(attributes, "from"), text(attributes, "to"))
            data = {
                "direction": direction,
                "phase": "queued",
                "our_number": ours,
                **placed(settings, campaigns=text(attributes, "campaign"), queues=text(fields, "TaskQueueName")),
            }
            notes = [
                msgspec.structs.replace(_changed(about, "CallStarted", data), customer=customer, leg=None, agent=None)
            ]
        case "task.canceled":
            hung_up = text(fields, "TaskCanceledReason") == "hangup"
            notes = [_ended(about, "abandoned", "customer" if hung_up else "unknown")]
        case _:
            # Of an outbound call the voice callback tells the end, with its duration.
            notes = [_ended(about, "completed", "unknown")] if direction == "inbound" else []
    if not notes:
        return Reading(key=key, verdict="ignored", reason="nothing canonical in this event")
    return Reading(key=key, notes=tuple(notes))


def _results(attributes: Mapping[str, Any], about: Observation, settings: SourceSettings) -> list[Observation]:
    notes = []
    native = text(json_object(attributes.get("conversations"), "conversations"), "outcome")
    if native:
        canonical = settings.dispositions.get(native, "other")
        notes.append(_changed(about, "result", {"native": native, "canonical": canonical}))
    order = json_object(attributes.get("order"), "order")
    if order:
        currency = currency_code(text(order, "currency"))
        amount, found = minor_count(order.get("amount_minor"), currency)
        sale = {
            "order_ref": identifier(order, "ref"),
            "sku": text(order, "sku"),
            "quantity": whole(order.get("quantity")),
            "amount_minor": amount,
            "currency": currency,
            "derived_from_disposition": False,
        }
        notes.append(msgspec.structs.replace(_changed(about, "SaleRecorded", sale), flags=flags(about.flags, found)))
    return notes


def _transfer(fields: Fields) -> dict[str, Any]:
    target = identifier(fields, "TransferTo")
    return {
        "mode": _TRANSFER_MODES.get(text(fields, "TransferMode") or "", "unknown"),
        "to": target,
        "to_kind": _TRANSFER_TARGETS.get((target or "")[:2], "unknown"),
    }


def _ended(about: Observation, reason: str, ended_by: str) -> Observation:
    data = {"scope": "call", "reason": reason, "ended_by": ended_by, "talk_ms": None, "hold_ms": None}
    return msgspec.structs.replace(about, kind="CallEnded", leg=None, agent=None, data=data)


def _changed(about: Observation, kind: str, data: dict[str, Any]) -> Observation:
    return msgspec.structs.replace(about, kind=kind, data=data)


def _task_router_time(fields: Fields, received_at: datetime) -> tuple[datetime, tuple[str, ...]]:
    precise, rough = text(fields, "TimestampMs"), text(fields, "Timestamp")
    if precise:
        at = epoch_time(precise, timedelta(milliseconds=1))
    elif rough:
        at = epoch_time(rough)
    else:
        return received_at, ("no_vendor_time",)
    return at, skew(at, received_at)


def find_links(item: Slice, settings: SourceSettings) -> list[Link]:
    """What callbacks of recordings and transcriptions name."""
    if item.context.get("format") == "json":
        return []
    fields = dict(form(item.raw))
    return links([("recording", fields.get("RecordingUrl")), ("transcript", fields.get("TranscriptionUrl"))])


twilio = Connector(
    "twilio",
    twilio_signature,
    split,
    read,
    translate,
    sequence=sequence,
    links=find_links,
    hosts=frozenset({"api.twilio.com"}),
)

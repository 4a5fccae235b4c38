"""What one copy of an Amazon Connect contact record says, as up to seven canonical observations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.calls.connectors.fields import (
    currency_code,
    flags,
    identifier,
    iso_time,
    json_object,
    milliseconds,
    minor_units,
    phone,
    placed,
    text,
    whole,
)
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

_OUTBOUND = ("OUTBOUND", "EXTERNAL_OUTBOUND", "CALLBACK", "API", "CAMPAIGN_PREVIEW")
_INBOUND = ("INBOUND", "WEBRTC_API")
_NO_START = ("TRANSFER", "QUEUE_TRANSFER")
_UNANSWERED = {"TELECOM_UNANSWERED": "no-answer", "TELECOM_TIMEOUT": "no-answer", "TELECOM_BUSY": "busy"}

Fields = Mapping[str, Any]


def observe(
    record: Fields, call: str, contact: str, updated_at: datetime, settings: SourceSettings
) -> list[Observation]:
    """Start, answer, transfer, end, result and sale, as far as the record tells them.

    The names of the attributes that hold result and order are in the source's options. Unreadable when a field that
    is needed is of another type.
    """
    names = json_object(settings.options.get("attributes"), "attributes")
    agent = json_object(record.get("Agent"), "Agent")
    attributes = json_object(record.get("Attributes"), "Attributes")
    values = {name: text(attributes, str(attribute)) for name, attribute in names.items()}
    worker = identifier(agent, "Username")
    found = [_start(record, call, values.get("campaign"), settings)]
    answered_at = _time(agent, "ConnectedToAgentTimestamp")
    if answered_at:
        found.append(_about(call, contact, worker, "CallAnswered", answered_at, {"answered_by": "human"}))
    ended_at = _time(record, "DisconnectTimestamp")
    if ended_at:
        found += _end(record, call, contact, ended_at, answered=answered_at is not None)
    done_at = _time(agent, "AfterContactWorkEndTimestamp")
    result_at = done_at or ended_at or updated_at
    if values.get("disposition"):
        native = str(values["disposition"])
        wrap, wrap_flags = milliseconds(agent.get("AfterContactWorkDuration")) if done_at else (None, ())
        data = {
            "native": native,
            "canonical": settings.dispositions.get(native, "other"),
            "wrap_ms": wrap,
            "corrected": False,
        }
        found.append(_about(call, contact, worker, "CallDispositioned", result_at, data, wrap_flags))
    if any(values.get(name) for name in ("order_ref", "order_sku", "order_amount")):
        data, sale_flags = _sale(values)
        found.append(_about(call, contact, worker, "SaleRecorded", result_at, data, sale_flags))
    return [observation for observation in found if observation is not None]


def _about(
    call: str, leg: str, agent: str | None, kind: str, at: datetime, data: dict[str, Any], found: tuple[str, ...] = ()
) -> Observation:
    return Observation(kind=kind, at=at, call=call, leg=leg, agent=agent, flags=found, data=data)


def _start(record: Fields, call: str, campaign: str | None, settings: SourceSettings) -> Observation | None:
    method = text(record, "InitiationMethod")
    if method in _NO_START:
        return None
    queue = json_object(record.get("Queue"), "Queue")
    queued_at = _time(queue, "EnqueueTimestamp")
    at = queued_at or _time(record, "InitiationTimestamp")
    if at is None:
        return None
    return Observation(
        kind="CallStarted",
        at=at,
        call=call,
        customer=_address(record, "CustomerEndpoint"),
        data={
            "direction": "inbound" if method in _INBOUND else "outbound" if method in _OUTBOUND else "unknown",
            "phase": "queued" if queued_at else "dialing",
            "our_number": _address(record, "SystemEndpoint"),
            **placed(settings, campaigns=campaign, queues=text(queue, "Name")),
        },
    )


def _end(record: Fields, call: str, contact: str, at: datetime, *, answered: bool) -> list[Observation]:
    agent = json_object(record.get("Agent"), "Agent")
    worker = identifier(agent, "Username")
    next_contact = identifier(record, "NextContactId")
    cause = text(record, "DisconnectReason") or ""
    found = []
    if next_contact:
        mode = "blind" if _time(record, "TransferCompletedTimestamp") else "warm"
        handed_on = {"mode": mode, "to": next_contact, "to_kind": "contact"}
        found.append(_about(call, contact, worker, "CallTransferred", at, handed_on))
    talk, talk_flags = milliseconds(agent.get("AgentInteractionDuration"))
    hold, hold_flags = milliseconds(agent.get("CustomerHoldDuration"))
    queued = bool(_time(json_object(record.get("Queue"), "Queue"), "EnqueueTimestamp"))
    data = {
        "scope": "leg" if next_contact else "call",
        "reason": "transferred" if next_contact else "completed" if answered else _unanswered(cause, queued=queued),
        "ended_by": _ended_by(cause),
        "talk_ms": talk,
        "hold_ms": hold,
    }
    found.append(_about(call, contact, worker, "CallEnded", at, data, flags(talk_flags, hold_flags)))
    return found


def _unanswered(cause: str, *, queued: bool) -> str:
    if queued and cause == "CUSTOMER_DISCONNECT":
        return "abandoned"
    return _UNANSWERED.get(cause, "failed")


def _ended_by(cause: str) -> str:
    if cause.startswith("CUSTOMER_"):
        return "customer"
    return "agent" if cause.startswith("AGENT_") else "system" if cause else "unknown"


def _sale(values: Mapping[str, str | None]) -> tuple[dict[str, Any], tuple[str, ...]]:
    currency = currency_code(values.get("order_currency"))
    amount, found = minor_units(values.get("order_amount"), currency)
    return {
        "order_ref": values.get("order_ref"),
        "sku": values.get("order_sku"),
        "quantity": whole(values.get("order_quantity")),
        "amount_minor": amount,
        "currency": currency,
        "derived_from_disposition": False,
    }, found


def _address(record: Fields, name: str) -> str | None:
    return phone(text(json_object(record.get(name), name), "Address"))


def _time(fields: Fields, name: str) -> datetime | None:
    value = text(fields, name)
    return iso_time(value) if value else None

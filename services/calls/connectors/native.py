"""Native ingress: our own events as CloudEvents 1.0, signed by the Standard Webhooks rules."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.calls.connectors.base import Connector, Delivery, Reading, Secrets, Slice, Split, Unreadable
from services.calls.connectors.cloud_events import CloudEvent, binary, event_data, split_events, structured
from services.calls.connectors.fields import (
    currency_code,
    duration,
    flags,
    identifier,
    in_order,
    minor_count,
    phone,
    placed,
    required,
    skew,
    text,
    utc_day,
    whole,
)
from services.calls.connectors.signatures import standard_webhooks
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

_ORIGIN = re.compile(r"[A-Za-z0-9.:*-]{1,253}")
_TYPE = re.compile(r"com\.tallyline\.([a-z_.]+)\.v1")
_DIRECTIONS = ("inbound", "outbound")
_PHASES = ("dialing", "ringing", "queued")
_ANSWERED_BY = ("human", "machine")
_MODES = ("blind", "warm")
_TO_KINDS = ("agent", "queue", "extension", "contact")
_REASONS = ("completed", "transferred", "abandoned", "no-answer", "busy", "failed", "canceled", "out-of-hours")
_ENDED_BY = ("customer", "agent", "system")

Described = tuple[dict[str, Any], tuple[str, ...]]
"""The data of an observation and the flags that come with them."""


def authenticate(delivery: Delivery, settings: SourceSettings, secrets: Secrets) -> None:
    """A signature by one of the source's keys. The question whether we take events at all needs none: nothing of it
    is stored."""
    if not _asks_permission(delivery):
        standard_webhooks(delivery, settings, secrets)


def split(delivery: Delivery, settings: SourceSettings) -> Split:
    """One slice an event. An event of a batch that cannot be read is left to `read`, unless none of them can be."""
    if _asks_permission(delivery):
        return _permission(delivery)
    raws, attributes = split_events(delivery)
    context = {"attributes": attributes} if attributes is not None else {}
    slices, refused = [], []
    for raw in raws:
        try:
            event = _event(Slice(raw, "", context))
            _describe(event, settings)
            slices.append(Slice(raw, _correlation(event, delivery.received_at), context))
        except Unreadable as error:
            refused.append(error)
            slices.append(Slice(raw, f"other:{hashlib.sha256(raw).hexdigest()[:32]}", context))
    if refused and len(refused) == len(raws):
        raise refused[0]
    return Split(slices=tuple(slices), key=identifier(delivery.headers, "webhook-id"))


def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
    """The event's one observation, under the key `<source> <id>`."""
    event = _event(item)
    key = f"{event.source} {event.id}"
    described = _describe(event, settings)
    if described is None:
        return Reading(key=key, verdict="unknown", reason="no event of ours has this type")
    kind, details, found = described
    data = event_data(event)
    at = event.time or received_at
    about_call = kind != "AgentStateChanged"
    note = Observation(
        kind=kind,
        at=at,
        call=required(data, "call") if about_call else None,
        leg=identifier(data, "leg") if about_call else None,
        agent=identifier(data, "agent"),
        customer=phone(text(data, "customer_number")),
        flags=flags(found, skew(at, received_at), () if event.time else ("no_vendor_time",)),
        data=details,
        items=(key,),
    )
    return Reading(key=key, notes=(note,))


def translate(notes: Sequence[Observation], settings: SourceSettings) -> list[Observation]:
    """Each note is canonical already."""
    return in_order(notes)


def _event(item: Slice) -> CloudEvent:
    attributes = item.context.get("attributes")
    return structured(item.raw) if attributes is None else binary(attributes, item.raw)


def _describe(event: CloudEvent, settings: SourceSettings) -> tuple[str, dict[str, Any], tuple[str, ...]] | None:
    """The kind, data and flags of an event; None for a type that is not ours. Unreadable when it is not valid."""
    match = _TYPE.fullmatch(event.type)
    known = _READERS.get(match[1]) if match else None
    if known is None:
        return None
    kind, reader = known
    data = event_data(event)
    required(data, "agent" if kind == "AgentStateChanged" else "call")
    for name in ("leg", "agent"):
        identifier(data, name)
    text(data, "customer_number")
    details, found = reader(data, settings)
    return kind, details, found


def _correlation(event: CloudEvent, received_at: datetime) -> str:
    data = event.data if isinstance(event.data, dict) else {}
    call, agent = identifier(data, "call"), identifier(data, "agent")
    if call:
        return f"call:{call}"
    return f"agent:{agent}:{utc_day(event.time or received_at)}" if agent else f"other:{event.id}"


def _started(data: Mapping[str, Any], settings: SourceSettings) -> Described:
    direction = _one_of(data, "direction", _DIRECTIONS, "unknown")
    return {
        "direction": direction,
        "phase": _one_of(data, "phase", _PHASES, "dialing" if direction == "outbound" else "ringing"),
        "our_number": phone(text(data, "our_number")),
        **placed(settings, campaigns=text(data, "campaign"), queues=text(data, "queue")),
    }, ()


def _answered(data: Mapping[str, Any], settings: SourceSettings) -> Described:
    details: dict[str, Any] = {"answered_by": _one_of(data, "answered_by", _ANSWERED_BY, "unknown")}
    if any(text(data, name) for name in ("direction", "campaign", "customer_number")):
        details["direction"] = _one_of(data, "direction", _DIRECTIONS, "unknown")
        details |= placed(settings, campaigns=text(data, "campaign"))
    return details, ()


def _nothing(data: Mapping[str, Any], settings: SourceSettings) -> Described:
    return {}, ()


def _transferred(data: Mapping[str, Any], settings: SourceSettings) -> Described:
    return {
        "mode": _one_of(data, "mode", _MODES, "unknown"),
        "to": text(data, "to"),
        "to_kind": _one_of(data, "to_kind", _TO_KINDS, "unknown"),
    }, ()


def _ended(data: Mapping[str, Any], settings: SourceSettings) -> Described:
    scope = text(data, "scope")
    if scope not in ("call", "leg"):
        raise Unreadable("scope is neither call nor leg")
    talk, talk_flags = duration(data, "talk_ms")
    hold, hold_flags = duration(data, "hold_ms")
    return {
        "scope": scope,
        "reason": _one_of(data, "reason", _REASONS, "completed"),
        "ended_by": _one_of(data, "ended_by", _ENDED_BY, "unknown"),
        "talk_ms": talk,
        "hold_ms": hold,
    }, talk_flags + hold_flags


def _dispositioned(data: Mapping[str, Any], settings: SourceSettings) -> Described:
    native = required(data, "native")
    wrap, found = duration(data, "wrap_ms")
    return {
        "native": native,
        "canonical": settings.dispositions.get(native, "other"),
        "wrap_ms": wrap,
        "corrected": data.get("corrected") is True,
    }, found


def _sold(data: Mapping[str, Any], settings: SourceSettings) -> Described:
    currency = currency_code(text(data, "currency"))
    amount, found = minor_count(data.get("amount_minor"), currency)
    return {
        "order_ref": identifier(data, "order_ref"),
        "sku": text(data, "sku"),
        "quantity": whole(data.get("quantity")),
        "amount_minor": amount,
        "currency": currency,
        "derived_from_disposition": data.get("derived_from_disposition") is True,
    }, found


def _state(data: Mapping[str, Any], settings: SourceSettings) -> Described:
    native = text(data, "native") or required(data, "state")
    return {
        "state": settings.agent_states.get(native, "other"),
        "native": native,
        "reason": text(data, "reason"),
    }, ()


_READERS: dict[str, tuple[str, Callable[[Mapping[str, Any], SourceSettings], Described]]] = {
    "call.started": ("CallStarted", _started),
    "call.answered": ("CallAnswered", _answered),
    "call.held": ("CallHeld", _nothing),
    "call.resumed": ("CallResumed", _nothing),
    "call.transferred": ("CallTransferred", _transferred),
    "call.ended": ("CallEnded", _ended),
    "call.dispositioned": ("CallDispositioned", _dispositioned),
    "sale.recorded": ("SaleRecorded", _sold),
    "agent.state_changed": ("AgentStateChanged", _state),
}


def _one_of(data: Mapping[str, Any], name: str, known: Sequence[str], otherwise: str) -> str:
    value = text(data, name)
    return value if value is not None and value in known else otherwise


def _asks_permission(delivery: Delivery) -> bool:
    return delivery.method == "OPTIONS" and "webhook-request-origin" in delivery.headers and not delivery.body


def _permission(delivery: Delivery) -> Split:
    origin = delivery.headers["webhook-request-origin"]
    if not _ORIGIN.fullmatch(origin):
        raise Unreadable("WebHook-Request-Origin is not a host name")
    return Split(reply=(200, {"Allow": "POST", "WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"}, b""))


native = Connector("native", authenticate, split, read, translate)

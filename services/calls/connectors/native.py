"""Native ingress: our own events as CloudEvents 1.0, signed by the Standard Webhooks rules."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.calls.connectors.base import Connector, Delivery, Link, Reading, Secrets, Slice, Split, Unreadable
from services.calls.connectors.cloud_events import CloudEvent, binary, event_data, split_events, structured
from services.calls.connectors.described import describe
from services.calls.connectors.fields import (
    flags,
    identifier,
    in_order,
    phone,
    required,
    skew,
    text,
    utc_day,
)
from services.calls.connectors.links import at, links
from services.calls.connectors.signatures import standard_webhooks
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

_ORIGIN = re.compile(r"[A-Za-z0-9.:*-]{1,253}")
_TYPE = re.compile(r"com\.tallyline\.([a-z_.]+)\.v1")
_KINDS = {
    "call.started": "CallStarted",
    "call.answered": "CallAnswered",
    "call.held": "CallHeld",
    "call.resumed": "CallResumed",
    "call.transferred": "CallTransferred",
    "call.ended": "CallEnded",
    "call.dispositioned": "CallDispositioned",
    "sale.recorded": "SaleRecorded",
    "agent.state_changed": "AgentStateChanged",
}


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
    kind = _KINDS.get(match[1]) if match else None
    if kind is None:
        return None
    data = event_data(event)
    required(data, "agent" if kind == "AgentStateChanged" else "call")
    for name in ("leg", "agent"):
        identifier(data, name)
    text(data, "customer_number")
    details, found = describe(kind, data, settings)
    return kind, details, found


def _correlation(event: CloudEvent, received_at: datetime) -> str:
    data = event.data if isinstance(event.data, dict) else {}
    call, agent = identifier(data, "call"), identifier(data, "agent")
    if call:
        return f"call:{call}"
    return f"agent:{agent}:{utc_day(event.time or received_at)}" if agent else f"other:{event.id}"


def _asks_permission(delivery: Delivery) -> bool:
    return delivery.method == "OPTIONS" and "webhook-request-origin" in delivery.headers and not delivery.body


def _permission(delivery: Delivery) -> Split:
    origin = delivery.headers["webhook-request-origin"]
    if not _ORIGIN.fullmatch(origin):
        raise Unreadable("WebHook-Request-Origin is not a host name")
    return Split(reply=(200, {"Allow": "POST", "WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"}, b""))


def find_links(item: Slice, settings: SourceSettings) -> list[Link]:
    """`recording_url` and `transcript_url` of any event."""
    data = _event(item).data
    return links((name, at(data, (f"{name}_url",))) for name in ("recording", "transcript"))


native = Connector("native", authenticate, split, read, translate, links=find_links)

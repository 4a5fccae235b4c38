"""CloudEvents 1.0 over HTTP: structured, batched and binary mode, their attributes and the decoding of headers."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from services.calls.connectors.base import Delivery, Unreadable
from services.calls.connectors.fields import decode_json, iso_time, json_object, required, text

MAX_EVENTS = 1000
"""Events of one batch."""

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_JSON_TYPE = re.compile(r"[^/;\s]+/(?:json|[^/;\s]+\+json)\s*(?:;.*)?", re.IGNORECASE | re.DOTALL)
_BATCH = "application/cloudevents-batch"
_STRUCTURED = "application/cloudevents"


class CloudEvent(msgspec.Struct, frozen=True):
    """One event: its attributes and its JSON data. `time` is None where the sender gives none."""

    id: str
    source: str
    type: str
    time: datetime | None
    data: Any


def split_events(delivery: Delivery) -> tuple[list[bytes], dict[str, str] | None]:
    """The bytes of each event and, in binary mode, the attributes that its headers give.

    Unreadable with status 415 for a format other than JSON.
    """
    kind = delivery.headers.get("content-type", "").strip().lower()
    media_type = kind.partition(";")[0].strip()
    if kind.startswith(_BATCH):
        _need_json(media_type, _BATCH)
        return _batch(delivery.body), None
    if kind.startswith(_STRUCTURED):
        _need_json(media_type, _STRUCTURED)
        return [delivery.body], None
    attributes = {
        name.removeprefix("ce-"): decode_header(value)
        for name, value in delivery.headers.items()
        if name.startswith("ce-")
    }
    if not attributes:
        raise Unreadable("the request is not a CloudEvent")
    if kind:
        attributes["datacontenttype"] = kind
    return [delivery.body], attributes


def structured(raw: bytes) -> CloudEvent:
    """An event that is one JSON object."""
    event = decode_json(raw)
    if not isinstance(event, dict):
        raise Unreadable("the event is not an object")
    return _event(event, _data(event))


def binary(attributes: Mapping[str, Any], body: bytes) -> CloudEvent:
    """An event whose attributes came as headers and whose body is the data."""
    _check_data_type(attributes)
    return _event(attributes, decode_json(body))


def decode_header(value: str) -> str:
    """The text of a `ce-` header: quotes and backslashes taken away, then percent-decoded once.

    Unreadable when that is not UTF-8, or the header is not ASCII.
    """
    value = value.strip()
    quoted = _QUOTED.fullmatch(value)
    if quoted:
        value = re.sub(r"\\(.)", r"\1", quoted[1])
    try:
        value.encode("ascii")
        return unquote_to_bytes(value).decode()
    except UnicodeError as error:
        raise Unreadable("a header is not percent-encoded UTF-8") from error


def _batch(body: bytes) -> list[bytes]:
    try:
        events = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (ValueError, RecursionError) as error:
        raise Unreadable("the batch is not a JSON array") from error
    if len(events) > MAX_EVENTS:
        raise Unreadable(f"the batch has more than {MAX_EVENTS} events")
    return [bytes(event) for event in events]


def _event(attributes: Mapping[str, Any], data: Any) -> CloudEvent:
    if attributes.get("specversion") != "1.0":
        raise Unreadable("specversion is not 1.0")
    source = required(attributes, "source")
    if any(character.isspace() for character in source):
        raise Unreadable("source is not a URI reference")
    for name in ("subject", "dataschema", "datacontenttype"):
        text(attributes, name)
    time = text(attributes, "time")
    return CloudEvent(
        id=required(attributes, "id"),
        source=source,
        type=required(attributes, "type"),
        time=iso_time(time) if time else None,
        data=data,
    )


def _data(event: dict[str, Any]) -> Any:
    _check_data_type(event)
    if "data_base64" not in event:
        return event.get("data")
    if "data" in event:
        raise Unreadable("the event has both data and data_base64")
    try:
        decoded = base64.b64decode(text(event, "data_base64") or "", validate=True)
    except ValueError as error:
        raise Unreadable("data_base64 is not base64") from error
    return decode_json(decoded)


def _check_data_type(attributes: Mapping[str, Any]) -> None:
    kind = text(attributes, "datacontenttype")
    if kind is not None and not _JSON_TYPE.fullmatch(kind):
        raise Unreadable("the data is not JSON", status=415)


def _need_json(media_type: str, prefix: str) -> None:
    if media_type not in (prefix, f"{prefix}+json"):
        raise Unreadable("the format of the event is not JSON", status=415)


def event_data(event: CloudEvent) -> dict[str, Any]:
    """The data as an object. Unreadable for any other type."""
    return json_object(event.data, "data")

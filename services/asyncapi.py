"""What may be read from our topics and what we read from others', as an AsyncAPI 3.0 document."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends
from starlette.responses import Response

from shared.codec import classes_of
from shared.contracts import calls, gateway, partners, reconciliation, selling, training
from shared.http import json_response, require
from shared.kernel import Recorded
from shared.security import Principal

router = APIRouter(prefix="/api/v1", tags=["operations"])
Reader = Annotated[Principal, Depends(require("interfaces.read"))]
SCHEMAS = "#/components/schemas/{name}"
ENVELOPE = "Recorded"


@dataclass(frozen=True)
class Publication:
    """A topic with the union of its public events. `key` says what the records are keyed by: one key's events stay in
    one partition, and so in order."""

    service: str
    topic: str
    events: Any
    key: str


PUBLICATIONS = (
    Publication(
        "calls",
        calls.TOPIC,
        calls.PublicCallEvent | selling.PublicSellingEvent,
        "`<partner>:<agent>`, or the call if nobody is credited; of selling the stream, such as `order-acme:4711`",
    ),
    Publication("partners", partners.TOPIC, partners.PublicPartnerEvent, "the stream, such as `integration-acme-ba`"),
    Publication(
        "reconciliation",
        reconciliation.TOPIC,
        reconciliation.PublicReconciliationEvent,
        "the stream, such as `invoice-acme:r-2026-42`",
    ),
    Publication(
        "training",
        training.TOPIC,
        training.PublicTrainingEvent,
        "the stream, such as `certificate-acme:a-107`",
    ),
    Publication(
        "gateway", gateway.TOPIC, gateway.PublicGatewayEvent, "the stream, such as `alert-al_5f0c2a9be1d70f5c`"
    ),
)
"""Every topic of ours that others may read. The telephony topic is not among them: what it holds is sealed."""

PARTNERS_OWN: dict[str, Any] = {
    "address": "{topic}",
    "title": "A partner's own topic",
    "description": "On the partner's own brokers. It is read where the settings of a source say so.",
    "parameters": {"topic": {"description": "`options.kafka.topic` of the source."}},
    "messages": {"Delivery": {"$ref": "#/components/messages/Delivery"}},
}
DELIVERY: dict[str, Any] = {
    "name": "Delivery",
    "title": "Delivery",
    "summary": "What the source's platform would post, one delivery a record, without a signature.",
    "headers": {
        "type": "object",
        "properties": {"content-type": {"type": "string"}},
        "patternProperties": {"^ce_": {"type": "string", "description": "A CloudEvent's attribute, in binary mode."}},
    },
    "payload": {"description": "In the form of the source's connector."},
}

SPOKEN: dict[str, Any] = {
    "actor": "operator",
    "agent": "a-107",
    "call": "acme-ba:CA0017",
    "campaign": "spring",
    "canonical": "sale",
    "connector": "native",
    "contract_id": "acme:2026",
    "country": "BA",
    "credential_id": "crd_5f0c",
    "currency": "EUR",
    "customer_ref": "c_8Jx2mQ",
    "day": "2026-03-02",
    "day_zone": "Europe/Sarajevo",
    "ended_day": "2026-03-02",
    "name": "Acme",
    "native": "SALE_OK",
    "origin": "telephony.1/3",
    "partner": "acme",
    "partner_id": "acme",
    "position": [4711, 0],
    "quality_percent": "92",
    "service_level_percent": "80",
    "source": "acme-ba",
    "source_id": "acme-ba",
    "state": "on_call",
    "time_zone": "Europe/Sarajevo",
}
"""What the fields of examples say where their type alone would say little."""


@cache  # it is the release's: each page for developers would make it anew
def document() -> dict[str, Any]:
    """The whole document, as JSON has it. Nobody changes it."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    schemas = _schemas(event for publication in PUBLICATIONS for event in classes_of(publication.events))
    for publication in PUBLICATIONS:
        names = sorted(event.__name__ for event in classes_of(publication.events))
        channel = publication.topic
        channels[channel] = {
            "address": publication.topic,
            "title": f"Public events of the {publication.service} service",
            "description": "At least once: skip what is not above the highest `position` seen of its `origin` in the "
            f"partition. Records are keyed by {publication.key}. An installation with a namespace has it before the "
            "address.",
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        }
        operations[f"{publication.service}.publish"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{channel}"},
            "summary": "Each fact once; a correction as the reversal of what was told, then the new fact.",
            "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
        }
        for name in names:
            messages[name] = _message(name, publication, schemas)
    channels["partner"] = PARTNERS_OWN
    messages["Delivery"] = DELIVERY
    operations["calls.read"] = {
        "action": "receive",
        "channel": {"$ref": "#/channels/partner"},
        "summary": "Each record once, however often it is read; what nobody can read goes to the dead letters.",
        "messages": [{"$ref": "#/channels/partner/messages/Delivery"}],
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tallyline",
            "version": "1",
            "description": "Facts of calls, sales and agent hours. Contracts only grow: a reader passes over fields "
            "and classes that it does not know.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas},
    }


def _message(name: str, publication: Publication, schemas: dict[str, Any]) -> dict[str, Any]:
    payload = {
        "allOf": [
            {"$ref": SCHEMAS.format(name=ENVELOPE)},
            {"type": "object", "properties": {"event": {"$ref": SCHEMAS.format(name=name)}}, "required": ["event"]},
        ]
    }
    said = schemas[name]["description"]
    example = _example("", schemas[ENVELOPE], schemas) | {"event": _example("event", schemas[name], schemas)}
    return {
        "name": name,
        "title": re.sub(r"(?<!^)(?=[A-Z])", " ", name).capitalize(),
        "summary": re.split(r"(?<=[.])\s", said)[0],
        "description": said,
        "contentType": "application/json",
        "payload": payload,
        "bindings": {"kafka": {"key": {"type": "string", "description": publication.key}, "bindingVersion": "0.5.0"}},
        "examples": [{"name": "fact", "payload": example}],
    }


def _schemas(events: Iterable[type[Any]]) -> dict[str, Any]:
    """The schemas of the events, of what they are made of, and of the envelope without its event."""
    classes = tuple(events)
    _, made = msgspec.json.schema_components([*classes, Recorded[classes[0]]], ref_template=SCHEMAS)  # type: ignore[valid-type]
    (envelope,) = [name for name in made if name.startswith(f"{ENVELOPE}_")]
    whole = made.pop(envelope)
    whole["title"] = ENVELOPE
    whole["properties"]["event"] = {"type": "object", "description": "The event; its `type` names its class."}
    schemas = {name: _draft7(schema) for name, schema in sorted([*made.items(), (ENVELOPE, whole)])}
    for one in classes:
        _say_times(one, schemas[one.__name__])
    _say_times(Recorded, schemas[ENVELOPE])
    return schemas


def _draft7(schema: Any) -> Any:
    """As AsyncAPI has schemas: tuples in the way of draft 7, and descriptions as running text."""
    if isinstance(schema, list | tuple):  # a default may be a tuple
        return [_draft7(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _draft7(value) for key, value in schema.items()}
    if "prefixItems" in found:
        found["items"], found["additionalItems"] = found.pop("prefixItems"), False
    if isinstance(found.get("description"), str):
        found["description"] = inspect.cleandoc(found["description"])
    return found


def _say_times(one: type[Any], schema: dict[str, Any]) -> None:
    """Mark the fields that are times: a schema is made without, since a time need not have a zone. Ours have."""
    described = msgspec.inspect.type_info(one)
    for field in described.fields if isinstance(described, msgspec.inspect.StructType) else ():
        kinds = field.type.types if isinstance(field.type, msgspec.inspect.UnionType) else (field.type,)
        if any(isinstance(kind, msgspec.inspect.DateTimeType) for kind in kinds):
            place = schema["properties"][field.encode_name]
            for part in place.get("anyOf", [place]):
                if part.get("type") == "string":
                    part["format"] = "date-time"


def _example(name: str, schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """Something that fits the schema; a reversal is not made up."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return _example(name, schema["anyOf"][0], schemas)
    if "enum" in schema:
        return schema["enum"][0]
    if name in SPOKEN:
        return SPOKEN[name]
    if "pattern" in schema and "default" in schema:
        return schema["default"]
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {}).items()
            return {field: _example(field, part, schemas) for field, part in fields if field != "reverses"}
        case "array":
            return []
        case "integer":
            return 1
        case "number":
            return 1.5
        case "boolean":
            return False
        case _:
            times = {"date-time": "2026-03-02T09:15:00Z", "date": "2026-03-02"}
            return times.get(schema.get("format", ""), f"{name}-1")


@router.get("/asyncapi.json", summary="The public events, as an AsyncAPI document")
async def asyncapi(who: Reader) -> Response:
    """Topics, their messages with schemas and examples, keys, and the envelope that every record has."""
    return json_response(document())

"""What the documents of our interfaces say, as pages show it: routes by tag, messages by topic, fields of schemas."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Schema = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
DEEPEST = 4
"""How far into fields of fields a table goes: further down the document itself is the better reading."""
JSON = "application/json"


class Field(NamedTuple):
    """A field or parameter. `name` is its path, such as `lines[].sku`; `kind` is in the words of JSON Schema."""

    name: str
    kind: str
    required: bool
    text: str = ""
    place: str = ""


class Answer(NamedTuple):
    """What a route answers under one status."""

    status: str
    text: str


class Route(NamedTuple):
    """One route. `example` is the good answer, as text."""

    anchor: str
    method: str
    path: str
    summary: str
    text: str
    parameters: Sequence[Field]
    body: Sequence[Field]
    example: str
    answers: Sequence[Answer]


class Message(NamedTuple):
    """One message of a topic."""

    name: str
    title: str
    summary: str


class Topic(NamedTuple):
    """A topic with its messages. `sends`: we write to it; else we read it."""

    address: str
    title: str
    text: str
    sends: bool
    messages: Sequence[Message]


class Shown(NamedTuple):
    """A message whole. `key` says what its records are keyed by."""

    name: str
    title: str
    text: str
    topic: str
    key: str
    fields: Sequence[Field]
    envelope: Sequence[Field]
    example: str


def tags(document: Schema) -> dict[str, int]:
    """The tags of the routes, by name, each with how many routes it has."""
    found: defaultdict[str, int] = defaultdict(int)
    for _, _, operation in _operations(document):
        found[_tag(operation)] += 1
    return dict(sorted(found.items()))


def routes(document: Schema, tag: str) -> list[Route]:
    """The routes of a tag, by path; what is read before what is written."""
    schemas = document.get("components", {}).get("schemas", {})
    chosen = (one for one in _operations(document) if _tag(one[2]) == tag)
    ordered = sorted(chosen, key=lambda one: (one[1], METHODS.index(one[0])))
    return [_route(method, path, operation, schemas) for method, path, operation in ordered]


def topics(document: Schema) -> list[Topic]:
    """The topics in the document's order, each with its messages by name."""
    messages = document["components"]["messages"]
    sent = {each["channel"]["$ref"] for each in document["operations"].values() if each["action"] == "send"}
    return [
        Topic(
            address=channel["address"],
            title=channel["title"],
            text=channel["description"],
            sends=f"#/channels/{name}" in sent,
            messages=[
                Message(one, messages[one]["title"], messages[one]["summary"]) for one in sorted(channel["messages"])
            ],
        )
        for name, channel in document["channels"].items()
    ]


def message(document: Schema, name: str) -> Shown | None:
    """One of the messages that we write; None where there is no such one."""
    told = document["components"]["messages"].get(name)
    if told is None or "bindings" not in told:
        return None
    schemas = document["components"]["schemas"]
    topic = next(one["address"] for one in document["channels"].values() if name in one["messages"])
    return Shown(
        name=name,
        title=told["title"],
        text=told["description"],
        topic=topic,
        key=told["bindings"]["kafka"]["key"]["description"],
        fields=list(fields(schemas[name], schemas)),
        envelope=list(fields(schemas["Recorded"], schemas)),
        example=_pretty(told["examples"][0]["payload"]),
    )


def fields(schema: Schema, schemas: Schema, above: str = "", depth: int = 1) -> Iterator[Field]:
    """The fields of an object, each before its own fields."""
    needed = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        path = f"{above}{name}"
        yield Field(path, kind_of(part, schemas), name in needed, part.get("description", ""))
        if depth < DEEPEST:
            inner, suffix = _inside(part, schemas)
            yield from fields(inner, schemas, f"{path}{suffix}.", depth + 1)


def kind_of(schema: Schema, schemas: Schema) -> str:
    """What values a schema allows, in few words."""
    schema = _resolved(schema, schemas)
    if "anyOf" in schema or "oneOf" in schema:
        kinds = [kind_of(one, schemas) for one in schema.get("anyOf") or schema["oneOf"]]
        return " | ".join(dict.fromkeys(kinds))
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(one, ensure_ascii=False) for one in schema["enum"])
    kind = str(schema.get("type", "object" if "properties" in schema else "any"))
    if kind == "array":
        inner = schema.get("items", {})
        of = kind_of(inner, schemas) if isinstance(inner, Mapping) and inner else "any"
        return f"array of {of}"
    more = [str(schema[name]) for name in ("format", "pattern") if name in schema]
    bounds = [f"{word} {schema[name]}" for name, word in _BOUNDS.items() if name in schema]
    return ", ".join([kind, *more, *bounds])


_BOUNDS = {
    "minimum": "≥",
    "exclusiveMinimum": ">",
    "maximum": "≤",
    "exclusiveMaximum": "<",
    "minLength": "length ≥",
    "maxLength": "length ≤",
    "minItems": "items ≥",
    "maxItems": "items ≤",
}


def _operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield method, path, methods[method]


def _tag(operation: Schema) -> str:
    return str((operation.get("tags") or ["other"])[0])


def _route(method: str, path: str, operation: Schema, schemas: Schema) -> Route:
    responses = operation["responses"]
    good: Schema = next((responses[status] for status in sorted(responses) if status < "300"), {})
    body = operation.get("requestBody", {}).get("content", {})
    return Route(
        anchor=str(operation["operationId"]),
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        text=operation.get("description", ""),
        parameters=[
            Field(
                one["name"],
                kind_of(one.get("schema", {}), schemas),
                one.get("required", False),
                one.get("description", ""),
                one["in"],
            )
            for one in operation.get("parameters", ())
        ],
        body=_body(body, schemas),
        example=next((_pretty(one["example"]) for one in good.get("content", {}).values() if "example" in one), ""),
        answers=[Answer(status, told.get("description", "")) for status, told in sorted(responses.items())],
    )


def _body(content: Schema, schemas: Schema) -> list[Field]:
    found: list[Field] = []
    for media, told in content.items():
        schema = _resolved(told.get("schema", {}), schemas)
        if media == JSON:
            found += fields(*_unfolded(schema, schemas))
        else:
            found.append(Field("", media, True, str(schema.get("description", ""))))
    return found


def _unfolded(schema: Schema, schemas: Schema) -> tuple[Schema, Schema, str]:
    """An object, or what an array holds."""
    inner, suffix = _inside(schema, schemas) if schema.get("type") == "array" else (schema, "")
    return inner, schemas, f"{suffix}." if suffix else ""


def _inside(schema: Schema, schemas: Schema) -> tuple[Schema, str]:
    """The object that a field is or holds, with what stands behind the field's name: `[]` for each, `{}` by name."""
    schema = _resolved(schema, schemas)
    if "anyOf" in schema:
        parts = [one for one in schema["anyOf"] if _resolved(one, schemas).get("type") != "null"]
        return _inside(parts[0], schemas) if len(parts) == 1 else ({}, "")
    if schema.get("type") == "array" and isinstance(schema.get("items"), Mapping):
        inner, suffix = _inside(schema["items"], schemas)
        return inner, f"[]{suffix}"
    if isinstance(schema.get("additionalProperties"), Mapping):
        inner, suffix = _inside(schema["additionalProperties"], schemas)
        return inner, f"{{}}{suffix}"
    return schema, ""


def _resolved(schema: Schema, schemas: Schema) -> Schema:
    while "$ref" in schema:
        schema = schemas[str(schema["$ref"]).rpartition("/")[2]]
    return schema


def _pretty(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)

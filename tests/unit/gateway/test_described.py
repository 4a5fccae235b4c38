"""What pages say of our documents: every route and event once, and fields by paths that lead to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.asyncapi import document
from services.gateway.views.described import DEEPEST, fields, kind_of, message, routes, tags, topics

EVENTS = document()
LEAF = st.sampled_from(({"type": "string"}, {"type": "integer", "minimum": 0}, {"enum": ["a", "b"]}))


def objects(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    inner = LEAF if depth == 0 else st.one_of(LEAF, objects(depth - 1), arrays(depth - 1), named(depth - 1))
    return st.dictionaries(st.sampled_from("pqrs"), inner, max_size=3).map(
        lambda parts: {"type": "object", "properties": parts, "required": sorted(parts)[:1]}
    )


def arrays(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    return objects(depth).map(lambda items: {"type": "array", "items": items})


def named(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    return objects(depth).map(lambda values: {"type": "object", "additionalProperties": values})


def led_to(schema: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """The schema at a field's path."""
    for step in path.split("."):
        name = step.partition("[]")[0].partition("{}")[0]
        schema = schema["properties"][name]
        for mark in [step[at : at + 2] for at in range(len(name), len(step), 2)]:
            schema = schema["items"] if mark == "[]" else schema["additionalProperties"]
    return schema


@given(objects(DEEPEST - 1))
def test_each_path_leads_to_a_field_of_that_kind_and_no_two_are_the_same(schema: dict[str, Any]) -> None:
    found = list(fields(schema, {}))
    paths = [field.name for field in found]
    assert len(set(paths)) == len(paths)
    assert {path for path in paths if "." not in path} == schema["properties"].keys()
    for field in found:
        assert kind_of(led_to(schema, field.name), {}) == field.kind
        above, _, name = field.name.rpartition(".")
        holder = led_to(schema, above) if above else schema
        assert field.required == (name in holder["required"])


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string", "pattern": "^a$", "maxLength": 3}, "string, ^a$, length ≤ 3"),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 1}, "array of integer"),
        ({"type": "array", "items": [{"type": "integer"}]}, "array of any"),
        ({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "string, date | null"),
        ({"$ref": "#/x/Money"}, "object"),
        ({"const": "x"}, '"x"'),
        ({}, "any"),
    ],
)
def test_kinds_are_said_in_few_words(schema: dict[str, Any], kind: str) -> None:
    money = {"Money": {"type": "object", "properties": {}}}
    assert kind_of(schema, money) == kind


def test_a_schema_that_holds_itself_comes_to_an_end() -> None:
    tree = {"Tree": {"type": "object", "properties": {"of": {"type": "array", "items": {"$ref": "#/s/Tree"}}}}}
    assert [field.name for field in fields(tree["Tree"], tree)] == [
        "of",
        "of[].of",
        "of[].of[].of",
        "of[].of[].of[].of",
    ]


def test_every_event_is_in_one_topic_and_has_a_page() -> None:
    ours = [one.name for topic in topics(EVENTS) if topic.sends for one in topic.messages]
    assert len(set(ours)) == len(ours) == len(EVENTS["components"]["messages"]) - 1
    for name in ours:
        shown = message(EVENTS, name)
        assert shown is not None
        assert shown.fields[0].kind == f'"{name}"'
        assert [field.name for field in shown.envelope if field.required] == [
            "origin", "position", "recorded_at", "event",
        ]  # fmt: skip
    assert message(EVENTS, "Delivery") is None
    assert message(EVENTS, "Nothing") is None


def test_routes_of_a_tag_stand_by_path_and_reads_come_first() -> None:
    told = {"summary": "S", "responses": {"200": {"content": {"application/json": {"example": {"a": 1}}}}, "404": {}}}
    body = {"content": {"application/json": {"schema": {"type": "array", "items": {"properties": {"n": {}}}}}}}
    paths = {
        "/b": {"put": told | {"operationId": "3", "tags": ["t"], "requestBody": body}},
        "/a": {"post": told | {"operationId": "2", "tags": ["t"]}, "get": told | {"operationId": "1", "tags": ["t"]}},
        "/c": {"get": told | {"operationId": "4"}},
    }
    assert tags({"paths": paths}) == {"other": 1, "t": 3}
    found = routes({"paths": paths}, "t")
    assert [(route.anchor, route.method) for route in found] == [("1", "GET"), ("2", "POST"), ("3", "PUT")]
    assert [field.name for field in found[2].body] == ["[].n"]
    assert found[0].example == '{\n  "a": 1\n}'
    assert [answer.status for answer in found[0].answers] == ["200", "404"]

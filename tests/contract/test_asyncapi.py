"""The AsyncAPI document says of our topics what is so: every event, in a form that readers of such documents know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from typer.testing import CliRunner

from services import cli
from services.asyncapi import PUBLICATIONS, Publication, document
from shared.codec import classes_of, encode, envelope, recorded_decoder

DOCUMENT = document()
MESSAGES = DOCUMENT["components"]["messages"]


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in the document."""
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(part)


def at(reference: str) -> Any:
    """What a reference within the document leads to."""
    place: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        place = place[step]
    return place


def test_the_document_is_asyncapi_3() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    ApplicationSchema.model_validate(DOCUMENT)


def test_every_reference_leads_somewhere() -> None:
    references = [part["$ref"] for part in parts(DOCUMENT) if "$ref" in part]
    assert len(references) > len(MESSAGES)
    for reference in references:
        assert at(reference)


@pytest.mark.parametrize("publication", PUBLICATIONS, ids=lambda one: one.topic)
def test_every_event_of_a_topic_is_a_message_of_its_channel(publication: Publication) -> None:
    channel = DOCUMENT["channels"][publication.topic]
    assert channel["address"] == publication.topic
    assert set(channel["messages"]) == {event.__name__ for event in classes_of(publication.events)}
    for name in channel["messages"]:
        assert MESSAGES[name]["bindings"]["kafka"]["key"]["description"] == publication.key


@pytest.mark.parametrize("publication", PUBLICATIONS, ids=lambda one: one.topic)
def test_an_example_is_read_as_a_record_is_and_says_all_that_its_schema_says(publication: Publication) -> None:
    decoder = recorded_decoder(publication.events)
    for name in DOCUMENT["channels"][publication.topic]["messages"]:
        (example,) = (part["payload"] for part in MESSAGES[name]["examples"])
        text = msgspec.json.encode(example)
        assert envelope(text)[2] == name
        read = decoder.decode(text)
        assert type(read.event).__name__ == name
        assert decoder.decode(encode(read)) == read
        schema = DOCUMENT["components"]["schemas"][name]
        assert set(example["event"]) == set(schema["properties"])
        times = [field for field, part in schema["properties"].items() if part.get("format") == "date-time"]
        assert all(getattr(read.event, field).tzinfo is not None for field in times)


def test_a_time_is_said_to_be_one_also_where_it_may_be_missing() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["CallStarted"]["properties"]["at"]["format"] == "date-time"
    assert {"type": "string", "format": "date-time"} in schemas["CallDispositioned"]["properties"]["ended_interval"][
        "anyOf"
    ]
    assert "format" not in schemas["CallStarted"]["properties"]["day"]
    assert schemas["Recorded"]["properties"]["recorded_at"]["format"] == "date-time"


def test_a_partners_own_topic_is_what_we_receive_and_all_others_are_what_we_send() -> None:
    received = [one for one in DOCUMENT["operations"].values() if one["action"] == "receive"]
    assert [one["channel"]["$ref"] for one in received] == ["#/channels/partner"]
    sent = [one["channel"]["$ref"] for one in DOCUMENT["operations"].values() if one["action"] == "send"]
    assert sorted(sent) == sorted(f"#/channels/{publication.topic}" for publication in PUBLICATIONS)


def test_the_command_prints_the_document() -> None:
    said = CliRunner().invoke(cli.app, ["asyncapi"])
    assert said.exit_code == 0
    assert json.loads(said.stdout) == DOCUMENT

"""Native ingress: the modes and limits of CloudEvents, and what each kind of event must hold."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.calls.connectors.base import Delivery, Reading, Split, Unreadable
from services.calls.connectors.cloud_events import MAX_EVENTS
from services.calls.connectors.native import native
from shared.contracts.partners import SourceSettings

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
SETTINGS = SourceSettings(
    connector="native",
    partner="p",
    queues={"q1": "Sales"},
    dispositions={"S": "sale"},
    agent_states={"in": "available"},
)
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


def _event(kind: str = "call.held", **data: Any) -> dict[str, Any]:
    about = {"agent": "a1"} if kind.startswith("agent") else {"call": "c1"}
    return {
        "specversion": "1.0",
        "id": "e1",
        "source": "//dialler",
        "type": f"com.tallyline.{kind}.v1",
        "time": "2026-04-01T08:59:59Z",
        "data": {**about, **data},
    }


def _split(body: Any, content_type: str = STRUCTURED, **headers: str) -> Split:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return native.split(Delivery("POST", "", {"content-type": content_type, **names}, raw, NOW), SETTINGS)


def _read(event: dict[str, Any]) -> Reading:
    (item,) = _split(event).slices
    return native.read(item, SETTINGS, NOW)


def _data(kind: str, **data: Any) -> dict[str, Any]:
    (note,) = _read(_event(kind, **data)).notes
    return note.data


def test_a_batch_may_hold_so_many_events_and_no_more() -> None:
    events = [{**_event(), "id": f"e{n}"} for n in range(MAX_EVENTS)]
    assert len(_split(events, BATCH).slices) == MAX_EVENTS
    with pytest.raises(Unreadable) as caught:
        _split([*events, _event()], BATCH)
    assert caught.value.status == 400


def test_each_event_of_a_batch_keeps_its_own_bytes() -> None:
    raw = b'[ {"specversion": "1.0"} , ' + json.dumps(_event()).encode() + b" ]"
    assert [item.raw for item in _split(raw, BATCH).slices] == [
        b'{"specversion": "1.0"}',
        json.dumps(_event()).encode(),
    ]


def test_a_bad_event_of_a_batch_is_unreadable_by_itself() -> None:
    bad, good = _split([{**_event(), "id": ""}, _event()], BATCH).slices
    assert native.read(good, SETTINGS, NOW).verdict == "accepted"
    with pytest.raises(Unreadable):
        native.read(bad, SETTINGS, NOW)


def test_a_batch_of_nothing_but_bad_events_is_unreadable_as_a_whole() -> None:
    with pytest.raises(Unreadable):
        _split([{**_event(), "id": ""}, 7], BATCH)


@pytest.mark.parametrize(
    "content_type",
    ["application/cloudevents+xml", "application/cloudevents-batch+avro", "APPLICATION/CloudEvents+XML; charset=utf-8"],
)
def test_an_unknown_format_is_answered_with_415(content_type: str) -> None:
    with pytest.raises(Unreadable) as caught:
        _split(_event(), content_type)
    assert caught.value.status == 415


def test_binary_data_that_are_not_json_are_answered_with_415() -> None:
    with pytest.raises(Unreadable) as caught:
        _split(b"call=c1", "text/plain", ce_specversion="1.0", ce_id="e1", ce_source="s", ce_type="t")
    assert caught.value.status == 415


@pytest.mark.parametrize("content_type", ["Application/CloudEvents+JSON; charset=UTF-8", "application/cloudevents"])
def test_the_content_type_is_compared_without_case_and_parameters(content_type: str) -> None:
    assert len(_split(_event(), content_type).slices) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"specversion": "0.3"},
        {"specversion": None},
        {"id": ""},
        {"id": 5},
        {"id": "x" * 300},
        {"source": ""},
        {"source": "two words"},
        {"type": ""},
        {"time": "yesterday"},
        {"time": "2026-04-01T09:00:00"},
        {"time": "1970-01-01T00:00:00Z"},
        {"subject": 5},
        {"data": []},
        {"data": {}},
        {"data": {"call": 5}},
        {"data": {"call": "c1", "agent": ["a"]}},
        {"data_base64": "e30="},
    ],
)
def test_an_event_with_a_broken_attribute_is_unreadable(change: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        _split({**_event(), **change})


@pytest.mark.parametrize("encoded", ["e30", "*", "é", base64.b64encode(b"not json").decode()])
def test_data_in_broken_base64_are_unreadable(encoded: str) -> None:
    event = {**_event(), "data_base64": encoded}
    del event["data"]
    with pytest.raises(Unreadable):
        _split(event)


def test_unknown_members_are_passed_over() -> None:
    assert _read({**_event(), "traceparent": "00-1", "madeUp": {"x": 1}}).verdict == "accepted"


def test_the_key_is_source_and_id() -> None:
    assert _read(_event()).key == "//dialler e1"


def test_an_agents_events_are_kept_by_the_day_of_their_own_time() -> None:
    event = {**_event("agent.state_changed", native="in"), "time": "2026-03-31T23:59:59-00:00"}
    (item,) = _split(event).slices
    assert item.correlation == "agent:a1:2026-03-31"


def test_unknown_codes_never_stop_a_clear_event() -> None:
    assert _data("call.started", direction="up", phase="humming", queue="q9") == {
        "direction": "unknown",
        "phase": "ringing",
        "our_number": None,
        "campaign": None,
        "queue": None,
        "unmapped": {"queues": "q9"},
    }
    assert _data("call.answered", answered_by="parrot") == {"answered_by": "unknown"}
    assert _data("call.transferred", mode="magic", to_kind="moon") == {
        "mode": "unknown",
        "to": None,
        "to_kind": "unknown",
    }
    assert _data("call.dispositioned", native="?")["canonical"] == "other"
    assert _data("agent.state_changed", native="?")["state"] == "other"
    assert _data("call.ended", scope="leg", reason="?", ended_by="?")["ended_by"] == "unknown"


def test_codes_go_through_the_maps_of_the_source() -> None:
    assert _data("call.started", direction="inbound", phase="queued", queue="q1")["queue"] == "Sales"
    assert _data("call.dispositioned", native="S", wrap_ms=5, corrected=True) == {
        "native": "S",
        "canonical": "sale",
        "wrap_ms": 5,
        "corrected": True,
    }


@pytest.mark.parametrize(
    "data", [{"scope": "all"}, {}, {"scope": "call", "talk_ms": "5"}, {"scope": "call", "hold_ms": 1.5}]
)
def test_an_end_without_scope_or_with_a_broken_duration_is_unreadable(data: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        _split(_event("call.ended", **data))


@pytest.mark.parametrize(
    ("amount", "currency", "minor", "flags"),
    [(2995, "GBP", 2995, ()), (None, "GBP", None, ())]
    + [(bad, "GBP", None, ("bad_amount",)) for bad in ("29.95", 29.95, -1, True)]
    + [(2995, None, None, ("bad_amount",)), (2995, "pounds", None, ("bad_amount",))],
)
def test_an_amount_is_a_count_of_minor_units_with_a_currency(
    amount: Any, currency: str | None, minor: int | None, flags: tuple[str, ...]
) -> None:
    (note,) = _read(_event("sale.recorded", amount_minor=amount, currency=currency)).notes
    assert (note.data["amount_minor"], note.flags) == (minor, flags)


def test_the_question_whether_events_may_be_sent_is_answered_for_a_host_name_only() -> None:
    headers = {"webhook-request-origin": "partner.example"}
    reply = native.split(Delivery("OPTIONS", "", headers, b"", NOW), SETTINGS).reply
    assert reply is not None
    assert reply[1]["WebHook-Allowed-Origin"] == "partner.example"
    with pytest.raises(Unreadable):
        native.split(Delivery("OPTIONS", "", {"webhook-request-origin": "a\r\nSet-Cookie: b"}, b"", NOW), SETTINGS)

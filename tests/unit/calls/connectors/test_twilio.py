"""Twilio: keys, statuses and requests by GET."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from services.calls.connectors.base import Delivery, Reading, Slice, Unreadable
from services.calls.connectors.twilio import twilio
from shared.contracts.partners import SourceSettings

NOW = datetime(2026, 4, 2, 9, 0, tzinfo=UTC)
SETTINGS = SourceSettings(connector="twilio", partner="p")
URL = "https://ours.example/v1/in/tw/voice"
VOICE = {"CallSid": "CA1", "CallStatus": "ringing", "Timestamp": "Thu, 02 Apr 2026 09:00:00 +0000"}


def _slice(fields: dict[str, str], method: str = "POST", query: str = "") -> Slice:
    form = urlencode(fields)
    url = f"{URL}?{form if method == 'GET' else query}"
    body = b"" if method == "GET" else form.encode()
    (item,) = twilio.split(Delivery(method, url, {}, body, NOW), SETTINGS).slices
    return item


def _read(**fields: str) -> Reading:
    return twilio.read(_slice({**VOICE, **fields}), SETTINGS, NOW)


def test_the_key_is_the_sequence_number_and_without_one_the_status() -> None:
    assert _read(SequenceNumber="0").key == "CA1/0"
    assert _read().key == "CA1/ringing"


def test_a_get_is_read_from_its_query() -> None:
    reading = twilio.read(_slice({**VOICE, "campaign": "SPRING"}, "GET"), SETTINGS, NOW)
    (note,) = reading.notes
    assert (note.call, note.data["campaign"]) == ("CA1", "SPRING")


@pytest.mark.parametrize(
    ("sent", "answered_by"),
    [(None, "human"), ("human", "human"), ("machine_end_beep", "machine"), ("fax", "machine"), ("unknown", "unknown")],
)
def test_who_answered(sent: str | None, answered_by: str) -> None:
    more = {"AnsweredBy": sent} if sent else {}
    (note,) = _read(CallStatus="in-progress", **more).notes
    assert note.data == {"answered_by": answered_by}


@pytest.mark.parametrize(
    ("direction", "customer", "ours"),
    [
        ("inbound", "sip:a@b.example", "+442079460101"),
        ("outbound-dial", "+442079460101", "sip:a@b.example"),
        ("", None, None),
    ],
)
def test_which_number_is_the_customers(direction: str, customer: str | None, ours: str | None) -> None:
    (note,) = _read(Direction=direction, From="sip:a@b.example", To="+44 20 7946-0101").notes
    assert (note.customer, note.data["our_number"]) == (customer, ours)


@pytest.mark.parametrize("seconds", ["", "soon", "1.5"])
def test_a_duration_that_is_not_one_is_not_known(seconds: str) -> None:
    (note,) = _read(CallStatus="completed", CallDuration=seconds).notes
    assert (note.data["talk_ms"], note.flags) == (None, ())


@pytest.mark.parametrize(
    "fields",
    [
        {"CallSid": "CA\n1", "CallStatus": "ringing"},
        {"CallStatus": "ringing"},
        {"EventType": "task.created"},
        {"EventType": "task.created", "Sid": "EV1", "TaskAttributes": "{"},
        {"EventType": "task.created", "Sid": "EV1", "TaskAttributes": '{"call_sid":5}'},
        {"EventType": "worker.activity.update", "Sid": "EV1"},
        {"EventType": "worker.activity.update", "Sid": "EV1", "WorkerSid": "WK1", "TimestampMs": "soon"},
    ],
)
def test_a_form_without_what_it_needs_is_unreadable(fields: dict[str, str]) -> None:
    with pytest.raises(Unreadable):
        _slice(fields)


def test_a_form_that_is_not_utf8_is_unreadable() -> None:
    for body in (b"CallSid=%ff", b"CallSid=\xff", b"a=b&" * 1000):
        with pytest.raises(Unreadable):
            twilio.split(Delivery("POST", URL, {}, body, NOW), SETTINGS)


@pytest.mark.parametrize(("mode", "target", "data"), [
    ("WARM", "WQ1", {"mode": "warm", "to": "WQ1", "to_kind": "queue"}),
    ("COLD", "+1", {"mode": "blind", "to": "+1", "to_kind": "unknown"}),
    ("", "", {"mode": "unknown", "to": None, "to_kind": "unknown"}),
])  # fmt: skip
def test_transfers_to_what_and_how(mode: str, target: str, data: dict[str, Any]) -> None:
    fields = {
        "EventType": "task.transfer-initiated",
        "Sid": "EV1",
        "TimestampMs": "1775120400000",
        "TaskAttributes": '{"call_sid":"CA1"}',
        "TransferMode": mode,
        "TransferTo": target,
    }
    (note,) = twilio.read(_slice(fields), SETTINGS, NOW).notes
    assert note.data == data

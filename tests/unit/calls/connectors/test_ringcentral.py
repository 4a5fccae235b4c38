"""RingCentral: what a party goes through is told once, in the order of the session, however it comes."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest

from services.calls.connectors.base import Delivery, Unreadable
from services.calls.connectors.ringcentral import MAX_PARTIES, ringcentral
from shared.contracts.partners import SourceSettings
from tests.unit.calls.connectors.messages import NOW, Messages, delivery, is_authentic, kinds, only

SETTINGS = SourceSettings(connector="ringcentral", partner="p", campaigns={"+442079460170": "TV"})
RING = Messages(ringcentral, SETTINGS)
AT = NOW - timedelta(minutes=5)
SESSIONS = "/restapi/v1.0/account/~/telephony/sessions"


def party(code: str, number: int = 1, reason: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": f"p-{number}",
        "extensionId": f"10{number}",
        "direction": "Inbound",
        "from": {"phoneNumber": "+447700900171"},
        "to": {"phoneNumber": "+442079460170"},
        "status": {"code": code, "reason": reason},
        **more,
    }


def session(sequence: int, *parties: dict[str, Any], **more: Any) -> Delivery:
    body = {
        "sequence": sequence,
        "telephonySessionId": "s-1",
        "eventTime": f"{AT + timedelta(seconds=sequence):%Y-%m-%dT%H:%M:%S}.000Z",
        "parties": list(parties),
        **more,
    }
    return message(f"u-{sequence}", SESSIONS, body)


def message(uuid: str, event: str, body: Any) -> Delivery:
    whole = {"uuid": uuid, "event": event, "timestamp": "2026-04-01T08:55:00.300Z", "body": body}
    return delivery(json.dumps(whole).encode())


@pytest.mark.parametrize(("token", "passes"), [("right", True), ("wrong", False), ("", False), ("r\u00efght", False)])
def test_the_token_stands_in_a_header(token: str, passes: bool) -> None:
    sent = delivery(b"{}", verification_token=token)
    assert is_authentic(ringcentral, SETTINGS, sent, header_token="right") is passes


def test_a_validation_is_answered_by_its_own_token() -> None:
    sent = delivery(validation_token="c24f5165-f1df")
    assert is_authentic(ringcentral, SETTINGS, sent, header_token="right")
    assert ringcentral.split(sent, SETTINGS).reply == (200, {"Validation-Token": "c24f5165-f1df"}, b"")


@pytest.mark.parametrize("token", ["", "a\r\nSet-Cookie: b", "é", "x" * 300])
def test_a_validation_token_that_is_none_is_not_echoed(token: str) -> None:
    with pytest.raises(Unreadable):
        ringcentral.split(delivery(validation_token=token), SETTINGS)


def test_a_validation_token_does_not_open_the_door_to_a_body() -> None:
    sent = delivery(session(1, party("Answered")).body, validation_token="c24f5165")
    assert not is_authentic(ringcentral, SETTINGS, sent, header_token="right")


def test_hold_and_resume_are_told_in_the_order_of_the_session_whatever_comes_first() -> None:
    codes = ["Setup", "Proceeding", "Answered", "Hold", "Answered", "Disconnected"]
    deliveries = [session(n, party(code, reason="CallFinished")) for n, code in enumerate(codes)]
    told = ["CallStarted", "CallAnswered", "CallHeld", "CallResumed", "CallEnded"]
    for order in itertools.permutations(deliveries):
        assert kinds(RING.together(order)) == told


def test_a_state_that_is_told_again_says_nothing_new() -> None:
    codes = ["Answered", "Answered", "Hold", "Hold", "Answered", "Answered"]
    found = RING.together([session(n, party(code, muted=n % 2 == 0)) for n, code in enumerate(codes)])
    assert kinds(found) == ["CallAnswered", "CallHeld", "CallResumed"]


def test_each_party_has_holds_of_its_own() -> None:
    deliveries = [
        session(1, party("Answered"), party("Answered", 2)),
        session(2, party("Hold")),
        session(3, party("Answered", 2)),
    ]
    assert kinds(RING.together(deliveries)) == ["CallAnswered", "CallAnswered", "CallHeld"]


def test_a_call_rings_once_however_many_devices_ring() -> None:
    deliveries = [session(2, party("Proceeding", 2)), session(1, party("Proceeding"))]
    assert only(RING.together(deliveries), "CallStarted").at == AT + timedelta(seconds=1)


def test_an_outbound_call_is_dialled_and_then_rings() -> None:
    out: dict[str, Any] = {
        "direction": "Outbound",
        "from": {"phoneNumber": "+442079460170"},
        "to": {"phoneNumber": "+447700900174"},
    }
    found = RING.together([session(1, party("Setup", **out)), session(2, party("Proceeding", **out))])
    assert [(o.data["phase"], o.customer, o.data["campaign"]) for o in found] == [
        ("dialing", "+447700900174", "TV"),
        ("ringing", "+447700900174", "TV"),
    ]


@pytest.mark.parametrize(
    ("reason", "missed", "scope", "why", "ended_by"),
    [
        ("CallFinished", False, "call", "completed", "unknown"),
        ("CallFinished", True, "call", "abandoned", "customer"),
        ("NoAnswer", None, "call", "no-answer", "unknown"),
        ("TargetBusy", None, "call", "busy", "unknown"),
        ("Cancelled", None, "call", "canceled", "unknown"),
        ("InvalidNumber", None, "call", "failed", "unknown"),
        ("SomethingNew", None, "call", "completed", "unknown"),
        (None, None, "call", "completed", "unknown"),
        ("BlindTransfer", None, "leg", "transferred", "agent"),
        ("AttendedTransfer", None, "leg", "transferred", "agent"),
    ],
)
def test_why_a_party_is_disconnected(
    reason: str | None, missed: bool | None, scope: str, why: str, ended_by: str
) -> None:
    found = RING.together([session(1, party("Disconnected", reason=reason, missedCall=missed))])
    data = only(found, "CallEnded").data
    assert (data["scope"], data["reason"], data["ended_by"]) == (scope, why, ended_by)
    modes = {"BlindTransfer": ["blind"], "AttendedTransfer": ["warm"]}.get(reason or "", [])
    assert [o.data["mode"] for o in found if o.kind == "CallTransferred"] == modes


@pytest.mark.parametrize(
    ("sent", "verdict"),
    [
        (session(1, party("Setup")), "ignored"),
        (session(1, party("Gone")), "ignored"),
        (session(1, party("VoiceMail")), "ignored"),
        (session(1, party("Levitating")), "unknown"),
        (session(1, party("Gone"), party("Levitating", 2)), "unknown"),
        (session(1, party("Levitating"), party("Answered", 2)), "accepted"),
        (message("u", "/restapi/v1.0/subscription/~?threshold=60", {}), "ignored"),
        (message("u", "/restapi/v1.0/account/~/presence", None), "ignored"),
        (
            message("u", SESSIONS + "?direction=Inbound", {"telephonySessionId": "s", "parties": [party("Hold")]}),
            "accepted",
        ),
    ],
)
def test_the_verdict_on_a_notification(sent: Delivery, verdict: str) -> None:
    assert RING.read(sent).verdict == verdict


@pytest.mark.parametrize(
    "changes",
    [
        {"parties": None},
        {"parties": []},
        {"parties": {}},
        {"parties": [5]},
        {"parties": [{"id": "p"}]},
        {"parties": [party("Hold", id=[1])]},
        {"parties": [{"status": {"code": 5}}]},
        {"parties": [party("Hold")] * (MAX_PARTIES + 1)},
        {"telephonySessionId": None},
        {"eventTime": "yesterday"},
        {"eventTime": "2026-04-01T09:00:00"},
        {"eventTime": 5},
    ],
)
def test_a_session_that_is_none_is_unreadable(changes: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        RING.together([session(1, party("Hold"), **changes)])


def test_the_time_is_the_sessions_else_the_messages_else_ours() -> None:
    sent = session(1, party("Hold"), eventTime=None)
    bare = delivery(json.dumps(json.loads(sent.body) | {"timestamp": None}).encode())
    assert [RING.together([one])[0].at for one in (sent, bare)] == [AT + timedelta(milliseconds=300), NOW]
    assert RING.together([bare])[0].flags == ("no_vendor_time",)


def test_a_time_ahead_of_ours_is_flagged() -> None:
    found = RING.together([session(303, party("Hold")), session(302, party("Answered"))])
    assert [o.flags for o in found] == [(), ("clock_skew",)]


def test_a_number_that_no_map_has_gives_no_campaign() -> None:
    to = {"phoneNumber": "+442079460199"}
    (start,) = RING.together([session(1, party("Proceeding", to=to))])
    assert (start.data["campaign"], start.data["unmapped"]) == (None, {"campaigns": "+442079460199"})
    (plain,) = RING.but(campaigns={}).together([session(1, party("Proceeding", to=to))])
    assert (plain.data["campaign"], "unmapped" in plain.data) == (None, False)


def test_names_in_any_script_do_no_harm() -> None:
    caller = {"phoneNumber": "anonymous", "name": "Ναταλία 😀"}
    (start,) = RING.together([session(1, party("Proceeding") | {"from": caller})])
    assert start.customer is None

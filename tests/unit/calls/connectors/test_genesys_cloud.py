"""Genesys Cloud: which events tell what, and that a call ends once whatever order they come in."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.calls.connectors.base import Delivery, Unreadable
from services.calls.connectors.genesys_cloud import genesys_cloud
from shared.contracts.partners import SourceSettings
from tests.unit.calls.connectors.messages import NOW, Messages, delivery, is_authentic, kinds, only

SETTINGS = SourceSettings(
    connector="genesys-cloud",
    partner="p",
    dispositions={"code-1": "sale"},
    sale_on=("sale",),
    agent_states={"IDLE": "available"},
    queues={"q1": "Sales"},
    campaigns={"c1": "SPRING"},
)
GENESYS = Messages(genesys_cloud, SETTINGS)
AT = NOW - timedelta(minutes=5)


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def event(name: str, id_: str = "e1", seconds: int = 0, at: datetime = NOW, **body: Any) -> Delivery:
    about = {
        "eventTime": ms(AT + timedelta(seconds=seconds)),
        "conversationId": "conv-1",
        "sessionId": f"s-{name}",
        "mediaType": "VOICE",
        "direction": "INBOUND",
        "ani": "tel:+447700900100",
        "dnis": "tel:+442079460120",
    }
    return envelope(f"v2.detail.events.conversation.{{id}}.{name}", about | body, id_, at)


def envelope(topic: str, body: Any, id_: str = "e1", at: datetime = NOW, **more: Any) -> Delivery:
    whole = {"id": id_, "detail-type": topic, "time": "2026-04-01T08:55:00Z", "detail": {"eventBody": body}, **more}
    return delivery(json.dumps(whole).encode(), at)


@pytest.mark.parametrize(
    ("key", "passes"),
    [
        ("right", True),
        ("wrong", False),
        ("", False),
        ("réight", False),
    ],
)
def test_the_key_stands_in_a_header(key: str, passes: bool) -> None:
    assert is_authentic(genesys_cloud, SETTINGS, delivery(b"{}", x_tallyline_key=key), api_key_header="right") is passes


def test_without_a_key_nothing_is_taken() -> None:
    assert not is_authentic(genesys_cloud, SETTINGS, delivery(b"{}"), api_key_header="right")
    assert not is_authentic(genesys_cloud, SETTINGS, delivery(b"{}", x_tallyline_key="right"))


def test_the_header_is_the_one_that_the_source_names() -> None:
    settings = GENESYS.but(options={"header": "X-Api-Key"}).settings
    assert is_authentic(genesys_cloud, settings, delivery(x_api_key="right"), api_key_header="right")
    assert not is_authentic(genesys_cloud, settings, delivery(x_tallyline_key="right"), api_key_header="right")


@pytest.mark.parametrize(
    ("sent", "verdict"),
    [
        (event("user.start"), "ignored"),
        (event("attributes"), "ignored"),
        (event("flow.start"), "ignored"),
        (event("voicemail.end"), "ignored"),
        (event("acd.end", acdOutcome="FLOW_OUT"), "ignored"),
        (event("acd.end", acdOutcome="SOMETHING_NEW"), "ignored"),
        (event("customer.start", mediaType="CHAT"), "ignored"),
        (event("acw", wrapupCode=None), "ignored"),
        (envelope("v2.users.{id}.presence", {"id": "u1"}), "ignored"),
        (event("something.new"), "unknown"),
        (envelope("v2.users.{id}.somethingNew", {"id": "u1"}), "unknown"),
        (envelope("Scheduled Event", {}), "unknown"),
    ],
)
def test_what_says_nothing_of_a_call_is_ignored_and_what_nobody_knows_is_unknown(sent: Delivery, verdict: str) -> None:
    reading = GENESYS.read(sent)
    assert (reading.verdict, reading.notes) == (verdict, ())


def test_a_call_that_was_abandoned_in_the_queue_ends_once_in_any_order() -> None:
    events = [
        event("acd.start", "e1", queueId="q1"),
        event("acd.end", "e2", 40, acdOutcome="ABANDON"),
        event("customer.end", "e3", 40, disconnectType="CLIENT"),
    ]
    for order in itertools.permutations(events):
        found = GENESYS.together(order)
        assert kinds(found) == ["CallStarted", "CallEnded"]
        assert (found[1].leg, found[1].data["reason"]) == ("s-acd.end", "abandoned")


def test_the_customers_end_is_an_abandonment_only_where_nobody_answered() -> None:
    end = event("customer.end", "e2", 40, disconnectType="CLIENT")
    unanswered = GENESYS.together([event("customer.start"), end])
    assert only(unanswered, "CallEnded").data["reason"] == "abandoned"
    answered = GENESYS.together([end, event("acd.end", "e1", 5, acdOutcome="ANSWERED", answeredUserId="u1")])
    assert only(answered, "CallEnded").data["reason"] == "completed"
    direct = GENESYS.together([end, event("user.end", "e1", 40, userId="u1", interactingDurationMs=20_000)])
    assert [o.data["reason"] for o in direct if o.data["scope"] == "call"] == ["completed"]


def test_of_two_ends_of_customers_the_first_ends_the_call() -> None:
    found = GENESYS.together([event("customer.end", "e2", 50), event("customer.end", "e1", 40)])
    assert only(found, "CallEnded").at == AT + timedelta(seconds=40)


@pytest.mark.parametrize(
    ("cause", "mode", "reason", "ended_by"),
    [
        ("TRANSFER", "blind", "transferred", "agent"),
        ("CONSULT_TRANSFER", "warm", "transferred", "agent"),
        ("PEER", None, "completed", "customer"),
        ("CLIENT", None, "completed", "agent"),
        ("SOMETHING_NEW", None, "completed", "system"),
        (None, None, "completed", "unknown"),
    ],
)
def test_how_an_agents_part_ends(cause: str | None, mode: str | None, reason: str, ended_by: str) -> None:
    found = GENESYS.together([event("user.end", userId="u1", disconnectType=cause, interactingDurationMs=1)])
    end = only(found, "CallEnded")
    assert (end.data["scope"], end.data["reason"], end.data["ended_by"]) == ("leg", reason, ended_by)
    assert [o.data["mode"] for o in found if o.kind == "CallTransferred"] == ([mode] if mode else [])


def test_an_outbound_call_was_answered_before_the_agent_spoke_and_held() -> None:
    sent = event("user.end", seconds=100, direction="OUTBOUND", interactingDurationMs=60_000, heldDurationMs=15_500)
    assert only(GENESYS.together([sent]), "CallAnswered").at == AT + timedelta(seconds=24.5)


@pytest.mark.parametrize("talk", [0, None, -5])
def test_an_outbound_call_in_which_nobody_spoke_was_not_answered(talk: int | None) -> None:
    found = GENESYS.together([event("user.end", direction="OUTBOUND", interactingDurationMs=talk)])
    assert kinds(found) == ["CallEnded"]


def test_a_negative_wrap_up_is_none_and_flagged() -> None:
    found = GENESYS.together([event("acw", userId="u1", wrapupCode="code-1", wrapupDurationMs=-3, wrapupNotes="€ 😀")])
    result, sale = found
    assert (result.data["wrap_ms"], result.flags, result.data["canonical"]) == (0, ("negative_duration",), "sale")
    assert (sale.kind, sale.flags, sale.data["derived_from_disposition"]) == ("SaleRecorded", (), True)


def test_a_result_that_no_map_has_is_another_one() -> None:
    found = GENESYS.together([event("acw", wrapupCode="code-9")])
    assert [(o.kind, o.data["canonical"]) for o in found] == [("CallDispositioned", "other")]


def test_the_time_is_the_events_own_else_the_envelopes_else_ours() -> None:
    own = event("customer.start", eventTime=ms(AT) + 250)
    cut = event("customer.start", eventTime=None)
    without = delivery(
        json.dumps(
            json.loads(own.body)
            | {"time": None, "detail": {"eventBody": {"conversationId": "c", "mediaType": "VOICE"}}}
        ).encode()
    )
    found = [GENESYS.together([sent])[0] for sent in (own, cut, without)]
    assert [o.at for o in found] == [AT + timedelta(milliseconds=250), AT, NOW]
    assert [o.flags for o in found] == [(), (), ("no_vendor_time",)]


def test_a_time_ahead_of_ours_is_flagged() -> None:
    late, early = event("customer.start", seconds=303), event("customer.start", seconds=302)
    assert [GENESYS.together([sent])[0].flags for sent in (late, early)] == [("clock_skew",), ()]


def test_in_the_night_when_an_hour_comes_twice_nothing_is_ambiguous() -> None:
    doubled = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    sent = event("customer.start", at=doubled, eventTime=ms(doubled))
    (start,) = GENESYS.but(time_zone="Europe/London").together([sent])
    assert (start.at, start.flags) == (doubled, ())


@pytest.mark.parametrize(
    ("changes", "customer", "ours"),
    [
        ({}, "+447700900100", "+442079460120"),
        ({"direction": "OUTBOUND"}, "+442079460120", "+447700900100"),
        ({"direction": "SIDEWAYS"}, None, None),
        ({"ani": "tel:anonymous"}, None, "+442079460120"),
        ({"ani": "sip:café@host.example"}, "sip:café@host.example", "+442079460120"),
        ({"ani": "tel:+447700900100;phone-context=x", "dnis": None}, "+447700900100", None),
    ],
)
def test_whose_number_is_whose(changes: dict[str, Any], customer: str | None, ours: str | None) -> None:
    (start,) = GENESYS.together([event("customer.start", **changes)])
    assert (start.customer, start.data["our_number"]) == (customer, ours)


def test_queues_and_campaigns_that_no_map_has_are_kept_beside() -> None:
    (start,) = GENESYS.together([event("outbound.init", outboundCampaignId="c9", queueId="q1")])
    assert (start.data["campaign"], start.data["queue"], start.data["phase"]) == (None, "Sales", "dialing")
    assert start.data["unmapped"] == {"campaigns": "c9"}


def test_a_routing_state_is_the_agents_state() -> None:
    status = {"userId": "u1", "status": "IDLE", "startTime": "2026-04-01T08:55:00.000Z"}
    sent = envelope("v2.users.{id}.routingStatus", {"id": "u1", "routingStatus": status})
    (item,) = genesys_cloud.split(sent, SETTINGS).slices
    assert item.correlation == "agent:u1:2026-04-01"
    (state,) = GENESYS.together([sent])
    assert (state.agent, state.data) == ("u1", {"state": "available", "native": "IDLE", "reason": None})


@pytest.mark.parametrize(
    "changes",
    [
        {"eventTime": True},
        {"eventTime": "soon"},
        {"eventTime": 10**18},
        {"eventTime": 1.5},
        {"conversationId": None},
        {"conversationId": ["x"]},
        {"interactingDurationMs": "12"},
        {"interactingDurationMs": 10**17, "direction": "OUTBOUND"},
        {"userId": {"id": 1}},
        {"sessionId": "x" * 300},
    ],
)
def test_values_of_other_types_make_the_event_unreadable(changes: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        GENESYS.together([event("user.end", **changes)])


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"id":"e"}', b'{"detail-type":"x"}', b'{"id":"e","detail-type":"x","detail":5}']
)
def test_what_is_no_event_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        genesys_cloud.split(delivery(body), SETTINGS)

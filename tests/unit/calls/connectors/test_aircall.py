"""Aircall: each fact is told once, by the first snapshot that shows it, whatever the webhook is called."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.calls.connectors.aircall import MAX_TAGS, aircall
from services.calls.connectors.base import Delivery, Unreadable
from shared.contracts.partners import SourceSettings
from tests.unit.calls.connectors.messages import NOW, Messages, delivery, is_authentic, kinds, only

SETTINGS = SourceSettings(
    connector="aircall",
    partner="p",
    dispositions={"Sale": "sale", "Verkauft ✅": "sale"},
    sale_on=("sale",),
    campaigns={"1101": "TV"},
    agent_states={"user.opened": "available"},
)
AIRCALL = Messages(aircall, SETTINGS)
BEGAN = int(NOW.timestamp()) - 600


def webhook(event: str, at: datetime = NOW, timestamp: Any = BEGAN + 100, **data: Any) -> Delivery:
    call = {
        "id": 90001,
        "direction": "inbound",
        "started_at": BEGAN,
        "answered_at": None,
        "ended_at": None,
        "raw_digits": "+44 7700 900161",
        "user": {"id": 501},
        "number": {"id": 1101, "digits": "+44 20 7946 0150"},
        "tags": [],
    }
    return message("call", event, call | data, at, timestamp)


def message(resource: Any, event: Any, data: Any, at: datetime = NOW, timestamp: Any = BEGAN) -> Delivery:
    whole = {"resource": resource, "event": event, "timestamp": timestamp, "token": "right", "data": data}
    return delivery(json.dumps(whole).encode(), at)


def tag(name: str, id_: int | None = 1, at: Any = BEGAN + 90, by: int = 501) -> dict[str, Any]:
    return {"id": id_, "name": name, "created_at": at, "tagged_by": {"id": by}}


@pytest.mark.parametrize(
    ("body", "passes"),
    [
        (b'{"token": "right"}', True),
        (b'{"data": {"token": "right"}}', False),
        (b'{"token": "wrong"}', False),
        (b'{"token": ""}', False),
        (b'{"token": 5}', False),
        (b'{"token": null}', False),
        (b'["right"]', False),
        (b'{"token": "right"', False),
        (b"right", False),
        (b"\xff", False),
        (b"", False),
        (b'{"a":' * 50_000, False),
    ],
)
def test_the_token_stands_in_the_body(body: bytes, passes: bool) -> None:
    assert is_authentic(aircall, SETTINGS, delivery(body), body_token="right") is passes


def test_a_call_is_told_once_however_many_snapshots_come_and_in_whatever_order() -> None:
    snapshots = [
        webhook("call.created"),
        webhook("call.answered", answered_at=BEGAN + 9),
        webhook("call.hungup", answered_at=BEGAN + 9, ended_at=BEGAN + 80),
        webhook("call.tagged", answered_at=BEGAN + 9, ended_at=BEGAN + 80, tags=[tag("Sale")]),
        webhook("call.ended", answered_at=BEGAN + 9, ended_at=BEGAN + 80, tags=[tag("Sale")]),
    ]
    told = ["CallStarted", "CallAnswered", "CallEnded", "CallDispositioned", "SaleRecorded"]
    for order in itertools.permutations(snapshots):
        found = AIRCALL.together(order)
        assert kinds(found) == told
        assert found[2].data["reason"] == "completed"


def test_the_first_snapshot_that_came_tells_who_answered() -> None:
    first = webhook("call.answered", NOW - timedelta(minutes=2), answered_at=BEGAN + 9, user={"id": 501})
    later = webhook("call.ended", NOW, answered_at=BEGAN + 9, ended_at=BEGAN + 80, user={"id": 502})
    for order in ([first, later], [later, first]):
        found = AIRCALL.together(order)
        assert only(found, "CallAnswered").agent == "501"
        assert only(found, "CallEnded").agent == "502"


def test_a_webhook_that_says_nothing_itself_still_shows_the_call() -> None:
    reading = AIRCALL.read(webhook("call.ringing_on_agent"))
    assert reading.verdict == "ignored"
    assert kinds(AIRCALL.together([webhook("call.ringing_on_agent")])) == ["CallStarted"]


@pytest.mark.parametrize(
    ("direction", "missed", "reason", "ended_by"),
    [
        ("inbound", "short_abandoned", "abandoned", "customer"),
        ("inbound", "abandoned_in_ivr", "abandoned", "customer"),
        ("inbound", "abandonned_in_ivr", "abandoned", "customer"),
        ("inbound", "agents_did_not_answer", "abandoned", "customer"),
        ("inbound", "something_new", "abandoned", "unknown"),
        ("inbound", None, "abandoned", "unknown"),
        ("inbound", "out_of_opening_hours", "out-of-hours", "system"),
        ("outbound", None, "no-answer", "unknown"),
        ("outbound", "short_abandoned", "no-answer", "unknown"),
        ("sideways", None, "no-answer", "unknown"),
    ],
)
def test_why_a_call_ended_that_nobody_answered(direction: str, missed: str | None, reason: str, ended_by: str) -> None:
    sent = webhook("call.hungup", direction=direction, missed_call_reason=missed, ended_at=BEGAN + 30)
    data = only(AIRCALL.together([sent]), "CallEnded").data
    assert (data["reason"], data["ended_by"]) == (reason, ended_by)


def test_every_tag_is_a_result_once() -> None:
    snapshots = [
        webhook("call.tagged", tags=[tag("Sale")]),
        webhook("call.tagged", tags=[tag("Sale"), tag("VIP", 2, BEGAN + 95, 502)]),
        webhook("call.untagged", tags=[tag("VIP", 2, BEGAN + 95, 502)]),
    ]
    found = [o for o in AIRCALL.together(snapshots) if o.kind == "CallDispositioned"]
    assert [(o.data["native"], o.data["canonical"], o.agent) for o in found] == [
        ("Sale", "sale", "501"),
        ("VIP", "other", "502"),
    ]


def test_a_tag_in_any_script_without_id_or_time_is_a_result_too() -> None:
    sent = webhook("call.tagged", timestamp=BEGAN + 70, tags=[tag("Verkauft ✅", None, None)])
    sale = only(AIRCALL.together([sent]), "SaleRecorded")
    assert sale.at == datetime.fromtimestamp(BEGAN + 70, UTC)


def test_a_transfer_names_both_agents() -> None:
    sent = webhook("call.transferred", transferred_by={"id": 501}, transferred_to={"id": 502}, user={"id": 502})
    handed = only(AIRCALL.together([sent]), "CallTransferred")
    assert (handed.agent, handed.data) == ("501", {"mode": "unknown", "to": "502", "to_kind": "agent"})
    bare = only(AIRCALL.together([webhook("call.transferred")]), "CallTransferred")
    assert (bare.agent, bare.data["to"], bare.data["to_kind"]) == (None, None, "unknown")


@pytest.mark.parametrize(
    ("sent", "verdict"),
    [
        (webhook("call.commented"), "ignored"),
        (webhook("call.something_new"), "unknown"),
        (message("contact", "contact.created", {"id": 1}), "ignored"),
        (message("number", "number.opened", None), "ignored"),
        (message("user", "user.created", {"id": 501}), "ignored"),
        (message("user", "user.levitates", {"id": 501}), "unknown"),
        (message("user", "user.opened", {"id": 501}), "accepted"),
        (message("user", "user.opened.v2", {"id": 501}), "accepted"),
        (message("user", "user.wut_end", {"id": 501}), "accepted"),
    ],
)
def test_the_verdict_on_a_webhook(sent: Delivery, verdict: str) -> None:
    assert AIRCALL.read(sent).verdict == verdict


@pytest.mark.parametrize(
    ("event", "state"), [("user.opened", "available"), ("user.opened.v2", "available"), ("user.closed", "other")]
)
def test_a_users_event_is_a_state_by_the_map(event: str, state: str) -> None:
    (found,) = AIRCALL.together([message("user", event, {"id": 501})])
    assert (found.agent, found.data["state"], found.data["native"]) == ("501", state, event.removesuffix(".v2"))


def test_without_a_time_of_the_webhook_ours_is_used() -> None:
    found = AIRCALL.together([webhook("call.hold", timestamp=None)])
    assert (only(found, "CallHeld").at, only(found, "CallHeld").flags) == (NOW, ("no_vendor_time",))
    assert only(found, "CallStarted").flags == ()


def test_times_ahead_of_ours_are_flagged_one_by_one() -> None:
    ahead = int(NOW.timestamp()) + 3
    found = AIRCALL.together([webhook("call.hungup", ended_at=ahead)])
    assert [o.flags for o in found] == [(), ("clock_skew",)]


def test_the_campaign_is_that_of_the_number() -> None:
    (start,) = AIRCALL.together([webhook("call.created", number={"id": 1199, "digits": "+44 20 7946 0199"})])
    assert (start.data["campaign"], start.data["unmapped"]) == (None, {"campaigns": "1199"})
    (plain,) = AIRCALL.but(campaigns={}).together([webhook("call.created", number=None, raw_digits="anonymous")])
    assert (plain.data["campaign"], plain.data["our_number"], plain.customer) == (None, None, None)


@pytest.mark.parametrize(
    "data",
    [
        {"id": None},
        {"id": True},
        {"id": "x" * 300},
        {"started_at": "soon"},
        {"started_at": 1e300},
        {"started_at": True},
        {"ended_at": -5},
        {"answered_at": 10**18},
        {"user": "501"},
        {"number": []},
        {"raw_digits": 5},
        {"tags": {"id": 1}},
        {"tags": [5]},
        {"tags": [{"id": 1}]},
        {"tags": [tag("x")] * (MAX_TAGS + 1)},
    ],
)
def test_values_of_other_types_make_the_webhook_unreadable(data: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        AIRCALL.together([webhook("call.created", **data)])


@pytest.mark.parametrize(("resource", "event"), [(None, "x"), ("call", None), (5, "x"), ("call", ["x"])])
def test_a_webhook_that_does_not_say_what_it_is_is_unreadable(resource: Any, event: Any) -> None:
    with pytest.raises(Unreadable):
        AIRCALL.read(message(resource, event, {"id": 1}))

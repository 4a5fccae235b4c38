"""The webhook that a source's settings describe: paths, rules, proofs, and settings that are none."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.connectors.base import Delivery, Unreadable
from services.calls.connectors.generic_json import MAX_ITEMS, at_path, generic_json
from shared.contracts.partners import SourceSettings
from tests.unit.calls.connectors.messages import NOW, Messages, delivery, is_authentic, kinds, only

END: dict[str, Any] = {"tells": "CallEnded", "fields": {"talk_s": "/talk"}}


def webhook(*rules: dict[str, Any], **more: Any) -> Messages:
    """One kind of item, with its call at `/id` and its time in seconds at `/at`."""
    setup = {"kinds": {"": list(rules)}, "fields": {"call": "/id"}, "time": "/at", "times": "epoch"} | more
    return Messages(
        generic_json,
        SourceSettings(
            connector="generic-json",
            partner="p",
            options={"json": setup},
            dispositions={"S": "sale"},
            sale_on=("sale",),
        ),
    )


def item(**fields: Any) -> Delivery:
    return delivery(json.dumps({"id": "c1", "at": int(NOW.timestamp()) - 60} | fields).encode())


def signed(body: bytes, key: str = "right") -> bytes:
    return hmac.new(key.encode(), body, hashlib.sha256).digest()


@pytest.mark.parametrize(
    ("signature", "passes"),
    [
        (signed(b"{}").hex(), True),
        (signed(b"{}").hex().upper(), True),
        ("sha256=" + signed(b"{}").hex(), True),
        (base64.b64encode(signed(b"{}")).decode(), True),
        (signed(b"{}", "wrong").hex(), False),
        (signed(b"{ }").hex(), False),
        (signed(b"{}").hex()[:-1], False),
        ("é", False),
        ("", False),
    ],
)
def test_a_body_may_be_signed(signature: str, passes: bool) -> None:
    settings = SourceSettings(connector="generic-json", partner="p", options={"proof": "hmac-sha256"})
    sent = delivery(b"{}", x_signature=signature)
    assert is_authentic(generic_json, settings, sent, hmac_sha256="right") is passes


@pytest.mark.parametrize(
    ("options", "headers", "secret"),
    [
        ({}, {"authorization": "Bearer right"}, "bearer"),
        ({"proof": "api-key-header", "header": "X-Key"}, {"x_key": "right"}, "api_key_header"),
        ({"proof": "header-token"}, {"verification_token": "right"}, "header_token"),
        ({"proof": "hmac-sha256", "header": "X-Sum"}, {"x_sum": signed(b'{"token":"right"}').hex()}, "hmac_sha256"),
        ({"proof": "body-token"}, {}, "body_token"),
    ],
)
def test_the_source_says_how_it_proves_itself(options: dict[str, str], headers: dict[str, str], secret: str) -> None:
    settings = SourceSettings(connector="generic-json", partner="p", options=options)
    sent = Delivery("POST", "", {n.replace("_", "-"): v for n, v in headers.items()}, b'{"token":"right"}', NOW)
    assert is_authentic(generic_json, settings, sent, **{secret: "right"})
    assert not is_authentic(generic_json, settings, sent, **{secret: "wrong"})


def test_a_proof_that_there_is_not_lets_nobody_in() -> None:
    settings = SourceSettings(connector="generic-json", partner="p", options={"proof": "none"})
    assert not is_authentic(generic_json, settings, delivery(b"{}"), bearer="right")


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", {"a": {"b/c": [10, {"~": 11}]}, "": 12}),
        ("/a/b~1c/0", 10),
        ("/a/b~1c/1/~0", 11),
        ("/", 12),
        ("/a/b~1c/2", None),
        ("/a/b~1c/-1", None),
        ("/a/b~1c/x", None),
        ("/a/b~1c/²", None),
        ("/a/none/deeper", None),
        ("/a/b~1c/0/deeper", None),
    ],
)
def test_where_a_path_leads(pointer: str, found: Any) -> None:
    assert at_path({"a": {"b/c": [10, {"~": 11}]}, "": 12}, pointer) == found


@given(
    st.recursive(st.integers() | st.text(), lambda some: st.lists(some) | st.dictionaries(st.text(), some)), st.text()
)
def test_a_path_leads_somewhere_or_nowhere(value: Any, pointer: str) -> None:
    at_path(value, pointer)


@pytest.mark.parametrize(
    ("talk", "found"),
    [
        (12, 12_000),
        ("12", 12_000),
        (12.25, 12_250),
        ("0:12", 12_000),
        ("1:00:12.5", 3_612_500),
        (None, None),
        ("", None),
    ],
)
def test_a_duration_in_seconds_may_be_written_in_many_ways(talk: Any, found: int | None) -> None:
    assert only(webhook(END).together([item(talk=talk)]), "CallEnded").data["talk_ms"] == found


@pytest.mark.parametrize("talk", ["soon", True, [], {}, "1:2:3:4", "9" * 12])
def test_a_duration_that_is_none_makes_the_item_unreadable(talk: Any) -> None:
    with pytest.raises(Unreadable):
        webhook(END).together([item(talk=talk)])


def test_a_negative_duration_is_none_and_flagged() -> None:
    end = only(webhook(END).together([item(talk="-0:05")]), "CallEnded")
    assert (end.data["talk_ms"], end.flags) == (0, ("negative_duration",))


@pytest.mark.parametrize(
    ("at", "seconds"), [(1_775_033_940, 0), ("1775033940", 0), (1_775_033_940.25, 0.25), ("1775033940.5", 0.5)]
)
def test_a_time_may_be_a_number_or_a_text(at: Any, seconds: float) -> None:
    (end,) = webhook(END).together([item(at=at)])
    assert end.at.timestamp() == 1_775_033_940 + seconds


@pytest.mark.parametrize("at", [True, [], "soon", -5, 1e300, 10**17])
def test_a_time_that_is_none_makes_the_item_unreadable(at: Any) -> None:
    with pytest.raises(Unreadable):
        webhook(END).together([item(at=at)])


def test_what_has_no_time_of_its_own_yet_has_not_happened() -> None:
    rules: list[dict[str, Any]] = [{"tells": "CallAnswered", "time": "/answered"}, END]
    assert kinds(webhook(*rules).together([item()])) == ["CallEnded"]
    assert kinds(webhook(*rules).together([item(answered=1_775_033_900)])) == ["CallAnswered", "CallEnded"]


def test_a_condition_is_met_by_a_value_of_the_same_type() -> None:
    rule = {"tells": "CallHeld", "when": {"/on": [True, "yes", None]}}
    sent = {"true": True, "yes": "yes", "absent": None, "one": 1, "no": "no"}
    found = {name: kinds(webhook(rule).together([item(on=value)])) == ["CallHeld"] for name, value in sent.items()}
    assert found == {"true": True, "yes": True, "absent": True, "one": False, "no": False}


def test_a_message_about_a_call_and_an_agent_lies_in_both_documents() -> None:
    rules: list[dict[str, Any]] = [
        {"tells": "CallAnswered"},
        {"tells": "AgentStateChanged", "fixed": {"native": "busy"}},
    ]
    messages = webhook(*rules, fields={"call": "/id", "agent": "/who"})
    split = generic_json.split(item(who=7), messages.settings)
    assert [part.correlation for part in split.slices] == ["call:c1", f"agent:7:{NOW:%Y-%m-%d}"]
    read = [generic_json.read(part, messages.settings, NOW) for part in split.slices]
    assert [[note.kind for note in reading.notes] for reading in read] == [["CallAnswered"], ["AgentStateChanged"]]


def test_what_is_told_again_in_a_later_message_is_told_once() -> None:
    rules: list[dict[str, Any]] = [{"tells": "CallStarted", "time": "/began"}, END]
    first, second = item(began=1_775_033_000, n=1), item(began=1_775_033_000, n=2)
    assert kinds(webhook(*rules).together([first, second])) == ["CallStarted", "CallEnded"]


def test_a_result_that_is_a_sale_is_one_where_no_sale_is_told() -> None:
    result: dict[str, Any] = {"tells": "CallDispositioned", "fields": {"native": "/result"}}
    sale = {"tells": "SaleRecorded", "time": "/sold", "fields": {"order_ref": "/order"}}
    told = only(webhook(result, sale).together([item(result="S")]), "SaleRecorded")
    assert told.data["derived_from_disposition"] is True
    named = only(webhook(result, sale).together([item(result="S", sold=1_775_033_000, order="O-1")]), "SaleRecorded")
    assert (named.data["order_ref"], named.data["derived_from_disposition"]) == ("O-1", False)


def test_a_list_may_have_only_so_many_items() -> None:
    messages = webhook(END, items="/all")
    many = delivery(json.dumps({"all": [{"id": n, "at": 1_775_033_000} for n in range(MAX_ITEMS)]}).encode())
    assert len(generic_json.split(many, messages.settings).slices) == MAX_ITEMS
    more = delivery(json.dumps({"all": [{}] * (MAX_ITEMS + 1)}).encode())
    with pytest.raises(Unreadable):
        generic_json.split(more, messages.settings)


@pytest.mark.parametrize(
    "setup",
    [
        None,
        [],
        {},
        {"kinds": {"": [{"tells": "CallLevitated"}]}},
        {"kinds": {"": [{"tells": "CallEnded", "colour": "red"}]}},
        {"kinds": {}, "times": "sundial"},
        {"kinds": {}, "fields": {"call": 5}},
    ],
)
def test_settings_that_are_none_take_nothing(setup: Any) -> None:
    settings = msgspec.structs.replace(webhook(END).settings, options={"json": setup})
    with pytest.raises(Unreadable, match="options"):
        generic_json.split(item(), settings)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"5", b'{"id": true}', b'{"id": [1]}', b'{"id": "a\\u0000"}', b'{"id": 1.5}']
)
def test_an_item_whose_call_can_not_be_named_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        webhook(END).together([delivery(body)])

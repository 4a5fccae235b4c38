"""FreeSWITCH: three forms of one record, encoded values, queues, holds and transfers."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from services.calls.connectors.base import Delivery, Unreadable
from services.calls.connectors.freeswitch import MAX_STEPS, freeswitch
from shared.contracts.partners import SourceSettings
from tests.unit.calls.connectors.messages import NOW, Messages, delivery, is_authentic, kinds, only

SETTINGS = SourceSettings(
    connector="freeswitch",
    partner="p",
    dispositions={"SALE": "sale", "Prodáno": "sale"},
    options={"variables": {"disposition": "result"}},
)
SWITCH = Messages(freeswitch, SETTINGS)
BEGAN = int(NOW.timestamp()) - 600
URL_FORM = "application/x-www-form-urlencoded"
BASE64_FORM = "application/x-www-form-base64-encoded"


def variables(**changes: str | None) -> dict[str, Any]:
    plain = {
        "uuid": "u-1",
        "call_uuid": "u-1",
        "direction": "inbound",
        "start_stamp": "2026-10-25 01:30:00",
        "start_uepoch": f"{BEGAN}125000",
        "answer_uepoch": f"{BEGAN + 5}000000",
        "end_uepoch": f"{BEGAN + 60}000000",
        "hangup_cause": "NORMAL_CLEARING",
        "sip_hangup_disposition": "recv_bye",
        "hold_accum_ms": "0",
    }
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


def record(callflow: Any = None, **changes: str | None) -> dict[str, Any]:
    profile = {"caller_id_number": "+447700900141", "destination_number": "+442079460140"}
    flow = [{"profile_index": "1", "caller_profile": profile}] if callflow is None else callflow
    return {"variables": variables(**changes), "callflow": flow}


def posted(content: Any, media_type: str = "application/json") -> Delivery:
    raw = json.dumps(content, ensure_ascii=False).encode()
    body = {URL_FORM: b"cdr=" + quote(raw).encode(), BASE64_FORM: b"cdr=" + base64.b64encode(raw)}
    return delivery(body.get(media_type, raw), content_type=media_type)


def encoded(content: dict[str, Any]) -> dict[str, Any]:
    values = {name: quote(value, safe="") for name, value in content["variables"].items()}
    return {**content, "variables": values}


@pytest.mark.parametrize(
    ("authorization", "passes"),
    [
        ("Basic " + base64.b64encode(b"fs:right").decode(), True),
        ("basic " + base64.b64encode(b"fs:right").decode(), True),
        ("Basic " + base64.b64encode(b"fs:wrong").decode(), False),
        ("Basic " + base64.b64encode(b"other:right").decode(), False),
        ("Bearer " + base64.b64encode(b"fs:right").decode(), False),
        ("Basic fs:right", False),
        ("Basic /////w==", False),
        ("Basic é", False),
        ("Basic", False),
        ("", False),
    ],
)
def test_user_and_password_are_shown(authorization: str, passes: bool) -> None:
    assert is_authentic(freeswitch, SETTINGS, delivery(authorization=authorization), basic="fs:right") is passes


@pytest.mark.parametrize("media_type", [URL_FORM, BASE64_FORM, "application/json", "", f"{URL_FORM}; charset=utf-8"])
@pytest.mark.parametrize("twice", [False, True])
def test_all_forms_of_a_record_say_the_same(media_type: str, twice: bool) -> None:
    content = record(result="Prodáno", transfer_history=f"{BEGAN + 9}:x:bl_xfer:900/closers/XML")
    sent = posted(encoded(content) if twice else content, media_type.partition(";")[0] or "application/json")
    sent = Delivery(sent.method, sent.url, {"content-type": media_type} if media_type else {}, sent.body, NOW)
    assert SWITCH.together([sent]) == SWITCH.together([posted(content)])


def test_a_record_whose_values_are_plain_keeps_its_percent_signs() -> None:
    found = SWITCH.together([posted(record(tallyline_campaign="100%25 wool"))])
    assert only(found, "CallStarted").data["campaign"] == "100%25 wool"


def test_the_texts_of_times_are_never_read() -> None:
    doubled = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    epoch = f"{int(doubled.timestamp())}"
    values = {"start_uepoch": None, "start_epoch": epoch, "answer_uepoch": None, "end_uepoch": None, "end_epoch": epoch}
    start, end = SWITCH.but(time_zone="Europe/London").together([posted(record(**values))])
    assert (start.at, end.at) == (doubled, doubled)
    assert "ambiguous_local_time" not in start.flags


def test_a_call_in_a_queue_is_answered_by_the_queues_agent_and_not_by_the_switch() -> None:
    queue = {"cc_queue": "sales", "cc_queue_joined_epoch": f"{BEGAN + 3}"}
    found = SWITCH.together(
        [posted(record(**queue, cc_queue_answered_epoch=f"{BEGAN + 20}", cc_agent="a@x", cc_cause="answered"))]
    )
    assert only(found, "CallStarted").data["phase"] == "queued"
    answer = only(found, "CallAnswered")
    assert (answer.at, answer.agent) == (datetime.fromtimestamp(BEGAN + 20, UTC), "a@x")
    for more in ({"cc_cause": "cancel", "cc_queue_answered_epoch": f"{BEGAN + 20}"}, {"cc_cause": "cancel"}):
        given_up = SWITCH.together([posted(record(**queue, **more))])
        assert kinds(given_up) == ["CallStarted", "CallEnded"]
        assert (given_up[1].data["reason"], given_up[1].data["hold_ms"]) == ("abandoned", None)


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("NO_ANSWER", "no-answer"),
        ("USER_BUSY", "busy"),
        ("ORIGINATOR_CANCEL", "canceled"),
        ("CALL_REJECTED", "failed"),
        ("SOMETHING_NEW", "failed"),
        (None, "failed"),
    ],
)
def test_why_a_call_ended_that_nobody_answered(cause: str | None, reason: str) -> None:
    found = SWITCH.together([posted(record(answer_uepoch="0", answer_epoch="0", hangup_cause=cause))])
    assert (kinds(found), found[1].data["reason"]) == (["CallStarted", "CallEnded"], reason)


@pytest.mark.parametrize(
    ("how", "answered", "ended_by"),
    [
        ("recv_bye", True, "customer"),
        ("recv_refuse", False, "customer"),
        ("send_bye", True, "agent"),
        ("send_cancel", False, "system"),
        ("something_new", True, "unknown"),
        (None, True, "unknown"),
    ],
)
def test_who_hung_up(how: str | None, answered: bool, ended_by: str) -> None:
    values = {"sip_hangup_disposition": how} | ({} if answered else {"answer_uepoch": "0"})
    assert only(SWITCH.together([posted(record(**values))]), "CallEnded").data["ended_by"] == ended_by


def test_a_hold_that_never_ended_has_no_end() -> None:
    held = f"{{{{{BEGAN + 10}000000,{BEGAN + 20}500000}},{{{BEGAN + 30}000000,0}}}}"
    found = SWITCH.together([posted(record(hold_events=held))])
    assert [k for k in kinds(found) if k in ("CallHeld", "CallResumed")] == ["CallHeld", "CallResumed", "CallHeld"]


def test_a_negative_hold_is_none_and_flagged() -> None:
    end = only(SWITCH.together([posted(record(hold_accum_ms="-5"))]), "CallEnded")
    assert (end.data["hold_ms"], end.flags) == (0, ("negative_duration",))
    seconds = only(SWITCH.together([posted(record(hold_accum_ms=None, hold_accum_seconds="31"))]), "CallEnded")
    assert seconds.data["hold_ms"] == 31_000


def test_several_transfers_of_one_call() -> None:
    history = f"ARRAY::{BEGAN + 9}:x:bl_xfer:900/closers/XML|:{BEGAN + 19}:y:att_xfer:302/x/XML|:{BEGAN + 29}:z:new:"
    found = [o for o in SWITCH.together([posted(record(transfer_history=history))]) if o.kind == "CallTransferred"]
    assert [(o.data["mode"], o.data["to"], o.data["to_kind"]) for o in found] == [
        ("blind", "900", "extension"),
        ("warm", "302", "extension"),
        ("unknown", None, "unknown"),
    ]


@pytest.mark.parametrize("more", [{"cc_side": "agent"}, {"call_uuid": "u-0"}])
def test_a_further_leg_of_a_call_says_nothing_of_its_own(more: dict[str, str]) -> None:
    reading = SWITCH.read(posted(record(**more)))
    assert (reading.verdict, reading.notes, reading.key) == ("ignored", (), "u-1")


def test_the_numbers_are_those_with_which_the_call_came_in() -> None:
    def step(index: Any, called: str) -> dict[str, Any]:
        profile = {"caller_id_number": "+447700900141", "destination_number": called}
        return {"profile_index": index, "caller_profile": profile}

    (start, *_) = SWITCH.together([posted(record([step("2", "900"), step("1", "+442079460140")]))])
    assert (start.customer, start.data["our_number"]) == ("+447700900141", "+442079460140")
    (bare, *_) = SWITCH.together([posted(record([]))])
    assert (bare.customer, bare.data["our_number"]) == (None, None)
    (neither, *_) = SWITCH.together([posted(record(direction="sideways"))])
    assert (neither.customer, neither.data["our_number"], neither.data["direction"]) == (None, None, "unknown")


@pytest.mark.parametrize(
    ("amount", "currency", "minor", "found"),
    [
        ("59.90", "GBP", 5990, ()),
        ("59,90", "GBP", None, ("bad_amount",)),
        ("1e3", "GBP", None, ("bad_amount",)),
        ("59.90", None, None, ("bad_amount",)),
        ("5990", "JPY", 5990, ()),
    ],
)
def test_an_order_with_its_amount(amount: str, currency: str | None, minor: int | None, found: tuple[str, ...]) -> None:
    order = {"tallyline_order_ref": "O-1", "tallyline_order_amount": amount, "tallyline_order_currency": currency}
    sale = only(SWITCH.together([posted(record(**order))]), "SaleRecorded")
    assert (sale.data["amount_minor"], sale.flags) == (minor, found)


def test_a_sale_may_follow_from_the_result_alone() -> None:
    found = SWITCH.but(sale_on=("sale",)).together([posted(record(result="SALE"))])
    assert only(found, "SaleRecorded").data["derived_from_disposition"] is True
    assert "SaleRecorded" not in kinds(SWITCH.together([posted(record(result="SALE"))]))


def test_times_ahead_of_ours_are_flagged_one_by_one() -> None:
    ahead = NOW + timedelta(seconds=3)
    found = SWITCH.together([posted(record(end_uepoch=f"{int(ahead.timestamp())}000000"))])
    assert [o.flags for o in found] == [(), (), ("clock_skew",)]


@pytest.mark.parametrize(
    "changes",
    [
        {"uuid": None},
        {"start_uepoch": "soon"},
        {"end_uepoch": "9" * 16},
        {"transfer_history": "soon:x:bl_xfer:900/x"},
        {"cc_agent": "x" * 300},
        {"start_stamp": None, "sip_call_id": "%ff%fe"},
    ],
)
def test_values_that_can_not_be_read_make_the_record_unreadable(changes: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        SWITCH.together([posted(record(**changes))])


def test_a_record_without_any_time_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        SWITCH.read(posted(record(start_uepoch=None, answer_uepoch=None, end_uepoch=None)))


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b'{"variables": 5}', "application/json"),
        (b'{"variables": {"uuid": 5}}', "application/json"),
        (b"abc=1", URL_FORM),
        (b"cdr=%ff", URL_FORM),
        (b"cdr=", BASE64_FORM),
        (b"cdr=***", BASE64_FORM),
        (b"cdr=\xff", BASE64_FORM),
        (b"other=e30=", BASE64_FORM),
        (b'{"variables": {"uuid": "u"}, "callflow": [5]}', "application/json"),
    ],
)
def test_what_is_no_record_is_unreadable(body: bytes, media_type: str) -> None:
    with pytest.raises(Unreadable):
        SWITCH.together([delivery(body, content_type=media_type)])


def test_a_record_may_have_only_so_many_profiles() -> None:
    with pytest.raises(Unreadable):
        SWITCH.read(posted(record([{}] * (MAX_STEPS + 1))))

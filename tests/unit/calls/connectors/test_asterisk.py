"""Asterisk: local times that happen twice, rows of one call, events told apart without a key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.connectors.asterisk import asterisk
from services.calls.connectors.base import Delivery, Reading, Slice, Unreadable
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

NOW = datetime(2026, 10, 25, 20, 0, tzinfo=UTC)
_NAMES = "src dst channel dstchannel start answer end duration billsec disposition uniqueid linkedid sequence"
COLUMNS = _NAMES.split()
SETTINGS = SourceSettings(
    connector="asterisk",
    partner="p",
    time_zone="Europe/Sarajevo",
    options={"cdr": {"columns": COLUMNS}, "trunk_channels": ["PJSIP/trunk"]},
)
TRUNK = "PJSIP/trunk-0001"


def _row(
    agent: str, start: str, answer: str, end: str, sequence: int, linked: str = "1792915200.1", **more: str
) -> str:
    disposition = "ANSWERED" if answer else "NO ANSWER"
    day = "2026-10-25 "
    values = {
        "src": "447700900140",
        "dst": agent,
        "channel": TRUNK,
        "dstchannel": f"PJSIP/{agent}-0001",
        "start": day + start,
        "answer": day + answer if answer else "",
        "end": day + end if end else "",
        "duration": "60",
        "billsec": "50" if answer else "0",
        "disposition": disposition,
        "uniqueid": linked,
        "linkedid": linked,
        "sequence": str(sequence),
        **more,
    }
    return ",".join(f'"{values[column]}"' for column in COLUMNS) + "\n"


def _split(kind: str, body: str) -> tuple[Slice, ...]:
    return asterisk.split(Delivery("POST", "", {}, body.encode(), NOW, {"kind": kind}), SETTINGS).slices


def _readings(kind: str, body: str) -> list[Reading]:
    return [asterisk.read(item, SETTINGS, NOW) for item in _split(kind, body)]


def _told(kind: str, body: str) -> list[Observation]:
    return asterisk.translate([note for reading in _readings(kind, body) for note in reading.notes], SETTINGS)


def _ends(body: str) -> list[tuple[str | None, str, str]]:
    return [(o.agent, o.data["scope"], o.data["reason"]) for o in _told("cdr", body) if o.kind == "CallEnded"]


@pytest.mark.parametrize(
    ("epoch", "start"),
    [
        (1792888200, "00:30:00"),  # the first 02:30
        (1792891800, "01:30:00"),  # the second
        (1792887000, "00:30:00"),  # a channel that began before either: the first one after it
        (1792890000, "01:30:00"),  # one that began between them
    ],
)
def test_a_start_that_happens_twice_is_settled_by_the_second_inside_the_uniqueid(epoch: int, start: str) -> None:
    body = _row("101", "02:30:00", "", "02:30:20", 1, f"pbx-{epoch}.7", duration="20")
    begun, end = _told("cdr", body)
    assert begun.at.strftime("%H:%M:%S") == start
    assert (end.at - begun.at).total_seconds() == 20
    assert begun.flags == end.flags == ("ambiguous_local_time",)


def test_an_end_that_happens_twice_is_the_start_and_the_duration() -> None:
    body = _row("101", "01:59:00", "01:59:10", "02:01:00", 1, "1792886340.7", duration="3720", billsec="3710")
    begun, answered, ended = _told("cdr", body)
    assert (ended.at - begun.at).total_seconds() == 3720
    assert (answered.at - begun.at).total_seconds() == 10
    assert ended.flags == ("ambiguous_local_time",)


def test_an_ordinary_time_is_not_flagged() -> None:
    assert {o.flags for o in _told("cdr", _row("101", "09:00:00", "09:00:10", "09:01:00", 1))} == {()}


def test_a_row_that_begins_when_an_answered_one_ended_is_a_blind_transfer() -> None:
    body = _row("101", "09:00:00", "09:00:10", "09:01:00", 1) + _row("102", "09:01:00", "09:01:10", "09:02:00", 2)
    assert _ends(body) == [("101", "leg", "transferred"), ("102", "call", "completed")]
    (transfer,) = [o for o in _told("cdr", body) if o.kind == "CallTransferred"]
    assert (transfer.agent, transfer.data) == ("101", {"mode": "blind", "to": "102", "to_kind": "agent"})


def test_a_row_that_begins_when_nobody_had_answered_is_the_next_attempt() -> None:
    body = _row("101", "09:00:00", "", "09:01:00", 1) + _row("102", "09:01:00", "09:01:10", "09:02:00", 2)
    assert _ends(body) == [("101", "leg", "no-answer"), ("102", "call", "completed")]
    assert [o.kind for o in _told("cdr", body)].count("CallTransferred") == 0


def test_a_device_that_rang_beside_the_one_that_answered_gives_nothing() -> None:
    body = _row("101", "09:00:00", "", "09:00:10", 1) + _row("102", "09:00:00", "09:00:10", "09:01:00", 2)
    assert _ends(body) == [("102", "call", "completed")]


def test_a_call_has_one_start_however_many_rows_it_has() -> None:
    rows = [_row(str(101 + n), f"09:0{n}:00", f"09:0{n}:10", f"09:0{n + 1}:00", n) for n in range(4)]
    assert [o.kind for o in _told("cdr", "".join(reversed(rows)))].count("CallStarted") == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('"a","b"\n', "columns"),
        ('"unclosed\n', "CSV"),
        (_row("101", "09:00:00", "", "09:01:00", 1) + '"a"\n', "columns"),
        (_row("101", "09:00:00", "", "09:01:00", 1, uniqueid="", linkedid=""), "uniqueid"),
    ],
)
def test_a_file_with_a_broken_row_is_unreadable_as_a_whole(body: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        _split("cdr", body)


def test_a_line_break_inside_quotes_belongs_to_its_row() -> None:
    body = _row("101", "09:00:00", "", "09:01:00", 1, src="4477\n00900140") + "\n" + _row("102", "09:00:00", "", "", 2)
    first, second = _split("cdr", body)
    assert (first.raw + b"\n" + second.raw).decode() == body


def _block(event: str, *, ending: str = "\r\n", **fields: Any) -> str:
    lines = {"Event": event, "Uniqueid": "1.1", "Linkedid": "1.1", **fields}
    return "".join(f"{name}: {value}{ending}" for name, value in lines.items()) + ending


def test_lines_may_end_with_either_line_ending_and_give_the_same_keys() -> None:
    assert [r.key for r in _readings("ami", _block("Hold", Timestamp="1792915200.5"))] == [
        r.key for r in _readings("ami", _block("Hold", Timestamp="1792915200.5", ending="\n"))
    ]


def test_equal_events_without_a_time_are_two_events_and_the_file_sent_again_brings_no_third() -> None:
    body = _block("Hold") + _block("Unhold") + _block("Hold")
    keys = [reading.key for reading in _readings("ami", body)]
    assert len(set(keys)) == 3
    assert [reading.key for reading in _readings("ami", body)] == keys


def test_a_hang_up_of_another_channel_does_not_end_the_call() -> None:
    body = _block("QueueCallerJoin", Timestamp="1792915200") + _block("Hangup", Uniqueid="1.2", Timestamp="1792915300")
    assert [o.kind for o in _told("ami", body)] == ["CallStarted"]


def test_a_hang_up_of_a_call_that_was_never_in_a_queue_is_left_to_its_detail_record() -> None:
    assert _told("ami", _block("Hangup", Timestamp="1792915300")) == []


@pytest.mark.parametrize(
    ("reason", "ended_by"), [("caller", "customer"), ("agent", "agent"), ("transfer", "customer"), ("?", "unknown")]
)
def test_who_ended_an_answered_call(reason: str, ended_by: str) -> None:
    body = (
        _block("AgentConnect", MemberName="Ann", DestUniqueid="1.2", Timestamp="1792915200")
        + _block("AgentComplete", Reason=reason, Timestamp="1792915300")
        + _block("Hangup", Timestamp="1792915301")
    )
    assert [o.data["ended_by"] for o in _told("ami", body) if o.kind == "CallEnded"] == [ended_by]


def test_a_transfer_that_failed_is_ignored() -> None:
    fields = {"TransfererUniqueid": "1.2", "TransfererLinkedid": "1.1", "Extension": "2001", "Result": "Fail"}
    (reading,) = _readings("ami", _block("BlindTransfer", Timestamp="1792915300", **fields))
    assert (reading.verdict, reading.notes) == ("ignored", ())


@given(st.permutations(["QueueCallerJoin", "AgentConnect", "Hold", "Unhold", "AgentComplete", "Hangup"]))
def test_the_blocks_of_a_file_may_stand_in_any_order(order: list[str]) -> None:
    at = {name: 1792915200 + 10 * place for place, name in enumerate(sorted(order))}
    body = "".join(_block(e, Timestamp=at[e], MemberName="Ann", DestUniqueid="1.2", Reason="agent") for e in order)
    usual = "".join(
        _block(e, Timestamp=at[e], MemberName="Ann", DestUniqueid="1.2", Reason="agent") for e in sorted(order)
    )
    assert _told("ami", body) == _told("ami", usual)

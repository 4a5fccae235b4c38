"""The file that a source's settings describe: columns, encodings, nights when the clock changes, rows that change."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calls.connectors.base import Delivery, Unreadable
from services.calls.connectors.generic_csv import generic_csv
from shared.contracts.partners import SourceSettings
from tests.unit.calls.connectors.messages import NOW, Messages, delivery, is_authentic, kinds, only

FIELDS = ("call", "leg", "agent", "started", "answered", "ended", "disposition")


def files(**changes: Any) -> Messages:
    setup = {"fields": {name: name for name in FIELDS}, "columns": list(FIELDS)} | changes
    return Messages(
        generic_csv,
        SourceSettings(
            connector="generic-csv",
            partner="p",
            time_zone="Europe/Prague",
            options={"csv": setup},
            dispositions={"S": "sale"},
            sale_on=("sale",),
        ),
    )


def row(
    call: str = "c1", leg: str = "1", start: str = "09:00:00", end: str = "09:05:00", **more: str
) -> tuple[str, ...]:
    values = {
        "agent": "a1",
        "started": f"2026-04-01 {start}",
        "answered": "2026-04-01 09:00:10",
        "ended": f"2026-04-01 {end}",
        "disposition": "N",
    }
    return (call, leg, *(values | more).values())


def file(*rows: tuple[str, ...], encoding: str = "utf-8", at: datetime = NOW) -> Delivery:
    return delivery("".join(",".join(row) + "\n" for row in rows).encode(encoding), at)


def test_a_file_comes_with_a_bearer_key() -> None:
    sent = delivery(b"", authorization="Bearer right")
    assert is_authentic(generic_csv, files().settings, sent, bearer="right")
    assert not is_authentic(generic_csv, files().settings, delivery(b""), bearer="right")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1250", "cp1252", "latin-1"])
def test_letters_of_every_encoding(encoding: str) -> None:
    word = "Žižka" if encoding not in ("latin-1", "cp1252") else "café"
    found = files(encoding=encoding).together([file(row(agent=word), encoding=encoding)])
    assert only(found, "CallAnswered").agent == word


def test_a_file_that_begins_with_a_mark_of_its_encoding_is_read_without_it() -> None:
    sent = file(FIELDS, row(), encoding="utf-8-sig")
    assert len(files(columns=None).together([sent])) == 4


def test_a_row_whose_answer_is_missing_was_not_answered() -> None:
    found = files().together([file(row(answered="", disposition=""))])
    assert [(o.kind, o.data.get("reason")) for o in found] == [("CallStarted", None), ("CallEnded", "no-answer")]


def test_only_the_last_row_of_a_call_ends_it_in_any_order() -> None:
    rows = [row(leg="1"), row(leg="2", start="09:05:00", end="09:09:00", answered="2026-04-01 09:05:01", agent="a2")]
    for order in itertools.permutations(rows):
        ends = [o for o in files().together([file(*order)]) if o.kind == "CallEnded"]
        assert [(o.leg, o.data["scope"]) for o in ends] == [("1", "leg"), ("2", "call")]


def test_of_two_copies_of_a_row_the_one_that_came_later_counts() -> None:
    messages = files()
    early, late = file(row()), file(row(disposition="S"), at=NOW + timedelta(hours=1))
    versions = {}
    for sent in (early, late):
        (part,) = generic_csv.split(sent, messages.settings).slices
        reading = generic_csv.read(part, messages.settings, sent.received_at)
        versions[sent.received_at] = (reading.key, reading.version)
    assert versions[early.received_at][0] == versions[late.received_at][0]
    assert versions[early.received_at][1] < versions[late.received_at][1]


def test_a_result_that_is_a_sale_is_one() -> None:
    assert "SaleRecorded" in kinds(files().together([file(row(disposition="S"))]))
    assert "SaleRecorded" not in kinds(files().together([file(row(disposition="N"))]))


@pytest.mark.parametrize(
    ("start", "end", "began", "over", "ambiguous"),
    [
        ("2026-10-25 01:59:00", "2026-10-25 02:10:00", "23:59", "00:10", True),
        ("2026-10-25 02:50:00", "2026-10-25 02:10:00", "00:50", "01:10", True),
        ("2026-10-25 02:10:00", "2026-10-25 03:01:00", "00:10", "02:01", True),
        ("2026-10-25 03:00:00", "2026-10-25 03:01:00", "02:00", "02:01", False),
        ("2026-03-29 01:59:00", "2026-03-29 03:01:00", "00:59", "01:01", False),
        ("2026-03-29 02:30:00", "2026-03-29 03:31:00", "01:30", "01:31", False),
    ],
)
def test_in_the_nights_when_the_clock_changes(start: str, end: str, began: str, over: str, ambiguous: bool) -> None:
    found = files().together([file(row(started=start, answered="", ended=end))])
    assert [f"{o.at:%H:%M}" for o in found[:2]] == [began, over]
    assert all(("ambiguous_local_time" in o.flags) is ambiguous for o in found)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2 * 86_400), st.integers(0, 3599))
def test_a_call_of_less_than_an_hour_never_ends_before_it_begins(begun: int, seconds: int) -> None:
    at, zone = datetime(2026, 10, 24, tzinfo=UTC) + timedelta(seconds=begun), ZoneInfo("Europe/Prague")
    written = [f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}" for moment in (at, at + timedelta(seconds=seconds))]
    found = files().together([file(row(started=written[0], answered="", ended=written[1]))])
    assert only(found, "CallStarted").at <= only(found, "CallEnded").at


@pytest.mark.parametrize(
    ("times", "written"),
    [
        ("iso", "2026-04-01T09:00:00+02:00"),
        ("epoch", "1775026800"),
        ("epoch-ms", "1775026800000"),
        ("local", "2026-04-01 09:00:00"),
    ],
)
def test_times_are_written_in_the_form_that_the_source_names(times: str, written: str) -> None:
    (start,) = files(times=times).together([file(row(started=written, answered="", ended="", disposition=""))])
    assert start.at == datetime(2026, 4, 1, 7, 0, tzinfo=UTC)


def test_times_ahead_of_ours_are_flagged() -> None:
    found = files().together([file(row(end="11:00:03"))])
    assert only(found, "CallStarted").flags == ()
    assert only(found, "CallEnded").flags == ("clock_skew",)


@pytest.mark.parametrize(
    "broken",
    [
        row(call=""),
        row(start="soon"),
        row(started="", ended=""),
        row(started="1970-01-01 00:00:00"),
        row(agent="x" * 300),
        row(agent="a\x01"),
    ],
)
def test_a_row_that_can_not_be_read_is_refused_alone(broken: tuple[str, ...]) -> None:
    messages = files()
    slices = generic_csv.split(file(broken, row(call="c2")), messages.settings).slices
    assert generic_csv.read(slices[1], messages.settings, NOW).notes
    with pytest.raises(Unreadable):
        generic_csv.read(slices[0], messages.settings, NOW)


@pytest.mark.parametrize(
    "setup",
    [
        None,
        {},
        {"fields": {"started": "a"}, "columns": ["a"]},
        {"fields": {"call": "a"}, "columns": ["a"]},
        {"fields": {"call": "a", "started": "b"}, "columns": ["a"]},
        {"fields": {"call": "a", "started": "b"}, "columns": ["a", "b", "b"]},
        {"fields": {"call": "a", "started": "b"}, "columns": ["a", "b"], "delimiter": ""},
        {"fields": {"call": "a", "started": "b"}, "columns": ["a", "b"], "delimiter": "ab"},
        {"fields": {"call": "a", "started": "b"}, "columns": ["a", "b"], "encoding": "ebcdic"},
        {"fields": {"call": "a", "colour": "b"}, "columns": ["a", "b"]},
    ],
)
def test_settings_that_are_none_take_nothing(setup: Any) -> None:
    changed = msgspec.structs.replace(files().settings, options={"csv": setup})
    with pytest.raises(Unreadable):
        generic_csv.split(delivery(b"1,2\n"), changed)


def test_a_line_end_within_a_field_does_not_end_its_row() -> None:
    sent = delivery('c1,1,"a\u2028b",2026-04-01 09:00:00,,2026-04-01 09:01:00,N\n'.encode())
    assert len(generic_csv.split(sent, files().settings).slices) == 1

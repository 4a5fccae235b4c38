"""What a bridge posts: records in two forms, each by itself; what is no batch is refused whole."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.connectors.base import Unreadable
from services.calls.doors.batches import MOST_RECORDS, Record, records_of


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def batch(**parts: Any) -> bytes:
    return json.dumps(parts).encode()


@given(st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=50)), min_size=1, max_size=20))
def test_every_record_comes_out_as_it_went_in(records: list[tuple[str, bytes]]) -> None:
    ours = batch(records=[{"id": id_, "data": encoded(content), "meta": {"n": 1}} for id_, content in records])
    assert [(one.id, one.content, one.meta) for one in records_of(ours)] == [(i, c, {"n": 1}) for i, c in records]
    theirs = [
        {"eventID": id_, "eventSource": "aws:kinesis", "kinesis": {"data": encoded(c), "partitionKey": "p"}}
        for id_, c in records
    ]
    assert [(one.id, one.content) for one in records_of(batch(Records=theirs))] == records


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", batch(records=[]), batch(records=[{"id": "1"}]), batch(records=[{"data": 1}]),
     b'{"records":' + b"[" * 500 + b"]" * 500 + b"}", b"\xff\xfe", batch(records=[{"data": ""}] * (MOST_RECORDS + 1))],
)  # fmt: skip
def test_what_is_no_batch_is_refused_whole(body: bytes) -> None:
    with pytest.raises(Unreadable):
        records_of(body)


@given(st.binary(max_size=300))
def test_no_bytes_do_anything_else(body: bytes) -> None:
    try:
        records_of(body)
    except Unreadable:
        return


def test_a_record_that_is_no_base64_is_unreadable_by_itself() -> None:
    with pytest.raises(Unreadable):
        _ = Record("no base64!").content

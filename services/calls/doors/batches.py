"""Record batches that a bridge posts: what a stream holds, several records in one request, each with an answer of its
own.

Two forms: `{"records": [{"id", "data", "meta"}]}`, and that in which Amazon Kinesis hands records to a function,
`{"Records": [{"eventID", "kinesis": {"data"}}]}`. `data` is base64.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from services.calls.connectors.base import Unreadable
from services.calls.connectors.fields import check_nesting

MOST_RECORDS = 1_000
PATH = "records"
"""What stands behind the address of the source."""


class Record(msgspec.Struct, frozen=True):
    """One record. `id` is the stream's own for it, equal however often it is sent; `meta` is what the connector is told
    of it."""

    data: str
    id: str = ""
    meta: dict[str, Any] = {}

    @property
    def content(self) -> bytes:
        """What it holds. Unreadable."""
        try:
            return base64.b64decode(self.data, validate=True)
        except (binascii.Error, ValueError) as wrong:
            raise Unreadable("the record is not base64") from wrong


class _Kinesis(msgspec.Struct, frozen=True):
    data: str


class _Event(msgspec.Struct, frozen=True):
    kinesis: _Kinesis
    eventID: str = ""  # noqa: N815 - as Kinesis spells it


class _Batch(msgspec.Struct, frozen=True):
    records: list[Record] = []
    Records: list[_Event] = []


class RecordAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one record: `stored`; `unreadable`, which lies among the dead letters; or `failed`, to be sent
    again. `delivery` is our id of it."""

    id: str
    status: str
    delivery: str = ""
    items: int = 0
    reason: str = ""


def records_of(body: bytes) -> list[Record]:
    """The records of a batch, in order. Unreadable when it is none, or has too many."""
    try:
        check_nesting(body)
        batch = msgspec.json.decode(body, type=_Batch)
    except (msgspec.MsgspecError, UnicodeDecodeError) as wrong:
        raise Unreadable("the body is no batch of records") from wrong
    found = [*batch.records, *(Record(event.kinesis.data, event.eventID) for event in batch.Records)]
    if not found or len(found) > MOST_RECORDS:
        raise Unreadable(f"a batch has 1 to {MOST_RECORDS} records")
    return found

"""How old a lead was: told whenever it becomes known, by the first answer and the sale alone."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.calls.connectors.registry import CONNECTORS
from services.calls.tracker.call_document import CallDocument
from services.calls.tracker.items import Item
from services.calls.tracker.tracker import Arrival, Context, take
from services.calls.tracking.lead_ages import reading_of_lead
from tests.unit.calls.test_tracker import AT, SETTINGS, answered, decode, decode_event, ended, feed, note


def of_lead(document: CallDocument | None, added: datetime) -> CallDocument:
    """We say since when the call's lead is one."""
    offset = document.at if document else 0
    item = Item(
        source="s1", partner="acme", correlation="call:c1", delivery="lead:c1", index=0, of=1, received_at=AT,
        revision=1, lead=True, data={"call": "c1", "added": added.isoformat()},
    )  # fmt: skip
    context = Context(CONNECTORS["native"], SETTINGS, "telephony.1/0", 4, 0)
    return take(document, Arrival(offset, 0, item, reading_of_lead(item)), context).document


DIALLED = (
    note("CallStarted", 0, direction="outbound", phase="dialing", campaign="TV"),
    answered(20, "a1"),
    note("SaleRecorded", 50, "a1"),
    ended(100),
)


def told_of(document: CallDocument) -> dict[str, bytes]:
    return {key: bytes(told.event) for key, told in document.told.items()}


@given(st.permutations([*DIALLED, timedelta(days=40), timedelta(days=60), timedelta(days=40)]))
def test_the_age_of_a_lead_is_told_whenever_it_becomes_known(happened: list[Any]) -> None:
    document: CallDocument | None = None
    for one in happened:
        document = of_lead(document, AT - one) if isinstance(one, timedelta) else feed(one, document=document)
    assert document is not None
    straight = feed(*DIALLED, document=of_lead(None, AT - timedelta(days=40)))
    assert told_of(document) == told_of(straight)
    ages = {
        type(fact).__name__: getattr(fact, "lead_age", None) for fact in map(decode_event, told_of(document).values())
    }
    assert (ages["CallAnswered"], ages["SaleRecorded"]) == ("31-90", "31-90")
    assert {o.kind for o in document.observations} == {one.kind for one in DIALLED}
    net: Counter[bytes] = Counter()
    for recorded in (decode(entry.value) for entry in document.outbox):
        net[msgspec.json.encode(recorded.event)] += recorded.sign
    assert +net == Counter(msgspec.json.encode(decode_event(raw)) for raw in told_of(document).values())


def test_only_what_the_age_belongs_to_is_told_anew() -> None:
    document = feed(*DIALLED)
    before = len(document.outbox)
    records = [decode(entry.value) for entry in of_lead(document, AT).outbox[before:]]
    assert [(type(r.event).__name__, r.sign) for r in records] == [
        ("CallAnswered", -1),
        ("CallAnswered", 1),
        ("SaleRecorded", -1),
        ("SaleRecorded", 1),
    ]

"""Amazon Connect: concatenated documents, and what the copies of one contact record say together."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calls.connectors.amazon_connect import amazon_connect
from services.calls.connectors.base import Delivery, Split, Unreadable
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

NOW = datetime(2026, 4, 3, 12, 0, tzinfo=UTC)
SETTINGS = SourceSettings(
    connector="amazon-connect",
    partner="p",
    dispositions={"SALE": "sale", "NI": "not_interested"},
    options={
        "attributes": {"disposition": "result", "order_ref": "order", "order_amount": "sum", "order_currency": "cur"}
    },
)


def _record(minute: int, result: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "ContactId": "c1",
        "Channel": "VOICE",
        "InitiationMethod": "INBOUND",
        "LastUpdateTimestamp": f"2026-04-03T11:{minute:02d}:00Z",
        "Queue": {"EnqueueTimestamp": "2026-04-03T10:00:00Z", "Name": "Sales"},
        "Agent": {
            "Username": "a1",
            "ConnectedToAgentTimestamp": "2026-04-03T10:00:09Z",
            "AgentInteractionDuration": 30,
        },
        "DisconnectTimestamp": "2026-04-03T10:01:00Z",
        "DisconnectReason": "CUSTOMER_DISCONNECT",
        "Attributes": {"result": result} if result else {},
        **more,
    }


def _split(*documents: Any, between: str = "") -> Split:
    body = between.join(json.dumps(document) for document in documents).encode()
    return amazon_connect.split(Delivery("POST", "", {}, body, NOW), SETTINGS)


def _together(*records: dict[str, Any]) -> list[Observation]:
    notes = {}
    for item in _split(*records).slices:
        reading = amazon_connect.read(item, SETTINGS, NOW)
        notes[reading.key] = reading.notes
    return amazon_connect.translate([note for group in notes.values() for note in group], SETTINGS)


def _results(*records: dict[str, Any]) -> list[tuple[str, bool, str]]:
    return [
        (o.data["native"], o.data["corrected"], o.at.strftime("%H:%M"))
        for o in _together(*records)
        if o.kind == "CallDispositioned"
    ]


@pytest.mark.parametrize("between", ["", "\n", " \r\n\t"])
def test_documents_one_after_another_are_split_with_their_own_bytes(between: str) -> None:
    documents = [_record(1), {"ContactId": "c2", "note": '}{ "quoted"'}, _record(3)]
    split = _split(*documents, between=between)
    assert [json.loads(item.raw) for item in split.slices] == documents
    assert [item.correlation for item in split.slices] == ["call:c1", "call:c2", "call:c1"]


def test_a_document_that_is_no_object_or_cut_off_makes_the_record_unreadable() -> None:
    for body in (b"5", b"{} []", b"{}{", b"", b"  "):
        with pytest.raises(Unreadable):
            amazon_connect.split(Delivery("POST", "", {}, body, NOW), SETTINGS)


def test_each_change_of_the_result_is_told_as_a_correction_of_the_one_before() -> None:
    copies = [_record(1, "NI"), _record(2, "NI"), _record(3, "SALE"), _record(4, "NI")]
    expected = [("NI", False, "10:01"), ("SALE", True, "11:03"), ("NI", True, "11:04")]
    for order in itertools.permutations(copies):
        assert _results(*order) == expected


def test_a_result_that_comes_with_a_later_copy_is_no_correction() -> None:
    assert _results(_record(1), _record(2, "NI")) == [("NI", False, "10:01")]


def test_a_newer_copy_without_the_result_does_not_take_it_back() -> None:
    assert _results(_record(1, "NI"), _record(2)) == [("NI", False, "10:01")]


def test_a_call_that_a_newer_copy_hands_on_ends_once() -> None:
    observations = _together(_record(1), _record(2, NextContactId="c9"))
    assert [o.data["scope"] for o in observations if o.kind == "CallEnded"] == ["leg"]
    assert [o.data["to"] for o in observations if o.kind == "CallTransferred"] == ["c9"]


def test_an_order_whose_amount_changed_is_one_sale() -> None:
    def sold(minute: int, amount: str) -> dict[str, Any]:
        return _record(minute, Attributes={"order": "O-1", "sum": amount, "cur": "GBP"})

    sales = [o for o in _together(sold(2, "25.00"), sold(1, "20.00")) if o.kind == "SaleRecorded"]
    assert [sale.data["amount_minor"] for sale in sales] == [2500]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from([None, "NI", "SALE", "?"])),
        min_size=1,
        max_size=6,
        unique_by=lambda c: c[0],
    ),
    st.randoms(use_true_random=False),
)
def test_results_depend_on_the_set_of_copies_alone(copies: list[tuple[int, str | None]], dice: Any) -> None:
    records = [_record(minute, result) for minute, result in copies]
    shuffled = dice.sample(records, len(records))
    results = _results(*shuffled)
    assert results == _results(*records)
    assert [corrected for _, corrected, _ in results] == [False, True, True, True, True, True][: len(results)]
    newest = [result for _, result in sorted(copies) if result]
    assert [native for native, _, _ in results][-1:] == newest[-1:]


@pytest.mark.parametrize(
    ("cause", "queued", "reason", "ended_by"),
    [
        ("CUSTOMER_DISCONNECT", True, "abandoned", "customer"),
        ("CUSTOMER_DISCONNECT", False, "failed", "customer"),
        ("TELECOM_UNANSWERED", False, "no-answer", "system"),
        ("TELECOM_TIMEOUT", False, "no-answer", "system"),
        ("TELECOM_BUSY", False, "busy", "system"),
        ("AGENT_DISCONNECT", True, "failed", "agent"),
        ("SOMETHING_NEW", False, "failed", "system"),
    ],
)
def test_why_an_unanswered_call_ended(cause: str, queued: bool, reason: str, ended_by: str) -> None:
    queue = {"EnqueueTimestamp": "2026-04-03T10:00:00Z"} if queued else None
    (end,) = [
        o for o in _together(_record(1, Agent=None, Queue=queue, DisconnectReason=cause)) if o.kind == "CallEnded"
    ]
    assert (end.data["reason"], end.data["ended_by"]) == (reason, ended_by)


def test_a_record_without_its_update_time_is_unreadable() -> None:
    (item,) = _split({"ContactId": "c1"}).slices
    with pytest.raises(Unreadable):
        amazon_connect.read(item, SETTINGS, NOW)

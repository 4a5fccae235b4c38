"""The grid of months: each partner is in one state, and the line under the table is the rows added up."""

from __future__ import annotations

from datetime import date
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from services.gateway.views.month_rows import MonthRow, State, month_rows, totals

TODAY = date(2026, 11, 20)
DUE = {"partner_id": "adria", "name": "Adria", "currency": "EUR", "report_due": "2026-11-05"}


def sums(open_: int = 0, difference: int = 100, at_stake: int = 300, currency: str = "EUR") -> dict[str, Any]:
    return {"currency": currency, "difference": difference, "at_stake": at_stake, "open": open_}


def came(stage: str, found: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    told = {
        "partner_id": "adria", "stage": stage, "mismatches": 3, "sums": found, "answer_due": None,
        "reported_at": "2026-11-14T09:14:00Z", "elsewhere": None,
    }  # fmt: skip
    return told | more


def invoice(status: str, id_: str = "adria:1", kind: str = "invoice") -> dict[str, Any]:
    return {"partner_id": "adria", "invoice_id": id_, "status": status, "received": {"kind": kind}}


def one(*months: dict[str, Any], invoices: tuple[dict[str, Any], ...] = (), today: date = TODAY) -> MonthRow:
    (row,) = month_rows("2026-10", [DUE], months, invoices, today, {})
    return row


def test_a_report_that_did_not_come_is_due_and_then_late() -> None:
    early = one(today=date(2026, 11, 5))
    assert (early.state, early.late, early.age, early.difference) == ("due", False, None, None)
    late = one(today=date(2026, 11, 8))
    assert (late.state, late.late, late.age) == ("due", True, 3)


@pytest.mark.parametrize(
    ("month", "invoices", "state"),
    [
        (came("submitted"), (), "received"),
        (came("unreadable"), (), "received"),
        (came("reconciled", sums()), (), "matched"),
        (came("reconciled", sums(2)), (), "attributing"),
        (came("asked", sums(2), answer_due="2026-11-18"), (), "requested"),
        (came("agreed", sums()), (), "agreed"),
        (came("agreed", sums()), (invoice("rejected"),), "agreed"),
        (came("agreed", sums()), (invoice("checked", kind="credit_note"),), "agreed"),
        (came("agreed", sums()), (invoice("held"),), "invoiced"),
        (came("agreed", sums()), (invoice("forwarded", "adria:1"), invoice("held", "adria:2")), "forwarded"),
        (came("agreed", sums()), (invoice("paid"),), "forwarded"),
    ],
)
def test_a_month_is_in_one_state(month: dict[str, Any], invoices: tuple[dict[str, Any], ...], state: State) -> None:
    row = one(month, invoices=invoices)
    assert row.state == state
    settled = state in ("agreed", "invoiced", "forwarded")
    assert row.age == (None if settled else 6)
    assert row.late == (state == "requested")
    if settled:
        assert (row.at_stake, row.open) == (0, 0)


STAGES = st.sampled_from(["submitted", "unreadable", "reconciled", "asked", "agreed"])
MONEY = st.none() | st.builds(
    sums,
    st.integers(0, 4),
    st.integers(-(10**6), 10**6),
    st.integers(0, 10**6),
    st.sampled_from(["EUR", "BAM"]),
)


@given(st.lists(st.tuples(STAGES, MONEY, st.integers(0, 9)), max_size=8))
def test_what_stands_under_the_table_is_the_table_added_up(drawn: list[tuple[str, Any, int]]) -> None:
    months = [
        came(stage, found, partner_id=f"p{place}", mismatches=mismatches)
        for place, (stage, found, mismatches) in enumerate(drawn)
    ]
    rows = month_rows("2026-10", [], months, [], TODAY, {})
    under = totals(rows)
    assert sum(under.states.values()) == len(rows) == len(drawn)
    assert under.mismatches == sum(mismatches for *_, mismatches in drawn)
    for currency, (difference, at_stake) in under.money.items():
        own = [row for row in rows if row.currency == currency and row.difference is not None]
        assert difference == sum(row.difference or 0 for row in own)
        assert at_stake == sum(row.at_stake or 0 for row in own)
    assert {row.currency for row in rows if row.difference is not None} == set(under.money)

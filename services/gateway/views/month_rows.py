"""The months of all partners beside each other: how far each is, what differs, what is at stake, and for how long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, get_args

import msgspec

State = Literal["due", "received", "matched", "attributing", "requested", "agreed", "invoiced", "forwarded"]
STATES: tuple[State, ...] = get_args(State)
"""From the report that is awaited to the invoice that accounting has. `matched`: compared, and nobody has to decide
anything; `attributing`: groups of mismatches wait for an owner; `requested`: the partner was asked to correct."""


class MonthRow(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's month. `late`: what is awaited is overdue; `elsewhere`: the month that lines of its report are of
    instead; `age`: days since the report came, or since it is overdue,
    None where nothing waits; money in minor units of `currency`: `difference` is theirs - ours, `at_stake` without
    signs; both None where nothing was compared yet."""

    partner: str
    name: str
    month: str
    state: State
    late: bool = False
    unreadable: bool = False
    elsewhere: str = ""
    age: int | None = None
    mismatches: int = 0
    open: int = 0
    currency: str = ""
    difference: int | None = None
    at_stake: int | None = None
    due: date | None = None
    invoice: str | None = None


class MonthTotals(msgspec.Struct, frozen=True, kw_only=True):
    """The rows added up: `states`: how many are in each; `money`: by currency, difference and what is at stake."""

    states: Mapping[State, int]
    mismatches: int
    open: int
    money: Mapping[str, tuple[int, int]]


Told = Mapping[str, Any]


def month_rows(
    month: str,
    expected: Iterable[Told],
    months: Iterable[Told],
    invoices: Iterable[Told],
    today: date,
    names: Mapping[str, str],
) -> list[MonthRow]:
    """A row for each partner of which a report is expected or came, by name. The rest is as the services tell it."""
    due = {one["partner_id"]: one for one in expected}
    came = {one["partner_id"]: one for one in months}
    billed: dict[str, list[Told]] = {}
    for one in invoices:
        billed.setdefault(one["partner_id"], []).append(one)
    rows = [
        _row(
            month,
            partner,
            names.get(partner, partner),
            due.get(partner),
            came.get(partner),
            billed.get(partner, []),
            today,
        )
        for partner in due.keys() | came.keys()
    ]
    return sorted(rows, key=lambda row: (row.name.casefold(), row.partner))


def totals(rows: Sequence[MonthRow]) -> MonthTotals:
    """What stands under the table."""
    money: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row.currency and row.difference is not None:
            difference, at_stake = money.get(row.currency, (0, 0))
            money[row.currency] = difference + row.difference, at_stake + (row.at_stake or 0)
    return MonthTotals(
        states={state: sum(row.state == state for row in rows) for state in STATES},
        mismatches=sum(row.mismatches for row in rows),
        open=sum(row.open for row in rows),
        money=dict(sorted(money.items())),
    )


def _row(
    month: str, partner: str, name: str, due: Told | None, came: Told | None, invoices: Sequence[Told], today: date
) -> MonthRow:
    name = due["name"] if due else name
    last = date.fromisoformat(due["report_due"]) if due else None
    if came is None:
        overdue = last is not None and today > last
        age = (today - last).days if last is not None and overdue else None
        currency = due["currency"] if due else ""
        return MonthRow(
            partner=partner, name=name, month=month, state="due", late=overdue, age=age, due=last, currency=currency
        )
    sums, invoice = came["sums"], _invoice(invoices)
    state = _state(came, sums, invoice)
    answer = date.fromisoformat(came["answer_due"]) if came["answer_due"] else None
    waits = answer if state == "requested" else None
    settled = state in ("agreed", "invoiced", "forwarded")
    return MonthRow(
        partner=partner,
        name=name,
        month=month,
        state=state,
        late=waits is not None and today > waits,
        unreadable=came["stage"] == "unreadable",
        elsewhere=came["elsewhere"]["month"] if came["elsewhere"] else "",
        age=None if settled else (today - datetime.fromisoformat(came["reported_at"]).date()).days,
        mismatches=came["mismatches"],
        open=sums["open"] if sums and not settled else 0,
        currency=sums["currency"] if sums else "",
        difference=sums["difference"] if sums else None,
        at_stake=0 if settled else sums["at_stake"] if sums else None,
        due=waits,
        invoice=invoice["invoice_id"] if invoice else None,
    )


def _state(came: Told, sums: Told | None, invoice: Told | None) -> State:
    match came["stage"]:
        case "agreed" if invoice is not None:
            return "forwarded" if invoice["status"] in ("forwarded", "paid") else "invoiced"
        case "agreed":
            return "agreed"
        case "asked":
            return "requested"
        case "reconciled":
            return "attributing" if sums and sums["open"] else "matched"
        case _:
            return "received"


def _invoice(invoices: Sequence[Told]) -> Told | None:
    """The invoice of a month that counts: the one that is furthest, of those that did not go back."""
    far = ("forwarded", "paid")
    kept = [
        one for one in invoices if one["status"] not in ("none", "rejected") and one["received"]["kind"] == "invoice"
    ]
    return max(kept, key=lambda one: (one["status"] in far, one["invoice_id"]), default=None)

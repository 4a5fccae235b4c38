"""A defect of ours as a developer needs it: which calls, the first that fails, and facts that show it on any machine.

A fixture holds calls that fail and calls that are right, so that a mend that harms others is seen. It says of whom it
tells to nobody: see `Pseudonyms`. The same month gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import polars as pl

from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.causes.own_defects import Defect, could, judged
from services.reconciliation.matching.own import replay
from services.reconciliation.matching.own_rows import events_of, records_of
from services.reconciliation.matching.pseudonyms import Pseudonyms
from services.reconciliation.matching.states import our_counted
from services.reconciliation.views.month_calls import Fact, MonthCall, Shown, sale_id
from shared.contracts.calls import SaleRecorded
from shared.kernel import Rejected

MOST = 20
"""Calls that fail, and calls that are right, in a fixture."""


class Statistic(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is shown of a call, or should be. `there`: whether it is shown at all; `talk_s` is None where no event says
    that the call ended; `sale_minor` where no event says for how much."""

    there: bool
    talk_s: int | None = None
    disposition: str | None = None
    sale_status: Literal["confirmed", "cancelled"] | None = None
    sale_minor: int | None = None


NOWHERE = Statistic(there=False)


class Case(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call: its facts, when its sales were cancelled, by their ids, what they say of it, and whether it failed when
    the fixture was made."""

    call: str
    fails: bool
    facts: tuple[Fact, ...]
    expected: Statistic
    cancelled: dict[str, datetime] = {}


class Specification(msgspec.Struct, frozen=True, kw_only=True):
    """A defect in a month. `predicate`: which calls; `calls` fail of the `meeting` that meet it, the first of them at
    `since`, the last at `until`; `moved_minor`: what it adds to the sales shown; `events`: of the first call that
    fails, in order; `expected`: what their replay says of it, `shown`: what we show."""

    partner_id: str
    month: str
    kind: str
    predicate: str
    calls: int
    meeting: int
    moved_minor: int
    currency: str
    since: datetime
    until: datetime
    events: tuple[Fact, ...]
    expected: Statistic
    shown: Statistic


class Fixture(msgspec.Struct, frozen=True, kw_only=True):
    """What is handed to a developer. `format`: of the file, 1 up to now."""

    format: Literal[1] = 1
    specification: Specification
    cases: tuple[Case, ...]


def wanted(defect: Defect, calls: pl.DataFrame) -> list[str]:
    """The calls whose facts the fixture needs: some that fail, the first among them, and some that are right, spread
    over the month; before all such as the defect could touch. `calls` as `calls_of` has them."""
    right = judged(calls).filter(pl.col("defects").list.len() == 0)
    touchable = could(defect.kind).fill_null(False)
    near = _spread(right.filter(touchable), MOST)
    rest = _spread(right.filter(touchable.not_()), MOST - len(near))
    return [*_spread(defect.calls, MOST), *near, *rest]


def _spread(calls: pl.DataFrame, most: int) -> list[str]:
    size = min(most, len(calls))
    return calls["call_id"].gather([place * len(calls) // size for place in range(size)]).to_list()


def specified(
    defect: Defect,
    calls: pl.DataFrame,
    facts: Mapping[str, Sequence[Fact]],
    basis: Basis,
    month: str,
) -> Fixture:
    """The fixture of a defect. `facts`: of the calls that are `wanted`; a call of which they say by now something else
    than they said when the month was replayed is left out."""
    failing = set(defect.calls["call_id"])
    chosen = wanted(defect, calls)
    rows = {row["call_id"]: row for row in calls.filter(pl.col("call_id").is_in(chosen)).iter_rows(named=True)}
    documents = [MonthCall(call=call, partner=basis.partner_id, facts=list(facts.get(call, ()))) for call in chosen]
    cancelled = _cancelled(documents, rows)
    said = expectations(documents, cancelled)
    whole = [doc for doc in documents if said[doc.call] == _expected(rows[doc.call])]
    words = Pseudonyms((fact for doc in whole for fact in doc.facts), named=_agents(defect))
    cases = tuple(_case(doc, words, said[doc.call], doc.call in failing, cancelled) for doc in whole)
    first = defect.calls.row(0, named=True)
    specification = Specification(
        partner_id=basis.partner_id,
        month=month,
        kind=defect.kind,
        predicate=defect.predicate,
        calls=len(defect.calls),
        meeting=defect.meeting,
        moved_minor=_moved(defect.calls),
        currency=basis.currency,
        since=first["start"].replace(tzinfo=UTC),
        until=defect.calls.row(-1, named=True)["start"].replace(tzinfo=UTC),
        events=next((case.facts for case in cases if case.fails), ()),
        expected=_expected(first),
        shown=_shown(first),
    )
    return Fixture(specification=specification, cases=cases)


def _case(doc: MonthCall, words: Pseudonyms, expected: Statistic, fails: bool, cancelled: dict[str, datetime]) -> Case:
    facts = doc.in_order()
    return Case(
        call=words.word("call", doc.call),
        fails=fails,
        facts=words.of(facts),
        expected=expected,
        cancelled=words.sales(facts, cancelled),
    )


def _cancelled(calls: Iterable[MonthCall], rows: Mapping[str, Mapping[str, Any]]) -> dict[str, datetime]:
    """When sales were cancelled, by their ids. A month knows it of a call whose sales all were; where some stand, the
    call's sale stands."""
    found: dict[str, datetime] = {}
    for doc in calls:
        at = rows[doc.call]["cancelled_at"]
        if at is not None:
            sales = [fact for fact in doc.in_order() if isinstance(fact, SaleRecorded)]
            found |= {sale_id(sale, place): at.replace(tzinfo=UTC) for place, sale in enumerate(sales, 1)}
    return found


def expectations(calls: Collection[MonthCall], cancelled: Mapping[str, datetime]) -> dict[str, Statistic]:
    """What the facts of calls say of each, replayed without a look at what is shown."""
    rows = replay(events_of(calls, {}, cancelled)).with_columns(told=pl.lit(True)).iter_rows(named=True)
    said = {row["call_id"]: _expected(row) for row in rows}
    return {doc.call: said.get(doc.call, NOWHERE) for doc in calls}


def statistics(seen: Iterable[Shown], cancelled: Mapping[str, datetime]) -> dict[str, Statistic]:
    """What is shown of calls, as the month's comparison has it."""
    rows = records_of(seen, {}, cancelled).select("call_id", pl.all().exclude("call_id").name.prefix("shown_"))
    return {row["call_id"]: _shown(row | {"shown": True}) for row in rows.iter_rows(named=True)}


def _expected(row: Mapping[str, Any]) -> Statistic:
    if not row["told"]:
        return NOWHERE
    sold = row["sale_id"] is not None
    return Statistic(
        there=True,
        talk_s=row["talk_s"],
        disposition=row["outcome"],
        sale_status=None if not sold else "confirmed" if row["cancelled_at"] is None else "cancelled",
        sale_minor=row["order_minor"] if sold else None,
    )


def _shown(row: Mapping[str, Any]) -> Statistic:
    if not row["shown"]:
        return NOWHERE
    sold = row["shown_sale_id"] is not None
    return Statistic(
        there=True,
        talk_s=row["shown_duration_s"],
        disposition=row["shown_disposition"],
        sale_status=row["shown_sale_status"] if sold else None,
        sale_minor=row["shown_sale_minor"] if sold else None,
    )


def _moved(calls: pl.DataFrame) -> int:
    """What is shown in sales that stand, less what the events say, minor units."""
    stands = pl.col("told") & pl.col("cancelled_at").is_null() & pl.col("sale_id").is_not_null()
    told = pl.when(stands).then(pl.col("order_minor").fill_null(0)).otherwise(0)
    return int(calls.select((our_counted() - told).sum()).item())


def _agents(defect: Defect) -> set[str]:
    """The agent whom the predicate names: without the id nobody could show the defect."""
    said = {agent for agent in defect.calls["agent"].unique() if agent is not None}
    return {agent for agent in said if f"agent is {agent}" in defect.predicate.split(" and ")}


def fixture_bytes(fixture: Fixture) -> bytes:
    """The file: JSON that people can read."""
    return msgspec.json.format(msgspec.json.encode(fixture, order="deterministic"), indent=1) + b"\n"


def fixture_of(data: bytes) -> Fixture:
    """The fixture in a file. Rejected: `not_a_fixture`."""
    try:
        return msgspec.json.decode(data, type=Fixture)
    except (msgspec.ValidationError, msgspec.DecodeError) as wrong:
        raise Rejected("not_a_fixture", f"This is no fixture of a defect: {wrong}") from None

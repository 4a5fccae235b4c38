"""How a partner bills, and its ledger: months are entered once, and each commission is taken back once at the most."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import example, settings
from hypothesis import given as whatever
from hypothesis import strategies as st

from services.reconciliation.domain.billing import Billing, DescribeBilling, EnterCommissions, LoseSale, billing
from services.reconciliation.events.billing import (
    BillingDescribed,
    CommissionPaid,
    CommissionsEntered,
    Identity,
    SaleLost,
)
from services.reconciliation.events.invoices import (
    AccountCalledBack,
    AccountConfirmed,
    AccountNamed,
    AccountRefused,
)
from services.reconciliation.views.billings import KnownBilling, add, billings
from shared.contracts.rating import Cancellation, Commission, SaleUsage, Usage, Version, days_of, rate
from shared.kernel import Event
from tests.spec import given, seen
from tests.unit.terms.sheets import sheet, version

AT = datetime(2026, 4, 1, 9, tzinfo=UTC)
LATER = AT + timedelta(days=1)
SELLER, BUYER = Identity(name="Zvono d.o.o.", country="HR"), Identity(name="Nordwind GmbH", country="DE")
MONTHS = ("2026-03", "2026-04", "2026-05")


def described(**more: Any) -> BillingDescribed:
    fields: dict[str, Any] = {"partner_id": "zvono", "seller": SELLER, "buyer": BUYER, "at": AT, "by": "ana"}
    return BillingDescribed(**fields | more)


def describe(**more: Any) -> DescribeBilling:
    fields: dict[str, Any] = {"partner_id": "zvono", "seller": SELLER, "buyer": BUYER, "at": AT, "by": "ana"}
    return DescribeBilling(**fields | more)


def paid(sale: str, sold_on: date = date(2026, 3, 5)) -> CommissionPaid:
    return CommissionPaid(sale=sale, component="sales", sold_on=sold_on, minor=1250, within_days=60)


def enter(month: str = "2026-03", *sales: str, back: tuple[str, ...] = (), at: datetime = AT) -> EnterCommissions:
    return EnterCommissions(
        partner_id="zvono", month=month, commissions=tuple(map(paid, sales)), clawed_back=back, at=at
    )


def entered(month: str = "2026-03", *sales: str, back: tuple[str, ...] = ()) -> CommissionsEntered:
    return CommissionsEntered(
        partner_id="zvono", month=month, commissions=tuple(map(paid, sales)), clawed_back=back, at=AT
    )


def lose(sale: str = "s1", on: date = date(2026, 4, 8), **more: Any) -> LoseSale:
    fields: dict[str, Any] = {"partner_id": "zvono", "sale": sale, "on": on, "at": AT, "by": "shop"}
    return LoseSale(**fields | more)


def lost(sale: str = "s1", on: date = date(2026, 4, 8)) -> SaleLost:
    return SaleLost(partner_id="zvono", sale=sale, on=on, at=AT, by="shop")


def test_parties_are_described_and_described_anew_only_where_something_changed() -> None:
    given(billing).when(describe()).then(described())
    given(billing, described()).when(describe(at=LATER, by="ben")).then()
    other = {"contract_reference": "C-7", "components": {"Gespräche": "talk"}, "at": LATER, "by": "ben"}
    given(billing, described()).when(describe(**other)).then(described(**other))


def test_a_month_is_entered_once() -> None:
    given(billing).when(enter("2026-03", "s1", "s2")).then(entered("2026-03", "s1", "s2"))
    known = given(billing, entered("2026-03", "s1", "s2"))
    known.when(enter("2026-03", "s1", "s2", at=LATER)).then()
    known.when(enter("2026-03", "s1", "s3", back=("s1",))).then()


def test_a_sale_is_taken_back_once() -> None:
    before = (entered("2026-03", "s1", "s2"), entered("2026-04", back=("s1",)))
    given(billing, *before).when(enter("2026-05", back=("s2",))).then(entered("2026-05", back=("s2",)))
    given(billing, *before).when(enter("2026-05", back=("s1", "s2"))).then(entered("2026-05", back=("s2",)))


def test_a_sale_is_lost_on_one_day() -> None:
    given(billing).when(lose()).then(lost())
    given(billing, lost()).when(lose(at=LATER, by="ana")).then()
    given(billing, lost()).when(lose(on=date(2026, 4, 9))).then_rejected("lost_already")
    given(billing, lost()).when(lose("s2", date(2026, 4, 9))).then(lost("s2", date(2026, 4, 9)))


def test_what_a_partner_is_paid_by_stands_in_one_document() -> None:
    one = seen(billings, described(), entered("2026-03", "s1"), lost(), described(contract_reference="C-7", by="ben"))
    assert one == {
        "zvono": KnownBilling(
            partner_id="zvono",
            described=described(contract_reference="C-7", by="ben"),
            entered={"2026-03": entered("2026-03", "s1")},
            lost={"s1": date(2026, 4, 8)},
        )
    }


NAMED = AccountNamed(partner_id="zvono", iban="HR1210010051863000160", source="letter", at=AT, by="iva")
CALLED = AccountCalledBack(partner_id="zvono", iban=NAMED.iban, channel="office", spoke_to="M.", at=AT, by="iva")
CONFIRMED = AccountConfirmed(partner_id="zvono", iban=NAMED.iban, editors=("ana", "iva"), at=AT, by="ana")
REFUSED = AccountRefused(partner_id="zvono", iban=NAMED.iban, reason="Nobody knows it.", at=AT, by="ana")
OTHER = msgspec.structs.replace(NAMED, iban="DE89370400440532013000")


@pytest.mark.parametrize(
    ("happened", "confirmed", "waits", "called", "refused"),
    [
        ((NAMED,), None, NAMED, None, None),
        ((NAMED, CALLED), None, NAMED, CALLED, None),
        ((NAMED, CALLED, OTHER), None, OTHER, None, None),
        ((NAMED, CALLED, REFUSED), None, None, None, REFUSED),
        ((NAMED, CALLED, REFUSED, NAMED, CALLED, CONFIRMED), CONFIRMED, None, None, None),
        ((NAMED, CALLED, CONFIRMED, OTHER), CONFIRMED, OTHER, None, None),
    ],
)
def test_an_account_waits_until_it_is_confirmed_or_refused(
    happened: tuple[Event, ...], confirmed: Any, waits: Any, called: Any, refused: Any
) -> None:
    doc = seen(billings, *happened)["zvono"]
    assert (doc.confirmed, doc.named, doc.called_back, doc.refused) == (confirmed, waits, called, refused)


@whatever(st.data())
def test_the_streams_of_a_partner_may_lie_in_any_partitions(data: st.DataObject) -> None:
    of_account = [NAMED, CALLED, CONFIRMED, OTHER]
    of_billing = [described(), entered("2026-03", "s1"), lost(), entered("2026-04", back=("s1",))]
    shards: list[list[Event]] = [[], []]
    for stream in (of_account, of_billing):
        shards[data.draw(st.integers(0, 1))] += stream
    docs = [seen(billings, *shard)["zvono"] for shard in shards if shard]
    whole = seen(billings, *of_account, *of_billing)["zvono"]
    assert (add(docs[0], docs[1]) if len(docs) == 2 else docs[0]) == whole
    assert (add(docs[1], docs[0]) if len(docs) == 2 else docs[0]) == whole


def test_the_ledger_of_a_month_is_what_was_paid_before_it() -> None:
    doc = seen(billings, entered("2026-03", "s1", "s2"), entered("2026-04", "s3", back=("s1",)))["zvono"]

    def ledger(month: str) -> list[tuple[str, bool]]:
        return [(one.sale, one.clawed_back) for one in doc.ledger(month)]

    assert ledger("2026-03") == []
    assert ledger("2026-04") == [("s1", False), ("s2", False)], "what it takes back itself is not taken back yet"
    assert ledger("2026-05") == [("s1", True), ("s2", False), ("s3", False)]
    assert doc.ledger("2026-05")[0] == Commission(
        sale="s1", component="sales", sold_on=date(2026, 3, 5), minor=1250, within_days=60, clawed_back=True
    )


def test_what_a_later_month_took_back_is_taken_back_where_months_are_entered_out_of_order() -> None:
    doc = seen(billings, entered("2026-03", "s1"), entered("2026-05", back=("s1",)))["zvono"]
    assert [one.clawed_back for one in doc.ledger("2026-04")] == [True]


def test_a_sale_counts_as_lost_from_its_day_on() -> None:
    doc = seen(billings, lost("s2", date(2026, 4, 30)), lost("s1", date(2026, 5, 1)))["zvono"]
    assert doc.cancellations(date(2026, 4, 29)) == []
    assert doc.cancellations(date(2026, 4, 30)) == [Cancellation(sale="s2", on=date(2026, 4, 30))]
    assert {one.sale for one in doc.cancellations(date(2026, 5, 1))} == {"s1", "s2"}


@cache
def contract() -> Version:
    """Twelve euros and a half a sale, taken back within sixty days."""
    return version(
        sheet({"per_sale": [{"name": "sales", "clause": "4.3", "clawback_days": 60, "tiers": [{"rate": "1250"}]}]})
    )


def sold(day: date, number: int) -> SaleUsage:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return SaleUsage(id=f"s{number}", at=at, amount_minor=4900, currency="EUR")


DAYS = st.dates(date(2026, 3, 1), date(2026, 5, 31))
SALES = st.lists(st.tuples(DAYS, st.none() | st.integers(0, 70), st.integers(0, 3)), min_size=1, max_size=6)


@settings(deadline=None, max_examples=200)
@example([(date(2026, 3, 5), 20, 1)], ["2026-03", "2026-05", "2026-04"])
@whatever(SALES, st.just(list(MONTHS)) | st.permutations(MONTHS))
def test_each_commission_is_taken_back_once_at_the_most_in_whatever_order_months_are_entered(
    sales: list[tuple[date, int | None, int]], order: list[str]
) -> None:
    """`sales`: the day of each, after how many days it was lost, and after how many months' entries that is told."""
    happened: list[Event] = []
    taken: Counter[str] = Counter()
    told_last = {number: after for number, (_, lost_after, after) in enumerate(sales) if lost_after is not None}
    for turn, month in enumerate(order):
        for number, after in told_last.items():
            day, lost_after, _ = sales[number]
            if after == turn and lost_after is not None:
                happened.append(lost(f"s{number}", day + timedelta(days=lost_after)))
        doc = seen(billings, *happened).get("zvono") or KnownBilling(partner_id="zvono")
        usage = Usage(
            sales=[sold(day, number) for number, (day, _, _) in enumerate(sales) if f"{day:%Y-%m}" == month],
            ledger=doc.ledger(month),
            cancellations=doc.cancellations(days_of(month)[1]),
        )
        price = rate([contract()], usage, month)
        command = EnterCommissions(
            partner_id="zvono",
            month=month,
            commissions=tuple(
                CommissionPaid(
                    sale=one.sale, component=one.component, sold_on=one.sold_on, minor=one.minor,
                    within_days=one.within_days,
                )
                for one in price.commissions
            ),
            clawed_back=price.clawed_back,
            at=AT,
        )  # fmt: skip
        outcome = given(billing, *happened).when(command)
        assert outcome.rejected is None, "what was predicted can be entered"
        happened += outcome.events
        taken.update(price.clawed_back)
        for sale in price.clawed_back:
            day, lost_after, _ = sales[int(sale[1:])]
            assert lost_after is not None
            assert lost_after <= 60
    assert set(taken.values()) <= {1}
    if order == list(MONTHS):
        due = {
            f"s{number}"
            for number, (day, lost_after, after) in enumerate(sales)
            if lost_after is not None
            and lost_after <= 60
            and after < len(MONTHS)
            and day + timedelta(days=lost_after) <= date(2026, 5, 31)
        }
        assert set(taken) == due, "in order nothing is forgotten"


def test_nothing_leaves_the_ledger() -> None:
    outcome = given(billing, entered("2026-03", "s1"), entered("2026-04", back=("s1",)), lost()).when(describe())
    state: Billing = outcome.state
    assert set(state.months) == {"2026-03", "2026-04"}
    assert (state.taken_back, dict(state.lost)) == (frozenset({"s1"}), {"s1": date(2026, 4, 8)})

"""What is expected of an invoice: the agreed quantities and no others, the ledger, and all that came before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from services.reconciliation.billing.expecting import Expecting
from services.reconciliation.billing.readings import KEEP, Reading, Readings
from services.reconciliation.events.billing import (
    BillingDescribed,
    CommissionPaid,
    CommissionsEntered,
    Identity,
    SaleLost,
)
from services.reconciliation.events.invoices import AccountConfirmed
from services.reconciliation.gathering import Gathering
from services.reconciliation.invoices.expectation import Basis
from services.reconciliation.views.billings import billings
from services.reconciliation.views.counterparts import counterparts
from services.reconciliation.views.invoices import invoices
from services.reconciliation.views.months import months
from shared.contracts.partners import ContractSigned, PartnerRegistered
from shared.contracts.rating import Usage
from shared.contracts.reconciliation import (
    InvoiceReceived,
    InvoiceRejected,
    MonthAgreed,
    MonthReopened,
    ReportSubmitted,
)
from shared.http import Deps
from shared.kernel import Event, Money, Rejected
from shared.vault import Vault
from tests.unit.partners.service import MemoryBlobs, MemoryService
from tests.unit.reconciliation.invoices.months import IBAN, good
from tests.unit.reconciliation.telling import Shards
from tests.unit.reconciliation.test_gathering import Telling
from tests.unit.shared.documents import MemoryDocuments
from tests.unit.terms.sheets import sale, sheet

AT = datetime(2026, 4, 3, 9, tzinfo=UTC)
TERMS = sheet({"per_sale": [{"name": "sales", "clause": "4.3", "clawback_days": 60, "tiers": [{"rate": "1250"}]}]})
OF: dict[str, Any] = {"partner_id": "zvono", "at": AT, "by": "ana"}
SIGNED = ContractSigned(
    contract_id="zvono:main", version=1, effective=date(2026, 1, 1), terms=TERMS, signed_on=date(2026, 1, 1),
    signers=(), documents=(), **OF | {"by": "cora"},
)  # fmt: skip
DESCRIBED = BillingDescribed(
    seller=Identity(name="Zvono d.o.o.", country="HR"), buyer=Identity(name="Nordwind GmbH"), contract_reference="C-7",
    components={"Verkäufe": "sales"}, **OF,
)  # fmt: skip
KNOWN: tuple[Event, ...] = (PartnerRegistered(partner_id="zvono", name="Zvono", country="HR"), SIGNED, DESCRIBED)
USAGE = Usage(sales=[sale(1), sale(2)])
COMMISSION = CommissionPaid(sale="old", component="sales", sold_on=date(2026, 2, 20), minor=1250, within_days=60)
ENTERED = CommissionsEntered(
    partner_id="zvono", month="2026-02", commissions=(COMMISSION,), clawed_back=(), at=AT
)  # fmt: skip


class World:
    """What the views hold after these events, and rooms around it."""

    def __init__(self, vault: Vault, happened: Sequence[Event]) -> None:
        shards = Shards()
        for view in (counterparts, billings, invoices, months):
            shards.fold(view, happened)
        self.blobs = MemoryBlobs()
        self.documents = MemoryDocuments()
        self.readings = Readings(self.documents)
        gathering = Gathering(shards, vault, "UTC", Telling().service())
        deps = Deps(MemoryService(), shards, vault, self.blobs, lambda: AT, "http://tallyline")
        self.expecting = Expecting(deps, gathering, self.readings)


async def world(*happened: Event) -> World:
    vault = Vault(MemoryDocuments(), bytes(32), lambda: AT)
    await vault.start()
    made = World(vault, happened)
    await made.documents.declare(KEEP.collection, KEEP.indexes)
    return made


async def agreed() -> tuple[tuple[Event, ...], bytes]:
    """March, agreed on; and its quantities."""
    usage = msgspec.json.encode(USAGE)
    digest = await MemoryBlobs().put(usage)
    report = ReportSubmitted(month="2026-03", number=1, digest="f" * 64, name="march.csv", size=9, **OF)
    money = Money(2000, "EUR")
    event = MonthAgreed(month="2026-03", report=1, theirs=money, ours=money, agreed=money, usage=digest, **OF)
    return (report, event), usage


def invoice(name: str, number: str, digest: str, month: str = "2026-03", **more: Any) -> InvoiceReceived:
    fields: dict[str, Any] = {
        "invoice_id": f"zvono:{name}", "month": month, "kind": "invoice", "form": "ubl", "number": number,
        "issued": date(2026, 4, 6), "digest": digest, "gross": Money(2500, "EUR"),
    }  # fmt: skip
    return InvoiceReceived(**OF | fields | more)


async def test_before_agreement_it_is_our_count_so_far_and_says_so() -> None:
    expected = await (await world(*KNOWN)).expecting.of("zvono", "2026-03")
    assert expected.expectation.basis == Basis()
    assert expected.expectation.rating.net == 0


async def test_after_agreement_it_is_what_was_agreed_on_whatever_we_count_now() -> None:
    happened, usage = await agreed()
    made = await world(*KNOWN, *happened)
    with pytest.raises(Rejected, match="not_kept"):
        await made.expecting.of("zvono", "2026-03")
    await made.blobs.put(usage)
    found = (await made.expecting.of("zvono", "2026-03")).expectation
    assert found.basis == Basis(reference="zvono:2026-03 report 1", agreed_on=date(2026, 4, 3))
    assert found.rating.net == 2 * 1250
    assert (found.seller.name, found.buyer.name, found.contract_reference) == ("Zvono d.o.o.", "Nordwind GmbH", "C-7")
    assert found.names == {"Verkäufe": "sales"}


async def test_a_month_that_was_opened_again_is_expected_by_our_count() -> None:
    happened, usage = await agreed()
    made = await world(*KNOWN, *happened, MonthReopened(month="2026-03", reason="A late file.", **OF))
    await made.blobs.put(usage)
    assert (await made.expecting.of("zvono", "2026-03")).expectation.basis == Basis()


async def test_a_sale_that_was_lost_in_the_month_is_taken_back_and_one_lost_later_is_not() -> None:
    for on, deducted in ((date(2026, 3, 31), ("old",)), (date(2026, 4, 1), ())):
        lost = SaleLost(sale="old", on=on, **OF)
        made = await world(*KNOWN, ENTERED, lost)
        rating = (await made.expecting.of("zvono", "2026-03")).expectation.rating
        assert (rating.clawed_back, rating.net) == (deducted, -1250 * len(deducted))


async def test_those_who_edited_the_account_or_the_contract_must_not_approve() -> None:
    confirmed = AccountConfirmed(partner_id="zvono", iban=IBAN, editors=("ben", "iva"), at=AT, by="ben")
    made = await world(*KNOWN)
    assert (await made.expecting.of("zvono", "2026-03")).editors == ("cora",)
    made = await world(*KNOWN, confirmed)
    expected = await made.expecting.of("zvono", "2026-03")
    assert expected.editors == ("ben", "cora", "iva")
    assert expected.expectation.iban == IBAN


async def test_all_that_came_before_counts_but_not_the_invoice_itself() -> None:
    refused = InvoiceRejected(invoice_id="zvono:b", digest="b" * 64, reason="Twice.", **OF)
    made = await world(
        *KNOWN, invoice("a", "R-1", "a" * 64), invoice("b", "R-2", "b" * 64, "2026-02"), refused,
        invoice("c", "R-3", "c" * 64),
    )  # fmt: skip
    reading = Reading(invoice=good(), period=good().period, components={"sales": 2500}, protocol="d" * 64)
    await made.readings.put("a" * 64, reading)
    found = (await made.expecting.of("zvono", "2026-03", "zvono:c")).expectation.earlier
    assert [(one.id, one.number, one.state) for one in found] == [
        ("zvono:a", "R-1", "open"),
        ("zvono:b", "R-2", "refused"),
    ]
    assert (found[0].period, found[0].components) == (good().period, {"sales": 2500})
    assert (found[1].period, found[1].components) == (None, {}), "what nobody read says nothing of its period"
    again = (await made.expecting.of("zvono", "2026-03")).expectation.earlier
    assert {one.id for one in again} == {"zvono:a", "zvono:b", "zvono:c"}


@pytest.mark.parametrize(
    ("happened", "code"),
    [
        ((), "unknown_partner"),
        (KNOWN[:1], "no_terms"),
        (KNOWN[:2], "no_billing"),
        ((*KNOWN, msgspec.structs.replace(SIGNED, contract_id="zvono:other")), "several_contracts"),
    ],
)
async def test_what_is_missing_is_a_refusal_with_its_code(happened: tuple[Event, ...], code: str) -> None:
    with pytest.raises(Rejected, match=code):
        await (await world(*happened)).expecting.of("zvono", "2026-03")


async def test_a_ledger_that_contradicts_itself_is_not_rated() -> None:
    twice = msgspec.structs.replace(ENTERED, month="2026-01")
    with pytest.raises(Rejected, match="not_ratable"):
        await (await world(*KNOWN, twice, ENTERED)).expecting.of("zvono", "2026-03")

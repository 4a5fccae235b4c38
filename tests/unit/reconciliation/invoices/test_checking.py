"""The checks: a good invoice passes all, each bad one is found by the check that it was made for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from services.reconciliation.invoices.checking import CHECKS, OF_THE_PRICE, Protocol, check
from services.reconciliation.invoices.expectation import Basis, Earlier, Margin, Margins
from services.reconciliation.invoices.findings import Check, Outcome
from services.reconciliation.invoices.invoice import Adjustment, Invoice, Period, Preceding
from services.reconciliation.invoices.validation import Validation, Violation
from tests.unit.reconciliation.invoices.months import (
    BUYER,
    OTHER_IBAN,
    SELLER,
    VALID,
    expectation,
    good,
    rating,
    received,
    summed,
    taxed,
    with_line,
)

SPACED = "DE89 3704 0044 0532 0130 00"
MARCH = Period(starts=date(2026, 3, 1), ends=date(2026, 3, 31))
BROKEN = Violation(rule="BR-CO-15", text="does not add up", place="/Invoice")


def held(invoice: Invoice, validation: Validation | None = VALID, **expected: Any) -> Protocol:
    return check(received(invoice), validation, expectation(**expected))


def failed(protocol: Protocol) -> dict[Check, Outcome]:
    return {one.check: one.outcome for one in protocol.findings if one.outcome not in ("passed", "skipped")}


def earlier(**more: Any) -> Earlier:
    """An accepted invoice of February."""
    made = Earlier(
        id="zvono:i-1", number="2026-0031", digest="b" * 64, issued=date(2026, 3, 5), currency="EUR",
        gross_minor=80000, period=Period(starts=date(2026, 2, 1), ends=date(2026, 2, 28)),
        components={"inbound minutes": 70000, "seats": 10000}, state="accepted",
    )  # fmt: skip
    return replace(made, **more)


def test_a_good_invoice_passes_every_check() -> None:
    protocol = held(good(), earlier=(earlier(),))
    assert [one.check for one in protocol.findings] == list(CHECKS)
    assert {one.outcome for one in protocol.findings} == {"passed"}
    assert all(one.rule for one in protocol.findings)
    assert (protocol.verdict, protocol.small_minor) == ("passed", 0)
    assert sum(protocol.components.values()) == expectation().rating.net


def dearer(invoice: Invoice) -> Invoice:
    return with_line(
        invoice,
        "answered calls",
        lambda line: replace(line, price=Decimal("0.20"), amount=line.quantity * Decimal("0.20")),
    )


def wrong_tier(invoice: Invoice) -> Invoice:
    """All minutes in the dearer tier: the price is one of the contract, not for so many."""
    first, second, *others = invoice.lines
    quantity = first.quantity + second.quantity
    line = replace(first, quantity=quantity, amount=quantity * first.price)
    return summed(replace(invoice, lines=(line, *others)))


def more_calls(invoice: Invoice) -> Invoice:
    return with_line(
        invoice, "answered calls", lambda line: replace(line, quantity=Decimal(61), amount=Decimal("9.15"))
    )


def without(reason: str) -> Callable[[Invoice], Invoice]:
    def spoil(invoice: Invoice) -> Invoice:
        left = tuple(one for one in invoice.adjustments if one.reason != reason)
        assert len(left) < len(invoice.adjustments)
        return summed(replace(invoice, adjustments=left))

    return spoil


def unknown_line(invoice: Invoice) -> Invoice:
    extra = replace(
        invoice.lines[0], id="99", item="Handling", quantity=Decimal(1), amount=Decimal(7), price=Decimal(7)
    )
    return summed(replace(invoice, lines=(*invoice.lines, extra)))


def unknown_charge(invoice: Invoice) -> Invoice:
    extra = Adjustment(charge=True, amount=Decimal(3), reason="Fuel", category="AE", rate=Decimal(0))
    return summed(replace(invoice, adjustments=(*invoice.adjustments, extra)))


def named_charge(invoice: Invoice) -> Invoice:
    extra = Adjustment(charge=True, amount=Decimal(3), reason="Seats", category="AE", rate=Decimal(0))
    return summed(replace(invoice, adjustments=(*invoice.adjustments, extra)))


def twice_back(invoice: Invoice) -> Invoice:
    back = next(one for one in invoice.adjustments if one.reason == "sales claw-back")
    return summed(replace(invoice, adjustments=(*invoice.adjustments, back)))


def wrong_sum(invoice: Invoice) -> Invoice:
    return replace(invoice, totals=replace(invoice.totals, gross=invoice.totals.gross + 1))


def ae_with_tax(invoice: Invoice) -> Invoice:
    part = replace(invoice.vat[0], tax=Decimal(5))
    totals = replace(invoice.totals, tax=Decimal(5), gross=invoice.totals.gross + 5, due=invoice.totals.due + 5)
    return replace(invoice, vat=(part,), totals=totals)


def untaxed_line(invoice: Invoice) -> Invoice:
    """The breakdown leaves out what one line is taxed by."""
    first = replace(invoice.lines[0], category="S", rate=Decimal(25))
    part = replace(invoice.vat[0], taxable=invoice.vat[0].taxable - first.amount)
    return replace(invoice, lines=(first, *invoice.lines[1:]), vat=(part,))


def rounded_up(invoice: Invoice) -> Invoice:
    totals = replace(invoice.totals, rounding=Decimal("5.00"), due=invoice.totals.due + 5)
    return replace(invoice, totals=totals)


def noted(text: str) -> Callable[[Invoice], Invoice]:
    return lambda invoice: replace(invoice, note=text)


def account(iban: str) -> Callable[[Invoice], Invoice]:
    return lambda invoice: replace(invoice, iban=iban)


def other_month(invoice: Invoice) -> Invoice:
    return replace(invoice, period=Period(starts=date(2026, 2, 1), ends=date(2026, 2, 28)))


def early(invoice: Invoice) -> Invoice:
    return replace(invoice, issued=date(2026, 3, 30), due=date(2026, 4, 29))


def as_credit(invoice: Invoice) -> Invoice:
    return replace(invoice, type_code="381", preceding=())


BAD: list[tuple[str, Callable[[Invoice], Invoice], dict[str, Any], dict[Check, Outcome]]] = [
    ("no agreed report", lambda it: it, {"basis": Basis()}, {"basis": "hold"}),
    ("wrong rate", dearer, {}, {"rate": "hold", "total": "hold"}),
    ("wrong tier", wrong_tier, {}, {"rate": "hold", "total": "hold"}),
    ("wrong quantity", more_calls, {}, {"quantity": "hold", "total": "hold"}),
    ("an unknown line", unknown_line, {}, {"quantity": "hold", "total": "hold"}),
    ("no malus", without("quality malus"), {}, {"terms": "hold", "total": "hold"}),
    ("an unknown charge", unknown_charge, {}, {"terms": "hold", "total": "hold"}),
    ("a charge under the name of a component", named_charge, {}, {"terms": "hold", "total": "hold"}),
    ("no claw-back", without("sales claw-back"), {}, {"clawback": "hold", "total": "hold"}),
    ("claw-back twice", twice_back, {}, {"clawback": "hold", "total": "hold"}),
    ("wrong sum", wrong_sum, {}, {"arithmetic": "reject"}),
    ("wrong VAT", lambda it: taxed(it, "S", "25"), {}, {"vat": "hold"}),
    ("no reason for reverse charge", lambda it: taxed(it, "AE", "0"), {}, {"vat": "hold"}),
    ("tax in reverse charge", ae_with_tax, {}, {"vat": "hold", "arithmetic": "reject"}),
    (
        "reverse charge without a VAT id",
        lambda it: replace(it, buyer=replace(BUYER, vat_id="")),
        {"buyer": replace(BUYER, vat_id="")},
        {"vat": "hold"},
    ),
    ("no tax stated for a line", untaxed_line, {}, {"arithmetic": "reject"}),
    ("wrong currency", lambda it: replace(it, currency="USD"), {}, {"currency": "hold"}),
    ("duplicate", lambda it: it, {"earlier": (earlier(number="2026-42"),)}, {"duplicate": "block"}),
    ("the same file", lambda it: it, {"earlier": (earlier(digest="a" * 64),)}, {"duplicate": "block"}),
    (
        "the same amount and period",
        lambda it: it,
        {"earlier": (earlier(gross_minor=rating().gross, period=MARCH, state="open"),)},
        {"duplicate": "block"},
    ),
    ("overlapping period", lambda it: it, {"earlier": (earlier(period=MARCH),)}, {"period": "block"}),
    ("another period", other_month, {}, {"period": "hold"}),
    ("changed account", account(OTHER_IBAN), {}, {"bank_account": "block"}),
    ("impossible account", account("HR1210010051863000161"), {}, {"bank_account": "block"}),
    ("nothing confirmed", lambda it: it, {"iban": ""}, {"bank_account": "block"}),
    ("a second account", lambda it: replace(it, other_ibans=(OTHER_IBAN,)), {}, {"bank_account": "block"}),
    ("another payee", lambda it: replace(it, payee="Factor AG"), {}, {"bank_account": "block"}),
    ("an account in a note", noted(f"New account: {SPACED} BIC DEUTDEFF"), {}, {"bank_account": "block"}),
    ("an account in lower case", noted(f"iban {OTHER_IBAN.lower()}"), {}, {"bank_account": "block"}),
    ("a charge called rounding", rounded_up, {}, {"total": "hold"}),
    ("another buyer", lambda it: replace(it, buyer=replace(BUYER, name="Westwind KG")), {}, {"parties": "hold"}),
    ("another contract", lambda it: replace(it, contract="C-8"), {}, {"parties": "hold"}),
    (
        "impossible VAT id",
        lambda it: replace(it, buyer=replace(BUYER, vat_id="DE136695977")),
        {"buyer": replace(BUYER, vat_id="DE136695977")},
        {"vat_id": "hold"},
    ),
    ("credit note of nothing", as_credit, {}, {"credit_note": "hold"}),
    ("issued in its month", early, {}, {"dates": "warn"}),
    ("due too early", lambda it: replace(it, due=date(2026, 4, 20)), {}, {"dates": "warn"}),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "expected", "checks"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_invoice_is_found_by_its_check_and_no_other(
    spoil: Callable[[Invoice], Invoice], expected: dict[str, Any], checks: dict[Check, Outcome]
) -> None:
    protocol = held(spoil(good()), **expected)
    assert failed(protocol) == checks
    for one in protocol.findings:
        if one.outcome not in ("passed", "skipped"):
            assert one.expected
            assert one.found


def test_our_own_account_may_stand_in_a_text_and_the_payee_may_be_the_seller() -> None:
    invoice = replace(good(), note="IBAN HR12 1001 0051 8630 0016 0, call 0038516123456789", payee="ZVONO d.o.o")
    assert failed(held(invoice)) == {}
    assert failed(held(replace(invoice, iban=""))) == {}


def test_every_check_has_a_bad_invoice() -> None:
    assert {name for *_, checks in BAD for name in checks} == set(CHECKS) - {"standard"}


@pytest.mark.parametrize(
    ("validation", "outcome"),
    [
        (replace(VALID, violations=(BROKEN,)), "reject"),
        (replace(VALID, violations=(replace(BROKEN, fatal=False),)), "warn"),
        (replace(VALID, failure="timeout"), "hold"),
        (replace(VALID, failure="nothing_fired", fired=0), "hold"),
    ],
)
def test_a_document_that_breaks_the_standard_or_was_not_judged_does_not_pass(
    validation: Validation, outcome: Outcome
) -> None:
    protocol = held(good(), validation)
    assert failed(protocol) == {"standard": outcome}
    assert protocol.verdict == outcome


def test_the_worst_finding_is_the_verdict() -> None:
    invoice = replace(wrong_sum(dearer(good())), iban=OTHER_IBAN)
    assert held(invoice).verdict == "block"
    assert held(wrong_sum(dearer(good()))).verdict == "reject"


def test_what_is_asked_beyond_the_price_is_told_in_minor_units() -> None:
    protocol = held(dearer(good()))
    assert {one.check: one.minor for one in protocol.findings if one.outcome == "hold"} == {"rate": 300, "total": 300}
    (rate,) = (one for one in protocol.findings if one.check == "rate")
    assert rate.expected == "0.15 EUR"
    assert any("clause 4.2" in told for told in rate.evidence)


def test_a_difference_in_our_favour_is_a_finding_too() -> None:
    cheaper = with_line(
        good(), "answered calls", lambda line: replace(line, price=Decimal("0.10"), amount=Decimal("6.00"))
    )
    assert {one.minor for one in held(cheaper).findings if one.outcome == "hold"} == {-300}


def test_nothing_is_priced_in_another_currency() -> None:
    protocol = held(replace(good(), currency="USD"))
    assert {one.outcome for one in protocol.findings if one.check in OF_THE_PRICE} == {"skipped"}


def small(cents: int) -> Invoice:
    amount = Decimal(cents).scaleb(-2)
    return with_line(
        good(), "training", lambda line: replace(line, amount=line.amount + amount, price=line.price + amount)
    )


@pytest.mark.parametrize(("cents", "outcome"), [(5, "warn"), (-5, "warn"), (6, "hold"), (-6, "hold")])
def test_a_small_difference_is_paid_and_posted_apart_up_to_its_edge(cents: int, outcome: Outcome) -> None:
    margins = Margins(amount=Margin(below=Decimal(1), above=Decimal(1)))
    protocol = held(small(cents), margins=margins)
    assert failed(protocol) == {"total": outcome}
    assert protocol.small_minor == (cents if outcome == "warn" else 0)


def test_a_claw_back_by_a_credit_note_before_must_not_be_in_the_invoice_again() -> None:
    credited = earlier(
        id="zvono:c-1", number="GS-1", credits="2026-0031", period=MARCH, gross_minor=1250,
        components={"sales claw-back": -1250},
    )  # fmt: skip
    protocol = held(good(), earlier=(credited,))
    assert failed(protocol) == {"clawback": "hold", "total": "hold"}
    assert any("deducted before: 12.50 EUR" in told for one in protocol.findings for told in one.evidence)
    assert failed(held(without("sales claw-back")(good()), earlier=(credited,))) == {}


def credit(net: str, of: str = "2026-0031", issued: date | None = None) -> Invoice:
    """A credit note over a part of the minutes."""
    invoice = good()
    line = replace(invoice.lines[0], quantity=Decimal(1), price=Decimal(net), amount=Decimal(net))
    return summed(
        replace(
            invoice,
            type_code="381",
            number="GS-2",
            preceding=(Preceding(number=of, issued=issued),),
            lines=(line,),
            adjustments=(),
            iban="",
        )
    )


BEFORE = earlier(id="zvono:c-1", number="GS-1", credits="2026-31", gross_minor=30000, digest="c" * 64)


@pytest.mark.parametrize(
    ("invoice", "outcome"),
    [
        (credit("500.00"), None),
        (credit("500.01"), "hold"),
        (credit("1.00", of="2026-0099"), "hold"),
        (credit("1.00", of="2026/31"), None),
        (credit("1.00", issued=date(2026, 3, 6)), "hold"),
        (replace(credit("1.00"), currency="USD"), "hold"),
    ],
)
def test_a_credit_note_names_its_invoice_and_all_credits_do_not_exceed_it(
    invoice: Invoice, outcome: Outcome | None
) -> None:
    found = failed(held(invoice, earlier=(earlier(), BEFORE)))
    assert found.get("credit_note") == outcome


def test_what_was_refused_before_may_come_again() -> None:
    refused = earlier(number="2026-0042", digest="a" * 64, gross_minor=rating().gross, period=MARCH, state="refused")
    assert failed(held(good(), earlier=(refused,))) == {}


@pytest.mark.parametrize(
    ("number", "other", "same"),
    [
        ("RE-2026/0042", "re 2026 42", True),
        ("INV00010", "INV-10", True),
        ("O7", "07", True),
        ("R-100", "R-1", False),
        ("R-10-1", "R-1-01", False),
        ("1-11", "11-1", False),
    ],
)
def test_numbers_are_the_same_when_people_would_take_them_for_it(number: str, other: str, same: bool) -> None:
    found = failed(held(replace(good(), number=number), earlier=(earlier(number=other),)))
    assert ("duplicate" in found) is same


def test_names_that_the_partner_uses_are_known_once_they_are_told() -> None:
    theirs = {"inbound minutes": "Dolazni pozivi", "answered calls": "Javljanja"}
    invoice = good()
    lines = tuple(replace(line, item=theirs.get(line.item, line.item)) for line in invoice.lines)
    renamed = replace(invoice, lines=lines)
    assert failed(held(renamed))["quantity"] == "hold"
    assert failed(held(renamed, names={name: ours for ours, name in theirs.items()})) == {}


def test_lines_of_other_names_are_known_by_an_amount_that_only_they_have() -> None:
    invoice = good()
    lines = tuple(replace(line, item="Schulung") if line.item == "training" else line for line in invoice.lines)
    assert failed(held(replace(invoice, lines=lines))) == {}
    (fee,) = (line for line in lines if line.item == "Schulung")
    twice = summed(replace(invoice, lines=(*lines, replace(fee, id="98", item="Schulung 2"))))
    assert failed(held(twice)) == {"quantity": "hold", "terms": "hold", "total": "hold"}


def test_seconds_and_hours_are_minutes() -> None:
    def in_seconds(invoice: Invoice) -> Invoice:
        lines = tuple(
            replace(line, quantity=line.quantity * 60, unit="SEC", price=line.price, per=Decimal(60))
            if line.unit == "MIN"
            else line
            for line in invoice.lines
        )
        return replace(invoice, lines=lines)

    assert failed(held(in_seconds(good()))) == {}


def test_hours_are_minutes_exactly() -> None:
    """A third of an hour has no end as a decimal, and a price an hour is sixty times that of a minute."""
    invoice = good()
    lines = tuple(
        replace(line, quantity=(line.quantity / 60).quantize(Decimal("0.000001")), price=line.price * 60, unit="HUR")
        if line.unit == "MIN"
        else line
        for line in invoice.lines
    )
    margins = Margins(quantity=Margin(below=Decimal("0.0001"), above=Decimal("0.0001")))
    assert failed(held(replace(invoice, lines=lines), margins=margins)) == {}


def test_a_unit_that_is_unknown_is_held() -> None:
    invoice = good()
    lines = tuple(replace(line, unit="KGM") if line.unit == "MIN" else line for line in invoice.lines)
    assert failed(held(replace(invoice, lines=lines))) == {"quantity": "hold"}


@pytest.mark.parametrize(
    ("vat_id", "outcome"),
    [
        ("HR33392005961", "passed"),
        ("HR 33392005961", "passed"),
        ("HR33392005962", "hold"),
        ("33392005961", "hold"),
        ("GB980780684", "passed"),
        ("GB802311781", "hold"),
        ("RS101134702", "passed"),
        ("BA4200000000001", "skipped"),
    ],
)
def test_vat_ids_are_held_against_the_rule_of_their_country(vat_id: str, outcome: Outcome) -> None:
    seller = replace(SELLER, vat_id=vat_id)
    protocol = held(replace(good(), seller=seller), seller=seller)
    assert [one.outcome for one in protocol.findings if one.check == "vat_id"] == [outcome]


def test_reverse_charge_within_one_country_is_held() -> None:
    buyer = replace(BUYER, country="HR")
    assert failed(held(replace(good(), buyer=buyer), buyer=buyer)) == {"vat": "hold"}

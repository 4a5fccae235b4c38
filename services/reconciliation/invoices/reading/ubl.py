"""UBL 2.1: Invoice and CreditNote."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from services.reconciliation.invoices.invoice import (
    Adjustment,
    Invoice,
    InvoiceLine,
    Party,
    Period,
    Preceding,
    Totals,
    VatPart,
)
from services.reconciliation.invoices.reading.xml import Node, day, in_currency, needed_day, needed_text

_URN = "urn:oasis:names:specification:ubl:schema:xsd"
INVOICE = f"{{{_URN}:Invoice-2}}Invoice"
CREDIT_NOTE = f"{{{_URN}:CreditNote-2}}CreditNote"
NAMES = {"a": f"{_URN}:CommonAggregateComponents-2", "b": f"{_URN}:CommonBasicComponents-2"}
ZERO = Decimal(0)


def read(root: Any) -> Invoice:
    """The invoice of an `Invoice` or `CreditNote` element."""
    is_credit = root.tag == CREDIT_NOTE
    at = Node(root, NAMES, "/CreditNote" if is_credit else "/Invoice")
    accounts = [text for node in at.all("a:PaymentMeans/a:PayeeFinancialAccount") if (text := node.text("b:ID"))]
    due = at.text("b:DueDate", "a:PaymentMeans/b:PaymentDueDate")
    return Invoice(
        number=needed_text(at.text("b:ID"), f"{at.place}/b:ID"),
        issued=needed_day(at.text("b:IssueDate"), f"{at.place}/b:IssueDate"),
        type_code=at.text("b:CreditNoteTypeCode" if is_credit else "b:InvoiceTypeCode")
        or ("381" if is_credit else "380"),
        currency=needed_text(at.text("b:DocumentCurrencyCode"), f"{at.place}/b:DocumentCurrencyCode"),
        due=day(due, f"{at.place}/b:DueDate"),
        buyer_reference=at.text("b:BuyerReference"),
        contract=at.text("a:ContractDocumentReference/b:ID"),
        order=at.text("a:OrderReference/b:ID"),
        terms=at.texts("a:PaymentTerms/b:Note"),
        profile=at.text("b:CustomizationID"),
        note=at.texts("b:Note"),
        period=_period(at.first("a:InvoicePeriod")),
        preceding=tuple(
            Preceding(number=node.text("b:ID"), issued=day(node.text("b:IssueDate"), node.place))
            for node in at.all("a:BillingReference/a:InvoiceDocumentReference")
        ),
        seller=_party(at.first("a:AccountingSupplierParty/a:Party")),
        buyer=_party(at.first("a:AccountingCustomerParty/a:Party")),
        payee=at.text("a:PayeeParty/a:PartyName/b:Name"),
        iban=accounts[0] if accounts else "",
        other_ibans=tuple(accounts[1:]),
        account_name=at.text("a:PaymentMeans/a:PayeeFinancialAccount/b:Name"),
        lines=tuple(
            _line(node, "b:CreditedQuantity" if is_credit else "b:InvoicedQuantity")
            for node in at.all("a:CreditNoteLine" if is_credit else "a:InvoiceLine")
        ),
        adjustments=tuple(_adjustment(node) for node in at.all("a:AllowanceCharge")),
        vat=tuple(_vat(node) for node in at.all("a:TaxTotal/a:TaxSubtotal")),
        totals=_totals(at),
    )


def _party(node: Node | None) -> Party:
    if node is None:
        return Party()
    vat_id = next(
        (tax.text("b:CompanyID") for tax in node.all("a:PartyTaxScheme") if tax.text("a:TaxScheme/b:ID") == "VAT"), ""
    )
    return Party(
        name=node.text("a:PartyLegalEntity/b:RegistrationName", "a:PartyName/b:Name"),
        vat_id=vat_id,
        registration=node.text("a:PartyLegalEntity/b:CompanyID"),
        street=node.text("a:PostalAddress/b:StreetName"),
        city=node.text("a:PostalAddress/b:CityName"),
        post_code=node.text("a:PostalAddress/b:PostalZone"),
        country=node.text("a:PostalAddress/a:Country/b:IdentificationCode"),
    )


def _period(node: Node | None) -> Period | None:
    if node is None:
        return None
    starts, ends = (day(node.text(path), f"{node.place}/{path}") for path in ("b:StartDate", "b:EndDate"))
    return Period(starts=starts, ends=ends) if starts or ends else None


def _adjustment(node: Node) -> Adjustment:
    return Adjustment(
        charge=node.text("b:ChargeIndicator") == "true",
        amount=node.needed("b:Amount"),
        reason=node.text("b:AllowanceChargeReason", "b:AllowanceChargeReasonCode"),
        category=node.text("a:TaxCategory/b:ID"),
        rate=node.number("a:TaxCategory/b:Percent"),
    )


def _line(node: Node, quantity: str) -> InvoiceLine:
    counted, per = node.first(quantity), node.number("a:Price/b:BaseQuantity")
    return InvoiceLine(
        id=node.text("b:ID"),
        quantity=node.needed(quantity),
        unit=counted.attribute("unitCode") if counted else "",
        amount=node.needed("b:LineExtensionAmount"),
        price=node.needed("a:Price/b:PriceAmount"),
        per=Decimal(1) if per is None else per,
        item=node.text("a:Item/b:Name"),
        item_id=node.text("a:Item/a:SellersItemIdentification/b:ID"),
        category=node.text("a:Item/a:ClassifiedTaxCategory/b:ID"),
        rate=node.number("a:Item/a:ClassifiedTaxCategory/b:Percent"),
        period=_period(node.first("a:InvoicePeriod")),
        adjustments=tuple(_adjustment(one) for one in node.all("a:AllowanceCharge")),
    )


def _vat(node: Node) -> VatPart:
    return VatPart(
        taxable=node.needed("b:TaxableAmount"),
        tax=node.needed("b:TaxAmount"),
        category=node.text("a:TaxCategory/b:ID"),
        rate=node.number("a:TaxCategory/b:Percent"),
        reason=node.text("a:TaxCategory/b:TaxExemptionReason"),
        reason_code=node.text("a:TaxCategory/b:TaxExemptionReasonCode"),
    )


def _totals(at: Node) -> Totals:
    sums = at.section("a:LegalMonetaryTotal")
    return Totals(
        lines=sums.needed("b:LineExtensionAmount"),
        allowances=sums.number("b:AllowanceTotalAmount") or ZERO,
        charges=sums.number("b:ChargeTotalAmount") or ZERO,
        net=sums.needed("b:TaxExclusiveAmount"),
        tax=in_currency(at.all("a:TaxTotal/b:TaxAmount"), at.text("b:DocumentCurrencyCode")),
        gross=sums.needed("b:TaxInclusiveAmount"),
        paid=sums.number("b:PrepaidAmount") or ZERO,
        rounding=sums.number("b:PayableRoundingAmount") or ZERO,
        due=sums.needed("b:PayableAmount"),
    )

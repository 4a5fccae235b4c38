"""UN/CEFACT Cross Industry Invoice, alone or out of a Factur-X or ZUGFeRD PDF."""

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

_URN = "urn:un:unece:uncefact:data:standard"
INVOICE = f"{{{_URN}:CrossIndustryInvoice:100}}CrossIndustryInvoice"
NAMES = {
    "s": f"{_URN}:CrossIndustryInvoice:100",
    "r": f"{_URN}:ReusableAggregateBusinessInformationEntity:100",
    "u": f"{_URN}:UnqualifiedDataType:100",
    "q": f"{_URN}:QualifiedDataType:100",
}
ZERO = Decimal(0)


def read(root: Any) -> Invoice:
    """The invoice of a `CrossIndustryInvoice` element."""
    at = Node(root, NAMES, "/CrossIndustryInvoice")
    agreement = at.section("s:SupplyChainTradeTransaction/r:ApplicableHeaderTradeAgreement")
    settlement = at.section("s:SupplyChainTradeTransaction/r:ApplicableHeaderTradeSettlement")
    issued = "s:ExchangedDocument/r:IssueDateTime/u:DateTimeString"
    due = "r:SpecifiedTradePaymentTerms/r:DueDateDateTime/u:DateTimeString"
    means = "r:SpecifiedTradeSettlementPaymentMeans/r:PayeePartyCreditorFinancialAccount"
    accounts = [text for node in settlement.all(means) if (text := node.text("r:IBANID", "r:ProprietaryID"))]
    return Invoice(
        number=needed_text(at.text("s:ExchangedDocument/r:ID"), "/CrossIndustryInvoice/s:ExchangedDocument/r:ID"),
        issued=needed_day(at.text(issued), f"{at.place}/{issued}"),
        type_code=at.text("s:ExchangedDocument/r:TypeCode"),
        currency=needed_text(settlement.text("r:InvoiceCurrencyCode"), f"{settlement.place}/r:InvoiceCurrencyCode"),
        due=day(settlement.text(due), f"{settlement.place}/{due}"),
        buyer_reference=agreement.text("r:BuyerReference"),
        contract=agreement.text("r:ContractReferencedDocument/r:IssuerAssignedID"),
        order=agreement.text("r:BuyerOrderReferencedDocument/r:IssuerAssignedID"),
        terms=settlement.texts("r:SpecifiedTradePaymentTerms/r:Description"),
        profile=at.text("s:ExchangedDocumentContext/r:GuidelineSpecifiedDocumentContextParameter/r:ID"),
        note=at.texts("s:ExchangedDocument/r:IncludedNote/r:Content"),
        period=_period(settlement.first("r:BillingSpecifiedPeriod")),
        preceding=tuple(
            Preceding(
                number=node.text("r:IssuerAssignedID"),
                issued=day(node.text("r:FormattedIssueDateTime/q:DateTimeString"), node.place),
            )
            for node in settlement.all("r:InvoiceReferencedDocument")
        ),
        seller=_party(agreement.first("r:SellerTradeParty")),
        buyer=_party(agreement.first("r:BuyerTradeParty")),
        payee=settlement.text("r:PayeeTradeParty/r:Name"),
        iban=accounts[0] if accounts else "",
        other_ibans=tuple(accounts[1:]),
        account_name=settlement.text(f"{means}/r:AccountName"),
        lines=tuple(_line(node) for node in at.all("s:SupplyChainTradeTransaction/r:IncludedSupplyChainTradeLineItem")),
        adjustments=tuple(_adjustment(node) for node in settlement.all("r:SpecifiedTradeAllowanceCharge")),
        vat=tuple(_vat(node) for node in settlement.all("r:ApplicableTradeTax")),
        totals=_totals(settlement),
    )


def _party(node: Node | None) -> Party:
    if node is None:
        return Party()
    ids = [one for one in node.all("r:SpecifiedTaxRegistration/r:ID") if one.attribute("schemeID") == "VA"]
    return Party(
        name=node.text("r:Name"),
        vat_id=ids[0].value if ids else "",
        registration=node.text("r:SpecifiedLegalOrganization/r:ID"),
        street=node.text("r:PostalTradeAddress/r:LineOne"),
        city=node.text("r:PostalTradeAddress/r:CityName"),
        post_code=node.text("r:PostalTradeAddress/r:PostcodeCode"),
        country=node.text("r:PostalTradeAddress/r:CountryID"),
    )


def _period(node: Node | None) -> Period | None:
    if node is None:
        return None
    starts, ends = (
        day(node.text(f"r:{name}/u:DateTimeString"), f"{node.place}/r:{name}")
        for name in ("StartDateTime", "EndDateTime")
    )
    return Period(starts=starts, ends=ends) if starts or ends else None


def _adjustment(node: Node) -> Adjustment:
    return Adjustment(
        charge=node.text("r:ChargeIndicator/u:Indicator") == "true",
        amount=node.needed("r:ActualAmount"),
        reason=node.text("r:Reason", "r:ReasonCode"),
        category=node.text("r:CategoryTradeTax/r:CategoryCode"),
        rate=node.number("r:CategoryTradeTax/r:RateApplicablePercent"),
    )


def _line(node: Node) -> InvoiceLine:
    counted = node.first("r:SpecifiedLineTradeDelivery/r:BilledQuantity")
    price = "r:SpecifiedLineTradeAgreement/r:NetPriceProductTradePrice"
    settled = "r:SpecifiedLineTradeSettlement"
    per = node.number(f"{price}/r:BasisQuantity")
    return InvoiceLine(
        id=node.text("r:AssociatedDocumentLineDocument/r:LineID"),
        quantity=node.needed("r:SpecifiedLineTradeDelivery/r:BilledQuantity"),
        unit=counted.attribute("unitCode") if counted else "",
        amount=node.needed(f"{settled}/r:SpecifiedTradeSettlementLineMonetarySummation/r:LineTotalAmount"),
        price=node.needed(f"{price}/r:ChargeAmount"),
        per=Decimal(1) if per is None else per,
        item=node.text("r:SpecifiedTradeProduct/r:Name"),
        item_id=node.text("r:SpecifiedTradeProduct/r:SellerAssignedID"),
        category=node.text(f"{settled}/r:ApplicableTradeTax/r:CategoryCode"),
        rate=node.number(f"{settled}/r:ApplicableTradeTax/r:RateApplicablePercent"),
        period=_period(node.first(f"{settled}/r:BillingSpecifiedPeriod")),
        adjustments=tuple(_adjustment(one) for one in node.all(f"{settled}/r:SpecifiedTradeAllowanceCharge")),
    )


def _vat(node: Node) -> VatPart:
    return VatPart(
        taxable=node.needed("r:BasisAmount"),
        tax=node.needed("r:CalculatedAmount"),
        category=node.text("r:CategoryCode"),
        rate=node.number("r:RateApplicablePercent"),
        reason=node.text("r:ExemptionReason"),
        reason_code=node.text("r:ExemptionReasonCode"),
    )


def _totals(settlement: Node) -> Totals:
    sums = settlement.section("r:SpecifiedTradeSettlementHeaderMonetarySummation")
    net, lines = sums.needed("r:TaxBasisTotalAmount"), sums.number("r:LineTotalAmount")
    return Totals(
        lines=net if lines is None else lines,  # the smallest profiles have no lines
        allowances=sums.number("r:AllowanceTotalAmount") or ZERO,
        charges=sums.number("r:ChargeTotalAmount") or ZERO,
        net=net,
        tax=in_currency(sums.all("r:TaxTotalAmount"), settlement.text("r:InvoiceCurrencyCode")),
        gross=sums.needed("r:GrandTotalAmount"),
        paid=sums.number("r:TotalPrepaidAmount") or ZERO,
        rounding=sums.number("r:RoundingAmount") or ZERO,
        due=sums.needed("r:DuePayableAmount"),
    )

"""Writes an `Invoice` as UBL, as CII and into a PDF: what partners' systems do, apart from what reads it."""

from __future__ import annotations

import io
from collections.abc import Callable
from xml.sax.saxutils import escape, quoteattr

from pypdf import PdfWriter

from services.reconciliation.invoices.invoice import Adjustment, Invoice, InvoiceLine, Party, Period, VatPart

Writer = Callable[[Invoice], bytes]


def tag(name: str, content: object, **attributes: str) -> str:
    """An element; nothing for an empty content."""
    if content is None or content == "":
        return ""
    told = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    text = str(content)
    return f"<{name}{told}>{text if text.startswith('<') else escape(text)}</{name}>"


def ubl(invoice: Invoice) -> bytes:
    """As UBL 2.1, in the order of its schema."""
    credit = invoice.credit_note
    root, line, quantity = (
        ("CreditNote", "CreditNoteLine", "CreditedQuantity")
        if credit
        else ("Invoice", "InvoiceLine", "InvoicedQuantity")
    )
    totals, money = invoice.totals, {"currencyID": invoice.currency}
    body = [
        tag("b:CustomizationID", invoice.profile),
        tag("b:ID", invoice.number),
        tag("b:IssueDate", invoice.issued),
        "" if credit else tag("b:DueDate", invoice.due),
        tag(f"b:{root}TypeCode", invoice.type_code),
        tag("b:Note", invoice.note),
        tag("b:DocumentCurrencyCode", invoice.currency),
        tag("b:BuyerReference", invoice.buyer_reference),
        _ubl_period(invoice.period),
        tag("a:OrderReference", tag("b:ID", invoice.order)),
        *(
            tag(
                "a:BillingReference",
                tag("a:InvoiceDocumentReference", tag("b:ID", one.number) + tag("b:IssueDate", one.issued)),
            )
            for one in invoice.preceding
        ),
        tag("a:ContractDocumentReference", tag("b:ID", invoice.contract)),
        tag("a:AccountingSupplierParty", _ubl_party(invoice.seller)),
        tag("a:AccountingCustomerParty", _ubl_party(invoice.buyer)),
        tag("a:PayeeParty", tag("a:PartyName", tag("b:Name", invoice.payee))),
        *(
            tag(
                "a:PaymentMeans",
                tag("b:PaymentMeansCode", "30")
                + (tag("b:PaymentDueDate", invoice.due) if credit else "")
                + tag("a:PayeeFinancialAccount", tag("b:ID", iban) + tag("b:Name", invoice.account_name)),
            )
            for iban in (invoice.iban, *invoice.other_ibans)
            if iban
        ),
        tag("a:PaymentTerms", tag("b:Note", invoice.terms)),
        *(_ubl_adjustment(one, invoice.currency) for one in invoice.adjustments),
        tag(
            "a:TaxTotal",
            tag("b:TaxAmount", totals.tax, **money) + "".join(_ubl_vat(part, invoice.currency) for part in invoice.vat),
        ),
        tag(
            "a:LegalMonetaryTotal",
            tag("b:LineExtensionAmount", totals.lines, **money)
            + tag("b:TaxExclusiveAmount", totals.net, **money)
            + tag("b:TaxInclusiveAmount", totals.gross, **money)
            + tag("b:AllowanceTotalAmount", totals.allowances, **money)
            + tag("b:ChargeTotalAmount", totals.charges, **money)
            + tag("b:PrepaidAmount", totals.paid, **money)
            + tag("b:PayableRoundingAmount", totals.rounding, **money)
            + tag("b:PayableAmount", totals.due, **money),
        ),
        *(_ubl_line(one, line, quantity, invoice.currency) for one in invoice.lines),
    ]
    schema = "urn:oasis:names:specification:ubl:schema:xsd"
    head = (
        f'<{root} xmlns="{schema}:{root}-2" xmlns:a="{schema}:CommonAggregateComponents-2" '
        f'xmlns:b="{schema}:CommonBasicComponents-2">'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}{"".join(body)}</{root}>'.encode()


def _ubl_period(period: Period | None) -> str:
    if period is None:
        return ""
    return tag("a:InvoicePeriod", tag("b:StartDate", period.starts) + tag("b:EndDate", period.ends))


def _ubl_party(party: Party) -> str:
    scheme = tag("a:TaxScheme", tag("b:ID", "VAT"))
    return tag(
        "a:Party",
        tag(
            "a:PostalAddress",
            tag("b:StreetName", party.street)
            + tag("b:CityName", party.city)
            + tag("b:PostalZone", party.post_code)
            + tag("a:Country", tag("b:IdentificationCode", party.country)),
        )
        + (tag("a:PartyTaxScheme", tag("b:CompanyID", party.vat_id) + scheme) if party.vat_id else "")
        + tag("a:PartyLegalEntity", tag("b:RegistrationName", party.name) + tag("b:CompanyID", party.registration)),
    )


def _ubl_category(category: str, rate: object, name: str, reason: str = "", code: str = "") -> str:
    if not category:
        return ""
    return tag(
        name,
        tag("b:ID", category)
        + tag("b:Percent", rate)
        + tag("b:TaxExemptionReasonCode", code)
        + tag("b:TaxExemptionReason", reason)
        + tag("a:TaxScheme", tag("b:ID", "VAT")),
    )


def _ubl_adjustment(one: Adjustment, currency: str) -> str:
    return tag(
        "a:AllowanceCharge",
        tag("b:ChargeIndicator", "true" if one.charge else "false")
        + tag("b:AllowanceChargeReason", one.reason)
        + tag("b:Amount", one.amount, currencyID=currency)
        + _ubl_category(one.category, one.rate, "a:TaxCategory"),
    )


def _ubl_vat(part: VatPart, currency: str) -> str:
    return tag(
        "a:TaxSubtotal",
        tag("b:TaxableAmount", part.taxable, currencyID=currency)
        + tag("b:TaxAmount", part.tax, currencyID=currency)
        + _ubl_category(part.category, part.rate, "a:TaxCategory", part.reason, part.reason_code),
    )


def _ubl_line(line: InvoiceLine, name: str, quantity: str, currency: str) -> str:
    return tag(
        f"a:{name}",
        tag("b:ID", line.id)
        + tag(f"b:{quantity}", line.quantity, unitCode=line.unit)
        + tag("b:LineExtensionAmount", line.amount, currencyID=currency)
        + _ubl_period(line.period)
        + "".join(_ubl_adjustment(one, currency) for one in line.adjustments)
        + tag(
            "a:Item",
            tag("b:Name", line.item)
            + tag("a:SellersItemIdentification", tag("b:ID", line.item_id))
            + _ubl_category(line.category, line.rate, "a:ClassifiedTaxCategory"),
        )
        + tag(
            "a:Price",
            tag("b:PriceAmount", line.price, currencyID=currency)
            + (tag("b:BaseQuantity", line.per, unitCode=line.unit) if line.per != 1 else ""),
        ),
    )


def cii(invoice: Invoice) -> bytes:
    """As CII, in the order of its schema."""
    totals = invoice.totals
    settlement = [
        tag("r:InvoiceCurrencyCode", invoice.currency),
        tag("r:PayeeTradeParty", tag("r:Name", invoice.payee)),
        *(
            tag(
                "r:SpecifiedTradeSettlementPaymentMeans",
                tag("r:TypeCode", "30")
                + tag(
                    "r:PayeePartyCreditorFinancialAccount",
                    tag("r:IBANID", iban) + tag("r:AccountName", invoice.account_name),
                ),
            )
            for iban in (invoice.iban, *invoice.other_ibans)
            if iban
        ),
        *(
            tag(
                "r:ApplicableTradeTax",
                tag("r:CalculatedAmount", part.tax)
                + tag("r:TypeCode", "VAT")
                + tag("r:ExemptionReason", part.reason)
                + tag("r:BasisAmount", part.taxable)
                + tag("r:CategoryCode", part.category)
                + tag("r:ExemptionReasonCode", part.reason_code)
                + tag("r:RateApplicablePercent", part.rate),
            )
            for part in invoice.vat
        ),
        _cii_period(invoice.period),
        *(_cii_adjustment(one) for one in invoice.adjustments),
        tag(
            "r:SpecifiedTradePaymentTerms",
            tag("r:Description", invoice.terms) + tag("r:DueDateDateTime", _cii_day(invoice.due)),
        ),
        tag(
            "r:SpecifiedTradeSettlementHeaderMonetarySummation",
            tag("r:LineTotalAmount", totals.lines)
            + tag("r:ChargeTotalAmount", totals.charges)
            + tag("r:AllowanceTotalAmount", totals.allowances)
            + tag("r:TaxBasisTotalAmount", totals.net)
            + tag("r:TaxTotalAmount", totals.tax, currencyID=invoice.currency)
            + tag("r:RoundingAmount", totals.rounding if totals.rounding else "")
            + tag("r:GrandTotalAmount", totals.gross)
            + tag("r:TotalPrepaidAmount", totals.paid)
            + tag("r:DuePayableAmount", totals.due),
        ),
        *(
            tag(
                "r:InvoiceReferencedDocument",
                tag("r:IssuerAssignedID", one.number)
                + tag("r:FormattedIssueDateTime", _cii_day(one.issued, "q") if one.issued else ""),
            )
            for one in invoice.preceding
        ),
    ]
    agreement = [
        tag("r:BuyerReference", invoice.buyer_reference),
        tag("r:SellerTradeParty", _cii_party(invoice.seller)),
        tag("r:BuyerTradeParty", _cii_party(invoice.buyer)),
        tag("r:BuyerOrderReferencedDocument", tag("r:IssuerAssignedID", invoice.order)),
        tag("r:ContractReferencedDocument", tag("r:IssuerAssignedID", invoice.contract)),
    ]
    body = [
        tag(
            "s:ExchangedDocumentContext",
            tag("r:GuidelineSpecifiedDocumentContextParameter", tag("r:ID", invoice.profile)),
        ),
        tag(
            "s:ExchangedDocument",
            tag("r:ID", invoice.number)
            + tag("r:TypeCode", invoice.type_code)
            + tag("r:IssueDateTime", _cii_day(invoice.issued))
            + tag("r:IncludedNote", tag("r:Content", invoice.note)),
        ),
        tag(
            "s:SupplyChainTradeTransaction",
            "".join(_cii_line(line) for line in invoice.lines)
            + tag("r:ApplicableHeaderTradeAgreement", "".join(agreement))
            + tag("r:ApplicableHeaderTradeDelivery", tag("r:ShipToTradeParty", tag("r:Name", invoice.buyer.name)))
            + tag("r:ApplicableHeaderTradeSettlement", "".join(settlement)),
        ),
    ]
    data = "urn:un:unece:uncefact:data:standard"
    head = (
        f'<s:CrossIndustryInvoice xmlns:s="{data}:CrossIndustryInvoice:100" '
        f'xmlns:r="{data}:ReusableAggregateBusinessInformationEntity:100" '
        f'xmlns:u="{data}:UnqualifiedDataType:100" xmlns:q="{data}:QualifiedDataType:100">'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}{"".join(body)}</s:CrossIndustryInvoice>'.encode()


def _cii_day(day: object, prefix: str = "u") -> str:
    return tag(f"{prefix}:DateTimeString", str(day).replace("-", ""), format="102") if day else ""


def _cii_period(period: Period | None) -> str:
    if period is None:
        return ""
    return tag(
        "r:BillingSpecifiedPeriod",
        tag("r:StartDateTime", _cii_day(period.starts)) + tag("r:EndDateTime", _cii_day(period.ends)),
    )


def _cii_party(party: Party) -> str:
    return (
        tag("r:Name", party.name)
        + tag("r:SpecifiedLegalOrganization", tag("r:ID", party.registration))
        + tag(
            "r:PostalTradeAddress",
            tag("r:PostcodeCode", party.post_code)
            + tag("r:LineOne", party.street)
            + tag("r:CityName", party.city)
            + tag("r:CountryID", party.country),
        )
        + (tag("r:SpecifiedTaxRegistration", tag("r:ID", party.vat_id, schemeID="VA")) if party.vat_id else "")
    )


def _cii_adjustment(one: Adjustment) -> str:
    tax = (
        tag("r:TypeCode", "VAT") + tag("r:CategoryCode", one.category) + tag("r:RateApplicablePercent", one.rate)
        if one.category
        else ""
    )
    return tag(
        "r:SpecifiedTradeAllowanceCharge",
        tag("r:ChargeIndicator", tag("u:Indicator", "true" if one.charge else "false"))
        + tag("r:ActualAmount", one.amount)
        + tag("r:Reason", one.reason)
        + tag("r:CategoryTradeTax", tax),
    )


def _cii_line(line: InvoiceLine) -> str:
    settlement = [
        tag(
            "r:ApplicableTradeTax",
            tag("r:TypeCode", "VAT") + tag("r:CategoryCode", line.category) + tag("r:RateApplicablePercent", line.rate),
        ),
        _cii_period(line.period),
        *(_cii_adjustment(one) for one in line.adjustments),
        tag("r:SpecifiedTradeSettlementLineMonetarySummation", tag("r:LineTotalAmount", line.amount)),
    ]
    return tag(
        "r:IncludedSupplyChainTradeLineItem",
        tag("r:AssociatedDocumentLineDocument", tag("r:LineID", line.id))
        + tag("r:SpecifiedTradeProduct", tag("r:SellerAssignedID", line.item_id) + tag("r:Name", line.item))
        + tag(
            "r:SpecifiedLineTradeAgreement",
            tag(
                "r:NetPriceProductTradePrice",
                tag("r:ChargeAmount", line.price)
                + (tag("r:BasisQuantity", line.per, unitCode=line.unit) if line.per != 1 else ""),
            ),
        )
        + tag("r:SpecifiedLineTradeDelivery", tag("r:BilledQuantity", line.quantity, unitCode=line.unit))
        + tag("r:SpecifiedLineTradeSettlement", "".join(settlement)),
    )


def pdf(document: bytes, name: str = "factur-x.xml", password: str = "") -> bytes:
    """A page with the document attached."""
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(595, 842)
    writer.add_attachment(name, document)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    writer.write(out)
    return out.getvalue()

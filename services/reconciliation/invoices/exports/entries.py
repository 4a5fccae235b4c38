"""The entries of an invoice in the books: an amount an account, the tax shared out to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from services.reconciliation.invoices.amounts import minor
from services.reconciliation.invoices.checking import Protocol
from services.reconciliation.invoices.expectation import Expectation
from services.reconciliation.invoices.invoice import Invoice
from services.reconciliation.invoices.matching import match

ZERO = Decimal(0)
Tax = tuple[str, Decimal]
"""A category of the tax and its rate."""


class NotExportable(Exception):
    """An invoice that this form has no place for. `code` is stable, `detail` is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Accounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The accounts of a company's books.

    `expense`: where a component goes that is not in `components`; `payable`: the supplier's; `small`: small
    differences; `tax_codes`: by category and rate, `"AE 0"`, `"S 25"`; `cost_centre`.
    """

    expense: str
    payable: str
    small: str
    components: Mapping[str, str] = {}
    tax_codes: Mapping[str, str] = {}
    cost_centre: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the journal: `account` owes `contra`. Amounts are in minor units, negative where it goes back.

    `document`: the invoice's number; `month`: the agreed month.
    """

    on: date
    due: date
    account: str
    contra: str
    text: str
    tax_code: str
    net: int
    tax: int
    currency: str
    cost_centre: str
    supplier: str
    document: str
    month: str

    @property
    def gross(self) -> int:
        """Net and tax."""
        return self.net + self.tax


def entries(invoice: Invoice, protocol: Protocol, expectation: Expectation, accounts: Accounts) -> tuple[Entry, ...]:
    """The entries of an invoice; they add up to its net, its tax and its gross.

    What was paid too much or too little and let pass as small goes to its own account, with the tax code of the largest
    entry, from which it is taken. NotExportable: `no_tax_code`, `not_whole` for amounts with parts of a minor unit,
    `does_not_add_up`.
    """
    sign = -1 if invoice.credit_note else 1
    made: list[tuple[Tax, Entry]] = []
    for (label, category, rate), net in _nets(invoice, expectation).items():
        if not net:
            continue
        entry = Entry(
            on=invoice.issued,
            due=invoice.due or invoice.issued + timedelta(days=expectation.payment.days),
            account=accounts.components.get(label, accounts.expense),
            contra=accounts.payable,
            text=f"{label} {expectation.rating.month}",
            tax_code=_tax_code(category, rate, accounts),
            net=sign * net,
            tax=0,
            currency=invoice.currency,
            cost_centre=accounts.cost_centre,
            supplier=invoice.seller.name,
            document=invoice.number,
            month=expectation.rating.month,
        )
        made.append(((category, rate), entry))
    if not made:
        raise NotExportable("does_not_add_up", "there is nothing to book")
    made = _with_small(made, protocol.small_minor, accounts)
    made = _with_tax(made, invoice, sign)
    booked = tuple(one for _, one in made)
    totals = (sum(one.net for one in booked), sum(one.gross for one in booked))
    if totals != (sign * _whole(invoice.totals.net, invoice), sign * _whole(invoice.totals.gross, invoice)):
        raise NotExportable("does_not_add_up", f"{totals} is not what the invoice comes to")
    return booked


def _nets(invoice: Invoice, expectation: Expectation) -> dict[tuple[str, str, Decimal], int]:
    """Net amounts by component, category and rate of the tax, in minor units."""
    nets: dict[tuple[str, str, Decimal], int] = {}
    for label, component in match(invoice, expectation).components.items():
        for line in component.lines:
            key = (label, line.category, line.rate or ZERO)
            nets[key] = nets.get(key, 0) + _whole(line.amount, invoice)
        for one in component.adjustments:
            key = (label, one.category, one.rate or ZERO)
            nets[key] = nets.get(key, 0) + _whole(one.amount if one.charge else -one.amount, invoice)
    return nets


def _with_small(made: list[tuple[Tax, Entry]], small: int, accounts: Accounts) -> list[tuple[Tax, Entry]]:
    if not small:
        return made
    place = max(range(len(made)), key=lambda number: made[number][1].net)
    tax, largest = made[place]
    rest = replace(largest, net=largest.net - small)
    apart = replace(largest, account=accounts.small, net=small, text=f"small difference {largest.month}")
    return [*made[:place], (tax, rest), *made[place + 1 :], (tax, apart)]


def _with_tax(made: list[tuple[Tax, Entry]], invoice: Invoice, sign: int) -> list[tuple[Tax, Entry]]:
    """The tax of each line of the breakdown, shared among its entries in proportion to what is left of both."""
    taxed = list(made)
    for part in invoice.vat:
        key = (part.category, part.rate or ZERO)
        own = [number for number, (tax, _) in enumerate(made) if tax == key]
        left, base = sign * _whole(part.tax, invoice), sum(made[number][1].net for number in own)
        for number in own:
            entry = made[number][1]
            share = round(Decimal(left * entry.net) / base) if base else 0
            left, base = left - share, base - entry.net
            taxed[number] = (key, replace(entry, tax=share))
    return taxed


def _tax_code(category: str, rate: Decimal, accounts: Accounts) -> str:
    key = f"{category} {rate.normalize():f}"
    if key not in accounts.tax_codes:
        raise NotExportable("no_tax_code", f"the books have no code for {key} %")
    return accounts.tax_codes[key]


def _whole(value: Decimal, invoice: Invoice) -> int:
    found = minor(value, invoice.currency)
    if found is None:
        raise NotExportable("not_whole", f"{value} {invoice.currency} has parts of a minor unit")
    return found


def one_currency(made: Iterable[Entry]) -> str:
    """The currency of all entries. NotExportable: `currencies` where there are several."""
    currencies = {one.currency for one in made}
    if len(currencies) != 1:
        raise NotExportable("currencies", f"one file has one currency, not {', '.join(sorted(currencies)) or 'none'}")
    return currencies.pop()

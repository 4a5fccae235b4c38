"""Is it ours to pay: currency, parties, whether it came before, its period, its credits and its days."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta

from services.reconciliation.invoices.amounts import minor
from services.reconciliation.invoices.expectation import Earlier, Expectation
from services.reconciliation.invoices.findings import Finding, finding
from services.reconciliation.invoices.invoice import Invoice, Party, Period
from services.reconciliation.invoices.matching import plain_name
from shared.contracts.terms import shown

_ALIKE = str.maketrans({"O": "0"})
_RUNS = re.compile(r"[0-9]+|[^\W\d_]+")


def check_currency(invoice: Invoice, expectation: Expectation) -> Iterator[Finding]:
    """Hold where it is not the contract's: a rate of exchange is agreed by people, not found by us."""
    if invoice.currency != expectation.payment.currency:
        yield finding("currency", "hold", expectation.payment.currency, invoice.currency)


def plain_number(number: str) -> str:
    """A number of an invoice so that those look alike which people take for the same: without case, blanks and marks,
    O as 0, and each run of digits without zeros before it. Runs of digits stay apart: 1-11 is not 11-1."""
    runs = _RUNS.findall(unicodedata.normalize("NFKC", number).upper().translate(_ALIKE))
    plain = ""
    for run in (one.lstrip("0") or "0" if one.isdigit() else one for one in runs):
        plain += f"-{run}" if plain[-1:].isdigit() and run.isdigit() else run
    return plain


def check_duplicate(invoice: Invoice, digest: str, expectation: Expectation) -> Iterator[Finding]:
    """Block what came before, unless what came before was refused."""
    gross = minor(invoice.totals.gross, invoice.currency)
    for earlier in expectation.earlier:
        if earlier.state == "refused":
            continue
        told = (earlier.id, f"issued {earlier.issued}", f"is {earlier.state}")
        if earlier.digest == digest:
            yield finding("duplicate", "block", "another file", f"the file of {earlier.number}", *told)
        if plain_number(earlier.number) == plain_number(invoice.number):
            yield finding("duplicate", "block", "another number", f"{invoice.number} as {earlier.number}", *told)
        elif (
            (earlier.gross_minor, earlier.currency) == (gross, invoice.currency)
            and bool(earlier.credits) == invoice.credit_note
            and earlier.period is not None
            and earlier.period == _period(invoice, expectation)
        ):
            amount = shown(earlier.gross_minor, earlier.currency)
            yield finding("duplicate", "block", "another amount or period", f"{amount}, as {earlier.number}", *told)


def check_period(invoice: Invoice, expectation: Expectation, components: dict[str, int]) -> Iterator[Finding]:
    """Block what an accepted invoice covers already; hold what is of another time than the agreed month."""
    period = _period(invoice, expectation)
    agreed = Period(starts=expectation.starts, ends=expectation.ends)
    if period != agreed:
        yield finding("period", "hold", _days(agreed), _days(period))
    if invoice.credit_note:
        return
    for line in invoice.lines:
        if line.period is not None and not _within(line.period, agreed):
            yield finding("period", "hold", _days(agreed), f"line {line.id}: {_days(line.period)}")
    for earlier in expectation.earlier:
        if earlier.state != "accepted" or earlier.credits or earlier.period is None:
            continue
        both = sorted({label for label, amount in earlier.components.items() if amount > 0} & set(components))
        if both and _overlap(earlier.period, period):
            yield finding(
                "period", "block", "no day that is paid already", _days(earlier.period), earlier.number, *both
            )


def check_parties(invoice: Invoice, expectation: Expectation) -> Iterator[Finding]:
    """Hold where seller, buyer or contract are others."""
    for role, found, expected in (
        ("seller", invoice.seller, expectation.seller),
        ("buyer", invoice.buyer, expectation.buyer),
    ):
        yield from _party(role, found, expected)
    wanted = expectation.contract_reference
    if wanted and invoice.contract and plain_name(invoice.contract) != plain_name(wanted):
        yield finding("parties", "hold", f"contract {wanted}", invoice.contract)


def _party(role: str, found: Party, expected: Party) -> Iterator[Finding]:
    for name in Party.__struct_fields__:
        wanted, given = getattr(expected, name), getattr(found, name)
        # An address or a register number that the invoice leaves out is no other one; a name or a VAT id must be there.
        if wanted and (given or name in ("name", "vat_id")) and plain_name(wanted) != plain_name(given):
            words = name.replace("_", " ").replace("vat id", "VAT id")
            yield finding("parties", "hold", f"{role}, {words}: {wanted}", given or "nothing")


def check_credit_note(invoice: Invoice, expectation: Expectation) -> Iterator[Finding]:
    """Hold a credit note without its invoice, and one that takes back more than that has left."""
    if not invoice.credit_note:
        if invoice.totals.gross < 0:
            yield finding("credit_note", "hold", "a credit note", f"an invoice over {invoice.totals.gross}")
        return
    if not invoice.preceding:
        yield finding("credit_note", "hold", "the number of the invoice that it credits", "none")
        return
    known = {plain_number(one.number): one for one in expectation.earlier if not one.credits and one.state != "refused"}
    named = [known.get(plain_number(one.number)) for one in invoice.preceding]
    for preceding, earlier in zip(invoice.preceding, named, strict=True):
        if earlier is None:
            yield finding("credit_note", "hold", "an invoice that we have", preceding.number)
        elif earlier.currency != invoice.currency:
            yield finding("credit_note", "hold", f"{earlier.currency}, as {earlier.number}", invoice.currency)
        elif preceding.issued is not None and preceding.issued != earlier.issued:
            yield finding("credit_note", "hold", f"{earlier.number} of {earlier.issued}", f"of {preceding.issued}")
    credited = {one.number: one for one in named if one is not None}
    left = sum(one.gross_minor - _credits(one, expectation) for one in credited.values())
    asked = minor(invoice.totals.gross, invoice.currency)
    if credited and (asked is None or asked > left):
        yield finding(
            "credit_note", "hold", f"at most {shown(left, invoice.currency)}",
            f"{invoice.totals.gross} {invoice.currency}", *credited, minor=None if asked is None else asked - left,
        )  # fmt: skip


def _credits(invoice: Earlier, expectation: Expectation) -> int:
    """What earlier credit notes took off an invoice, minor units."""
    own = plain_number(invoice.number)
    return sum(
        one.gross_minor
        for one in expectation.earlier
        if one.credits and plain_number(one.credits) == own and one.state != "refused"
    )


def check_dates(invoice: Invoice, expectation: Expectation) -> Iterator[Finding]:
    """Warn: days that are odd change nothing of what is owed."""
    if invoice.issued <= expectation.ends:
        yield finding("dates", "warn", f"issued after {expectation.ends}", str(invoice.issued))
    due = invoice.issued + timedelta(days=expectation.payment.days)
    if invoice.due is not None and invoice.due < due:
        yield finding("dates", "warn", f"due {due}, after {expectation.payment.days} days", str(invoice.due))


def _period(invoice: Invoice, expectation: Expectation) -> Period:
    """The period that the invoice states, on itself or by its lines; the agreed month where it states none."""
    stated = [one for one in (invoice.period, *(line.period for line in invoice.lines)) if one is not None]
    starts = [one.starts for one in stated[:1] if one.starts] or [one.starts for one in stated if one.starts]
    ends = [one.ends for one in stated[:1] if one.ends] or [one.ends for one in stated if one.ends]
    return Period(starts=min(starts, default=expectation.starts), ends=max(ends, default=expectation.ends))


def _bounds(period: Period) -> tuple[date, date]:
    return period.starts or date.min, period.ends or date.max


def _overlap(one: Period, other: Period) -> bool:
    (starts, ends), (begins, stops) = _bounds(one), _bounds(other)
    return starts <= stops and begins <= ends


def _within(inner: Period, outer: Period) -> bool:
    (starts, ends), (begins, stops) = _bounds(inner), _bounds(outer)
    return (inner.starts is None or begins <= starts) and (inner.ends is None or ends <= stops)


def _days(period: Period) -> str:
    return f"{period.starts or '...'} to {period.ends or '...'}"

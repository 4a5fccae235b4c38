"""The validator in its own processes: what is bad is found, and a process that hangs or dies is no pass."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
import zlib
from collections.abc import AsyncIterator, Callable
from decimal import Decimal

import pytest
import pytest_asyncio
from msgspec.structs import replace
from pypdf import PdfReader, PdfWriter

from services.reconciliation.invoices.checking import check
from services.reconciliation.invoices.invoice import Invoice, Unreadable
from services.reconciliation.invoices.validation import Validation
from services.reconciliation.validator import Validator
from services.reconciliation.validator.worker import Worker
from tests.unit.reconciliation.invoices.documents import Writer, cii, pdf, ubl
from tests.unit.reconciliation.invoices.months import expectation, good, received, taxed

pytestmark = pytest.mark.asyncio(loop_scope="module")
DOMESTIC = taxed(good(), "S", "25")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def validator() -> AsyncIterator[Validator]:
    async with Validator() as made:
        yield made


def rules(validation: Validation) -> set[str]:
    return {one.rule for one in validation.violations if one.fatal}


@pytest.mark.parametrize("write", [ubl, cii])
async def test_a_good_invoice_keeps_the_rules_and_they_were_seen_to_run(validator: Validator, write: Writer) -> None:
    for invoice in (good(), DOMESTIC):
        validation = await validator.validate(write(invoice))
        assert validation.violations == ()
        assert validation.fired > 50
        assert validation.failure == ""


async def test_the_credit_notes_of_ubl_have_a_schema_of_their_own(validator: Validator) -> None:
    validation = await validator.validate(ubl(replace(good(), type_code="381")))
    assert validation.schema.endswith("UBL-CreditNote-2.1.xsd")
    assert (validation.violations, validation.failure) == ((), "")


def wrong_total(invoice: Invoice) -> Invoice:
    return replace(invoice, totals=replace(invoice.totals, gross=invoice.totals.gross + 1))


def wrong_line(invoice: Invoice) -> Invoice:
    first = replace(invoice.lines[0], amount=invoice.lines[0].amount + 7)
    return replace(invoice, lines=(first, *invoice.lines[1:]))


def wrong_tax(invoice: Invoice) -> Invoice:
    part = replace(invoice.vat[0], tax=invoice.vat[0].tax + 5)
    totals = replace(invoice.totals, tax=part.tax, gross=invoice.totals.gross + 5, due=invoice.totals.due + 5)
    return replace(invoice, vat=(part,), totals=totals)


def no_number(invoice: Invoice) -> Invoice:
    return replace(invoice, seller=replace(invoice.seller, vat_id="", registration=""))


@pytest.mark.parametrize("write", [ubl, cii])
@pytest.mark.parametrize(
    ("spoil", "broken"),
    [
        (wrong_total, {"BR-CO-15"}),
        (wrong_line, {"BR-CO-10", "BR-S-08"}),
        (wrong_tax, {"BR-CO-17"}),
        (no_number, {"BR-S-02", "BR-CO-26"}),
    ],
)
async def test_a_bad_invoice_is_told_by_the_rule_that_it_breaks(
    validator: Validator, write: Writer, spoil: Callable[[Invoice], Invoice], broken: set[str]
) -> None:
    assert broken <= rules(await validator.validate(write(spoil(DOMESTIC))))


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        (ubl(good()).replace(b"<b:IssueDate>2026-04-06</b:IssueDate>", b""), "XSD"),
        (cii(good()).replace(b"<r:TypeCode>380</r:TypeCode>", b""), "XSD"),
        (b"this is no XML", "not_xml"),
        (b"<Invoice><open></Invoice>", "not_xml"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + ubl(good())[38:], "doctype"),
        (b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><a>&b;</a>', "doctype"),
    ],
)
async def test_what_breaks_the_schema_is_told(validator: Validator, document: bytes, rule: str) -> None:
    validation = await validator.validate(document)
    assert rules(validation) == {rule}
    assert validation.fired == 0


@pytest.mark.parametrize("document", [b"<html/>", ubl(replace(good(), profile="urn:example:mine"))])
async def test_without_rules_there_is_no_pass(validator: Validator, document: bytes) -> None:
    assert (await validator.validate(document)).failure == "no_rules"


@pytest.mark.parametrize("level", ["minimum", "basicwl", "basic", "en16931", "extended"])
async def test_each_profile_of_factur_x_has_rules_that_run(validator: Validator, level: str) -> None:
    prefix = {"en16931": "", "minimum": "urn:factur-x.eu:1p0:", "basicwl": "urn:factur-x.eu:1p0:"}
    word = "conformant" if level == "extended" else "compliant"
    default = f"urn:cen.eu:en16931:2017#{word}#urn:factur-x.eu:1p0:"
    profile = "urn:cen.eu:en16931:2017" if level == "en16931" else prefix.get(level, default) + level
    validation = await validator.validate(cii(wrong_total(replace(DOMESTIC, profile=profile))))
    assert validation.failure == ""
    if level in ("minimum", "basicwl"):
        assert rules(validation) == {"XSD"}  # they know no lines
    else:
        assert any("CO-15" in rule for rule in rules(validation))


async def test_rules_that_do_not_run_are_no_pass() -> None:
    hollow = (
        "from services.reconciliation.validator import rules, child\n"
        "class Hollow:\n"
        "    def transform_to_string(self, xdm_node):\n"
        "        return '<s:schematron-output xmlns:s=\"http://purl.oclc.org/dsdl/svrl\"/>'\n"
        "rules.Rules._stylesheet = lambda self, name: Hollow()\n"
        "child.main('validate')\n"
    )
    async with Validator(rules=Worker("validate", 60, (sys.executable, "-c", hollow))) as validator:
        validation = await validator.validate(ubl(good()))
    assert (validation.failure, validation.violations) == ("nothing_fired", ())
    protocol = check(received(good()), validation, expectation())
    assert protocol.verdict == "hold"


HANG = "import time; time.sleep(600)"


async def test_a_process_that_hangs_is_ended_and_is_no_pass() -> None:
    worker = Worker("validate", 0.3, (sys.executable, "-c", HANG))
    async with Validator(rules=worker) as validator:
        assert (await validator.validate(ubl(good()))).failure == "timeout"
        assert worker.pid is None


@pytest.mark.parametrize("end", ["import os; os._exit(99)", "import sys; sys.stdout.write('no frame at all')"])
async def test_a_process_that_dies_is_no_pass(end: str) -> None:
    async with Validator(rules=Worker("validate", 60, (sys.executable, "-c", end))) as validator:
        assert (await validator.validate(ubl(good()))).failure == "died"


async def test_after_a_kill_the_next_invoice_has_a_new_process() -> None:
    worker = Worker("validate", 60)
    async with Validator(rules=worker) as validator:
        assert (await validator.validate(ubl(good()))).failure == ""
        first = worker.pid
        assert first is not None
        asking = asyncio.create_task(validator.validate(ubl(good())))
        os.kill(first, signal.SIGKILL)
        assert (await asking).failure in ("", "died")
        assert (await validator.validate(ubl(good()))).failure == ""
        second = worker.pid
        assert second not in (None, first)
        assert second is not None
        os.kill(second, signal.SIGKILL)
        assert worker._process is not None
        await worker._process.wait()
        assert (await validator.validate(ubl(good()))).failure == "", "a process that died between two is replaced"


async def test_what_a_library_prints_stands_between_no_answers() -> None:
    noisy = (
        "import os\n"
        "from services.reconciliation.validator import rules, child\n"
        "quiet = rules.Rules.validate\n"
        "rules.Rules.validate = lambda self, document: (os.write(1, b'noise'), quiet(self, document))[1]\n"
        "child.main('validate')\n"
    )
    async with Validator(rules=Worker("validate", 60, (sys.executable, "-c", noisy))) as validator:
        for _ in range(2):
            assert (await validator.validate(ubl(good()))).failure == ""


async def test_who_stops_asking_leaves_no_answer_for_the_next() -> None:
    async with Validator() as validator:
        asking = asyncio.create_task(validator.validate(ubl(wrong_total(good()))))
        await asyncio.sleep(0.05)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert (await validator.validate(ubl(good()))).violations == ()


async def test_many_at_once_are_each_answered_with_their_own(validator: Validator) -> None:
    invoices = [good() if number % 2 else wrong_total(good()) for number in range(20)]
    answers = await asyncio.gather(*(validator.validate(ubl(invoice)) for invoice in invoices))
    assert [rules(answer) == set() for answer in answers] == [bool(number % 2) for number in range(20)]


@pytest.mark.parametrize("name", ["factur-x.xml", "xrechnung.xml", "ZUGFeRD-invoice.xml"])
async def test_the_invoice_comes_out_of_its_pdf(validator: Validator, name: str) -> None:
    assert await validator.embedded_xml(pdf(cii(good()), name)) == cii(good())


def packed_zeros(megabytes: int) -> bytes:
    """As zlib packs them, but only the first is packed: behind a full flush the next begins like the first."""
    packed = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    one = packed.compress(b"\0" * (1 << 20)) + packed.flush(zlib.Z_FULL_FLUSH)
    checksum = ((megabytes << 20) % 65_521 << 16) + 1
    return b"\x78\xda" + one * megabytes + b"\x03\0" + checksum.to_bytes(4, "big")


def bomb() -> bytes:
    """A PDF whose attachment is a gigabyte and more when it is unpacked."""
    plain = pdf(b"x" * 1000)
    zeros = packed_zeros(1200)
    start = plain.index(b"stream\n", plain.index(b"/EmbeddedFile")) + len(b"stream\n")
    ends = plain.index(b"\nendstream", start)
    head = plain[:start].rpartition(b"/Length")[0]
    rest = plain[:start].rpartition(b"/Length")[2].partition(b"\n")[2]
    return head + b"/Filter /FlateDecode\n/Length %d\n" % len(zeros) + rest + zeros + plain[ends:]


@pytest.mark.parametrize(
    ("document", "codes"),
    [
        (pdf(b"", "notes.txt"), {"no_invoice"}),
        (b"%PDF-1.7 and nothing else", {"not_pdf"}),
        (pdf(cii(good()), password="secret"), {"encrypted"}),
        (pdf(cii(good()))[:700], {"not_pdf", "no_invoice"}),
        (bomb(), {"not_pdf", "too_large", "unreadable_pdf"}),
    ],
    ids=["none", "no pdf", "encrypted", "cut", "bomb"],
)
async def test_a_pdf_without_a_readable_invoice_is_refused(
    validator: Validator, document: bytes, codes: set[str]
) -> None:
    with pytest.raises(Unreadable) as refused:
        await validator.embedded_xml(document)
    assert refused.value.code in codes
    assert await validator.embedded_xml(pdf(cii(good()))) == cii(good())


async def test_two_invoices_in_one_pdf_must_be_the_same(validator: Validator) -> None:
    other = cii(replace(good(), totals=replace(good().totals, due=Decimal(1))))
    writer, out = PdfWriter(), io.BytesIO()
    writer.append(PdfReader(io.BytesIO(pdf(cii(good())))))
    writer.add_attachment("factur-x.xml", cii(good()))
    writer.add_attachment("xrechnung.xml", other)
    writer.write(out)
    with pytest.raises(Unreadable, match="several_invoices"):
        await validator.embedded_xml(out.getvalue())

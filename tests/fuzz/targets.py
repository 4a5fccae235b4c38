"""What reads bytes of others: each reader, what it may refuse with, and good examples to begin from."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from services.calls.connectors.base import Delivery, Unreadable
from services.calls.domain.script_text import from_yaml
from services.calls.doors.ingest import TooLarge, unpacked
from services.calls.leads.sheets import rows_of
from services.partners.domain.attachments import media_of
from services.reconciliation.invoices.invoice import Unreadable as NoInvoice
from services.reconciliation.invoices.reading import read_xml
from services.reconciliation.matching.files import Limits, kind_of
from services.reconciliation.matching.workbook import workbook_grid
from shared.contracts.terms.reading import read_terms
from shared.contracts.terms.rules import InvalidTerms
from shared.kernel import Rejected
from tests.unit.calls.connectors.replay import GIVEN, Arrival, Desk, FixtureSet, load
from tests.unit.reconciliation.invoices.documents import cii, ubl
from tests.unit.reconciliation.invoices.months import good

FIXTURES = Path(__file__).parents[1] / "fixtures"
MOST_UNPACKED = 1 << 20
LIMITS = Limits()


class Target(NamedTuple):
    """`reads` may refuse with these exceptions, and with no other."""

    reads: Callable[[bytes], object]
    refuses: tuple[type[Exception], ...]
    examples: Callable[[], Iterator[bytes]]


def _connectors() -> Callable[[bytes], object]:
    """All of them: the first byte says whose delivery it is."""
    sets: list[FixtureSet] = [load(path) for path in GIVEN]

    def read(data: bytes) -> None:
        fixtures = sets[data[0] % len(sets)] if data else sets[0]
        desk = Desk(fixtures.connector, fixtures.settings)
        delivery = replace(fixtures.deliveries[0][1], body=data[1:])
        split = fixtures.connector.split(delivery, fixtures.settings)
        for item in split.slices:
            desk.take(Arrival(1, item, delivery.received_at))
        for correlation in desk.documents:
            desk.observations(correlation)

    return read


def _deliveries() -> Iterator[bytes]:
    for n, path in enumerate(GIVEN):
        for _, delivery in load(path).deliveries[:20]:
            yield bytes([n]) + delivery.body


def _inflate(data: bytes) -> Delivery:
    encoding = "deflate" if data[:1] == b"d" else "gzip"
    delivery = Delivery("POST", "/", {"content-encoding": encoding}, data[1:], datetime(2026, 3, 2, tzinfo=UTC))
    made = unpacked(delivery, MOST_UNPACKED)
    if len(made.body) > MOST_UNPACKED:
        raise AssertionError("more than the limit was unpacked")
    return made


def _sheet(data: bytes) -> list[object]:
    return list(rows_of(data))


def _report(data: bytes) -> object:
    return workbook_grid(data, LIMITS) if kind_of(data, LIMITS) == "workbook" else None


def _terms(data: bytes) -> object:
    form = {b"y": "yaml", b"c": "csv"}.get(data[:1], "json")
    return read_terms(data[1:], form)  # type: ignore[arg-type]


def _files(pattern: str, before: bytes = b"") -> Callable[[], Iterator[bytes]]:
    def found() -> Iterator[bytes]:
        for path in sorted(FIXTURES.glob(pattern)):
            yield before + path.read_bytes()

    return found


def _packed() -> Iterator[bytes]:
    for text in (b"", b"{}", b"a" * 1000, bytes(range(256))):
        yield b"g" + gzip.compress(text)
        yield b"d" + zlib.compress(text)


def _packages() -> Iterator[bytes]:
    yield from _files("reports/*/*.xlsx")()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.text")
    yield out.getvalue()


def _invoices() -> Iterator[bytes]:
    for write in (ubl, cii):
        yield write(good())


TARGETS: dict[str, Target] = {
    "connectors": Target(_connectors(), (Unreadable,), _deliveries),
    "inflate": Target(_inflate, (Unreadable, TooLarge), _packed),
    "csv": Target(_sheet, (Rejected,), _files("reports/*/*.csv")),
    "sheets": Target(_sheet, (Rejected,), _files("reports/*/*.xlsx")),
    "attachments": Target(media_of, (), _packages),
    "xlsx": Target(_report, (Rejected,), _files("reports/*/*.xlsx")),
    "ubl": Target(read_xml, (NoInvoice,), _invoices),
    "terms": Target(_terms, (InvalidTerms,), _files("terms/**/*.yaml", b"y")),
    "scripts": Target(from_yaml, (Rejected,), lambda: iter([b"format: 1\nsteps: []\n"])),
}

"""A request for an adjusted report: the letter, the lines concerned in the partner's own layout, and the file as it
would be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from services.reconciliation.matching.kept import Kept
from services.reconciliation.matching.outgoing import letter, placing
from services.reconciliation.matching.outgoing.corrections import FIELDS, Correction, corrections
from services.reconciliation.matching.outgoing.hand import Hand
from services.reconciliation.matching.outgoing.pages import Book, Cell, Page, Row, book_of, bytes_of
from services.reconciliation.matching.outgoing.words.form import Words
from services.reconciliation.matching.request_words import words_of
from shared.kernel import Rejected


@dataclass(frozen=True)
class Request:
    """What is sent. `letter`: Markdown; `attachment`: a file of the report's own kind; `lines`: how many are asked
    for."""

    letter: str
    attachment: bytes
    container: str
    asked: tuple[Correction, ...]

    @property
    def lines(self) -> int:
        """How many lines are to be changed, taken out or added."""
        return len(self.asked)


def request(kept: Kept, report: bytes, chosen: Sequence[str], due: date) -> Request:
    """Ask for the mismatches chosen to be corrected until `due`. `report`: the file as it was sent.

    Rejected: `nothing_to_correct` where none of their lines is the partner's to correct.
    """
    asked = corrections(kept, chosen)
    if not asked:
        raise Rejected("nothing_to_correct", "None of these mismatches has a line that the partner could correct.")
    words = words_of(kept)
    book = book_of(report, kept.profile)
    hand = Hand(kept, book)
    placed = placing.placed(kept, book, asked, hand)
    return Request(
        letter.written(kept, chosen, asked, placed, due, words),
        bytes_of(_beside(book, placed, words)),
        book.container,
        tuple(asked),
    )


def adjusted(kept: Kept, report: bytes, chosen: Sequence[str]) -> bytes:
    """The report as it would be right: all that the mismatches chosen ask for is done, and nothing else. Rows with sums
    are left out, for they hold no more."""
    book = book_of(report, kept.profile)
    placed = placing.placed(kept, book, corrections(kept, chosen), Hand(kept, book))
    sums = set(kept.skipped.filter(pl.col("reason") == "subtotal")["line"])
    pages = [
        replace(one.page, rows=tuple(_done(each, one.page) for each in one.rows if _stays(each, sums)))
        for one in placed
    ]
    return bytes_of(replace(book, pages=tuple(pages)))


def _stays(one: placing.Placed, sums: set[str]) -> bool:
    removed = one.correction is not None and one.correction.action == "remove"
    return not removed and one.row.line not in sums


def _done(one: placing.Placed, page: Page) -> Row:
    cells = list(one.row.cells)
    for name, cell in one.cells.items():
        cells[page.places[name]] = cell
    return Row(one.row.line, tuple(cells))


def _beside(book: Book, placed: Sequence[placing.Sheeted], words: Words) -> Book:
    """The lines concerned under the report's own labels: before them the line's number, behind each column that is to
    be changed what is expected there, at the end what is to be done."""
    changed = {
        name
        for one in placed
        for each in one.rows
        if each.correction is not None and each.correction.action == "change"
        for name in each.cells
    }
    pages = []
    for one in placed:
        page = one.page
        if not page.places or not any(each.correction for each in one.rows):
            continue
        behind = {page.places[name]: name for name in changed if name in page.places}
        rows = [Row("", tuple(_labels(page, at, behind, words))) for at in range(page.top, page.header + 1)]
        banner: Row | None = None
        for each in one.rows:
            if each.banner:
                banner = each.row
            if each.correction is None:
                continue
            if banner is not None:
                rows.append(Row("", (Cell(""), *banner.cells)))
                banner = None
            rows.append(Row("", tuple(_line(each, each.correction, behind, words))))
        moved: dict[int, int | str] = {}
        for column in range(len(page.rows[page.header].cells)):
            for _ in range(2 if column in behind else 1):
                moved[len(moved) + 1] = page.formats.get(column, 0)
        pages.append(Page(page.name, tuple(rows), formats=moved))
    return replace(book, pages=tuple(pages))


def _labels(page: Page, at: int, behind: dict[int, str], words: Words) -> list[Cell]:
    last = at == page.header
    cells = [Cell(words.line if last else "")]
    for column, cell in enumerate(page.rows[at].cells):
        cells.append(cell)
        if column in behind:
            cells.append(Cell(f"{words.expected}: {cell.text}" if last else ""))
    return [*cells, Cell(words.action if last else "")]


def _line(one: placing.Placed, correction: Correction, behind: dict[int, str], words: Words) -> list[Cell]:
    told = {"change": words.change, "remove": words.remove, "add": words.add}[correction.action]
    cells = [Cell(one.row.line)]
    for column, cell in enumerate(one.row.cells):
        cells.append(cell)
        if column in behind:
            expected = one.cells.get(behind[column], Cell("")) if correction.action == "change" else Cell("")
            blank = correction.action == "change" and behind[column] in one.cells and not expected.text
            cells.append(Cell(words.empty) if blank else expected)
    return [*cells, Cell(f"{told} ({', '.join(correction.mismatches)})")]


__all__ = ["FIELDS", "Correction", "Request", "adjusted", "request"]

"""Where in the report each correction belongs: beside its line, and for lines to add at their time on their day."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from services.reconciliation.matching.kept import Kept
from services.reconciliation.matching.outgoing.corrections import Correction
from services.reconciliation.matching.outgoing.hand import Hand
from services.reconciliation.matching.outgoing.moments import Moments
from services.reconciliation.matching.outgoing.pages import EMPTY, Book, Cell, Page, Row
from services.reconciliation.matching.table import FEW, day_named

_FIGURES = re.compile(r"\d")


@dataclass(frozen=True)
class Placed:
    """A row, what is asked of it, and the cells that say so by their fields. `banner`: it names a day."""

    row: Row
    correction: Correction | None = None
    cells: dict[str, Cell] = field(default_factory=dict)
    banner: bool = False


@dataclass(frozen=True)
class Sheeted:
    """A page with all its rows, those to add among them."""

    page: Page
    rows: list[Placed]


def placed(kept: Kept, book: Book, asked: Sequence[Correction], hand: Hand) -> list[Sheeted]:
    """The report's pages with what is asked of each row."""
    cells = hand.written([one.expected for one in asked])
    of_line = {one.line: (one, told) for one, told in zip(asked, cells, strict=True) if one.line is not None}
    at = dict(kept.lines.select("line", "local").iter_rows())
    pages = [_Sheet(page, at, of_line) for page in book.pages]
    order = 0
    for one, told in zip(asked, cells, strict=True):
        if one.action == "add":
            moment = one.expected["local"]
            sheet = _sheet_for(pages, moment)
            sheet.add(moment, order, one, told, kept)
            order += 1
    return [Sheeted(sheet.page, sheet.rows()) for sheet in pages]


class _Sheet:
    """A page while lines are added to it. `days`: the moments of its lines with their places, by day."""

    def __init__(
        self,
        page: Page,
        at: dict[str, datetime],
        of_line: dict[str, tuple[Correction, dict[str, Cell]]],
    ) -> None:
        self.page = page
        self.days: dict[date, list[tuple[datetime, int]]] = {}
        self._placed: list[Placed] = []
        self._added: dict[int, list[tuple[datetime, int, list[Placed]]]] = {}
        dated = bool(page.places.keys() & {"date", "datetime"})
        for place, row in enumerate(page.rows):
            moment = at.get(row.line)
            if moment is not None:
                self.days.setdefault(moment.date(), []).append((moment, place))
            correction, cells = of_line.get(row.line, (None, {}))
            filled = [cell for cell in row.cells if cell.text]
            banner = (
                bool(page.places)
                and not dated
                and moment is None
                and place > page.header
                and 0 < len(filled) <= FEW
                and bool(_FIGURES.search(filled[0].text))
            )
            self._placed.append(Placed(row, correction, cells, banner))
        for times in self.days.values():
            times.sort()

    def add(self, moment: datetime, order: int, one: Correction, told: dict[str, Cell], kept: Kept) -> None:
        """Put a line at its time on its day, or a new day where the report has none."""
        cells = [EMPTY] * len(self.page.rows[self.page.header].cells)
        for name, cell in told.items():
            if name in self.page.places:
                cells[self.page.places[name]] = cell
        line = Placed(Row("", tuple(cells)), one, {})
        day = moment.date()
        banners = [each for each in self._placed if each.banner]
        group = [line]
        if not self.days.get(day):
            earlier = [times[-1][1] for other, times in self.days.items() if times and other < day]
            where = max(earlier, default=self.page.header) + 1
            if banners and not self._has_banner(where, day):
                group = [_banner(banners, moment, kept), line]
        else:
            times = self.days[day]
            place = bisect_right([time for time, _ in times], moment)
            where = times[place - 1][1] + 1 if place else times[0][1]
        self._added.setdefault(where, []).append((moment, order, group))

    def _has_banner(self, where: int, day: date) -> bool:
        return any(moment.date() == day and group[0].banner for moment, _, group in self._added.get(where, []))

    def rows(self) -> list[Placed]:
        """All of them in order."""
        found: list[Placed] = []
        for place in range(len(self._placed) + 1):
            for _, _, group in sorted(self._added.get(place, []), key=lambda one: one[:2]):
                found += group
            if place < len(self._placed):
                found.append(self._placed[place])
        return found


def _banner(banners: Sequence[Placed], moment: datetime, kept: Kept) -> Placed:
    """A row that names a day, as the others do."""
    column, cell = next((i, cell) for i, cell in enumerate(banners[0].row.cells) if cell.text)
    texts = [each.row.cells[column].text for each in banners if len(each.row.cells) > column]
    days = [_day_of(text) for text in texts]
    text = Moments("date", texts, days, kept.profile.date_order, kept.profile.language).written([moment])[0]
    cells = list(banners[0].row.cells)
    cells[column] = Cell(text, cell.number)
    return Placed(Row("", tuple(cells)), banner=True)


def _day_of(text: str) -> datetime | None:
    found = day_named(text, None)
    return datetime.fromisoformat(found) if found else None


def _sheet_for(pages: list[_Sheet], moment: datetime) -> _Sheet:
    """The page of a day; a new one where every day has its own and this one has none."""
    tables = [sheet for sheet in pages if sheet.page.places]
    day = moment.date()
    holding = [sheet for sheet in tables if day in sheet.days]
    if holding:
        return max(holding, key=lambda sheet: len(sheet.days[day]))
    longest = max(tables, key=lambda sheet: len(sheet.page.rows))
    if len(tables) < 2 or any(len(sheet.days) > 1 for sheet in tables):
        return longest
    head = longest.page.rows[longest.page.top : longest.page.header + 1]
    page = replace(
        longest.page,
        name=_name(longest, moment, f"{moment:%Y-%m}"),
        rows=tuple(Row("", row.cells) for row in head),
        header=len(head) - 1,
        top=0,
        merged=(),
    )
    fresh = _Sheet(page, {}, {})
    fresh.days[day] = []
    before = [place for place, sheet in enumerate(pages) if any(other < day for other in sheet.days)]
    pages.insert(max(before, default=-1) + 1, fresh)
    return fresh


def _name(other: _Sheet, moment: datetime, month: str) -> str:
    """The name of a day's page, as another day's has it."""
    was, wanted = next(iter(other.days)), f"{moment:%Y-%m-%d}"
    for known in (f"{was.day:02d}", f"{was.day}"):
        name = other.page.name.replace(known, f"{moment.day:0{len(known)}d}", 1)
        if day_named(name, month) == wanted:
            return name
    return wanted

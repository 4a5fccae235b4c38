"""Where a table begins in a sheet, and what each of its columns is."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec
import polars as pl

from services.reconciliation.matching.amounts import currency_of, is_amount
from services.reconciliation.matching.clocks import shapes_of
from services.reconciliation.matching.durations import is_duration
from services.reconciliation.matching.header_words import DATE, MOMENT, OTHER, TIME, meanings
from services.reconciliation.matching.months import without_names
from services.reconciliation.matching.outcome_words import outcome_of
from services.reconciliation.matching.phones import looks_like_phone
from services.reconciliation.matching.sheets import Sheet
from services.reconciliation.matching.words import folded

HEADER_WITHIN = 60
"""Rows at the top of a sheet among which the header is looked for."""
WHOLE = 70.0
"""The score from which a label is a known phrase as a whole, not in part."""
MOST = 0.6
"""The share of a column's values that must look like what its label says: subtotals and gaps are among them."""
MANY = 0.4
"""The same for times and numbers, of which a damaged report has fewer."""
FEW = 10
"""Rows to each different value, from which a column has but a few."""
KNOWN = 20.0
"""The score that outcomes add to a column that may be called one."""
LABELS = 200
"""Different values beyond which a column is no list of outcomes."""
SAMPLE = 500
"""Rows that are looked at to know what a column holds."""

_DATA = re.compile(r"^[^\w#]*\d[\d\s.,:/()+-]*$")
_UNIT = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")
_STANDARD_WORDS = 3


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a report: its label, the label of its group where it needs one, and the field it is read as."""

    label: str
    field: str
    group: str = ""


@dataclass(frozen=True)
class Header:
    """The header of a sheet: the index of its last row, and for each column the label and the group above it."""

    last: int
    labels: list[str]
    groups: list[str]


def headers_of(sheet: Sheet) -> list[Header]:
    """The rows that could head a table, the likeliest first."""
    rows = sheet.text.head(HEADER_WITHIN).rows()
    ranked: list[tuple[float, Header]] = []
    for index, row in enumerate(rows):
        cells = [cell.strip() for cell in row if cell and cell.strip()]
        if len(cells) < _STANDARD_WORDS or any(_DATA.match(cell) for cell in cells):
            continue
        above = rows[index - 1] if index else ()
        candidates = (_single(index, row), _double(sheet, index, above, row))
        ranked += [(_worth(header), header) for header in candidates if header is not None]
    ranked.sort(key=lambda item: -item[0])
    return [header for worth, header in ranked if worth > 0]


def header_with(sheet: Sheet, columns: tuple[Column, ...]) -> Header | None:
    """The header that has all the columns which a profile reads; None if there is none."""
    wanted = {folded(column.label) for column in columns if column.field != OTHER}
    for index, row in enumerate(sheet.text.head(HEADER_WITHIN).rows()):
        single = _single(index, row)
        above = sheet.text.row(index - 1) if index else ()
        for header in (_double(sheet, index, above, row) if any(column.group for column in columns) else None, single):
            if header is not None and wanted <= {folded(label) for label in header.labels}:
                return header
    return None


def _single(index: int, row: tuple[str | None, ...]) -> Header:
    return Header(index, [(cell or "").strip() for cell in row], [""] * len(row))


def _double(sheet: Sheet, index: int, above: tuple[str | None, ...], row: tuple[str | None, ...]) -> Header | None:
    """Two rows as one header: the upper one has groups, or the first words of each label."""
    upper = [(cell or "").strip() for cell in above]
    if sum(bool(cell) for cell in upper) < 2 or any(_DATA.match(cell) for cell in upper if cell):
        return None
    line = sheet.lines[index - 1]
    spans = {left: right for top, left, bottom, right in sheet.merged if top <= line <= bottom}
    labels, groups, group, until = [], [], "", -1
    for column, cell in enumerate(row):
        if upper[column]:
            group, until = upper[column], spans.get(column, len(row) if not spans else column)
        elif column > until:
            group = ""
        label = (cell or "").strip()
        labels.append(label or upper[column])
        groups.append(group if label else "")
    return Header(index, labels, groups)


def _worth(header: Header) -> float:
    best: dict[str, float] = {}
    others = 0
    for label, group in zip(header.labels, header.groups, strict=True):
        found = label_meanings(label, group)
        if not found:
            continue
        field = max(found, key=lambda name: found[name])
        if field == OTHER:
            others += 1
        else:
            best[field] = max(best.get(field, 0.0), found[field])
    if not best.keys() & {MOMENT, DATE, TIME} or len(best) < _STANDARD_WORDS:
        return 0.0
    return sum(best.values()) + others


def without_unit(label: str) -> str:
    """A label without what stands in brackets behind it."""
    return _UNIT.sub("", label) or label


def label_meanings(label: str, group: str = "") -> dict[str, float]:
    """What a column may be by its label, by itself and behind the label of its group."""
    scores = {field: score for field, (score, _) in meanings(without_unit(label)).items()}
    if group:
        together = {field: score for field, (score, _) in meanings(f"{group} {without_unit(label)}").items()}
        if max(together.values(), default=0.0) > WHOLE:
            return together
        scores = {field: max(scores.get(field, 0.0), together.get(field, 0.0) - 1) for field in scores | together}
    return scores


@dataclass(frozen=True)
class Content:
    """What stands in a column: the share of its values that look like each kind of thing, and whether there are but a
    `few` different ones in many rows."""

    empty: bool
    date: float = 0.0
    time: float = 0.0
    both: float = 0.0
    season: bool = True
    phone: float = 0.0
    duration: float = 0.0
    amount: float = 0.0
    currency: float = 0.0
    words: float = 0.0
    outcomes: float = 0.0
    serial: float = 0.0
    epoch: float = 0.0
    early: bool = False
    few: bool = False

    @property
    def moment(self) -> bool:
        """Whether the column has days."""
        return self.date + self.both >= MOST


def content_of(values: pl.Series, language: str = "") -> Content:
    """What the values of a column look like."""
    values = values.drop_nulls().str.strip_chars()
    values = values.filter(values != "")
    if not len(values):
        return Content(empty=True)
    shapes = shapes_of(without_names(values, language))

    def share(found: pl.Series) -> float:
        return float(found.sum()) / len(values)

    return Content(
        empty=False,
        date=shapes.date,
        time=shapes.time,
        both=shapes.both,
        season=shapes.season,
        phone=share(looks_like_phone(values)),
        duration=share(is_duration(values)),
        amount=share(is_amount(values)),
        currency=share(values.map_elements(lambda text: currency_of(text) is not None, return_dtype=pl.Boolean)),
        words=share(values.str.contains(r"\p{L}")),
        outcomes=_known_outcomes(values),
        serial=shapes.serial,
        epoch=shapes.epoch,
        early=shapes.early,
        few=values.n_unique() * FEW < len(values),
    )


def _known_outcomes(values: pl.Series) -> float:
    """The share of different values that say how a call ended."""
    different = values.unique()
    if len(different) > LABELS:
        return 0.0
    return sum(outcome_of(value) is not None for value in different) / len(different)


def _as_content(field: str, content: Content) -> str | None:
    """The field that a column can be read as, given what it is called and what it holds; None if they disagree."""
    if field in (MOMENT, DATE, TIME):
        alone = ("date", "time") if field == DATE or (field == MOMENT and content.season) else ("time", "date")
        shares = {"datetime": max(content.both, content.epoch), "date": content.date, "time": content.time}
        return next((name for name in ("datetime", *alone) if shares[name] >= MANY), None)
    if content.empty:
        return field if field in ("ref", "amount", "currency", "campaign", "disposition", "row_no", OTHER) else None
    fits = {
        "phone": content.phone >= MANY and not content.moment,
        "duration": content.duration >= MOST,
        "amount": content.amount >= MOST,
        "currency": content.currency >= MOST,
        "row_no": content.words < 0.2 and not content.moment,
        "disposition": not content.moment and content.phone < MOST,
        "agent": not content.moment,
    }
    return field if fits.get(field, True) else None


def columns_of(header: Header, body: pl.DataFrame) -> tuple[Column, ...]:
    """What each labelled column is, one column a field: the best label that its content does not contradict."""
    contents = [content_of(body[name]) for name in body.columns]
    nothing = all(content.empty for content in contents)
    claims: list[tuple[float, int, str]] = []
    for index, (label, group) in enumerate(zip(header.labels, header.groups, strict=True)):
        for field, score in label_meanings(label, group).items():
            read = _named(field) if nothing else _as_content(field, contents[index])
            if read is not None:
                claims.append((score + _preferred(read, contents[index]), index, read))
    claims.sort(key=lambda claim: (-claim[0], claim[1]))
    whole = any(field == "datetime" for _, _, field in claims)
    taken: dict[int, str] = {}
    for _, index, field in claims:
        if index in taken or (field != OTHER and field in taken.values()) or (whole and field in ("date", "time")):
            continue
        taken[index] = field
    _by_content(taken, contents, header.labels)
    labels = [folded(label) for label in header.labels]
    return tuple(
        Column(
            label=label,
            field=taken.get(index, OTHER),
            group=header.groups[index] if _needs_group(header, index, taken.get(index, OTHER), labels) else "",
        )
        for index, label in enumerate(header.labels)
        if label
    )


def _preferred(field: str, content: Content) -> float:
    """What a column's content says for or against a field where another column could be it as well: times of the
    small hours are durations, a number that returns all the time is the caller's own, and outcomes are known words."""
    against = (field == "time" and content.early) or (field == "phone" and content.few)
    return -WHOLE if against else KNOWN * content.outcomes if field == "disposition" else 0.0


def rival(header: Header, columns: tuple[Column, ...], body: pl.DataFrame) -> bool:
    """Whether another column is called a telephone number as well, and holds as many different ones: which of the two
    is the customer's the file does not say."""
    chosen = {column.label for column in columns if column.field == "phone"}
    for name, label in zip(body.columns, header.labels, strict=True):
        if chosen and label not in chosen and label_meanings(label).get("phone", 0.0) >= WHOLE:
            content = content_of(body[name])
            if content.phone >= MANY and not content.few and not content.moment:
                return True
    return False


def _named(field: str) -> str:
    return "datetime" if field == MOMENT else field


def _needs_group(header: Header, index: int, field: str, labels: list[str]) -> bool:
    return bool(header.groups[index]) and field != OTHER and labels.count(labels[index]) > 1


def _by_content(taken: dict[int, str], contents: list[Content], labels: list[str]) -> None:
    """A number or a moment that no label names is found by what it looks like, if only one column does."""
    have = set(taken.values())
    free = [i for i, label in enumerate(labels) if taken.get(i, OTHER) == OTHER and label and not contents[i].empty]
    if not have & {"datetime", "date"}:
        moments = [i for i in free if contents[i].both > 0.9 and contents[i].serial < MANY]
        if len(moments) == 1:
            taken[moments[0]] = "datetime"
    if not have & {"phone", "ref"}:
        numbers = [i for i in free if contents[i].phone > 0.9 and not contents[i].moment]
        if len(numbers) == 1:
            taken[numbers[0]] = "phone"


def complete(columns: tuple[Column, ...]) -> bool:
    """Whether lines can be found again by these columns: a time, and a number or a reference."""
    fields = {column.field for column in columns}
    return bool(fields & {"datetime", "time"}) and bool(fields & {"phone", "ref"})


def language_of(header: Header) -> str:
    """The language of most labels; empty if none is known. Bosnian, Croatian and Serbian are `hr`."""
    votes: dict[str, float] = {}
    for label in header.labels:
        found = meanings(without_unit(label))
        if found:
            _, languages = max(found.values(), key=lambda item: item[0])
            for language in languages:
                votes[language] = votes.get(language, 0.0) + 1 / len(languages) ** 0.5
    return max(votes, key=lambda language: votes[language]) if votes else ""

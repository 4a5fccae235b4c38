"""The partner's hand: what each of its columns looks like, and a line written into them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from services.reconciliation.matching.amounts import currency_of, minor_digits
from services.reconciliation.matching.kept import Kept
from services.reconciliation.matching.outgoing.moments import Moments
from services.reconciliation.matching.outgoing.pages import Book, Cell
from services.reconciliation.matching.outgoing.values import Amounts, Lengths, Phones
from services.reconciliation.matching.phones import plan_of

_TIMES = ("datetime", "date", "time")


class Hand:
    """Writes values by the fields of a report that was read into cells by the fields of its columns."""

    def __init__(self, kept: Kept, book: Book) -> None:
        self._kept = kept
        profile = kept.profile
        known = {line: place for place, line in enumerate(kept.lines["line"])}
        texts: dict[str, list[str | None]] = {}
        locals_: list[datetime | None] = []
        places: list[int] = []
        numbers: Counter[str] = Counter()
        moments = kept.lines["local"].to_list()
        self.fields = list(dict.fromkeys(name for page in book.pages for name in page.places))
        for page in book.pages:
            for row in page.rows:
                place = known.get(row.line)
                if place is None:
                    continue
                places.append(place)
                locals_.append(moments[place])
                for name in self.fields:
                    cell = row.cells[page.places[name]] if name in page.places else Cell("")
                    texts.setdefault(name, []).append(cell.text.strip() or None)
                    numbers[name] += cell.number - (bool(cell.text) and not cell.number)
        lines = kept.lines[places]
        self._numbers = {name for name, n in numbers.items() if n > 0}
        self._moments = {
            name: Moments(name, texts[name], locals_, profile.date_order, profile.language, kept.basis.partner_tz)
            for name in _TIMES
            if name in texts
        }
        whole = lines["phone_damage"].is_null() & lines["phone"].is_not_null()
        self._phones = Phones(_of(texts, "phone", whole), plan_of(kept.basis.country), profile.phone_form)
        self._lengths = Lengths([text for text in texts.get("duration", []) if text], profile)
        digits = minor_digits(profile.currency or kept.basis.currency)
        sold = lines["amount_minor"].is_not_null()
        native = "amount" in self._numbers
        self._amounts = Amounts(_of(texts, "amount", sold), native, profile, digits)
        none = (lines["disposition"] != "sale").fill_null(True)
        self._no_amount = _most(text or "" for text in _each(texts, "amount", none))
        self._currency = _most(
            text for text in texts.get("currency", []) if text and currency_of(text) == kept.basis.currency
        )
        self._labels = self._outcome_labels(lines)

    def _outcome_labels(self, lines: pl.DataFrame) -> dict[str, str]:
        counted: dict[str, Counter[str]] = {}
        for outcome, label in lines.select("disposition", "disposition_raw").drop_nulls().iter_rows():
            counted.setdefault(outcome, Counter())[label] += 1
        said = {outcome: label for label, outcome in reversed(self._kept.profile.dispositions.items())}
        return said | {outcome: counts.most_common(1)[0][0] for outcome, counts in counted.items()}

    def written(self, lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Cell]]:
        """For each line the cells of the columns that say these values."""
        found: list[dict[str, str]] = [self._plain(line) for line in lines]
        timed = [place for place, line in enumerate(lines) if line.get("local") is not None]
        for name, moments in self._moments.items():
            texts = moments.written([lines[place]["local"] for place in timed])
            for place, text in zip(timed, texts, strict=True):
                found[place][name] = text
        return [
            {name: Cell(text, name in self._numbers) for name, text in one.items() if name in self.fields}
            for one in found
        ]

    def _plain(self, line: Mapping[str, Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in line.items():
            match name:
                case "phone":
                    found["phone"] = self._phones.written(value) if value else ""
                case "duration_s":
                    found["duration"] = self._lengths.written(int(value)) if value is not None else ""
                case "amount_minor":
                    found["amount"] = self._amounts.written(value) if value is not None else self._no_amount
                case "disposition":
                    found["disposition"] = self._labels.get(value, value or "")
                case "currency":
                    found["currency"] = (self._currency or value) if value else ""
                case "ref" | "agent" | "campaign":
                    found[name] = value or ""
                case _:
                    pass  # a moment takes several columns
        return found


def _each(texts: Mapping[str, list[str | None]], name: str, which: pl.Series) -> list[str | None]:
    return [text for text, chosen in zip(texts.get(name, []), which.to_list(), strict=False) if chosen]


def _of(texts: Mapping[str, list[str | None]], name: str, which: pl.Series) -> list[str]:
    return [text for text in _each(texts, name, which) if text]


def _most(texts: Iterable[str]) -> str:
    counts = Counter(texts)
    return counts.most_common(1)[0][0] if counts else ""

"""The adjusted report against the one before: what was asked for, line by line, and what else has moved.

Both are compared as they were read, so that another order, other line numbers, another encoding or layout change
nothing. Every line of one report is at most one line of the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from services.reconciliation.matching.basis import Basis, Tolerance
from services.reconciliation.matching.lines import prepared
from services.reconciliation.matching.outgoing.corrections import WHOLE, Correction

Done = Literal["done", "not_done", "otherwise"]
What = Literal["changed", "added", "removed"]

NAMES = ("ref", "local", "phone", "agent", "duration_s", "disposition", "amount_minor", "currency", "campaign")
"""What is compared of a line. A number that was damaged is another one than the whole."""
_KEYS = (
    ("ref",),
    ("local", "phone"),
    ("phone", "duration_s", "agent"),
    ("local", "agent"),
    ("phone", "disposition"),
    ("local",),
    ("phone",),
    ("agent", "duration_s", "disposition", "amount_minor"),
)
"""What may have stayed of a line that was changed, the most telling first."""
_CLOSE = 0.5
"""The share of a line's cells that have stayed, from which it is the same line."""
_MOST = 60
"""Lines that share what has stayed, beyond which it tells nothing."""

Line = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What became of a correction. `line`: where it stands in the adjusted report, None where it is not there; `found`:
    by field, what stands there."""

    asked: Correction
    done: Done
    line: str | None
    found: dict[str, Any]


@dataclass(frozen=True)
class Moved:
    """Something that nobody asked for. `before`, `now`: the lines' ids in either report; `field`: of a changed line,
    with its values in either report."""

    what: What
    before: str | None
    now: str | None
    field: str = ""
    was: Any = None
    is_: Any = None


@dataclass(frozen=True)
class Delta:
    """An adjusted report: an answer to each correction in their order, and what moved unrequested."""

    answers: tuple[Answer, ...]
    unrequested: tuple[Moved, ...]

    def count(self, done: Done) -> int:
        """How many corrections ended so."""
        return sum(one.done == done for one in self.answers)


def delta(before: pl.DataFrame, after: pl.DataFrame, asked: Sequence[Correction], basis: Basis) -> Delta:
    """Compare two reports that were read; `asked` was worked out on the first. What is expected counts as done within
    the contract's tolerances; what nobody asked for has to be the same to the cell."""
    old, new = _lines(before, basis), _lines(after, basis)
    of_row = {one.row: one for one in asked if one.row is not None}
    pairs = _Pairs(old, new)
    removed = {row for row, one in of_row.items() if one.action == "remove"}
    staying = [row for row in range(len(old)) if row not in removed]
    pairs.by((lambda row: _key(old[row], NAMES)), lambda row: _key(new[row], NAMES), staying)
    changed = [row for row, one in of_row.items() if one.action == "change"]
    hoped = {row: {**old[row], **_as_line(of_row[row])} for row in changed}
    pairs.by((lambda row: _key(hoped[row], NAMES)), lambda row: _key(new[row], NAMES), changed)
    adding = [one for one in asked if one.action == "add"]
    taken: dict[int, int] = {}
    _find_added(adding, new, pairs, taken, lambda one, line: _near_all(one, line, basis))
    pairs.by((lambda row: _key(old[row], NAMES)), lambda row: _key(new[row], NAMES), sorted(removed))
    pairs.alike([row for row in range(len(old)) if row not in removed], hoped)
    pairs.alike(sorted(removed), {})
    _find_added(adding, new, pairs, taken, lambda one, line: _same_call(one, line, basis))
    return Delta(_answers(asked, adding, taken, old, new, pairs, basis), _unrequested(of_row, old, new, pairs))


def _lines(report: pl.DataFrame, basis: Basis) -> list[Line]:
    lines = prepared(report, basis.partner_tz).with_columns(
        phone=pl.when(pl.col("phone_damage").is_null())
        .then("phone")
        .otherwise(
            pl.concat_str(
                "phone_damage", pl.lit(":"), pl.coalesce("phone", "phone_key"), "phone_tail", ignore_nulls=True
            )
        ),
        currency=pl.when(pl.col("amount_minor").is_not_null()).then("currency"),
    )
    raw = report["disposition_raw"] if "disposition_raw" in report.columns else None
    if raw is not None:
        lines = lines.with_columns(pl.col("disposition").fill_null(raw))
    return lines.select("line", *NAMES, "local_resolution_s", "duration_resolution_s").to_dicts()


def _key(line: Line, names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(line[name] for name in names)


def _as_line(one: Correction) -> Line:
    expected = dict(one.expected)
    if "amount_minor" in expected and expected["amount_minor"] is None:
        expected["currency"] = None
    return expected


class _Pairs:
    """Lines of the report before with lines of the adjusted one."""

    def __init__(self, old: list[Line], new: list[Line]) -> None:
        self._old, self._new = old, new
        self.now: dict[int, int] = {}
        self.free = dict.fromkeys(range(len(new)))

    def take(self, row: int, place: int) -> None:
        """These two are one line."""
        self.now[row] = place
        del self.free[place]

    def by(self, of_old: Callable[[int], Any], of_new: Callable[[int], Any], rows: Sequence[int]) -> None:
        """Pair lines with the same key, in their order."""
        waiting: dict[Any, list[int]] = defaultdict(list)
        for place in self.free:
            waiting[of_new(place)].append(place)
        for places in waiting.values():
            places.reverse()
        for row in rows:
            if row not in self.now and waiting.get(of_old(row)):
                self.take(row, waiting[of_old(row)].pop())

    def alike(self, rows: Sequence[int], hoped: dict[int, Line]) -> None:
        """Pair lines of which enough has stayed, or has become what was hoped for, the likest first."""
        for names in _KEYS:
            open_ = [row for row in rows if row not in self.now]
            waiting: dict[Any, list[int]] = defaultdict(list)
            for place in self.free:
                waiting[_key(self._new[place], names)].append(place)
            ranked = []
            for row in open_:
                keys = {_key(line, names) for line in (self._old[row], hoped.get(row, self._old[row]))}
                for key in keys:
                    places = waiting.get(key, [])
                    if any(part is None for part in key) or len(places) > _MOST:
                        continue
                    for place in places:
                        likeness = self._likeness(row, place, hoped)
                        if likeness >= _CLOSE:
                            ranked.append((-likeness, abs(row - place), row, place))
            for _, _, row, place in sorted(set(ranked)):
                if row not in self.now and place in self.free:
                    self.take(row, place)

    def _likeness(self, row: int, place: int, hoped: dict[int, Line]) -> float:
        was, now, wanted = self._old[row], self._new[place], hoped.get(row, self._old[row])
        told = [name for name in NAMES if was[name] is not None or now[name] is not None]
        same = sum(now[name] in (was[name], wanted[name]) for name in told)
        return same / max(len(told), 1)


def _find_added(
    adding: Sequence[Correction],
    new: list[Line],
    pairs: _Pairs,
    taken: dict[int, int],
    fits: Callable[[Correction, Line], bool],
) -> None:
    """Lines of the adjusted report for what was to be added; `taken`: their places by that of the correction."""
    waiting: dict[Any, list[int]] = defaultdict(list)
    for place in pairs.free:
        for key in (("ref", new[place]["ref"]), ("phone", new[place]["phone"])):
            waiting[key].append(place)
    for at, one in enumerate(adding):
        if at in taken:
            continue
        keys = [(name, one.expected[name]) for name in ("ref", "phone") if one.expected[name] is not None]
        places = [place for key in keys for place in waiting.get(key, []) if place in pairs.free]
        found = next((place for place in places if fits(one, new[place])), None)
        if found is not None:
            taken[at] = found
            del pairs.free[found]


def _near(name: str, wanted: Any, line: Line, basis: Basis) -> bool:
    """Whether a line says what is wanted, as finely as it can say it."""
    now = line[name]
    if wanted is None or now is None:
        return bool(wanted == now or (name == "amount_minor" and not (wanted or now)) or name == "currency")
    match name:
        case "local":
            return _within((now - wanted).total_seconds(), basis.time_s, line["local_resolution_s"])
        case "duration_s":
            return _within(now - wanted, basis.duration_s, line["duration_resolution_s"] / 2)
        case "amount_minor":
            return _within(now - wanted, basis.amount_minor, 0)
        case _:
            return bool(wanted == now)


def _within(more: float, allowed: Tolerance, fine: float) -> bool:
    """`fine`: how coarsely a value may be written."""
    return -allowed.below - fine - 1e-6 <= more <= allowed.above + fine + 1e-6


def _near_all(one: Correction, line: Line, basis: Basis) -> bool:
    """Whether a line says all that was to be added. What the layout has no column for can't be said."""
    return all(
        _near(name, one.expected[name], line, basis) or (line[name] is None and name in ("ref", "campaign"))
        for name in WHOLE
    )


def _same_call(one: Correction, line: Line, basis: Basis) -> bool:
    """Whether a line tells of the call that was to be added, if in other words."""
    by_ref = one.expected["ref"] is not None and one.expected["ref"] == line["ref"]
    return by_ref or (one.expected["phone"] == line["phone"] and _near("local", one.expected["local"], line, basis))


def _answers(
    asked: Sequence[Correction],
    adding: Sequence[Correction],
    taken: dict[int, int],
    old: list[Line],
    new: list[Line],
    pairs: _Pairs,
    basis: Basis,
) -> tuple[Answer, ...]:
    place_of_added = {id(one): taken.get(at) for at, one in enumerate(adding)}
    found = []
    for one in asked:
        place = (
            place_of_added[id(one)] if one.action == "add" else pairs.now.get(one.row if one.row is not None else -1)
        )
        line = new[place] if place is not None else None
        values = {name: line[name] for name in one.expected} if line is not None else {}
        found.append(Answer(one, _done(one, line, old, basis), line["line"] if line is not None else None, values))
    return tuple(found)


def _done(one: Correction, line: Line | None, old: list[Line], basis: Basis) -> Done:
    if one.action == "add":
        if line is None:
            return "not_done"
        return "done" if _near_all(one, line, basis) else "otherwise"
    if line is None:
        return "done" if one.action == "remove" else "otherwise"
    was = old[-1 if one.row is None else one.row]
    if one.action == "remove":
        return "not_done" if _key(line, NAMES) == _key(was, NAMES) else "otherwise"
    wanted = _as_line(one)
    if all(line[name] == was[name] for name in one.expected):
        return "not_done"
    return "done" if all(_near(name, value, line, basis) for name, value in wanted.items()) else "otherwise"


def _unrequested(of_row: dict[int, Correction], old: list[Line], new: list[Line], pairs: _Pairs) -> tuple[Moved, ...]:
    found = []
    for row, line in enumerate(old):
        one = of_row.get(row)
        place = pairs.now.get(row)
        if place is None:
            if one is None or one.action != "remove":
                found.append(Moved("removed", line["line"], None))
            continue
        wanted = set(_as_line(one)) if one is not None else set()
        now = new[place]
        found += [
            Moved("changed", line["line"], now["line"], name, line[name], now[name])
            for name in NAMES
            if name not in wanted and line[name] != now[name]
        ]
    return (*found, *(Moved("added", None, new[place]["line"]) for place in pairs.free))

"""An adjusted report against the one before: exactly what moved is found, whatever order and numbers the lines have."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reconciliation.matching.delta import delta
from services.reconciliation.matching.outgoing.corrections import Correction, corrections
from services.reconciliation.matching.request import adjusted
from tests.unit.reconciliation.asked import Asked, of_set

SETS = Path(__file__).parents[2] / "fixtures" / "reports"
NAMES = ("r01_en", "r02_en_xlsx", "r03_de", "r06_fr")


@cache
def done(name: str) -> tuple[Asked, list[Correction], pl.DataFrame]:
    """A month, what the partner is asked for, and the report of a partner that does it."""
    month = of_set(SETS / name)
    right = month.read(adjusted(month.kept, month.data, month.mismatches))
    return month, corrections(month.kept, month.mismatches), right.lines


def resorted(lines: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The same lines in another order, with other numbers."""
    order = list(range(len(lines)))
    random.Random(seed).shuffle(order)
    return lines[order].with_columns(line=pl.Series([f"9{place}" for place in range(len(lines))]))


def changed(lines: pl.DataFrame, row: int, field: str) -> tuple[pl.DataFrame, Any, Any]:
    """The lines with one cell otherwise."""
    was = lines[field][row]
    now: Any
    match field:
        case "local":
            now = was + timedelta(minutes=11)
        case "phone":
            now = "+49301234567"
        case "agent":
            now = f"{was}-2"
        case "duration_s":
            now = was + 61
        case "disposition":
            now = "refused" if was != "refused" else "info"
        case _:
            now = (was or 0) + 100
    values = lines[field].to_list()
    values[row] = now
    extra = {"phone_damage": None} if field == "phone" else {}
    other = lines.with_columns(pl.Series(field, values, dtype=lines[field].dtype))
    for name, value in extra.items():
        cells = other[name].to_list()
        cells[row] = value
        other = other.with_columns(pl.Series(name, cells, dtype=pl.String))
    return other, was, now


@settings(max_examples=20, deadline=None)
@given(name=st.sampled_from(NAMES), seed=st.integers(0, 999))
def test_what_was_done_as_asked_is_done_and_nothing_else_moved(name: str, seed: int) -> None:
    month, asked, right = done(name)
    found = delta(month.report.lines, resorted(right, seed), asked, month.own.basis)
    assert found.count("done") == len(asked) > 0
    assert found.unrequested == ()


@settings(max_examples=20, deadline=None)
@given(name=st.sampled_from(NAMES), seed=st.integers(0, 999))
def test_what_was_not_done_is_said_and_nothing_else_moved(name: str, seed: int) -> None:
    month, asked, _ = done(name)
    found = delta(month.report.lines, resorted(month.report.lines, seed), asked, month.own.basis)
    assert found.count("not_done") == len(asked)
    assert found.unrequested == ()


FIELDS = ("local", "phone", "agent", "duration_s", "disposition", "amount_minor")


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    seed=st.integers(0, 999),
    place=st.floats(0, 1, exclude_max=True),
    field=st.sampled_from(FIELDS),
)
def test_one_more_change_is_exactly_what_is_found(name: str, seed: int, place: float, field: str) -> None:
    month, asked, right = done(name)
    of_line = {one.row: set(one.expected) for one in asked if one.row is not None}
    gone = {one.row for one in asked if one.action == "remove"}
    staying = [row for row in range(len(month.report.lines)) if row not in gone]
    free = [row for row in staying if field not in of_line.get(row, set())]
    if not free:
        return  # every line is asked for in this field
    row = free[int(place * len(free))]
    before = month.report.lines
    # the well-behaved partner keeps the order: its n-th staying line is ours, those it added stand between them
    same = ["phone_raw", "disposition_raw", "ref"]
    key = before.select(*same, "agent", "duration_s").row(row)
    now = [
        at
        for at, line in enumerate(right.select(*same, "agent", "duration_s").iter_rows())
        if line[0] == key[0] or (line[2] is not None and line[2] == key[2])
    ]
    if len(now) != 1 or (field == "amount_minor" and right["amount_minor"][now[0]] is None):
        return
    other, was, value = changed(right, now[0], field)
    found = delta(before, resorted(other, seed), asked, month.own.basis)
    assert [(one.what, one.before, one.field, one.was, one.is_) for one in found.unrequested] == [
        ("changed", before["line"][row], field, was, value)
    ]
    assert found.count("done") == len(asked)


@settings(max_examples=20, deadline=None)
@given(name=st.sampled_from(NAMES), seed=st.integers(0, 999), place=st.floats(0, 1, exclude_max=True))
def test_a_line_taken_out_is_found(name: str, seed: int, place: float) -> None:
    month, asked, right = done(name)
    lost = int(place * len(right))
    rest = pl.concat([right[:lost], right[lost + 1 :]])
    found = delta(month.report.lines, resorted(rest, seed), asked, month.own.basis)
    open_ = [one.done for one in found.answers if one.done != "done"]
    moved = [one.what for one in found.unrequested]
    added = {one.expected["local"] for one in asked if one.action == "add"}
    if right["local"][lost] in added and moved == []:
        assert open_ == ["not_done"]
    else:
        assert moved == ["removed"]
        assert len(open_) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_line_added_is_found(name: str) -> None:
    month, asked, right = done(name)
    extra, _, _ = changed(right[5:6], 0, "local")
    extra = changed(extra, 0, "phone")[0].with_columns(ref=pl.lit(None, dtype=pl.String), line=pl.lit("new"))
    found = delta(month.report.lines, pl.concat([right, extra]), asked, month.own.basis)
    assert [(one.what, one.now) for one in found.unrequested] == [("added", "new")]
    assert found.count("done") == len(asked)


def test_another_value_than_asked_for_is_otherwise() -> None:
    month, asked, right = done("r03_de")
    one = next(one for one in asked if one.expected.get("amount_minor"))
    at = next(
        place
        for place, line in enumerate(right.select("phone", "amount_minor").iter_rows())
        if line == (month.report.lines["phone"][one.row or 0], one.expected["amount_minor"])
    )
    other, _, value = changed(right, at, "amount_minor")
    found = delta(month.report.lines, other, asked, month.own.basis)
    (answer,) = [each for each in found.answers if each.done != "done"]
    assert (answer.done, answer.asked.line, answer.found["amount_minor"]) == ("otherwise", one.line, value)
    assert found.unrequested == ()


def test_a_copy_of_a_line_to_remove_that_stays_is_not_done() -> None:
    month, asked, right = done("r01_en")
    copy = next(one for one in asked if one.action == "remove" and one.call is None)
    kept = month.report.lines.filter(pl.col("line") == copy.line)
    found = delta(month.report.lines, pl.concat([right, kept]), asked, month.own.basis)
    assert found.count("not_done") == 1
    assert found.unrequested == ()

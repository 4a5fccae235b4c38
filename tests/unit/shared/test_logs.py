"""Lines that are logged: what they are about stands in each, and a number in none."""

from __future__ import annotations

import asyncio
import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.logs import JsonLines, TextLines, about, masked


def line(form: logging.Formatter, text: str, *arguments: object, wrong: Exception | None = None) -> str:
    try:
        if wrong is not None:
            raise wrong
        info = None
    except Exception:
        info = sys.exc_info()
    record = logging.LogRecord("calls", logging.WARNING, __file__, 1, text, arguments, info)
    return form.format(record)


def test_a_line_is_one_object_with_what_it_is_about() -> None:
    with about(topic="tallyline.calls", partition=3), about(offset=41, event_id="telephony.1/3@41.0"):
        said = json.loads(line(JsonLines(), "%s can't fold", "performance"))
    assert said.pop("at").endswith("+00:00")
    assert said == {
        "level": "warning",
        "logger": "calls",
        "message": "performance can't fold",
        "topic": "tallyline.calls",
        "partition": 3,
        "offset": 41,
        "event_id": "telephony.1/3@41.0",
    }
    assert "offset" not in line(JsonLines(), "later")
    with about(offset=41):
        assert line(TextLines(), "here").endswith("warning calls: here (offset=41)")


async def test_lines_of_work_side_by_side_are_about_their_own() -> None:
    async def work(offset: int) -> str:
        with about(offset=offset):
            await asyncio.sleep(0)
            return line(TextLines(), "at it")

    said = await asyncio.gather(work(1), work(2))
    assert [text.rpartition("=")[2] for text in said] == ["1)", "2)"]


@pytest.mark.parametrize("form", [JsonLines(), TextLines()])
@pytest.mark.parametrize("number", ["+38761234567", "+387 61 234-567", "0038761234567", "+49 (151) 23456789"])
def test_no_line_holds_a_number_whoever_wrote_it(form: logging.Formatter, number: str) -> None:
    said = line(form, "a library says %s", f"To={number}", wrong=ValueError(f"{number} of {number[3:]}"))
    digits = "".join(filter(str.isdigit, number))
    assert digits[-6:] not in "".join(filter(str.isdigit, said.replace(__file__, "")))
    assert "ValueError" in said


@given(st.integers(0, 10**12))
def test_offsets_and_ids_stay_as_they_are(offset: int) -> None:
    assert masked(f"tallyline.calls/3 at {offset}") == f"tallyline.calls/3 at {offset}"

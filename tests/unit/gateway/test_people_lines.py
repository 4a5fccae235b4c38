"""People of a rota as lines: what is written is read again as it was, and what can't be read is named by its line."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.views.people_lines import lines_of, people_of

PEOPLE = st.fixed_dictionaries(
    {
        "agent": st.from_regex(r"[a-z0-9][a-z0-9:.@-]{0,20}", fullmatch=True),
        "languages": st.lists(st.sampled_from(["hr", "de", "pl", "eng"]), min_size=1, max_size=3),
    },
    optional={
        "most_minutes_week": st.integers(0, 336).map(lambda halves: halves * 30),
        "away": st.lists(st.dates(date(2026, 1, 1), date(2027, 1, 1)).map(date.isoformat), min_size=1, max_size=3),
    },
)


@given(st.lists(PEOPLE, max_size=5))
def test_what_is_written_is_read_as_it_was(people: list[dict[str, object]]) -> None:
    assert people_of(lines_of(people)) == people


def test_people_are_read_line_by_line() -> None:
    assert people_of("a7: hr, de; 30; 2026-03-05, 2026-03-06\n\n  a8 : pl\na9: hr;; 2026-03-05") == [
        {"agent": "a7", "languages": ["hr", "de"], "most_minutes_week": 1800, "away": ["2026-03-05", "2026-03-06"]},
        {"agent": "a8", "languages": ["pl"]},
        {"agent": "a9", "languages": ["hr"], "away": ["2026-03-05"]},
    ]


@pytest.mark.parametrize("line", ["a7", ": hr", "a7:", "a7: hr; much", "a7: hr; 30; soon", "a7: hr; 30; ; more"])
def test_what_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(ValueError, match=r"^Line 2 can't be read"):
        people_of(f"a1: hr\n{line}")

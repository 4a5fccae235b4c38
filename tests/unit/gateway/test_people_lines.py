"""People of a rota as lines: what is written is read again as it was, and what can't be read is named by its line."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.views.called import Called
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


NAMES = st.sampled_from(["Ana Anić", "Bruno", "One: two", "Three; four"])
NOBODY = Called({})


@given(st.lists(PEOPLE, max_size=5), st.lists(NAMES, min_size=5, max_size=5))
def test_what_is_written_is_read_as_it_was(people: list[dict[str, object]], names: list[str]) -> None:
    called = Called({str(one["agent"]): name for one, name in zip(people, names, strict=False)})
    assert people_of(lines_of(people, NOBODY), NOBODY) == people
    assert people_of(lines_of(people, called), called) == people


def test_people_are_called_by_their_names() -> None:
    called = Called({"a7": "Ana Anić", "a8": "Bruno", "a9": "Bruno"})
    people = [{"agent": "a7", "languages": ["hr"]}, {"agent": "a8", "languages": ["de"]}]
    assert lines_of(people, called) == "Ana Anić: hr\nBruno (a8): de"
    assert people_of("ana anić: hr\na8: de", called) == people
    assert people_of("new1: hr", called) == [{"agent": "new1", "languages": ["hr"]}]
    for name in ("Bruno", "Ana Babić"):
        with pytest.raises(ValueError, match=f"^Line 1: no agent, or more than one, is called {name}"):
            people_of(f"{name}: hr", called)


def test_people_are_read_line_by_line() -> None:
    assert people_of("a7: hr, de; 30; 2026-03-05, 2026-03-06\n\n  a8 : pl\na9: hr;; 2026-03-05", NOBODY) == [
        {"agent": "a7", "languages": ["hr", "de"], "most_minutes_week": 1800, "away": ["2026-03-05", "2026-03-06"]},
        {"agent": "a8", "languages": ["pl"]},
        {"agent": "a9", "languages": ["hr"], "away": ["2026-03-05"]},
    ]


@pytest.mark.parametrize("line", ["a7", ": hr", "a7:", "a7: hr; much", "a7: hr; 30; soon", "a7: hr; 30; ; more"])
def test_what_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(ValueError, match=r"^Line 2 can't be read"):
        people_of(f"a1: hr\n{line}", NOBODY)

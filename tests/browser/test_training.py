"""The page of training: who is certified of how many, and who is invited."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Served, looking


@pytest.fixture
def rows(browser: Browser, server: Served, cookies: list[dict[str, object]]) -> dict[str, list[list[str]]]:
    """The cells of the tables, row by row, as a reader sees them."""
    with looking(browser, server.base, cookies) as (context, _):
        page = context.new_page()
        page.goto(f"{server.base}/training")
        cells = "rows => rows.map(row => [...row.cells].map(cell => cell.innerText))"
        names = ("courses", "coverage", "sessions")
        return {name: page.locator(f"#{name} tbody tr").evaluate_all(cells) for name in names}


def test_courses_and_partners_show_who_is_certified_of_how_many(rows: dict[str, list[list[str]]]) -> None:
    first, second = rows["courses"]
    assert first[1:] == ["Calls in", "VITAL", "de", "2.1 since 2026-03-01", "vital-inbound", "13 of 30", "3"]
    assert second[0] == "<b>Vital</b> vital-hr"
    assert second[4] == "–"
    assert rows["coverage"][0] == ["Adria Voice", "vital-inbound", "12 of 24", "10", "2", "4", "2", "3"]
    assert rows["coverage"][1][3:6] == ["–", "1", "–"]
    assert [row[3:7] for row in rows["sessions"]] == [["Planned", "5", "30", "–"], ["Held", "7", "30", "4"]]
    assert rows["sessions"][0][2] == "2026-03-09 09:00 Europe/Berlin"

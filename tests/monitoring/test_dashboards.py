"""The dashboards are those of the table; each panel asks in words and in a query that is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.monitoring.dashboards import DASHBOARDS, FOLDER, ROW, written
from tests.monitoring.test_runbooks import parses

pytestmark = pytest.mark.monitoring
UNITS = {"none", "s", "ops", "reqps", "percentunit"}


def test_the_files_are_those_of_the_table() -> None:
    found = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    assert found == written(), "python -m tests.monitoring.dashboards"


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda board: board.uid)
def test_a_panel_says_what_it_asks_and_in_what_it_is_counted(board: object) -> None:
    (known,) = [one for one in DASHBOARDS if one is board]
    titles = [panel.title for panel in known.panels]
    assert len(titles) == len(set(titles))
    assert len(titles) % ROW == 0, "rows are full"
    for panel in known.panels:
        assert "?" in panel.description, panel.title
        assert panel.unit in UNITS, panel.title
        assert panel.queries, panel.title
        assert all(legend for legend, _ in panel.queries), panel.title


def test_each_query_is_one(tmp_path: Path) -> None:
    queries = [query for board in DASHBOARDS for panel in board.panels for _, query in panel.queries]
    parses([query.replace("$source", ".*") for query in queries], tmp_path)

"""The page of campaigns: pace to goal, numbers, and what is somebody else's left out."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from services.gateway.api.readers import CampaignRow
from services.gateway.pages.campaigns import seen
from shared.security import Principal
from tests.browser.conftest import Served, follow, looking


@pytest.fixture
def rows(browser: Browser, server: Served, cookies: list[dict[str, object]]) -> dict[str, list[list[str]]]:
    """The cells of both tables, row by row, as a reader sees them; those of a filtered list under its state."""
    with looking(browser, server.base, cookies) as (context, _):
        page = context.new_page()
        page.goto(f"{server.base}/campaigns")
        cells = "rows => rows.map(row => [...row.cells].map(cell => cell.innerText))"
        found = {name: page.locator(f"#{name} tbody tr").evaluate_all(cells) for name in ("goals", "campaigns")}
        page.get_by_label("State").select_option("ended")
        follow(page, page.get_by_role("button", name="Show"))
        assert page.url.endswith("/campaigns?state=ended")
        return found | {"ended": page.locator("#campaigns tbody tr").evaluate_all(cells)}


def test_goals_show_their_pace_and_campaigns_their_numbers(rows: dict[str, list[list[str]]]) -> None:
    march, money = rows["goals"]
    assert march == [
        "March orders", "DE Vital, Adria Voice, VITAL", "2026-03-31", "30.6 %", "84", "95", "310", "274", "Behind",
    ]  # fmt: skip
    assert money[1:2] + money[4:] == ["All campaigns", "0.00 EUR", "0.00 EUR", "50000.00 EUR", "–", "Not started"]
    assert rows["campaigns"] == [
        [
            "DE Vital de-vital",
            "Running",
            "DE, AT",
            'Adria Voice 60 %, Atlas <script>alert("partner")</script> 40 %',
            "+4930123456, +43123456",
            "Adria Voice 2",
        ],
        ["<b>UK</b> Care uk-care", "Ended", "GB", "–", "–", "–"],
    ]
    assert [row[0] for row in rows["ended"]] == ["<b>UK</b> Care uk-care"]


def test_who_sees_some_partners_sees_their_shares_alone() -> None:
    row = CampaignRow(
        campaign="c",
        name="C",
        state="running",
        countries=("HR",),
        shares={"adria": "60", "sava": "40"},
        certificates=("c-in",),
        uncertified={"adria": 2},
    )
    theirs = seen(row, Principal("ivo", "partner", frozenset({"sava"})))
    assert theirs is not None
    assert (theirs.shares, theirs.uncertified) == ({"sava": "40"}, {})
    assert seen(row, Principal("eva", "partner", frozenset({"danube"}))) is None
    assert seen(row, Principal("ana", "admin")) is row

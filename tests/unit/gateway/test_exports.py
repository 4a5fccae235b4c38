"""Every table of every page is there as a file, with the figures as numbers and nothing that can be pressed."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from services.gateway.pages.exports import asked, table_of
from services.gateway.pages.filter_words import told
from services.gateway.pages.site import page
from services.gateway.views import words
from services.gateway.views.inputs import Names
from shared.http import Problem

TEMPLATES = Path(__file__).parents[3] / "services/gateway/templates"
PAGE = """
<table id="other"><thead><tr><th>Other</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>
<table id="rows">
  <thead><tr><th colspan="2">Both</th></tr>
    <tr><th>Who</th><th class="n">Calls</th><th>State</th><th>Action</th></tr></thead>
  <tbody>
    <tr><th><a href="/a">Ana &amp; Ivo</a> <small>adria</small></th><td class="n">−</td>
      <td><span aria-hidden="true">x</span>open</td>
      <td><form><label>Why <input name="why"></label><button>Do it</button></form></td></tr>
    <tr><th>=cmd()</th><td class="n">12.50</td><td colspan="2">no more</td></tr>
    <tr><th>Eva</th><td class="n">–</td><td><details><summary>Change</summary><p>More</p></details></td>
      <td><a class="button" href="/b">Do</a></td></tr>
  </tbody>
  <tfoot><tr><th>Total</th><td class="n">12.50</td></tr></tfoot>
</table>
"""
OF_THEIR_OWN = {
    "calls.html": "all calls that fit, not those of the page: a file of the calls themselves",
    "evidence.html": "all calls behind a figure",
    "changes.html": "all that moved a figure",
    "invoices.html": "with amounts and currencies apart",
    "invoice.html lines": "with amounts and currencies apart",
    "month.html groups-table": "with amounts and currencies apart",
    "month_parts.html": "all lines of a group or a month",
    "month_paper.html": "paper: the page of the month has the files",
    "print_scorecard.html": "paper: the scorecard has the files",
    "reconciliation.html": "with amounts and currencies apart",
    "scorecard.html": "figures as the API has them",
    "wallboard.html": "rows as they are sorted and filtered now",
    "audit_entry.html": "one entry, which is no list; the log has an export",
    "described.html": "the description of the API, which is a file itself",
    "meanwhile.html": "two values of a form, between which somebody chooses",
    "panel.html": "what is held of an agent, who sees it on the panel",
    "partner_contract.html terms": "the terms of a contract: they are a file themselves",
    "handovers.html waiting": "stopwatches of this second",
    "rota_plan.html": "a try, which is no rota yet",
}


def test_a_table_is_read_without_what_can_be_pressed() -> None:
    heading, rows = table_of(PAGE, "rows")
    assert heading == ["Who", "Calls", "State"]
    assert rows == [
        ["Ana & Ivo adria", "−", "open"],
        ["=cmd()", Decimal("12.50"), "no more"],
        ["Eva", None, None],
    ]


@pytest.mark.parametrize("which", ["rows", "rows.pdf", ".csv", ""])
def test_there_is_no_other_form(which: str) -> None:
    with pytest.raises(Problem):
        asked(which)


def test_there_is_no_table_that_the_page_does_not_show() -> None:
    assert asked("a.b.xlsx") == ("a.b", "xlsx")
    with pytest.raises(Problem):
        table_of(PAGE, "row")


def test_figures_of_a_file_are_numbers_in_every_language() -> None:
    german = words.Speech(language="de", thousands=".", decimal=",")
    with words.speaking(german):
        assert (words.number(1234.5), words.percent(0.5), words.money(-123450, "EUR")) == (
            "1.234,5", "50,0 %", "−1.234,50 EUR",
        )  # fmt: skip
    with words.speaking(replace(german, plain=True)):
        assert [words.number(1234.5), words.percent(0.843), words.bare_percent(0.5), words.duration(3725.5)] == [
            "1234.5", "0.843", "0.5", "3725.5",
        ]  # fmt: skip
        assert [words.money(-123450, "EUR"), words.seconds(1500), words.decimal(Decimal("1234.5"))] == [
            "-1234.50 EUR", "1.5", "1234.5",
        ]  # fmt: skip
        assert words.number(None) == words.percent(None) == words.duration(None) == words.UNKNOWN


def test_a_share_of_a_hundred_is_between_0_and_1_in_files() -> None:
    with words.speaking(words.Speech(language="de", thousands=".", decimal=",")):
        assert [words.of_hundred(text) for text in ("3.41", "0.00", None)] == ["3,41 %", "0,00 %", words.UNKNOWN]
    with words.speaking(words.Speech(plain=True)):
        assert [words.of_hundred(text) for text in ("3.41", "75.00", None)] == ["0.0341", "0.7500", words.UNKNOWN]


def shown(query: bytes) -> Response:
    """The page of saved views with one that tries to be a formula."""
    scope = {"type": "http", "method": "GET", "path": "/saved-views", "headers": [], "query_string": query, "state": {}}
    one = {"page": "/calls", "href": "/calls?day=1", "name": "=cmd()", "query": {"day": "1"}, "mine": True} | {
        "shared": False, "start": False, "view": "v", "owner": "ana",
    }  # fmt: skip
    more: dict[str, Any] = {
        "said": "",
        "wrong": "",
        "asked": {},
        "most_name": 60,
        "rows": [(one, 1)],
        "pages": {"/calls": "Calls"},
        "filters": lambda shown: told(shown["page"], shown["query"], Names()),
    }
    return page(Request(scope), "saved_views.html", **more, clears=False)


async def test_the_page_gives_the_file_that_it_leads_to() -> None:
    (way,) = re.findall(r'href="(/saved-views[?][^"]*csv)"', bytes(shown(b"said=x&a=1&file=").body).decode())
    assert way == "/saved-views?a=1&amp;file=saved.csv"
    answer = shown(b"a=1&file=saved.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="saved-views-saved.csv"'
    body = b"".join([bytes(piece) async for piece in cast(StreamingResponse, answer).body_iterator])  # type: ignore[arg-type]
    heading, row = csv.reader(io.StringIO(body.decode("utf-8-sig")))
    assert heading == ["Page", "View", "Filters", "Whose"]
    assert row == ["Calls", "'=cmd()", "Day: 1", "yours"]
    with pytest.raises(Problem):
        shown(b"file=other.csv")


TABLE = re.compile(r'<table(?: id="(?P<id>[^"]+)")?(?: class="(?P<kind>[^"]+)")?')


def test_every_table_of_every_page_can_be_taken_as_a_file() -> None:
    """So a new table has its files too, or a reason."""
    without, used = [], set()
    for template in sorted(TEMPLATES.glob("*.html")):
        text = template.read_text()
        given = set(re.findall(r'table_files\("([^"]+?)-?"', text))
        for found in TABLE.finditer(text):
            table = found["id"] or found["kind"] or ""
            reasons = {template.name, f"{template.name} {table}"} & OF_THEIR_OWN.keys()
            used |= reasons
            told = table.removesuffix("-{{ loop.index }}") in given or template.name == "cover.html"
            if not told and not reasons:
                without.append(f"{template.name} {table}")
    assert without == []
    assert used == OF_THEIR_OWN.keys() - {"rota_plan.html"}

"""Every figure that a page links is opened, and what stands behind it is added up again: on every page of a whole
company at rest. Where totals stand over rows, they are added up down to the last line."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
import pytest_asyncio
from lxml import html

from services.gateway.pages.site import NAVIGATION
from services.simulate.company import company
from services.simulate.driver import (
    enter_dealings,
    enter_programme,
    enter_training,
    requests_of,
    send,
    set_up_company,
)
from services.simulate.months import enter_months
from services.simulate.stream import deliveries
from tests.browser.demo import kind_of
from tests.e2e.systems import Time, ask, at_rest, start

pytestmark = pytest.mark.asyncio(loop_scope="module")
SEED = 5
FIGURE = re.compile(r"[−-]?[\d,]+(\.\d+)?( %| h)?|–|\d+(:\d\d)+( h)?|[\d,.]+ [A-Z]{3}")
"""A text that is a figure and nothing else."""


class Figure(NamedTuple):
    """What a page says, and where it leads."""

    page: str
    text: str
    href: str


class Firm(NamedTuple):
    """A company at rest, and its pages by their addresses."""

    client: httpx.AsyncClient
    pages: dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def firm(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Firm]:
    """What a demo holds on its first day, and a page of each kind, as somebody sees them who sees all."""
    time = Time()
    async with start("embedded", tmp_path_factory.mktemp("firm") / "data", time) as system:
        found = company(SEED, partners=6, agents=18)
        await set_up_company(system.client, found, demo=True)
        for enter in (enter_programme, enter_training, enter_dealings):
            await enter(system.client, found, time().date())
        await enter_months(system.client, time().date())
        arrived = deliveries(found, SEED, time() - timedelta(hours=17), time())
        assert (await send(system.client, requests_of(found, arrived))).answers.keys() == {202}
        await at_rest(system)
        yield Firm(system.client, await looked_at(system.client, time().date().isoformat()))


async def page_of(client: httpx.AsyncClient, href: str) -> Any:
    """A page's content."""
    answer = await client.get(href, headers={"accept": "text/html"})
    assert answer.status_code == 200, f"{href}: {answer.status_code}"
    return html.fromstring(answer.text).get_element_by_id("main")


async def looked_at(client: httpx.AsyncClient, day: str) -> dict[str, Any]:
    """A page of each kind, found by links, and all months and invoices."""
    left = [target for target, _name, _right in NAVIGATION]
    known = {kind_of(path) for path in left}
    found: dict[str, Any] = {}
    while left:
        path = left.pop(0)
        found[path] = await page_of(client, path)
        for link in found[path].iter("a"):
            to = urljoin(path, link.get("href", "").partition("#")[0])
            if re.fullmatch("/agents/[^?]*", to):
                to = f"{to}?from={day}&to={day}"
            kind = kind_of(to)
            several = kind[0] in ("/reconciliation/{partner}/{month}", "/invoices/{invoice_id}") and "?" not in to
            if kind[0].startswith(NO_PAGES) or "{form}" in kind[0] or "form=" in to or to in (*found, *left):
                continue
            if several or kind not in known:
                known.add(kind)
                left.append(to)
    return found


NO_PAGES = ("/api/", "/static/", "/v1/")


def said(element: Any) -> str:
    """Its text, as one line."""
    return " ".join(element.text_content().split())


def figures_of(path: str, page: Any) -> list[Figure]:
    """What the page links and is a figure: by itself, or in bold beside its name."""
    found: list[Figure] = []
    for link in page.iter("a"):
        marked = link.xpath(".//*[contains(@class, 'value')] | .//b | parent::li[@data-group]/b")
        text = said(marked[0]) if marked else said(link)
        if FIGURE.fullmatch(text) and not link.get("href").endswith("/manual/page"):  # whose name is its version
            found.append(Figure(path, text, urljoin(path, link.get("href"))))
    return found


def number(text: str) -> float:
    """What a text counts; of a time seconds, of a rate its hundredths as printed."""
    total = 0.0
    for part in re.sub(r"[^\d.:]", "", text).split(":"):
        total = total * 60 + float(part or 0)
    return total


async def evidence(client: httpx.AsyncClient, href: str) -> tuple[int, str, str]:
    """What is behind a figure of calls, added up from the file that has all of it; the total and the ratio that its
    page says."""
    page = await page_of(client, href)
    shown = [said(one) for one in page.xpath(".//section[contains(@class, 'sum')]//b")]
    answer = await client.get(f"{href}&form=csv")
    assert answer.status_code == 200, href
    amounts = [int(row["amount"]) for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))]
    assert number(said(page.xpath(".//h2")[0]).split()[-2]) == len(amounts), href
    return sum(amounts), shown[0], shown[-1] if len(shown) > 1 else ""


async def adds_up(client: httpx.AsyncClient, figure: Figure) -> None:
    """The figure is the sum of what its page lists; a ratio is one sum by the other."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(figure.href).query).items()}
    over, total, ratio = await evidence(client, figure.href)
    assert ("over" in query) == (ratio != ""), figure
    in_seconds = total.endswith(" s")
    assert number(total) == pytest.approx(over / 1_000 if in_seconds else over), figure
    if "over" not in query:
        assert number(figure.text) == number(total), figure
        return
    others = re.sub(r"measure=[^&]*&over=[^&]*", f"measure={query['over']}", figure.href)
    under, _, _ = await evidence(client, others)
    if not under:
        assert figure.text == "–", figure
    elif "%" in figure.text:
        assert number(figure.text) == pytest.approx(100 * over / under, abs=0.051), figure
    elif ":" in figure.text:
        assert number(figure.text) == pytest.approx(over / under / 1_000, abs=1), figure
    else:
        assert number(figure.text) == pytest.approx(over / under * 3_600_000, abs=0.51), figure


INTAKE = "/api/v1/sources/[^/]*/intake"
COUNTED = {
    "/partners": ".//*[contains(@class, 'column')]//li[a]",
    "/wallboard": ".//*[@id='table']//tbody/tr[not(@hidden)]",
    "/calls": ".//table//tbody/tr",
    "/reconciliation": ".//*[@id='months']/tbody/tr",
    "/partners/{partner}/issues": ".//*[@id='issues']/tbody/tr[not(.//*[@class='done'])]",
    "/partners/{partner}/contract": ".//*[@id='deviations']/tbody/tr",
}
"""What a count opens, by the page that it leads to: so many of these stand there."""


async def opens(client: httpx.AsyncClient, figure: Figure) -> str:
    """Open the figure, and hold what is there against it; by which way."""
    kind = kind_of(figure.href)[0]
    if kind == "/evidence":
        await adds_up(client, figure)
    elif kind in COUNTED:
        rows = (await page_of(client, figure.href)).xpath(COUNTED[kind])
        if ":" in figure.text:  # the longest of some waits
            waits = [number(said(row.xpath("./td")[-3])) for row in rows]
            assert number(figure.text) == max(waits, default=0), figure
        else:
            assert number(figure.text) == len(rows), figure
    elif re.fullmatch(INTAKE, kind):
        assert number(figure.text) == (await ask(client, figure.href))["counts"]["received"], figure
        kind = INTAKE
    else:
        raise AssertionError(f"nobody knows how {figure} is added up")
    return kind


async def test_every_figure_that_is_linked_adds_up(firm: Firm) -> None:
    opened: Counter[str] = Counter()
    known = set[tuple[str, str]]()
    for path, page in firm.pages.items():
        for figure in figures_of(path, page):
            if (figure.text, figure.href) not in known:
                known.add((figure.text, figure.href))
                opened[await opens(firm.client, figure)] += 1
    assert opened["/evidence"] > 60
    assert opened.keys() == {*COUNTED, "/evidence", INTAKE}


async def test_every_key_figure_is_linked(firm: Firm) -> None:
    """What a page counts of calls can be opened, and not only read."""
    for path in firm.pages:
        page = firm.pages[path]
        for figure in page.xpath(".//li[contains(@class, 'card-of')] | .//ul[contains(@class, 'kpis')]/li"):
            nothing = said(figure.xpath(".//*[contains(@class, 'value')]")[0]) == "–"
            assert nothing or figure.xpath(".//a[@href]"), f"{path}: {said(figure)} leads nowhere"


def cents(text: str) -> int:
    """Of an amount, in hundredths; ≠ marks one that should be none."""
    found = re.search(r"([−-]?)([\d,]+)\.(\d\d)", text)
    assert found, text
    return int(found[2].replace(",", "") + found[3]) * (-1 if found[1] else 1)


async def test_the_grid_of_months_adds_up_down_to_the_last_line(firm: Firm) -> None:
    client = firm.client
    page = firm.pages["/reconciliation"]
    told = dict.fromkeys(("mismatches", "open", "difference", "at_stake"), 0)
    for row in page.xpath(".//*[@id='months']/tbody/tr"):
        shown = dict(zip(told, (said(cell) for cell in row.xpath("./td")[-5:-1]), strict=True))
        if row.get("data-state") == "due":
            assert set(shown.values()) <= {"–", "0"}
            continue
        (href,) = row.xpath("./th/a/@href")
        month = firm.pages[href]
        groups = month.xpath(".//*[@id='groups-table']/tbody/tr")
        assert len(groups) == number(shown["mismatches"])
        assert len([one for one in groups if one.xpath(".//b[@class='bad']")]) == number(shown["open"])
        moved = [cents(said(one.xpath("./td[@data-moved]")[0])) for one in groups]
        assert sum(moved) == cents(shown["difference"]) == cents(said(month.get_element_by_id("groups-total")))
        for group, amount in zip(groups, moved, strict=True):
            for link in group.xpath("./th/a/@href"):
                assert await lines_of(client, urljoin(href, link)) == amount, link
        told["mismatches"] += int(number(shown["mismatches"]))
        told["open"] += int(number(shown["open"]))
        told["difference"] += cents(shown["difference"])
        told["at_stake"] += cents(shown["at_stake"])
    (mismatches, opened, difference, at_stake) = (said(page.xpath(f".//*[@data-total='{name}']")[0]) for name in told)
    assert [number(mismatches), number(opened), cents(difference), cents(at_stake)] == list(told.values())
    assert told["mismatches"] > 5
    states = Counter(row.get("data-state") for row in page.xpath(".//*[@id='months']/tbody/tr"))
    for cell in page.xpath(".//tfoot//td[contains(@class, 'step')]"):
        assert int(said(cell) or 0) == states[cell.get("data-total")]


async def lines_of(client: httpx.AsyncClient, href: str) -> int:
    """What the lines of a group move together, over all their pages."""
    moved = 0
    while True:
        page = await page_of(client, href)
        lines = page.xpath(".//*[@id='lines']/tbody/tr")
        assert lines, href
        moved += sum(cents(said(line.xpath("./td")[-1])) for line in lines)
        more = page.xpath(".//*[@class='more']/a[contains(@href, 'cursor=')]/@href")
        if not more:
            return moved
        href = urljoin(href, more[0])


async def test_the_list_of_invoices_adds_up_down_to_the_last_line(firm: Firm) -> None:
    rows = firm.pages["/invoices"].xpath(".//*[@id='invoices']/tbody/tr")
    assert rows
    gross, owed = (cents(said(cell)) for cell in firm.pages["/invoices"].xpath(".//tfoot//td"))
    assert sum(cents(said(row.xpath("./td")[-2])) for row in rows) == gross
    assert sum(cents(said(row.xpath("./td")[-1])) for row in rows) == owed
    for row in rows:
        invoice = firm.pages[row.xpath("./th/a/@href")[0]]
        lines = invoice.xpath(".//*[@id='lines']/tbody/tr")
        assert lines
        for column, under in ((-3, "ours"), (-2, "invoiced"), (-1, "difference")):
            each = [cents(said(line.xpath("./td")[column])) for line in lines]
            assert sum(each) == cents(said(invoice.get_element_by_id(under)))

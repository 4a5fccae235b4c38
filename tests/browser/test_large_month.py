"""A month with a thousand groups that are open, and one with a group of a thousand lines: read, walked and decided."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from services.reconciliation.domain.month import month
from services.reconciliation.domain.month_commands import (
    AttributeMismatches,
    Found,
    RecordReconciliation,
    RequestAdjustment,
)
from services.reconciliation.events.months import StateTotal
from shared.kernel import Command
from tests.browser.conftest import Watched, follow
from tests.browser.shop import Shop, aside, serving
from tests.browser.test_reconciliation import cents
from tests.e2e.systems import System, Time, at_rest, start
from tests.e2e.test_month import HEADER, ZONE, connected, november, report

pytestmark = pytest.mark.timeout(300)
MONTH = "2026-11"
MANY = 1_000
PAGE_BYTES = 60 * 1024
USABLE_MS = 2_500
"""Of a page of the system, on a machine that is busy with other tests too."""
CALLS = 4
PROOF = "{n} of {of} lines name agent a{n}, our log b{n}; found on 9 days, then foretold {n} of {of} of the others"


def invented() -> bytes:
    """A report of our calls, and of a thousand sales that never were."""
    into = io.StringIO(report(range(CALLS)).decode())
    into.seek(0, io.SEEK_END)
    table = csv.writer(into)
    for number in range(MANY):
        local = (datetime(2026, 11, 9, 8, tzinfo=UTC) + timedelta(seconds=601 * number)).astimezone(ZONE)
        phone = f"+38595{2_000_000 + number * 7919}"
        row = (f"x-{number}", f"{local:%Y-%m-%d}", f"{local:%H:%M:%S}", phone, "a7", "80")
        table.writerow([*row, "Sale", "49.00"])
    assert len(row) + 2 == len(HEADER)
    return into.getvalue().encode()


def groups(kept: str) -> RecordReconciliation:
    """A comparison that found a thousand causes, of which none has an owner."""
    found = tuple(
        Found(
            mismatch_id=f"E{n}",
            kind="wrong_agent",
            cause="renamed",
            party="undetermined" if n % 2 else "own",
            confidence="undetermined" if n % 2 else "likely",
            lines=n,
            against=n % 3,
            moved_minor=100 * n,
            proof=PROOF.format(n=n, of=n + n % 3),
            systematic=True,
        )
        for n in range(1, MANY + 1)
    )
    total = sum(one.moved_minor for one in found)
    return RecordReconciliation(
        month_id=f"zvono:{MONTH}",
        report=1,
        kept=kept * 64,
        currency="EUR",
        lines=600_000,
        calls=600_000,
        theirs_minor=total,
        ours_minor=0,
        totals=(StateTotal(state="undetermined", units=MANY, theirs_minor=total, ours_minor=0),),
        found=found,
        at=datetime(2026, 12, 2, 9, tzinfo=UTC),
    )


def asked_for() -> tuple[Command, ...]:
    """All of them were the partner's, and it was asked to correct them."""
    of, ids = f"zvono:{MONTH}", tuple(f"E{n}" for n in range(MANY, 0, -1))
    at, by = datetime(2026, 12, 2, 9, tzinfo=UTC), "ana"
    return (
        AttributeMismatches(month_id=of, mismatches=ids, party="partner", reason="So it seems.", at=at, by=by),
        RequestAdjustment(month_id=of, mismatches=ids, lines=9, digest="d" * 64, due=date(2026, 12, 9), at=at, by=by),
    )


def told(data: Path) -> None:
    """The past, to a system in this process."""

    async def tell() -> None:
        clock = Time()
        async with start("embedded", data, clock) as system:
            for name in ("adria", "zvono"):
                await connected(system, name)
                await november(system, clock, CALLS, name)
            await compared(system, "adria", invented())
            await compared(system, "zvono", report(range(CALLS)))
            commands = system.runtime.kits["reconciliation"].commands
            for number, command in enumerate((groups("c"), *asked_for(), groups("e"))):
                await commands.handle(month, f"zvono:{MONTH}", command, command_id=f"a-thousand-{number}", actor="ana")
            await at_rest(system)

    aside(tell())


async def compared(system: System, partner: str, content: bytes) -> None:
    place = f"/api/v1/reconciliation/months/{partner}:{MONTH}"
    answer = await system.client.post(f"{place}/reports", params={"name": "november.csv"}, content=content)
    assert answer.status_code == 202, answer.text
    async with asyncio.timeout(60):
        while (await system.client.get(place)).json().get("stage") != "reconciled":
            await at_rest(system)
            await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with serving(tmp_path_factory, 0, told) as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, shop: Shop) -> Iterator[Page]:
    context = browser.new_context(extra_http_headers={"authorization": str(shop.http.headers["authorization"])})
    watched = Watched(context, shop.base)
    yield context.new_page()
    context.close()
    assert (watched.complaints, watched.elsewhere) == ([], [])


def moved(page: Page) -> list[int]:
    return [int(one) for one in page.locator("#groups-table tbody td").evaluate_all(AMOUNTS)]


AMOUNTS = "cells => cells.map((cell) => cell.dataset.moved).filter((amount) => amount !== undefined)"


def weight(page: Page) -> int:
    """Of the page as it is sent, packed."""
    return len(gzip.compress(page.request.get(page.url).body(), 5))


def usable_ms(page: Page) -> float:
    """Of three times the best: other tests run beside this one."""
    took = []
    for _ in range(3):
        page.reload()
        took.append(page.evaluate("performance.getEntriesByType('navigation')[0].duration"))
    return float(min(took))


def test_a_thousand_open_groups_are_walked_page_by_page(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.base}/reconciliation/zvono/{MONTH}")
    assert usable_ms(page) < USABLE_MS
    total = cents(page.locator("#groups-total").inner_text())
    assert total == 100 * MANY * (MANY + 1) // 2
    seen: list[int] = []
    while True:
        amounts = moved(page)
        assert len(amounts) == 100
        assert cents(page.locator("#groups-table tfoot tr").first.inner_text().split(":")[-1]) == sum(amounts)
        assert weight(page) <= PAGE_BYTES // 2
        seen += amounts
        more = page.get_by_role("link", name="More groups")
        if not more.count():
            break
        follow(page, more)
    assert seen == [100 * n for n in range(MANY, 0, -1)], "each once, those that move the most first"
    expect(page.locator("#groups-more")).to_contain_text("901 to 1,000 of 1,000 groups")
    page.get_by_role("link", name="To the first").click()
    expect(page.locator("#groups-table tbody tr").first).to_have_attribute("data-group", f"E{MANY}")
    assert Axe().run(page).response["violations"] == []
    table = page.request.get(f"{shop.base}/reconciliation/zvono/{MONTH}/tables/groups.csv").body().decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(table)))) == MANY


def test_what_is_decided_on_a_later_page_is_seen_there_and_all_that_is_left_at_once(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.base}/reconciliation/zvono/{MONTH}?skip=300")
    row = page.locator("tr[data-group=E650]")
    row.get_by_role("checkbox").check()
    page.locator("[name=reason]").first.fill("The recordings say so.")
    page.get_by_label("Whose").select_option("partner")
    page.get_by_role("button", name="Set for the chosen").click()
    expect(page.locator("#said")).to_have_text("Kept, with your reason. It can be undone.")
    expect(row).to_contain_text("attributed")
    row.get_by_role("link", name="E650").click()
    expect(page.locator("#evidence")).to_contain_text("name agent a650, our log b650")
    expect(row).to_have_attribute("aria-current", "true")

    page.locator("[name=reason]").first.fill("So says the partner too.")
    page.get_by_label("Whose").select_option("partner")
    page.get_by_role("button", name="Set for all that are open").click()
    expect(page.locator("#said")).to_have_text("Kept, with your reason. It can be undone.")
    expect(page.locator("#groups-table .bad")).to_have_count(0)
    steps = page.locator("#history li")
    expect(steps).to_have_count(100)
    assert weight(page) <= PAGE_BYTES
    page.get_by_role("link", name=re.compile("All 2,0.. steps")).click()
    expect(steps).to_have_count(2 * MANY + 5)  # the report, what was asked, three comparisons, and each group twice


def test_a_thousand_groups_that_were_asked_for_or_decided_meanwhile_are_not_told_one_by_one(
    browser: Browser, page: Page, shop: Shop
) -> None:
    page.goto(f"{shop.base}/reconciliation/zvono/{MONTH}")
    request = page.locator("#requests-table tbody td").first
    expect(request).to_have_text(re.compile(r"^E1000, E999, .*, E981 and 980 more$"))

    place = f"/reconciliation/months/zvono:{MONTH}/attribution"
    ids = [f"E{n}" for n in range(1, MANY + 1)]
    shop.done("POST", place, {"mismatches": ids, "party": "own", "reason": "It is ours."})
    shop.eventually(lambda: _last(shop) == "It is ours.")
    headers = {"authorization": str(shop.http.headers["authorization"])}
    context = browser.new_context(extra_http_headers=headers)  # not watched: a refusal is a complaint of the browser
    theirs = context.new_page()
    theirs.goto(f"{shop.base}/reconciliation/zvono/{MONTH}")
    expect(theirs.locator("#groups-table .bad")).to_have_count(100)
    shop.done("POST", place, {"mismatches": ids, "party": "undetermined", "reason": "Who knows."})
    shop.eventually(lambda: _last(shop) == "Who knows.")
    theirs.locator("[name=reason]").first.fill("So says the partner.")
    theirs.get_by_label("Whose").select_option("partner")
    theirs.get_by_role("button", name="Set for all that are open").click()
    rows = theirs.locator("#both tbody tr")
    expect(rows).to_have_count(101)
    expect(rows.last).to_have_text(re.compile("900 more groups.*The partner’s mistake.*Undetermined: 900"))
    context.close()


def _last(shop: Shop) -> str:
    month = shop.done("GET", f"/reconciliation/months/zvono:{MONTH}")
    return str(month["history"][-1]["says"]).rpartition(": ")[2]


def test_a_thousand_lines_of_a_group_are_walked_and_add_up_to_it(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.base}/reconciliation/adria/{MONTH}")
    row = page.locator("#groups-table tbody tr")
    expect(row).to_have_count(1)
    amount = cents(row.locator("[data-moved]").inner_text())
    assert amount == MANY * 4900
    follow(page, row.get_by_role("link"))
    assert usable_ms(page) < USABLE_MS
    found: list[str] = []
    together = 0
    while True:
        found += page.locator("#lines tbody th").all_inner_texts()
        together += sum(map(cents, page.locator("#lines tbody td:last-child").all_inner_texts()))
        more = page.get_by_role("link", name="More lines")
        if not more.count():
            break
        follow(page, more)
    assert (len(found), len(set(found)), together) == (MANY, MANY, amount)
    assert weight(page) <= PAGE_BYTES // 2

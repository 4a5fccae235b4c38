"""The live wallboard in a browser: it moves, keeps what the reader chose, and says when it knows nothing new."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Served, follow

LIVE = re.compile(r"^Live \d s$")


def numbers(page: Page, cells: str) -> list[float]:
    """The numbers in those cells that are to be seen; unknown is -1."""
    texts = page.locator(f"tbody tr:not([hidden]) {cells}").all_inner_texts()
    return [float(re.sub(r"[^\d.]", "", text) or -1) for text in texts]


def seconds(text: str) -> int:
    """`m:ss` or `h:mm:ss` in seconds."""
    total = 0
    for part in re.findall(r"\d+", text):
        total = total * 60 + int(part)
    return total


def wait_ticks(page: Page, count: int) -> None:
    """Until that many more ticks have been drawn."""
    chart = page.locator("[data-chart=one] .line")
    for _ in range(count):
        before = chart.get_attribute("d") or ""
        expect(chart).not_to_have_attribute("d", before)


def test_a_tick_moves_a_figure_a_row_and_the_chart(page: Page) -> None:
    expect(page.locator("#live")).to_have_text(LIVE)
    row = page.locator("tbody tr").nth(4).locator(".c-since")
    before, line = row.inner_text(), page.locator("[data-chart=one] .line").get_attribute("d") or ""
    expect(row).not_to_have_text(before)
    expect(page.locator("[data-chart=one] .line")).not_to_have_attribute("d", line)
    figures = page.locator(".kpis [data-text]")
    first = figures.all_inner_texts()
    page.wait_for_function("(first) => [...document.querySelectorAll('.kpis [data-text]')].map((e) => e.textContent)"
                           ".join() !== first", arg=",".join(first))  # fmt: skip


def test_the_page_is_live_as_soon_as_its_stream_is_open(page: Page) -> None:
    page.clock.install()
    page.clock.pause_at("2100-01-01")  # no second passes on the page from here on
    page.reload()
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def test_only_what_changed_is_written_when_the_page_takes_over(page: Page) -> None:
    told = page.context.new_page()
    told.add_init_script("""
      delete window.BroadcastChannel;  // what another tab hears does not come here
      window.states = 0;
      new MutationObserver((changes) => {
        if (document.readyState !== "loading") {
          window.states += changes.filter((one) => one.target.className?.startsWith?.("c-state")).length;
        }
      }).observe(document, {childList: true, subtree: true});
    """)
    told.route(
        "**/api/v1/live?**", lambda route: route.fulfill(content_type="text/event-stream", body="retry: 2000\n\n")
    )
    told.goto(page.url)
    told.wait_for_timeout(300)
    assert told.evaluate("window.states") == 0
    told.close()


def test_the_page_shows_what_the_interface_says(page: Page, server: Served) -> None:
    page.wait_for_timeout(1500)
    shown = page.evaluate(
        """async () => {
          const board = await (await fetch("/api/v1/wallboard")).json();
          const rows = [...document.querySelectorAll("#table tbody tr")];
          const names = new Set(rows.map((row) => row.cells[0].textContent.trim()));
          return {board, names: [...names], count: rows.length};
        }"""
    )
    board = shown["board"]
    assert shown["count"] == len(board["rows"]) == 120
    assert set(shown["names"]) == {row[1].strip() for row in board["rows"]}
    assert sum(group["n"] for group in board["groups"]) == 120
    assert all(kpi["href"] for kpi in board["kpis"])
    states = page.locator(".groups b").all_inner_texts()
    assert sum(int(text) for text in states if text) == 120


def test_sort_and_filter_hold_through_ticks_and_stand_in_the_address(page: Page, context: BrowserContext) -> None:
    page.get_by_label("Find").fill("adria")
    page.locator("[data-sort=sales] a").click()
    page.locator("[data-sort=sales] a").click()
    for _ in range(3):
        wait_ticks(page, 1)
        sales = numbers(page, ".c-sales")
        assert len(sales) == 20
        assert sales == sorted(sales, reverse=True)
        assert set(page.locator("tbody tr:not([hidden]) .c-partner").all_inner_texts()) == {"Adria Voice"}
    expect(page.locator("[data-sort=sales]")).to_have_attribute("aria-sort", "descending")
    expect(page.locator("#shown")).to_have_text("20 of 120")
    again = context.new_page()
    again.goto(page.url)
    assert numbers(again, ".c-sales") == sorted(numbers(again, ".c-sales"), reverse=True)
    expect(again.locator("#shown")).to_have_text("20 of 120")
    again.close()


def test_the_table_is_sorted_by_keyboard_and_keeps_the_focus(page: Page) -> None:
    head = page.locator("[data-sort=since] a")
    head.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-sort=since]")).to_have_attribute("aria-sort", "ascending")
    wait_ticks(page, 3)
    assert page.evaluate("() => document.activeElement.closest('[data-sort]')?.dataset.sort") == "since"
    ages = [seconds(text) for text in page.locator("tbody tr .c-since").all_inner_texts()]
    assert ages == sorted(ages)


def test_a_focused_row_stays_focused_while_rows_move(page: Page) -> None:
    page.locator("[data-sort=since] a").click()
    row = page.locator("tbody tr").nth(2)
    key = row.get_attribute("data-key")
    page.locator(f'tr[data-key="{key}"] .c-name a').focus()
    page.evaluate("() => document.querySelector('[data-sort=since] a').click()")  # moves the row, not the focus
    assert page.locator("tbody tr").nth(2).get_attribute("data-key") != key
    wait_ticks(page, 2)
    assert page.evaluate("() => document.activeElement.closest('tr')?.dataset.key") == key


def test_a_filter_that_nobody_matches_says_so_and_can_be_cleared(page: Page) -> None:
    page.get_by_label("Find").fill("nobody is called this")
    expect(page.locator("#empty")).to_be_visible()
    page.get_by_role("link", name="Clear the filter").click()
    expect(page.locator("#shown")).to_have_text("120")
    expect(page.get_by_label("Find")).to_be_focused()


def test_one_partner_can_be_looked_at_alone(page: Page) -> None:
    page.locator("#scope select[name=partner]").select_option("balkan")
    page.wait_for_url("**/wallboard?partner=balkan*")
    expect(page.locator("#shown")).to_have_text("20")
    expect(page.locator("#live")).to_have_text(LIVE)
    wait_ticks(page, 2)
    assert set(page.locator("tbody .c-partner").all_inner_texts()) == {"Balkan Connect"}


def test_a_silent_source_is_named_and_its_rows_say_so(page: Page) -> None:
    expect(page.locator("#attention")).to_contain_text("Sahel Direct: no events since")
    expect(page.locator("#sources")).to_have_text("5 of 6 sources sending")
    wait_ticks(page, 1)
    row = page.locator("tbody tr", has_text="Sahel Direct").first
    expect(row.locator(".c-state")).to_contain_text("no events since")


def test_each_figure_opens_down_to_its_calls_and_they_add_up(page: Page) -> None:
    href = page.locator("[data-kpi=conversion]").get_attribute("href") or ""
    page.goto(page.url.split("/wallboard")[0] + href)
    total = page.locator(".sum b").first.inner_text()
    while page.get_by_role("link", name="More calls").count():
        follow(page, page.get_by_role("link", name="More calls"))
    expect(page.locator("#together")).to_have_text(total)
    page.locator("tbody th a").first.click()
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    expect(page.locator(".timeline li")).to_have_count(3)


def test_names_with_markup_are_only_names(page: Page) -> None:
    wait_ticks(page, 2)
    expect(page).to_have_title("Live wallboard · Tallyline")
    expect(page.locator("tr[data-key='adria/a000'] .c-name")).to_contain_text("<script>document.title")
    assert page.locator("main script:not([type='application/json'])").count() == 0
    page.goto(page.url.replace("/wallboard", "/calls?partner=atlas"))
    expect(page.locator("tbody td").nth(1)).to_have_text('Atlas <script>alert("partner")</script>')


def test_the_theme_is_kept_by_the_server(page: Page) -> None:
    button = page.locator("#theme button")
    button.click()
    assert page.evaluate("() => document.documentElement.dataset.theme") == "light"
    button.click()
    page.reload()
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("() => getComputedStyle(document.body).color") == "rgb(230, 236, 233)"


def test_a_browser_without_a_session_is_told_how_to_sign_in(browser: Browser, server: Served) -> None:
    context = browser.new_context()
    page = context.new_page()
    answer = page.goto(f"{server.base}/wallboard")
    assert answer is not None
    assert answer.status == 401
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    used = page.goto(server.link)
    assert used is not None
    assert used.status == 401
    expect(page.locator("main")).to_contain_text("used already")
    context.close()


def test_without_script_every_page_can_be_read_and_asked(
    browser: Browser, server: Served, cookies: list[dict[str, object]]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(cookies)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{server.base}/wallboard")
    expect(page.locator("#live")).to_contain_text("As of")
    assert page.locator("[data-kpi=in_progress] [data-text]").inner_text().isdigit()
    page.locator("[data-sort=sales] a").click()
    page.locator("[data-sort=sales] a").click()
    assert numbers(page, ".c-sales") == sorted(numbers(page, ".c-sales"), reverse=True)
    page.get_by_label("Find").fill("balkan")
    page.locator("#filter button").click()
    expect(page.locator("tbody tr:not([hidden])")).to_have_count(20)
    assert numbers(page, ".c-sales") == sorted(numbers(page, ".c-sales"), reverse=True)
    page.get_by_label("Pages").get_by_role("link", name="Calls").click()
    page.get_by_label("Partner").select_option("danube")
    page.get_by_role("button", name="Show").click()
    assert set(page.locator("tbody td:nth-of-type(2)").all_inner_texts()) == {"Danube Contact"}
    page.locator("#theme button").click()
    assert page.locator("html").get_attribute("data-theme") == "light"
    assert page.url.endswith("disposition=&agent=&day=&to=")
    context.close()

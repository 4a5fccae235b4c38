"""The live pages on Kafka and MongoDB with two gateways: each shows the same, and one goes on where the other ended."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.pair import Pair

pytestmark = [pytest.mark.engines, pytest.mark.timeout(400)]
LIVE = re.compile(r"^Live \d s$")
STREAM = "/api/v1/live?view=wallboard"
IN_PROGRESS = "[data-kpi=in_progress] [data-text]"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    opened = Pair(tmp_path_factory.mktemp("pair"))
    try:
        opened.set_up()
        yield opened
    finally:
        codes = opened.stop()
    assert {name for name, code in codes.items() if code != 0} == set()


@pytest.fixture
def context(browser: Browser, pair: Pair) -> Iterator[BrowserContext]:
    """A browser that is signed in. A cookie is the machine's, whatever the port: both gateways get it."""
    opened = browser.new_context()
    opened.new_page().goto(pair.bases[0] + pair.done("POST", "/sign-in-links")["path"])
    yield opened
    opened.close()


def wallboard(context: BrowserContext, base: str) -> Page:
    page = context.new_page()
    page.goto(f"{base}/wallboard")
    expect(page.locator("#live")).to_have_text(LIVE)
    return page


def board(pair: Pair, base: str) -> dict[str, object]:
    """What the API of a gateway says, of what the page shows."""
    found = pair.http.get(f"{base}/api/v1/wallboard").raise_for_status().json()
    figures = {figure["key"]: figure["value"] for figure in found["kpis"]}
    return {"figures": figures, "agents": [row[1] for row in found["rows"]], "last": found["points"][-1][1:]}


def test_an_event_is_on_both_wallboards_within_two_seconds(context: BrowserContext, pair: Pair) -> None:
    pages = [wallboard(context, base) for base in pair.bases]
    known = int(pages[0].locator(IN_PROGRESS).inner_text())
    took: list[float] = []
    for n in range(1, 6):
        sent = time.monotonic()
        pair.ring(f"both-{n}")
        pair.answer(f"both-{n}")
        for page in pages:
            expect(page.locator(IN_PROGRESS)).to_have_text(str(known + n))
        took.append(time.monotonic() - sent)
    assert min(took) < 2, took  # what runs beside these tests may hold up the others
    for page, base in zip(pages, pair.bases, strict=True):
        line = page.locator("[data-chart=one] .line").get_attribute("d") or ""
        expect(page.locator("[data-chart=one] .line")).not_to_have_attribute("d", line)
        said = board(pair, base)
        assert said["figures"]["in_progress"] == known + 5  # type: ignore[index]
        assert said["last"] == [known + 5, 0]
        assert page.locator("#table tbody tr").count() == len(said["agents"]) == 1  # type: ignore[arg-type]
    for n in range(1, 6):
        pair.end(f"both-{n}")
    for page in pages:
        expect(page.locator(IN_PROGRESS)).to_have_text(str(known))


def test_a_stream_goes_on_at_the_other_gateway_from_where_it_was(context: BrowserContext, pair: Pair) -> None:
    wallboard(context, pair.bases[1])  # who looks there has a gateway keep what it sends
    cookies = {str(cookie["name"]): str(cookie["value"]) for cookie in context.cookies()}
    with httpx.Client(cookies=cookies, timeout=30) as client:
        with client.stream("GET", pair.bases[0] + STREAM) as stream:
            lines = stream.iter_lines()
            known = _next(lines, "id: ")
            pair.ring("left-1")
            while (newer := _next(lines, "id: ")) == known:
                pass
        headers = {"last-event-id": known}
        with client.stream("GET", pair.bases[1] + STREAM, headers=headers) as stream:
            lines = stream.iter_lines()
            assert _next(lines, "event: ") == "tick"
            while _next(lines, "id: ") != newer:
                pass
        with client.stream("GET", pair.bases[1] + STREAM, headers={"last-event-id": f"other{known}"}) as stream:
            assert _next(stream.iter_lines(), "event: ") == "resync", "else what is above would show nothing"
    pair.end("left-1")


def _next(lines: Iterator[str], begins: str) -> str:
    """What the next line of a stream says that begins so."""
    return next(line for line in lines if line.startswith(begins)).removeprefix(begins)


def test_a_page_goes_on_when_its_gateway_is_killed_and_counts_nothing_twice(
    context: BrowserContext, pair: Pair
) -> None:
    page = wallboard(context, pair.base)
    known = int(page.locator(IN_PROGRESS).inner_text())
    page.evaluate("() => { window.kept = true; }")
    pair.ring("over-1")
    pair.answer("over-1")
    expect(page.locator(IN_PROGRESS)).to_have_text(str(known + 1))
    pair.run(pair.system.kill("gateway"))
    for call in ("over-2", "over-3"):  # while nobody shows it
        pair.ring(call)
        pair.answer(call)
    pair.end("over-1")
    expect(page.locator("#live")).to_have_attribute("data-state", "silent")
    pair.front.to = int(pair.bases[1].rpartition(":")[2])
    back = time.monotonic()
    expect(page.locator("#live")).to_have_text(LIVE)
    assert time.monotonic() - back < 10
    expect(page.locator(IN_PROGRESS)).to_have_text(str(known + 2))
    assert page.evaluate("() => window.kept"), "it was no new page"
    assert board(pair, pair.bases[1])["figures"]["in_progress"] == known + 2  # type: ignore[index]
    pair.run(pair.system.start("gateway"))
    pair.eventually(lambda: board(pair, pair.bases[0])["figures"]["in_progress"] == known + 2)  # type: ignore[index]
    for call in ("over-2", "over-3"):
        pair.end(call)


def test_who_signs_out_at_one_gateway_is_out_at_the_other(context: BrowserContext, pair: Pair) -> None:
    there, here = wallboard(context, pair.bases[1]), wallboard(context, pair.bases[0])
    cookies = {str(cookie["name"]): str(cookie["value"]) for cookie in context.cookies()}
    with httpx.Client(base_url=pair.bases[1], cookies=cookies, timeout=30) as client:
        assert client.get("/api/v1/wallboard").status_code == 200
        here.get_by_role("button", name="Sign out").click()
        here.wait_for_url(re.compile(r"/(signin|signed-out|)(\?.*)?$"))
        assert client.get("/api/v1/wallboard").status_code == 401
    expect(there.locator("#live")).to_have_text("Sign in again", timeout=90_000)  # asked once a minute
    there.reload()
    expect(there.locator("#table")).to_have_count(0)

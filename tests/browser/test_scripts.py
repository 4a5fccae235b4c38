"""The pages of scripts in a browser, on the whole system: write, check, publish, preview, compare, figures."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.conftest import ROOT, looking
from tests.engines.server import free_port

WHOLE = """kind: script
title: Collagen
languages: [en, hr]
start: ask
nodes:
- type: question
  id: ask
  texts: {en: 'Did you read of <b>it</b>, {customer.name}?', hr: 'Jeste li čitali?'}
  answers:
  - {id: 'yes', texts: {en: 'Yes', hr: 'Da'}, to: sold}
  - {id: again, texts: {en: 'What?', hr: 'Što?'}, to: ask}
- {type: disposition, id: sold, code: sale}
"""


class Whole:
    """The whole system in a process of its own, and the key of its operator."""

    def __init__(self, data: Path) -> None:
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "services.cli", "run", "--data", str(data), "--port", str(port)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.link = ""
        for line in self.process.stdout:
            if found := next((word for word in line.split() if "token=" in word), None):
                self.link = found
                break
        assert self.link, "the server did not say how to sign in"
        key = (data / "local.key").read_text().strip()
        self.client = httpx.Client(base_url=self.base, headers={"authorization": f"Bearer {key}"}, timeout=60)

    def stop(self) -> None:
        """End it."""
        self.client.close()
        self.process.terminate()
        self.process.wait(60)
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """One system for the tests of this module."""
    running = Whole(tmp_path_factory.mktemp("whole"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def session(browser: Browser, whole: Whole) -> list[dict[str, object]]:
    """The session that the link opened, which works only once."""
    context = browser.new_context()
    context.new_page().goto(whole.link)
    kept = [dict(cookie) for cookie in context.cookies()]
    context.close()
    return kept


@pytest.fixture
def signed_in(browser: Browser, whole: Whole, session: list[dict[str, object]]) -> Iterator[BrowserContext]:
    """Watched: a word of complaint on the console, or a request to elsewhere, fails the test."""
    with looking(browser, whole.base, session) as (context, _):
        yield context


def until(holds: Callable[[], Any]) -> None:
    """Wait until it holds."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < 60, "it did not come about"
        time.sleep(0.1)


def saved(page: Page, yaml: str) -> None:
    """Type the text, and wait until it is checked and kept."""
    page.locator("#yaml").fill(yaml)
    page.locator("#save").click()
    page.wait_for_url("**/scripts/collagen")


def test_a_script_is_written_checked_published_and_compared(signed_in: BrowserContext, whole: Whole) -> None:
    page = signed_in.new_page()
    page.goto(f"{whole.base}/scripts")
    page.locator("input[name=id]").fill("collagen")
    page.get_by_role("button", name="Write it").click()
    page.locator("#yaml").fill(WHOLE.replace("to: sold", "to: nowhere"))
    expect(page.locator(".findings")).to_contain_text("unknown_node")
    expect(page.locator("#publish")).to_be_disabled()
    saved(page, WHOLE)
    expect(page.locator("[data-count='0']")).to_be_visible()
    expect(page.locator("#node-ask")).to_contain_text("Did you read of <b>it</b>")
    page.locator("#publish").click()
    expect(page.locator("h1 + .sub")).to_contain_text("version 1")  # once the views have followed

    page.locator("#node").select_option("ask")
    page.locator("#language").select_option("en")
    expect(page.locator("#words")).to_have_value("Did you read of <b>it</b>, {customer.name}?")
    page.locator("#words").fill("Have you heard of it?")
    page.locator("#apply").click()
    expect(page.locator("#node-ask")).to_contain_text("Have you heard of it?")

    # A branch: a node of its own, to which another answer leads.
    page.get_by_label("Id", exact=True).fill("why")
    page.get_by_label("Kind").select_option("text")
    page.get_by_role("button", name="Put it in").click()
    expect(page.locator("#node")).to_have_value("why")
    for language, text in (("en", "Then let me tell you."), ("hr", "Onda ću vam reći.")):
        page.locator("#language").select_option(language)
        page.locator("#words").fill(text)
    page.get_by_role("combobox", name="Goes on to").select_option("sold")
    page.locator("#apply").click()
    expect(page.locator(".findings")).to_contain_text("unreachable")
    page.locator("#node").select_option("ask")
    page.locator("#language").select_option("en")
    page.get_by_role("button", name="Another answer").click()
    page.get_by_role("textbox", name="Answer 3").fill("Not yet")
    page.get_by_role("combobox", name="Answer 3 goes on to").select_option("why")
    page.locator("#language").select_option("hr")
    page.get_by_role("textbox", name="Answer 3").fill("Još ne")
    page.get_by_role("button", name="Take answer 2 out").click()
    page.locator("#apply").click()
    expect(page.locator("#yaml")).to_have_value(re.compile("id: answer-3"))
    expect(page.locator("[data-count='0']")).to_be_visible()

    # A question of a survey with closed answers, which is taken out again.
    page.get_by_label("Id", exact=True).fill("heard")
    page.get_by_label("Kind").select_option("input")
    page.get_by_role("button", name="Put it in").click()
    expect(page.locator("#node")).to_have_value("heard")
    page.get_by_role("combobox", name="Answered by").select_option("choice")
    page.get_by_role("button", name="Another answer").click()
    page.get_by_role("textbox", name="Answer 1").fill("On television")
    page.locator("#apply").click()
    expect(page.locator("#yaml")).to_have_value(re.compile("On television"))
    page.get_by_role("button", name="Take the node out").click()
    expect(page.locator("#yaml")).not_to_have_value(re.compile("On television"))
    expect(page.locator("[data-count='0']")).to_be_visible()
    assert Axe().run(page).violations_count == 0, Axe().run(page).generate_report()
    page.locator("#save").click()
    expect(page.locator("h1 + .sub")).to_contain_text("Draft 2")
    page.get_by_role("link", name="What changed since version 1").click()
    expect(page.locator("dl")).to_contain_text("ask")


def test_what_is_typed_stays_when_an_answer_comes_late(signed_in: BrowserContext, whole: Whole) -> None:
    page = signed_in.new_page()
    page.goto(f"{whole.base}/scripts/new?id=late")
    expect(page.locator("#node option")).to_have_count(2)
    held: list[Route] = []
    page.route("**/scripts/check*", lambda route: held.append(route))
    page.locator("#yaml").fill(WHOLE)
    page.locator("#words").fill("Written meanwhile")
    expect(page.locator("#words")).to_be_focused()
    while len(held) < 2:  # the text is asked about after a moment
        page.wait_for_timeout(50)
    for route in held:
        route.continue_()
    expect(page.locator("#node-ask")).to_be_visible()
    expect(page.locator("#node")).to_have_value("ask")

    # The node that was edited is gone, so its words are; of one that is still there they stay.
    held.clear()
    page.locator("#yaml").fill(WHOLE.replace("id: sold, code: sale", "id: sold, code: callback"))
    page.locator("#words").fill("Written meanwhile")
    while len(held) < 2:
        page.wait_for_timeout(50)
    for route in held:
        route.continue_()
    expect(page.locator("#node-sold")).to_contain_text("callback")
    expect(page.locator("#words")).to_have_value("Written meanwhile")
    expect(page.locator("#words")).to_be_focused()
    page.unroute("**/scripts/check*")
    page.locator("#yaml").fill(WHOLE.replace("code: sale", "code: hot_handover"))
    page.locator("#apply").click()  # begins with the text as it was typed a moment ago
    expect(page.locator("#yaml")).to_have_value(re.compile("Written meanwhile"))
    expect(page.locator("#yaml")).to_have_value(re.compile("hot_handover"))
    expect(page.locator("#apply")).to_be_focused()


def test_what_is_typed_of_a_node_is_put_into_the_text_before_another_one_is_shown(
    signed_in: BrowserContext, whole: Whole
) -> None:
    page = signed_in.new_page()
    page.goto(f"{whole.base}/scripts/new?id=leaving")
    text, node, words = page.locator("#yaml"), page.locator("#node"), page.locator("#words")
    text.fill(WHOLE)
    expect(node).to_have_value("ask")
    page.locator("#language").select_option("en")
    words.fill("Left for another node")
    page.get_by_role("textbox", name="Answer 1").fill("Certainly")
    node.focus()
    node.select_option("sold")
    expect(page.get_by_role("textbox", name="Result")).to_have_value("sale")
    expect(node).to_have_value("sold")
    expect(text).to_have_value(re.compile("Left for another node"))
    expect(text).to_have_value(re.compile("Certainly"))
    expect(node).to_be_focused()

    # Where nothing was typed nothing is written, as on the way back here.
    before = text.input_value()
    node.select_option("ask")
    expect(words).to_have_value("Left for another node")
    assert text.input_value() == before

    # What can't be put is not left: it stays in the form, with the reason.
    page.route(
        "**/api/v1/scripts/check", lambda route: route.fulfill(body="?") if is_json(route) else route.continue_()
    )
    words.fill("Kept when the line is down")
    node.select_option("sold")
    expect(page.locator("#told")).to_contain_text("JSON")
    expect(node).to_have_value("ask")
    expect(words).to_have_value("Kept when the line is down")
    page.unroute("**/api/v1/scripts/check")
    assert "Kept when" not in text.input_value()

    # Nor does a new node, or saving, drop it.
    page.get_by_label("Id", exact=True).fill("why")
    page.get_by_label("Kind").select_option("text")
    page.get_by_role("button", name="Put it in").click()
    expect(node).to_have_value("why")
    expect(text).to_have_value(re.compile("Kept when the line is down"))
    page.locator("#language").select_option("en")
    words.fill("Said of the new one")
    page.locator("#save").click()
    page.wait_for_url("**/scripts/leaving")
    expect(text).to_have_value(re.compile("Said of the new one"))


def test_while_the_text_cannot_be_read_the_form_is_neither_emptied_nor_left(
    browser: Browser, whole: Whole, session: list[dict[str, object]]
) -> None:
    with looking(browser, whole.base, session) as (context, watched):
        page = context.new_page()
        page.goto(f"{whole.base}/scripts/new?id=broken")
        text, node, words = page.locator("#yaml"), page.locator("#node"), page.locator("#words")
        text.fill(WHOLE)
        expect(node).to_have_value("ask")
        page.locator("#language").select_option("en")
        words.fill("Typed before")
        text.fill(WHOLE + "nodes: [")
        expect(page.locator("#checked .findings")).to_be_visible()
        expect(words).to_have_value("Typed before")
        page.get_by_role("button", name="Another answer").click()
        page.get_by_role("textbox", name="Answer 3").fill("Typed meanwhile")
        node.select_option("sold")
        expect(node).to_have_value("ask")
        expect(page.get_by_role("textbox", name="Answer 3")).to_have_value("Typed meanwhile")
        text.fill(WHOLE)
        node.select_option("sold")
        expect(page.get_by_role("textbox", name="Result")).to_have_value("sale")
        for typed in ("Typed before", "Typed meanwhile"):
            expect(text).to_have_value(re.compile(typed))
        watched.complaints = [said for said in watched.complaints if "status of 409" not in said]


def test_a_script_is_not_published_without_what_was_typed(signed_in: BrowserContext, whole: Whole) -> None:
    page = signed_in.new_page()
    page.goto(f"{whole.base}/scripts/new?id=whole")
    page.locator("#yaml").fill(WHOLE)
    page.locator("#save").click()
    page.wait_for_url("**/scripts/whole")
    expect(page.locator("#publish")).to_be_enabled()
    page.locator("#language").select_option("en")
    page.locator("#words").fill("Typed a moment ago")
    page.locator("#publish").click()
    expect(page.locator("#told")).to_have_text("Save the draft first.")
    expect(page.locator("#yaml")).to_have_value(re.compile("Typed a moment ago"))
    expect(page.locator("#publish")).to_be_disabled()
    page.reload()
    expect(page.locator("h1 + .sub")).to_have_text("Draft 1")


def is_json(route: Route) -> bool:
    """Whether the form asks, and not the text."""
    return route.request.headers["content-type"] == "application/json"


def test_pages_are_read_without_javascript_and_figures_stand_on_the_nodes(
    browser: Browser, whole: Whole, session: list[dict[str, object]]
) -> None:
    client = whole.client
    partner = {"partner_id": "adria", "name": "Adria", "time_zone": "Europe/Zagreb"}
    assert client.post("/api/v1/partners", json=partner).status_code == 201
    source = {"id": "adria-1", "settings": {"connector": "native", "partner": "adria", "day_zone": "Europe/Zagreb"}}
    assert client.post("/api/v1/sources", json=source).status_code == 201
    step = {"step": 1, "script": "collagen", "version": 1, "node": "ask", "at": "2026-03-04T10:00:00Z"}
    content = json.dumps({"steps": [step]})
    until(lambda: client.post("/api/v1/scripts/steps/adria:adria-1:c1", content=content).status_code == 202)
    with looking(browser, whole.base, session, java_script_enabled=False) as (context, _):
        page = context.new_page()
        until(lambda: page.goto(f"{whole.base}/scripts/collagen") and page.locator(".figures").count())
        expect(page.locator("#node-ask .figures")).to_have_text("reached 1 · left here 1 · sold 0")
        page.locator("#yaml").fill(WHOLE.replace("'What?'", "'Pardon?'"))
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_role("alert")).to_have_text("Save the draft first.")
        expect(page.locator("#yaml")).to_have_value(re.compile("Pardon"))
        page.locator("#save").click()
        expect(page.locator(".told[role=status]")).to_have_text("Saved.")
        page.get_by_role("button", name="Publish").click()
        expect(page.locator("h1 + .sub")).to_contain_text("version 2")
        page.goto(f"{whole.base}/scripts/collagen/preview?version=1")
        expect(page.locator(".words").first).to_have_text("Did you read of <b>it</b>, [no customer.name]?")
        page.get_by_role("link", name="What?").click()
        page.get_by_role("link", name="Yes").click()
        expect(page.locator(".walk li").last).to_contain_text("Sale")
        page.goto(f"{whole.base}/scripts/collagen/diff?old=1&new=1")
        expect(page.locator("main")).to_contain_text("Both say the same.")
        page.goto(f"{whole.base}/scripts")
        expect(page.locator("tbody")).to_contain_text("collagen")

"""Quality and ideas in a browser, on a whole server: a call evaluated by both sides, an idea from agent to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from shared.clock import now
from tests.browser.conftest import Watched
from tests.browser.shop import Shop, serving
from tests.unit.training.quality import CONTENT

Open = Callable[[str], Page]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A server whose company collects, with two talks that have ended."""
    with serving(tmp_path_factory, TALLYLINE_PANEL_USAGE="1") as opened:
        opened.set_up()
        for call in ("q-1", "q-2"):
            opened.ring(call)
            opened.answer(call)
            opened.end(call)
        opened.at_rest()
        body = {"content": msgspec.to_builtins(CONTENT), "reason": "As agreed."}
        opened.done("PUT", "/training/forms/inbound", body)
        yield opened


@pytest.fixture
def open_as(browser: Browser, shop: Shop) -> Iterator[Open]:
    """A page of somebody who follows a sign-in link or brings a session, watched."""
    contexts, watches = [], []

    def opened(link: str) -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        contexts.append(context)
        watches.append(Watched(context, shop.base))
        page = context.new_page()
        page.goto(shop.base + link)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [said for watch in watches for said in watch.complaints] == []
    assert [asked for watch in watches for asked in watch.elsewhere] == []


def test_a_call_is_drawn_and_evaluated_by_both_sides(open_as: Open, shop: Shop) -> None:
    page = open_as(shop.done("POST", "/sign-in-links")["path"])
    page.goto(f"{shop.base}/quality")
    expect(page.locator("#no-samples")).to_have_text("No sample has been drawn.")
    expect(page.locator("#no-struggles")).to_have_text("Nothing is held of these days.")
    page.get_by_text("Draw a sample").click()
    page.get_by_label("Name").fill("w1")
    page.get_by_label("Seed").fill("one")
    page.get_by_label("Last day").fill((now().date() + timedelta(days=1)).isoformat())
    page.get_by_label("At random").fill("1")
    page.get_by_label("Very short").fill("0")
    assert Axe().run(page).violations_count == 0, Axe().run(page).generate_report()
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.locator("#said")).to_have_text("Drawn of 2 talks.")
    page.get_by_role("link", name="adria:w1").click()
    row = page.locator("#calls tbody tr")
    expect(row).to_contain_text("At random")
    expect(row).to_contain_text("To evaluate")
    page.get_by_role("link", name="Evaluate adria-switch:").click()
    expect(page.locator("#questions fieldset")).to_have_count(3)
    for question, answer in (("Greeting", "1 points"), ("Needs", "Does not apply"), ("Price", "0 points")):
        page.get_by_role("group", name=question).get_by_label(answer, exact=True).check()
    page.get_by_label("Note on: Price").fill("Said <b>nothing</b> of it.")
    assert Axe().run(page).violations_count == 0, Axe().run(page).generate_report()
    page.get_by_role("button", name="Keep the evaluation").click()
    expect(page.locator("#said")).to_have_text("Kept.")
    expect(row).to_contain_text("Waits for the other side")
    heading, drawn = page.request.get(f"{page.url.partition('#')[0]}&file=calls.csv").text().splitlines()
    assert heading.removeprefix("\ufeff") == "Call,Agent,Day,Result,Talk,Why,State"
    assert drawn.startswith("adria-switch:q-")
    assert drawn.endswith("At random,Waits for the other side")
    _heading, sample = page.request.get(f"{shop.base}/quality?file=samples.csv").text().splitlines()
    assert sample.startswith("adria:w1,")
    assert sample.endswith(",2,1,1,0")

    # The partner's side sees nothing of it, and says its own.
    key = shop.done("POST", "/keys", {"name": "Mia", "role": "partner", "partners": ["adria"]})["key"]
    theirs = {"authorization": f"Bearer {key}"}
    ident = shop.done("GET", "/training/samples/adria:w1")["calls"][0]["evaluation"]
    route = f"/api/v1/training/evaluations/{ident}"
    assert shop.http.get(route, headers=theirs).status_code == 404
    said = {"sample": "adria:w1", "answers": {"greeting": "p1", "needs": "p3", "price": "p1"}}
    assert shop.http.put(route, headers=theirs, json=said).status_code == 202
    shop.at_rest()
    page.get_by_role("link", name="Open adria-switch:").click()
    expect(page.locator("#scores li")).to_have_text(["The company: 25.00 %, fails by: price", "The partner: 100.00 %"])
    expect(page.get_by_label("Note on: Price")).to_have_value("Said <b>nothing</b> of it.")
    expect(page.get_by_role("button", name="Keep the evaluation")).to_be_hidden()
    page.reload()
    expect(page.locator("#agreement tbody tr").first).to_contain_text("Too few calls")
    expect(page.locator("#agreement tbody th").first).to_contain_text("Greeting")
    expect(page.locator("#lenient")).to_have_text(
        "The company’s score less the partner’s, on average: −75.00 points. Calls: 1."
    )


def test_an_idea_goes_from_an_agent_to_its_answer(open_as: Open, shop: Shop) -> None:
    asked = {"name": "Ivo", "partner": "adria", "agent": "a7"}
    agent = open_as(shop.done("POST", "/agent-sign-in-links", asked)["path"])
    agent.get_by_role("link", name="Ideas").click()
    expect(agent.locator("#none")).to_have_text("Nobody has had an idea yet.")
    assert agent.locator("nav a").count() == 0
    agent.get_by_label("Your idea").fill("Let the <i>postcode</i> fill in the city.")
    agent.get_by_role("button", name="Propose").click()
    mine = agent.locator("#ideas li")
    expect(mine).to_contain_text("Let the <i>postcode</i> fill in the city.")
    expect(mine).to_contain_text("Proposed · by a7 · yours")
    assert mine.get_by_role("button").count() == 0, "no vote for oneself"
    assert Axe().run(agent).violations_count == 0, Axe().run(agent).generate_report()

    asked = {"name": "Eva", "partner": "adria", "agent": "a8"}
    colleague = open_as(shop.done("POST", "/agent-sign-in-links", asked)["path"])
    colleague.goto(f"{shop.base}/ideas")
    colleague.get_by_role("button", name="Vote for: Let the").click()
    expect(colleague.get_by_role("button", name="Take the vote back")).to_be_visible()
    expect(colleague.locator("#ideas .votes")).to_have_text("Votes: 1")

    office = open_as(shop.done("POST", "/sign-in-links")["path"])
    office.goto(f"{shop.base}/ideas")
    office.get_by_label("What becomes of: Let the").select_option("planned")
    office.get_by_label("To the author of: Let the").fill("In March.")
    assert Axe().run(office).violations_count == 0, Axe().run(office).generate_report()
    office.get_by_role("button", name="Send the answer about: Let the").click()
    expect(office.locator("#ideas .reply")).to_have_text("In March.")
    agent.reload()
    expect(mine).to_contain_text("Planned · by a7 · yours")
    expect(agent.locator("#ideas .reply")).to_have_text("In March.")

    # It came true some time ago, and what it brought is looked at.
    since = now().date() - timedelta(days=30)
    office.get_by_label("Since when: Let the").fill(since.isoformat())
    office.get_by_label("What the authors are told: Let the").fill("It is there.")
    office.get_by_label("What it is to move: Let the").select_option("failed")
    office.get_by_label("At which step: Let the").select_option("address")
    assert Axe().run(office).violations_count == 0, Axe().run(office).generate_report()
    office.get_by_role("button", name="Say that it came true: Let the").click()
    expect(office.locator("#ideas .reply")).to_have_text("It is there.")
    office.get_by_role("button", name="Measure what it brought: Let the").click()
    expect(office.locator("#ideas .effect")).to_have_text("too few to say")
    agent.reload()
    expect(mine).to_contain_text("Came true · by a7 · yours")
    expect(agent.locator("#ideas .effect")).to_have_text("too few to say")


def test_an_agent_disputes_asks_for_help_and_is_answered(open_as: Open, shop: Shop) -> None:
    asked = {"name": "Ivo", "partner": "adria", "agent": "a7"}
    agent = open_as(shop.done("POST", "/agent-sign-in-links", asked)["path"])
    agent.get_by_role("link", name="My quality").click()
    expect(agent.locator("#none-open")).to_have_text("No conversation is open.")
    agent.get_by_text("The company: 25.00 %, fails by: price").click()
    expect(agent.locator("#evaluations dl").first).to_contain_text("0 points (Said <b>nothing</b> of it.)")
    agent.get_by_label("What is wrong with it", exact=True).fill("It is on the tape.")
    assert Axe().run(agent).violations_count == 0, Axe().run(agent).generate_report()
    agent.get_by_role("button", name="Dispute").click()
    expect(agent.locator("#evaluations li li")).to_have_text("The agent disputes everything: It is on the tape.")
    agent.get_by_label("Where do you need help?").select_option("address")
    agent.get_by_label("What is the matter?").fill("Where is the postcode?")
    agent.get_by_role("button", name="Ask for help").click()
    expect(agent.locator("#conversations li")).to_contain_text("The agent: Where is the postcode?")

    office = open_as(shop.done("POST", "/sign-in-links")["path"])
    office.goto(f"{shop.base}/quality")
    talk = office.locator("#conversations li")
    expect(talk).to_contain_text("Agent a7: Address")
    office.get_by_label("Your answer about: Address", exact=True).fill("Below the street.")
    office.get_by_role("button", name="Answer: Your answer about: Address").click()
    expect(talk).to_contain_text("The company: Below the street.")
    office.get_by_role("link", name="adria:w1").click()
    office.get_by_role("link", name="Open adria-switch:").click()
    expect(office.locator("#disputes li")).to_contain_text("The agent disputes everything: It is on the tape.")
    office.get_by_label("Why you evaluated so", exact=True).fill("I did not hear it.")
    assert Axe().run(office).violations_count == 0, Axe().run(office).generate_report()
    office.get_by_role("button", name="Answer: Why you evaluated so").click()
    expect(office.locator("#said")).to_have_text("Kept.")
    office.get_by_role("button", name="Close the conversation about: Address").click()
    expect(office.locator("#none-open")).to_have_text("No conversation is open.")
    agent.reload()
    agent.get_by_text("The company: 25.00 %, fails by: price").click()
    expect(agent.locator("#evaluations li li")).to_contain_text("Answer of who evaluated: I did not hear it.")

    # Somebody else decides: the answers are changed, and so is the score.
    key = shop.done("POST", "/keys", {"name": "Eva", "role": "admin"})["key"]
    made = shop.http.post("/api/v1/sign-in-links", headers={"authorization": f"Bearer {key}"})
    other = open_as(made.json()["path"])
    other.goto(f"{shop.base}/quality")
    other.get_by_role("link", name="adria:w1").click()
    other.get_by_role("link", name="Open adria-switch:").click()
    other.get_by_label("Answer that holds: Price").select_option("p1")
    other.get_by_label("Why it is changed", exact=True).fill("The price is on the tape.")
    assert Axe().run(other).violations_count == 0, Axe().run(other).generate_report()
    other.get_by_role("button", name="Change it").click()
    expect(other.locator("#said")).to_have_text("Kept.")
    assert other.locator("#disputes form").count() == 0
    shop.eventually(lambda: "100.00" in shop.http.get("/api/v1/training/evaluations").text)
    agent.reload()
    agent.get_by_text("The company: 100.00 %").click()
    expect(agent.locator("#evaluations li li")).to_contain_text("It was changed: The price is on the tape.")


def test_a_controller_picks_a_call_that_was_not_drawn(open_as: Open, shop: Shop) -> None:
    drawn = shop.done("GET", "/training/samples/adria:w1")["calls"][0]["drawn"]
    call = "adria-switch:q-2" if drawn["call"].endswith("q-1") else "adria-switch:q-1"
    page = open_as(shop.done("POST", "/sign-in-links")["path"])
    page.goto(f"{shop.base}/quality?partner=adria&call={call}&day={drawn['day']}")
    expect(page.locator("#pick").get_by_label("Call")).to_have_value(call)
    page.locator("#pick").get_by_label("Form").select_option("inbound/1")
    page.get_by_role("button", name="Open the form").click()
    for question, answer in (("Greeting", "1 points"), ("Needs", "Does not apply"), ("Price", "1 points")):
        page.get_by_role("group", name=question).get_by_label(answer, exact=True).check()
    assert Axe().run(page).violations_count == 0, Axe().run(page).generate_report()
    page.get_by_role("button", name="Keep the evaluation").click()
    expect(page.locator("#said")).to_have_text("Kept.")
    expect(page.locator("#scores li")).to_have_text(["The company: 100.00 %"])

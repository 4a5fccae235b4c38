"""The pages of partners on a whole server: who needs attention and why, every tab, and what a partner's lead sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from shared.clock import now
from tests.browser.conftest import Watched
from tests.browser.shop import Shop, office, shop
from tests.e2e.contracts import AGREED

__all__ = ["office", "shop"]
HOSTILE = '<script>alert("sava")</script> & Co'
YAML = {"content-type": "application/yaml"}
TABS = ("", "/evaluation", "/contract", "/transition", "/interface", "/issues", "/months")
DRAFT = (
    AGREED.decode()
    .replace("first_seconds: 1", "first_seconds: 60")
    .replace("hot_lead_seconds: 300", "hot_lead_seconds: 420")
)


@pytest.fixture(scope="module")
def filed(shop: Shop) -> Shop:
    """Two partners with a file: Adria, that is live, and one in transition whose name tries to break out."""
    yesterday = now() - timedelta(days=1)
    shop.done("POST", "/partners/adria/adopt", {"stage": "live", "reason": "Older than us."})
    shop.done("PUT", "/partners/adria/owner", {"owner": "Jana"})
    step = {"action": "Agree the month", "owner": "Jana", "due": yesterday.date().isoformat()}
    shop.done("PUT", "/partners/adria/next-action", step)
    named = {"partner_id": "sava", "name": HOSTILE, "country": "RS", "time_zone": "Europe/Belgrade"}
    shop.done("POST", "/partners", named)
    shop.until("/partners/sava")
    shop.done("PUT", "/partners/sava/profile", {"languages": ["sr"], "countries": ["RS"], "seats": 20})
    shop.done("POST", "/partners/sava/adopt", {"stage": "testing", "reason": "Half way."})
    people = {"accountable": "Jana", "ours": "Marko", "theirs": "<i>Ana</i>"}
    start = (now() - timedelta(days=9)).date().isoformat()
    shop.done("PUT", "/transitions/sava", {"templates": ["inbound"], "start": start, **people})
    shop.done("POST", "/transitions/sava/tasks/kick-off/done")
    issue = {"title": "No <b>headsets</b>", "severity": "severe", "owner": "Ana", "due": yesterday.isoformat()}
    shop.done("PUT", "/transitions/sava/issues/headsets", issue)
    route = "/contracts/sava:main"
    shop.done("POST", f"{route}/rounds", content=AGREED, headers=YAML)
    shop.done("PUT", f"{route}/agreement", {"round": 1})
    shop.done("POST", f"{route}/drafts", content=DRAFT.encode(), headers=YAML)
    shop.done("POST", "/evaluations", {"partner_id": "sava"})
    for path in (route, "/evaluations/sava:first", "/transitions/sava"):
        shop.until(path)
    shop.eventually(lambda: bool(shop.http.get("/api/v1/transitions/sava").json()["issues"]))
    return shop


@contextmanager
def signed_in(browser: Browser, shop: Shop, role: str, *partners: str, script: bool = True) -> Iterator[Page]:
    """A page of somebody with this role, watched; their key comes with every request."""
    asked = {"name": f"{role} of {' '.join(partners) or 'all'}", "role": role, "partners": list(partners) or None}
    key = shop.done("POST", "/keys", asked)["key"]
    context = browser.new_context(
        extra_http_headers={"authorization": f"Bearer {key}"},
        java_script_enabled=script,
        viewport={"width": 1280, "height": 800},
    )
    watched = Watched(context, shop.base)
    yield context.new_page()
    context.close()
    assert [one for one in watched.complaints if "status of 4" not in one] == []
    assert watched.elsewhere == []


def status_of(page: Page, url: str) -> int:
    answer = page.goto(url)
    assert answer is not None
    return answer.status


def test_the_page_says_which_partner_needs_attention_and_why(office: Page, filed: Shop) -> None:
    office.goto(f"{filed.base}/partners")
    first, second = office.locator("#attention > li").all()
    expect(first).to_contain_text(HOSTILE)
    expect(first).to_contain_text("act today")
    expect(first).to_contain_text(re.compile("Issue “No <b>headsets</b>” is open, 24:0. h past its time; it is Ana’s"))
    expect(first).to_contain_text(re.compile(r"The transition ends \d+ days late"))
    expect(second).to_contain_text("Next step is late: “Agree the month”, Jana")
    assert Axe().run(office).response["violations"] == []
    first.get_by_role("link", name="Issue").click()
    expect(office.locator("#issues")).to_contain_text("past its time")
    assert office.url == f"{filed.base}/partners/sava/issues"


def test_every_count_of_the_pipeline_opens_the_partners_that_it_counts(office: Page, filed: Shop) -> None:
    office.goto(f"{filed.base}/partners")
    counts = office.locator(".stages a").evaluate_all("links => links.map(link => [link.href, link.innerText])")
    assert len(counts) == 13
    total = 0
    for url, text in counts:
        n = int(text.split()[0])
        office.goto(url)
        assert office.locator(".column li").count() == n
        total += n
    assert total == 2
    office.goto(f"{filed.base}/partners?language=sr")
    assert office.locator(".column li").count() == 1
    office.get_by_label("Country").select_option("RS")
    office.get_by_role("button", name="Show").click()
    assert office.url == f"{filed.base}/partners?country=RS&language=sr&owner=&stage="
    expect(office.locator("#attention > li")).to_have_count(1)
    office.goto(f"{filed.base}/partners?language=xx")
    expect(office.locator("#attention-part")).to_contain_text("No partner matches.")
    assert filed.http.get("/partners?stage=nowhere").status_code == 422


def test_what_a_switch_is_refused_for_is_told_where_it_is_seen(office: Page, filed: Shop) -> None:
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
    assert filed.http.post("/v1/in/adria-switch", content=b"{}", headers=headers).status_code == 401

    def is_counted() -> bool:
        return bool(filed.http.get("/api/v1/sources/adria-switch/health").json()["refused"])

    filed.eventually(is_counted)
    office.goto(f"{filed.base}/partners/adria/interface")
    expect(office.locator("#sources tbody")).to_contain_text("not authentic 1")
    office.goto(f"{filed.base}/partners/adria")
    expect(office.locator("#reasons")).to_contain_text(
        "1 delivery of adria-switch was refused: signature or key did not hold"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tab_is_accessible_and_fits_a_telephone(browser: Browser, office: Page, filed: Shop, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    context.add_cookies([dict(cookie) for cookie in office.context.cookies()])  # type: ignore[misc]
    watched = Watched(context, filed.base)
    page = context.new_page()
    for path in ("", *(f"/{partner}{tab}" for partner in ("adria", "sava") for tab in TABS)):
        assert status_of(page, f"{filed.base}/partners{path}") == 200, path
        assert Axe().run(page).response["violations"] == [], path
        assert page.evaluate("() => document.documentElement.scrollWidth") == 390, path
    context.close()
    assert (watched.complaints, watched.elsewhere) == ([], [])


def test_a_manager_plans_and_moves_without_script(browser: Browser, filed: Shop) -> None:
    with signed_in(browser, filed, "manager", script=False) as page:
        page.goto(f"{filed.base}/partners/adria")
        page.get_by_text("Say what is next").click()
        page.get_by_label("Next step").fill("Call <Ana>")
        page.get_by_label("Who").fill("Marko")
        page.get_by_label("Due").fill("2030-01-31")
        page.get_by_role("button", name="Plan it").click()
        expect(page.locator("#said")).to_have_text("The next step is planned.")
        expect(page.locator(".facts").first).to_contain_text("Call <Ana>")
        page.goto(f"{filed.base}/partners/sava")
        expect(page.locator("#ways")).to_contain_text("Every mandatory test-call scenario has passed.")
        page.get_by_text("Move to Ramping").click()
        page.locator("#ways li", has_text="Ramping").get_by_role("button", name="Move").click()
        expect(page.locator("#told-here")).not_to_be_empty()
        page.goto(f"{filed.base}/partners/sava/issues")
        page.get_by_label("Outcome of No").fill("They came.")
        page.get_by_role("button", name="Resolve No").click()
        expect(page.locator("#issues")).to_contain_text("They came.")
        page.get_by_label("is back").fill("They were the wrong ones.")
        page.get_by_role("button", name="Reopen No").click()
        expect(page.locator("#said")).to_have_text("The issue is back.")
        page.goto(f"{filed.base}/partners/sava/evaluation")
        page.get_by_text("Give your scores").click()
        for points in page.get_by_label("Points:").all():
            points.select_option("4")
        page.get_by_role("button", name="Give them").click()
        expect(page.locator(".evaluation .facts")).to_contain_text("80.0 %")


def test_a_ramp_is_planned_and_a_test_run_that_can_not_be_is_told(browser: Browser, filed: Shop) -> None:
    with signed_in(browser, filed, "manager") as page:
        known = {"name": "pilot", "daily_cap": 20, "exit": {"min_calls": 70, "min_answer_rate": 90}}
        filed.done("PUT", "/transitions/sava/ramp", {"phases": [known]})
        filed.until("/transitions/sava/ramp")
        page.goto(f"{filed.base}/partners/sava/transition")
        page.get_by_text("Plan the ramp").click()
        page.get_by_label("A line a phase").fill("pilot 50 3\nfull 400 5")
        page.locator("form", has=page.get_by_label("A line a phase")).get_by_role("button").click()
        expect(page.locator("#said")).to_have_text("The ramp is planned.")
        expect(page.locator("#phases tbody tr")).to_have_count(2)
        expect(page.locator("#phases")).to_contain_text("400")
        page.get_by_text("Plan the ramp").click()
        expect(page.get_by_label("A line a phase")).to_have_value("pilot 50 3 90\nfull 400 5")
        phases = filed.http.get("/api/v1/transitions/sava/ramp").json()["phases"]
        assert phases[0]["exit"]["min_calls"] == 70, "what the form does not know stays"
        page.get_by_text("Book a test run").click()
        page.get_by_label("Its name").fill("sale-1")
        page.get_by_label("Names of test numbers").fill("desk-1")
        page.get_by_label("From, UTC").fill("2030-01-31T09:00")
        page.get_by_label("Until, UTC").fill("2030-01-31T10:00")
        page.get_by_role("button", name="Book it").click()
        expect(page.locator("#told-here")).to_contain_text("desk-1 is no test number of the partner's sources")


def test_the_weighted_score_adds_up_from_its_rows(office: Page, filed: Shop) -> None:
    given = {"management": 5, "quality_system": 3, "cost": 1, "speed_to_market": 4, "flexibility": 4}
    given |= {"personnel": 2, "technology": 0, "data_protection": 3}
    scores = {"scores": {criterion: {"points": points} for criterion, points in given.items()}}
    filed.done("PUT", "/evaluations/sava:first/scores", scores)
    path = "/api/v1/evaluations/sava:first"
    filed.eventually(lambda: "local" in filed.http.get(path).json()["scored_by"])
    office.goto(f"{filed.base}/partners/sava/evaluation")

    def numbers(n: int) -> list[float]:
        return [float(text) for text in office.locator(f"tbody td:nth-child({n})").all_inner_texts()]

    shown = office.locator(".evaluation .facts dd").first.inner_text()
    assert shown == f"{100 * sum(numbers(5)) / (5 * sum(numbers(2))):.1f} %"


def test_a_contract_goes_from_its_deviations_to_a_second_version(browser: Browser, filed: Shop) -> None:
    with signed_in(browser, filed, "manager") as page:
        _signed_and_amended(page, filed)


def _signed_and_amended(office: Page, filed: Shop) -> None:
    office.goto(f"{filed.base}/partners/sava/contract")
    expect(office.get_by_role("button", name="Approve the draft")).to_be_disabled()
    rows = office.locator("#deviations tbody tr")
    expect(rows).to_have_count(2)
    expect(office.locator("#differences")).to_contain_text("≠ 420")
    for path in ("measures.hot_lead_seconds", "pricing.per_minute[talk].first_seconds"):
        office.get_by_label(f"Why {path} is accepted").fill("As <b>agreed</b> by telephone.")
        office.get_by_role("button", name=f"Accept {path}").click()
        expect(rows.filter(has_text=path)).to_contain_text("As <b>agreed</b> by telephone.")
    office.get_by_role("button", name="Approve the draft").click()
    expect(office.locator("#said")).to_have_text("Approved: it may be signed.")
    office.get_by_text("Attach a document").click()
    file = {"name": "signed <1>.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    office.get_by_label("File").set_input_files(file)  # type: ignore[arg-type]
    office.get_by_role("button", name="Attach").click()
    expect(office.locator("#said")).to_have_text("The document is attached.")
    for label, text in (("For us: name", "Jana"), ("For us: position", "Director")):
        office.get_by_label(label).fill(text)
    office.get_by_label("For the partner: name").fill("Ana")
    office.get_by_label("For the partner: position").fill("Director")
    office.get_by_label("Signed on").fill("2026-02-25")
    office.get_by_role("button", name="It is signed by both").click()
    expect(office.locator("#said")).to_have_text("Signed.")
    office.get_by_text("Amend", exact=True).first.click()
    office.get_by_label("Holds from").fill("2026-06-01")
    office.get_by_label("Reason").first.fill("Faster.")
    office.get_by_label("Changes").fill("service_levels[answer].seconds")
    for label in ("For us: name", "For us: position", "For the partner: name", "For the partner: position"):
        office.get_by_label(label).fill("Jana")
    office.get_by_role("button", name="Amend").click()
    expect(office.locator("#told-here")).to_have_text("Changes are lines of a path, a colon and a value.")
    expect(office.get_by_label("Reason").first).to_have_value("Faster.")
    office.get_by_label("Changes").fill("service_levels[answer].seconds: 15")
    office.get_by_role("button", name="Amend").click()
    expect(office.locator("#said")).to_have_text("Amended.")
    expect(office.locator("#differences tbody tr")).to_have_count(1)
    expect(office.locator("#differences")).to_contain_text("service_levels[answer].seconds")
    expect(office.locator("#terms-title")).to_contain_text("Version 2")
    assert Axe().run(office).response["violations"] == []


def test_a_partners_lead_sees_that_partner_alone_and_finishes_its_tasks(browser: Browser, filed: Shop) -> None:
    with signed_in(browser, filed, "partner", "sava") as page:
        page.goto(f"{filed.base}/partners")
        expect(page.locator(".column li")).to_have_count(1)
        expect(page.locator("body")).not_to_contain_text("Adria")
        for tab in TABS:
            assert status_of(page, f"{filed.base}/partners/adria{tab}") in (403, 404)
            expect(page.locator("body")).not_to_contain_text("Adria")
        assert status_of(page, f"{filed.base}/partners/sava/evaluation") == 403
        page.goto(f"{filed.base}/partners/sava/contract")
        expect(page.locator("#deviations")).to_have_count(0)
        expect(page.get_by_role("button", name="Amend")).to_have_count(0)
        page.goto(f"{filed.base}/partners/sava/transition")
        expect(page.get_by_role("button", name="Done: Agree how")).to_have_count(0)
        expect(page.get_by_text("Plan a task, or change one")).to_have_count(0)
        page.get_by_role("button", name="Done: Name and register").click()
        expect(page.locator("#said")).to_have_text("The task is done.")
        expect(page.locator("#task-agents")).to_contain_text("partner of sava")
        page.get_by_label("Why Name and register").fill("One is missing.")
        page.get_by_role("button", name="Reopen: Name and register").click()
        expect(page.locator("#said")).to_have_text("The task is open again.")


def test_who_may_not_read_a_part_has_no_tab_for_it(browser: Browser, filed: Shop) -> None:
    with signed_in(browser, filed, "trainer") as page:
        page.goto(f"{filed.base}/partners/adria")
        assert page.locator(".tabs a").all_inner_texts() == ["Overview", "Transition", "Issues"]
        assert status_of(page, f"{filed.base}/partners/adria/contract") == 403
        assert status_of(page, f"{filed.base}/partners/adria/months") == 403
    key = filed.done("POST", "/keys", {"name": "reads", "role": "accountant"})["key"]
    refused = filed.http.post("/partners/adria/owner", data={"owner": "Me"}, headers={"authorization": f"Bearer {key}"})
    assert refused.status_code == 403
    gone = filed.http.post("/partners/..%2f..%2fkeys/owner", data={"owner": "Me"})
    assert gone.status_code == 404

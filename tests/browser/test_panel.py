"""The panel in a browser, on a whole server: it rings, the agent sells with the keyboard, and says the result."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, expect

from services.simulate.signing import standard_webhooks
from shared.clock import now
from shared.security import local_key
from tests.browser.conftest import Watched
from tests.e2e.switch import SECRET
from tests.e2e.test_panel import RULES, SPRING
from tests.engines.server import free_port

SOURCE = {
    "id": "adria-switch",
    "settings": {"connector": "native", "partner": "adria", "day_zone": "Europe/Zagreb"},
    "secrets": {"standard-webhooks": [SECRET]},
}
NUMBERS = {"customer_number": "+385912345678", "our_number": "+38513334444"}
SCRIPT = {
    "kind": "script",
    "title": "Collagen",
    "languages": ["hr"],
    "start": "hello",
    "nodes": [
        {"type": "text", "id": "hello", "texts": {"hr": "Dobar dan, ovdje {agent.name}."}, "to": "heard"},
        {
            "type": "question",
            "id": "heard",
            "texts": {"hr": "Jeste li čitali o kolagenu?"},
            "answers": [
                {"id": "read", "texts": {"hr": "Jesam"}, "to": "offer"},
                {"id": "not-now", "texts": {"hr": "Ne sada"}, "to": "why"},
            ],
        },
        {
            "type": "offer",
            "id": "offer",
            "texts": {"hr": "{product.name} stoji {product.price}."},
            "sku": "KOL-30",
            "accepted": "age",
            "declined": "why",
        },
        {
            "type": "input",
            "id": "age",
            "texts": {"hr": "Koliko imate godina?"},
            "field": "age",
            "form": "number",
            "to": "sold",
        },
        {
            "type": "input",
            "id": "why",
            "texts": {"hr": "Što vas sprečava?"},
            "field": "why",
            "form": "choice",
            "choices": [{"id": "price", "texts": {"hr": "Cijena"}}],
            "to": "bye",
        },
        {"type": "disposition", "id": "sold", "code": "sale"},
        {"type": "disposition", "id": "bye", "code": "refused_price"},
    ],
}


class Shop:
    """A whole server with a partner, a campaign, its number, products and rules."""

    def __init__(self, data: Path, log: Path) -> None:
        port = free_port()
        command = [sys.executable, "-m", "services.cli", "run", "--data", str(data), "--port", str(port)]
        with log.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)
        self.base = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=self.base, timeout=30)
        for _ in range(300):
            try:
                if self.http.get("/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        self.http.headers["authorization"] = f"Bearer {local_key(data)}"

    def set_up(self) -> None:
        """Everything that a sale needs."""
        self.done("POST", "/partners", {"partner_id": "adria", "name": "Adria", "time_zone": "Europe/Zagreb"})
        self.done("POST", "/sources", SOURCE)
        for sku, name in (("KOL-30", "Collagen"), ("VIT-60", "Vitamins")):
            self.done("PUT", f"/products/{sku}", {"name": name})
            prices = [{"country": "HR", "currency": "EUR", "net_minor": 3192}]
            body = {"prices": prices, "tax_rates": {"HR": "25"}, "reason": "As decided."}
            self.done("POST", f"/products/{sku}/prices", body)
        started = (now().date() - timedelta(days=1)).isoformat()
        self.done("PUT", "/scripts/collagen/draft", {"content": SCRIPT})
        self.done("POST", "/scripts/collagen/publication", {"draft": 1})
        self.done("PUT", "/campaigns/spring", SPRING | {"starts": started, "scripts": {"hr": "collagen"}})
        self.until("/campaigns/spring")
        self.done("POST", "/campaigns/spring/start")
        self.done("PUT", "/numbers/+38513334444", {"campaign": "spring", "country": "HR"})
        self.done("PUT", "/selling-rules/spring", RULES)
        self.until("/numbers/+38513334444")
        time.sleep(1)  # ingest looks for new sources

    def done(self, method: str, path: str, body: Any = None) -> Any:
        """The answer of a command that was carried out."""
        answer = self.http.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code in (200, 201, 202), f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def until(self, path: str) -> None:
        """Wait until a view has come so far."""
        for _ in range(100):
            if self.http.get(f"/api/v1{path}").status_code == 200:
                return
            time.sleep(0.05)
        raise AssertionError(f"{path} did not come")

    def tell(self, call: str, kind: str, **data: Any) -> None:
        """The partner's switch says something of a call, now."""
        at = now()
        event = {
            "specversion": "1.0",
            "id": f"{call}-{kind}",
            "source": "https://adria.example/switch",
            "type": f"com.tallyline.{kind}.v1",
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "data": {"call": call, **data},
        }
        body, second = json.dumps(event).encode(), int(at.timestamp())
        headers = {
            "content-type": "application/cloudevents+json",
            "webhook-id": f"msg_{call}-{kind}",
            "webhook-timestamp": str(second),
            "webhook-signature": standard_webhooks(SECRET, f"msg_{call}-{kind}", second, body),
        }
        answer = self.http.post("/v1/in/adria-switch", content=body, headers=headers)
        assert answer.status_code == 202, answer.text

    def ring(self, call: str) -> None:
        """A call comes in for the agent."""
        self.tell(call, "call.started", direction="inbound", phase="ringing", agent="a7", **NUMBERS)

    def answer(self, call: str) -> None:
        """The agent takes it."""
        self.tell(call, "call.answered", answered_by="human", agent="a7", leg="l1")

    def end(self, call: str) -> None:
        """It is over."""
        self.tell(call, "call.ended", scope="call", reason="completed", ended_by="customer")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    home = tmp_path_factory.mktemp("shop")
    (home / "data").mkdir(mode=0o700)
    opened = Shop(home / "data", home / "server.log")
    try:
        opened.set_up()
        yield opened
    finally:
        opened.process.terminate()
        opened.process.wait(20)
        opened.http.close()


EXPECTED = ("net::ERR_INTERNET_DISCONNECTED", "status of 403")
"""What the browser says when a test cuts the line, or goes where an agent may not."""


@pytest.fixture
def context(browser: Browser, shop: Shop) -> Iterator[BrowserContext]:
    """A browser in which the agent is signed in, watched."""
    opened = browser.new_context(viewport={"width": 1280, "height": 720})
    watched = Watched(opened, shop.base)
    yield opened
    opened.close()
    assert [said for said in watched.complaints if not any(known in said for known in EXPECTED)] == []
    assert watched.elsewhere == []


@pytest.fixture
def page(context: BrowserContext, shop: Shop) -> Page:
    opened = context.new_page()
    link = shop.done("POST", "/agent-sign-in-links", {"name": "Ivo", "partner": "adria", "agent": "a7"})
    opened.goto(shop.base + link["path"])
    assert opened.url == f"{shop.base}/panel"
    return opened


def test_an_agent_sells_with_the_keyboard(page: Page, shop: Shop) -> None:
    expect(page.locator("#state")).to_have_text("No call. The screen changes when one rings.")
    expect(page.locator("#desk")).to_be_hidden()
    shop.ring("c-1")
    expect(page.locator("#state")).to_have_text("Rings", timeout=5000)
    expect(page.locator("#campaign")).to_have_text("Spring")
    assert "912345678" not in page.content(), "the number is masked"
    shop.answer("c-1")
    expect(page.locator("#state")).to_have_text("On call", timeout=5000)
    expect(page.locator("#clock")).to_have_text("0:02", timeout=5000)
    wide, high, window = page.evaluate(
        "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight, innerHeight]"
    )
    assert (wide, high <= window) == (1280, True), "one screen"

    expect(page.locator("#offers li")).to_have_count(1)
    say = page.locator("#walk .say")
    expect(say).to_have_text("Dobar dan, ovdje Ivo.")
    page.get_by_role("button", name="Go on").click()
    page.reload()
    expect(say).to_have_text("Jeste li čitali o kolagenu?", timeout=5000)
    page.get_by_role("button", name="Jesam").click()
    expect(say).to_have_text("Collagen stoji €39.90.")
    page.get_by_role("button", name="Accepted").click()
    expect(page.locator("#gross")).to_have_text("€39.90")
    page.get_by_label("Koliko imate godina?").fill("41")
    page.get_by_role("button", name="Go on").click()
    expect(say).to_have_text("The script ends: sale")
    expect(page.get_by_label("Result of the call")).to_have_value("sale")
    page.locator("h1").click()  # away from the script: digits take offers
    expect(page.locator("#offers li span").first).to_contain_text("Vitamins × 1 · 20 % less")
    page.keyboard.press("1")
    expect(page.locator("#lines li")).to_have_count(2)
    expect(page.locator("#gross")).to_have_text("€71.83")

    page.get_by_text("What was said").click()
    page.get_by_label("Large order").check()
    page.locator("h1").click()
    page.keyboard.press("h")
    expect(page.locator("#stopwatch")).to_contain_text("Our staff have 4:5")
    page.reload()
    expect(page.locator("#stopwatch")).to_contain_text("Our staff have 4:5", timeout=5000)
    expect(page.locator("#hand")).to_be_disabled()
    (watch,) = shop.done("GET", "/handovers/live")["items"]
    assert (watch["call"], watch["points"]) == ("adria-switch:c-1", ["large_order"])
    shop.done("POST", f"/handovers/{watch['handover']}/take")
    expect(page.locator("#stopwatch")).to_have_text("Our staff have taken over", timeout=5000)
    expect(page.locator("#lines li")).to_have_count(2, timeout=5000)
    expect(page.locator("#gross")).to_have_text("€71.83")
    assert Axe().run(page).violations_count == 0, Axe().run(page).generate_report()
    page.keyboard.press("o")
    expect(page.locator("#said")).to_contain_text("Ordered: adria:")
    expect(page.locator("#lines")).to_have_text("Nothing in the order")

    shop.end("c-1")
    expect(page.locator("#state")).to_have_text("Ended", timeout=5000)
    page.reload()
    expect(page.locator("#state")).to_have_text("Ended", timeout=5000)
    page.keyboard.press("r")
    page.keyboard.type("Sale with u")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#said")).to_have_text("Result kept: Sale with upsell")

    for _ in range(100):
        nodes = shop.done("GET", "/scripts/collagen/figures")["nodes"]
        if nodes["hello"]["sold"]:
            break
        time.sleep(0.05)
    told = {node: (one["reached"], one["sold"]) for node, one in nodes.items()}
    assert (told["hello"], told["heard"], told["offer"], told["age"]) == ((1, 1), (1, 1), (1, 1), (1, 1))
    assert "why" not in told
    (order,) = shop.done("GET", "/orders?partner=adria")["items"]
    lines = [(line["sku"], line["kind"], line.get("rule")) for line in order["placed"]["lines"]]
    assert lines == [("KOL-30", "main", "spring/1#box"), ("VIT-60", "upsell", "spring/1#second-box")]
    assert (order["placed"]["agent"], order["placed"]["call"]) == ("a7", "adria-switch:c-1")
    for _ in range(100):
        if shop.done("GET", "/calls/adria-switch:c-1")["summary"]["disposition"] == "sale_upsell":
            break
        time.sleep(0.05)
    else:
        raise AssertionError("the result did not reach the call")
    day = now().date()
    period = f"from={day}&to={day + timedelta(days=1)}&time_zone=UTC"
    found = shop.done("GET", f"/performance/agents?{period}&partner=adria&kpis=sales_confirmed,handled")
    assert found["totals"]["figures"]["sales_confirmed"]["value"] == 1


def test_the_panel_says_when_the_line_is_lost_and_keeps_what_was_typed(page: Page, shop: Shop) -> None:
    shop.ring("c-2")
    shop.answer("c-2")
    expect(page.locator("#state")).to_have_text("On call", timeout=5000)
    page.get_by_role("button", name="Take Collagen").first.click()
    expect(page.locator("#lines li")).to_have_count(1)
    context = page.context
    context.set_offline(True)
    expect(page.locator("#line")).to_contain_text("No connection", timeout=25_000)
    context.set_offline(False)
    expect(page.locator("#line")).to_have_text("", timeout=10_000)
    expect(page.locator("#lines li")).to_have_count(1)
    shop.end("c-2")


def test_nothing_else_is_to_be_reached_from_the_panel(page: Page, shop: Shop) -> None:
    assert page.locator("nav a").count() == 0
    answer = page.goto(f"{shop.base}/wallboard")
    assert answer is not None
    assert answer.status == 403

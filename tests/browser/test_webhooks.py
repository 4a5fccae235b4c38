"""The pages of webhooks on a whole server: an endpoint is made, tested, stopped and removed; the key is shown once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.shop import Shop, office, serving

__all__ = ["office"]


class Receiver(BaseHTTPRequestHandler):
    """Takes all that comes, but says of the first message that it is broken."""

    heard: list[str] = []  # noqa: RUF012 - one for the module

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers["content-length"]))
        self.heard.append(str(self.headers["webhook-id"]))
        self.send_response(500 if len(self.heard) == 1 else 204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[int]:
    """Another company's system, on this machine."""
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A server whose webhooks may go to this machine."""
    with serving(tmp_path_factory, TALLYLINE_SUBSCRIBER_WEBHOOK_PRIVATE="1") as opened:
        opened.done("POST", "/partners", {"partner_id": "adria", "name": "Adria", "time_zone": "Europe/Zagreb"})
        yield opened


def made(office: Page, shop: Shop, port: int, name: str) -> None:
    """An endpoint by the form, told of new partners."""
    office.goto(f"{shop.base}/admin/webhooks")
    office.get_by_role("textbox", name="Name").fill(name)
    office.get_by_role("textbox", name="Address").fill(f"http://127.0.0.1:{port}/in")
    office.locator("summary", has_text="Partners and contracts").click()
    office.get_by_label("Partner registered").check()
    office.get_by_role("button", name="Tell it", exact=True).click()


def test_an_endpoint_is_made_and_told_and_its_log_says_how_it_went(office: Page, shop: Shop, receiver: int) -> None:
    made(office, shop, receiver, "Warehouse")
    secret = office.locator("#secret").inner_text()
    assert secret.startswith("whsec_")
    assert Axe().run(office).response["violations"] == []
    place = f"{shop.base}/admin/webhooks/{office.locator('.head .id').inner_text()}"
    office.goto(place)
    assert secret not in office.content()
    shop.done("POST", "/partners", {"partner_id": "sava", "name": "Sava", "time_zone": "Europe/Zagreb"})
    shop.eventually(lambda: len(Receiver.heard) >= 2)  # the first answer was 500; it comes again within seconds

    def taken() -> bool:
        office.goto(place)
        return office.locator("#log tbody tr").count() == 1

    shop.eventually(taken)
    row = office.locator("#log tbody tr")
    expect(row).to_contain_text("Partner registered")
    expect(row.locator(".attempts li")).to_have_count(2)
    expect(row.locator(".attempts")).to_contain_text("500")
    assert Axe().run(office).response["violations"] == []
    office.get_by_role("button", name="Send msg_").click()
    expect(office.get_by_role("status")).to_have_text("The message is sent again.")
    shop.eventually(lambda: len(Receiver.heard) >= 3)
    assert len(set(Receiver.heard)) == 1


def test_it_is_stopped_resumed_given_a_new_key_and_removed(office: Page, shop: Shop, receiver: int) -> None:
    made(office, shop, receiver, "Ledger")
    first = office.locator("#secret").inner_text()
    office.get_by_role("button", name="Stop", exact=True).click()
    expect(office.locator("#state")).to_contain_text("Stopped: Somebody stopped it.")
    office.get_by_role("button", name="Tell it again", exact=True).click()
    expect(office.locator("#state")).to_have_text("Told")
    office.get_by_role("button", name="New key").click()
    assert office.locator("#secret").inner_text() not in ("", first)
    expect(office.get_by_text("the one before counts until")).to_be_visible()
    office.get_by_role("button", name="Send a test message").click()
    expect(office.get_by_role("status")).to_have_text("A test message is on its way.")
    office.locator("summary", has_text="Remove").click()
    office.get_by_role("button", name="Remove for good").click()
    expect(office.get_by_role("status")).to_have_text("The endpoint was removed.")
    expect(office.locator("#endpoints")).not_to_contain_text("Ledger")


def test_what_is_wrong_is_said_and_what_was_filled_in_stays(browser: Browser, office: Page, shop: Shop) -> None:
    context = browser.new_context()  # not watched: the browser itself complains of a 409
    context.add_cookies([dict(cookie) for cookie in office.context.cookies()])  # type: ignore[misc]
    plain = context.new_page()
    plain.goto(f"{shop.base}/admin/webhooks")
    plain.get_by_role("textbox", name="Name").fill("Nothing to hear")
    plain.get_by_role("textbox", name="Address").fill("https://user:word@hooks.example/in")
    plain.locator("summary", has_text="Months and invoices").click()
    plain.get_by_label("Month agreed").check()
    with plain.expect_response("**/admin/webhooks") as answer:
        plain.get_by_role("button", name="Tell it", exact=True).click()
    assert answer.value.status == 409
    expect(plain.get_by_role("alert")).to_contain_text("neither a user nor a password")
    expect(plain.get_by_role("textbox", name="Name")).to_have_value("Nothing to hear")
    expect(plain.get_by_label("Month agreed")).to_be_checked()
    context.close()


def test_the_page_fits_a_phone_works_without_script_and_is_not_for_everybody(
    browser: Browser, office: Page, shop: Shop, receiver: int
) -> None:
    made(office, shop, receiver, "Phone")
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    context.add_cookies([dict(cookie) for cookie in office.context.cookies()])  # type: ignore[misc]
    plain = context.new_page()
    for path in ("/admin/webhooks", office.url.removeprefix(shop.base)):
        plain.goto(shop.base + path)
        wide = plain.locator("html").evaluate("html => html.scrollWidth")
        assert wide <= 390, path
    context.close()
    key = shop.done("POST", "/keys", {"name": "looks", "role": "supervisor"})["key"]
    answer = shop.http.get("/admin/webhooks", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 403

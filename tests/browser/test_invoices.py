"""Invoices in a browser: a rate that is too high is seen, disputed and sent back; the right one goes by two people."""

from __future__ import annotations

import csv
import io

import httpx
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.books import BILLED, Books, books, looking_as

__all__ = ["books"]


def take_in(page: Page, id_: str, content: bytes, name: str = "invoice.xml") -> None:
    form = page.locator("[data-upload]")
    form.get_by_label("Partner").select_option("zvono")
    form.get_by_label("Month").fill(BILLED)
    form.get_by_label("Our id for it").fill(id_)
    form.locator("input[type=file]").set_input_files({"name": name, "mimeType": "application/xml", "buffer": content})
    form.get_by_role("button", name="Take it in").click()


def test_a_rate_that_is_too_high_is_a_difference_of_its_line(browser: Browser, books: Books) -> None:
    with looking_as(browser, books, "ana", "accountant") as (_, page):
        page.goto(books.base + "/")
        assert page.url == f"{books.base}/invoices"
        expect(page.locator("main")).to_contain_text("No invoice came yet.")
        take_in(page, "0031", b"MZ", "invoice.exe")
        expect(page.locator("[data-upload] [role=status]")).to_contain_text("An invoice is an XML or PDF file")
        take_in(page, "0031", b"<no>invoice</no>")
        expect(page.locator("main > .told[role=alert]")).not_to_be_empty()
        take_in(page, "0032", books.dear)
        expect(page.locator("#said")).to_have_text("The invoice is kept and checked.")
        assert page.url.startswith(f"{books.base}/invoices/zvono:0032")
        expect(page.locator("#status")).to_have_text("Held")
        talk = page.locator("#lines tbody tr", has_text="talk").first
        expect(talk).to_contain_text("version 1")
        expect(talk).to_contain_text("0.55 EUR/minute")
        expect(talk).to_contain_text("6 × 0.6 EUR")
        assert talk.locator("td").all_inner_texts()[-3:] == ["3.30 EUR", "3.60 EUR", "≠ 0.30 EUR"]
        sums = [page.locator(f"#{name}").inner_text() for name in ("ours", "invoiced", "difference")]
        assert sums == ["15.80 EUR", "16.10 EUR", "0.30 EUR"]
        expect(page.locator("#rate-check")).to_contain_text("Rates: holds it; Quantities: passed")
        expect(page.locator("#objections")).to_contain_text("line 1: 0.6 EUR")
        expect(page.get_by_role("button", name="Approve 2026-0032")).to_be_disabled()
        expect(page.locator("#against-approve")).to_contain_text("A check holds it.")
        assert Axe().run(page).response["violations"] == []

        rows = page.request.get(f"{books.base}/invoices/zvono:0032/tables/lines.csv").body().decode("utf-8-sig")
        told = list(csv.DictReader(io.StringIO(rows)))
        assert [(row["component"], row["difference"]) for row in told] == [
            ("talk", "0.30"), ("sales", "0.00"), ("total", "0.30"),
        ]  # fmt: skip
        assert page.request.get(f"{books.base}/invoices/zvono:0032/tables/lines.xlsx").body().startswith(b"PK")


def test_a_part_is_disputed_settled_and_the_invoice_goes_back(browser: Browser, books: Books) -> None:
    with looking_as(browser, books, "ana", "accountant", None, java_script_enabled=False) as (_, page):
        page.goto(f"{books.base}/invoices/zvono:0032")
        page.get_by_label("Dispute, EUR").fill("0.30")
        page.get_by_label("Why, for the partner").fill("The contract says 0.55.")
        page.get_by_role("button", name="Dispute 2026-0032").click()
        expect(page.locator("#status")).to_have_text("Disputed")
        expect(page.locator("#disputes")).to_contain_text("0.30 EUR: The contract says 0.55.")
        page.get_by_label("How it ended").select_option("replaced")
        page.get_by_label("Why", exact=True).fill("The right one comes.")
        page.get_by_role("button", name="Settle d1").click()
        expect(page.locator("#said")).to_have_text("The dispute is settled.")
        page.get_by_label("Why it goes back").fill("Wrong rate.")
        page.get_by_role("button", name="Send 2026-0032 back").click()
        expect(page.locator("#status")).to_have_text("Sent back")
        expect(page.locator("#acts")).to_have_count(0)


def test_two_people_let_an_invoice_pass_without_script(browser: Browser, books: Books) -> None:
    with looking_as(browser, books, "ana", "accountant", None, java_script_enabled=False) as (_, page):
        page.goto(f"{books.base}/invoices")
        take_in(page, "0031", books.good)
        expect(page.locator("#status")).to_have_text("Checked, waits for approval")
        expect(page.locator("#difference")).to_have_text("0.00 EUR")
        expect(page.get_by_role("button", name="Forward 2026-0031")).to_be_disabled()
        page.get_by_role("button", name="Approve 2026-0031").click()
        expect(page.locator("#status")).to_have_text("Approved")
        expect(page.locator("#approved")).to_have_text("ana (1 of 1)")
        expect(page.locator("#against-forward")).to_have_text(
            "Forward: You alone approved it: somebody else has to forward it."
        )
        alone = page.request.post(f"{books.base}/invoices/zvono:0031/forwarding", form={"target": "books"})
        assert "somebody else has to forward it" in alone.text()
        assert books.http.get("/api/v1/reconciliation/invoices/zvono:0031").json()["status"] == "approved"
    with looking_as(browser, books, "ben", "accountant", None, java_script_enabled=False) as (_, page):
        page.goto(f"{books.base}/invoices?status=approved")
        page.locator("#invoices").get_by_role("link", name="2026-0031").click()
        page.get_by_role("button", name="Forward 2026-0031").click()
        expect(page.locator("#status")).to_have_text("Forwarded")
        page.goto(f"{books.base}/reconciliation/zvono/{BILLED}")
        expect(page.locator("#steps li[data-standing=done]")).to_have_count(5)
        page.goto(f"{books.base}/reconciliation?month={BILLED}&state=forwarded")
        expect(page.locator("#months tbody tr")).to_have_count(1)


def test_the_list_adds_up_and_who_only_reads_has_no_button(browser: Browser, books: Books) -> None:
    with looking_as(browser, books, "rea", "reconciler") as (_, page):
        page.goto(f"{books.base}/invoices")
        expect(page.locator("#invoices tbody tr")).to_have_count(2)
        assert page.locator("#invoices tfoot td").all_inner_texts() == ["15.80 EUR", "15.80 EUR"], (
            "what went back is out"
        )
        assert Axe().run(page).response["violations"] == []
        page.goto(f"{books.base}/invoices?status=paid")
        page.get_by_role("link", name="Clear the filter").click()
        page.goto(f"{books.base}/invoices/zvono:0031")
        expect(page.locator("#acts")).to_have_count(0)
        assert page.request.post(f"{books.base}/invoices/zvono:0031/check").status == 403
        assert page.request.get(f"{books.base}/invoices/zvono:9999").status == 404
        content = page.request.get(f"{books.base}/invoices/tables/invoices.csv").body().decode("utf-8-sig")
        assert {row["status"] for row in csv.DictReader(io.StringIO(content))} == {"rejected", "forwarded"}


def test_a_partner_sees_its_own_invoices_without_our_checks(browser: Browser, books: Books) -> None:
    with looking_as(browser, books, "zora", "partner", ["zvono"]) as (_, page):
        page.goto(f"{books.base}/invoices/zvono:0032")
        expect(page.locator("#disputes")).to_contain_text("The contract says 0.55.")
        expect(page.locator("#objections")).to_have_count(0)
        assert page.request.get(f"{books.base}/invoices").status == 200
    with looking_as(browser, books, "lead", "partner", ["adria"]) as (_, page):
        page.goto(f"{books.base}/invoices")
        expect(page.locator("main")).to_contain_text("No invoice came yet.")
        for path in (
            "/invoices/zvono:0031",
            "/invoices/zvono:0031/tables/lines.csv",
            "/api/v1/reconciliation/invoices/zvono:0031/lines",
        ):
            assert page.request.get(books.base + path).status == 404, path


def test_on_a_phone_in_the_dark_nothing_leaves_the_page(browser: Browser, books: Books) -> None:
    options = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    with looking_as(browser, books, "ana", "accountant", None, **options) as (_, page):
        for path in ("/invoices", "/invoices/zvono:0031", "/invoices/zvono:0032"):
            page.goto(books.base + path)
            assert page.evaluate("() => document.documentElement.scrollWidth") == 390, path
            assert Axe().run(page).response["violations"] == [], path


def test_a_form_of_another_site_changes_nothing(browser: Browser, books: Books) -> None:
    """A session's cookie alone proves nothing: the form has to come from our own pages."""
    path = books.http.post("/api/v1/sign-in-links").json()["path"]
    with httpx.Client(base_url=books.base) as client:
        assert client.get(path).status_code == 303
        headers = {"sec-fetch-site": "cross-site", "origin": "https://elsewhere.example"}
        answer = client.post("/invoices/zvono:0031/check", headers=headers)
        assert answer.status_code == 403

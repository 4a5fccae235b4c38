"""The pages of imports in a browser: a list is begun, files are looked at, taken in and refused, with a script and
without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.shop import Shop, office, serving

__all__ = ["office"]

SECRET = "Ana Anić"
LEADS = f"""Telefon;Ime i prezime;Mjesto rada
091 234 0000;{SECRET};Zagreb
+385912340001;Bruno Babić;Split
00385912340000;{SECRET};Zagreb
12;Nobody;Rijeka
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A company with a partner, and nothing else."""
    with serving(tmp_path_factory) as opened:
        opened.done("POST", "/partners", {"partner_id": "adria", "name": "Adria", "time_zone": "Europe/Zagreb"})
        opened.until("/partners/adria")
        yield opened


@pytest.fixture
def plain(browser: Browser, shop: Shop) -> Iterator[Page]:
    """A phone on which scripts are switched off."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto(shop.base + shop.done("POST", "/sign-in-links")["path"])
    yield page
    context.close()


def fits(page: Page) -> None:
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def file_of(folder: Path, text: str, name: str = "leads.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def facts(page: Page) -> dict[str, str]:
    terms, values = page.locator("dl.facts dt").all_inner_texts(), page.locator("dl.facts dd").all_inner_texts()
    return dict(zip(terms, values, strict=True))


def test_a_list_is_begun_a_file_is_looked_at_and_taken_in(office: Page, shop: Shop, tmp_path: Path) -> None:
    office.goto(shop.base)
    office.get_by_role("navigation", name="Areas").get_by_role("link", name="Selling").click()
    office.get_by_role("navigation", name="Pages").get_by_role("link", name="Imports").click()
    expect(office.get_by_text("There is no list of leads yet.")).to_be_visible()
    expect(office.get_by_text("Nothing was taken in yet.")).to_be_visible()
    fits(office)
    begin = office.locator("#begin-list")
    begin.get_by_label("Our id for it").fill("spring")
    begin.get_by_label("Name").fill("Spring")
    begin.get_by_label("Country").fill("HR")
    begin.get_by_label("Time zone").fill("Europe/Zagreb")
    begin.get_by_role("button", name="Begin it").click()
    expect(office.locator("#said")).to_have_text("The list is begun: files can be taken into it.")

    form = office.locator("#take-in")
    expect(form.get_by_label("Into the list")).to_have_value("adria:spring")
    form.get_by_label("File", exact=True).set_input_files(file_of(tmp_path, LEADS))
    form.get_by_role("button", name="Look at the columns first").click()
    expect(form.get_by_text("4 lines follow the headings.")).to_be_visible()
    expect(form.get_by_label("Telephone")).to_have_value("Telefon")
    expect(form.get_by_label("City")).to_have_value("")
    form.get_by_label("City").select_option("Mjesto rada")
    fits(office)
    form.get_by_role("button", name="Take it in").click()  # the file is chosen still

    expect(office.get_by_role("heading", level=1)).to_have_text("Leads: Spring, Adria")
    expect(office.get_by_role("heading", name="Taken in")).to_be_visible()
    known = facts(office)
    counts = [known[name] for name in ("Lines", "New", "Known before", "Doubled in the file", "Rejected")]
    assert counts == ["4", "2", "0", "1", "1"]
    expect(office.locator("#reasons tbody tr")).to_have_text(re.compile("Telefon.*no telephone number of HR.*1.*5"))
    expect(office.locator("#columns tbody tr", has_text="Mjesto rada")).to_contain_text("City")
    fits(office)
    with office.expect_download() as taken:
        office.get_by_role("link", name="The rejected lines as CSV").click()
    assert "5,Telefon,no telephone number of HR,12" in Path(taken.value.path()).read_text("utf-8")
    office.get_by_role("link", name="All imports").click()
    row = office.locator("#imports tbody tr")
    expect(row).to_contain_text("Spring, Adria")
    expect(row.locator("td")).to_contain_text(["Spring, Adria", "", "Taken in", "4", "2", "0", "1", "1"])
    for place in (office.url, f"{shop.base}/imports"):
        office.goto(place)
        assert SECRET not in office.content()
    assert SECRET not in str(shop.http.get("/api/v1/imports").json())
    fits(office)


def test_without_a_script_a_file_is_looked_at_refused_by_field_and_taken_in(
    plain: Page, shop: Shop, tmp_path: Path
) -> None:
    plain.goto(f"{shop.base}/imports")
    plain.get_by_label("What is in the file").select_option("Past orders")
    plain.get_by_role("button", name="Show").click()
    history = file_of(
        tmp_path, "Wer;Bestellnummer;Datum;Menge\n+385912340009;o-1;2.3.2026;2\n+385912340009;;2.3.2026;2\n"
    )
    form = plain.locator("#take-in")
    form.get_by_label("Numbers without a prefix").fill("HR")
    form.get_by_label("Time zone").fill("Europe/Nowhere")
    form.get_by_label("File", exact=True).set_input_files(history)
    form.get_by_role("button", name="Take it in").click()
    expect(plain.locator("#wrong")).to_contain_text("zone: no zone of the IANA database")
    expect(form.get_by_label("Numbers without a prefix")).to_have_value("HR")

    form.get_by_label("Time zone").fill("Europe/Zagreb")
    form.get_by_label("File", exact=True).set_input_files(history)
    form.get_by_role("button", name="Take it in").click()
    expect(plain.locator("#wrong")).to_have_text("No column is told for number.")

    form.get_by_label("File", exact=True).set_input_files(history)
    form.get_by_role("button", name="Look at the columns first").click()
    form.get_by_label("Telephone").select_option("Wer")
    expect(form.get_by_label("Ordered on")).to_have_value("Datum")
    form.get_by_label("File", exact=True).set_input_files(history)
    form.get_by_role("button", name="Take it in").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Past orders: Adria")
    shop.eventually(lambda: shop.http.get("/api/v1/imports?kind=orders").json()["items"][0]["standing"] == "done")
    plain.reload()
    expect(plain.get_by_role("heading", name="Taken in")).to_be_visible()
    expect(plain.locator("#reasons tbody tr")).to_contain_text("no number of an order")
    assert (facts(plain)["New"], facts(plain)["Rejected"]) == ("1", "1")


def test_a_register_is_the_companys_and_a_refusal_keeps_the_form(browser: Browser, shop: Shop, tmp_path: Path) -> None:
    context = browser.new_context()  # not watched: a refusal is a complaint of the browser too
    page = context.new_page()
    page.goto(shop.base + shop.done("POST", "/sign-in-links")["path"])
    page.goto(f"{shop.base}/imports?kind=do_not_call")
    form = page.locator("#take-in")
    form.get_by_label("Holds in the country").fill("*")
    form.get_by_label("Numbers without a prefix").fill("HR")
    form.get_by_label("File", exact=True).set_input_files(file_of(tmp_path, "Wer\n0912340009\n"))
    form.get_by_role("button", name="Take it in").click()
    expect(form.get_by_role("status")).to_have_text("No column is told for number.")
    form.get_by_role("button", name="Look at the columns first").click()
    form.get_by_label("Telephone").select_option("Wer")
    form.get_by_role("button", name="Take it in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Not to be called: everywhere")
    expect(page.get_by_role("heading", name="Taken in")).to_be_visible()

    page.goto(f"{shop.base}/imports?kind=do_not_call")
    form.get_by_label("Holds in the country").fill("*")
    form.get_by_label("Numbers without a prefix").fill("HR")
    form.get_by_label("File", exact=True).set_input_files(file_of(tmp_path, "0912340010\n0912340011\n"))
    form.get_by_role("button", name="Look at the columns first").click()
    expect(form.get_by_text("2 lines without headings: columns are called by their places.")).to_be_visible()
    form.get_by_label("Telephone").select_option("column 1")
    form.get_by_role("button", name="Take it in").click()
    expect(page.get_by_role("heading", name="Taken in")).to_be_visible()
    assert (facts(page)["Lines"], facts(page)["New"]) == ("2", "2")
    expect(page.locator("#columns tbody tr")).to_have_text(re.compile("1.*Telephone"))
    assert "091234" not in str(shop.http.get("/api/v1/imports?kind=do_not_call").json())
    context.close()


def test_who_runs_the_selling_of_one_partner_has_no_registers_and_a_lead_has_no_page(shop: Shop) -> None:
    def seen_by(role: str, path: str) -> int:
        key = shop.done("POST", "/keys", {"name": role, "role": role, "partners": ["adria"]})["key"]
        headers = {"authorization": f"Bearer {key}", "accept": "text/html"}
        return shop.http.get(path, headers=headers).status_code

    assert seen_by("supervisor", "/imports") == 200
    assert seen_by("supervisor", "/imports?kind=do_not_call") == 404
    assert seen_by("supervisor", "/imports/unknown") == 404
    assert seen_by("partner", "/imports") == 403
    assert seen_by("trainer", "/imports") == 403

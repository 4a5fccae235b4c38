"""A month in a browser, from the report that is due to the agreement: read, filtered, attributed, undone, printed."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from services.calls.leads.sheets import rows_of
from services.gateway.views.words import money
from tests.browser.books import DIFFERENCE, MONTH, Books, books, faulty, looking_as
from tests.browser.conftest import follow

__all__ = ["books"]

GRID = f"/reconciliation?month={MONTH}"
CASE = f"/reconciliation/adria/{MONTH}"
REASON = "The recording says so."


def upload(name: str, content: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": "text/csv", "buffer": content}


def hand_in(page: Page, name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files(upload(name, content))  # type: ignore[arg-type]
    page.get_by_role("button", name="Hand it in").click()


def cents(text: str) -> int:
    """What an amount on a page says, minor units."""
    return int(re.sub(r"[^0-9-]", "", text.replace("−", "-")))


def moved(page: Page) -> list[int]:
    return [cents(text) for text in page.locator("#groups-table tbody [data-moved]").all_inner_texts()]


def test_a_report_that_is_due_is_handed_in_and_what_is_wrong_with_a_file_is_said(
    browser: Browser, books: Books
) -> None:
    with looking_as(browser, books, "rea", "reconciler") as (_, page):
        page.goto(books.base + GRID)
        row = page.locator("#months tbody tr").first
        expect(row).to_contain_text("Report due")
        row.get_by_role("link", name="Adria").click()
        expect(page.locator("#report")).to_contain_text(f"No report for {MONTH} yet. It is due on")
        assert Axe().run(page).response["violations"] == []

        hand_in(page, "november.exe", b"MZ")
        expect(page.locator("[data-upload] [role=status]")).to_have_text("A report is a CSV or XLSX file.")
        hand_in(page, "november.xlsx", b"PK\x03\x04 this is no workbook")
        expect(page.locator("#failed")).to_contain_text("The report can’t be compared:")
        assert books.month()["stage"] == "unreadable"
        page.goto(books.base + GRID)
        expect(page.locator("#months tbody tr").first).to_contain_text("can’t be read")

        page.goto(books.base + CASE)
        hand_in(page, "september.csv", faulty().replace(b"2026-11-", b"2026-09-"))
        expect(page.locator("#elsewhere")).to_contain_text("Is it the report of another month?")
        expect(page.locator("#elsewhere")).to_contain_text(f"24 lines are not of {MONTH}, most of them of 2026-09.")
        expect(page.locator("#failed")).to_contain_text("All 24 lines are of another month, most of 2026-09")
        assert Axe().run(page).response["violations"] == []
        page.goto(books.base + GRID)
        expect(page.locator("#months tbody tr").first).to_contain_text("of another month: 2026-09")

        page.goto(books.base + CASE)
        hand_in(page, "november.csv", faulty())
        expect(page.locator("#said")).to_have_text("The report is kept. It is compared now.")
        expect(page.locator("#groups-table tbody tr")).to_have_count(4)
        expect(page.locator("#elsewhere")).to_have_count(0)
        expect(page.locator("#counted")).to_have_text("Report 24 lines, our events 24 calls. Exactly alike: 21.")
        page.locator("#mapping summary").click()
        expect(page.locator("#mapping")).to_contain_text("Duration (s)")
        hand_in(page, "november.csv", faulty())
        expect(page.locator("#said")).to_have_text("The report is kept. It is compared now.")
        assert len(books.month()["reports"]) == 3, "the same file again is the same report"


def test_groups_add_up_to_the_difference_and_each_opens_its_lines(browser: Browser, books: Books) -> None:
    with looking_as(browser, books, "rea", "reconciler") as (_, page):
        page.goto(books.base + CASE)
        assert sum(moved(page)) == DIFFERENCE
        expect(page.locator("#groups-total")).to_have_text(money(DIFFERENCE, "EUR"))
        figures = {
            name: cents(page.locator(f"[data-figure={name}]").inner_text())
            for name in ("theirs", "ours", "difference", "explained", "unexplained")
        }
        assert figures["theirs"] - figures["ours"] == figures["difference"] == DIFFERENCE
        assert figures["explained"] + figures["unexplained"] == figures["difference"]
        told = books.month()
        kinds = {id_: one["found"]["kind"] for id_, one in told["mismatches"].items()}
        assert sorted(kinds.values()) == ["duplicate_line", "missing_line", "phantom_sale", "wrong_amount"]
        for id_, one in told["mismatches"].items():
            follow(page, page.locator(f"tr[data-group={id_}]").get_by_role("link"))
            lines = page.locator("#lines tbody tr td:last-child").all_inner_texts()
            assert sum(map(cents, lines)) == one["found"]["moved"]["minor"]
        dearer = next(id_ for id_, kind in kinds.items() if kind == "wrong_amount")
        page.goto(f"{books.base}{CASE}?group={dearer}")
        expect(page.locator("#lines tbody tr")).to_contain_text("94.00 EUR ≠")
        assert page.locator("#lines a").get_attribute("href") == "/calls/adria-switch:c-4"
        assert Axe().run(page).response["violations"] == []
        assert page.request.get(f"{books.base}{CASE}?group=E999").status == 200
        assert page.request.get(f"{books.base}/reconciliation/nobody/{MONTH}").status == 404


def test_the_grid_adds_up_and_is_filtered_by_its_address(browser: Browser, books: Books) -> None:
    with looking_as(browser, books, "rea", "reconciler") as (_, page):
        page.goto(books.base + GRID)
        rows = page.locator("#months tbody tr")
        expect(rows).to_have_count(2)
        for column, name in ((-5, "mismatches"), (-4, "open"), (-3, "difference"), (-2, "at_stake")):
            cells = [row.locator("td").all_inner_texts()[column] for row in rows.all()]
            under = page.locator(f"[data-total={name}]").inner_text()
            assert sum(cents(cell) for cell in cells if cell != "–") == cents(under), name
        assert sum(int(text or 0) for text in page.locator("tfoot .step").all_inner_texts()) == 2
        assert Axe().run(page).response["violations"] == []
        page.get_by_label("State").select_option("due")
        page.get_by_role("button", name="Show").click()
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text("Zvono")
        page.reload()
        expect(rows).to_have_count(1)
        page.goto(f"{books.base}{GRID}&state=forwarded")
        page.get_by_role("link", name="Clear the filter").click()
        expect(rows).to_have_count(2)


def test_one_is_attributed_then_all_and_each_is_undone_with_a_trace(browser: Browser, books: Books) -> None:
    with looking_as(browser, books, "rea", "reconciler") as (_, page):
        page.goto(books.base + CASE)
        first, second = list(books.month()["mismatches"])[:2]
        chosen = page.locator(f"tr[data-group={first}]")
        page.get_by_label(f"Choose {first}").check()
        page.get_by_label("Whose").select_option("undetermined")
        page.get_by_label("Why, for our own people").fill(REASON)
        page.get_by_role("button", name="Set for the chosen").click()
        expect(page.locator("#said")).to_have_text("Kept, with your reason. It can be undone.")
        expect(chosen).to_contain_text("open")
        expect(chosen).to_contain_text(f"rea: {REASON}")
        unexplained = cents(page.locator("[data-figure=unexplained]").inner_text())
        assert unexplained == books.month()["mismatches"][first]["found"]["moved"]["minor"]
        expect(page.get_by_role("button", name=f"Agree Adria, {MONTH}")).to_be_disabled()
        expect(page.locator("#blocked")).to_contain_text(f"Undetermined: {first}.")
        assert sum(moved(page)) == DIFFERENCE

        page.get_by_label(f"Choose {second}").check()
        page.get_by_label("Whose").select_option("own")
        page.get_by_label("Why, for our own people").fill(REASON)
        page.get_by_role("button", name="Set for the chosen").click()
        expect(page.locator("#blocked")).to_contain_text(f"Ours to settle: {second}.")
        page.get_by_label("Whose").select_option("explainable")
        page.get_by_label("Why, for our own people").fill("Both are as agreed by phone.")
        page.get_by_role("button", name="Set for all that are open").click()
        expect(page.locator("[data-figure=unexplained]")).to_have_text("0.00 EUR")
        assert {books.month()["mismatches"][id_]["attributed"]["party"] for id_ in (first, second)} == {"explainable"}

        for id_ in (first, second):
            page.get_by_role("button", name=f"Undo what was decided of {id_}").click()
            expect(page.locator("#said")).to_have_text("Undone. Both stay in the history.")
        told = books.month()
        for id_ in (first, second):
            assert told["mismatches"][id_]["attributed"]["party"] == told["mismatches"][id_]["found"]["party"]
        assert [step["what"] for step in told["history"][-6:]] == ["attributed"] * 6
        expect(page.locator("#history")).to_contain_text("Both are as agreed by phone.")


def test_a_partner_sees_its_own_month_and_none_of_our_notes(browser: Browser, books: Books) -> None:
    with looking_as(browser, books, "lead", "partner", ["adria"]) as (_, page):
        page.goto(books.base + GRID)
        expect(page.locator("#months tbody tr")).to_have_count(1)
        answers = [
            page.request.get(books.base + path)
            for path in (
                GRID,
                CASE,
                f"/print{CASE}",
                f"{CASE}/tables/groups.csv",
                f"{CASE}/tables/lines.csv",
                f"/reconciliation/tables/months.csv?month={MONTH}",
                f"/api/v1/reconciliation/months/adria:{MONTH}",
            )
        ]
        for answer in answers:
            assert answer.status == 200, answer.url
            assert not re.search(rf"{REASON}|agreed by phone|zvono", answer.text(), re.IGNORECASE), answer.url
        for path in (f"/reconciliation/zvono/{MONTH}", f"/print/reconciliation/zvono/{MONTH}"):
            assert page.request.get(books.base + path).status == 404
        page.goto(books.base + CASE)
        expect(page.get_by_role("button", name="Hand it in")).to_be_visible()
        expect(page.locator("#groups-table input")).to_have_count(0)
        said: dict[str, str | float | bool] = {"party": "own", "reason": "Not me.", "group": "E1"}
        assert page.request.post(f"{books.base}{CASE}/attribution", form=said).status == 403


def test_a_month_on_paper_says_what_the_page_says(browser: Browser, books: Books, tmp_path: Path) -> None:
    with looking_as(browser, books, "rea", "reconciler") as (_, page):
        page.goto(books.base + CASE)
        figures = page.locator("[data-figure]").all_inner_texts()
        groups = page.locator("#groups-table tbody [data-moved]").all_inner_texts()
        page.goto(f"{books.base}/print{CASE}")
        assert Axe().run(page).response["violations"] == []
        page.pdf(path=tmp_path / "month.pdf", prefer_css_page_size=True)
        read = [sheet.extract_text() for sheet in PdfReader(tmp_path / "month.pdf").pages]
        assert f"Adria, {MONTH}" in read[0]
        assert "Data as of " in read[0]
        for number, text in enumerate(read, 1):
            assert f"{number} / {len(read)}" in text
        whole = " ".join(" ".join(read).split())
        for figure in (*figures, *groups):
            assert figure in whole, figure
        assert f"Total, the diﬀerence in sales {money(DIFFERENCE, 'EUR')}" in whole.replace("difference", "diﬀerence")
        assert whole.count("name, date, signature") == 2
        for id_ in books.month()["mismatches"]:
            assert f"{id_}: " in whole
        page.emulate_media(media="print")
        width, height = PdfReader(tmp_path / "month.pdf").pages[0].mediabox[2:]
        assert (round(float(width)), round(float(height))) == (842, 595)


def test_tables_are_files_that_add_up(browser: Browser, books: Books) -> None:
    with looking_as(browser, books, "rea", "reconciler") as (_, page):
        answer = page.request.get(f"{books.base}{CASE}/tables/groups.csv")
        rows = list(csv.DictReader(io.StringIO(answer.body().decode("utf-8-sig"))))
        assert sum(round(float(row["moved"]) * 100) for row in rows) == DIFFERENCE
        lines = list(
            csv.DictReader(
                io.StringIO(page.request.get(f"{books.base}{CASE}/tables/lines.csv").body().decode("utf-8-sig"))
            )
        )
        assert sum(round(float(row["moved"]) * 100) for row in lines) == DIFFERENCE
        book = list(rows_of(page.request.get(f"{books.base}{CASE}/tables/groups.xlsx").body()))
        assert [row.cells[0] for row in book[1:]] == [row["group"] for row in rows]
        assert page.request.get(f"{books.base}{CASE}/tables/groups.exe").status == 404
        grid = page.request.get(f"{books.base}/reconciliation/tables/months.csv?month={MONTH}")
        assert {row["partner"] for row in csv.DictReader(io.StringIO(grid.body().decode("utf-8-sig")))} == {
            "adria",
            "zvono",
        }


def test_in_the_dark_and_on_a_phone_nothing_leaves_the_page(browser: Browser, books: Books) -> None:
    id_ = next(iter(books.month()["mismatches"]))
    options = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    with looking_as(browser, books, "rea", "reconciler", None, **options) as (_, page):
        for path in (GRID, CASE, f"{CASE}?group={id_}"):
            page.goto(books.base + path)
            assert page.evaluate("() => document.documentElement.scrollWidth") == 390, path
            assert Axe().run(page).response["violations"] == [], path


def test_it_all_goes_without_script_and_two_people_agree(browser: Browser, books: Books) -> None:
    """The month is asked about, a group is taken, who decided is refused, and somebody else agrees."""
    with looking_as(browser, books, "rea", "reconciler", None, java_script_enabled=False) as (_, page):
        page.goto(f"{books.base}{GRID}&state=due")
        expect(page.locator("#months tbody tr")).to_have_count(1)
        page.goto(books.base + CASE)
        first, second = list(books.month()["mismatches"])[:2]
        page.get_by_label(f"Choose {second}").check()
        page.get_by_role("button", name="Ask the partner to correct the chosen").click()
        expect(page.locator("#said")).to_have_text("The partner is asked for an adjusted report.")
        letter = page.request.get(books.base + str(page.get_by_role("link", name="Letter").get_attribute("href")))
        assert letter.status == 200
        page.get_by_label(f"Choose {first}").check()
        page.get_by_label("Whose").select_option("undetermined")
        page.get_by_label("Why, for our own people").fill(REASON)
        page.get_by_role("button", name="Set for the chosen").click()
        page.locator(f"tr[data-group={first}]").get_by_role("link").click()
        page.get_by_label("Take it: add to our count, EUR").fill("0.005")
        page.get_by_label("Why", exact=True).fill("Nobody knows any more.")
        page.get_by_role("button", name=f"Take {first}").click()
        expect(page.locator("#told-here")).to_have_text("0.005 is no amount in EUR.")
        page.locator(f"tr[data-group={first}]").get_by_role("link").click()
        page.get_by_label("Take it: add to our count, EUR").fill("0,00")
        page.get_by_label("Why", exact=True).fill("Nobody knows any more.")
        page.get_by_role("button", name=f"Take {first}").click()
        expect(page.locator("#said")).to_have_text("Taken, with your reason.")
        expect(page.locator("#blocked")).to_have_text("You decided on mismatches yourself: somebody else has to agree.")
        alone = page.request.post(f"{books.base}{CASE}/agreement", form={"accepted_by": "M. Perić"})
        assert "somebody else has to agree" in alone.text()
        assert books.month()["agreed"] is None

    with looking_as(browser, books, "mira", "reconciler", None, java_script_enabled=False) as (_, page):
        page.goto(books.base + CASE)
        page.get_by_label("Who at the partner accepted our count").fill("M. Perić")
        page.get_by_role("button", name=f"Agree Adria, {MONTH}").click()
        expect(page.locator("#said")).to_have_text("The month is agreed.")
        expect(page.locator("#agreement")).to_contain_text("by mira: 294.00 EUR in sales.")
        expect(page.get_by_role("button", name="Undo")).to_have_count(0)
        page.get_by_label("Why it holds no more").fill("A call was told late.")
        page.get_by_role("button", name="Open it again").click()
        expect(page.locator("#said")).to_have_text("The month is open again.")
        page.get_by_label("Who at the partner accepted our count").fill("M. Perić")
        page.get_by_role("button", name=f"Agree Adria, {MONTH}").click()
        expect(page.locator("#said")).to_have_text("The month is agreed.")
    with looking_as(browser, books, "rea", "reconciler") as (_, page):
        page.goto(books.base + GRID)
        expect(page.locator("#months tbody tr[data-state=agreed]")).to_have_count(1)

"""Files that are too large, or nearly: a whole server refuses the ones before it reads them, and holds of the others no
more than is said here."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Watched
from tests.browser.memory import Memory
from tests.browser.shop import Shop, serving, today

pytestmark = pytest.mark.timeout(600)

MIB = 1 << 20
HUGE, LARGE = 500 * MIB, 99 * MIB
REFUSING = 50 * MIB
"""What a server may grow by while it refuses a file."""
TAKING = 4 * LARGE
"""And while it takes one: it holds the file, its sealed form, and later both opened and on the way to the process that
compares."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A partner whose contract began this month."""
    with serving(tmp_path_factory) as opened:
        opened.set_up()
        opened.sign(300)
        page = {"accept": "text/html"}
        opened.eventually(lambda: opened.http.get(case(), headers=page).status_code == 200, 60)
        yield opened


def case() -> str:
    return f"/reconciliation/adria/{today():%Y-%m}"


def sent(shop: Shop, size: int, content: bytes, announced: bool) -> tuple[str, int]:
    """The first line of the answer to a form with a file of `size` bytes, and how many were sent when it came. Nothing
    of it is ever held here. `announced`: with its length, as browsers send it; else in chunks."""
    head = b'--x\r\ncontent-disposition: form-data; name="file"; filename="report.xlsx"\r\n\r\n' + content
    tail = b"\r\n--x--\r\n"
    place = urlsplit(shop.base)
    length = f"content-length: {len(head) + size + len(tail)}" if announced else "transfer-encoding: chunked"
    lines = (
        f"POST {case()}/report HTTP/1.1",
        f"host: {place.netloc}",
        f"authorization: {shop.http.headers['authorization']}",
        "accept: text/html",
        "content-type: multipart/form-data; boundary=x",
        length,
    )
    piece, done = bytes(MIB), 0
    with socket.create_connection((str(place.hostname), place.port or 80), timeout=120) as line:
        line.sendall("\r\n".join((*lines, "", "")).encode())

        def put(part: bytes) -> None:
            line.sendall(part if announced else b"%x\r\n%s\r\n" % (len(part), part))

        try:
            put(head)
            while done < size and not select.select([line], [], [], 0)[0]:
                put(piece)
                done += len(piece)
            if done == size:
                put(tail)
                line.sendall(b"" if announced else b"0\r\n\r\n")
        except ConnectionError:
            pass  # it has heard enough, and its answer lies there already
        return line.recv(4096).decode().partition("\r\n")[0], done


def test_a_file_of_500_mb_is_refused_before_it_is_read(shop: Shop) -> None:
    memory = Memory(shop.process.pid)
    answer, done = sent(shop, HUGE, b"", announced=True)
    assert " 413 " in answer
    assert done < REFUSING
    assert memory.grown < REFUSING


def test_the_page_says_at_once_that_a_file_is_too_large(browser: Browser, shop: Shop, tmp_path: Path) -> None:
    huge = tmp_path / "november.csv"
    with huge.open("wb") as file:
        file.truncate(HUGE)  # it takes no place on the disk
    headers = {"authorization": str(shop.http.headers["authorization"])}
    context = browser.new_context(extra_http_headers=headers)
    watched = Watched(context, shop.base)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.method))
    page = context.new_page()
    page.goto(shop.base + case())
    page.locator("input[type=file]").set_input_files(huge)
    page.get_by_role("button", name="Hand it in").click()
    expect(page.locator("[data-upload] [role=status]")).to_have_text("The file is larger than 100 MB.")
    assert "POST" not in asked
    context.close()
    assert watched.complaints == []


def test_what_does_not_say_how_large_it_is_is_cut_off(shop: Shop) -> None:
    """A report may have 100 MB, so that much of it is held; not more."""
    memory = Memory(shop.process.pid)
    answer, done = sent(shop, HUGE, b"", announced=False)
    assert " 303 " in answer  # to the page, which says so
    assert done < 2 * LARGE
    assert memory.grown < 2 * LARGE


def test_a_file_of_nearly_100_mb_is_taken_within_bounds(shop: Shop) -> None:
    memory = Memory(shop.process.pid)
    answer, done = sent(shop, LARGE, b"PK\x03\x04", announced=True)
    assert " 303 " in answer
    assert done == LARGE
    month = f"/api/v1/reconciliation/months/adria:{today():%Y-%m}"

    def refused() -> bool:
        found = shop.http.get(month)
        return found.status_code == httpx.codes.OK and found.json()["stage"] == "unreadable"

    shop.eventually(refused, 300)
    print("TAKEN", memory.grown / LARGE)
    assert memory.grown < TAKING

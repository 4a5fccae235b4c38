"""Files that forms bring: what a page offers is what it lets through, and too large ones are refused early."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.types import Message

import services.gateway
from services.gateway.pages.uploads import Upload
from shared.http import Problem
from shared.http.bodies import AROUND_A_FILE

TEMPLATES = Path(services.gateway.__file__).parent / "templates"
HEAD = b'--x\r\ncontent-disposition: form-data; name="file"; filename="march.csv"\r\n\r\n'
END = b"\r\n--x--\r\n"
MOST = 200_000


def test_a_form_lets_the_kinds_of_files_through_that_it_offers_and_no_others() -> None:
    found = 0
    for template in TEMPLATES.glob("*.html"):
        for form in re.findall(r"<form\b[^>]*\bdata-upload\b.*?</form>", template.read_text("utf-8"), re.DOTALL):
            (kinds,), (offered,) = re.findall(r'data-kinds="([^"]*)"', form), re.findall(r'accept="([^"]*)"', form)
            assert [f".{kind}" for kind in kinds.split()] == offered.split(","), template.name
            found += 1
    assert found >= 2


async def uploaded(size: int, told: int | None) -> tuple[bytes | str, int]:
    """The file as it was read, or as what it was refused, and how many bytes of the form were asked for."""
    asked, waiting = 0, [HEAD, *(b"y" * 1000 for _ in range(size // 1000)), END]

    async def receive() -> Message:
        nonlocal asked
        piece = waiting.pop(0)
        asked += len(piece)
        return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

    headers = [(b"content-type", b"multipart/form-data; boundary=x")]
    if told is not None:
        headers.append((b"content-length", str(told).encode()))
    try:
        upload = await Upload.of(Request({"type": "http", "method": "POST", "headers": headers}, receive), MOST)
    except Problem as refused:
        return f"{refused.status} {refused.detail}", asked
    return upload.content, asked


@pytest.mark.parametrize("told", [True, False])
async def test_a_file_that_is_small_enough_is_read_whole(told: bool) -> None:
    whole = len(HEAD) + MOST + len(END)
    assert await uploaded(MOST, whole if told else None) == (b"y" * MOST, whole)


async def test_a_file_that_says_that_it_is_too_large_is_not_read() -> None:
    assert await uploaded(2 * MOST, 2 * MOST) == ("413 The file is too large.", 0)


async def test_a_file_that_turns_out_to_be_too_large_is_cut_off() -> None:
    said, asked = await uploaded(2 * MOST, None)
    assert said == "413 The file is too large."
    assert MOST + AROUND_A_FILE < asked <= MOST + AROUND_A_FILE + 1000

"""Forms carry the word of their session: in a page, in a body however it is cut, in a header."""

from __future__ import annotations

import asyncio
import re
from itertools import pairwise
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.types import Message

from shared.http.forms import LOOKED_AT, carried, like_a_form, signed, word_of

WORD = word_of("a session")


def brought(body: bytes, cuts: list[int], headers: dict[str, str] | None = None) -> bytes | None:
    """The body as the route reads it, cut into pieces on its way; None where it is refused."""
    places = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    pieces = [body[low:high] for low, high in pairwise(places)] or [b""]
    waiting: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": n < len(pieces) - 1} for n, piece in enumerate(pieces)
    ]

    async def receive() -> Message:
        return waiting.pop(0)

    async def read() -> bytes | None:
        whole = await carried(Headers(headers or {}), receive, "a session")
        if whole is None:
            return None
        content = bytearray()
        while True:
            message = await whole()
            content += message["body"]
            if not message["more_body"]:
                return bytes(content)

    return asyncio.run(read())


@given(st.dictionaries(st.text(max_size=9), st.text(max_size=40), max_size=4), st.lists(st.integers(0, 4000)))
def test_a_form_with_the_word_is_read_whole_however_it_is_cut(fields: dict[str, str], cuts: list[int]) -> None:
    fields.pop("csrf", None)
    body = urlencode({"csrf": WORD} | fields).encode()
    assert brought(body, cuts) == body
    assert brought(urlencode(fields | {"csrf": WORD}).encode(), cuts) is not None
    assert brought(urlencode(fields).encode(), cuts) is None
    assert brought(urlencode({"csrf": word_of("another")} | fields).encode(), cuts) is None


def test_a_file_behind_the_word_is_read_whole() -> None:
    head = f'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{WORD}\r\n--x\r\n'.encode()
    body = head + b"y" * (3 * LOOKED_AT)
    assert brought(body, list(range(0, len(body), 5_000))) == body
    assert brought(b"y" * LOOKED_AT + body, [LOOKED_AT]) is None, "the word stands first"


def test_a_header_is_as_good_and_counts_before_the_body() -> None:
    assert brought(b"x", [], {"x-csrf-token": WORD}) == b"x"
    for wrong in ("", "ü", word_of("another")):
        assert brought(f"csrf={WORD}".encode(), [], {"x-csrf-token": wrong}) is None


def test_each_form_of_a_page_that_changes_something_gets_it_and_nothing_else_is_touched() -> None:
    page = '<form method="post" action="/a"><b></b></form><form action="/b"></form><FORM id=x METHOD="POST"></FORM>'
    whole = signed(page, "a session")
    (word,) = set(re.findall(r'value="([0-9a-f]+)">', whole))
    assert whole.count(f'<input type="hidden" name="csrf" value="{word}">') == 2
    assert whole.replace(f'<input type="hidden" name="csrf" value="{word}">', "") == page
    assert "a session" not in whole
    assert brought(f"csrf={word}".encode(), []) is not None


def test_no_part_of_the_word_is_the_same_in_two_answers_and_each_answer_is_good() -> None:
    """What stays the same in packed answers can be guessed by their length, sign by sign."""
    words = [word_of("a session") for _ in range(300)]
    assert len(set(words)) == 300
    for place in range(len(WORD)):
        assert len({word[place] for word in words}) == 16, "all hexadecimal digits come up at each place"
    assert all(brought(f"csrf={word}".encode(), []) is not None for word in words)


@given(st.integers(0, 127), st.sampled_from("0123456789abcdef"))
def test_a_word_with_one_sign_changed_is_none(place: int, sign: str) -> None:
    word = WORD[:place] + sign + WORD[place + 1 :]
    assert (brought(f"csrf={word}".encode(), []) is not None) == (word == WORD)


@pytest.mark.parametrize(
    "word",
    ["", WORD[:64], WORD[64:], WORD + "00", WORD.upper(), WORD[:-1] + "g", "0" * 128],
    ids=["none", "mask", "masked", "longer", "upper", "no digit", "zeros"],  # the word is another one in each process
)
def test_what_is_no_masked_word_is_refused(word: str) -> None:
    assert brought(f"csrf={word}".encode(), []) is None
    assert brought(b"", [], {"x-csrf-token": word}) is None


@pytest.mark.parametrize(
    ("method", "kind", "expected"),
    [
        ("POST", "application/x-www-form-urlencoded; charset=utf-8", True),
        ("POST", "Multipart/Form-Data; boundary=x", True),
        ("POST", "text/plain", True),
        ("POST", "", True),
        ("POST", "application/json", False),
        ("POST", "application/yaml", False),
        ("DELETE", "", False),
        ("GET", "text/plain", False),
    ],
)
def test_what_a_browser_asks_about_first_needs_no_word(method: str, kind: str, expected: bool) -> None:
    assert like_a_form(method, Headers({"content-type": kind} if kind else {})) == expected

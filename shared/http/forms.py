"""Forms of our own pages: each carries a word that only a page of this session can know.

A page of another site can make a browser send a form with our cookie, and nothing that needs a header: a request of any
other type is asked about first (CORS), and we allow nobody. So only what a form could send has to carry the word.

Pages are packed, and what is asked for stands in some of them: the length of an answer would tell whoever tries word
after word how much of the right one was guessed (BREACH). So the word is masked anew in each answer, and no part of it
is the same twice.
"""

from __future__ import annotations

import hmac
import re
import secrets

from starlette.datastructures import Headers
from starlette.types import Message, Receive

FIELD, HEADER = "csrf", "x-csrf-token"
BYTES = 32
"""Of the word, and of its mask."""
LOOKED_AT = 16 << 10
"""Bytes of a body in which the word is looked for: our pages put it first."""
_AS_FORMS = frozenset({"", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
_MASKED = re.compile(rb"[0-9a-f]{128}")
_FORM = re.compile(r'(<form\b[^>]*\bmethod="post"[^>]*>)', re.IGNORECASE)


def word_of(session: str) -> str:
    """The word of a session's pages behind a mask, with the mask before it: another text each time. It tells nothing
    of the session."""
    mask = secrets.token_bytes(BYTES)
    return (mask + _masked(mask, _word(session))).hex()


def _word(session: str) -> bytes:
    return hmac.digest(session.encode(), b"tallyline forms", "sha256")


def _masked(mask: bytes, word: bytes) -> bytes:
    """One of them by the other: twice gives the word back."""
    return bytes(one ^ other for one, other in zip(mask, word, strict=True))


def _is_word(text: bytes, session: str) -> bool:
    if not _MASKED.fullmatch(text):
        return False
    both = bytes.fromhex(text.decode("ascii"))
    return hmac.compare_digest(_masked(both[:BYTES], both[BYTES:]), _word(session))


def signed(html: str, session: str) -> str:
    """The page with the word in each form that changes something."""
    return _FORM.sub(rf'\1<input type="hidden" name="{FIELD}" value="{word_of(session)}">', html)


def like_a_form(method: str, headers: Headers) -> bool:
    """Whether another site's page could have had it sent."""
    return method == "POST" and headers.get("content-type", "").partition(";")[0].strip().lower() in _AS_FORMS


async def carried(headers: Headers, receive: Receive, session: str) -> Receive | None:
    """What gives the request's body from its beginning, if it carries the word; else None."""
    if HEADER in headers:
        return receive if _is_word(headers[HEADER].encode(), session) else None
    held: list[Message] = []
    read = bytearray()
    while len(read) < LOOKED_AT:
        held.append(await receive())
        read += held[-1].get("body", b"")
        if held[-1]["type"] != "http.request" or not held[-1].get("more_body", False):
            break
    if not any(_is_word(found, session) for found in _found(bytes(read[:LOOKED_AT]))):
        return None

    async def again() -> Message:
        return held.pop(0) if held else await receive()

    return again


def _found(body: bytes) -> list[bytes]:
    """The values of the field in the beginning of a form, of either type."""
    field = FIELD.encode()
    plain = re.findall(rb"(?:^|&)" + field + rb"=([0-9a-f]{128})(?:&|$)", body)
    parted = re.findall(rb'name="' + field + rb'"\r\n\r\n([0-9a-f]{128})\r\n', body)
    return plain + parted

"""How a form of a page becomes a command: its fields, and what was refused told in words."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from services.gateway.views.words import link
from shared.http import Problem
from shared.http.forms import FIELD
from shared.security import Principal

MOST_FIELDS = 1_000
MOST_TEXT = 100_000
MOST_SAID = 400
MOST_DIGITS = 9
Shown = Annotated[str, Query(max_length=MOST_SAID)]
"""What a page is asked to tell: what was done, or refused."""
Short = Annotated[str, Query(max_length=200)]
"""An id, or a word, by which a page is asked for a part of what it has."""
OVER = "over"
"""The field by which a form says which state it was filled from."""


class Fields:
    """What a form said: texts without the space around them, and files. A field that was left empty is not there."""

    def __init__(self, texts: list[tuple[str, str]], files: Mapping[str, tuple[str, bytes]]) -> None:
        self._texts = texts
        self.files = files

    def text(self, name: str) -> str:
        """The first of the name; nothing where there is none."""
        return next((value for key, value in self._texts if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every one of the name."""
        return [value for key, value in self._texts if key == name]

    def sent(self) -> list[tuple[str, str]]:
        """All texts, in their order, but for what the page itself put into the form."""
        return [(key, value) for key, value in self._texts if key not in (FIELD, OVER)]

    def some(self, *names: str) -> dict[str, Any]:
        """Those of these names that were filled in, as the body of a command."""
        return {name: value for name in names if (value := self.text(name))}

    def __contains__(self, name: object) -> bool:
        return any(key == name for key, _value in self._texts)


async def _fields(request: Request) -> Fields:
    """422 for a form with more fields than ours have."""
    async with request.form(max_files=5, max_fields=MOST_FIELDS, max_part_size=MOST_TEXT) as form:
        texts: list[tuple[str, str]] = []
        files: dict[str, tuple[str, bytes]] = {}
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                if value.filename:
                    files[name] = (value.filename, await value.read())
            elif value.strip():
                texts.append((name, value.strip().replace("\r\n", "\n")))
        return Fields(texts, files)


Form = Annotated[Fields, Depends(_fields)]


def part(text: str) -> str:
    """A text as one part of an address; nothing of it leads elsewhere."""
    return quote(text, safe=":+") if text.strip(".") else "-"


def whole(text: str) -> int | None:
    """The whole number that somebody wrote; None where it is none, or longer than any that is meant."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None


def place_of(viewer: Principal) -> tuple[str, str]:
    """Partner and id of who looks, where that is an agent."""
    return next(iter(viewer.partners or ()), ""), viewer.agent or ""


def went_wrong(problem: Problem, *also: int) -> str:
    """What was refused, for people, field by field where that is known. Problem again where it is no matter of the
    form; `also`: further statuses that are."""
    if problem.status not in (400, 409, 413, 415, 422, *also):
        raise problem
    fields = "; ".join(f"{one.field}: {one.detail}" for one in problem.errors if one.detail not in problem.detail)
    return f"{problem.detail} {fields}".strip()[:MOST_SAID]


def back(path: str, said: str = "", wrong: str = "", fragment: str = "", **query: str | None) -> Response:
    """To the page again, which tells what came of it. `said`: what was done; `wrong`: what was refused, and why;
    `fragment`: the part of the page where that is; `query`: what else the page is asked for."""
    where = link(path, **query, said=said[:MOST_SAID], wrong=wrong[:MOST_SAID])
    return RedirectResponse(f"{where}#{fragment}" if fragment else where, 303)


async def carried_out(
    doing: Awaitable[object], path: str, said: str = "", *also: int, fragment: str = "", **query: str | None
) -> Response:
    """Do it, and go back to the page, as `back` does. `also`: as in `went_wrong`."""
    try:
        await doing
    except Problem as problem:
        return back(path, "", went_wrong(problem, *also), fragment, **query)
    return back(path, said, "", fragment, **query)

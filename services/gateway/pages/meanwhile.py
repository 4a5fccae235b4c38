"""Two people change the same thing: whoever saves later sees what both wrote, loses nothing, and chooses.

A form says by a hidden field `over` which state it was filled from: a revision, or `state_of` what was shown. It is
saved only over that state. Else the page comes back with what was typed in the form, and `over` of the state that is
there now: saved once more, it is meant. A page of many forms answers with a page of its own for that (`asked_again`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec
from fastapi import Request, Response

from services.gateway.api.asking import AsViewer
from services.gateway.pages.acting import Fields
from services.gateway.pages.site import page
from services.gateway.views.words import _
from shared.http import Problem

STATUS = 412
ALL = "of"
"""Begins the states of several things."""
TRIES = 5
"""Of a write that something else on the same document gets ahead of."""
MOST_SHOWN = 4_000
"""Letters of a field that are shown side by side; the form has all of them."""


class Difference(NamedTuple):
    """A field of which both have other words."""

    field: str
    mine: str
    theirs: str


class Meanwhile(NamedTuple):
    """What somebody saved while somebody else was typing. `by` and `at` are not known of everything; `theirs`: where
    the page is without what was typed."""

    differences: list[Difference]
    theirs: str
    by: str = ""
    at: Any = None


def both(labels: Mapping[str, str], mine: Mapping[str, str], theirs: Mapping[str, str]) -> list[Difference]:
    """The fields, in the order of their labels, that are not the same to both; space around words is none."""
    found = ((label, mine.get(name, "").strip(), theirs.get(name, "").strip()) for name, label in labels.items())
    return [Difference(label, one[:MOST_SHOWN], other[:MOST_SHOWN]) for label, one, other in found if one != other]


def state_of(shown: object) -> str:
    """A short name of what a form was filled from: another one for every other content."""
    return hashlib.sha256(msgspec.json.encode(shown)).hexdigest()[:16]


def states_of(shown: Mapping[str, object]) -> str:
    """The states of several things, by name, for a form in which one of them is named."""
    return " ".join([ALL, *(f"{quote(name, safe='')}={state_of(one)}" for name, one in shown.items())])


def state_in(states: str, name: str) -> str:
    """The state of one of several: of one that was not there, that of nothing. Empty where the form says none."""
    known = dict(one.partition("=")[::2] for one in states.split())
    return known.get(quote(name, safe=""), state_of(None)) if ALL in known else states


def overtaken(problem: Problem) -> bool:
    """Whether a write was refused because somebody else was faster."""
    return problem.code == "changed_meanwhile"


class Field(NamedTuple):
    """How a form names one of its fields; `words`: of a choice, what it says in words. A choice is not typed."""

    label: str
    words: Mapping[str, str] | None = None


class Overtaken(Exception):
    """What is there is not what a form was filled from. `now`: what is; `state`: of what of it the form shows."""

    def __init__(self, now: Any, state: str) -> None:
        super().__init__("changed meanwhile")
        self.now = now
        self.state = state


async def over(
    ask: AsViewer, read: str, was: str, of: Callable[[Any], object], write: Callable[[str], Awaitable[Any]]
) -> Any:
    """Write only over the state that a form was filled from. Overtaken with what is read there now, where it is another
    one.

    `was`: that state, as the form says it; `of`: what of the answer it is. `write` is given the tag of what was read:
    whoever is faster from then on is seen too, since `read` is what the write is held against.
    """
    for _try in range(TRIES):
        known, tag = await ask.read(read)
        state = state_of(of(known))
        if was not in ("", state):
            raise Overtaken(known, state)
        try:
            return await write(tag)
        except Problem as problem:
            if not overtaken(problem):
                raise
    raise Problem(503, "busy", _("Too many change this at once. Try again in a moment."))


def asked_again(
    request: Request,
    form: Fields,
    fields: Mapping[str, Field],
    theirs: Mapping[str, str],
    state: str,
    where: str,
    by: str = "",
    at: Any = None,
    seen: Mapping[str, str] | None = None,
) -> Response:
    """The page on which somebody chooses: `theirs` is what each field would be filled with now, `state` what it would
    be filled from, `where` the page itself, `seen` what is not in the form of what it stands for."""
    mine = {name: form.text(name) for name in fields} | dict(seen or {})
    labels = {name: field.label for name, field in fields.items()}
    differences = both(labels, _in_words(fields, mine), _in_words(fields, theirs))
    typed = {
        name for name, field in fields.items() if field.words is None and field.label in {d.field for d in differences}
    }
    return page(
        request,
        "conflict.html",
        STATUS,
        meanwhile=Meanwhile(differences, where, by, at),
        typed=[(name, fields[name].label, mine[name]) for name in fields if name in typed],
        carried=[(name, value) for name, value in form.sent() if name not in typed],
        state=state,
    )


def _in_words(fields: Mapping[str, Field], texts: Mapping[str, str]) -> dict[str, str]:
    return {name: str((fields[name].words or {}).get(text, text)) for name, text in texts.items() if name in fields}

"""Two people change the same thing: whoever saves later sees what both wrote, loses nothing, and chooses.

A form says by a hidden field `over` which state it was filled from: a revision, or `state_of` what was shown. It is
saved only over that state. Else the page comes back with what was typed in the form, and `over` of the state that is
there now: saved once more, it is meant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from shared.http import Problem

STATUS = 412
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


def overtaken(problem: Problem) -> bool:
    """Whether a write was refused because somebody else was faster."""
    return problem.code == "changed_meanwhile"

"""Evaluation forms: what is asked of a call, how much each answer counts, and what makes a call fail by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from shared.kernel import Event

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$(?!\n)")]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What all structs of a form have in common: no field that nobody knows, nothing said that goes without."""


class Option(Part, frozen=True, kw_only=True):
    """An answer to a question. `points`: what it is worth, of the most that an answer to this question can bring."""

    id: Name
    text: Words
    points: Annotated[int, msgspec.Meta(ge=0, le=1000)]


class Question(Part, frozen=True, kw_only=True):
    """Something that is asked of a call. `weight`: its share of the score, against the other questions' weights.

    `fatal`: an answer without points makes the call fail, whatever the score. `optional`: it may be answered by
    `na`, not applicable, and is then left out of the score.
    """

    id: Name
    text: Words
    weight: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    options: Annotated[tuple[Option, ...], msgspec.Meta(min_length=2, max_length=11)]
    section: Annotated[str, msgspec.Meta(max_length=200)] = ""
    fatal: bool = False
    optional: bool = False


class FormContent(Part, frozen=True, kw_only=True):
    """A form. `pass_percent`: the least score with which a call passes."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    questions: Annotated[tuple[Question, ...], msgspec.Meta(min_length=1, max_length=100)]
    pass_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 80


class FormPublished(Event, frozen=True, kw_only=True):
    """Samples drawn from now on may ask for this version; calls drawn before keep theirs. `version`: from 1."""

    form: str
    version: int
    content: FormContent
    reason: str
    at: datetime
    by: str


FormEvent = FormPublished

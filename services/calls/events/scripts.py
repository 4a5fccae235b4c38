"""Scripts: graphs of what an agent says and asks, their drafts and versions, and the steps that calls take in them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from shared.contracts.selling import SurveyAnswered
from shared.kernel import Event
from shared.names import Ident, Language

ScriptKind = Literal["script", "survey", "answers"]
Form = Literal["choice", "number", "text"]

NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$(?!\n)"
Name = Annotated[str, msgspec.Meta(pattern=NAME)]
Words = Annotated[str, msgspec.Meta(max_length=4000)]
Texts = dict[Language, Words]
"""A text by language (ISO 639), with variables such as `{customer.name}`."""


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What all structs of a script have in common: no field that nobody knows, nothing said that goes without."""


class Answer(Part, frozen=True, kw_only=True):
    """An answer to a question, and the node that it leads to."""

    id: Name
    texts: Texts
    to: Name


class Text(Part, frozen=True, kw_only=True, tag="text", tag_field="type"):
    """Something that the agent says; `to` is the node after it."""

    id: Name
    texts: Texts
    to: Name


class Question(Part, frozen=True, kw_only=True, tag="question", tag_field="type"):
    """Something that the agent asks; the answer says where it goes on."""

    id: Name
    texts: Texts
    answers: Annotated[tuple[Answer, ...], msgspec.Meta(max_length=50)] = ()


class Offer(Part, frozen=True, kw_only=True, tag="offer", tag_field="type"):
    """A product is offered; it is accepted or declined."""

    id: Name
    texts: Texts
    sku: Ident
    accepted: Name
    declined: Name


class Choice(Part, frozen=True, kw_only=True):
    """One of the closed answers of an input."""

    id: Name
    texts: Texts


class Input(Part, frozen=True, kw_only=True, tag="input", tag_field="type"):
    """A field of a survey: one of `choices`, a whole number, or free text, which is kept sealed."""

    id: Name
    texts: Texts
    field: Name
    form: Form
    to: Name
    choices: Annotated[tuple[Choice, ...], msgspec.Meta(max_length=50)] = ()


class Disposition(Part, frozen=True, kw_only=True, tag="disposition", tag_field="type"):
    """An end: `code` is the canonical result of the call."""

    id: Name
    texts: Texts = msgspec.field(default_factory=dict)
    code: Name


Node = Text | Question | Offer | Input | Disposition


class Entry(Part, frozen=True, kw_only=True):
    """Of a list of questions and answers: what customers ask, and what is answered."""

    id: Name
    question: Texts
    answer: Texts


class Content(Part, frozen=True, kw_only=True):
    """All that a script says. A script or a survey has nodes and a start, a list of answers has entries."""

    kind: ScriptKind
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    languages: Annotated[tuple[Language, ...], msgspec.Meta(max_length=30)]
    start: str = ""
    nodes: Annotated[tuple[Node, ...], msgspec.Meta(max_length=500)] = ()
    entries: Annotated[tuple[Entry, ...], msgspec.Meta(max_length=1000)] = ()


class ScriptDrafted(Event, frozen=True, kw_only=True):
    """Somebody saved the draft; whole or not, it is nothing that calls follow. `draft`: its number, from 1."""

    script: str
    draft: int
    content: Content
    at: datetime
    by: str


class ScriptPublished(Event, frozen=True, kw_only=True):
    """Calls that begin from now on follow this; those in progress stay with what they began. `version`: from 1."""

    script: str
    version: int
    content: Content
    at: datetime
    by: str


class ScriptWithdrawn(Event, frozen=True, kw_only=True):
    """No call begins it any more."""

    script: str
    reason: str
    at: datetime
    by: str


ScriptEvent = ScriptDrafted | ScriptPublished | ScriptWithdrawn


class ScriptStepTaken(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A call reached a node and left it by `answer`: an answer's id, `accepted`, `declined`, or nothing where there is
    one way only. `step`: the number that the panel gave it, from 1 in each call."""

    call: str
    partner: str
    script: str
    version: int
    step: int
    node: str
    answer: str = ""
    at: datetime
    by: str
    agent: str | None = None


WalkEvent = ScriptStepTaken | SurveyAnswered

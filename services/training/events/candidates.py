"""What happens to somebody who may become an agent; who they are lies in the vault and is never told here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from services.training.events.rotas import Language
from shared.kernel import Event

Level = Literal["A1", "A2", "B1", "B2", "C1", "C2", "native"]
"""Of the Common European Framework of Reference for Languages."""
CandidateStage = Literal["applied", "screened", "interviewed", "tested", "offered", "hired", "rejected", "withdrawn"]
OVER: frozenset[str] = frozenset(("hired", "rejected", "withdrawn"))
"""After these there is no other stage."""
Skill = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,62}$(?!\n)")]


class Speaks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A language, how well, and whether somebody of us tested it."""

    language: Language
    level: Level
    tested: bool = False


class CandidateRegistered(Event, frozen=True, kw_only=True):
    """Somebody may become an agent at a partner; the whole of what is known, but for who they are."""

    partner_id: str
    candidate: str
    languages: tuple[Speaks, ...]
    skills: tuple[Skill, ...] = ()
    at: datetime
    by: str


class CandidateMoved(Event, frozen=True, kw_only=True):
    """They came to another stage. `agent`: the vendor's id that they work under, where they were hired."""

    partner_id: str
    candidate: str
    stage: CandidateStage
    agent: str = ""
    at: datetime
    by: str


class CandidateErased(Event, frozen=True, kw_only=True):
    """Who they are is known no more."""

    partner_id: str
    candidate: str
    at: datetime
    by: str


CandidateEvent = CandidateRegistered | CandidateMoved | CandidateErased

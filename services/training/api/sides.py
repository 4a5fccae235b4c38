"""On which side of a partnership somebody stands, and what routes about people's words are given."""

from __future__ import annotations

import hashlib
from typing import Annotated

import msgspec
from fastapi import Depends, Request

from services.training.events.evaluations import Party, Side
from services.training.texts import Texts
from shared.security import Principal

Written = Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
"""Words of a person, which are kept sealed."""


async def _texts(request: Request) -> Texts:
    found: Texts = request.app.state.training_texts
    return found


AtTexts = Annotated[Texts, Depends(_texts)]


def side_of(who: Principal) -> Side:
    """A partner's own people speak for it; all others are the company's, also those who see only some partners."""
    return "partner" if who.role == "partner" else "company"


def party_of(who: Principal) -> Party:
    """A side, or the agent for itself."""
    return "agent" if who.role == "agent" else side_of(who)


def named(who: Principal) -> str:
    """The name that events know somebody by: of an agent the id at its partner, never its own name."""
    return who.agent or who.name if who.role == "agent" else who.name


def id_by(who: Principal, by: str) -> str:
    """An id that follows from who asks by which command, so that a repeat makes nothing twice."""
    return hashlib.sha256(f"{who.role}\n{who.agent}\n{who.name}\n{by}".encode()).hexdigest()[:12]

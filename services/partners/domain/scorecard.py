"""Scorecards: weighted criteria by which candidates are scored, and the one that comes with the system."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

from services.partners.domain.partner import Name
from services.partners.events import Criterion, ScorecardDefined, ScorecardEvent
from shared.kernel import Command, Decider, Rejected, said

ScorecardId = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,62}$(?!\n)")]
STANDARD = "standard"
CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        id="management",
        text="Management and its record in multilingual operation",
        weight=15,
        guidance="Who leads the work, since when, for which clients, in how many languages? Ask two of them.",
    ),
    Criterion(
        id="quality_system",
        text="Quality system, and whether what it finds feeds training",
        weight=15,
        guidance="See last month's evaluations and the training that came of them. No link between them: at most 2.",
    ),
    Criterion(id="cost", text="Cost for what we get", weight=15, guidance="Per net sale, not per hour alone."),
    Criterion(
        id="speed_to_market",
        text="Speed to market: weeks until staff is trained and the service is on",
        weight=10,
        guidance="5: at most two weeks; 4: three; 3: four; 2: six; 1: eight; 0: longer.",
    ),
    Criterion(
        id="flexibility",
        text="Flexibility: agents trained on our products, and trained as back-up",
        weight=10,
        guidance="How many beside the team can step in within a day, at what notice?",
    ),
    Criterion(
        id="personnel",
        text="Who takes the calls: simple operators, or people trained beforehand",
        weight=10,
        guidance="Listen to ten recordings. Readers of scripts: at most 2, where selling is asked for.",
    ),
    Criterion(
        id="technology",
        text="Technology, and how its platform connects to us",
        weight=10,
        guidance="A platform that we have a connector for, with events for every fact that we count: 4 or more.",
    ),
    Criterion(
        id="data_protection",
        text="Data protection",
        weight=15,
        minimum=3,
        guidance="Contract of processing, access by need, retention, how an erasure is carried out and proven.",
    ),
)
"""The criteria of the scorecard `standard`, which is there without anybody's doing."""
EVALUATORS = 2


class DefineScorecard(Command, frozen=True, kw_only=True):
    """Say by which criteria candidates are scored, and how many people have to score all of them.

    409 `criterion_twice`. Evaluations that began keep the criteria that they began with.
    """

    scorecard_id: ScorecardId
    title: Name
    criteria: Annotated[tuple[Criterion, ...], msgspec.Meta(min_length=1, max_length=100)]
    evaluators: Annotated[int, msgspec.Meta(ge=1, le=20)] = EVALUATORS
    at: datetime
    by: str


@dataclass(frozen=True)
class Scorecard:
    """As last defined."""

    defined: ScorecardDefined | None = None


def decide(command: DefineScorecard, state: Scorecard) -> list[ScorecardEvent]:
    """The same again is a repeat."""
    ids = [criterion.id for criterion in command.criteria]
    if twice := sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        raise Rejected("criterion_twice", f"These criteria stand twice: {', '.join(twice)}.")
    defined = said(ScorecardDefined, command)
    known = state.defined
    if known is not None and defined == msgspec.structs.replace(known, at=defined.at, by=defined.by):
        return []
    return [defined]


def evolve(state: Scorecard, event: ScorecardEvent) -> Scorecard:
    """The last definition counts."""
    return Scorecard(event)


scorecard = Decider("scorecard", ScorecardEvent, Scorecard(), decide, evolve)

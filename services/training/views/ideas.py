"""The ideas: which are wanted most, what became of each, and to whose credit?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from services.training.events.ideas import (
    IdeaAnswered,
    IdeaEvent,
    IdeaMeasured,
    IdeaMerged,
    IdeaShipped,
    IdeaVoted,
    VoteTakenBack,
)
from shared.contracts.training import TOPIC, IdeaProposed
from shared.kernel import View

IdeaStatus = Literal["proposed", "considered", "planned", "declined", "shipped"]


class KnownIdea(msgspec.Struct, kw_only=True):
    """An idea by itself, whatever was merged into it."""

    idea: str
    partner: str
    proposed: IdeaProposed | None = None
    voters: list[str] = []
    merged: IdeaMerged | None = None
    answered: list[IdeaAnswered] = []
    shipped: IdeaShipped | None = None
    measured: IdeaMeasured | None = None
    changes: int = 0

    @property
    def status(self) -> IdeaStatus:
        """Where it stands."""
        if self.shipped is not None:
            return "shipped"
        return self.answered[-1].status if self.answered else "proposed"

    @property
    def author(self) -> str:
        """As a voter is named."""
        return f"agent:{self.proposed.agent}" if self.proposed else ""


class WholeIdea(msgspec.Struct, frozen=True, kw_only=True):
    """An idea with all that were merged into it: each voter and each other author counts once. `authors`: partner and
    agent, the first who proposed it first."""

    head: KnownIdea
    votes: int
    authors: list[tuple[str, str]]
    merged: list[str]


def by_idea(event: IdeaEvent) -> Iterable[tuple[str, IdeaEvent]]:
    """One document an idea."""
    return [(event.idea, event)]


def fold(doc: KnownIdea | None, event: IdeaEvent, sign: int) -> KnownIdea:
    """A command's events are never reversed."""
    doc = doc or KnownIdea(idea=event.idea, partner=event.partner_id)
    doc.changes += 1
    match event:
        case IdeaProposed():
            doc.proposed = event
        case IdeaVoted(voter=voter):
            doc.voters = sorted({*doc.voters, voter})
        case VoteTakenBack(voter=voter):
            doc.voters = [known for known in doc.voters if known != voter]
        case IdeaMerged():
            doc.merged = event
        case IdeaAnswered():
            doc.answered.append(event)
        case IdeaShipped():
            doc.shipped = event
        case IdeaMeasured():
            doc.measured = event
    return doc


def newer(one: KnownIdea, other: KnownIdea) -> KnownIdea:
    """An idea is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def head_of(idea: str, known: Mapping[str, KnownIdea]) -> str:
    """The idea as which one goes on. Two that were merged into each other at the same moment go on as the one whose id
    comes first."""
    passed: list[str] = []
    while idea not in passed:
        passed.append(idea)
        merged = known[idea].merged
        if merged is None or merged.into not in known:
            return idea
        idea = merged.into
    return min(passed[passed.index(idea) :])


def whole_ideas(known: Mapping[str, KnownIdea]) -> list[WholeIdea]:
    """All ideas that go on as themselves: those that are wanted by most first."""
    members: dict[str, list[KnownIdea]] = {}
    for idea, doc in known.items():
        if doc.proposed is not None:
            members.setdefault(head_of(idea, known), []).append(doc)
    whole = [_whole(known[head], docs) for head, docs in members.items()]
    return sorted(whole, key=lambda one: (-one.votes, one.head.idea))


def _whole(head: KnownIdea, docs: list[KnownIdea]) -> WholeIdea:
    ordered = sorted(
        (doc for doc in docs if doc.proposed), key=lambda doc: (doc.proposed and doc.proposed.at, doc.idea)
    )
    mine = (head.partner, head.author)
    # Agents' ids are their partner's own: the same id at two partners is two people.
    wanted = {(doc.partner, voter) for doc in docs for voter in (*doc.voters, doc.author)}
    authors = list(dict.fromkeys((doc.partner, doc.author.removeprefix("agent:")) for doc in ordered))
    merged = sorted(doc.idea for doc in docs if doc.idea != head.idea)
    return WholeIdea(head=head, votes=len(wanted - {mine}), authors=authors, merged=merged)


ideas = View(
    "ideas",
    1,
    TOPIC,
    IdeaEvent,
    KnownIdea,
    by_idea,
    fold,
    newer,
    indexes=("partner",),
    fields=lambda doc: {"partner": doc.partner},
)

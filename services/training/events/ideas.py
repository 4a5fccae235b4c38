"""Ideas of agents: proposed, voted for, merged, answered, shipped, and measured."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from services.training.events.struggles import Step
from shared.contracts.training import EffectVerdict, IdeaProposed
from shared.kernel import Event

Answered = Literal["considered", "planned", "declined"]
WatchedMeasure = Literal["failed", "back", "abandoned", "sales"]


class Watched(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What an idea is to move: the share of visits to a step of the panel that go wrong, or the share of talks with a
    sale, of all or of one campaign."""

    measure: WatchedMeasure
    step: Step | None = None
    campaign: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class Share(msgspec.Struct, frozen=True):
    """So many of so many."""

    count: int
    total: int


class IdeaVoted(Event, frozen=True, kw_only=True):
    """Somebody wants the idea too. `voter`: `agent:<id>`, or `name:<name>` of who is no agent."""

    partner_id: str
    idea: str
    voter: str
    at: datetime
    by: str


class VoteTakenBack(Event, frozen=True, kw_only=True):
    """They do not any more."""

    partner_id: str
    idea: str
    voter: str
    at: datetime
    by: str


class IdeaMerged(Event, frozen=True, kw_only=True):
    """It is the same as another one: votes and answers are that one's from now on."""

    partner_id: str
    idea: str
    into: str
    at: datetime
    by: str


class IdeaAnswered(Event, frozen=True, kw_only=True):
    """What the company does about it, and why: `text` is the name under which the words to the author lie sealed."""

    partner_id: str
    idea: str
    status: Answered
    text: str
    at: datetime
    by: str


class IdeaShipped(Event, frozen=True, kw_only=True, omit_defaults=True):
    """It came true `on` a day, to the credit of its author. `watched`: what it is to move; None where nothing can show
    it."""

    partner_id: str
    idea: str
    on: date
    text: str
    watched: Watched | None = None
    at: datetime
    by: str


class IdeaMeasured(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What was watched, in the `days` before the idea came true and in as many after it, on its author's floor.
    `effect`, `low`, `high`: the change of the share in percentage points with its 95 % interval, decimals in text;
    empty where there was too little to say."""

    partner_id: str
    idea: str
    days: int
    before: Share
    after: Share
    verdict: EffectVerdict
    effect: str = ""
    low: str = ""
    high: str = ""
    at: datetime
    by: str


IdeaEvent = IdeaProposed | IdeaVoted | VoteTakenBack | IdeaMerged | IdeaAnswered | IdeaShipped | IdeaMeasured

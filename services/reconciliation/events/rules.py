"""What is remembered of a partner from month to month: how its report is laid out, whose codes are whose, what was
accepted."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from shared.kernel import Event


class ProfileSaved(Event, frozen=True, kw_only=True):
    """This is how the partner's report is laid out. `version`: from 1; `profile`: in the form of a report's profile;
    `detected_in`: the month whose report showed it, empty where a person wrote it."""

    partner_id: str
    version: int
    profile: dict[str, Any]
    detected_in: str = ""
    reason: str = ""
    at: datetime
    by: str


class AgentCodeTold(Event, frozen=True, kw_only=True):
    """The partner's code of an agent of ours."""

    partner_id: str
    code: str
    agent_id: str
    at: datetime
    by: str


class AgentCodeForgotten(Event, frozen=True, kw_only=True):
    """The code says no more who it is."""

    partner_id: str
    code: str
    at: datetime
    by: str


class ExplanationAccepted(Event, frozen=True, kw_only=True):
    """Lines that this explains are agreed without a question, from `starts` (YYYY-MM) to the month of `ends`. `cause`
    may end in a star, which stands for the rest of it."""

    partner_id: str
    kind: str
    cause: str
    starts: str
    ends: date
    reason: str
    at: datetime
    by: str


class ExplanationEnded(Event, frozen=True, kw_only=True):
    """It holds no more, from the month of `at` on."""

    partner_id: str
    kind: str
    cause: str
    reason: str
    at: datetime
    by: str


RuleEvent = ProfileSaved | AgentCodeTold | AgentCodeForgotten | ExplanationAccepted | ExplanationEnded

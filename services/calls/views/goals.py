"""What is to be sold, by whom and until when?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.calls.events.goals import GoalEvent, GoalSet
from shared.contracts.calls import TOPIC
from shared.kernel import View


class KnownGoal(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A goal. `goal_set`: what holds now, None once it was withdrawn; `history`: all that was said, oldest first."""

    goal: str
    goal_set: GoalSet | None = None
    history: list[GoalEvent] = []


def by_goal(event: GoalEvent) -> Iterable[tuple[str, GoalEvent]]:
    """One document a goal."""
    return [(event.goal, event)]


def fold(doc: KnownGoal | None, event: GoalEvent, sign: int) -> KnownGoal:
    """A command's events are never reversed."""
    doc = doc or KnownGoal(goal=event.goal)
    doc.goal_set = event if isinstance(event, GoalSet) else None
    doc.history.append(event)
    return doc


def newer(one: KnownGoal, other: KnownGoal) -> KnownGoal:
    """A goal is in one partition: there is one shard, but for a moment of a move."""
    return one if len(one.history) >= len(other.history) else other


def indexed(doc: KnownGoal) -> dict[str, str | int | None]:
    """Found by campaign and partner; those of all, and those withdrawn, under `""`."""
    held = doc.goal_set
    return {
        "campaign": (held.campaign if held else None) or "",
        "partner": (held.partner if held else None) or "",
        "set": "yes" if held else "no",
    }


goals = View(
    "goals",
    1,
    TOPIC,
    GoalEvent,
    KnownGoal,
    by_goal,
    fold,
    newer,
    indexes=("campaign", "partner", "set"),
    fields=indexed,
)

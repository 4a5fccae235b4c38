"""Effects of coaching, looked at once their day has come: the worker asks nobody, so nobody can pick the moment."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import date, datetime, timedelta
from typing import Any

from services.training.domain.coaching import MeasureCoaching, coaching
from services.training.following.counting import counted
from services.training.measuring.counts import Agent, counts_of, week_of
from services.training.measuring.effects import Course, Effect, effects
from services.training.views.coachings import KnownCoaching, coachings
from shared.clock import Clock
from shared.contracts.training import CoachingStarted, EffectFigures
from shared.http import Door, Reads
from shared.kernel import Rejected

ACTOR = "training.effects"
WAITS = timedelta(days=2)
"""How long after its day an effect is waited for: telephony tells some facts late."""


class Due:
    """Looks for plans whose day has come, and tells them what they brought."""

    def __init__(self, reads: Reads, door: Door, now: Clock) -> None:
        self._reads = reads
        self._door = door
        self._now = now

    async def step(self) -> None:
        """One look."""
        today = self._now().date()
        running: list[tuple[str, KnownCoaching]] = await self._reads.find(coachings, {"state": "running"})
        due = [doc.started for _, doc in running if doc.started and doc.started.measured_on + WAITS <= today]
        if not due:
            return
        plans = [doc for _, doc in await self._reads.find(coachings, {})]
        for started in due:
            effect = await self._effect(started, plans)
            command = _command(started, effect, self._now())
            stream = f"{started.partner_id}:{started.plan}"
            # The view may be behind: what was withdrawn meanwhile is refused, and the others' turn comes all the same.
            with contextlib.suppress(Rejected):
                await self._door.handle(coaching, stream, command, command_id=f"{ACTOR}:{stream}", actor=ACTOR)

    async def _effect(self, started: CoachingStarted, plans: list[KnownCoaching]) -> Effect | None:
        course = course_of(started)
        if course is None:
            return None
        counts = await counted(self._reads, None, course.since, course.until)
        agent = Agent(started.partner_id, started.agent)
        others = {Agent(doc.partner_id, doc.started.agent) for doc in plans if doc.started and _meets(doc, started)}
        rows = [one for one in counts if one.agent == agent or one.agent not in others]
        found = await asyncio.to_thread(lambda: effects(counts_of(rows), course, {agent}))
        return found.get(agent)


def course_of(started: CoachingStarted) -> Course | None:
    """The weeks of a plan, whole ones alone; None for a plan that says none."""
    if started.chosen_since is None or started.chosen_until is None or started.begins is None:
        return None
    return Course(
        week_of(started.chosen_since),
        week_of(started.chosen_until),
        week_of(started.begins),
        week_of(started.measured_on),
    )


def _meets(doc: KnownCoaching, started: CoachingStarted) -> bool:
    """Whether somebody else is coached at any time of these weeks; a plan that was a mistake never was one."""
    other = doc.started
    if other is None or other.begins is None or started.chosen_since is None:
        return False
    if doc.withdrawn is not None and doc.withdrawn.reason == "mistake":
        return False
    return other.begins < started.measured_on and started.chosen_since < _ends(doc, other)


def _ends(doc: KnownCoaching, other: CoachingStarted) -> date:
    return doc.withdrawn.at.date() if doc.withdrawn is not None else other.measured_on


def _command(started: CoachingStarted, effect: Effect | None, at: datetime) -> MeasureCoaching:
    of: dict[str, Any] = {"partner_id": started.partner_id, "plan": started.plan, "at": at, "by": ACTOR}
    if effect is None:
        return MeasureCoaching(verdict="too_few", evidence="no contacts in these weeks", **of)
    shares: dict[str, float | None] = {"effect": effect.change, "low": effect.low, "high": effect.high}
    points: dict[str, float | None] = {"logarithm": effect.logarithm, "error": effect.error}
    of |= {name: _percent(share) for name, share in shares.items()}
    of |= {name: "" if point is None else f"{point:.4f}" for name, point in points.items()}
    return MeasureCoaching(verdict=effect.verdict, evidence=effect.evidence, figures=_figures(effect), **of)


def _figures(effect: Effect) -> EffectFigures:
    return EffectFigures(
        contacts_before=effect.contacts_before,
        converted_before=_percent(effect.converted_before),
        peers_before=_percent(effect.peers_before),
        contacts_after=effect.contacts_after,
        converted_after=_percent(effect.converted_after),
        peers_after=_percent(effect.peers_after),
        controls=effect.controls,
        was=_percent(effect.was),
        as_low=_percent(effect.as_low),
    )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f}"

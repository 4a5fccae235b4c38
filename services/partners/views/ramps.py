"""Which phase of its ramp is a partner in, how did it come there, and on which days were there too many calls?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from services.partners.events.transition import Phase, RampCapAlertWithdrawn, RampEvent, RampPlanned, RampStarted
from shared.contracts.partners import TOPIC, RampAdvanced, RampCapExceeded, RampFigures
from shared.kernel import View


class Passed(msgspec.Struct, kw_only=True):
    """A phase that was left: when, by whom, by which figures."""

    phase: str
    at: datetime
    by: str
    figures: RampFigures


class Alert(msgspec.Struct, kw_only=True):
    """A day with more calls than its phase allowed; `calls` when it was seen. `withdrawn_at`: it had not after all."""

    phase: str
    day: str
    daily_cap: int
    calls: int
    at: datetime
    withdrawn_at: datetime | None = None


class KnownRamp(msgspec.Struct, kw_only=True):
    """A ramp: its phases, those that were left, and the alerts of its days, oldest first. `changes` counts events."""

    partner_id: str
    phases: tuple[Phase, ...] = ()
    started: datetime | None = None
    passed: list[Passed] = []
    alerts: list[Alert] = []
    changes: int = 0

    @property
    def phase(self) -> Phase | None:
        """The one in force."""
        runs = self.started is not None and len(self.passed) < len(self.phases)
        return self.phases[len(self.passed)] if runs else None

    @property
    def since(self) -> datetime | None:
        """Since when the phase is in force."""
        return self.passed[-1].at if self.passed else self.started

    def standing(self) -> dict[str, Alert]:
        """The alerts that were not withdrawn, by day."""
        return {alert.day: alert for alert in self.alerts if alert.withdrawn_at is None}


def by_partner(event: RampEvent) -> Iterable[tuple[str, RampEvent]]:
    """One document a partner."""
    return [(event.partner_id, event)]


def fold(doc: KnownRamp | None, event: RampEvent, sign: int) -> KnownRamp:
    """What is said last counts. A command's events are never reversed, so the sign says nothing here."""
    doc = doc or KnownRamp(partner_id=event.partner_id)
    doc.changes += 1
    match event:
        case RampPlanned(phases=phases):
            doc.phases = phases
        case RampStarted(at=at):
            doc.started = at
        case RampAdvanced(phase=phase, at=at, by=by, figures=figures):
            doc.passed.append(Passed(phase=phase, at=at, by=by, figures=figures))
        case RampCapExceeded():
            doc.alerts.append(msgspec.convert(event, Alert, from_attributes=True))
        case RampCapAlertWithdrawn(day=day, at=at):
            doc.standing()[day].withdrawn_at = at
    return doc


def newer(one: KnownRamp, other: KnownRamp) -> KnownRamp:
    """A ramp's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownRamp) -> dict[str, str | int | None]:
    """Found by whether a cap holds."""
    return {"runs": int(doc.phase is not None)}


ramps = View("ramps", 1, TOPIC, RampEvent, KnownRamp, by_partner, fold, newer, indexes=("runs",), fields=indexed)

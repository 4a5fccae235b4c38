"""An alert: a figure is judged again and again; it is raised, calls people level by level, and is resolved with care.

The figure has to be beyond the limit for a while, and back beyond another one for a while: between the two nothing
changes, so that a figure that trembles on its limit calls once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from math import isfinite
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from services.gateway.events.alerts import (
    AlertAcknowledged,
    AlertBreached,
    AlertCalmed,
    AlertDefined,
    AlertEased,
    AlertEvent,
    AlertRaised,
    AlertRetired,
    AlertWorsened,
    Direction,
    Kind,
    Level,
    Quiet,
)
from shared.contracts.gateway import AlertCalled, AlertResolved
from shared.kernel import ChangedMeanwhile, Command, Decider, Rejected, said

LIVE = ("in_progress", "waiting", "longest_wait")
"""Figures of the moment, of which there is no window and nothing to compare with."""
QUARTER = 15
AlertId = Annotated[str, msgspec.Meta(pattern=r"^al_[0-9a-f]{16}$(?!\n)")]
Clock = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")]
Minutes = Annotated[int, msgspec.Meta(ge=0, le=1440)]
Mail = Annotated[
    str,
    msgspec.Meta(
        # RFC 5322, 3.2.3: dot-atoms alone. A header reads anything else as something else, or as nobody, or not at all.
        pattern=r"^(?=.{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
        r"@(?=.{1,190}$(?!\n))[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$(?!\n)"
    ),
]
Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_-]{0,63}$(?!\n)")]


class AskedLevel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A level as it is asked for; see `Level`."""

    after_minutes: Minutes = 0
    mails: Annotated[tuple[Mail, ...], msgspec.Meta(max_length=20)] = ()


class AskedQuiet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Quiet hours as they are asked for; see `Quiet`."""

    starts: Clock
    ends: Clock
    zone: str


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is watched and who is called, as somebody asks for it; see `AlertDefined`."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    kind: Kind
    direction: Direction
    limit: float
    clear_at: float
    kpi: Word = ""
    variant: Word = ""
    window_minutes: Annotated[int, msgspec.Meta(ge=QUARTER, le=1440)] = 60
    least_n: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    for_minutes: Minutes = 0
    clear_minutes: Minutes = 0
    partner_id: Word = ""
    campaign: Annotated[str, msgspec.Meta(max_length=200)] = ""
    quiet: AskedQuiet | None = None
    levels: Annotated[tuple[AskedLevel, ...], msgspec.Meta(min_length=1, max_length=5)] = (AskedLevel(),)


class DefineAlert(Command, frozen=True, kw_only=True):
    """Say which figure is watched, and who is called. `expects`: the revision that this is to replace, whichever it is
    where nothing is said. The same once more is no new revision.

    409 `band_wrong` where `clear_at` is not on the good side of `limit`, or one of them is endless, `levels_wrong`
    where the levels do not begin at 0 and grow, `window_wrong` where the window is not of whole quarters of an hour,
    `kpi_wrong` where the kind has no such figure, `unknown_zone`, `retired`; 412 `changed_meanwhile`.
    """

    alert: AlertId
    rule: Rule
    expects: int | None = None
    at: datetime
    by: str


class RetireAlert(Command, frozen=True, kw_only=True):
    """Watch it no more. 409 `unknown_alert`."""

    alert: AlertId
    at: datetime
    by: str


class JudgeAlert(Command, frozen=True, kw_only=True):
    """Hold what is measured now against the limits. `value` None: nothing can be said, and nothing changes."""

    alert: AlertId
    value: float | None
    at: datetime


class AcknowledgeAlert(Command, frozen=True, kw_only=True):
    """Take the matter on. 409 `unknown_alert`, `not_open` where this episode is over or never was."""

    alert: AlertId
    episode: int
    at: datetime
    by: str


AlertCommand = DefineAlert | RetireAlert | JudgeAlert | AcknowledgeAlert
Phase = Literal["calm", "pending", "raised", "eased"]


@dataclass(frozen=True)
class Alert:
    """Where an alert stands. `since`: when the phase began; `called`: levels of this episode that were called, and
    `first_call` when the first of them was; `judged`: the latest time that brought something about."""

    defined: AlertDefined | None = None
    retired: bool = False
    phase: Phase = "calm"
    since: datetime | None = None
    judged: datetime | None = None
    episode: int = 0
    value: float = 0.0
    raised_at: datetime | None = None
    called: int = 0
    first_call: datetime | None = None
    acknowledged: bool = False

    @property
    def open(self) -> bool:
        """Whether an episode goes on."""
        return self.phase in ("raised", "eased")


def decide(command: AlertCommand, state: Alert) -> list[AlertEvent]:
    """What each command leads to."""
    match command:
        case DefineAlert():
            return _define(command, state)
        case RetireAlert():
            _known(command.alert, state)
            return [] if state.retired else [said(AlertRetired, command)]
        case JudgeAlert():
            return _judge(command, state)
        case AcknowledgeAlert(episode=episode):
            _known(command.alert, state)
            if episode != state.episode or not state.open or state.retired:
                raise Rejected("not_open", f"Episode {episode} is not open.")
            return [] if state.acknowledged else [said(AlertAcknowledged, command)]


def _known(alert: str, state: Alert) -> AlertDefined:
    if state.defined is None:
        raise Rejected("unknown_alert", f"There is no alert {alert}.")
    return state.defined


def _define(command: DefineAlert, state: Alert) -> list[AlertEvent]:
    if state.retired:
        raise Rejected("retired", f"{command.alert} was retired.")
    checked(command.rule)
    known, asked = state.defined, msgspec.structs.asdict(command.rule)
    quiet = command.rule.quiet
    event = AlertDefined(
        **asked
        | {
            "quiet": None if quiet is None else Quiet(quiet.starts, quiet.ends, quiet.zone),
            "levels": tuple(Level(level.after_minutes, level.mails) for level in command.rule.levels),
        },
        alert=command.alert,
        revision=1 if known is None else known.revision + 1,
        at=command.at,
        by=command.by,
    )
    if known is not None and msgspec.structs.replace(event, revision=known.revision, at=known.at, by=known.by) == known:
        return []
    if command.expects is not None and command.expects != (0 if known is None else known.revision):
        raise ChangedMeanwhile
    return [event]


def checked(rule: Rule) -> None:
    """Rejected where the parts of a rule don't go together."""
    above = rule.direction == "above"
    # A form may say "nan" or "inf": neither can be written into an event, so nobody could ever read the alert again.
    if not (isfinite(rule.limit) and isfinite(rule.clear_at)):
        raise Rejected("band_wrong", "Limits are numbers that end.")
    if rule.clear_at > rule.limit if above else rule.clear_at < rule.limit:
        raise Rejected("band_wrong", "It is clear on the good side of the limit, or on it.")
    after = [level.after_minutes for level in rule.levels]
    if after[0] != 0 or any(later <= sooner for sooner, later in pairwise(after)):
        raise Rejected("levels_wrong", "The first level is called after 0 minutes, each further one later.")
    if rule.window_minutes % QUARTER:
        raise Rejected("window_wrong", "A window is of whole quarters of an hour.")
    if rule.kind == "silence":
        if rule.kpi or not above or rule.campaign:
            raise Rejected(
                "kpi_wrong", "Silence has no KPI and no campaign, and is too long where it is above its limit."
            )
    elif not rule.kpi or (rule.kpi in LIVE and rule.kind != "threshold"):
        raise Rejected("kpi_wrong", "Name a KPI; figures of the moment have a threshold and nothing else.")
    if rule.quiet is not None:
        try:
            ZoneInfo(rule.quiet.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise Rejected("unknown_zone", f"There is no time zone {rule.quiet.zone}.") from None


def _judge(command: JudgeAlert, state: Alert) -> list[AlertEvent]:
    rule = _known(command.alert, state)
    if state.retired or (state.judged is not None and command.at < state.judged):
        return []
    events: list[AlertEvent] = []
    while (moved := _move(rule, command, state)) is not None:
        events.append(moved)
        state = evolve(state, moved)
    while (call := _call(rule, command, state)) is not None:
        events.append(call)
        state = evolve(state, call)
    return events


def _move(rule: AlertDefined, command: JudgeAlert, state: Alert) -> AlertEvent | None:
    """The next step from one phase to another; None where it stays."""
    value, at = command.value, command.at
    if value is None:
        return None
    lasted = at - (state.since or at)
    match state.phase:
        case "calm":
            return AlertBreached(alert=rule.alert, value=value, at=at) if breaches(rule, value) else None
        case "pending":
            if not breaches(rule, value):
                return AlertCalmed(alert=rule.alert, at=at)
            if lasted < timedelta(minutes=rule.for_minutes):
                return None
            return AlertRaised(alert=rule.alert, episode=state.episode + 1, value=value, at=at)
        case "raised":
            if not clears(rule, value):
                return None
            return AlertEased(alert=rule.alert, episode=state.episode, value=value, at=at)
        case "eased":
            if not clears(rule, value):
                return AlertWorsened(alert=rule.alert, episode=state.episode, value=value, at=at)
            if lasted < timedelta(minutes=rule.clear_minutes):
                return None
            return AlertResolved(
                alert=rule.alert,
                episode=state.episode,
                name=rule.name,
                levels=state.called,
                at=at,
                partner_id=rule.partner_id,
                campaign=rule.campaign,
                quiet=quiet_at(rule.quiet, at),
            )


def _call(rule: AlertDefined, command: JudgeAlert, state: Alert) -> AlertCalled | None:
    """The next level, where its time has come; never while it is quiet, the matter is taken on, or it is over."""
    if state.phase != "raised" or state.acknowledged or state.called >= len(rule.levels):
        return None
    first = state.first_call or command.at
    due = first + timedelta(minutes=rule.levels[state.called].after_minutes)
    if command.at < due or quiet_at(rule.quiet, command.at):
        return None
    return AlertCalled(
        alert=rule.alert,
        episode=state.episode,
        level=state.called,
        name=rule.name,
        value=state.value,
        limit=rule.limit,
        raised_at=state.raised_at or command.at,
        at=command.at,
        partner_id=rule.partner_id,
        campaign=rule.campaign,
    )


def breaches(rule: AlertDefined, value: float) -> bool:
    """Whether a value is beyond the limit."""
    return value > rule.limit if rule.direction == "above" else value < rule.limit


def clears(rule: AlertDefined, value: float) -> bool:
    """Whether a value is back: at the place where it is clear, or better, and not beyond the limit."""
    back = value <= rule.clear_at if rule.direction == "above" else value >= rule.clear_at
    return back and not breaches(rule, value)


def quiet_at(quiet: Quiet | None, at: datetime) -> bool:
    """Whether nobody is to be disturbed. Hours that begin and end alike are none."""
    if quiet is None or quiet.starts == quiet.ends:
        return False
    clock = f"{at.astimezone(ZoneInfo(quiet.zone)):%H:%M}"
    if quiet.starts < quiet.ends:
        return quiet.starts <= clock < quiet.ends
    return clock >= quiet.starts or clock < quiet.ends


def evolve(state: Alert, event: AlertEvent) -> Alert:
    """Where it stands after what happened."""
    match event:
        case AlertDefined():
            return replace(state, defined=event)
        case AlertRetired():
            return replace(state, retired=True, phase="calm")
        case AlertBreached(at=at):
            return replace(state, phase="pending", since=at, judged=at)
        case AlertCalmed(at=at):
            return replace(state, phase="calm", since=at, judged=at)
        case AlertRaised(at=at, episode=episode, value=value):
            begun = Alert(defined=state.defined, episode=episode, value=value, raised_at=at)
            return replace(begun, phase="raised", since=at, judged=at)
        case AlertEased(at=at):
            return replace(state, phase="eased", since=at, judged=at)
        case AlertWorsened(at=at):
            return replace(state, phase="raised", since=at, judged=at)
        case AlertAcknowledged():
            return replace(state, acknowledged=True)
        case AlertCalled(at=at):
            return replace(state, called=state.called + 1, first_call=state.first_call or at, judged=at)
        case AlertResolved(at=at):
            return replace(state, phase="calm", since=at, judged=at)


alert = Decider("alert", AlertEvent, Alert(), decide, evolve)

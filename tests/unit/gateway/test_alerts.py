"""Alerts: raised with patience, resolved with care, and each level of an episode called once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st

from services.gateway.domain.alerts import (
    AcknowledgeAlert,
    Alert,
    AlertCommand,
    AskedLevel,
    AskedQuiet,
    DefineAlert,
    JudgeAlert,
    RetireAlert,
    Rule,
    alert,
    breaches,
    clears,
    quiet_at,
)
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
    Quiet,
)
from services.gateway.views.alerts import KnownAlert, alerts
from shared.contracts.gateway import AlertCalled, AlertResolved
from shared.kernel import Rejected
from tests.spec import given, seen

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
ID = "al_0123456789abcdef"
RULE = Rule(
    name="Too many give up",
    kind="threshold",
    direction="above",
    limit=8.0,
    clear_at=5.0,
    kpi="abandonment_rate",
    for_minutes=10,
    clear_minutes=20,
    partner_id="acme",
    levels=(AskedLevel(), AskedLevel(30, ("head@example.com",))),
)


def after(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


def defined(rule: Rule = RULE) -> AlertDefined:
    (event,) = alert.decide(DefineAlert(alert=ID, rule=rule, at=AT, by="mira"), Alert())
    assert isinstance(event, AlertDefined)
    return event


def judge(value: float | None, minutes: float) -> JudgeAlert:
    return JudgeAlert(alert=ID, value=value, at=after(minutes))


def called(level: int, minutes: float, raised: float = 10, episode: int = 1) -> AlertCalled:
    return AlertCalled(
        alert=ID, episode=episode, level=level, name=RULE.name, value=9.5, limit=8.0,
        raised_at=after(raised), at=after(minutes), partner_id="acme",
    )  # fmt: skip


BREACHED = AlertBreached(alert=ID, value=9.0, at=AT)
RAISED = AlertRaised(alert=ID, episode=1, value=9.5, at=after(10))
FIRST = called(0, 10)
EASED = AlertEased(alert=ID, episode=1, value=4.0, at=after(40))


def test_it_is_raised_only_when_the_figure_stays_beyond_its_limit() -> None:
    given(alert, defined()).when(judge(9.0, 0)).then(BREACHED)
    given(alert, defined(), BREACHED).when(judge(9.5, 9)).then()
    given(alert, defined(), BREACHED).when(judge(7.0, 9)).then(AlertCalmed(alert=ID, at=after(9)))
    given(alert, defined(), BREACHED).when(judge(9.5, 10)).then(RAISED, FIRST)
    given(alert, defined()).when(judge(8.0, 0)).then()


def test_it_is_resolved_only_when_the_figure_stays_clear() -> None:
    story = (defined(), BREACHED, RAISED, FIRST)
    given(alert, *story).when(judge(6.0, 39)).then()
    given(alert, *story).when(judge(4.0, 40)).then(EASED)
    worse = AlertWorsened(alert=ID, episode=1, value=6.0, at=after(50))
    given(alert, *story, EASED).when(judge(6.0, 50)).then(worse, called(1, 50))
    given(alert, *story, EASED).when(judge(4.5, 59)).then()
    given(alert, *story, EASED).when(judge(4.5, 60)).then(
        AlertResolved(alert=ID, episode=1, name=RULE.name, levels=1, at=after(60), partner_id="acme")
    )


def test_the_next_level_is_called_when_nobody_took_it_on() -> None:
    story = (defined(), BREACHED, RAISED, FIRST)
    given(alert, *story).when(judge(9.0, 39)).then()
    given(alert, *story).when(judge(None, 40)).then(called(1, 40))
    given(alert, *story, called(1, 40)).when(judge(9.0, 400)).then()
    taken = AlertAcknowledged(alert=ID, episode=1, at=after(20), by="ivo")
    given(alert, *story).when(AcknowledgeAlert(alert=ID, episode=1, at=after(20), by="ivo")).then(taken)
    given(alert, *story, taken).when(judge(9.0, 400)).then()


def test_only_an_episode_that_goes_on_is_taken_on() -> None:
    take = AcknowledgeAlert(alert=ID, episode=1, at=after(70), by="ivo")
    over = AlertResolved(alert=ID, episode=1, name=RULE.name, levels=1, at=after(60))
    given(alert).when(take).then_rejected("unknown_alert")
    given(alert, defined()).when(take).then_rejected("not_open")
    given(alert, defined(), BREACHED, RAISED, FIRST, EASED, over).when(take).then_rejected("not_open")
    again = AlertRaised(alert=ID, episode=2, value=9.5, at=after(69))
    given(alert, defined(), BREACHED, RAISED, FIRST, EASED, over, BREACHED, again).when(take).then_rejected("not_open")


def test_what_is_not_known_changes_nothing_and_an_old_look_neither() -> None:
    given(alert, defined(), BREACHED).when(judge(None, 400)).then()
    given(alert, defined(), BREACHED, RAISED, FIRST).when(judge(4.0, 5)).then()
    given(alert).when(judge(9.0, 0)).then_rejected("unknown_alert")
    given(alert, defined(), AlertRetired(alert=ID, at=AT, by="mira")).when(judge(9.0, 5)).then()


def test_at_quiet_hours_it_is_raised_and_calls_when_they_are_over() -> None:
    quiet = msgspec.structs.replace(RULE, quiet=AskedQuiet("10:00", "11:00", "Europe/Sarajevo"))  # 09:00 to 10:00 UTC
    story = (defined(quiet), BREACHED)
    given(alert, *story).when(judge(9.5, 10)).then(RAISED)
    given(alert, *story, RAISED).when(judge(9.5, 59)).then()
    given(alert, *story, RAISED).when(judge(9.5, 60)).then(called(0, 60))
    given(alert, *story, RAISED, called(0, 60)).when(judge(9.5, 89)).then()
    given(alert, *story, RAISED, called(0, 60)).when(judge(9.5, 90)).then(called(1, 90))


@pytest.mark.parametrize(
    ("clock", "hours", "is_quiet"),
    [
        ("21:59", ("22:00", "06:00"), False), ("22:00", ("22:00", "06:00"), True), ("05:59", ("22:00", "06:00"), True),
        ("06:00", ("22:00", "06:00"), False), ("12:00", ("12:00", "13:00"), True), ("12:00", ("12:00", "12:00"), False),
    ],
)  # fmt: skip
def test_quiet_hours_go_over_midnight(clock: str, hours: tuple[str, str], is_quiet: bool) -> None:
    at = datetime.combine(AT.date(), datetime.strptime(clock, "%H:%M").time(), UTC)  # noqa: DTZ007
    assert quiet_at(Quiet(*hours, "UTC"), at) is is_quiet


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"clear_at": 9.0}, "band_wrong"),
        ({"direction": "below", "clear_at": 7.0}, "band_wrong"),
        ({"limit": float("nan")}, "band_wrong"),
        ({"limit": float("inf")}, "band_wrong"),
        ({"clear_at": float("-inf")}, "band_wrong"),
        ({"levels": (AskedLevel(5),)}, "levels_wrong"),
        ({"levels": (AskedLevel(), AskedLevel(30), AskedLevel(30))}, "levels_wrong"),
        ({"window_minutes": 50}, "window_wrong"),
        ({"kpi": ""}, "kpi_wrong"),
        ({"kind": "silence"}, "kpi_wrong"),
        ({"kind": "trend", "kpi": "waiting"}, "kpi_wrong"),
        ({"quiet": AskedQuiet("22:00", "06:00", "Mars/Olympus")}, "unknown_zone"),
    ],
)
def test_what_no_rule_can_be(more: dict[str, Any], code: str) -> None:
    rule = msgspec.structs.replace(RULE, **more)
    given(alert).when(DefineAlert(alert=ID, rule=rule, at=AT, by="mira")).then_rejected(code)


def test_the_same_rule_once_more_is_no_new_revision() -> None:
    again = DefineAlert(alert=ID, rule=RULE, at=after(5), by="ivo")
    given(alert, defined()).when(again).then()
    other = msgspec.structs.replace(again, rule=msgspec.structs.replace(RULE, limit=9.0))
    (event,) = given(alert, defined()).when(other).events
    assert (event.revision, event.limit, event.by) == (2, 9.0, "ivo")
    for expects, wanted in ((1, None), (None, None), (2, "changed_meanwhile"), (0, "changed_meanwhile")):
        story = given(alert, defined()).when(msgspec.structs.replace(other, expects=expects))
        story.then(event) if wanted is None else story.then_rejected(wanted)
    given(alert, defined()).when(msgspec.structs.replace(again, expects=7)).then()
    retire = RetireAlert(alert=ID, at=AT, by="mira")
    given(alert, defined()).when(retire).then(AlertRetired(alert=ID, at=AT, by="mira"))
    given(alert, defined(), AlertRetired(alert=ID, at=AT, by="mira")).when(again).then_rejected("retired")


# Whatever happens

RULES = st.builds(
    lambda direction, band, wait, clear, steps, quiet: msgspec.structs.replace(
        RULE,
        direction=direction,
        limit=10.0,
        clear_at=10.0 - band if direction == "above" else 10.0 + band,
        for_minutes=wait,
        clear_minutes=clear,
        levels=tuple(AskedLevel(sum(steps[:n])) for n in range(len(steps) + 1)),
        quiet=quiet,
    ),
    st.sampled_from(["above", "below"]),
    st.sampled_from([0.0, 3.0]),
    st.sampled_from([0, 1, 7]),
    st.sampled_from([0, 1, 9]),
    st.lists(st.integers(1, 20), max_size=3),
    st.sampled_from([None, AskedQuiet("09:10", "09:40", "UTC"), AskedQuiet("23:00", "09:20", "UTC")]),
)
LOOKS = st.lists(
    st.tuples(st.sampled_from([0, 0, 1, 3, 8]), st.sampled_from([None, 4.0, 8.0, 9.9, 10.0, 10.1, 12.0, 16.0])),
    max_size=60,
)
HANDS = st.sets(st.integers(0, 59), max_size=3)


def lived(rule: Rule, looks: list[tuple[int, float | None]], hands: set[int]) -> list[AlertEvent]:
    """All events of a life. Every look is told twice, by two processes, and the state is always read from the log."""
    events: list[AlertEvent] = [defined(rule)]
    minute = 0
    for number, (wait, value) in enumerate(looks):
        minute += wait
        commands: list[AlertCommand] = [judge(value, minute), judge(value, minute)]
        if number in hands:
            state = replayed(events)
            commands.append(AcknowledgeAlert(alert=ID, episode=state.episode, at=after(minute), by="ivo"))
        for command in commands:
            state = replayed(events)
            try:
                events += alert.decide(command, state)
            except Rejected as refused:
                if refused.code != "not_open":
                    raise
    return events


def replayed(events: list[AlertEvent]) -> Alert:
    state = Alert()
    for event in events:
        state = alert.evolve(state, event)
    return state


@whatever(RULES, LOOKS, HANDS)
def test_each_level_of_an_episode_is_called_once_in_order_and_never_when_it_must_not(
    rule: Rule, looks: list[tuple[int, float | None]], hands: set[int]
) -> None:
    events = lived(rule, looks, hands)
    calls = [event for event in events if isinstance(event, AlertCalled)]
    assert len({(call.episode, call.level) for call in calls}) == len(calls)
    definition = defined(rule)
    taken, open_now, episode = False, False, 0
    levels: list[int] = []
    for event in events:
        match event:
            case AlertRaised():
                assert not open_now
                assert event.episode == episode + 1
                taken, open_now, episode, levels = False, True, event.episode, []
            case AlertAcknowledged():
                assert open_now
                taken = True
            case AlertResolved():
                assert open_now
                assert event.levels == len(levels)
                open_now = False
            case AlertCalled():
                assert open_now
                assert not taken
                assert event.episode == episode
                assert event.level == len(levels)
                assert not quiet_at(definition.quiet, event.at)
                levels.append(event.level)
            case _:
                pass


@whatever(RULES, LOOKS)
def test_between_two_episodes_the_figure_was_well_and_then_ill_for_as_long_as_was_asked(
    rule: Rule, looks: list[tuple[int, float | None]]
) -> None:
    events = lived(rule, looks, set())
    definition = defined(rule)
    seen_at: list[tuple[datetime, float]] = []
    minute = 0
    for wait, value in looks:
        minute += wait
        if value is not None:
            seen_at.append((after(minute), value))
    for event in events:
        if isinstance(event, AlertRaised):
            since = event.at - timedelta(minutes=rule.for_minutes)
            during = [value for at, value in seen_at if since < at < event.at]
            assert all(breaches(definition, value) for value in during)
        if isinstance(event, AlertResolved):
            since = event.at - timedelta(minutes=rule.clear_minutes)
            during = [value for at, value in seen_at if since < at < event.at]
            assert all(clears(definition, value) for value in during)


@whatever(st.lists(st.sampled_from([5.1, 6.0, 7.9, 8.0]), max_size=50), st.integers(0, 20))
def test_a_figure_that_trembles_between_the_two_limits_changes_nothing(values: list[float], start: int) -> None:
    stories: list[list[AlertEvent]] = [[defined()], [defined(), BREACHED, RAISED, FIRST, called(1, 40)]]
    for story in stories:
        state = replayed(story)
        for number, value in enumerate(values):
            assert alert.decide(judge(value, 60 + start + number), state) == []


@whatever(RULES, LOOKS, HANDS)
def test_the_view_says_what_the_aggregate_holds(
    rule: Rule, looks: list[tuple[int, float | None]], hands: set[int]
) -> None:
    events = lived(rule, looks, hands)
    state = replayed(events)
    doc: KnownAlert = seen(alerts, *events)[ID]
    assert (doc.open is not None) == state.open
    assert (doc.pending_since is not None) == (state.phase == "pending")
    if doc.open is not None:
        assert (doc.open.episode, len(doc.open.calls)) == (state.episode, state.called)
        assert (doc.open.acknowledged_at is not None) == state.acknowledged
        assert doc.open.easing == (state.phase == "eased")

"""Live sessions: places, changes that calendars follow, attendance, feedback; and the calendar files themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import vobject
from hypothesis import given as whatever
from hypothesis import settings
from hypothesis import strategies as st

from services.training.domain.invitation import Invited, as_calendar
from services.training.domain.session import (
    FORM,
    CancelSession,
    GiveFeedback,
    HoldSession,
    InviteAgent,
    LinkRecording,
    NoteAttendance,
    PlanSession,
    WithdrawInvitation,
    session,
)
from services.training.events.sessions import (
    AgentInvited,
    AttendanceNoted,
    FeedbackGiven,
    InvitationWithdrawn,
    RecordingLinked,
    SessionCancelled,
    SessionPlanned,
)
from services.training.views.sessions import sessions
from shared.contracts.training import SessionHeld
from shared.kernel import Rejected
from tests.spec import evolved, given, seen

AT = datetime(2026, 11, 18, 9, tzinfo=UTC)
STARTS = AT + timedelta(days=2)
WHO: dict[str, Any] = {"session": "s", "at": AT, "by": "jelena"}
LATER: dict[str, Any] = WHO | {"at": STARTS + timedelta(hours=1)}
A7: dict[str, Any] = {"partner_id": "adria", "agent": "a7"}
A8: dict[str, Any] = {"partner_id": "adria", "agent": "a8"}
MARKS = dict.fromkeys(FORM, 4)
SAID: dict[str, Any] = {
    "course": "k",
    "title": "K",
    "starts_at": STARTS,
    "time_zone": "Europe/Zagreb",
    "minutes": 60,
    "capacity": 1,
    "place": "Room 4",
    "contact": "training@company.example",
}


def plan(**more: Any) -> PlanSession:
    return PlanSession(**SAID | WHO | more)


def planned(**more: Any) -> SessionPlanned:
    return SessionPlanned(**SAID | WHO | {"sequence": 0} | more)


INVITED = AgentInvited(**WHO, **A7, sequence=0)


def test_a_session_that_is_moved_has_the_next_sequence() -> None:
    given(session).when(plan()).then(planned())
    moved = STARTS + timedelta(hours=1)
    given(session, planned()).when(plan(starts_at=moved)).then(planned(starts_at=moved, sequence=1))
    given(session, planned()).when(plan()).then()
    given(session).when(plan(starts_at=AT)).then_rejected("in_the_past")
    given(session).when(plan(time_zone="Mars/Olympus")).then_rejected("no_time_zone")
    given(session).when(plan(starts_at=datetime(2026, 12, 1, 9))).then_rejected("no_time_zone")  # noqa: DTZ001 - it is refused for that
    given(session, planned()).when(plan(course="other")).then_rejected("other_course")


def test_places_are_given_until_there_are_no_more() -> None:
    given(session, planned()).when(InviteAgent(**WHO, **A7)).then(INVITED)
    given(session, planned(), INVITED).when(InviteAgent(**WHO, **A8)).then_rejected("session_full")
    two = planned(capacity=2), INVITED, AgentInvited(**WHO, **A8, sequence=0)
    given(session, *two).when(plan(capacity=1)).then_rejected("capacity_too_small")
    given(session).when(InviteAgent(**WHO, **A7)).then_rejected("unknown_session")


def test_who_is_asked_again_gets_a_higher_sequence_than_the_cancellation_had() -> None:
    withdrawn = InvitationWithdrawn(**WHO, **A7, sequence=1)
    given(session, planned(), INVITED).when(WithdrawInvitation(**WHO, **A7)).then(withdrawn)
    given(session, planned()).when(WithdrawInvitation(**WHO, **A7)).then_rejected("not_invited")
    again = AgentInvited(**WHO, **A7, sequence=2)
    given(session, planned(), INVITED, withdrawn).when(InviteAgent(**WHO, **A7)).then(again)
    cancelled = SessionCancelled(**WHO, reason="No.", sequence=3)
    given(session, planned(), INVITED, withdrawn, again).when(CancelSession(**WHO, reason="No.")).then(cancelled)
    given(session, planned(), cancelled).when(InviteAgent(**WHO, **A7)).then_rejected("session_cancelled")


def test_a_session_is_held_by_those_who_were_there() -> None:
    given(session, planned(), INVITED).when(NoteAttendance(**WHO, **A7, present=True)).then_rejected("not_begun")
    there = AttendanceNoted(**LATER, **A7, present=True)
    given(session, planned(), INVITED).when(NoteAttendance(**LATER, **A7, present=True)).then(there)
    given(session, planned(), INVITED).when(NoteAttendance(**LATER, **A8, present=True)).then_rejected("not_invited")
    held = SessionHeld(**LATER, course="k", started_at=STARTS, minutes=70, invited=1, attended=1)
    given(session, planned(), INVITED, there).when(HoldSession(**LATER, minutes=70)).then(held)
    given(session, planned(), INVITED, there, held).when(CancelSession(**LATER, reason="No.")).then_rejected(
        "session_held"
    )
    url = "https://video.example/1"
    given(session, planned(), held).when(LinkRecording(**LATER, url=url)).then(RecordingLinked(**LATER, url=url))
    given(session, planned(), INVITED, there).when(GiveFeedback(**LATER, **A7, marks=MARKS)).then(
        FeedbackGiven(**LATER, **A7, marks=MARKS)
    )
    given(session, planned(), INVITED).when(GiveFeedback(**LATER, **A7, marks=MARKS)).then_rejected("not_there")
    given(session, planned(), INVITED, there).when(GiveFeedback(**LATER, **A7, marks={"pace": 3})).then_rejected(
        "form_not_filled"
    )


@whatever(st.lists(st.tuples(st.sampled_from("iwiwpc"), st.integers(0, 1)), max_size=30))
def test_whatever_is_done_capacity_holds_and_each_file_of_an_agent_outdoes_the_one_before(
    steps: list[tuple[str, int]],
) -> None:
    """By state and view alike: what an agent's calendar was told last has the highest sequence that it was told."""
    happened: list[Any] = [planned()]
    told: dict[str, tuple[int, str]] = {}
    for number, (what, agent) in enumerate(steps):
        who: dict[str, Any] = {"partner_id": "adria", "agent": f"a{agent}"}
        commands: dict[str, Any] = {
            "i": InviteAgent(**WHO, **who),
            "w": WithdrawInvitation(**WHO, **who),
            "p": plan(minutes=30 + number),
            "c": CancelSession(**WHO, reason="No."),
        }
        state = evolved(session, session.initial, happened)
        try:
            events = session.decide(commands[what], state)
        except Rejected:
            continue
        happened += events
        after = evolved(session, session.initial, happened)
        assert len(after.invited) <= 1
        doc = seen(sessions, *happened)["s"]
        assert doc.sequence == after.sequence
        assert {f"{partner}:{name}" for partner, name in after.invited} == {
            f"{one.partner}:{one.agent}" for one in doc.invited
        }
        for key, one in doc.invitations.items():
            out = one.withdrawn
            method = "CANCEL" if out or doc.state == "cancelled" else "REQUEST"
            sequence = one.sequence if out and doc.state != "cancelled" else doc.sequence
            before = told.get(key)
            assert before is None or sequence >= before[0]
            assert before is None or before[1] == method or sequence > before[0], "a cancellation is outdone"
            told[key] = (sequence, method)


INVITATION = Invited(
    session="s",
    method="REQUEST",
    sequence=2,
    said_at=AT,
    title="Kolagen; prvi, i dugačak naslov, koji se mora prelomiti jer ne stane u jedan red datoteke",
    starts_at=STARTS,
    minutes=90,
    time_zone="Europe/Zagreb",
    place="https://meet.example/k",
    contact="training@company.example",
    agent="Ivo Ivić",
    address="urn:uuid:5c3b2fca-7d9e-5d3f-8a0e-1b2c3d4e5f60",
    trainer="Jelena",
)


@pytest.mark.parametrize("zone", ["Europe/Zagreb", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])
def test_another_program_reads_the_file_as_it_is_meant(zone: str) -> None:
    text = as_calendar(msgspec.structs.replace(INVITATION, time_zone=zone)).decode()
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n")), "RFC 5545, 3.1"
    read = vobject.readOne(text)
    read.validate()
    event = read.vevent
    assert (read.method.value, event.sequence.value, event.status.value) == ("REQUEST", "2", "CONFIRMED")
    assert event.uid.value == "s@tallyline.training"
    assert event.summary.value == INVITATION.title
    assert event.dtstart.value.astimezone(UTC) == STARTS
    assert event.dtend.value.astimezone(UTC) == STARTS + timedelta(minutes=90)
    assert event.organizer.value == "mailto:training@company.example"
    assert (event.attendee.value, event.attendee.params["CN"]) == (INVITATION.address, ["Ivo Ivić"])


def test_a_cancellation_has_the_same_name_and_says_why() -> None:
    told = msgspec.structs.replace(INVITATION, method="CANCEL", sequence=3, why="Nobody is free.")
    read = vobject.readOne(as_calendar(told).decode())
    assert (read.method.value, read.vevent.status.value) == ("CANCEL", "CANCELLED")
    assert (read.vevent.uid.value, read.vevent.sequence.value) == ("s@tallyline.training", "3")
    assert "Nobody is free." in read.vevent.description.value


@settings(max_examples=50)
@whatever(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)), st.integers(5, 720))  # noqa: DTZ001 - zoned below
def test_over_any_change_of_the_clocks_a_session_lasts_as_long_as_was_said(starts: datetime, minutes: int) -> None:
    begins = starts.replace(second=0, microsecond=0, tzinfo=UTC)
    ends = begins + timedelta(minutes=minutes)
    told = msgspec.structs.replace(INVITATION, starts_at=begins, minutes=minutes)
    event = vobject.readOne(as_calendar(told).decode()).vevent
    for read, meant in ((event.dtstart.value, begins), (event.dtend.value, ends)):
        local = meant.astimezone(ZoneInfo("Europe/Zagreb"))
        # An hour that the clock shows twice has one name only in this format (RFC 5545, 3.3.5): it may be either.
        twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        assert read.astimezone(UTC) == meant or twice

"""What the page of training shows to whom, and how a certificate's figures come from those of partners."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.gateway.api.readers import CourseRow, CoverageRow, SessionRow
from services.gateway.pages.training import CourseFigures, figures_of, local, shown_to
from shared.security import Principal

STARTS = datetime(2026, 3, 2, 8, tzinfo=UTC)
HELD = SessionRow(
    session="s1",
    course="vital-de",
    title="First",
    starts_at=STARTS,
    time_zone="Europe/Berlin",
    minutes=60,
    place="Room 4",
    state="held",
    capacity=30,
    invited={"adria": 5, "atlas": 2},
    attended={"adria": 4},
    recording="",
)
COURSE = CourseRow(
    course="vital-de",
    title="Vital",
    panel="inbound",
    language="de",
    certificate="vital",
    product="VITAL",
    version=None,
    since=None,
)


def covered(partner: str, certified: int, lapsing: int, certificate: str = "vital") -> CoverageRow:
    said: dict[str, Any] = {"asked_agents": None, "asked_backups": None, "missing": 0, "missing_backups": 0}
    return CoverageRow(
        partner=partner,
        certificate=certificate,
        registered=24,
        certified=certified,
        backups=0,
        lapsing=lapsing,
        **said,
    )


def test_who_sees_some_partners_sees_their_agents_alone() -> None:
    theirs = shown_to(HELD, Principal("ivo", "partner", frozenset({"atlas"})))
    assert (theirs.invited, theirs.attended) == ({"atlas": 2}, {})
    assert shown_to(HELD, Principal("ana", "admin")) is HELD


def test_a_certificates_figures_are_the_sums_of_its_partners() -> None:
    rows = [covered("adria", 12, 3), covered("atlas", 1, 0), covered("adria", 7, 7, "other")]
    assert figures_of([COURSE], rows) == {"vital": CourseFigures(13, 48, 3)}
    assert figures_of([COURSE], []) == {"vital": CourseFigures(0, 0, 0)}


def test_a_time_is_told_by_the_sessions_own_clock() -> None:
    assert local(STARTS, "Europe/Berlin") == "2026-03-02 09:00"

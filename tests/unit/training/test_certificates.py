"""Certificates: earned by a paper, held until a day or a new major version, taken back; and how many a partner has."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given as whatever
from hypothesis import strategies as st

from services.training.domain.certificate import (
    AcknowledgeManual,
    DrawPaper,
    GrantAttempts,
    LapseCertificate,
    MarkPaper,
    WithdrawCertificate,
    certificate,
)
from services.training.domain.coverage import Asked, coverage_of
from services.training.events.certificates import (
    AttemptsGranted,
    DrawnQuestion,
    ManualAcknowledged,
    PaperDrawn,
    PaperMarked,
)
from services.training.events.courses import CourseDescribed, Exam
from services.training.events.sessions import AgentInvited, InvitationWithdrawn
from services.training.lapses import needed
from services.training.views.certificates import certificates
from services.training.views.courses import KnownCourse
from services.training.views.trainees import trainees
from shared.contracts.training import AgentCertified, CertificationLapsed, ManualPublished
from tests.spec import given, seen

AT = datetime(2026, 11, 18, 9, tzinfo=UTC)
WHO: dict[str, Any] = {"partner_id": "adria", "agent": "a7", "course": "k", "at": AT, "by": "Ivo"}
ASKED = (DrawnQuestion(question="dose", revision=1, order=(1, 0)),)
TERMS: dict[str, Any] = {
    "certificate": "k-in",
    "bank": "k",
    "seed": 7,
    "questions": ASKED,
    "version": "1.2",
    "pass_percent": 80,
    "valid_days": 365,
}
UNTIL = date(2027, 11, 18)
READ = ManualAcknowledged(**WHO, version="1.2")


def draw(paper: str = "p1", **more: Any) -> DrawPaper:
    return DrawPaper(**WHO | TERMS | {"paper": paper, "attempts": 2, "minutes": 30} | more)


def drawn(paper: str = "p1", **more: Any) -> PaperDrawn:
    said = WHO | TERMS | {"paper": paper} | more
    return PaperDrawn(**said, ends_at=said["at"] + timedelta(minutes=30))


def hand_in(points: int, paper: str = "p1", **more: Any) -> MarkPaper:
    return MarkPaper(**WHO | {"paper": paper, "answers": {"dose": (1,)}, "points": points, "of_points": 10} | more)


def marked(score: str, points: int, passed: bool, paper: str = "p1") -> PaperMarked:
    said: dict[str, Any] = {"paper": paper, "answers": {"dose": (1,)}, "points": points, "of_points": 10}
    return PaperMarked(**WHO, **said, score_percent=score, passed=passed)


def certified(**more: Any) -> AgentCertified:
    said = {"certificate": "k-in", "major": 1, "score_percent": "80.00", "valid_until": UNTIL}
    return AgentCertified(**WHO | said | more)


def lapsed(reason: Any, **more: Any) -> CertificationLapsed:
    return CertificationLapsed(**WHO | {"certificate": "k-in", "reason": reason} | more)


FAILED = READ, drawn(), marked("70.00", 7, passed=False)


def test_who_has_read_the_manual_may_sit_one_paper_at_a_time() -> None:
    given(certificate).when(AcknowledgeManual(**WHO, version="1.2")).then(READ)
    given(certificate).when(draw()).then_rejected("manual_not_read")
    given(certificate, ManualAcknowledged(**WHO, version="1.1")).when(draw()).then_rejected("manual_not_read")
    given(certificate, READ).when(draw()).then(drawn())
    given(certificate, READ, drawn()).when(draw("p2")).then_rejected("paper_open")
    over = AT + timedelta(minutes=30)
    given(certificate, READ, drawn()).when(draw("p2", at=over)).then(drawn("p2", at=over))


def test_who_reaches_the_limit_is_certified() -> None:
    given(certificate, READ, drawn()).when(hand_in(8)).then(marked("80.00", 8, passed=True), certified())
    given(certificate, READ, drawn()).when(hand_in(7)).then(marked("70.00", 7, passed=False))
    given(certificate, *FAILED).when(hand_in(9, answers={"dose": (0,)})).then_rejected("already_marked")
    given(certificate, READ, drawn()).when(hand_in(8, at=AT + timedelta(minutes=30))).then_rejected("paper_over")
    given(certificate, READ, drawn()).when(hand_in(8, "p9")).then_rejected("unknown_paper")
    given(certificate, READ, drawn()).when(hand_in(8, course="other")).then_rejected("unknown_paper")


def test_attempts_are_counted_until_the_certificate_and_a_trainer_grants_more() -> None:
    twice = *FAILED, drawn("p2"), marked("0.00", 0, passed=False, paper="p2")
    given(certificate, *FAILED).when(draw("p2")).then(drawn("p2"))
    given(certificate, *twice).when(draw("p3")).then_rejected("no_attempts_left")
    never_handed_in = READ, drawn("p1"), drawn("p2")
    late = AT + timedelta(hours=2)
    given(certificate, *never_handed_in).when(draw("p3", at=late)).then_rejected("no_attempts_left")
    granted = AttemptsGranted(**WHO, attempts=1, reason="She was ill.")
    given(certificate, *twice).when(GrantAttempts(**WHO, attempts=1, reason="She was ill.")).then(granted)
    given(certificate, *twice, granted).when(draw("p3")).then(drawn("p3"))
    given(certificate, *twice, granted, drawn("p3"), marked("80.00", 8, True, "p3"), certified()).when(draw("p4")).then(
        drawn("p4")
    )


def test_a_certificate_lapses_when_its_day_or_a_new_major_version_is_there() -> None:
    def at(day: date) -> dict[str, Any]:
        return WHO | {"at": datetime(day.year, day.month, day.day, tzinfo=UTC), "by": "lapses"}

    before = at(UNTIL - timedelta(days=1))
    given(certificate, certified()).when(LapseCertificate(**before)).then()
    given(certificate, certified()).when(LapseCertificate(**at(UNTIL))).then(
        CertificationLapsed(**at(UNTIL), certificate="k-in", reason="expired")
    )
    given(certificate, certified()).when(LapseCertificate(**before, below=1)).then()
    given(certificate, certified()).when(LapseCertificate(**before, below=2)).then(
        CertificationLapsed(**before, certificate="k-in", reason="manual_changed")
    )
    renewed = certified(major=2, valid_until=UNTIL + timedelta(days=300))
    given(certificate, certified(), renewed).when(LapseCertificate(**at(UNTIL), below=2)).then()
    given(certificate).when(LapseCertificate(**at(UNTIL), below=2)).then()


def test_a_certificate_is_taken_back_with_a_reason() -> None:
    taken = lapsed("withdrawn", note="Promised cures.")
    given(certificate, certified()).when(WithdrawCertificate(**WHO, reason="Promised cures.")).then(taken)
    given(certificate).when(WithdrawCertificate(**WHO, reason="No.")).then_rejected("not_certified")


def test_the_views_say_what_is_held_and_what_was_learned() -> None:
    passed = *FAILED, drawn("p2"), marked("80.00", 8, True, "p2"), certified()
    doc = seen(certificates, certified())["adria:a7:k"]
    assert certificates.fields(doc)["expires"] == UNTIL.toordinal()
    gone = seen(certificates, certified(), lapsed("expired"))["adria:a7:k"]
    assert (certificates.fields(gone)["held"], certificates.fields(gone)["expires"]) == (0, None)
    again = seen(certificates, certified(), lapsed("expired"), certified(major=2))["adria:a7:k"]
    assert (again.lapsed, certificates.fields(again)["major"]) == (None, 2)
    invited = AgentInvited(session="s1", partner_id="adria", agent="a7", sequence=0, at=AT, by="jelena")
    other = AgentInvited(session="s2", partner_id="adria", agent="a7", sequence=0, at=AT, by="jelena")
    out = InvitationWithdrawn(session="s1", partner_id="adria", agent="a7", sequence=1, at=AT, by="jelena")
    whole = seen(trainees, *passed, invited, other, out)["adria:a7"]
    assert [one.version for one in whole.read["k"]] == ["1.2"]
    assert {name: sat.marked is not None and sat.marked.passed for name, sat in whole.papers.items()} == {
        "p1": False,
        "p2": True,
    }
    shards = [
        seen(trainees, *passed)["adria:a7"],
        seen(trainees, invited, out)["adria:a7"],
        seen(trainees, other)["adria:a7"],
    ]
    for one, two, three in itertools.permutations(shards):
        assert trainees.merge(trainees.merge(one, two), three) == whole


def test_the_time_for_certifying_anew_begins_when_the_new_version_is_in_force() -> None:
    exam = Exam(bank="k", questions=1, pass_percent=80, attempts=1, minutes=30, valid_days=365, recertify_days=14)
    about: dict[str, Any] = {"course": "k", "at": AT, "by": "jelena"}
    said = CourseDescribed(**about, title="K", panel="inbound", language="hr", certificate="k-in", exam=exam)
    starts = date(2026, 12, 1)
    versions = [
        ManualPublished(**about, version="1.0", digest="a" * 64, valid_from=date(2026, 11, 1)),
        ManualPublished(**about, version="2.0", digest="b" * 64, valid_from=starts, changed="x"),
    ]
    known = KnownCourse(course="k", described=said, versions=versions)
    assert needed(known, starts + timedelta(days=13)) == 1
    assert needed(known, starts + timedelta(days=14)) == 2
    assert needed(KnownCourse(course="k", described=said), starts) == 0


def covered(*held: AgentCertified, asked: tuple[Asked, ...] = ()) -> Any:
    return coverage_of("adria", "k-in", ("KOL-30",), 24, held, asked, AT.date())


def test_backups_are_those_beyond_the_agents_that_the_contract_asks_for() -> None:
    held = [certified(agent=f"a{number}") for number in range(5)]
    asked = (Asked(certificate="k-in", agents=3, backups=4), Asked(certificate="other", agents=9, backups=9))
    found = covered(*held, asked=asked)
    assert (found.certified, found.backups, found.missing, found.missing_backups) == (5, 2, 0, 2)
    assert (found.asked_agents, found.asked_backups) == (3, 4)
    few = covered(*held[:2], asked=asked)
    assert (few.backups, few.missing, few.missing_backups) == (0, 1, 4)
    assert covered(*held).asked_agents is None


def test_who_lapses_within_thirty_days_is_told_once() -> None:
    day = AT.date()
    soon, later = certified(valid_until=day + timedelta(days=30)), certified(valid_until=day + timedelta(days=31))
    assert covered(soon).lapsing == 1
    assert covered(later).lapsing == 0
    other = certified(course="k-de", valid_until=day + timedelta(days=200))
    assert (covered(soon, other).certified, covered(soon, other).lapsing) == (1, 0)
    assert covered(certified(valid_until=day)).certified == 0


@whatever(
    st.lists(st.tuples(st.integers(0, 9), st.integers(-40, 80)), max_size=30),
    st.integers(0, 12),
    st.integers(0, 12),
)
def test_what_is_there_and_what_is_missing_add_up(held: list[tuple[int, int]], agents: int, backups: int) -> None:
    day = AT.date()
    given_ = [certified(agent=f"a{who}", valid_until=day + timedelta(days=days)) for who, days in held]
    found = covered(*given_, asked=(Asked(certificate="k-in", agents=agents, backups=backups),))
    assert found.certified == len({who for who, days in held if days > 0})
    assert 0 <= found.lapsing <= found.certified
    assert found.certified == agents - found.missing + found.backups
    assert found.missing == 0 or found.backups == 0
    assert found.missing_backups == max(0, backups - found.backups)


@whatever(st.lists(st.sampled_from(["pass", "lapse", "major", "withdraw"]), max_size=20))
def test_whatever_happens_view_and_aggregate_agree_on_what_is_held(steps: list[str]) -> None:
    happened: list[Any] = [READ]
    state = certificate.evolve(certificate.initial, READ)
    for number, step in enumerate(steps):
        now = AT + timedelta(days=200 * number)
        said = WHO | {"at": now}
        commands: dict[str, list[Any]] = {
            "pass": [draw(f"p{number}", at=now), hand_in(9, f"p{number}", at=now)],
            "lapse": [LapseCertificate(**said)],
            "major": [LapseCertificate(**said, below=2)],
            "withdraw": [WithdrawCertificate(**said, reason="Because.")] if "k" in state.held else [],
        }
        for command in commands[step]:
            for event in certificate.decide(command, state):
                happened.append(event)
                state = certificate.evolve(state, event)
        told = seen(certificates, *[e for e in happened if isinstance(e, AgentCertified | CertificationLapsed)])
        doc = told.get("adria:a7:k")
        assert (doc is not None and doc.lapsed is None) == ("k" in state.held)

"""Courses and manuals: versions follow each other, each in force from a day on; their text names no stranger."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st

from services.training.domain.course import AskedExam, CloseCourse, DescribeCourse, course
from services.training.domain.manual import PublishManual, following, in_force, major, manual
from services.training.domain.manual_text import as_html, changes, image_media, images_of, policy
from services.training.events.courses import CourseClosed, CourseDescribed, Exam
from services.training.views.courses import courses
from shared.contracts.training import ManualPublished
from shared.kernel import Rejected
from tests.spec import given, seen

AT = datetime(2026, 11, 18, 9, tzinfo=UTC)
WHO: dict[str, Any] = {"at": AT, "by": "jelena"}
TODAY = AT.date()
OLD, NEW = "a" * 64, "b" * 64
PNG = b"\x89PNG\r\n\x1a\n" + b"..."


def publish(version: str = "1.0", digest: str = OLD, starts: date = TODAY, **more: Any) -> PublishManual:
    return PublishManual(**{"course": "k", "version": version, "digest": digest, "valid_from": starts, **WHO, **more})


def published(version: str = "1.0", digest: str = OLD, starts: date = TODAY, **more: Any) -> ManualPublished:
    return ManualPublished(**{"course": "k", "version": version, "digest": digest, "valid_from": starts, **WHO, **more})


def described(**more: Any) -> CourseDescribed:
    said = {"course": "k", "title": "K", "panel": "inbound", "language": "hr", "certificate": "k", **WHO}
    return CourseDescribed(**said | more)


def test_a_course_leads_to_a_certificate_of_its_own_name_unless_somebody_says_which() -> None:
    said: dict[str, Any] = {"course": "k", "title": "K", "panel": "inbound", "language": "hr", **WHO}
    given(course).when(DescribeCourse(**said)).then(described())
    exam = AskedExam(bank="k", questions=20, pass_percent=80)
    kept = Exam(bank="k", questions=20, pass_percent=80, attempts=3, minutes=60, valid_days=365)
    command = DescribeCourse(**said, certificate="both", exam=exam)
    given(course, described()).when(command).then(described(certificate="both", exam=kept))
    closed = CourseClosed(course="k", reason="Sold no more.", **WHO)
    given(course, described()).when(CloseCourse(course="k", reason="Sold no more.", **WHO)).then(closed)
    given(course, described(), closed).when(command).then_rejected("course_closed")
    given(course).when(CloseCourse(course="k", reason="No.", **WHO)).then_rejected("unknown_course")


def test_versions_follow_each_other_and_say_what_is_new() -> None:
    given(manual).when(publish()).then(published())
    given(manual).when(publish("1.1")).then_rejected("version_not_next")
    given(manual, published()).when(publish("1.1", NEW, changed="x")).then(published("1.1", NEW, changed="x"))
    given(manual, published()).when(publish("2.0", NEW, changed="x")).then(published("2.0", NEW, changed="x"))
    given(manual, published()).when(publish("2.1", NEW, changed="x")).then_rejected("version_not_next")
    given(manual, published()).when(publish("1.1", NEW, changed=" ")).then_rejected("changes_not_told")
    given(manual, published()).when(publish("1.1", OLD, changed="x")).then_rejected("nothing_changed")


def test_no_version_begins_in_the_past_or_before_an_older_one() -> None:
    yesterday, later = TODAY - timedelta(days=1), TODAY + timedelta(days=7)
    given(manual).when(publish(starts=yesterday)).then_rejected("starts_in_the_past")
    first = published(starts=later)
    given(manual, first).when(publish("1.1", NEW, changed="x", starts=TODAY)).then_rejected("starts_before")
    given(manual, first).when(publish("1.1", NEW, changed="x", starts=later)).then(
        published("1.1", NEW, changed="x", starts=later)
    )


@whatever(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=1, max_size=12), st.integers(-5, 300))
def test_on_every_day_the_last_version_that_has_begun_is_in_force(steps: list[tuple[bool, int]], day: int) -> None:
    versions: list[ManualPublished] = []
    starts = TODAY
    for number, (is_major, days) in enumerate(steps):
        starts += timedelta(days=days)
        minor_one, major_one = following(versions[-1].version if versions else None)
        version = major_one if is_major else minor_one
        command = publish(version, f"{number:064x}", starts, changed="x")
        versions += manual.decide(command, manual.initial if not versions else _state(versions))
    asked = TODAY + timedelta(days=day)
    begun = [one for one in versions if one.valid_from <= asked]
    assert in_force(versions, asked) == (begun[-1] if begun else None)
    numbers = [(major(one.version), int(one.version.partition(".")[2])) for one in versions]
    assert numbers == sorted(set(numbers)), "versions only grow"


def _state(versions: list[ManualPublished]) -> Any:
    state = manual.initial
    for one in versions:
        state = manual.evolve(state, one)
    return state


def test_a_course_and_its_manual_make_one_document_whichever_partition_they_lie_in() -> None:
    two = published(), published("1.1", NEW, changed="x")
    one_shard = seen(courses, described(), *two)["k"]
    shards = seen(courses, described())["k"], seen(courses, *two)["k"]
    assert courses.merge(*shards) == one_shard == courses.merge(*reversed(shards))


def test_pictures_come_from_here_and_nowhere_else() -> None:
    assert images_of(f"![a](image:{OLD}) text ![b](image:{NEW}) ![c](image:{OLD})") == (OLD, NEW)
    for address in ("https://other.example/x.png", "image:nothing", "data:image/png;base64,AAAA", "/x.png"):
        with pytest.raises(Rejected) as refused:
            images_of(f"![x]({address})")
        assert refused.value.code == "image_elsewhere"
    assert image_media(PNG) == "image/png"
    assert image_media(b"<svg xmlns='http://www.w3.org/2000/svg'/>") is None


def test_a_page_stands_alone_and_runs_nothing() -> None:
    text = f"# One\n\n## Two & three\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1))\n\n![a](image:{OLD})\n"
    screen = as_html(text, "K <b>", "hr", published(), {OLD: PNG}, "screen")
    assert '<html lang="hr">' in screen
    assert "K &lt;b&gt;" in screen
    assert "<script" not in screen
    assert 'href="javascript' not in screen
    assert 'src="data:image/png;base64,' in screen
    assert screen.count("<li><a href=") == 2
    printed = as_html(text, "K", "hr", published(), {OLD: PNG}, "print")
    assert "<nav>" not in printed
    assert "@page" in printed
    assert policy("screen") != policy("print"), "each allows its own style alone"


@whatever(st.text(max_size=200))
def test_no_text_brings_a_tag_of_its_own(text: str) -> None:
    page = as_html(text, "K", "hr", published(), {}, "print")
    for tag in ("<script", "<iframe", "<object", "<form", "<svg", "<style>\n<"):
        assert tag not in page.partition("<main>")[2]


@whatever(st.lists(st.sampled_from("abc"), max_size=20), st.lists(st.sampled_from("abc"), max_size=20))
def test_the_lines_that_differ_lead_from_one_text_to_the_other(old: list[str], new: list[str]) -> None:
    found = changes("\n".join(old), "\n".join(new))
    assert (found == []) == ("\n".join(old).splitlines() == "\n".join(new).splitlines())
    gone, came = ([line[1:] for line in found if line[0] == sign] for sign in "-+")
    assert sorted(gone + new) == sorted(came + old)

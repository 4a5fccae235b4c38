"""Which courses are there, and which versions has the manual of each?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.training.events.courses import CourseClosed, CourseDescribed, CourseEvent
from shared.contracts.training import TOPIC, ManualPublished
from shared.kernel import View


class KnownCourse(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A course, as last described. `versions` of its manual, oldest first."""

    course: str
    described: CourseDescribed | None = None
    closed: CourseClosed | None = None
    versions: list[ManualPublished] = []
    changes: int = 0


def by_course(event: CourseEvent | ManualPublished) -> Iterable[tuple[str, CourseEvent | ManualPublished]]:
    """One document a course."""
    return [(event.course, event)]


def fold(doc: KnownCourse | None, event: CourseEvent | ManualPublished, sign: int) -> KnownCourse:
    """A command's events are never reversed."""
    doc = doc or KnownCourse(course=event.course)
    match event:
        case CourseDescribed():
            doc.described = event
            doc.changes += 1
        case CourseClosed():
            doc.closed = event
            doc.changes += 1
        case ManualPublished():
            doc.versions.append(event)
    return doc


def whole(one: KnownCourse, other: KnownCourse) -> KnownCourse:
    """A course and its manual are two streams, in one partition or two: each shard has what the other lacks."""
    newer = one if one.changes >= other.changes else other
    versions = max(one.versions, other.versions, key=len)
    return KnownCourse(
        course=one.course,
        described=newer.described,
        closed=newer.closed,
        versions=versions,
        changes=newer.changes,
    )


courses = View("courses", 1, TOPIC, CourseEvent | ManualPublished, KnownCourse, by_course, fold, whole)

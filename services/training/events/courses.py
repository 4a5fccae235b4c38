"""What is recorded of courses: what each teaches, and what its assessment asks for."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from shared.kernel import Event

Panel = Literal["inbound", "outbound"]


class Exam(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a course is assessed. `bank`: where the questions come from, `questions`: how many a paper has;
    `pass_percent`: of the points; `attempts`: papers that may be failed before a trainer lets somebody try again;
    `minutes`: from drawing a paper until its answers; `valid_days`: how long a certificate holds; `recertify_days`: how
    long certificates of an older major version of the manual go on holding once a new one is in force."""

    bank: str
    questions: int
    pass_percent: int
    attempts: int
    minutes: int
    valid_days: int
    recertify_days: int = 0


class CourseDescribed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What the course is; the whole of it, as last said.

    `product`: its SKU, empty where it is about none; `certificate`: what passing leads to, as campaigns ask for it.
    Without an `exam` nobody is certified by it.
    """

    course: str
    title: str
    panel: Panel
    language: str
    certificate: str
    product: str = ""
    exam: Exam | None = None
    at: datetime
    by: str


class CourseClosed(Event, frozen=True, kw_only=True):
    """It is taught no more; certificates of it hold until they lapse."""

    course: str
    reason: str
    at: datetime
    by: str


CourseEvent = CourseDescribed | CourseClosed

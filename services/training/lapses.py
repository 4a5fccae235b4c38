"""Certificates that time, or a new major version of the manual, has overtaken lapse."""

from __future__ import annotations

from datetime import date, timedelta

from services.training.domain.certificate import LapseCertificate, certificate
from services.training.domain.manual import in_force, major
from services.training.views.certificates import KnownCertificate, certificates
from services.training.views.courses import KnownCourse, courses
from shared.http import Deps

ACTOR = "lapses"


class Lapses:
    """Looks at the certificates that are held. What it says a second time changes nothing: the aggregate knows what it
    holds, whatever is seen here of it."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def step(self) -> None:
        """One look."""
        day = self._deps.clock().date()
        reads = self._deps.reads
        for _, one in await reads.find(certificates, {"held": 1}, "expires", None, day.toordinal() + 1):
            await self._lapse(one, 0)
        for name, known in await reads.find(courses, {}):
            below = needed(known, day)
            if below > 1:
                for _, one in await reads.find(certificates, {"course": name, "held": 1}, "major", None, below):
                    await self._lapse(one, below)

    async def _lapse(self, one: KnownCertificate, below: int) -> None:
        command = LapseCertificate(
            partner_id=one.partner,
            agent=one.agent,
            course=one.course,
            below=below,
            at=self._deps.clock(),
            by=ACTOR,
        )
        by = f"{ACTOR}:{one.course}:{len(one.history)}:{below}"
        await self._deps.door.handle(certificate, f"{one.partner}:{one.agent}", command, command_id=by, actor=ACTOR)


def needed(known: KnownCourse, day: date) -> int:
    """The major version that a certificate must rest on by a day: that of the manual in force, once the time for
    certifying anew is over. 0: any."""
    exam = known.described.exam if known.described is not None else None
    published = in_force(known.versions, day - timedelta(days=exam.recertify_days if exam is not None else 0))
    return major(published.version) if published is not None else 0

"""The worker of runs: takes one at a time, and takes up what another worker left behind."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

import msgspec
import polars as pl
from msgspec.structs import replace

from services.reconciliation.domain.month import month
from services.reconciliation.domain.month_commands import Found, RecordFailure, RecordReconciliation
from services.reconciliation.events.months import OtherMonth, StateTotal
from services.reconciliation.gathering import Gathering
from services.reconciliation.matching.kept import Kept, packed, unpacked
from services.reconciliation.matching.other_month import OfOtherMonth, other_month
from services.reconciliation.matching.profile import Profile
from services.reconciliation.matching.standing import applied, retested, standing_of
from services.reconciliation.matching.states import totals
from services.reconciliation.running.job import Progress, job_bytes, own_bytes
from services.reconciliation.running.mending import Asked, Mending
from services.reconciliation.running.notes import Run, Runs
from services.reconciliation.running.process import RunDied, run_process
from services.reconciliation.running.requested import unrequested
from services.reconciliation.running.sealing import Sealed
from services.reconciliation.views.billings import billings
from services.reconciliation.views.months import months
from services.reconciliation.views.rates import known_rates
from services.reconciliation.views.rules import KnownRules, rules
from shared.http import Deps
from shared.kernel import Rejected
from shared.ports import Refused, StoreUnavailable

log = logging.getLogger(__name__)
ACTOR = "reconciliation.run"
LEASE = timedelta(seconds=30)
"""A worker says so often that it is still there; one that does not is taken for gone."""
BEAT_S = 5.0
MOST_ATTEMPTS = 3
MOST_LEFT_BEHIND = 10
"""As often as a run is taken up whose worker was gone, and no more: what ends each process that tries it, as by its
memory, would be the end of all other work too."""


class Runner:
    """Does the runs. `speed`: seconds a line of the last one, by which the next says how long it will take."""

    def __init__(self, deps: Deps, runs: Runs, gathering: Gathering, sealed: Sealed, mending: Mending) -> None:
        self._deps = deps
        self._runs = runs
        self._gathering = gathering
        self._sealed = sealed
        self._mending = mending
        self._speed: float | None = None

    async def step(self) -> None:
        """Do one run, if there is one that nobody does. A report that came has one."""
        now = self._deps.clock()
        for month_id, doc in await self._deps.reads.find(months, {"stage": "submitted"}):
            number = doc.reports[-1].number
            if await self._runs.get(month_id, number) is None:
                with contextlib.suppress(Refused):
                    await self._runs.put(0, Run(month_id=month_id, report=number, asked_at=now))
        for revision, run in await self._runs.unfinished():
            if run.standing == "running" and run.lease is not None and run.lease > now:
                continue
            try:
                held = _Held(self._runs, self._deps, revision, run)
                await held.begin()
            except Refused:
                continue
            await self._do(held)
            return

    async def _do(self, held: _Held) -> None:
        run = held.run
        if run.attempts > MOST_LEFT_BEHIND:
            detail = f"Whoever compared it was gone before it was done, {MOST_LEFT_BEHIND} times."
            await self._fail(held, "run_left_behind", detail)
            return
        beating = asyncio.create_task(held.beat())
        try:
            working = asyncio.create_task(self._work(held))
            await asyncio.wait((working, beating), return_when=asyncio.FIRST_COMPLETED)
            working.cancel()
            await asyncio.wait((working,))
            if not working.cancelled():
                working.result()
                await held.end("done")
        except Rejected as refused:
            elsewhere = refused.elsewhere if isinstance(refused, OfOtherMonth) else None
            await self._fail(held, refused.code, refused.detail, elsewhere)
        except RunDied as died:
            log.warning("run of %s report %d: %s", run.month_id, run.report, died.reason)
            if held.run.attempts < MOST_ATTEMPTS:
                await held.end("waiting", died.reason)
            else:
                await self._fail(held, f"run_{died.reason}", f"The comparison {died.reason} {MOST_ATTEMPTS} times.")
        except Refused:
            log.info("run of %s report %d was taken away", run.month_id, run.report)
        except StoreUnavailable:
            # It is not the run's fault, and it is begun again as often as it takes.
            with contextlib.suppress(Refused, StoreUnavailable):
                await held.note(attempts=run.attempts - 1)
            raise
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    async def _work(self, held: _Held) -> None:
        run = held.run
        partner, _, name = run.month_id.partition(":")
        doc = (await self._deps.reads.get(months, [run.month_id])).get(run.month_id)
        report = next((one for one in doc.reports if one.number == run.report), None) if doc else None
        if doc is None or report is None:
            raise RunDied("lost its report")
        remembered = (await self._deps.reads.get(rules, [partner])).get(partner) or KnownRules(partner_id=partner)
        own = await self._own(held, partner, name, {code: one.agent_id for code, one in remembered.codes.items()})
        began = time.monotonic()

        async def at(progress: Progress) -> None:
            left = None
            if progress.lines is not None and self._speed is not None:
                left = max(0.0, round(progress.lines * self._speed - (time.monotonic() - began), 1))
            await held.note(phase=progress.phase, lines=progress.lines, seconds_left=left, done=None, of=None)

        profile = msgspec.convert(remembered.profiles[-1].profile, Profile) if remembered.profiles else None
        job = job_bytes(await self._sealed.get(partner, name, report.digest), own, name, profile)
        found = await run_process(job, at)
        del job
        month_kept = await asyncio.to_thread(unpacked, found)
        self._speed = (time.monotonic() - began) / max(1, len(month_kept.lines))
        retest = retested(standing_of(remembered), month_kept.explanations, name)
        if retest.agreed:
            month_kept = await asyncio.to_thread(applied, month_kept, retest.agreed)
            found = await asyncio.to_thread(packed, month_kept)
        digest = await self._sealed.put(partner, name, found)
        asked = Asked(ACTOR, f"{run.month_id}:{run.report}:{digest}")
        await self._mending.follow(month_kept.calls, month_kept.basis, name, asked)
        moved = await unrequested(self._sealed, doc, report.number, month_kept) if report.adjusted else ()
        gone = tuple(f"{one.kind} {one.cause} stood and is not there any more" for one in retest.gone)
        command = recorded(month_kept, run, digest, moved, gone, self._deps.clock())
        # another run may find what one found before: that is news where something else was found, or failed, in between
        id_ = f"{run.month_id}:{run.report}:{digest}:{run.asked_at.isoformat()}"
        await self._deps.door.handle(month, run.month_id, command, command_id=id_, actor=ACTOR)

    async def _own(self, held: _Held, partner: str, name: str, codes: Mapping[str, str]) -> bytes:
        """Our side: from where an earlier attempt left it, else gathered."""
        if held.run.own is not None:
            return await self._sealed.get(partner, name, held.run.own)
        await held.note(phase="gather")

        def told(done: int, of: int) -> None:
            held.counted(done, of)

        gathered = await self._gathering.own_side(
            partner, name, codes, told, cancelled=await self._lost(partner), rates=await self._rates(name)
        )
        content = await asyncio.to_thread(own_bytes, gathered)
        digest = await self._sealed.put(partner, name, content)
        await held.note(own=digest)
        return content

    async def _lost(self, partner: str) -> dict[str, datetime]:
        """When sales were lost, by their ids: on the days that the ledger says."""
        known = (await self._deps.reads.get(billings, [partner])).get(partner)
        return {sale: datetime.combine(on, time_of_day(), UTC) for sale, on in known.lost.items()} if known else {}

    async def _rates(self, name: str) -> dict[str, float]:
        """Units of each currency for one euro: the last that was told of the month."""
        known = (await self._deps.reads.get(known_rates, [name])).get(name)
        return {currency: float(days[max(days)].units) for currency, days in known.told.items()} if known else {}

    async def _fail(self, held: _Held, code: str, detail: str, elsewhere: OtherMonth | None = None) -> None:
        run = held.run
        command = RecordFailure(
            month_id=run.month_id,
            report=run.report,
            code=code,
            detail=detail,
            elsewhere=elsewhere,
            at=self._deps.clock(),
        )
        id_ = f"{run.month_id}:{run.report}:failed:{run.asked_at.isoformat()}"
        await self._deps.door.handle(month, run.month_id, command, command_id=id_, actor=ACTOR)
        await held.end("failed", code)


class _Held:
    """A run that this worker has: its document changes only here, until somebody takes it away."""

    def __init__(self, runs: Runs, deps: Deps, revision: int, run: Run) -> None:
        self._runs = runs
        self._deps = deps
        self._revision = revision
        self.run = run
        self._turn = asyncio.Lock()

    async def begin(self) -> None:
        """Take it. Refused where another worker was first."""
        now = self._deps.clock()
        await self.note(standing="running", began_at=now, attempts=self.run.attempts + 1, cause="")

    async def note(self, **changes: Any) -> None:
        """Write what has changed, and that we are still there. Refused where it was taken away."""
        async with self._turn:
            run = replace(self.run, lease=self._deps.clock() + LEASE, **changes)
            self._revision = await self._runs.put(self._revision, run)
            self.run = run

    def counted(self, done: int, of: int) -> None:
        """Remember how far the phase is; the next beat writes it."""
        self.run = replace(self.run, done=done, of=of)

    async def beat(self) -> None:
        """Say again and again that we are there. Ends when it was taken away."""
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                await self.note()
            except Refused:
                return

    async def end(self, standing: str, cause: str = "") -> None:
        """It is over, or is to be begun anew."""
        await self.note(
            standing=standing,
            phase="done" if standing == "done" else self.run.phase,
            cause=cause,
            ended_at=self._deps.clock(),
            seconds_left=None,
        )


def recorded(
    kept: Kept, run: Run, digest: str, moved: tuple[Found, ...], gone: tuple[str, ...], at: datetime
) -> RecordReconciliation:
    """What of a result goes into the month: causes and sums, no line and no number. `moved`: what an adjusted report
    changed unasked; `gone`: rules of the partner of which nothing was found."""
    sums = totals(kept.states)
    states = tuple(
        StateTotal(state=state, units=units, theirs_minor=theirs, ours_minor=ours)
        for state, units, theirs, ours in sums.iter_rows()
    )
    found = tuple(
        Found(
            mismatch_id=one.explanation_id,
            kind=one.kind,
            cause=one.cause,
            party=one.party,  # type: ignore[arg-type]
            confidence=one.confidence,  # type: ignore[arg-type]
            lines=one.explained,
            against=one.against,
            moved_minor=one.moved_minor,
            proof=one.whole_proof,
            grounds=one.whole_grounds,
            systematic=one.systematic,
        )
        for one in kept.explanations
    )
    theirs, ours = kept.states.select(pl.col("theirs").sum(), pl.col("ours").sum()).row(0)
    return RecordReconciliation(
        month_id=run.month_id,
        report=run.report,
        kept=digest,
        currency=kept.basis.currency,
        lines=len(kept.lines),
        calls=int(kept.calls["in_period"].sum()),
        theirs_minor=theirs,
        ours_minor=ours,
        totals=states,
        found=(*found, *moved),
        doubts=(*kept.profile.doubts, *gone),
        elsewhere=other_month(kept.lines, kept.basis),
        at=at,
    )

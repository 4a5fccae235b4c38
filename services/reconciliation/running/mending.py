"""Defects of ours from the runs of months: specified when they are found, replayed with the release that runs, closed
when neither their fixture nor their months show them."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

import msgspec
import polars as pl
from msgspec.structs import replace

from services.reconciliation.domain.defect import (
    CloseDefect,
    Identity,
    RecordReplay,
    SpecifyDefect,
    closes,
    defect,
    identity,
)
from services.reconciliation.gathering import Gathering
from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.causes.own_defects import Defect
from services.reconciliation.matching.fixture import Fixture, fixture_bytes, fixture_of, wanted
from services.reconciliation.matching.own import calls_of
from services.reconciliation.matching.replaying import Difference, released, replayed
from services.reconciliation.matching.specifying import Named, defects_of, found_in, identity_of
from services.reconciliation.views.defects import KnownDefect, defects
from services.reconciliation.views.month_calls import month_calls
from shared.http import Deps
from shared.kernel import Money, Rejected

RELEASE = version("tallyline")
"""What a replay is recorded with."""
MOST_AT_ONCE = 50
"""Defects that other runs of the same month may find before the view tells of them."""


@dataclass(frozen=True)
class Asked:
    """Who asks, and the id of what makes them ask: a run or a request. The same again is answered again."""

    by: str
    cause: str


class Mending:
    """Follows the defects of partners."""

    def __init__(self, deps: Deps, gathering: Gathering) -> None:
        self._deps = deps
        self._gathering = gathering

    async def follow(self, calls: pl.DataFrame, basis: Basis, month: str, asked: Asked) -> None:
        """After a month was compared: specify what was found, and look again at what had been found there before.
        `calls` as the comparison had them. Raises StoreUnavailable."""
        found = await asyncio.to_thread(found_in, calls, basis)
        known = dict(await self._deps.reads.find(defects, {"partner": basis.partner_id}))
        for one in await self._named(found, calls, basis, month, known):
            defect_id, digest = await self._specify(one, asked)
            await self._record(defect_id, digest, one.fixture, asked)
        now = [identity_of(one) for one in found]
        for defect_id, doc in known.items():
            gone = doc.stage != "closed" and doc.months == [month] and closes(_identity(doc), now)
            if gone and not (await self._replay(doc, asked))[1]:
                await self._close(defect_id, doc.months, asked)

    async def replay(self, doc: KnownDefect, asked: Asked) -> tuple[Fixture, list[Difference]]:
        """Put the fixture through the running release. Where it passes, the defect's months are replayed too, and it is
        closed if they show it no more. Rejected: `no_fixture`, and as gathering a month is."""
        fixture, differences = await self._replay(doc, asked)
        if not differences and doc.stage != "closed":
            now = [one for month in doc.months for one in await self._audited(doc.partner_id, month)]
            if closes(_identity(doc), now):
                await self._close(doc.defect_id, doc.months, asked)
        return fixture, differences

    async def fixture(self, doc: KnownDefect) -> tuple[bytes, Fixture]:
        """The file and what it says. Rejected: `no_fixture`."""
        content = await self._deps.blobs.get(doc.found.fixture)
        if content is None:
            raise Rejected("no_fixture", "Its fixture is not kept.")
        return content, await asyncio.to_thread(fixture_of, content)

    async def _named(
        self, found: Sequence[Defect], calls: pl.DataFrame, basis: Basis, month: str, known: dict[str, KnownDefect]
    ) -> list[Named]:
        names = {call for one in found for call in wanted(one, calls)}
        docs = await self._deps.reads.get(month_calls, sorted(names))
        facts = {call: doc.facts for call, doc in docs.items()}
        identities = {id_: _identity(doc) for id_, doc in known.items()}
        return await asyncio.to_thread(defects_of, found, calls, facts, basis, month, identities)

    async def _specify(self, one: Named, asked: Asked) -> tuple[str, str]:
        """Its id and its fixture's hash. What another run has named meanwhile, the view may not tell yet: of two
        defects the later gets the next number."""
        said = one.fixture.specification
        digest = await self._deps.blobs.put(await asyncio.to_thread(fixture_bytes, one.fixture))
        command = SpecifyDefect(
            defect_id=one.defect_id,
            month=said.month,
            kind=said.kind,
            predicate=said.predicate,
            calls=said.calls,
            moved=Money(said.moved_minor, said.currency),
            fixture=digest,
            at=self._deps.clock(),
            by=asked.by,
        )
        place, _, number = one.defect_id.rpartition("-")
        for further in range(MOST_AT_ONCE):
            try:
                named = replace(command, defect_id=f"{place}-{int(number) + further}")
                await self._send(named, asked)
            except Rejected as refused:
                if refused.code != "other_defect":
                    raise
            else:
                return named.defect_id, digest
        raise Rejected("other_defect", f"{MOST_AT_ONCE} numbers from {one.defect_id} on are other defects'.")

    async def _replay(self, doc: KnownDefect, asked: Asked) -> tuple[Fixture, list[Difference]]:
        _, fixture = await self.fixture(doc)
        return fixture, await self._record(doc.defect_id, doc.found.fixture, fixture, asked)

    async def _record(self, defect_id: str, digest: str, fixture: Fixture, asked: Asked) -> list[Difference]:
        differences = await asyncio.to_thread(replayed, fixture, released)
        command = RecordReplay(
            defect_id=defect_id,
            fixture=digest,
            release=RELEASE,
            differing=len({one.call for one in differences}),
            of=len(fixture.cases),
            at=self._deps.clock(),
            by=asked.by,
        )
        await self._send(command, asked)
        return differences

    async def _audited(self, partner_id: str, month: str) -> list[Identity]:
        own = await self._gathering.own_side(partner_id, month, {})
        found = await asyncio.to_thread(
            lambda: found_in(calls_of(own.records, own.events, own.basis, own.holes), own.basis)
        )
        return [identity_of(one) for one in found]

    async def _close(self, defect_id: str, months: Sequence[str], asked: Asked) -> None:
        """Close it; one that was found in a further month meanwhile stays open."""
        command = CloseDefect(defect_id=defect_id, months=tuple(months), at=self._deps.clock(), by=asked.by)
        with contextlib.suppress(Rejected):
            await self._send(command, asked)

    async def _send(self, command: SpecifyDefect | RecordReplay | CloseDefect, asked: Asked) -> None:
        said = hashlib.sha256(msgspec.json.encode((type(command).__name__, command))).hexdigest()
        command_id = f"{asked.cause}:{said}"
        await self._deps.door.handle(defect, command.defect_id, command, command_id=command_id, actor=asked.by)


def _identity(doc: KnownDefect) -> Identity:
    return identity(doc.found.kind, doc.found.predicate)

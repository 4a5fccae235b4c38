"""What time shows to be missing: a call without a result, a sale without an order, an order without a call, and the
certificate of who sold.

A fact may come late and out of order. So something is missing only when it has been for the grace time by the facts'
own clock, and for as long since we saw it first: what is filled in from a backfill is not held against anybody while it
comes in. What is seen first is remembered by this process alone; whoever starts again waits once more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import NamedTuple

from services.calls.domain.work import NoteFinding, work
from services.calls.events.work import WorkKind
from services.calls.views.campaigns import KnownCampaign, campaigns
from services.calls.views.measures import milliseconds
from services.calls.views.sources import SourceBook, call_sources
from services.calls.views.unfinished import Noted, Unfinished, unfinished
from services.calls.views.work import WorkItem, work_items
from services.calls.watch.uncertified import Taker, UncertifiedSale, sales_without, still_without
from shared.contracts.conformance import OPTIONAL, REQUIRED
from shared.http import Deps

ACTOR = "checks"
LOOKS_BACK = timedelta(days=3)
"""How old a fact may be that opens an item: nobody can mend what is older."""
RECENT = timedelta(hours=1)
"""Beside the grace: facts so old at most are looked at every time, older ones, which came late, at every sweep."""
SWEEP_EVERY = timedelta(minutes=5)
PAGE = 500
FACTS = frozenset[WorkKind]({"no_result", "sale_without_order", "order_without_call"})
"""The kinds that a call's own facts open, and settle."""
UNCERTIFIED: WorkKind = "sale_uncertified"


class Known(NamedTuple):
    """What decides which checks a call has: the platforms of sources, and the campaigns that sell by our orders."""

    sources: dict[str, SourceBook]
    campaigns: dict[str, KnownCampaign]

    def applies(self, kind: WorkKind, doc: Unfinished, noted: Noted) -> bool:
        """A result is missing only where the platform gives any, an order only where orders are ours."""
        if kind == "no_result":
            book = self.sources.get(doc.subject.partition(":")[0])
            if book is None or not book.revision or not book.current.dispositions:
                return False  # nobody said what its codes mean: it gives none
            platform = book.current.connector
            return "disposition" in (*REQUIRED.get(platform, ()), *OPTIONAL.get(platform, ()))
        if kind == "sale_without_order":
            known = self.campaigns.get(noted.campaign or "")
            return known is not None and known.described is not None and bool(known.described.products)
        return True


class Checks:
    """Looks at what lacks something, and at what is on the work list."""

    def __init__(self, deps: Deps, grace: timedelta) -> None:
        self._deps = deps
        self._grace = grace
        self._seen: dict[str, datetime] = {}
        self._swept: datetime | None = None

    async def step(self) -> None:
        """One look."""
        now = self._deps.clock()
        known = await self._known()
        sweeps = self._swept is None or now - self._swept >= SWEEP_EVERY
        back = LOOKS_BACK if sweeps else self._grace + RECENT
        seen = dict[str, datetime]()
        found = await self._missing(now, known, back, seen)
        found |= await self._uncertified(now, known, back, seen)
        self._seen = seen if sweeps else self._seen | seen
        self._swept = now if sweeps else self._swept
        await self._open(found)
        await self._settle(known, now)
        await self._settle_uncertified(known, now)

    async def _known(self) -> Known:
        sources = dict(await self._deps.reads.find(call_sources, {}))
        return Known(sources, dict(await self._deps.reads.find(campaigns, {})))

    async def _missing(
        self, now: datetime, known: Known, back: timedelta, seen: dict[str, datetime]
    ) -> dict[str, NoteFinding]:
        """What has been missing for long enough, by the id of its item; all that is missing is put into `seen`."""
        found: dict[str, NoteFinding] = {}
        async for doc in self._perhaps(now, known, back):
            for kind, noted in doc.missing().items():
                if not known.applies(kind, doc, noted):
                    continue
                ident = _item(doc, kind)
                first = seen[ident] = self._seen.get(ident, now)
                if max(first, noted.at) <= now - self._grace:
                    found[ident] = _finding(ident, kind, doc, noted, now)
        return found

    async def _uncertified(
        self, now: datetime, known: Known, back: timedelta, seen: dict[str, datetime]
    ) -> dict[str, NoteFinding]:
        """Sales by agents not certified, in the same way: a certificate too may be told late."""
        found: dict[str, NoteFinding] = {}
        for sale in await sales_without(self._deps.reads, known.campaigns, now - back, now):
            ident = _sale_item(sale)
            first = seen[ident] = self._seen.get(ident, now)
            if max(first, sale.at) <= now - self._grace:
                found[ident] = _sale_finding(sale, holds=True, now=now)
        return found

    async def _perhaps(self, now: datetime, known: Known, back: timedelta) -> AsyncIterator[Unfinished]:
        """Whole documents of which a part may lack something that is looked for."""
        reads = self._deps.reads
        parts = await reads.find(unfinished, {}, "since", milliseconds(now - back), milliseconds(now) + 1)
        keys = [key for key, part in parts if any(known.applies(kind, part, noted) for kind, noted in part.perhaps())]
        for start in range(0, len(keys), PAGE):
            for doc in (await reads.get(unfinished, keys[start : start + PAGE])).values():
                yield doc

    async def _open(self, found: dict[str, NoteFinding]) -> None:
        items: dict[str, WorkItem] = await self._deps.reads.get(work_items, sorted(found)) if found else {}
        for ident, finding in found.items():
            item = items.get(ident)
            if item is None or item.state == "settled":
                await self._tell(finding, item)

    async def _settle(self, known: Known, now: datetime) -> None:
        reads = self._deps.reads
        opened: list[tuple[str, WorkItem]] = await reads.find(work_items, {"state": "open"})
        mine = {ident: item for ident, item in opened if item.kind in FACTS}
        docs = await reads.get(unfinished, sorted({item.subject for item in mine.values()})) if mine else {}
        for ident, item in mine.items():
            doc = docs.get(item.subject)
            noted = doc.missing().get(item.kind) if doc is not None else None
            if doc is not None and (noted is None or not known.applies(item.kind, doc, noted)):
                command = NoteFinding(
                    work=ident, kind=item.kind, subject=item.subject, holds=False, since=item.since or now, at=now
                )
                await self._tell(command, item)

    async def _settle_uncertified(self, known: Known, now: datetime) -> None:
        """What was sold with a certificate after all, or not sold by this agent."""
        asked: dict[str, str | int] = {"state": "open", "kind": UNCERTIFIED}
        opened: list[tuple[str, WorkItem]] = await self._deps.reads.find(work_items, asked)
        sales = {sale: item for _, item in opened if (sale := _sale_of(item)) is not None}
        stands = await still_without(self._deps.reads, known.campaigns, list(sales))
        for sale, item in sales.items():
            if sale not in stands:
                await self._tell(_sale_finding(sale, holds=False, now=now), item)

    async def _tell(self, finding: NoteFinding, item: WorkItem | None) -> None:
        """Under an id of what we know of the item: who knows no more says it no second time."""
        by = f"{'holds' if finding.holds else 'settled'}:{item.changes if item is not None else 0}"
        await self._deps.door.handle(work, finding.work, finding, command_id=by, actor=ACTOR)


def _item(doc: Unfinished, kind: WorkKind) -> str:
    return f"{doc.partner}:{kind}:{doc.subject}"


def _finding(ident: str, kind: WorkKind, doc: Unfinished, noted: Noted, now: datetime) -> NoteFinding:
    return NoteFinding(
        work=ident,
        kind=kind,
        subject=doc.subject,
        holds=True,
        since=noted.at,
        agent=noted.agent,
        campaign=noted.campaign,
        at=now,
    )


def _sale_item(sale: UncertifiedSale) -> str:
    """An agent's own: who is found to have sold instead has another one."""
    return f"{sale.taker.partner}:{UNCERTIFIED}:{sale.taker.agent}:{sale.subject}"


def _sale_finding(sale: UncertifiedSale, holds: bool, now: datetime) -> NoteFinding:
    return NoteFinding(
        work=_sale_item(sale),
        kind=UNCERTIFIED,
        subject=sale.subject,
        holds=holds,
        since=sale.at,
        agent=sale.taker.agent,
        campaign=sale.taker.campaign,
        at=now,
    )


def _sale_of(item: WorkItem) -> UncertifiedSale | None:
    """None where the item does not say whose sale it was, which ours always do."""
    if item.agent is None or item.campaign is None or item.since is None:
        return None
    return UncertifiedSale(Taker(item.partner, item.agent, item.campaign), item.subject, item.since)

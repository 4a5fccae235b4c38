"""The worker of imports: takes a file in part by part, and takes up what another worker left behind.

A part is done when the import's document says so. Taken in again, after a kill, it finds what it has written before and
writes nothing twice; leads are counted as what they were, by the import and the line that brought them.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta

import msgspec

from services.calls.domain.do_not_call import Ground
from services.calls.domain.history import RememberPastOrders, history
from services.calls.domain.lead import Lead, fields_of, lead_id, settled
from services.calls.domain.lead_list import EndImport, MeetZones, lead_list
from services.calls.events.histories import PastOrder
from services.calls.events.leads import RecallRules
from services.calls.leads.barred import DoNotCall
from services.calls.leads.imports import PART, Import, Imports
from services.calls.leads.leads import LEADS
from services.calls.leads.lines import Ordered, Person, Reading, Reject, likeness, named_columns
from services.calls.leads.sheets import Row, rows_of
from services.calls.views.leads import lead_lists
from shared.codec import encode
from shared.engine.moving import Keep
from shared.http import Deps
from shared.kernel import Money, Rejected
from shared.ports import Documents, Put, Refused, Stored

log = logging.getLogger(__name__)
LIKES = "lead_likes"
"""By name and postal code: which lead of a list is a person's."""
KEEP = Keep(LIKES)
ACTOR = "imports"
LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 5
PURPOSE = "name and postal code"
_lead = msgspec.json.Decoder(Lead).decode


class Importer:
    """Takes in one file at a time."""

    def __init__(self, documents: Documents, deps: Deps, imports: Imports, barred: DoNotCall) -> None:
        self._documents = documents
        self._deps = deps
        self._imports = imports
        self._barred = barred

    async def step(self) -> int:
        """Take in one file that nobody works on, if there is one; how many lines."""
        for revision, one in await self._imports.unfinished():
            now = self._deps.clock()
            if one.standing == "running" and one.lease is not None and one.lease > now:
                continue
            begun = msgspec.structs.replace(one, standing="running", lease=now + LEASE, attempts=one.attempts + 1)
            try:
                revision = await self._imports.put(revision, begun)
            except Refused:
                continue
            try:
                await self._take_in(revision, begun)
            except Rejected as wrong:
                await self._fail(begun.id, wrong.code)
            except Refused:
                log.info("import %s was taken away", begun.id)
            return begun.lines
        return 0

    async def _fail(self, import_id: str, cause: str) -> None:
        found = await self._imports.get(import_id)
        if found is not None:
            revision, one = found
            now = self._deps.clock()
            failed = msgspec.structs.replace(one, standing="failed", cause=cause, lease=None, ended_at=now)
            await self._imports.put(revision, failed)

    async def _take_in(self, revision: int, one: Import) -> None:
        if one.attempts > MOST_ATTEMPTS:
            raise Rejected("given_up", "The import was begun too often and came to no end.")
        content = await self._imports.content(one)
        called, rows = await asyncio.to_thread(lambda: named_columns(rows_of(content, one.encoding)))
        reading = Reading(one.kind, called.names, one.columns, one.country, one.zone)
        part, _ = divmod(one.done, PART)
        await asyncio.to_thread(_skip, rows, one.done)
        while chunk := await asyncio.to_thread(list, itertools.islice(rows, PART)):
            counted = await self._part(one, part, reading, chunk)
            one = msgspec.structs.replace(
                one,
                done=one.done + len(chunk),
                new=one.new + counted["new"],
                known=one.known + counted["known"],
                duplicates=one.duplicates + counted["duplicates"],
                rejected=one.rejected + counted["rejected"],
                lease=self._deps.clock() + LEASE,
            )
            revision = await self._imports.put(revision, one)
            part += 1
        if one.kind == "leads":
            command = EndImport(
                list_id=one.target,
                import_id=one.id,
                new=one.new,
                known=one.known,
                duplicates=one.duplicates,
                rejected=one.rejected,
                at=self._deps.clock(),
                by=one.by,
            )
            await self._deps.door.handle(lead_list, one.target, command, command_id=f"end:{one.id}", actor=one.by)
        done = msgspec.structs.replace(one, standing="done", lease=None, ended_at=self._deps.clock())
        await self._imports.put(revision, done)

    async def _part(self, one: Import, part: int, reading: Reading, rows: Sequence[Row]) -> dict[str, int]:
        """Take in some lines: how many were new, known, twice in the file, and rejected."""
        rejects: list[Reject]
        match one.kind:
            case "leads" | "customers":
                read = await asyncio.to_thread(lambda: [reading.person(row) for row in rows])
                people = [each for each in read if isinstance(each, Person)]
                rejects = [each for each in read if isinstance(each, Reject)]
                counted = await (self._leads(one, people) if one.kind == "leads" else self._customers(people))
            case "orders":
                orders = await asyncio.to_thread(lambda: [reading.order(row) for row in rows])
                rejects = [each for each in orders if isinstance(each, Reject)]
                counted = await self._orders(one, part, [each for each in orders if isinstance(each, Ordered)])
            case "do_not_call":
                numbers = await asyncio.to_thread(lambda: [reading.number(row) for row in rows])
                rejects = [each for each in numbers if isinstance(each, Reject)]
                listed = [each for each in numbers if isinstance(each, str)]
                ground = Ground(reason="file", at=one.asked_at, by=one.by)
                added = await self._barred.add(listed, one.target, f"file:{one.id}", ground)
                counted = {"new": added, "known": len(listed) - added}
        await self._imports.reject(one, part, rejects)
        return {"new": 0, "known": 0, "duplicates": 0} | counted | {"rejected": len(rejects)}

    async def _customers(self, people: Sequence[Person]) -> dict[str, int]:
        refs = await self._deps.vault.customer_refs({person.number for person in people})
        before = await self._deps.vault.profiles.get(list(refs.values()))
        new = len(set(refs.values()) - before.keys())
        await self._remember(people, refs)
        return {"new": new, "known": len(refs) - new, "duplicates": len(people) - len(refs)}

    async def _orders(self, one: Import, part: int, orders: Sequence[Ordered]) -> dict[str, int]:
        refs = await self._deps.vault.customer_refs({order.number for order in orders})
        past = {
            order.order: PastOrder(
                customer_ref=refs[order.number],
                order=order.order,
                ordered_on=order.ordered_on,
                sku=order.sku,
                quantity=order.quantity,
                amount=None if order.minor is None else Money(order.minor, order.currency),
            )
            for order in orders
        }
        command = RememberPastOrders(
            partner=one.target,
            import_id=one.id,
            part=part,
            orders=tuple(past.values()),
            at=one.asked_at,
            by=one.by,
        )
        stream = f"{one.target}:{one.id}"
        await self._deps.door.handle(history, stream, command, command_id=f"part:{part}", actor=one.by)
        return {"new": len(past), "duplicates": len(orders) - len(past)}

    async def _remember(self, people: Sequence[Person], refs: dict[str, str]) -> None:
        """Of two lines about one number the later one counts."""
        await self._deps.vault.profiles.add({refs[person.number]: person.profile for person in people})

    # Leads

    async def _leads(self, one: Import, people: Sequence[Person]) -> dict[str, int]:
        known_list = (await self._deps.reads.get(lead_lists, [one.target])).get(one.target)
        rules, version = (known_list.rules, known_list.version) if known_list else (RecallRules(), 1)
        zones = tuple(sorted({person.zone for person in people}))
        countries = tuple(sorted({person.country for person in people}))
        command = MeetZones(list_id=one.target, zones=zones, countries=countries)
        by = f"zones:{one.id}:{one.done}"
        await self._deps.door.handle(lead_list, one.target, command, command_id=by, actor=ACTOR)
        refs = await self._deps.vault.customer_refs({person.number for person in people})
        leads = {
            person.line: settled(_fresh(one, person, refs[person.number]), rules, version, one.asked_at)
            for person in people
        }
        likes = await self._alike(one, people, leads)
        stored = await self._documents.get(LEADS, sorted({lead.id for lead in leads.values()}))
        counted = {"new": 0, "known": 0, "duplicates": 0}
        fresh: dict[str, Lead] = {}
        taken: list[Person] = []
        for person in people:
            lead = leads[person.line]
            alike = likes.get(person.line)
            there = _lead(stored[lead.id].body) if lead.id in stored else fresh.get(lead.id)
            if there is not None and not _same_line(there, lead):
                counted["duplicates" if there.import_id == one.id else "known"] += 1
                taken.append(person)
            elif there is None and alike is not None and alike != lead.id:
                counted["duplicates" if await self._of_file(alike, one, fresh) else "known"] += 1
            else:
                counted["new"] += 1
                taken.append(person)
                if there is None:
                    fresh[lead.id] = lead
        await self._remember(taken, refs)
        await self._write(fresh)
        return counted

    async def _alike(self, one: Import, people: Sequence[Person], leads: dict[int, Lead]) -> dict[int, str]:
        """Line -> the lead that the person of this name and postal code is; a new person's is the line's own."""
        marks = {
            person.line: f"{one.target}|{self._deps.vault.mark(PURPOSE, words)}"
            for person in people
            if (words := likeness(person)) is not None
        }
        first: dict[str, str] = {}
        for line, mark in sorted(marks.items()):
            first.setdefault(mark, leads[line].id)
        left = sorted(first)
        while left:
            found = await self._documents.get(LIKES, left)
            first.update({mark: stored.body.decode() for mark, stored in found.items()})
            puts = [Put(mark, 0, first[mark].encode()) for mark in left if mark not in found]
            try:
                await self._documents.put(LIKES, puts)
                left = []
            except Refused as refused:
                left = list(refused.ids)
        return {line: first[mark] for line, mark in marks.items()}

    async def _of_file(self, lead: str, one: Import, fresh: dict[str, Lead]) -> bool:
        if lead in fresh:
            return True
        stored: Stored | None = (await self._documents.get(LEADS, [lead])).get(lead)
        return stored is not None and _lead(stored.body).import_id == one.id

    async def _write(self, fresh: dict[str, Lead]) -> None:
        """Leads that somebody else has written meanwhile stay as they are."""
        puts = [Put(lead.id, 0, encode(lead), fields_of(lead)) for lead in fresh.values()]
        try:
            if puts:
                await self._documents.put(LEADS, puts)
        except Refused as refused:
            log.info("%d leads were there already", len(refused.ids))


def _fresh(one: Import, person: Person, ref: str) -> Lead:
    return Lead(
        id=lead_id(one.target, ref),
        list_id=one.target,
        partner=one.partner,
        customer_ref=ref,
        zone=person.zone,
        country=person.country,
        import_id=one.id,
        line=person.line,
        added=person.added or one.asked_at,
        priority=person.priority,
    )


def _same_line(there: Lead, lead: Lead) -> bool:
    """Whether an earlier attempt at this very line wrote it."""
    return (there.import_id, there.line) == (lead.import_id, lead.line)


def _skip(rows: Iterator[Row], count: int) -> None:
    for _ in itertools.islice(rows, count):
        pass

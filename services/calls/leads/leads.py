"""Leads as they are kept: documents that change on condition, so that nobody is given what somebody else was given.

What others must know of a lead is written into its document first, and told from there, once each.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from services.calls.domain.lead import (
    INDEXES,
    KINDS,
    Lead,
    TellLead,
    by_turn,
    fields_of,
    held_by,
    lead_news,
    leased,
    leases_over,
    place_of,
    released,
    settled,
    turn_of,
    waiting_until,
)
from services.calls.domain.lead_list import MeetZones, lead_list
from services.calls.domain.recall import is_allowed
from services.calls.domain.verdicts import Verdict
from services.calls.events.leads import RecallRules
from services.calls.leads.barred import DoNotCall
from services.calls.leads.ruling import Ruling
from services.calls.views.leads import KnownLeadList, lead_lists
from shared.codec import encode
from shared.engine.moving import Keep
from shared.http import Deps
from shared.ports import Documents, Put, Refused, Stored, every

log = logging.getLogger(__name__)
LEADS, SWEPT = "leads", "leads_placed"
ACTOR = "leads"
PAGE = 50
ROUNDS = 40
"""Pages of one kind that are tried before the agent has to ask again: each time all of a page were gone."""
SWEEP = 500

_decode = msgspec.json.Decoder(Lead).decode
Change = Callable[[Lead, RecallRules], Lead]


class Given(NamedTuple):
    """A lead that an agent was given, the rules of its list, and the customer's number."""

    lead: Lead
    list: KnownLeadList
    number: str


class Leads:
    """The leads of all lists. Every change of one is conditional on what was read, and tried again."""

    def __init__(self, documents: Documents, deps: Deps, barred: DoNotCall, ruling: Ruling) -> None:
        self._documents = documents
        self._deps = deps
        self._barred = barred
        self._ruling = ruling

    # Reading

    async def get(self, lead_id: str) -> Lead | None:
        """One lead."""
        stored = await self._stored(lead_id)
        return _decode(stored.body) if stored else None

    async def any(self) -> bool:
        """Whether there is any lead at all."""
        return bool((await self._documents.find(LEADS, limit=1)).items)

    async def of_customer(self, customer_ref: str) -> list[Lead]:
        """The leads of all lists in which the customer stands."""
        found = every(self._documents, LEADS, {"customer": customer_ref})
        return [_decode(stored.body) async for stored in found]

    async def page(
        self, list_id: str, state: str | None, limit: int, cursor: str | None
    ) -> tuple[list[Lead], str | None]:
        """Leads of a list by their ids. ValueError for a cursor of another list."""
        equal = {"list": list_id} if state is None else {"state": f"{list_id}|{state}"}
        page = await self._documents.find(LEADS, equal, limit=limit, cursor=cursor)
        return [_decode(stored.body) for stored in page.items], page.next

    async def list_of(self, list_id: str) -> KnownLeadList | None:
        """The list, as far as the view has come."""
        found = (await self._deps.reads.get(lead_lists, [list_id])).get(list_id)
        return found if found is not None and found.created is not None else None

    async def lists_of(self, partner: str) -> list[KnownLeadList]:
        """The lists of a partner."""
        found = await self._deps.reads.find(lead_lists, {"partner": partner})
        return [doc for _, doc in found if doc.created is not None]

    async def campaign_of(self, customer_ref: str, partner: str, agent: str | None, call: str) -> str | None:
        """For which campaign a customer is dialled: that of the lead which the agent holds, or of which the call is an
        attempt already. None where there is no such lead."""
        for lead in await self.of_customer(customer_ref):
            held = lead.lease is not None and lead.lease.agent == agent
            if lead.partner == partner and (held or call in lead.attempts):
                one = await self.list_of(lead.list_id)
                return one.campaign if one else None
        return None

    async def _stored(self, lead_id: str) -> Stored | None:
        return (await self._documents.get(LEADS, [lead_id])).get(lead_id)

    # Giving out

    async def next(self, lists: Sequence[KnownLeadList], agent: str, now: datetime) -> Given | None:
        """The lead whose turn it is, given out to the agent; what they hold already, where they do.

        None: there is none at the moment. Given is only whom the rules of company and campaign allow to dial now, by
        the country and the clock of the customer. A number on a do-not-call list is never given: it is asked for after
        the lead was taken, so what was put there before is seen.
        """
        await self._free()
        of = {one.list_id: one for one in lists}
        asked = {(one.partner, one.campaign) for one in lists}
        dialling = {which: await self._ruling.dialling(*which, now) for which in asked}
        may = {one.list_id: dialling[one.partner, one.campaign] for one in lists}
        for partner in sorted({one.partner for one in lists}):
            page = await self._documents.find(LEADS, {"held": held_by(partner, agent)})
            for stored in page.items:
                lead = _decode(stored.body)
                if lead.list_id not in of or lead.lease is None or lead.lease.until <= now:
                    continue
                if not may[lead.list_id].verdict(lead.country, lead.zone, now).allowed:
                    await self.change(lead.id, lambda known, rules: released(known), now)
                elif (given := await self._checked(lead, of[lead.list_id], now)) is not None:
                    return given
        for kind in KINDS:
            for _ in range(ROUNDS):
                queues = [
                    waiting_until(one.list_id, kind, zone, country, agent, now)
                    for one in lists
                    if not one.closed
                    for zone in one.zones
                    if is_allowed(now, ZoneInfo(zone), one.rules)
                    for country in one.countries
                    if may[one.list_id].verdict(country, zone, now).allowed
                ]
                found = [
                    stored
                    for low, high in queues
                    for stored in (
                        await self._documents.find(LEADS, order="turn", low=low, high=high, limit=PAGE)
                    ).items
                ]
                if not found:
                    break
                for stored in self._in_turn(found, of):
                    if (given := await self._take(stored, of, agent, now)) is not None:
                        return given
        return None

    async def why_none(self, lists: Sequence[KnownLeadList], now: datetime) -> list[Verdict]:
        """What the rules have against dialling the customers of these lists now, whether or not one would be due."""
        found = []
        for one in lists:
            may = await self._ruling.dialling(one.partner, one.campaign, now)
            found += [may.verdict(country, zone, now) for zone in one.zones for country in one.countries]
        return [verdict for verdict in found if not verdict.allowed]

    @staticmethod
    def _in_turn(found: Iterable[Stored], of: dict[str, KnownLeadList]) -> list[Stored]:
        turns = []
        for stored in found:
            lead = _decode(stored.body)
            turn = turn_of(lead, of[lead.list_id].rules)
            # One that new rules have moved is asked last, and put where it belongs.
            turns.append((by_turn(turn[0]) if turn else (len(KINDS), 0, lead.id), stored))
        return [stored for _, stored in sorted(turns, key=lambda pair: pair[0])]

    async def _take(self, stored: Stored, of: dict[str, KnownLeadList], agent: str, now: datetime) -> Given | None:
        """None where somebody else was first, or it may not be given."""
        lead = _decode(stored.body)
        one = of[lead.list_id]
        if lead.rules_version != one.version:
            # Where it waits was worked out by earlier rules.
            lead = settled(lead, one.rules, one.version, now)
            if lead.place is None or not self._due(lead.place, one, agent, now):
                await self._put(stored, lead)
                return None
        taken = leased(lead, agent, now, one.rules.lease_minutes)
        return await self._checked(taken, one, now) if await self._put(stored, taken) else None

    @staticmethod
    def _due(place: str, one: KnownLeadList, agent: str, now: datetime) -> bool:
        ranges = (
            waiting_until(one.list_id, kind, zone, country, agent, now)
            for kind in KINDS
            for zone in one.zones
            for country in one.countries
        )
        return any(low <= place < high for low, high in ranges)

    async def _checked(self, lead: Lead, one: KnownLeadList, now: datetime) -> Given | None:
        """The number of a lead that was taken, unless it may not be called, or nobody knows it any more."""
        number = await self._deps.vault.customer_number(lead.customer_ref)
        if number is None:
            await self.change(lead.id, lambda known, rules: msgspec.structs.replace(released(known), erased=True), now)
            return None
        if await self._barred.of(number, lead.country):
            await self.change(lead.id, lambda known, rules: msgspec.structs.replace(released(known), barred=True), now)
            return None
        return Given(lead, one, number)

    # Changing

    async def change(self, lead_id: str, change: Change, now: datetime, call: str | None = None) -> Lead | None:
        """Change a lead, work out where it stands, and tell of it. None: there is no such lead.

        What `change` refuses comes up as it is.
        """
        return await self._change(lead_id, None, change, now, call)

    async def add(self, new: Lead, change: Change, now: datetime, call: str | None = None) -> Lead:
        """Put a lead on its list and change it in one step; where it stands there already, change that one."""
        lead = await self._change(new.id, new, change, now, call)
        return new if lead is None else lead

    async def _change(
        self, lead_id: str, new: Lead | None, change: Change, now: datetime, call: str | None
    ) -> Lead | None:
        while True:
            stored = await self._stored(lead_id) or (None if new is None else Stored(new.id, 0, encode(new)))
            if stored is None:
                return None
            lead = _decode(stored.body)
            one = await self.list_of(lead.list_id)
            rules, version = (one.rules, one.version) if one else (RecallRules(), lead.rules_version)
            changed = settled(change(lead, rules), rules, version, now, call)
            if changed == lead:
                return lead
            if await self._put(stored, changed):
                await self._tell(Stored(lead_id, stored.revision + 1, encode(changed)))
                return changed

    async def meet(self, list_id: str, places: Iterable[tuple[str, str]], by: str) -> None:
        """The list has leads in these zones and countries."""
        found = set(places)
        zones, countries = (tuple(sorted({place[n] for place in found})) for n in (0, 1))
        command = MeetZones(list_id=list_id, zones=zones, countries=countries)
        await self._deps.door.handle(lead_list, list_id, command, command_id=by, actor=ACTOR)

    async def recheck(self, customer_ref: str, number: str, now: datetime) -> None:
        """A number was put on a do-not-call list, or taken off: the customer's leads say so."""
        for lead in await self.of_customer(customer_ref):
            entries = await self._barred.of(number, lead.country)

            def barred(known: Lead, rules: RecallRules, stands: bool = bool(entries)) -> Lead:
                return msgspec.structs.replace(released(known) if stands else known, barred=stands)

            await self.change(lead.id, barred, now)

    async def erased(self, customer_ref: str, now: datetime) -> None:
        """The customer is erased: the leads are nobody's any more."""
        for lead in await self.of_customer(customer_ref):
            await self.change(lead.id, lambda known, rules: msgspec.structs.replace(released(known), erased=True), now)

    async def _put(self, stored: Stored, lead: Lead) -> bool:
        """False where somebody else has changed it."""
        try:
            await self._documents.put(LEADS, [Put(lead.id, stored.revision, encode(lead), fields_of(lead))])
        except Refused:
            return False
        return True

    async def _tell(self, stored: Stored) -> None:
        """Tell what was not told. Whoever was here first did it already, or will."""
        lead = _decode(stored.body)
        if not lead.untold:
            return
        command = TellLead(first=lead.told, events=lead.untold)
        by = f"told:{lead.told + len(lead.untold)}"
        await self._deps.door.handle(lead_news, lead.id, command, command_id=by, actor=ACTOR)
        told = msgspec.structs.replace(lead, told=lead.told + len(lead.untold), untold=())
        await self._put(stored, told)

    # What time and others bring about

    async def step(self) -> int:
        """Free what was given out too long ago, tell what a crash left untold, follow new rules; how many leads."""
        return await self._free() + await self._tell_all() + await self._follow_rules()

    async def _free(self) -> int:
        low, high = leases_over(self._deps.clock())
        page = await self._documents.find(LEADS, order="turn", low=low, high=high, limit=SWEEP)
        return sum([await self._put(stored, released(_decode(stored.body))) for stored in page.items])

    async def _tell_all(self) -> int:
        page = await self._documents.find(LEADS, {"untold": 1}, limit=SWEEP)
        for stored in page.items:
            await self._tell(stored)
        return len(page.items)

    async def _follow_rules(self) -> int:
        """Leads wait where the rules of then put them: by new ones they wait elsewhere. Also those of a list that no
        sweep has seen yet, whose places an earlier release may have named otherwise."""
        now, moved = self._deps.clock(), 0
        known = {doc.list_id: doc for _, doc in await self._deps.reads.find(lead_lists, {}) if doc.created is not None}
        swept = await self._documents.get(SWEPT, list(known))
        for list_id, one in known.items():
            done = msgspec.json.decode(swept[list_id].body, type=int) if list_id in swept else 0
            if done >= one.version:
                continue
            log.info("the leads of %s follow version %d of the rules", list_id, one.version)
            met: set[tuple[str, str]] = set()
            async for stored in every(self._documents, LEADS, {"list": list_id}, limit=SWEEP):
                lead = _decode(stored.body)
                met.add((lead.zone, lead.country))
                if lead.rules_version < one.version or lead.place != place_of(lead, one.rules):
                    await self.change(lead.id, lambda each, rules: each, now)
                    moved += 1
            await self.meet(list_id, met, f"zones:{one.version}")
            await self._documents.put(SWEPT, [Put(list_id, None, encode(one.version))])
        return moved


def _fields(body: bytes) -> dict[str, str | int | None]:
    return fields_of(_decode(body))


KEEPS = (Keep(LEADS, INDEXES, _fields), Keep(SWEPT))

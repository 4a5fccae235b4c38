"""Leads in memory: documents that interleave, commands that are decided, and views that have followed at once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.calls.domain.lead import Lead, fields_of, lead_id, settled
from services.calls.domain.lead_list import CreateLeadList, MeetZones, lead_list
from services.calls.events.campaign_rules import COMPANY, DialHours, DialRule, Ruleset, RulesPublished
from services.calls.events.leads import RecallRules
from services.calls.leads.barred import KEEP as BARRED
from services.calls.leads.barred import DoNotCall
from services.calls.leads.importing import KEEP as LIKES
from services.calls.leads.importing import Importer
from services.calls.leads.imports import KEEPS as IMPORTS
from services.calls.leads.imports import Import, Imports
from services.calls.leads.leads import KEEPS, LEADS, Leads
from services.calls.leads.ruling import Ruling
from services.calls.views.campaign_rules import known_rules
from services.calls.views.customers import customers
from services.calls.views.leads import callbacks, lead_lists
from services.calls.views.performance import performance
from shared.codec import encode
from shared.http import Accepted, Deps
from shared.kernel import Command, Decider, Event, View
from shared.ports import Page, Put, Stored
from shared.vault import Vault
from tests.spec import evolved, seen
from tests.unit.partners.service import MemoryBlobs
from tests.unit.shared.documents import MemoryDocuments

AT = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
"""A Wednesday, eleven o'clock in Zagreb."""
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
LIST = "adria:spring"
RULES = RecallRules(lease_minutes=20)
ALL_DAY = DialHours(days=(1, 2, 3, 4, 5, 6, 7), starts="00:00", ends="24:00")


class Interleaved(MemoryDocuments):
    """Gives way at every step, by the dice: so two callers really meet. `away`: which write of leads kills us."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self._dice = random.Random(seed)
        self.dies_at: int | None = None

    async def get(self, collection: str, ids: Sequence[str]) -> dict[str, Stored]:
        await self._wait()
        return await super().get(collection, ids)

    async def put(self, collection: str, puts: Sequence[Put]) -> None:
        await self._wait()
        if self.dies_at is not None:
            self.dies_at -= 1
            if self.dies_at < 0:
                raise Killed
        await super().put(collection, puts)

    async def find(
        self,
        collection: str,
        equal: Mapping[str, str | int] | None = None,
        order: str | None = None,
        low: str | int | None = None,
        high: str | int | None = None,
        descending: bool = False,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> Page:
        await self._wait()
        return await super().find(collection, equal, order, low, high, descending, limit, cursor)

    async def _wait(self) -> None:
        for _ in range(self._dice.randrange(4)):
            await asyncio.sleep(0)


class Killed(BaseException):
    """The process is no more."""


class MemoryCalls:
    """Door and views over lists of events."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._streams: dict[str, tuple[set[str], Any]] = {}

    async def handle(
        self, decider: Decider[Any, Any, Any], stream_id: str, command: Command, *, command_id: str, actor: str
    ) -> Accepted:
        """As the engine does it."""
        ids, state = self._streams.get(f"{decider.name}-{stream_id}", (set(), decider.initial))
        if command_id not in ids:
            events = decider.decide(command, state)
            self.events += events
            state = evolved(decider, state, events)
        self._streams[f"{decider.name}-{stream_id}"] = (ids | {command_id}, state)
        return Accepted(stream_id, 1)

    def documents(self, view: View[Any, Any, Any]) -> dict[str, Any]:
        """All of a view."""
        assert view in (lead_lists, callbacks, customers, known_rules, performance)
        known = tuple(getattr(view.events, "__args__", (view.events,)))
        return seen(view, *(event for event in self.events if isinstance(event, known)))

    async def get(self, view: View[Any, Any, Any], keys: Sequence[str]) -> dict[str, Any]:
        """By key."""
        return {key: doc for key, doc in self.documents(view).items() if key in keys}

    async def find(
        self,
        view: View[Any, Any, Any],
        equal: Mapping[str, str | int],
        order: str | None = None,
        low: str | int | None = None,
        high: str | int | None = None,
    ) -> list[tuple[str, Any]]:
        """By the values of indexes."""
        return sorted(
            (key, doc) for key, doc in self.documents(view).items() if equal.items() <= view.fields(doc).items()
        )


class World:
    """A list with its leads, on a clock that a test moves."""

    def __init__(self, seed: int = 0) -> None:
        self.now = AT
        self.documents = Interleaved(seed)
        self.calls = MemoryCalls()
        self.vault = Vault(self.documents, bytes(32), lambda: self.now)
        self.blobs = MemoryBlobs()
        self.deps = Deps(self.calls, self.calls, self.vault, self.blobs, lambda: self.now, "https://calls.example")
        self.barred = DoNotCall(self.documents, self.vault)
        self.leads = Leads(self.documents, self.deps, self.barred, Ruling(self.deps))
        self.imports = Imports(self.documents, self.blobs, self.vault)

    async def start(self, rules: RecallRules = RULES) -> World:
        """With an empty list."""
        for keep in (*KEEPS, *IMPORTS, BARRED, LIKES):
            await self.documents.declare(keep.collection, keep.indexes)
        await self.vault.start()
        command = CreateLeadList(
            list_id=LIST, name="Spring", country="HR", zone="Europe/Zagreb", at=AT, by="ana", rules=rules
        )
        await self.calls.handle(lead_list, LIST, command, command_id="create", actor="ana")
        self.publish(*(DialRule(country=country, hours=(ALL_DAY,)) for country in ("HR", "US", "SI")))
        return self

    def publish(self, *dialling: DialRule, scope: str = COMPANY) -> None:
        """These rules of dialling hold, and have for long."""
        version = 1 + sum(isinstance(event, RulesPublished) and event.scope == scope for event in self.calls.events)
        rules = Ruleset(dialling=dialling)
        published = RulesPublished(scope=scope, version=version, rules=rules, reason="x", at=LONG_AGO, by="ana")
        self.calls.events.append(published)

    def importer(self) -> Importer:
        """A worker of imports, as a process would have it."""
        return Importer(self.documents, self.deps, self.imports, self.barred)

    async def asked(self, content: bytes, kind: Any = "leads", target: str = LIST, **more: Any) -> Import:
        """An import that waits."""
        want = Import(
            id="", kind=kind, target=target, partner="adria", country="HR", zone="Europe/Zagreb", columns={},
            file="", asked_at=self.now, by="ana",
        )  # fmt: skip
        return await self.imports.ask(content, want, more.get("columns"))

    async def add(self, number: str, **more: Any) -> Lead:
        """A lead of the list."""
        ref = (await self.vault.customer_refs([number]))[number]
        said = {
            "id": lead_id(LIST, ref),
            "list_id": LIST,
            "partner": "adria",
            "customer_ref": ref,
            "zone": "Europe/Zagreb",
            "country": "HR",
            "import_id": "i",
            "line": int(number[-4:]),
        }
        lead = settled(Lead(**{**said, **more}), RULES, 1, AT)
        await self.documents.put(LEADS, [Put(lead.id, 0, encode(lead), fields_of(lead))])
        await self.calls.handle(
            lead_list, LIST, MeetZones(list_id=LIST, zones=(lead.zone,), countries=(lead.country,)),
            command_id=number, actor="x",
        )  # fmt: skip
        return lead

    async def next(self, agent: str) -> Lead | None:
        """What an agent is given."""
        one = await self.leads.list_of(LIST)
        assert one is not None
        given = await self.leads.next([one], agent, self.now)
        return given.lead if given else None

    def later(self, **by: float) -> None:
        """Time goes by."""
        self.now += timedelta(**by)


async def everything(world: World) -> AsyncIterator[Lead]:
    """All leads of the list."""
    leads, _ = await world.leads.page(LIST, None, 100_000, None)
    for lead in leads:
        yield lead

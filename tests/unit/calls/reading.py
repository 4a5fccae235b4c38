"""A calls service to be read in tests: views folded in memory, calls in memory documents, and an HTTP client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from services.calls.api import CalledCampaign, CallReads, Person, RawItem, router
from services.calls.tracker.call_document import CALLS, CallDocument, fields_of
from services.calls.tracker.intake import DeliveryNote, IntakeDay, RefusedDay
from shared.codec import encode
from shared.contracts.calls import PublicCallEvent
from shared.engine.dead_letters import DeadLetter
from shared.http import install_problems
from shared.kernel import View
from shared.ports import Put
from shared.security import Principal
from tests.unit.shared.documents import MemoryDocuments


class FoldedViews:
    """The views over some events, dealt to two partitions by turns."""

    def __init__(self, events: Sequence[PublicCallEvent] = ()) -> None:
        self.events = list(events)
        self.reads: list[str] = []
        self._folded: dict[tuple[type, int], dict[str, Any]] = {}

    async def find(
        self,
        view: View[Any, Any, Any],
        equal: Mapping[str, str | int],
        order: str | None = None,
        low: Any = None,
        high: Any = None,
    ) -> list[tuple[str, Any]]:
        assert {*equal, *([order] if order else [])} <= set(view.indexes)
        self.reads.append(view.name)
        found = []
        for key, doc in self._fold(view).items():
            fields = view.fields(doc)
            at: Any = fields[order] if order else None
            if all(fields[name] == value for name, value in equal.items()) and (not order or low <= at < high):
                found.append((key, doc))
        return sorted(found)

    async def as_of(self, view: View[Any, Any, Any]) -> str:
        return str(len(self.events))

    def _fold(self, view: View[Any, Any, Any]) -> dict[str, Any]:
        place = view.doc, len(self.events)
        if place not in self._folded:
            self._folded[place] = self._fold_anew(view)
        return self._folded[place]

    def _fold_anew(self, view: View[Any, Any, Any]) -> dict[str, Any]:
        shards: list[dict[str, Any]] = [{}, {}]
        for n, event in enumerate(self.events):
            shard = shards[n % 2]
            for key, part in view.route(event):
                shard[key] = view.fold(shard.get(key), part, 1)
        merged = shards[0]
        for key, doc in shards[1].items():
            merged[key] = view.merge(merged[key], doc) if key in merged else doc
        return merged


class Names:
    """Two agents with names and teams, two partners with a source each."""

    async def people(self, partner: str | None) -> Mapping[tuple[str, str], Person]:
        everybody = {("acme", "a1"): Person("A. Diallo", "German"), ("acme", "a2"): Person("M. Szabo", "French")}
        return {who: person for who, person in everybody.items() if partner in (None, who[0])}

    async def partner_names(self) -> Mapping[str, str]:
        return {"acme": "Acme Direct"}

    async def campaigns(self) -> Mapping[str, CalledCampaign]:
        return {"spring": CalledCampaign("Spring"), "winter": CalledCampaign("Winter", ("beta",))}

    async def partner_of(self, source: str) -> str | None:
        return {"s1": "acme", "s2": "beta"}.get(source)

    async def schemes_of(self, source: str) -> list[str]:
        return ["bearer"]

    async def credentials_of(self, source: str) -> list[str]:
        return ["crd_1"]


class RawItems:
    """What lies at places of the log; None: its key was destroyed."""

    def __init__(self) -> None:
        self.items: dict[tuple[int, int], RawItem | None] = {}

    async def read(self, partition: int, offset: int) -> RawItem | None:
        return self.items[partition, offset]


class Deliveries:
    """Notes and counts as given."""

    def __init__(self) -> None:
        self.notes: list[DeliveryNote] = []
        self.days: list[IntakeDay] = []
        self.letters: dict[str, DeadLetter] = {}
        self.refusals: list[RefusedDay] = []

    async def delivery(self, delivery: str) -> Sequence[DeliveryNote]:
        return [note for note in self.notes if note.delivery == delivery]

    async def dead(self, delivery: str) -> DeadLetter | None:
        return self.letters.get(delivery)

    async def intake(self, source: str, low: datetime | None, high: datetime | None) -> Sequence[IntakeDay]:
        first, last = low and low.date().isoformat(), high and high.date().isoformat()
        return [d for d in self.days if d.source == source and (first or "") <= d.day < (last or "~")]

    async def refused(self, source: str, low: datetime, high: datetime) -> Sequence[RefusedDay]:
        return [d for d in self.refusals if d.source == source]

    async def waiting(self, source: str) -> Sequence[DeadLetter]:
        return [letter for letter in self.letters.values() if letter.source == source]


class Customers:
    """Everybody is known but those who were erased."""

    def __init__(self) -> None:
        self.erased: set[str] = set()

    async def customer_number(self, ref: str) -> str | None:
        return None if ref in self.erased else "+447700900101"

    async def erase_customer(self, ref: str) -> bool:
        known = ref not in self.erased
        self.erased.add(ref)
        return known


class _SignedIn:
    """In the place of the gate: everybody is this principal."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "state": {**scope.get("state", {}), "principal": self._service.principal}}
        await self._app(scope, receive, send)


class NoLeads:
    """Nobody stands in a list."""

    async def erased(self, customer_ref: str, at: datetime) -> None:
        """There is nothing to take out."""


class Service:
    """The routes over all of these."""

    def __init__(self, events: Sequence[PublicCallEvent] = ()) -> None:
        self.views = FoldedViews(events)
        self.documents = MemoryDocuments()
        self.raw = RawItems()
        self.deliveries = Deliveries()
        self.customers = Customers()
        self.principal = Principal("test", "admin")
        self.app = FastAPI()
        install_problems(self.app)
        self.app.include_router(router)
        self.app.add_middleware(_SignedIn, service=self)
        self.app.state.deps = {"calls": SimpleNamespace(clock=lambda: datetime(2026, 3, 2, 12, tzinfo=UTC))}
        self.app.state.lead_desk = SimpleNamespace(leads=NoLeads())
        sources = [SimpleNamespace(id="s1", settings=SimpleNamespace(partner="acme"))]
        self.app.state.desk = SimpleNamespace(sources=lambda: sources)
        self.app.state.call_reads = CallReads(
            self.views, self.documents, Names(), self.raw, self.deliveries, self.customers
        )

    async def keep(self, *documents: CallDocument) -> None:
        """Calls as the tracker keeps them."""
        await self.documents.declare(CALLS)
        for doc in documents:
            put = Put(f"{doc.source}:{doc.correlation}", 0, encode(doc), fields_of(doc))
            await self.documents.put(CALLS, [put])

    async def get(self, url: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """The answer to a GET."""
        await self.documents.declare(CALLS)
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(url, headers=headers)

    async def delete(self, url: str) -> httpx.Response:
        """The answer to a DELETE."""
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.delete(url)

    async def json(self, url: str) -> Any:
        """The body of a good answer."""
        answer = await self.get(url)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, url: str, status: int) -> list[str]:
        """The parameters that the problem document names."""
        answer = await self.get(url)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        return [error["field"] for error in answer.json().get("errors", [])]

"""The partners service in memory: commands are decided, and the views have followed when the answer comes."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI

from services.partners.api import router
from services.partners.service import SERVICE
from shared.http import Accepted, Deps, Gate, install_problems
from shared.kernel import Command, Decider, Event, Rejected, View
from shared.security import Access
from shared.vault import Vault
from tests.spec import evolved, seen
from tests.unit.shared.documents import MemoryDocuments

ADMIN = {"authorization": "Bearer tlk_local_abc"}


def clock() -> datetime:
    """It is always the same time."""
    return datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class MemoryService:
    """Door and views over lists of events. `events` is all that happened, in order."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._streams: dict[str, list[tuple[str, Event]]] = {}

    async def handle(
        self, decider: Decider[Any, Any, Any], stream_id: str, command: Command, *, command_id: str, actor: str
    ) -> Accepted:
        """As the engine: decide first, and answer a command that the stream knows, also one that is now refused."""
        stream = self._streams.setdefault(f"{decider.name}-{stream_id}", [])
        known = command_id in {id_ for id_, _ in stream}
        try:
            events = decider.decide(command, evolved(decider, decider.initial, [event for _, event in stream]))
        except Rejected:
            if not known:
                raise
            events = []
        if not known:
            stream += [(command_id, event) for event in events]
            self.events += events
        return Accepted(f"{decider.name}-{stream_id}", len(stream))

    def _documents(self, view: View[Any, Any, Any]) -> dict[str, Any]:
        assert view in SERVICE.views
        known = tuple(getattr(view.events, "__args__", (view.events,)))
        return seen(view, *(event for event in self.events if isinstance(event, known)))

    async def get(self, view: View[Any, Any, Any], keys: Sequence[str]) -> dict[str, Any]:
        """By key."""
        return {key: doc for key, doc in self._documents(view).items() if key in keys}

    async def find(
        self,
        view: View[Any, Any, Any],
        equal: Mapping[str, str | int],
        order: str | None = None,
        low: str | int | None = None,
        high: str | int | None = None,
    ) -> list[tuple[str, Any]]:
        """By the values of indexes."""
        assert set(equal) <= set(view.indexes)
        return sorted(
            (key, doc) for key, doc in self._documents(view).items() if equal.items() <= view.fields(doc).items()
        )


class MemoryBlobs:
    """Contents by hash."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}

    async def put(self, content: bytes) -> str:
        """See the port."""
        digest = hashlib.sha256(content).hexdigest()
        self._contents[digest] = content
        return digest

    async def get(self, digest: str) -> bytes | None:
        """See the port."""
        return self._contents.get(digest)

    def contents(self) -> list[bytes]:
        """All that lies there, for tests to search."""
        return list(self._contents.values())

    async def digests(self) -> AsyncIterator[str]:
        """See the port."""
        for digest in self._contents:
            yield digest


class World:
    """A running service: its client (an admin), what happened, the vault and who may come in."""

    def __init__(self, http: httpx.AsyncClient, service: MemoryService, deps: Deps, access: Access) -> None:
        self.http = http
        self.service = service
        self.deps = deps
        self.vault = deps.vault
        self.access = access

    async def as_role(self, role: Any, *partners: str) -> dict[str, str]:
        """The header of somebody with a role, who sees these partners only (none: all)."""
        return await self._key("somebody", role, frozenset(partners) or None)

    async def as_named(self, name: str, role: Any) -> dict[str, str]:
        """The header of somebody of this name, who sees all partners."""
        return await self._key(name, role, None)

    async def _key(self, name: str, role: Any, partners: frozenset[str] | None) -> dict[str, str]:
        _, key = await self.access.create_key(name, role, partners)
        return {"authorization": f"Bearer {key}"}


@asynccontextmanager
async def world(*, demo: bool = True) -> AsyncIterator[World]:
    """The service behind its gate."""
    documents = MemoryDocuments()
    vault, access = Vault(documents, bytes(32), clock), Access(documents, clock, local="tlk_local_abc")
    await vault.start()
    await access.start()
    service = MemoryService()
    app = FastAPI()
    app.include_router(router)
    app.state.deps = {SERVICE.name: Deps(service, service, vault, MemoryBlobs(), clock, "https://calls.example", demo)}
    app.add_middleware(Gate, access=access)
    install_problems(app)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://calls.example", headers=ADMIN) as http:
        yield World(http, service, app.state.deps[SERVICE.name], access)

"""Handles commands: load the stream, decide, append one commit; again when somebody else was first."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Protocol

from shared import metrics, tracing
from shared.codec import commit_decoder, encode
from shared.kernel import Command, Decider, Rejected
from shared.ports import CommandKnown, Commit, EventStore, StoreUnavailable, VersionConflict
from shared.recent import Recent

ATTEMPTS = 10
CACHED = 10_000
COMMITTED: ContextVar[list[tuple[str, Commit]] | None] = ContextVar("committed", default=None)
"""Where a request that is audited gathers what it commits, with the service's name."""
TOLD: ContextVar[list[tuple[str, str, int]] | None] = ContextVar("told", default=None)
"""Where a request that waits for its own writes gathers service, stream and version of all that it was told."""


class Condition(Protocol):
    """The state that a request's commands are meant for."""

    async def hold(self, service: str, stream: str, version: int) -> None:
        """ChangedMeanwhile unless what its sender read is what the stream is at `version`. StoreUnavailable."""
        ...

    def written(self) -> None:
        """The request itself has changed the state: what it does next is meant."""
        ...


CONDITION: ContextVar[Condition | None] = ContextVar("condition", default=None)
"""Of the request that is being answered. It holds for the version at which its first commit is appended."""


class Commands:
    """The command side of one service. States of recent streams are remembered; the store's version has the say.

    `alone`: no other process appends to the store, so what is remembered is never old.
    """

    def __init__(
        self,
        store: EventStore,
        now: Callable[[], datetime],
        wake: Callable[[], None],
        alone: bool = False,
        service: str = "",
    ) -> None:
        self._service = service
        self._store = store
        self._now = now
        self._wake = wake
        self._alone = alone
        self._states: Recent[tuple[int, Any]] = Recent(CACHED)

    async def handle(
        self, decider: Decider[Any, Any, Any], stream_id: str, command: Command, *, command_id: str, actor: str
    ) -> tuple[str, int]:
        """Decide and append; the stream and its version. A command that is known is answered again.

        Raises Rejected when the rules say no, StoreUnavailable when the outcome is not known.
        """
        begun, outcome = time.perf_counter(), "failed"
        try:
            with tracing.span(f"{decider.name} {type(command).__name__}"):
                told = await self._handle(decider, stream_id, command, command_id, actor)
            outcome = "accepted"
            if (heard := TOLD.get()) is not None:
                heard.append((self._service, *told))
        except Rejected:
            outcome = "rejected"
            raise
        finally:
            metrics.COMMANDS.labels(decider.name, outcome).observe(time.perf_counter() - begun)
        return told

    async def _handle(
        self, decider: Decider[Any, Any, Any], stream_id: str, command: Command, command_id: str, actor: str
    ) -> tuple[str, int]:
        stream = f"{decider.name}-{stream_id}"
        for _ in range(ATTEMPTS):
            version, state = await self._current(decider, stream)
            try:
                if (condition := CONDITION.get()) is not None:
                    await condition.hold(self._service, stream, version)
                events = decider.decide(command, state)
            except Rejected:
                if await self._has_grown(stream, version):
                    continue
                if (first := await self._version_of(stream, command_id)) is not None:
                    return stream, first
                raise
            if not events:
                if await self._has_grown(stream, version):
                    continue
                return stream, version
            commit = Commit(stream, version + 1, encode(events), command_id, actor, self._now(), tracing.context())
            try:
                await self._store.append(commit)
            except CommandKnown as known:
                return stream, known.version
            except (VersionConflict, StoreUnavailable) as cause:
                self._states.drop(stream)
                if isinstance(cause, StoreUnavailable):
                    raise
                metrics.CONFLICTS.inc()
                continue
            for event in events:
                state = decider.evolve(state, event)
            self._states.put(stream, (version + 1, state))
            if condition is not None:
                condition.written()
            if (gathered := COMMITTED.get()) is not None:
                gathered.append((self._service, commit))
            self._wake()
            return stream, version + 1
        raise StoreUnavailable(f"{stream}: {ATTEMPTS} others were first")

    async def _current(self, decider: Decider[Any, Any, Any], stream: str) -> tuple[int, Any]:
        """A remembered state may be old: then an append conflicts, or the stream has grown, and it is loaded afresh."""
        if (held := self._states.get(stream)) is not None:
            return held
        version, state = 0, decider.initial
        decode = commit_decoder(decider.events).decode
        for commit in await self._store.load(stream):
            version = commit.version
            for event in decode(commit.events):
                state = decider.evolve(state, event)
        self._states.put(stream, (version, state))
        return version, state

    async def _has_grown(self, stream: str, version: int) -> bool:
        """Was the decision made on an old state? No append tells, where there is nothing to append."""
        if self._alone or not await self._store.load(stream, version):
            return False
        self._states.drop(stream)
        return True

    async def _version_of(self, stream: str, command_id: str) -> int | None:
        """Where the stream holds the command: what came after it may be why the rules now say no."""
        commits = await self._store.load(stream)
        return next((commit.version for commit in commits if commit.command_id == command_id), None)

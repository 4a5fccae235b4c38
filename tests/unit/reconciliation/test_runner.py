"""The worker of runs: what ends whoever tries it is given up, and a store that is away is waited for."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

from services.reconciliation.domain.month import month
from services.reconciliation.running.notes import RUNS, Run, Runs
from services.reconciliation.running.runner import LEASE, MOST_LEFT_BEHIND, Runner
from services.reconciliation.views.months import months
from shared.http import Deps
from shared.ports import StoreUnavailable
from shared.vault import Vault
from tests.unit.partners.service import MemoryBlobs, MemoryService
from tests.unit.reconciliation.monthly import ID, submit
from tests.unit.reconciliation.telling import Shards
from tests.unit.shared.documents import MemoryDocuments

AT = datetime(2026, 4, 2, 9, tzinfo=UTC)


class Killed(BaseException):
    """The process is no more."""


class Office:
    """A runner whose reading of the month ends in `wrong`."""

    def __init__(self, wrong: BaseException) -> None:
        self.now, self.wrong = AT, wrong
        self.documents, self.door, self.shards = MemoryDocuments(), MemoryService(), Shards()
        self.runs = Runs(self.documents)
        vault = Vault(self.documents, bytes(32), lambda: self.now)
        deps = Deps(self.door, self.shards, vault, MemoryBlobs(), lambda: self.now, "http://tallyline")
        nothing: Any = None
        self.runner = Runner(deps, self.runs, nothing, nothing, nothing)

    async def begin(self) -> None:
        await self.documents.declare(RUNS, ["standing"])
        await self.door.handle(month, ID, submit(), command_id="1", actor="ana")
        self.shards.fold(months, self.door.events)
        self.shards.get = self._reads  # type: ignore[method-assign]

    async def _reads(self, view: Any, keys: Any) -> Any:
        raise self.wrong

    async def tries(self) -> None:
        """One look, when the lease of whoever was gone is over."""
        with contextlib.suppress(type(self.wrong)):
            await self.runner.step()
        self.now += LEASE + timedelta(seconds=1)

    async def run(self) -> Run:
        found = await self.runs.get(ID, 1)
        assert found is not None
        return found[1]


async def test_a_run_that_ends_whoever_tries_it_is_given_up() -> None:
    made = Office(Killed())
    await made.begin()
    for _ in range(MOST_LEFT_BEHIND):
        await made.tries()
        assert (await made.run()).standing == "running"
    await made.tries()
    assert ((await made.run()).standing, (await made.run()).cause) == ("failed", "run_left_behind")
    assert [type(event).__name__ for event in made.door.events[1:]] == ["ReconciliationFailed"]


async def test_a_store_that_is_away_is_waited_for_as_long_as_it_takes() -> None:
    made = Office(StoreUnavailable("away"))
    await made.begin()
    for _ in range(2 * MOST_LEFT_BEHIND):
        await made.tries()
    assert ((await made.run()).standing, (await made.run()).attempts) == ("running", 0)

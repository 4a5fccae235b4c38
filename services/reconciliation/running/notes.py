"""What is known of each run while it works: a document, so that any process can tell of it, end it, or take it up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from services.reconciliation.running.job import Phase
from shared.engine.moving import Keep
from shared.ports import Documents, Put

RUNS = "runs"
Standing = Literal["waiting", "running", "cancelled", "done", "failed"]


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A run of one report of a month.

    `done` of `of`: what the phase has come to, where that is known; `lines` of the report; `seconds_left`: by the speed
    of earlier runs, None where there was none; `lease`: until when the worker that has it is believed; `own`: where our
    side lies under seal once it is gathered; `attempts`: how often it was begun; `cause`: why it failed.
    """

    month_id: str
    report: int
    standing: Standing = "waiting"
    phase: Phase = "waiting"
    done: int | None = None
    of: int | None = None
    lines: int | None = None
    asked_at: datetime
    began_at: datetime | None = None
    ended_at: datetime | None = None
    seconds_left: float | None = None
    lease: datetime | None = None
    own: str | None = None
    attempts: int = 0
    cause: str = ""


def run_id(month_id: str, report: int) -> str:
    """The document's."""
    return f"{month_id}:{report}"


def run_fields(body: bytes) -> Mapping[str, str | int | None]:
    """Found by standing."""
    return {"standing": msgspec.json.decode(body, type=Run).standing}


KEEP = Keep(RUNS, ("standing",), run_fields)


class Runs:
    """The documents. Every change is conditional: Refused where somebody else was first."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def get(self, month_id: str, report: int) -> tuple[int, Run] | None:
        """A run with its revision."""
        id_ = run_id(month_id, report)
        found = (await self._documents.get(RUNS, [id_])).get(id_)
        return None if found is None else (found.revision, msgspec.json.decode(found.body, type=Run))

    async def unfinished(self) -> list[tuple[int, Run]]:
        """Those that wait, and those that somebody has begun."""
        found = []
        for standing in ("running", "waiting"):
            page = await self._documents.find(RUNS, {"standing": standing})
            found += [(each.revision, msgspec.json.decode(each.body, type=Run)) for each in page.items]
        return found

    async def put(self, revision: int, run: Run) -> int:
        """Write it in place of that revision (0: there is none yet); the new revision."""
        body = msgspec.json.encode(run)
        put = Put(run_id(run.month_id, run.report), revision, body, {"standing": run.standing})
        await self._documents.put(RUNS, [put])
        return revision + 1

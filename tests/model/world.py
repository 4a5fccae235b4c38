"""What outlives every crash in the model: logs, documents, checkpoints, the spool, and a network that lies."""

from __future__ import annotations

import random
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar

from tests.model.plants import Plant

T = TypeVar("T")
Steps = Generator[None, None, T]
"""An actor, or a part of what it does. At every `yield` anybody else may go first, and the process may die."""

NOT_DONE, NO_ANSWER, REQUEST_FAILS = 0.02, 0.04, 0.15
UNCONDITIONAL = {
    "call": Plant.CALL_UNCONDITIONAL,
    "view": Plant.VIEW_UNCONDITIONAL,
    "head": Plant.HEAD_UNCONDITIONAL,
}


class Stored(NamedTuple):
    """A document. Values are never changed in place, so whoever has read one has a copy."""

    revision: int
    value: Any


@dataclass(slots=True, eq=False)
class Request:
    """Records on their way to a log, whole or not at all. A failed one may still land."""

    session: object
    log: list[Any]
    records: Sequence[Any]
    state: Literal["flying", "acked", "failed"] = "flying"


class World:
    """One schedule: its dice decide who goes next and what fails. `calm`: nothing fails any more."""

    def __init__(self, seed: int, release: int, plants: Iterable[Plant] = ()) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        self.plants = frozenset(plants)
        self.calm = False
        self.broker_up = True
        self.release = release
        self.inputs: list[list[Any]] = [[], []]
        self.outputs: list[list[Any]] = [[], []]
        self.documents: dict[str, Stored] = {}
        self.checkpoints: dict[str, Any] = {}
        self.spool: dict[int, Any] = {}
        self.spooled = 0
        self.collections = 0
        self.requests: list[Request] = []
        self.late: list[tuple[str, int | None, Any]] = []
        self.accepted: set[object] = set()
        self.breaches: list[str] = []
        self.trace: list[tuple[Any, ...]] = []

    def has(self, plant: Plant) -> bool:
        """Is this mistake made?"""
        return plant in self.plants

    def get(self, key: str, missing: Any = None) -> Stored:
        """The document as it is now, or `missing` at revision 0."""
        return self.documents.get(key) or Stored(0, missing)

    def kind(self, kind: str) -> dict[str, Any]:
        """All documents of a kind, by key."""
        return {key: stored.value for key, stored in self.documents.items() if key.startswith(f"{kind}/")}

    def put(self, key: str, revision: int, value: Any) -> bool:
        """Write if it is still at `revision`. False: refused, or not done, or not yet, or done without an answer."""
        return self._attempt(key, revision, value)

    def save(self, worker: str, checkpoint: Any) -> bool:
        """Unconditional: it says what is true already, so one that comes late costs work and no more."""
        return self._attempt(worker, None, checkpoint)

    def _attempt(self, key: str, revision: int | None, value: Any) -> bool:
        chance = 1.0 if self.calm else self.dice.random()
        if chance < NOT_DONE:
            self.late.append((key, revision, value))
            self.trace.append(("no answer yet:", key, value))
            return False
        return self._write(key, revision, value) and chance > NO_ANSWER

    def _write(self, key: str, revision: int | None, value: Any) -> bool:
        if revision is None:
            self.checkpoints[key] = value
            self.trace.append(("checkpoint of", key, value))
            return True
        now, old = self.documents.get(key, (0, None))
        planted = UNCONDITIONAL.get(key.partition("/")[0])
        if now != revision and (planted is None or not self.has(planted)):
            self.trace.append(("refused:", key, "read at", revision, "is at", now))
            return False
        if old is not None and getattr(value, "at", 0) < getattr(old, "at", 0):
            self.breaches.append(f"{key} went back from {old.at} to {value.at}")
        self.documents[key] = Stored(now + 1, value)
        self.trace.append(("written:", key, "at", now + 1, value))
        return True

    def send(self, session: object, log: list[Any], records: Sequence[Any]) -> Request:
        """A produce request, on its way from now on."""
        request = Request(session, log, records)
        self.requests.append(request)
        return request

    def happen(self) -> None:
        """One thing happens between processes: a request lands or is lost, or a write that nobody waits for lands.

        What one session sends to one log arrives in the order in which it was sent.
        """
        if self.late and self.dice.random() < 0.3:
            self.settle_late(self.dice.randrange(len(self.late)))
            return
        heads: dict[tuple[int, int], Request] = {}
        for request in self.requests:
            heads.setdefault((id(request.session), id(request.log)), request)
        if not heads:
            return
        request = self.dice.choice(list(heads.values()))
        fails = not self.calm and (not self.broker_up or self.dice.random() < REQUEST_FAILS)
        if fails and request.state == "flying" and self.dice.random() < 0.5 and not self.has(Plant.SEVERAL_IN_FLIGHT):
            request.state = "failed"  # its sender is told so, and it is on its way all the same
            return
        self.requests.remove(request)
        if not fails:
            request.log.extend(request.records)
            self.trace.append(("appended:", *request.records))
        if request.state == "flying":
            request.state = "failed" if fails else "acked"

    def settle_late(self, index: int) -> None:
        """A write whose caller has heard nothing happens now, or never."""
        write = self.late.pop(index)
        if self.dice.random() < 0.5:
            self._write(*write)


def append(world: World, log: list[Any], records: Sequence[Any]) -> Steps[bool]:
    """Send one request and wait for its end."""
    request = world.send(object(), log, records)
    while request.state == "flying":
        yield
    return request.state == "acked"

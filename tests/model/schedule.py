"""Plays one schedule: a storm in which anybody may die, double or wait, then calm, then the check of every promise."""

from __future__ import annotations

from typing import Any

from tests.model import commands, ingest, tracker, views
from tests.model.calls import NEW, OLD, Item, partition_of, traffic
from tests.model.plants import Plant, Setting
from tests.model.promises import breaches, settled
from tests.model.world import Steps, World

STORM = 1400
REST = STORM + 300
"""After the storm former owners have this long to finish; then everybody is started anew."""
GIVEN_UP = STORM * 12

RESTORED = ("call/", "note/", "letter/", "view/", "pointer/")


class Play:
    """One schedule. The seed says everything that happens in it."""

    def __init__(self, seed: int, setting: Setting, *plants: Plant) -> None:
        self.setting = setting
        self.world = World(seed, OLD if setting is Setting.RELEASE else NEW, plants)
        dice = self.world.dice
        items = traffic(dice)
        for item in items[1::2]:  # came while the workers were away, so that they have something to catch up with
            self.world.inputs[partition_of(item)].append(item)
            self.world.accepted.add(item)
        self.items: list[list[Item]] = [items[0::4], items[2::4]]
        self.wishes = [[(f"command {n}.{i}", dice.choice("ab")) for i in range(3)] for n in range(3)]
        self.actors: dict[str, Steps[Any]] = {}
        self.former: list[Steps[Any]] = []
        self.backup = self._snapshot()
        self.change_at = dice.randrange(STORM // 4, STORM)
        names = "sender/0 sender/1 client/0 client/1 client/2 spool/0 timer/0 retry/0 relay/0 relay/1 rebuild/0"
        for name in (*names.split(), *(f"{kind}/{p}" for kind in ("tracker", "tally", "manager") for p in range(2))):
            self._start(name)
        self.turns = self._turns()

    def run(self) -> list[str]:
        """The promises that did not hold."""
        for step in range(GIVEN_UP):
            if step == STORM:
                self.world.calm = self.world.broker_up = True
            if step == REST:
                self._rest()
            if step == self.change_at // 2:
                self.backup = self._snapshot()
            if step == self.change_at:
                self._change()
            if step > REST and step % 50 == 0 and self._done():
                return breaches(self.world)
            self._step()
        return ["it never came to rest", *breaches(self.world)]

    def _start(self, name: str) -> None:
        world, (kind, number) = self.world, name.split("/")
        n = int(number)
        self.actors[name] = {
            "sender": lambda: ingest.sender(world, self.items[n]),
            "client": lambda: commands.client(world, n % commands.STREAMS, self.wishes[n]),
            "spool": lambda: ingest.drain(world),
            "timer": lambda: ingest.timer(world),
            "retry": lambda: ingest.retry(world),
            "relay": lambda: commands.relay(world),
            "rebuild": lambda: views.rebuild(world),
            "tracker": lambda: tracker.tracker(world, n),
            "tally": lambda: views.projection(world, n),
            "manager": lambda: views.manager(world, n),
        }[kind]()

    def _step(self) -> None:
        world, dice = self.world, self.world.dice
        name = dice.choice(self.turns)
        chance = 1.0 if world.calm else dice.random()
        if chance < 0.05:
            world.trace.append(("crash of", name) if chance < 0.03 else ("a second", name))
            if chance >= 0.03 and name.split("/")[0] not in ("sender", "client", "spool"):
                self.former.append(self.actors[name])
            self._start(name)
        elif chance < 0.06:
            world.broker_up = not world.broker_up
        elif self.former and dice.random() < 0.2:
            one = dice.randrange(len(self.former))
            if next(self.former[one], self) is self or dice.random() < 0.01:
                del self.former[one]
        elif dice.random() < 0.25:
            world.happen()
        elif next(self.actors[name], self) is self:
            del self.actors[name]
            self.turns = self._turns()

    def _turns(self) -> list[str]:
        """A tracker takes the most steps for a batch, so it gets more turns."""
        return [name for name in self.actors for _ in range(3 if name.startswith("tracker") else 1)]

    def _rest(self) -> None:
        """A former owner may have set a checkpoint back: everybody begins again from there."""
        self.former.clear()
        while self.world.late:
            self.world.settle_late(0)
        for name in list(self.actors):
            self._start(name)

    def _done(self) -> bool:
        return not any(self.items) and not any(self.wishes) and settled(self.world)

    def _snapshot(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return dict(self.world.documents), dict(self.world.checkpoints)

    def _change(self) -> None:
        """What the setting brings; whoever begins from now on runs the new release."""
        world = self.world
        world.release = NEW
        if self.setting is Setting.RELEASE:  # the old ones have not ended when the new ones begin
            for name in ("tracker/0", "tracker/1"):
                self.former.append(self.actors[name])
                self._start(name)
        if self.setting is Setting.GROWTH:
            world.outputs.append([])
            for name in ("tally/2", "manager/2"):
                self._start(name)
            self.turns = self._turns()
        if self.setting is Setting.RESTORE:
            self._restore()

    def _restore(self) -> None:
        world = self.world
        kinds = (*RESTORED, "head/") if world.has(Plant.HEAD_RESTORED) else RESTORED
        documents, checkpoints = self.backup
        world.documents = {key: s for key, s in world.documents.items() if not key.startswith(kinds)}
        world.documents |= {key: s for key, s in documents.items() if key.startswith(kinds)}
        if not world.has(Plant.CHECKPOINTS_ELSEWHERE):
            world.checkpoints = dict(checkpoints)
        if not world.has(Plant.RESTORED_WHILE_RUNNING):
            world.late.clear()
            self.former.clear()
            for name in list(self.actors):
                self._start(name)
        world.trace.append(("restored",))

"""Runs process managers: public events in, own commands out, each at most once by the id of the command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from shared import tracing
from shared.codec import recorded_decoder
from shared.engine.commands import Commands
from shared.engine.dead_letters import DeadLetter, DeadLetters
from shared.engine.partitions import Checkpoints
from shared.engine.reading import First
from shared.engine.taking import Taking
from shared.faults import reach
from shared.kernel import ProcessManager, Rejected
from shared.ports import Record


def worker_of(manager: ProcessManager) -> str:
    """The name of the worker that runs it, under which its checkpoints lie."""
    return f"manager.{manager.name}"


class Manager(Taking):
    """The worker of one process manager. It sees repeats, and a command id that a stream holds is answered again."""

    def __init__(
        self,
        manager: ProcessManager,
        commands: Commands,
        checkpoints: Checkpoints,
        letters: DeadLetters,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(worker_of(manager), manager.topic, manager.events, checkpoints)
        self._manager = manager
        self._commands = commands
        self._letters = letters
        self._now = now

    async def take(self, partition: int, records: Sequence[Record], firsts: Sequence[First]) -> None:
        """Handle each event; what the rules refuse, or the handler can't take, is a dead letter and stops nobody."""
        by_offset = {record.offset: record for record in records}
        for first in firsts:
            try:
                await self.handle(first)
            except Rejected as rejected:
                await self._dead(partition, first, by_offset[first.offset], str(rejected))
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as wrong:
                await self._dead(partition, first, by_offset[first.offset], f"{type(wrong).__name__}: {wrong}")
        reach("manager.handled")

    async def handle(self, first: First) -> int:
        """Run the handler and its commands; how many. The ids are the same whenever it runs again on the same event."""
        recorded = first.recorded
        sends = self._manager.handle(recorded)
        if not sends:
            return 0
        with tracing.span(self.name, "consumer", parent=recorded.trace):
            for index, send in enumerate(sends):
                command_id = f"{self.name}:{recorded.origin}:{recorded.position[0]}.{recorded.position[1]}:{index}"
                await self._commands.handle(
                    send.decider, send.stream_id, send.command, command_id=command_id, actor=self.name
                )
        return len(sends)

    async def retry(self, value: bytes) -> int:
        """Handle a record from the dead letters; how many commands. The ids are those of the first time."""
        recorded = recorded_decoder(self._manager.events).decode(value)
        return await self.handle(First(0, recorded))

    async def _dead(self, partition: int, first: First, record: Record, cause: str) -> None:
        position = first.recorded.position
        letter = DeadLetter(
            id=f"{self.name}:{first.recorded.origin}:{position[0]}.{position[1]}",
            kind="event",
            source=self.topic,
            at=self._now(),
            cause=cause,
            payload=record.value,
            context={"partition": partition, "offset": first.offset},
        )
        await self._letters.add([letter])

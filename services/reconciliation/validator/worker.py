"""A process that does one job at a time, with a time limit; whatever becomes of it, the next job has a process."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence

import msgspec

from services.reconciliation.validator.frames import HEAD, MOST, Answer, Job, framed

CHILD = "services.reconciliation.validator.child"


class WorkerFailed(Exception):
    """No answer came: `reason` is `timeout` or `died`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Worker:
    """One process, started when it is first needed. `command`: what is started, for tests of failures."""

    def __init__(self, job: Job, limit_s: float, command: Sequence[str] | None = None) -> None:
        self._command = tuple(command or (sys.executable, "-m", CHILD, job))
        self._limit_s = limit_s
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def ask(self, payload: bytes) -> Answer:
        """The answer to a payload, in turn. WorkerFailed when there is none; the process is then gone."""
        async with self._turn:
            try:
                async with asyncio.timeout(self._limit_s):
                    return await self._exchange(payload)
            except TimeoutError:
                await self._end()
                raise WorkerFailed("timeout") from None
            except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
                await self._end()
                raise WorkerFailed("died") from None
            except BaseException:
                # Whoever asked is gone: a late answer must not be taken for the next question's.
                await self._end()
                raise

    async def close(self) -> None:
        """End the process."""
        async with self._turn:
            await self._end()

    @property
    def pid(self) -> int | None:
        """The process's number, while there is one."""
        return None if self._process is None else self._process.pid

    async def _exchange(self, payload: bytes) -> Answer:
        process = self._process
        if process is None or process.returncode is not None:
            await self._end()
            process = self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
            )
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
        process.stdin.write(framed(payload))
        await process.stdin.drain()
        size = int.from_bytes(await process.stdout.readexactly(HEAD), "big")
        if size > MOST:
            raise ConnectionError("an answer that is no answer")
        return msgspec.json.decode(await process.stdout.readexactly(size), type=Answer)

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()
        if process.stdin is not None:
            process.stdin.close()

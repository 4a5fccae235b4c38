"""A run's process as its worker sees it: started, listened to, and killed when nobody wants its answer any more."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from services.reconciliation.matching.other_month import OfOtherMonth
from services.reconciliation.running.frames import FAILED, FOUND, next_answer
from services.reconciliation.running.job import Progress, Refusal
from shared.kernel import Rejected

CHILD = (sys.executable, "-m", "services.reconciliation.running.child")
LIMIT_S = 1800.0
PIECE_BYTES = 256 * 1024


class RunDied(Exception):
    """The process came to no answer: `reason` is `timeout` or `died`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def run_process(
    job: bytes,
    at: Callable[[Progress], Awaitable[None]],
    command: Sequence[str] = CHILD,
    limit_s: float = LIMIT_S,
) -> bytes:
    """What the process found, packed. `at` is told what it is at; what it raises ends the process. Rejected where the
    report can't be compared, RunDied where no answer came."""
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
    feeding = asyncio.create_task(_feed(process.stdin, job))
    try:
        async with asyncio.timeout(limit_s):
            while True:
                kind, payload = await next_answer(process.stdout)
                if kind == FOUND:
                    return payload
                if kind == FAILED:
                    refusal = msgspec.json.decode(payload, type=Refusal)
                    if refusal.elsewhere is not None:
                        raise OfOtherMonth(refusal.elsewhere)
                    raise Rejected(refusal.code, refusal.detail)
                await at(msgspec.json.decode(payload, type=Progress))
    except TimeoutError:
        raise RunDied("timeout") from None
    except (asyncio.IncompleteReadError, msgspec.DecodeError):
        raise RunDied("died") from None
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _feed(stdin: asyncio.StreamWriter, job: bytes) -> None:
    """A process that ends before it has read all is seen by its missing answer."""
    whole = memoryview(job)  # given on in pieces: what waits to be written is copied
    try:
        for begin in range(0, len(whole), PIECE_BYTES):
            stdin.write(whole[begin : begin + PIECE_BYTES])
            await stdin.drain()
    except ConnectionError:
        pass
    finally:
        stdin.close()

"""The process of a run: `python -m services.reconciliation.running.child`. One job on standard input, answers on
standard output: what it is at, and at last what it found or why it can't."""

from __future__ import annotations

import os
import resource
import sys
from typing import BinaryIO

import msgspec

from services.reconciliation.matching.kept import packed
from services.reconciliation.matching.other_month import OfOtherMonth
from services.reconciliation.running.frames import FAILED, FOUND, PROGRESS, answer
from services.reconciliation.running.job import Progress, Refusal
from services.reconciliation.running.work import work
from shared.kernel import Rejected

MOST_MEMORY = 16 * 1024**3
"""Bytes of address space: a million lines take 5 GiB at their peak, and the library reserves more than it uses."""


def main() -> None:
    """Do the job."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not stand between answers
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answered(sys.stdin.buffer.read(), out)


def answered(job: bytes, out: BinaryIO) -> None:
    """The answers to a job."""

    def say(kind: bytes, payload: bytes) -> None:
        out.write(answer(kind, payload))
        out.flush()

    def at(progress: Progress) -> None:
        say(PROGRESS, msgspec.json.encode(progress))

    try:
        found = packed(work(job, at))
    except Rejected as refused:
        elsewhere = refused.elsewhere if isinstance(refused, OfOtherMonth) else None
        say(FAILED, msgspec.json.encode(Refusal(code=refused.code, detail=refused.detail, elsewhere=elsewhere)))
    except MemoryError:
        say(FAILED, msgspec.json.encode(Refusal(code="too_large", detail="It takes more memory than a run may.")))
    else:
        say(FOUND, found)


if __name__ == "__main__":
    main()

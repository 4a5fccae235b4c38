"""The worker's process: `python -m services.reconciliation.validator.child validate|embedded`."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from services.reconciliation.invoices.invoice import Unreadable
from services.reconciliation.validator.frames import Answer, framed, read_frame

MOST_MEMORY = {"embedded": 1024 * 1024 * 1024}
"""Bytes of address space. The rules' library reserves many times what it uses, so its bound is the time."""


def main(job: str) -> None:
    """Answer each frame on standard input with one on standard output, until there is no more."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not stand between frames
    if job in MOST_MEMORY:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY[job], MOST_MEMORY[job]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(worker_of(job), sys.stdin.buffer, out)


def worker_of(job: str) -> Callable[[bytes], Answer]:
    """What is done with a payload. Libraries are loaded here, each where it is needed."""
    if job == "validate":
        from services.reconciliation.validator.rules import Rules

        rules = Rules()
        return lambda payload: Answer(validation=rules.validate(payload))
    from services.reconciliation.validator.embedded import embedded_xml

    return lambda payload: Answer(document=embedded_xml(payload))


def serve(work: Callable[[bytes], Answer], source: BinaryIO, out: BinaryIO) -> None:
    """The loop of the process."""
    while (payload := read_frame(source)) is not None:
        try:
            answer = work(payload)
        except Unreadable as wrong:
            answer = Answer(refusal=(wrong.code, wrong.detail))
        except MemoryError:
            answer = Answer(refusal=("too_large", "it takes more memory than a document may"))
        out.write(framed(msgspec.json.encode(answer)))
        out.flush()


if __name__ == "__main__":
    main(sys.argv[1])

"""Starts servers quickly: imports everything once, then forks a process a server. `python -m tests.e2e.crash.starter`.

Reads one JSON line a start (`argv`, `environ`, `plant`, `log`) and writes two: the new process's id, and, when it has
ended, how. A forked server is a process of its own that runs the `tallyline` command from its first line on; only the
imports are done already.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any

import services.cli
import services.demo  # a server imports it only when it starts
import shared.faults
from tests.e2e.crash.plants import PLANTS


def main() -> None:
    """Until the input ends."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            serve(order)
        say({"pid": child})
        _, status = os.waitpid(child, 0)
        say({"exit": os.waitstatus_to_exitcode(status)})


def serve(order: dict[str, Any]) -> None:
    """In the child: the command, as it would have been started from a shell."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(order["environ"])
    importlib.reload(shared.faults)  # it reads its variables when it is imported
    if order["plant"]:
        PLANTS[order["plant"]]()
    sys.argv = ["tallyline", *order["argv"]]
    services.cli.main()
    os._exit(0)


def say(message: dict[str, int]) -> None:
    """One line to who started this."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

"""Fault points: places between two steps of the protocol where a test can have the process killed.

`TALLYLINE_FAULT=<point>:<n>` kills this process with SIGKILL when the point is reached for the n-th time, after a line
about it was written to the file `TALLYLINE_FAULT_JOURNAL`. Unset, a point costs one comparison.
"""

from __future__ import annotations

import os
import signal

POINTS = (
    "ingest.stored",
    "tracker.noted",
    "tracker.written",
    "tracker.published",
    "tracker.checkpointed",
    "view.written",
    "view.checkpointed",
    "relay.numbered",
    "relay.published",
    "relay.marked",
    "manager.handled",
    "reread.appended",
    "replay.appended",
    "drops.stored",
    "drops.told",
    "retention.said",
)
IMPORT_POINTS = ("import.claimed", "import.sent", "import.commits", "import.documents", "import.checkpoints")
"""Those of a command, which no server reaches."""

_point, _, _count = os.environ.get("TALLYLINE_FAULT", "").partition(":")
_left = int(_count or 0)
if _point and _point not in POINTS + IMPORT_POINTS:
    raise ValueError(f"TALLYLINE_FAULT: no point {_point!r}; there are {', '.join(POINTS + IMPORT_POINTS)}")


def reach(point: str) -> None:
    """Die here if this is the point and the turn that the environment asks for."""
    global _left
    if point != _point:
        return
    _left -= 1
    if _left > 0:
        return
    journal = os.environ.get("TALLYLINE_FAULT_JOURNAL")
    if journal:
        with open(journal, "a", encoding="utf-8") as out:
            out.write(f"killed at {point}\n")
            out.flush()
            os.fsync(out.fileno())
    os.kill(os.getpid(), signal.SIGKILL)

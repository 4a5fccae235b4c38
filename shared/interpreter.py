"""How Python runs a process of ours. The settings are the whole process's, so only its entrance and its runtime make
them."""

from __future__ import annotations

import gc
import sys

YOUNG_OBJECTS = 50_000
"""New objects that may pile up before the collector looks for cycles: at Python's 700, looking through remembered
documents, which have none, costs half of a projection's time, and a sixth of a start."""
SWITCH_S = 0.0005
"""How long a thread may compute while another waits: the store's writer needs the interpreter only for moments, but
needs it for every statement, and everybody waits for the writer."""


def tune() -> None:
    """Idempotent."""
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)
    sys.setswitchinterval(SWITCH_S)

"""How Python runs a process of ours. The settings are the whole process's, so only its entrance and its runtime make
them."""

from __future__ import annotations

import gc
import logging
import os
import sys
from threading import Timer

log = logging.getLogger(__name__)

YOUNG_OBJECTS = 50_000
"""New objects that may pile up before the collector looks for cycles: at Python's 700, looking through remembered
documents, which have none, costs half of a projection's time, and a sixth of a start."""
SWITCH_S = 0.0005
"""How long a thread may compute while another waits: the store's writer needs the interpreter only for moments, but
needs it for every statement, and everybody waits for the writer."""
NOT_THERE = "sniffio"
"""What HTTP clients try to import at every step of a request, to learn what we know: it is asyncio. An import that
fails is not remembered: each looks through the whole path, for a tenth of a millisecond."""


def tune() -> None:
    """Idempotent."""
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)
    sys.setswitchinterval(SWITCH_S)
    sys.modules.setdefault(NOT_THERE, None)  # type: ignore[arg-type] # for the import system: there is none


ENDS_AFTER_S = 25.0
"""Answers have five seconds to end, loops ten; this is what they and all closing may take together. A cluster waits
for longer, so that a process is never killed."""


def end_soon() -> None:
    """The process was told to end: it does so in time, also where a broker, a store or a thread never answers. What was
    acknowledged is stored, and all else comes again, as after a kill."""
    timer = Timer(ENDS_AFTER_S, _end)
    timer.daemon = True  # whoever ends by himself is not held up
    timer.start()


def _end() -> None:
    log.warning("something did not end within %.0f s, and is left behind", ENDS_AFTER_S)
    logging.shutdown()
    os._exit(0)

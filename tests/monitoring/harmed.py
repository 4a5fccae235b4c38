"""A whole system in a process whose mistakes can be switched on: `python -m tests.monitoring.harmed FOLDER run ...`.

While a file of a mistake's name lies in FOLDER, the process makes it:

`hangs`    the tracker waits for something that never comes, in the middle of a batch
`forgets`  the last item of each batch is lost on its way
`stumbles` a view's fold can't take an event

So that there is time to harm it, a view is built anew at leisure.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import services.cli
import shared.runtime
from services.calls.tracker.tracker import Arrival
from services.calls.tracking.tracking import Tracker
from services.calls.views.performance import performance_day
from shared.ports import Record

LOOKS_EVERY_S = 0.1


def make_mistakes(folder: Path) -> None:
    """From here on, whenever the folder says so."""
    apply, opened = Tracker.apply, Tracker._open
    shared.runtime.REBUILD_PAUSE = 1.0

    async def hanging(self: Tracker, partition: int, records: Sequence[Record]) -> None:
        while (folder / "hangs").exists():  # noqa: ASYNC110 - it hangs
            await asyncio.sleep(LOOKS_EVERY_S)
        await apply(self, partition, records)

    async def forgetting(self: Tracker, *given: Any) -> list[Arrival]:
        arrivals = await opened(self, *given)
        return arrivals[:-1] if (folder / "forgets").exists() else arrivals

    fold = performance_day.fold

    def stumbling(*given: Any) -> Any:
        if (folder / "stumbles").exists():
            raise ZeroDivisionError("a mistake of this release")
        return fold(*given)

    object.__setattr__(performance_day, "fold", stumbling)
    Tracker.apply = hanging  # type: ignore[method-assign]
    Tracker._open = forgetting  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    make_mistakes(Path(sys.argv[1]))
    sys.argv = [str(Path(services.cli.__file__)), *sys.argv[2:]]
    services.cli.main()

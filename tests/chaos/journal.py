"""What was done and what was answered, line by line in a file: the only thing that the checker is told of the run."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class Journal:
    """One JSON object a line, with the seconds since the beginning in `t`. Each line is in the file when it is told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a", buffering=1, encoding="utf-8")
        self._begun = time.monotonic()

    def note(self, what: str, **more: Any) -> None:
        """Something was done or heard."""
        line = {"t": round(time.monotonic() - self._begun, 3), "what": what} | more
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")

    def close(self) -> None:
        """Nothing more will be told."""
        self._file.close()


@dataclass
class Told:
    """A journal as read back.

    `taken`: delivery id -> (source, items), of all that were answered 202; `unreadable`: those of them that were told
    to be unreadable; `once`: call told once -> whether it was answered. Counted by source: attempts whose outcome
    nobody knows (`unknown`), and answers 400 (`refused`). `agents`: those whose registration was answered. `fell`:
    processes that ended by themselves and were started again.
    """

    taken: dict[str, tuple[str, int]] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    once: dict[str, bool] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    agents: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    fell: Counter[str] = field(default_factory=Counter)
    invoked: int = 0


def read(lines: Iterable[str]) -> Told:
    """What a journal tells."""
    told = Told()
    for line in lines:
        note = json.loads(line)
        match note["what"]:
            case "invoke":
                told.invoked += 1
                if note["once"] is not None:
                    told.once.setdefault(note["once"], False)
            case "ok":
                _answered(told, note)
            case "unknown":
                told.unknown[note["source"]] += 1
            case "agent":
                told.agents.append(note["agent"])
            case "asked":
                told.statuses[f"asked {note['status']}"] += 1
            case "fell":
                told.fell[note["target"]] += 1
            case "fault" if note["phase"] == "done":
                told.faults[f"{note['kind']} {note['target']}"] += 1
    return told


def _answered(told: Told, note: dict[str, Any]) -> None:
    told.statuses[str(note["status"])] += 1
    if note["status"] == 202:
        told.taken[note["delivery"]] = (note["source"], note["items"])
        if note["unreadable"]:
            told.unreadable.add(note["delivery"])
        if note["once"] is not None:
            told.once[note["once"]] = True
    elif note["status"] == 400:
        told.refused[note["source"]] += 1

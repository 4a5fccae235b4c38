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
        self.refused = 0
        """Deliveries that were answered 503 so far."""

    def note(self, what: str, **more: Any) -> None:
        """Something was done or heard."""
        self.refused += more.get("why") == "503"
        line = {"t": round(time.monotonic() - self._begun, 3), "what": what} | more
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")

    def close(self) -> None:
        """Nothing more will be told."""
        self._file.close()


@dataclass
class Told:
    """A journal as read back.

    `taken`: delivery id -> (source, items), of all that were answered 202; `unreadable`: those of them that were told
    to be unreadable; `once`: call told once -> whether it was answered; `seconds`: the same call -> when it began, as
    last told. Counted by source: attempts whose outcome nobody knows (`unknown`), and answers 400 (`refused`).
    `agents`: those whose registration was answered. `fell`: processes that ended by themselves and were started again.
    `foreign`: where records of nobody of ours stand, and whether the tracker has to keep them; `jumps`: clocks that
    jumped, and by how much (s); `retried`: dead letter -> the answer when it was sent again; `read`: view -> what its
    readers were told, in order: as of what, and the ETag. `wrong`: what was seen to be wrong while it happened.
    `hooked`: of which event an endpoint was told, and under which name.
    """

    taken: dict[str, tuple[str, int]] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    once: dict[str, bool] = field(default_factory=dict)
    seconds: dict[str, int] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    agents: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    fell: Counter[str] = field(default_factory=Counter)
    foreign: dict[tuple[str, int, int], bool] = field(default_factory=dict)
    jumps: list[tuple[str, int]] = field(default_factory=list)
    retried: dict[str, int] = field(default_factory=dict)
    read: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    hooked: list[tuple[tuple[str, tuple[int, int]], str]] = field(default_factory=list)
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
                    told.seconds[note["once"]] = note["second"]
            case "ok":
                _answered(told, note)
            case "unknown":
                told.unknown[note["source"]] += 1
                if note["why"] == "503" and not note.get("again"):
                    told.wrong.append("answer: a 503 does not say when to come again")
            case "agent":
                told.agents.append(note["agent"])
            case "asked":
                told.statuses[f"asked {note['status']}"] += 1
            case "fell":
                told.fell[note["target"]] += 1
            case "read":
                told.read.setdefault(note["view"], []).append((note["as_of"], note["etag"]))
            case "foreign":
                told.foreign[note["topic"], note["partition"], note["offset"]] = note["letter"]
            case "jump":
                told.jumps.append((note["target"], note["by"]))
            case "retried":
                told.retried[note["letter"]] = note["status"]
            case "hooked":
                told.hooked.append(((note["origin"], (note["position"][0], note["position"][1])), note["id"]))
            case "wrong":
                told.wrong.append(f"seen: {note['why']}")
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
        if note["once"] is not None:  # it lies in the dead letters, and counts once it was sent again
            told.once[note["once"]] = True

"""Scores findings against a truth: F1 of each kind, the parties, systematic causes as one explanation, and pairs."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

Key = tuple[str | None, str | None, str]


@dataclass
class Score:
    """Counts by kind; they add up over sets."""

    hit: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    party: Counter[bool] = field(default_factory=Counter)
    whole: Counter[bool] = field(default_factory=Counter)
    pairs: Counter[str] = field(default_factory=Counter)
    proven: Counter[bool] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        for name in ("hit", "missed", "wrong", "party", "whole", "pairs", "proven"):
            getattr(self, name).update(getattr(other, name))
        self.notes += other.notes

    def f1(self, kind: str) -> float:
        hit = self.hit[kind]
        return 2 * hit / max(1, 2 * hit + self.missed[kind] + self.wrong[kind])

    @property
    def kinds(self) -> list[str]:
        return sorted(+self.hit | +self.missed | +self.wrong)

    @property
    def macro(self) -> float:
        return sum(map(self.f1, self.kinds)) / len(self.kinds) if self.kinds else 1.0

    @staticmethod
    def share(counted: Counter[Any], good: Any = True) -> float:
        return counted[good] / max(1, sum(counted.values())) if counted else 1.0


def score(truth: dict[str, Any], results: list[dict[str, Any]], confidence: dict[str, str] | None = None) -> Score:
    found = Score()
    causes = {one["cause_id"]: one for one in truth["causes"]}
    group = {e["partner_line"]: e["copy_of"] for e in truth["lines"] if "copy_of" in e}

    def key(our_id: str | None, line: str | None, kind: str) -> Key:
        line = group.get(line, line) if line else line
        return (None if line else our_id, line, kind)

    truths: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    for entry in truth["lines"]:
        truths[key(entry["our_id"], entry["partner_line"], entry["kind"])].append(entry)
    claims: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    for one in results:
        if one["kind"] != "match":
            claims[key(one["our_id"], one["partner_line"], one["kind"])].append(one)
    by_cause: dict[str, Counter[str | None]] = defaultdict(Counter)
    for k, entries in truths.items():
        mine = claims.get(k, [])
        optional = all(e.get("optional") for e in entries)
        hit = min(len(entries), len(mine))
        if not optional:
            found.hit[k[2]] += hit
            found.missed[k[2]] += len(entries) - hit
            if hit < len(entries):
                found.notes.append(f"missed {k} {causes[entries[0]['cause_id']]['cause']}")
        found.wrong[k[2]] += max(0, len(mine) - len(entries))
        parties = {causes[e["cause_id"]]["party"] for e in entries}
        for one in mine[: len(entries)]:
            found.party[one["party"] in parties] += 1
            if one["party"] not in parties:
                found.notes.append(f"party {k} {one['party']} {parties}")
        if not optional:
            for e in entries:
                by_cause[e["cause_id"]][mine[0]["explanation_id"] if mine else None] += 1
    for k, mine in claims.items():
        if k not in truths:
            found.wrong[k[2]] += len(mine)
            found.notes.append(f"wrong {k} {mine[0]['cause']} {mine[0]['our_id']}")
        for one in mine:
            if confidence and confidence[one["explanation_id"]] == "proven":
                found.proven[k in truths] += 1
    said = {one["explanation_id"]: (one["kind"], one["cause"]) for one in results if one["kind"] != "match"}
    for cause_id, explained in by_cause.items():
        cause = causes[cause_id]
        if cause["systematic"]:
            best, n = explained.most_common(1)[0]
            right = best is not None and said[best] == (cause["kind"], cause["cause"])
            found.whole[right and n >= 0.9 * sum(explained.values())] += 1
            if not right or n < 0.9 * sum(explained.values()):
                found.notes.append(
                    f"cause {cause['kind']} {cause['cause']} {explained.most_common(3)} {said.get(best)}"
                )
    wanted = {(line, our_id) for line, our_id in truth["pairs"]}
    got = {
        (group.get(one["partner_line"], one["partner_line"]), one["our_id"])
        for one in results
        if one["kind"] == "match"
    }
    found.pairs.update({"right": len(wanted & got), "missed": len(wanted - got), "wrong": len(got - wanted)})
    return found

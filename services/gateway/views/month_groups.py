"""A month's groups of mismatches as a page shows them: whose, by whom, what they move; and how far the case is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import msgspec

from services.gateway.views.codes.money import MONTH_STEPS, PARTY_WORDS
from services.gateway.views.filling import filled
from services.gateway.views.proof_words import proof_in_words

Told = Mapping[str, Any]
Step = Literal["report", "matched", "attributed", "invoice", "forwarded"]
STEPS: tuple[Step, ...] = get_args(Step)
Standing = Literal["done", "now", "later"]
TOLERATED = "T0"
"""The id of what the contract lets pass line by line, which is no group that anybody decides on."""
UNREQUESTED = "U1"
_PLAIN = ("local", "agent", "duration_s", "disposition", "amount_minor")


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group with one cause. `party`: whose it is now, `found_party`: whose it was found to be; `decided`: a person
    attributed or took it, with `by` and `reason`; `because`: the proof in the reader's words; `moved`: what the partner
    counts more than we do, minor units; `open`: nobody took it; `has_lines`: there are lines to look at; `decidable`: a
    person may say whose it is."""

    id: str
    kind: str
    cause: str = ""
    party: str
    found_party: str = ""
    confidence: str = ""
    proof: str = ""
    because: str = ""
    systematic: bool = False
    lines: int = 0
    against: int = 0
    moved: int
    currency: str
    decided: Literal["", "attributed", "taken"] = ""
    by: str = ""
    reason: str = ""
    open: bool = False
    has_lines: bool = False
    decidable: bool = False


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a line on both sides; `differs`: both say something, and not the same."""

    theirs: Any
    ours: Any
    differs: bool


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the report beside our call."""

    line: str | None
    call: str | None
    kind: str
    moved: int
    sides: dict[str, Side]


def groups_of(doc: Told) -> list[Group]:
    """By what they move, the most first."""
    groups = [_group(id_, one) for id_, one in doc["mismatches"].items()]
    return sorted(groups, key=lambda one: (-abs(one.moved), -one.lines, one.id))


def tolerated_group(sums: Told | None) -> list[Group]:
    """The row without which the groups would not add up to the difference, where there is something in it."""
    if sums is None or not sums["tolerated"]:
        return []
    return [
        Group(id=TOLERATED, kind="tolerated", party="explainable", moved=sums["tolerated"], currency=sums["currency"])
    ]


def evidence(line: Told) -> Evidence:
    """The line, field by field."""
    sides = {
        name: Side(
            theirs=line[name],
            ours=line[f"our_{name}"],
            differs=None not in (line[name], line[f"our_{name}"]) and line[name] != line[f"our_{name}"],
        )
        for name in _PLAIN
    }
    return Evidence(line=line["line"], call=line["our_call"], kind=line["kind"], moved=line["moved"], sides=sides)


def hands(doc: Told) -> frozenset[str]:
    """Who decided on mismatches of the last comparison: the rules let them agree to nothing."""
    found: set[str] = set()
    for step in doc["history"]:
        if step["what"] in ("compared", "report", "adjusted report"):
            found = set()
        elif step["what"] in ("attributed", "taken"):
            found.add(step["by"])
    return frozenset(found)


def said_of(step: Told) -> str:
    """What there is to a step of the history, in the reader's words."""
    values = step.get("values")
    if not values or step["what"] not in MONTH_STEPS:
        return str(step["says"])
    return filled(MONTH_STEPS[step["what"]], values, party=PARTY_WORDS)


def steps_of(doc: Told | None, invoices: Sequence[Told]) -> list[tuple[Step, Standing]]:
    """The five steps of a case: what is done, the one that is now, and what comes later."""
    statuses = {one["status"] for one in invoices if one["received"]["kind"] == "invoice"}
    done = [
        doc is not None,
        doc is not None and doc["reconciled"] is not None,
        doc is not None and doc["agreed"] is not None,
        bool(statuses & {"approved", "forwarded", "paid"}),
        bool(statuses & {"forwarded", "paid"}),
    ]
    first = done.index(False) if False in done else len(done)
    return [
        (step, "done" if place < first else "now" if place == first else "later") for place, step in enumerate(STEPS)
    ]


def _group(id_: str, one: Told) -> Group:
    found, attributed, taken = one["found"], one["attributed"], one["taken"]
    last = taken or attributed
    party = attributed["party"] if attributed else found["party"]
    return Group(
        id=id_,
        kind=found["kind"],
        cause=found["cause"],
        party=party,
        found_party=found["party"],
        confidence=found["confidence"],
        proof=found["proof"],
        because=proof_in_words(found),
        systematic=found["systematic"],
        lines=found["lines"],
        against=found["against"],
        moved=found["moved"]["minor"],
        currency=found["moved"]["currency"],
        decided="taken" if taken else "attributed" if attributed else "",
        by=last["by"] if last else "",
        reason=last["reason"] if last else "",
        open=taken is None and party not in ("partner", "explainable"),
        has_lines=id_ != UNREQUESTED,
        decidable=True,
    )

"""The protocols of working with partners, written from the tables by which the system decides.

A move, a condition or a code that changes there is another protocol here. What belongs to parts of the system that are
not there yet stands in small tables of steps, which say of each step whether the system holds to it by now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from services.partners.domain.ending import CLOSING, step_names
from services.partners.domain.lifecycle import BY_HAND, CONDITIONS, FIRST, MEANING, MOVES, PROVEN, STAGES, WORKING, Move
from services.partners.domain.sla import POLICY
from services.partners.papers import words
from services.partners.papers.paper import Block, Diagram, Paper, Part, Steps, Table, Text, rows_of
from shared.contracts.codes import AGENT_STATES, DISPOSITIONS

WORKED_OUT = "live"
"""The stage to which starting a co-operation leads."""


class Step(NamedTuple):
    """A step of a process: who does it, and how the system holds to it; None: it does not yet, people do it."""

    text: str
    who: str
    held_by: str | None = None


RECONCILIATION: Sequence[Step] = (
    Step("Count every call, sale and agent hour ourselves.", "Tallyline", "The tracker, from the partner's telephony."),
    Step("Mark the month as open when it begins to be checked.", "Whoever agrees the months", "The fact open_month."),
    Step("Send the report of the month by the day that the contract names.", "The partner"),
    Step("Read the report, whatever its layout, and keep it as it was sent.", "Tallyline"),
    Step("Pair the report's lines with our calls, one by one.", "Tallyline"),
    Step("Explain each mismatch and say whose mistake it is, with the proof.", "Tallyline, then a named person"),
    Step("Ask for an adjusted report, or mend what was wrong here and count anew.", "Whoever agrees the months"),
    Step("Agree the month when no mismatch is without an owner.", "Both sides"),
    Step("Check the invoice against the agreed month and the contract's prices.", "Accounting"),
    Step(
        "Say that the month and the invoice are closed.",
        "Whoever agrees the months",
        "The fact open_month no longer holds.",
    ),
    Step(
        "Never end a co-operation over an open month or invoice.",
        "Tallyline",
        "The gates months_agreed, invoices_settled.",
    ),
)
INBOUND: Sequence[Step] = (
    Step("Know the campaign by the number that was dialled.", "Tallyline", "The source's map of numbers to campaigns."),
    Step("Show the customer's record and what they bought before.", "Tallyline"),
    Step("Follow the script of the campaign, branch by branch.", "The agent"),
    Step("Offer what goes with the order.", "The agent"),
    Step("Hand a hot lead over to our own people, within the minutes of the contract.", "The agent"),
    Step("Close the call with a result from the partner's own list.", "The agent", "Mapped to the results below."),
    Step("Count the call once, whatever the platform sends twice, late or out of order.", "Tallyline", "The tracker."),
    Step(
        "Say what is wrong with a call in a ticket that links it.",
        "The agent, or their lead",
        "Tickets, with their clocks.",
    ),
)
OUTBOUND: Sequence[Step] = (
    Step("Take the next record from the list, by the rules for calling again.", "Tallyline"),
    Step("Leave out who may not be called, and hours when the law forbids it.", "Tallyline"),
    Step("Dial; count the attempt, and whether a human answered.", "The partner's platform", "The tracker."),
    Step(
        "Keep to the limit of calls that the dialler drops.", "The partner", "Counted as the result dropped_by_dialler."
    ),
    Step("Follow the script of the campaign, branch by branch.", "The agent"),
    Step("Close the call with a result from the partner's own list.", "The agent", "Mapped to the results below."),
    Step("Call back when it was promised.", "The agent, or the team"),
    Step("Hand a hot lead over to our own people, within the minutes of the contract.", "The agent"),
    Step("Count a sale once; a cancelled one is taken back.", "Tallyline", "The tracker: sales are counted once."),
)
STATUS_RULES: Sequence[str] = (
    "What a platform says of a call is a set: it counts the same in whatever order and however often it arrives.",
    "Each fact is published once. When something that arrives later changes it, it is taken back and told anew.",
    "A call is offered, dialled or neither by what began it; who answers it first, and is human, makes it a contact.",
    "Waiting ends with the first answer by a human, else with the call.",
    "Time on hold is no talking time. Ringing is neither.",
    "A call whose end never comes is not in progress for ever: it is marked so and leaves the list; no end is made up.",
    "A result that comes after the end of the call, or is corrected, counts in place of the one before.",
    "A code that is not mapped is counted as other and listed, never guessed.",
    "Times are the platform's own; a skewed clock is shown, and corrected only by a dated setting.",
    "Figures count in the quarter of an hour of the call's start (offered, answered) or the leg's end (talk, wrap).",
)


def rule_of(move: Move) -> str:
    """What a way asks for, in sentences. KeyError for a way that asks for nothing and is not explained."""
    asks = [CONDITIONS[name].text for name in move.conditions]
    if move.back:
        asks.append("A reason is given.")
    return " ".join(asks) or words.FREE_MOVES[(move.source, move.target)]


def general() -> Paper:
    """All stages, all ways between them, and how requests are answered."""
    return Paper(
        "General protocol of working with partners",
        "From the first contact to the end of a co-operation: where a partner can be, and how it gets from one stage "
        "to another. Tallyline refuses every move that is not in these tables.",
        (
            Part("Stages", (_stages(STAGES),)),
            Part("Moves", (_diagram(list(MOVES.values())), _moves(list(MOVES.values())))),
            Part("Gates", (Text("What is looked at before a move, and who says it."), _gates(list(CONDITIONS)))),
            Part(
                "Overriding and coming in late",
                (
                    Steps(
                        (
                            "Where a gate can be passed by, a named person does it with a reason; it shows for ever.",
                            "A step back, a pause and an ending need a reason.",
                            "A co-operation older than its record here is adopted at its stage, with a reason; it "
                            "shows for ever that its gates were never seen.",
                        )
                    ),
                ),
            ),
            Part(
                "Tickets",
                (
                    Text(
                        "Partners, their agents and we ask each other for things in tickets. The clock of a ticket "
                        "stops while it waits for the other side."
                    ),
                    Table(
                        ("Priority", "First answer within", "Resolved within", "For"),
                        rows_of(
                            (name, f"{p.first_response_hours} h", f"{p.resolution_hours} h", p.text)
                            for name, p in POLICY.items()
                        ),
                    ),
                ),
            ),
        ),
    )


def starting() -> Paper:
    """The way from a company that is found to a partner that is live."""
    way = way_to(WORKED_OUT)
    stages = [FIRST, *(move.target for move in way)]
    return Paper(
        "Starting a co-operation",
        "Every step from a company that may be worth a talk to a partner that works at the volume of its contract.",
        (
            Part("Steps", (Steps(tuple(f"{move.source} to {move.target}: {rule_of(move)}" for move in way)),)),
            Part("Diagram", (_diagram(way), _moves(way))),
            Part("Stages on the way", (_stages(stages),)),
            Part("Gates on the way", (_gates(_asked(way)),)),
        ),
    )


def ending() -> Paper:
    """Every step between the notice and the archive."""
    moves = [move for move in MOVES.values() if move.target in ("ending", "ended")]
    rows = [
        (number, name, CONDITIONS[name].text, CLOSING[name].who, CLOSING[name].how)
        for number, name in enumerate(step_names(), 1)
    ]
    return Paper(
        "Ending a co-operation",
        "It begins with notice, from any stage with a contract in force, and is over when nothing is open. What "
        "is open is named in each refusal.",
        (
            Part("Steps", (Table(("Step", "Gate", "Rule", "Who closes it", "How"), rows_of(rows)),)),
            Part("Moves", (_diagram(moves), _moves(moves))),
            Part("Stages", (_stages([*WORKING, "ending", "ended"]),)),
        ),
    )


def statuses() -> Paper:
    """How calls, their results and agents' states are told apart, whatever the platform."""
    return Paper(
        "Checking call statuses",
        "One set of words for all platforms. To check a call, open its timeline: what was received, what was "
        "understood, which facts were told.",
        (
            Part("Rules", (Steps(tuple(STATUS_RULES)),)),
            Part("Outcomes of a call", (Table(("Outcome", "Meaning"), rows_of(words.OUTCOMES.items())),)),
            _results(),
            Part(
                "States of an agent",
                (
                    Table(
                        ("State", "Meaning", "Shown as", "Productive", "Billable where the contract is silent"),
                        rows_of(
                            (s.code, words.AGENT_STATES[s.code], s.display, _yes(s.productive), s.billable)
                            for s in AGENT_STATES.values()
                        ),
                    ),
                ),
            ),
        ),
    )


def reconciliation() -> Paper:
    """The month, from our own count to a settled invoice."""
    return _process(
        "Monthly reconciliation",
        "The partner's report of a month against our own count, call by call, until both sides agree.",
        RECONCILIATION,
        ("months_agreed", "invoices_settled"),
    )


def inbound() -> Paper:
    """A call that a customer makes."""
    paper = _process(
        "Inbound panel",
        "What an agent does with a customer's call, and what the system does beside it.",
        INBOUND,
        ("hot_leads_closed",),
    )
    return Paper(paper.title, paper.intro, (*paper.parts, _results()))


def outbound() -> Paper:
    """A call that an agent makes."""
    paper = _process(
        "Outbound panel",
        "What an agent does with a record of a list, and what the system does beside it.",
        OUTBOUND,
        ("hot_leads_closed", "campaigns_stopped"),
    )
    return Paper(paper.title, paper.intro, (*paper.parts, _results()))


PROTOCOLS: Mapping[str, Callable[[], Paper]] = {
    "general": general,
    "start": starting,
    "end": ending,
    "call-statuses": statuses,
    "reconciliation": reconciliation,
    "inbound-panel": inbound,
    "outbound-panel": outbound,
}
"""Every protocol by its name."""


def way_to(target: str) -> list[Move]:
    """The shortest way forward from the first stage to another. ValueError when there is none."""
    ways: list[list[Move]] = [[]]
    seen = {FIRST}
    while ways:
        way = ways.pop(0)
        here = way[-1].target if way else FIRST
        if here == target:
            return way
        for move in MOVES.values():
            if move.source == here and not move.back and move.target not in seen:
                seen.add(move.target)
                ways.append([*way, move])
    raise ValueError(f"no way forward leads from {FIRST} to {target}")


def _process(title: str, intro: str, steps: Sequence[Step], gates: Sequence[str]) -> Paper:
    rows = [
        (number, step.text, step.who, "yes" if step.held_by else "not yet", step.held_by)
        for number, step in enumerate(steps, 1)
    ]
    return Paper(
        title,
        intro,
        (
            Part("Steps", (Table(("Step", "What", "Who", "Held to by the system today", "By what"), rows_of(rows)),)),
            Part("Gates that look at it", (_gates(gates),)),
        ),
    )


def _stages(stages: Sequence[str]) -> Block:
    return Table(("Stage", "Meaning"), rows_of((stage, MEANING[stage]) for stage in stages))  # type: ignore[index]


def _diagram(moves: Sequence[Move]) -> Block:
    return Diagram(tuple((move.source, move.target, ", ".join(move.conditions)) for move in moves))


def _moves(moves: Sequence[Move]) -> Block:
    return Table(("From", "To", "What is asked for"), rows_of((m.source, m.target, rule_of(m)) for m in moves))


def _gates(names: Sequence[str]) -> Block:
    rows = []
    for name in names:
        gate = CONDITIONS[name]
        by_hand = "a person, with proof" if gate.fact in PROVEN else "a person"
        said = by_hand if gate.fact in BY_HAND else "the system"
        rows.append((name, gate.text, said, "a named person, with a reason" if gate.overridable else "nobody"))
    return Table(("Gate", "Rule", "Said by", "Can be passed by"), rows_of(rows), "None.")


def _asked(moves: Sequence[Move]) -> list[str]:
    return list(dict.fromkeys(name for move in moves for name in move.conditions))


def _results() -> Part:
    rows = [
        (row.path, row.code, words.DISPOSITIONS[row.code], ", ".join(sorted(row.flags)).replace("_", " "))
        for row in DISPOSITIONS.values()
    ]
    return Part("Results of a call", (Table(("Place", "Code", "Meaning", "Flags"), rows_of(rows)),))


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"

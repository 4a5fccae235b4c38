"""What the tracker keeps of one call, or of one agent's day: known items, observations, facts told, facts to tell."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

import msgspec

from services.calls.views.measures import milliseconds
from shared.contracts.partners import Clock, Counts
from shared.kernel import Observation, Position

CALLS = "tracked_calls"
AGENTS = "tracked_agents"
CALL_INDEXES = (
    "partner", "source", "campaign", "agent", "state", "disposition", "counts", "started", "deadline", "waiting",
)  # fmt: skip
AGENT_INDEXES = ("source", "agent", "deadline", "waiting")
AGENTS_NOW = "agents_now"
TIMER, PANEL, LEAD = "timer:", "panel:", "lead:"
"""How the delivery of an item begins that time brought about, of one that an agent said on our panel, and of one that
says since when a lead is one."""
AGENT_NOW_INDEXES = ("partner", "counts")

# How VICIdial names calls, and how we name those that only its report tells of.
_LEAD = re.compile(r"[A-Z]{1,2}[0-9]{9}([0-9]{10})|report-([0-9]{1,18})-[0-9]{1,12}")

CallState = Literal["waiting", "in_progress", "ended", "no_end", "unclear"]


class CallSummary(msgspec.Struct, kw_only=True):
    """The facts of one call in the form of the telephony fixtures (their README gives the rules), and where it stands.

    `call` is the vendor's id. `state`: `waiting` (offered or dialled, nobody has answered), `in_progress` (answered,
    not ended), `ended`, `no_end` (no end came within the source's limit), `unclear` (nothing says that it began).
    """

    call: str
    state: CallState
    direction: str
    campaign: str | None
    queue: str | None
    customer_ref: str | None
    started_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: str
    ended_by: str
    agents: list[str]
    transfers: int
    wait_ms: int | None
    talk_ms: int | None
    hold_ms: int | None
    wrap_ms: int | None
    disposition: str | None
    sale: bool
    flags: list[str]


class AgentNow(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The last known state of an agent in the document's day. `seen`: the last sign of life; `beats`: the platform
    sends heartbeats; `lost`: by the end of the day there was none for too long."""

    agent: str
    state: str
    native: str
    since: datetime
    reason: str | None = None
    seen: datetime | None = None
    beats: bool = False
    lost: bool = False


class AgentShard(msgspec.Struct, kw_only=True):
    """The state in which the latest of an agent's days that lie in one partition leaves the agent.

    An agent's days lie in several partitions; of the shards, the one with the latest `since` holds the state now.
    """

    at: int
    partner: str
    source: str
    counts: Counts
    now: AgentNow


class Known(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An item that the document holds: where it stands in the log, which content won, and what was read from it.

    `tests` are the names of our test numbers that it gave as its customer's. `backfill`: it came to heal gaps.
    """

    offset: int
    version: str
    digest: str
    received_at: datetime
    revision: int
    delivery: str
    verdict: str
    generation: int = 0
    reason: str | None = None
    notes: tuple[Observation, ...] = ()
    tests: tuple[str, ...] = ()
    backfill: bool = False

    @property
    def from_outside(self) -> bool:
        """Whether it can be read again: a platform sent it, and it is none that nobody could read."""
        return self.verdict != "invalid" and not self.delivery.startswith((TIMER, PANEL, LEAD))


class Told(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A fact as last published: the event, byte for byte, and where it was published.

    `origin` is that of an earlier generation of topics; None: it was told in this one, from the document's partition.
    """

    position: Position
    partition: int
    event: msgspec.Raw
    origin: str | None = None


class Entry(msgspec.Struct, kw_only=True):
    """An event not yet known to be published: its place, its partition and key, and the whole record."""

    position: Position
    partition: int
    key: str
    value: msgspec.Raw


class CallDocument(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One tracked document. `at` is the input offset after the last one applied; `partition` that of the input.

    `revision` is the latest revision of the source's settings that an item of it met: by this one all are understood,
    in whatever order they came. `known` are the items by their keys; `observations` what they say together; `told` the
    facts as last published, by fact key; `outbox` the events that may not have been published yet. `counts` is what the
    facts say: a call that one of our test numbers took part in counts as `test`, whatever its source does. `undecided`
    are the platform's codes that no map has, as `<map>:<code>`, each with the time when it comes first. A
    lead's document holds all its calls: `calls` by the platform's ids, of which `summary` is the one that began last;
    the keys of its facts begin with the id of their call.
    """

    at: int
    partition: int
    source: str
    partner: str
    correlation: str
    counts: Counts = "production"
    clock: Clock = "live"
    revision: int = 0
    known: dict[str, Known] = {}
    deliveries: dict[str, str] = {}
    observations: list[Observation] = []
    told: dict[str, Told] = {}
    outbox: list[Entry] = []
    summary: CallSummary | None = None
    agent: AgentNow | None = None
    deadline: datetime | None = None
    undecided: dict[str, datetime] = {}
    calls: dict[str, CallSummary] = {}

    @property
    def summaries(self) -> list[CallSummary]:
        """Of the calls that it holds."""
        return list(self.calls.values()) or ([self.summary] if self.summary else [])

    @property
    def shown(self) -> str:
        """The platform's id of its call, of a lead's calls of the one that began last; of an agent's day its name."""
        if self.correlation.startswith("lead:") and self.summary is not None:
            return self.summary.call
        return self.correlation.removeprefix("call:")

    @property
    def read_by(self) -> int:
        """The earliest revision of the settings by which one of its items was read."""
        return min((known.revision for known in self.known.values() if known.from_outside), default=self.revision)


def fields_of(document: CallDocument) -> dict[str, str | int | None]:
    """The index values of a document; times are milliseconds since the epoch. What waits for a decision waits under
    the earliest revision of the settings by which an item of it was read."""
    deadline = _ms(document.deadline)
    waiting = document.read_by if document.undecided else None
    if document.correlation.startswith("agent:"):
        agent = vendor_id(document.correlation)
        return {"source": document.source, "agent": agent, "deadline": deadline, "waiting": waiting}
    common: dict[str, str | int | None] = {
        "partner": document.partner,
        "source": document.source,
        "counts": document.counts,
        "deadline": deadline,
        "waiting": waiting,
    }
    if document.summary is None:
        return common
    summary = document.summary
    return common | {
        "campaign": summary.campaign,
        "agent": agent_of(document, summary),
        "state": summary.state,
        "disposition": summary.disposition,
        "started": _ms(began(summary)),
    }


class Start(msgspec.Struct):
    """Of what was told of a call's start: at whom it rings, and the number of ours that was called."""

    agent: str | None = None
    our_number: str | None = None


_start = msgspec.json.Decoder(Start).decode


def agent_of(document: CallDocument, summary: CallSummary) -> str | None:
    """Whose the call is: the last agent's who took it, or, while it waits, that of the agent at whom it rings."""
    if summary.agents:
        return summary.agents[-1]
    start = start_of(document, summary)
    return start.agent if summary.state == "waiting" else None


def start_of(document: CallDocument, summary: CallSummary) -> Start:
    """What was told of the start of one of the document's calls."""
    told = document.told.get("started") or document.told.get(f"{summary.call}/started")
    return _start(told.event) if told is not None else Start()


def began(summary: CallSummary) -> datetime | None:
    """When the call began, as far as anything tells."""
    return summary.started_at or summary.answered_at or summary.ended_at


def document_ids(call: str) -> tuple[str, ...]:
    """The documents in which the call `<source>:<platform's id>` may lie: its own, or, of ids that hold the number of
    their lead, that of the lead."""
    source, _, vendor = call.partition(":")
    lead = _LEAD.fullmatch(vendor)
    own = f"{source}:call:{vendor}"
    return (own, f"{source}:lead:{int(lead[1] or lead[2])}") if lead else (own,)


def only_call(document: CallDocument, vendor: str) -> CallDocument | None:
    """What a lead's document holds of one call; any other document as it is. None when it holds nothing of it."""
    if not document.correlation.startswith("lead:"):
        return document
    if vendor not in document.calls:
        return None
    observations = [o for o in document.observations if o.call == vendor]
    rests_on = {key for o in observations for key in o.items}
    own = f"{vendor}/"
    return msgspec.structs.replace(
        document,
        summary=document.calls[vendor],
        observations=observations,
        told={key.removeprefix(own): told for key, told in document.told.items() if key.startswith(own)},
        known={key: known for key, known in document.known.items() if key in rests_on},
    )


def vendor_id(correlation: str) -> str:
    """The vendor's id of the call or agent that a correlation key names, without the day."""
    kind, _, rest = correlation.partition(":")
    return rest.rpartition(":")[0] if kind == "agent" else rest


def _ms(at: datetime | None) -> int | None:
    return None if at is None else milliseconds(at)

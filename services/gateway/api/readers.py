"""What the gateway asks of the rest of the system. It holds no data of its own on these pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol

import msgspec

from services.gateway.views.inputs import Names, Now, Today


class WallboardReader(Protocol):
    """The live side of the wallboard. Both methods raise `shared.ports.StoreUnavailable` when they cannot answer."""

    async def now(self, partner: str | None, campaign: str | None) -> Now:
        """Everything live of a partner (None: of all), read at one moment. Asked twice a second for each scope that
        has viewers. Calls may be given for all campaigns; the wallboard leaves out the others."""
        ...

    async def counts(self) -> tuple[int | None, int | None]:
        """Calls in progress and waiting, of all partners; None while no source was ever heard of. Asked once a
        second for as long as the process runs, so it must be cheap."""
        ...


class PerformanceReader(Protocol):
    """The day's figures. Asked twice a second for each scope that has viewers: the reader keeps what did not change."""

    async def today(self, partner: str | None, campaign: str | None) -> Today:
        """The figures of the running day; StoreUnavailable when they are not to be had."""
        ...


class CallQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls. `day` is a date (`2026-03-02`) in UTC; None: any. `until`: the day after the last; None: only that
    one. `zone` in which days are cut instead."""

    partner: str | None = None
    campaign: str | None = None
    agent: str | None = None
    state: str | None = None
    disposition: str | None = None
    day: str | None = None
    until: str | None = None
    zone: str | None = None
    cursor: str | None = None
    limit: int = 50


class CallRow(msgspec.Struct, frozen=True, kw_only=True):
    """One call as it stands in a list. `call` is our id, `agent` the vendor's. Times in milliseconds, None: unknown."""

    call: str
    partner: str
    source: str
    state: str
    direction: str
    outcome: str
    campaign: str | None = None
    queue: str | None = None
    agent: str | None = None
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    wait_ms: int | None = None
    talk_ms: int | None = None
    hold_ms: int | None = None
    wrap_ms: int | None = None
    disposition: str | None = None
    sale: bool = False
    flags: tuple[str, ...] = ()


class CallList(msgspec.Struct, frozen=True):
    """A page of calls, newest first, and the cursor of the next page."""

    items: list[CallRow]
    next: str | None = None


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """An observation of a call, and the keys of the items that it rests on. `data` holds nothing personal."""

    at: datetime
    kind: str
    agent: str | None = None
    leg: str | None = None
    data: dict[str, Any] = {}
    flags: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact as published: class name, the vendor's time, place in the topic, and its content."""

    at: datetime
    type: str
    position: str
    data: dict[str, Any] = {}


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing received about a call. `raw` is the address of its payload as sent, None where it cannot be had."""

    key: str
    received_at: datetime
    verdict: str
    delivery: str
    reason: str | None = None
    raw: str | None = None


class CallDetail(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one call. `customer` is the customer's token, never a number."""

    row: CallRow
    customer: str | None = None
    observations: list[Observed] = []
    facts: list[Fact] = []
    items: list[Item] = []


class CallReader(Protocol):
    """Calls, for the list and the page of one call."""

    async def find(self, query: CallQuery) -> CallList:
        """A page of calls. ValueError for a cursor or a date that is none."""
        ...

    async def get(self, call: str) -> CallDetail | None:
        """None if there is no such call."""
        ...

    async def names(self) -> Names:
        """Display names of partners, campaigns and agents."""
        ...


class EvidenceQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The calls behind which measure, and of what. `until`: the day after the last; None: of `day` alone."""

    measure: str
    partner: str | None = None
    campaign: str | None = None
    agent: str | None = None
    day: str | None = None
    until: str | None = None
    cursor: str | None = None
    limit: int = 100


class EvidenceItem(msgspec.Struct, frozen=True, kw_only=True):
    """What one call, or one order, adds to the measure."""

    call: str
    amount: float
    partner: str | None = None
    agent: str | None = None
    at: datetime | None = None
    order: str = ""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the calls behind a measure. `total` is the measure itself, `before` the sum of the pages before.

    `label` and `unit` say what is counted (`sales reported`, `calls`; `ms`, or a currency in minor units); `count` is
    the number of calls on all pages. `formula` is that of the whole figure, `figure_unit` what it is told in.
    """

    label: str
    unit: str
    total: float
    count: int
    items: list[EvidenceItem]
    before: float = 0
    next: str | None = None
    formula: str = ""
    figure_unit: str = ""


class EvidenceReader(Protocol):
    """The calls behind a figure."""

    async def evidence(self, query: EvidenceQuery) -> Evidence | None:
        """None for a measure that nobody counts; ValueError for a cursor or a date that is none."""
        ...


class GoalRow(msgspec.Struct, frozen=True, kw_only=True):
    """A sales goal with its pace. Amounts are orders or pieces, or minor units of `currency`; `campaign`, `partner`,
    `sku`: of that one alone, else of all."""

    goal: str
    name: str
    measure: str
    target: int
    starts: date
    ends: date
    state: str
    done: int
    expected: int
    forecast: int | None
    elapsed_percent: str
    currency: str | None = None
    campaign: str | None = None
    partner: str | None = None
    sku: str | None = None


class CampaignRow(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as it stands in a list. `shares`: percent of its calls by partner; `numbers` lead to it;
    `certificates` that its agents must hold, and `uncertified`: agents by partner who take its calls without."""

    campaign: str
    name: str
    state: str
    countries: tuple[str, ...]
    shares: dict[str, str]
    numbers: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    uncertified: dict[str, int] = {}


class CampaignReader(Protocol):
    """Campaigns and sales goals, of all partners; StoreUnavailable when they are not to be had."""

    async def campaigns(self) -> list[CampaignRow]:
        """All of them, by id."""
        ...

    async def goals(self) -> list[GoalRow]:
        """All that hold, by id."""
        ...


class CourseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A course as it stands in a list. `version` of its manual that is in force since `since`; None: none is yet;
    `assessed`: there are papers of it."""

    course: str
    title: str
    panel: str
    language: str
    certificate: str
    product: str
    version: str | None
    since: date | None
    assessed: bool = False


class CoverageRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who is certified at a partner, against what is asked. `asked_agents`, `asked_backups` None: no contract says."""

    partner: str
    certificate: str
    registered: int
    certified: int
    backups: int
    lapsing: int
    asked_agents: int | None
    asked_backups: int | None
    missing: int
    missing_backups: int


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A live session. `invited`, `attended`: agents by partner; `attended` None: it was not held yet."""

    session: str
    course: str
    title: str
    starts_at: datetime
    time_zone: str
    minutes: int
    place: str
    state: str
    capacity: int
    invited: dict[str, int]
    attended: dict[str, int] | None
    recording: str


class HeldRow(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that an agent holds, or held."""

    course: str
    title: str
    held: bool
    valid_until: date


class DueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a manual that an agent has not acknowledged; `changed`: what is new in it."""

    course: str
    title: str
    version: str
    changed: str


class OwnCourse(msgspec.Struct, frozen=True, kw_only=True):
    """A course for an agent. `version` of its manual that is in force; `read`: the agent has acknowledged it; `paper`:
    one that can still be answered."""

    course: str
    title: str
    version: str
    read: bool
    paper: str | None


class AskedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question of a paper, with its choices in their order there: number and text."""

    question: str
    text: str
    points: int
    choices: list[tuple[int, str]]


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """An agent's paper. `score_percent`, `passed` None: it was not handed in."""

    paper: str
    course: str
    title: str
    ends_at: datetime
    questions: list[AskedQuestion]
    score_percent: str | None
    passed: bool | None


class OwnTraining(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent has learned and has to do; `courses`: those by which somebody can be certified."""

    held: list[HeldRow]
    due: list[DueRow]
    courses: list[OwnCourse]
    sessions: list[SessionRow]


class TrainingReader(Protocol):
    """Training of all partners; StoreUnavailable when it is not to be had."""

    async def courses(self) -> list[CourseRow]:
        """All that are taught, by id."""
        ...

    async def sessions(self) -> list[SessionRow]:
        """All, the last first."""
        ...

    async def coverage(self) -> list[CoverageRow]:
        """By partner and certificate."""
        ...

    async def own(self, partner: str, agent: str) -> OwnTraining:
        """An agent's."""
        ...

    async def paper(self, partner: str, agent: str, paper: str) -> Paper | None:
        """An agent's paper; None where the agent has no such one."""
        ...


class PaidLine(msgspec.Struct, frozen=True, kw_only=True):
    """An amount of a statement, in minor units, and how it came about."""

    source: str
    plan: str
    rule: str
    calculation: str
    amount_minor: int
    order: str | None = None
    line: int | None = None
    sku: str | None = None
    month: str | None = None


class PaidMonth(msgspec.Struct, frozen=True, kw_only=True):
    """An agent's statement of a month. `closed_at`: it stands since then."""

    agent: str
    month: str
    currency: str
    total_minor: int
    lines: tuple[PaidLine, ...]
    closed_at: str | None = None


class PaidRow(msgspec.Struct, frozen=True, kw_only=True):
    """A statement in a list. `left_out`: orders that no plan prices."""

    agent: str
    currency: str
    total_minor: int
    closed: bool
    left_out: int


class CommissionReader(Protocol):
    """Statements of agents; StoreUnavailable when they are not to be had."""

    def this_month(self) -> str:
        """The month (UTC) that it is, such as 2026-03."""
        ...

    async def statements(self, partner: str, month: str) -> list[PaidRow]:
        """Those of a partner's month, by agent; none of a partner that nobody knows."""
        ...

    async def statement(self, partner: str, agent: str, month: str) -> PaidMonth | None:
        """One of them."""
        ...


class RotaRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rota in a list. `published_at`: it holds since then."""

    rota: str
    first: date
    weeks: int
    published_at: datetime | None
    shifts: int


class RotaShift(msgspec.Struct, frozen=True, kw_only=True):
    """When an agent is to be there."""

    agent: str
    starts: datetime
    ends: datetime


class OpenHalfHour(msgspec.Struct, frozen=True, kw_only=True):
    """So many people with a language are missing."""

    at: datetime
    language: str
    people: int


class KeptShifts(msgspec.Struct, frozen=True, kw_only=True):
    """How an agent kept to the rota so far; None: nothing of it is over."""

    scheduled_seconds: int
    adherence: float | None
    conformance: float | None


class ShownRota(msgspec.Struct, frozen=True, kw_only=True):
    """A rota with its shifts, what is needed by language and half hour, what is open, and who kept to it, by agent."""

    row: RotaRow
    time_zone: str
    shifts: tuple[RotaShift, ...]
    need: dict[str, tuple[int, ...]]
    open: tuple[OpenHalfHour, ...]
    kept: dict[str, KeptShifts]


class RotaReader(Protocol):
    """Rotas of partners; StoreUnavailable when they are not to be had."""

    async def rotas(self, partner: str) -> list[RotaRow]:
        """Those of a partner, the newest first; none of a partner that nobody knows."""
        ...

    async def rota(self, partner: str, name: str) -> ShownRota | None:
        """One of them."""
        ...

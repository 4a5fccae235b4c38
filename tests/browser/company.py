"""A small company in memory for the pages: seeded, alive, and with evidence that adds up to its figures."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.gateway.api.readers import (
    CallDetail,
    CallList,
    CallQuery,
    CallRow,
    CampaignRow,
    Evidence,
    EvidenceItem,
    EvidenceQuery,
    Fact,
    GoalRow,
    Item,
    KeptShifts,
    Observed,
    OpenHalfHour,
    PaidLine,
    PaidMonth,
    PaidRow,
    RotaRow,
    RotaShift,
    ShownRota,
)
from services.gateway.views.inputs import (
    AgentState,
    AgentToday,
    History,
    LiveCall,
    Names,
    Now,
    Source,
    Today,
    Total,
    key_of,
)
from services.gateway.views.wallboard import live_counts

PARTNERS = {
    "adria": "Adria Voice",
    "balkan": "Balkan Connect",
    "danube": "Danube Contact",
    "sahel": "Sahel Direct",
    "anatolia": "Anatolia Line",
    "atlas": "Atlas Connect",
}
CAMPAIGNS = {"de-vital": "DE Vital", "fr-beauty": "FR Beauty", "uk-care": "UK Care"}
FIRST = (
    "Amina", "Marko", "Elena", "Luka", "Sara", "Emre", "Ivana", "Hugo", "Fatou", "Omar", "Lea", "Zeynep", "Jovan",
    "Aisha", "Petar", "Kwame", "Marija", "Nadia", "Viktor", "Ines",
)  # fmt: skip
LAST = (
    "Diallo", "Szabo", "Popescu", "Yilmaz", "Novak", "Haddad", "Ionescu", "Petrovic", "Demir", "Costa", "Benali",
    "Okafor", "Kovac", "Horvat", "Silva", "Nagy",
)  # fmt: skip
MEASURES = {
    "answered_20": "Answered within 20 s",
    "service_base": "Offered, without short abandons",
    "abandoned": "Abandoned after 5 s",
    "offered": "Offered",
    "sales_reported": "Sales reported",
    "contacts": "Contacts",
    "handled": "Handled",
}


_ROTA = RotaRow(
    rota="w10", first=date(2026, 3, 2), weeks=1, published_at=datetime(2026, 2, 27, 9, tzinfo=UTC), shifts=1
)


@dataclass
class Call:
    """A call of the company. Times are steps of a second."""

    id: str
    partner: str
    campaign: str
    start: int
    patience: int
    answer: int | None = None
    end: int | None = None
    agent: str | None = None
    sale: bool = False

    @property
    def state(self) -> str:
        """As the tracker names it."""
        return "ended" if self.end is not None else "waiting" if self.answer is None else "in_progress"

    def counts_for(self, measure: str) -> bool:
        """Whether the call is one of those behind a measure."""
        wait = (self.answer if self.answer is not None else self.end or self.start) - self.start
        lost = self.end is not None and self.answer is None
        match measure:
            case "offered":
                return True
            case "answered_20":
                return self.answer is not None and wait <= 20
            case "service_base":
                return self.answer is not None or (lost and wait > 5)
            case "abandoned":
                return lost and wait > 5
            case "contacts":
                return self.answer is not None
            case "handled":
                return self.end is not None and self.answer is not None
            case _:
                return self.sale and self.end is not None


@dataclass
class Agent:
    """An agent, in a state until a step."""

    id: str
    partner: str
    name: str
    skill: float
    state: str = "available"
    since: int = 0
    until: int = 0


@dataclass
class Company:
    """Its time is that of the clock; each question first brings it up to now. All readers of the gateway in one."""

    clock: Callable[[], datetime]
    agents_total: int = 120
    seed: int = 7
    hostile: bool = False
    history_days: int = 14
    warm_up_s: int = 5400
    calls: list[Call] = field(default_factory=list)
    step: int = 0

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._start = self.clock() - timedelta(seconds=self.warm_up_s)
        self.partners = dict(PARTNERS)
        if self.hostile:
            self.partners["anatolia"] = "Anadolu" + "direktvertriebsgesellschaft" * 4
            self.partners["atlas"] = 'Atlas <script>alert("partner")</script>'
        keys = list(PARTNERS)
        self.agents = [
            Agent(f"a{n:03}", keys[n % len(keys)], self._name(n), self._dice.uniform(0.05, 0.25))
            for n in range(self.agents_total)
        ]
        self._open: list[Call] = []
        while self.step < self.warm_up_s:
            self._second()

    def _name(self, n: int) -> str:
        if self.hostile and n == 0:
            return "<script>document.title='broken'</script></script><!-- &lt;"
        if self.hostile and n == 1:
            return f"Maximiliana {'Wolfeschlegelsteinhausen' * 4} {'von und zu ' * 6}Bergerdorff"
        return f"{self._dice.choice(FIRST)} {self._dice.choice(LAST)}"

    def _catch_up(self) -> None:
        while self._at(self.step + 1) <= self.clock():
            self._second()

    def _at(self, step: int) -> datetime:
        return self._start + timedelta(seconds=step)

    def _second(self) -> None:
        self.step += 1
        now, dice = self.step, self._dice
        for _ in range(sum(dice.random() < self.agents_total / 4400 for _ in range(10))):
            partner = dice.choice(list(PARTNERS))
            call = Call(f"{partner}-1:c{len(self.calls):06}", partner, dice.choice(list(CAMPAIGNS)), now,
                        dice.randint(3, 150))  # fmt: skip
            self.calls.append(call)
            self._open.append(call)
        for agent in self.agents:
            if now >= agent.until and agent.state != "available":
                self._next(agent)
            elif agent.state == "available" and dice.random() < 0.0006:
                self._put(
                    agent, dice.choice(["break", "break", "meal", "training", "offline"]), dice.randint(120, 1500)
                )
        free = [agent for agent in self.agents if agent.state == "available"]
        dice.shuffle(free)
        for call in list(self._open):
            if call.answer is not None:
                if call.end is None and now >= call.patience:
                    call.end = now
                    self._open.remove(call)
                continue
            taker = next((agent for agent in free if agent.partner == call.partner), None)
            if taker is not None and now - call.start >= 2:
                free.remove(taker)
                talk = int(min(900, dice.expovariate(1 / 230) + 15))
                call.answer, call.agent, call.patience = now, taker.id, now + talk
                call.sale = dice.random() < taker.skill
                self._put(taker, "on_call", talk)
            elif now - call.start > call.patience:
                call.end = now
                self._open.remove(call)

    def _next(self, agent: Agent) -> None:
        if agent.state == "on_call":
            length = self._dice.randint(320, 700) if self._dice.random() < 0.03 else self._dice.randint(15, 90)
            self._put(agent, "wrap_up", length)
        else:
            self._put(agent, "available", 0)

    def _put(self, agent: Agent, state: str, length: int) -> None:
        agent.state, agent.since, agent.until = state, self.step, self.step + length

    def _of(self, partner: str | None, campaign: str | None) -> list[Call]:
        return [c for c in self.calls if partner in (None, c.partner) and campaign in (None, c.campaign)]

    # The wallboard

    def known(self) -> Names:
        """All names."""
        agents = {key_of(agent.partner, agent.id): agent.name for agent in self.agents}
        return Names(partners=self.partners, campaigns=CAMPAIGNS, agents=agents)

    async def now(self, partner: str | None, campaign: str | None) -> Now:
        """The live side."""
        self._catch_up()
        silent = self._at(self.step - 400)
        return Now(
            generation="g1",
            as_of={"calls/0": self.step},
            calls=[self._live(call) for call in self._open if partner in (None, call.partner)],
            agents=[
                AgentState(partner=a.partner, agent=a.id, state=a.state, since=self._at(a.since))
                for a in self.agents
                if partner in (None, a.partner)
            ],
            sources=[
                Source(source=f"{key}-1", partner=key, live=True,
                       last_event_at=silent if key == "sahel" else self._at(self.step))
                for key in PARTNERS
                if partner in (None, key)
            ],
            names=self.known(),
            history=History(min(self.history_days, self.step * 14 // (self.warm_up_s * 2)), self.history_days),
        )  # fmt: skip

    def _live(self, call: Call) -> LiveCall:
        state = "waiting" if call.answer is None else "in_progress"
        return LiveCall(
            call=call.id,
            partner=call.partner,
            state="waiting" if state == "waiting" else "in_progress",
            campaign=call.campaign,
            started_at=self._at(call.start),
        )

    async def counts(self) -> tuple[int | None, int | None]:
        """Calls in progress and waiting."""
        self._catch_up()
        return live_counts([self._live(call) for call in self._open], heard=True)

    async def today(self, partner: str | None, campaign: str | None) -> Today:
        """The day's figures, from the calls themselves."""
        calls = self._of(partner, campaign)
        n = Counter(m for call in calls for m in MEASURES if call.counts_for(m))
        handled: dict[str, list[Call]] = {}
        for call in calls:
            if call.agent and call.end is not None:
                handled.setdefault(key_of(call.partner, call.agent), []).append(call)
        return Today(
            day=f"{self._at(self.step):%Y-%m-%d}",
            zone="UTC",
            totals={
                "service_level": _ratio(n, "answered_20", "service_base", "variant 3", 0.8),
                "abandoned": _ratio(n, "abandoned", "offered", "", 0.05),
                "sales": Total(value=n["sales_reported"], n=n["sales_reported"], numerator_of="sales_reported"),
                "confirmed": Total(value=n["sales_reported"], n=n["sales_reported"], numerator_of="sales_reported"),
                "conversion": _ratio(n, "sales_reported", "contacts", "", None),
            },
            rows=[self._row(key, calls) for key, calls in handled.items()],
        )

    def _row(self, key: str, calls: list[Call]) -> AgentToday:
        partner, _slash, agent = key.partition("/")
        sales = sum(call.sale for call in calls)
        talk = sum((call.end or 0) - (call.answer or 0) for call in calls)
        return AgentToday(partner=partner, agent=agent, handled=len(calls), sales=sales, confirmed=sales,
                          contacts=len(calls), aht_s=talk / len(calls) + 40, conversion=sales / len(calls))  # fmt: skip

    # Campaigns

    async def campaigns(self) -> list[CampaignRow]:
        """One that runs for two partners and one that is over."""
        return [
            CampaignRow(
                campaign="de-vital",
                name="DE Vital",
                state="running",
                countries=("DE", "AT"),
                shares={"adria": "60", "atlas": "40"},
                numbers=("+4930123456", "+43123456"),
                certificates=("vital-inbound",),
                uncertified={"adria": 2},
            ),
            CampaignRow(campaign="uk-care", name="<b>UK</b> Care", state="ended", countries=("GB",), shares={}),
        ]

    async def goals(self) -> list[GoalRow]:
        """One of a partner in pieces, one of all in money."""
        month: dict[str, Any] = {"starts": date(2026, 3, 1), "ends": date(2026, 3, 31), "elapsed_percent": "30.6"}
        return [
            GoalRow(
                goal="march",
                name="March",
                measure="orders",
                target=310,
                state="behind",
                done=84,
                expected=95,
                forecast=274,
                campaign="de-vital",
                partner="adria",
                sku="VITAL",
                **month,
            ),
            GoalRow(
                goal="money",
                name="Money",
                measure="net_revenue",
                target=5_000_000,
                currency="EUR",
                state="not_started",
                done=0,
                expected=0,
                forecast=None,
                **month,
            ),
        ]

    # Commissions

    def this_month(self) -> str:
        """The month of the campaigns' goals."""
        return "2026-03"

    async def statements(self, partner: str, month: str) -> list[PaidRow]:
        """One agent of whoever is asked for."""
        return [PaidRow(agent="<b>a7</b>", currency="EUR", total_minor=1_360, closed=False, left_out=1)]

    async def statement(self, partner: str, agent: str, month: str) -> PaidMonth | None:
        """An order and an hour."""
        lines = (
            PaidLine(
                source="line",
                plan="global/1",
                rule="upsell",
                calculation="5 % of 3192 net = 159.6, rounded half_up",
                amount_minor=160,
                order="adria:1",
                line=2,
                sku="VITAL",
            ),
            PaidLine(source="hourly", plan="global/1", rule="hourly pay", calculation="2 h paid", amount_minor=1_200),
        )
        return PaidMonth(agent=agent, month=month, currency="EUR", total_minor=1_360, lines=lines)

    # Rotas

    async def rotas(self, partner: str) -> list[RotaRow]:
        """One that holds."""
        return [_ROTA]

    async def rota(self, partner: str, name: str) -> ShownRota | None:
        """A shift over midnight, half of it over, and a half hour that is open."""
        begin = datetime(2026, 3, 2, 21, tzinfo=UTC)
        return ShownRota(
            row=_ROTA,
            time_zone="Europe/Zagreb",
            shifts=(RotaShift(agent="<b>a7</b>", starts=begin, ends=begin + timedelta(hours=8)),),
            need={"hr": tuple(int(40 <= slot % 48 < 46) for slot in range(336))},
            open=(OpenHalfHour(at=begin, language="pl", people=1),),
            kept={"<b>a7</b>": KeptShifts(scheduled_seconds=14_400, adherence=0.9375, conformance=None)},
        )

    # Calls and evidence

    async def names(self) -> Names:
        """All names."""
        return self.known()

    async def find(self, query: CallQuery) -> CallList:
        """A page of calls; the cursor is a number of calls to pass over."""
        self._catch_up()
        skip = int(query.cursor or 0)
        wanted = [
            call
            for call in reversed(self._of(query.partner, query.campaign))
            if query.agent in (None, call.agent)
            and query.state in (None, call.state)
            and query.disposition in (None, "sale" if call.sale else "not_interested")
        ]
        more = str(skip + query.limit) if len(wanted) > skip + query.limit else None
        return CallList([self._list_row(call) for call in wanted[skip : skip + query.limit]], more)

    def _list_row(self, call: Call) -> CallRow:
        wait = (call.answer if call.answer is not None else call.end or self.step) - call.start
        ended = call.end is not None
        talked = call.end is not None and call.answer is not None
        return CallRow(
            call=call.id,
            partner=call.partner,
            source=f"{call.partner}-1",
            state=call.state,
            direction="inbound",
            outcome="answered" if call.answer is not None else "abandoned" if ended else "open",
            campaign=call.campaign,
            agent=call.agent,
            started_at=self._at(call.start),
            answered_at=self._at(call.answer) if call.answer is not None else None,
            ended_at=self._at(call.end) if call.end is not None else None,
            wait_ms=wait * 1000,
            talk_ms=((call.end or 0) - (call.answer or 0)) * 1000 if talked else None,
            disposition=("sale" if call.sale else "not_interested") if talked else None,
            sale=call.sale and ended,
        )

    async def get(self, call: str) -> CallDetail | None:
        """One call, with a timeline."""
        found = next((known for known in self.calls if known.id == call), None)
        if found is None:
            return None
        row = self._list_row(found)
        times = (("CallStarted", row.started_at), ("CallAnswered", row.answered_at), ("CallEnded", row.ended_at))
        seen = [(kind, at) for kind, at in times if at is not None]
        return CallDetail(
            row=row,
            customer="cus_7f3k2m",
            observations=[
                Observed(at=at, kind=kind, agent=row.agent, data={"queue": "sales"}, items=(f"{call}+{n}",))
                for n, (kind, at) in enumerate(seen)
            ],
            facts=[Fact(at=at, type=kind, position=f"calls.1/3@{n}") for n, (kind, at) in enumerate(seen)],
            items=[
                Item(key=f"{call}+{n}", received_at=at, verdict="accepted", delivery=f"d{n}", raw=f"/raw/{n}")
                for n, (_kind, at) in enumerate(seen)
            ],
        )

    async def evidence(self, query: EvidenceQuery) -> Evidence | None:
        """The calls behind a measure; each counts once."""
        label = MEASURES.get(query.measure)
        if label is None:
            return None
        calls = [
            call
            for call in self._of(query.partner, query.campaign)
            if query.agent in (None, call.agent) and call.counts_for(query.measure)
        ]
        skip = int(query.cursor or 0)
        items = [
            EvidenceItem(call=call.id, amount=1, partner=call.partner, agent=call.agent, at=self._at(call.start))
            for call in calls[skip : skip + query.limit]
        ]
        more = str(skip + query.limit) if len(calls) > skip + query.limit else None
        return Evidence(label=label, unit="calls", total=len(calls), count=len(calls), items=items, before=skip,
                        next=more)  # fmt: skip


def _ratio(n: Counter[str], top: str, bottom: str, variant: str, target: float | None) -> Total:
    return Total(value=n[top] / n[bottom] if n[bottom] else None, n=n[bottom], numerator=n[top],
                 denominator=n[bottom], numerator_of=top, denominator_of=bottom, variant=variant,
                 target=target)  # fmt: skip

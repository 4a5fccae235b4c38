"""What the client sends: a simulated company's days, repeated and out of order; calls told once; unreadable bytes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain, count, islice, repeat
from typing import Any, NamedTuple

import httpx
import msgspec

from services.simulate.company import Company, Partner, company
from services.simulate.driver import Request, requests_of
from services.simulate.signing import standard_webhooks
from services.simulate.stream import history_day
from tests.chaos.journal import Journal

FIRST_DAY = date(2026, 3, 4)
IN_FLIGHT = 12
DISORDER, REPEATED = 60.0, 0.05
"""By how many places a delivery may come too early or too late, and the share that comes twice anyway."""
ONCE, UNREADABLE, BAD_ITEM = 0.10, 0.01, 0.01
"""Shares of calls told once, of unreadable deliveries, and of readable ones whose item is not."""
AGENT_EVERY_S, ASK_EVERY_S = 1.0, 1.5


class Sending(NamedTuple):
    """A request with what the journal has to know of it. `once`: the call that is told by this request alone, which
    is sent once whatever becomes of it."""

    request: Request
    source: str
    once: str | None = None


def firm(seed: int) -> Company:
    """Three partners whose platforms send at least once, and one that only the calls told once belong to."""
    return company(seed, partners=4, agents=60, connectors=("native", "twilio", "amazon-connect", "native"))


def planned(seed: int, deliveries: int) -> list[Sending]:
    """So many sendings in their final order."""
    dice = random.Random(seed)
    mine = firm(seed)
    told_once = mine.partners[3]
    usual = round(deliveries * (1 - ONCE - UNREADABLE - BAD_ITEM) / (1 + REPEATED))
    requests = [Sending(r, r.path.split("/")[3]) for r in islice(_days(mine, seed, told_once.source), usual)]
    places = [(n + dice.uniform(-DISORDER, DISORDER), s) for n, s in enumerate(requests)]
    places += [(n + dice.uniform(0, 400), s) for n, s in enumerate(requests) if dice.random() < REPEATED]
    connect = [sending for sending in requests if sending.source == mine.partners[2].source]
    others = [
        Sending(_call_told_once(told_once, f"once-{n}"), told_once.source, f"once-{n}")
        for n in range(round(deliveries * ONCE))
    ]
    others += [
        Sending(_call_told_once(told_once, f"bad-{n}", time="at tea time"), told_once.source)
        for n in range(round(deliveries * BAD_ITEM))
    ]
    for n in range(round(deliveries * UNREADABLE)):
        if n % 2 and connect:
            victim = dice.choice(connect)
            others.append(victim._replace(request=victim.request._replace(body=b'{"cut off')))
        else:
            others.append(Sending(_signed(told_once, f"cut-{n}", b'{"cut off', _second(n)), told_once.source))
    places += [(dice.uniform(0, usual), sending) for sending in others]
    return [sending for _, sending in sorted(places, key=lambda place: place[0])]


def _days(mine: Company, seed: int, but: str) -> Iterator[Request]:
    for n in count():
        day = FIRST_DAY + timedelta(days=n)
        yield from requests_of(mine, (d for d in history_day(mine, seed, day) if d.source != but))


def _second(n: int) -> int:
    return int(datetime(2026, 3, 4, 10, tzinfo=UTC).timestamp()) + n


def _call_told_once(partner: Partner, call: str, **more: str) -> Request:
    """The start of a call of which nothing else is ever told."""
    second = _second(int(call.rpartition("-")[2]))
    data = {"call": call, "direction": "inbound", "phase": "queued", "campaign": partner.campaigns[0].code}
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": call,
        "source": "https://once.example/switch",
        "type": "com.tallyline.call.started.v1",
        "time": datetime.fromtimestamp(second, UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    } | more
    return _signed(partner, call, msgspec.json.encode(event), second)


def _signed(partner: Partner, ident: str, body: bytes, second: int) -> Request:
    headers = {
        "content-type": "application/cloudevents+json",
        "webhook-id": ident,
        "webhook-timestamp": str(second),
        "webhook-signature": standard_webhooks(partner.secrets["standard-webhooks"][0], ident, second, body),
        "tallyline-received-at": datetime.fromtimestamp(second, UTC).isoformat(),
        "tallyline-replay-key": partner.secrets["replay"][0],
    }
    return Request(0, "POST", f"/v1/in/{partner.source}", headers, body)


@dataclass
class Client:
    """Sends the plan at `rate` a second, registers agents and asks questions meanwhile; notes everything."""

    http: httpx.AsyncClient
    plan: Sequence[Sending]
    rate: float
    journal: Journal
    partner: Partner

    def __post_init__(self) -> None:
        self._turns = count()
        self._calm = asyncio.Event()

    async def run(self) -> None:
        """Until all of the plan has been answered, or is of unknown outcome where it may be sent only once."""
        begun = asyncio.get_running_loop().time()
        beside = [asyncio.create_task(self._agents()), asyncio.create_task(self._questions())]
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(IN_FLIGHT):
                    group.create_task(self._lane(begun))
        finally:
            self._calm.set()
            await asyncio.gather(*beside)

    async def _lane(self, begun: float) -> None:
        loop = asyncio.get_running_loop()
        while (n := next(self._turns)) < len(self.plan):
            await asyncio.sleep(max(0.0, begun + n / self.rate - loop.time()))
            await _until(True, self._sent, n, self.plan[n])

    async def _sent(self, n: int, sending: Sending) -> bool:
        """One attempt; whether it was the last that is needed."""
        request, source, once = sending
        self.journal.note("invoke", n=n, source=source, once=once)
        try:
            answer = await self.http.request(
                request.method, request.path, headers=request.headers, content=request.body
            )
        except httpx.TransportError as error:
            self.journal.note("unknown", n=n, source=source, why=type(error).__name__)
            return once is not None
        if answer.status_code == 503:  # some of it may have been stored
            self.journal.note("unknown", n=n, source=source, why="503")
            return once is not None
        said = answer.json() if answer.status_code == 202 else {}
        self.journal.note(
            "ok",
            n=n,
            source=source,
            once=once,
            status=answer.status_code,
            delivery=said.get("delivery"),
            items=said.get("items"),
            unreadable="unreadable" in said,
        )
        return True

    async def _agents(self) -> None:
        """Agents are registered, each again and again under one key until it is answered."""
        for n in count():
            if self._calm.is_set():
                return
            agent = f"extra-{n}"
            body = {"partner_id": self.partner.id, "agent": agent, "name": f"Extra {n}"}
            await _until(201, self._asked, "POST", "/api/v1/agents", {"idempotency-key": agent}, body)
            self.journal.note("agent", agent=agent)
            await asyncio.sleep(AGENT_EVERY_S)

    async def _questions(self) -> None:
        """Somebody looks at the figures all the time."""
        period = f"from={FIRST_DAY}&to={FIRST_DAY + timedelta(days=7)}"
        while not self._calm.is_set():
            await self._asked("GET", f"/api/v1/performance/partners?{period}", {}, None)
            await asyncio.sleep(ASK_EVERY_S)

    async def _asked(self, method: str, path: str, headers: dict[str, str], body: object) -> int:
        """The status of the answer; 0 for none."""
        try:
            status = (await self.http.request(method, path, headers=headers, json=body)).status_code
        except httpx.TransportError:
            status = 0
        self.journal.note("asked", path=path.partition("?")[0], status=status)
        return status


async def _until(wanted: object, step: Callable[..., Awaitable[object]], *arguments: object) -> None:
    """The same again, until it gives what is wanted."""
    for pause in chain((0.05, 0.1), repeat(0.2)):
        if await step(*arguments) == wanted:
            return
        await asyncio.sleep(pause)

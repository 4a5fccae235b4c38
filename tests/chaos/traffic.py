"""What the client sends: a simulated company's days, repeated and out of order; calls told once; unreadable bytes.

And what it asks: somebody looks at the figures all the time, and must never be told of an earlier state.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain, count, cycle, islice, repeat
from typing import Any, NamedTuple

import httpx
import msgspec

from services.simulate.company import Company, Partner, company
from services.simulate.driver import Request, known, requests_of, set_up
from services.simulate.signing import standard_headers
from services.simulate.stream import history_day
from shared import clock
from tests.chaos.journal import Journal

FIRST_DAY = date(2026, 3, 4)
IN_FLIGHT = 12
DISORDER, REPEATED = 60.0, 0.05
"""By how many places a delivery may come too early or too late, and the share that comes twice anyway."""
ONCE, LIVE, UNREADABLE, BAD_ITEM = 0.10, 0.02, 0.01, 0.01
"""Shares of calls told once, of those told as they happen, of unreadable deliveries, and of readable ones whose item is
not."""
LATE, TORN = "late-", "torn-"
"""Of the calls told once, every tenth is named so, and every tenth thus: an older release can't read their items, or
their deliveries (see `older_release` in `planted.py`)."""
LIVE_SOURCE = "once-live"
AGENT_EVERY_S, ASK_EVERY_S = 1.0, 0.5
FIGURES = ("partners", "agents")
"""Dimensions that are asked for, by turns: the first by day, the second by quarter of an hour."""


class Sending(NamedTuple):
    """A request with what the journal has to know of it. `once`: the call that is told by this request alone, which
    is sent once whatever becomes of it; `second`: when it begins. A call of the live source is told as it begins: its
    request is made when it is sent."""

    request: Request
    source: str
    once: str | None = None
    second: int = 0


def firm(seed: int) -> Company:
    """Three partners whose platforms send at least once, and one that only the calls told once belong to."""
    return company(seed, partners=4, agents=60, connectors=("native", "twilio", "amazon-connect", "native"))


def planned(seed: int, deliveries: int, readable: bool = False) -> list[Sending]:
    """So many sendings in their final order. `readable`: without those that nobody can read."""
    dice = random.Random(seed)
    mine = firm(seed)
    told_once = mine.partners[3]
    usual = round(deliveries * (1 - ONCE - LIVE - UNREADABLE - BAD_ITEM) / (1 + REPEATED))
    requests = [Sending(r, r.path.split("/")[3]) for r in islice(_days(mine, seed, told_once.source), usual)]
    places = [(n + dice.uniform(-DISORDER, DISORDER), s) for n, s in enumerate(requests)]
    places += [(n + dice.uniform(0, 400), s) for n, s in enumerate(requests) if dice.random() < REPEATED]
    connect = [sending for sending in requests if sending.source == mine.partners[2].source]
    others = [
        Sending(_call_told_once(told_once, call, _second(n)), told_once.source, call, _second(n))
        for n in range(round(deliveries * ONCE))
        for call in ({0: LATE, 1: TORN}.get(n % 10, "once-") + str(n),)
    ]
    others += [
        Sending(_call_told_once(told_once, f"live-{n}", 0), LIVE_SOURCE, f"live-{n}")
        for n in range(round(deliveries * LIVE))
    ]
    if not readable:
        others += [
            Sending(_call_told_once(told_once, f"bad-{n}", _second(n), time="at tea time"), told_once.source)
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


def _call_told_once(partner: Partner, call: str, second: int, **more: str) -> Request:
    """The start of a call of which nothing else is ever told."""
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


async def set_up_live(http: httpx.AsyncClient, partner: Partner) -> None:
    """A source that runs on our clock, with the same key as the partner's own."""
    register = {"partner_id": partner.id, "name": partner.name, "country": None, "time_zone": partner.time_zone}
    settings = msgspec.structs.replace(partner.settings, counts="production", clock="live")
    secrets = {"standard-webhooks": partner.secrets["standard-webhooks"]}
    await known(http, LIVE_SOURCE, await set_up(http, register, LIVE_SOURCE, settings, secrets))


def _signed(partner: Partner, ident: str, body: bytes, second: int) -> Request:
    headers = {
        "content-type": "application/cloudevents+json",
        **standard_headers(partner.secrets["standard-webhooks"][0], ident, second, body),
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
        except BaseException:  # there may be nobody any more who could answer them
            for task in beside:
                task.cancel()
            raise
        self._calm.set()
        await asyncio.gather(*beside)

    def enough(self) -> None:
        """Begin nothing of the plan any more."""
        self._turns = count(len(self.plan))

    async def _lane(self, begun: float) -> None:
        loop = asyncio.get_running_loop()
        while (n := next(self._turns)) < len(self.plan):
            await asyncio.sleep(max(0.0, begun + n / self.rate - loop.time()))
            await _until(True, self._sent, n, self.plan[n])

    async def _sent(self, n: int, sending: Sending) -> bool:
        """One attempt; whether it was the last that is needed."""
        request, source, once, second = sending
        if source == LIVE_SOURCE and once is not None:
            second = int(clock.now().timestamp())
            request = _call_told_once(self.partner, once, second)._replace(path=f"/v1/in/{LIVE_SOURCE}")
        self.journal.note("invoke", n=n, source=source, once=once, second=second)
        try:
            answer = await self.http.request(
                request.method, request.path, headers=request.headers, content=request.body
            )
        except httpx.TransportError as error:
            self.journal.note("unknown", n=n, source=source, why=type(error).__name__)
            return once is not None
        if answer.status_code == 503:  # some of it may have been stored
            again = answer.headers.get("retry-after")
            self.journal.note("unknown", n=n, source=source, why="503", again=again)
            return once is not None
        if answer.status_code == 401 and source == LIVE_SOURCE:  # signed at a time that is too far from theirs
            self.journal.note("asked", path="in", status=401)
            return False
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
        period = f"from={FIRST_DAY}&to={FIRST_DAY + timedelta(days=1)}"
        for dimension in cycle(FIGURES):
            if self._calm.is_set():
                return
            more = "&time_zone=UTC&group_by=interval" if dimension == FIGURES[1] else ""
            path = f"/api/v1/performance/{dimension}?{period}{more}&partner={self.partner.id}"
            answer = await self._answer("GET", path, {}, None)
            if answer is not None and answer.status_code == 200:
                for view, as_of in answer.json()["as_of"].items():
                    self.journal.note("read", view=view, as_of=as_of, etag=answer.headers["etag"])
            await asyncio.sleep(ASK_EVERY_S)

    async def _asked(self, method: str, path: str, headers: dict[str, str], body: object) -> int:
        """The status of the answer; 0 for none."""
        answer = await self._answer(method, path, headers, body)
        return 0 if answer is None else answer.status_code

    async def _answer(self, method: str, path: str, headers: dict[str, str], body: object) -> httpx.Response | None:
        try:
            answer = await self.http.request(method, path, headers=headers, json=body)
        except httpx.TransportError:
            answer = None
        self.journal.note("asked", path=path.partition("?")[0], status=0 if answer is None else answer.status_code)
        return answer


async def _until(wanted: object, step: Callable[..., Awaitable[object]], *arguments: object) -> None:
    """The same again, until it gives what is wanted."""
    for pause in chain((0.05, 0.1), repeat(0.2)):
        if await step(*arguments) == wanted:
            return
        await asyncio.sleep(pause)

"""What is sent while the server dies again and again, and the sender's own journal of it.

Platforms send at least once: what was not answered is sent again. Beside them there are calls that are told once and
never again, whose outcome may stay unknown, and commands that are repeated under their key.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from urllib.parse import urlencode

import httpx
import msgspec

from services.simulate.company import Company, Partner, company
from services.simulate.driver import Request, requests_of
from services.simulate.floor import Shape
from services.simulate.signing import standard_headers, standard_webhooks, twilio
from services.simulate.stream import history_day

SEED = 20_260_304
DAY = date(2026, 3, 4)
MIDNIGHT = datetime(2026, 3, 5, tzinfo=UTC)
AFTER_MIDNIGHT = 1_000_000
"""The sender's numbers from here on are those of `after_midnight`."""
IN_FLIGHT = 8
AGAIN_S = 0.2
"""Until who got no answer asks again. There are ten of them, so a server that listens is asked soon."""
DISORDER, REPEATED = 60.0, 0.04
"""By how many places a delivery may come too early or too late, and the share that comes twice anyway."""


def firm() -> Company:
    """A partner on the native connector, one on Twilio, and one that only the calls told once belong to."""
    return company(SEED, partners=3, agents=60, connectors=("native", "twilio", "native"))


def planned(limit: int | None = None) -> list[Request]:
    """The deliveries of the first two partners on one day, in the order of the simulated network, numbered."""
    told_once = firm().partners[2].source
    found = (d for d in history_day(firm(), SEED, DAY, Shape()) if d.source != told_once)
    return list(requests_of(firm(), (d for d, _ in zip(found, range(limit or 1_000_000), strict=False))))


def disordered(requests: Sequence[Request], dice: random.Random) -> list[Request]:
    """Out of order, and some of them twice."""
    places = [(n + dice.uniform(-DISORDER, DISORDER), request) for n, request in enumerate(requests)]
    places += [(n + dice.uniform(0, 400), r) for n, r in enumerate(requests) if dice.random() < REPEATED]
    return [request for _, request in sorted(places, key=lambda place: place[0])]


@dataclass
class Journal:
    """What the sender knows. `taken`: request number -> the deliveries' ids that were answered; `once`: the call ->
    whether its only delivery was answered 2xx (False: unknown); `agents`: those whose command was answered."""

    taken: dict[int, list[str]] = field(default_factory=dict)
    once: dict[str, bool] = field(default_factory=dict)
    agents: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    unknown: int = 0

    def deliveries(self) -> set[str]:
        """The ids of all deliveries that were taken."""
        return {delivery for ids in self.taken.values() for delivery in ids}


class Sender:
    """Keeps requests in flight until it is told to finish, which it does when all of the plan has been answered."""

    def __init__(self, client: httpx.AsyncClient, plan: Sequence[Request], dice: random.Random, gap: float) -> None:
        self._client = client
        self._plan = plan
        self._dice = dice
        self._gap = gap
        self._next = count()
        self._finish = asyncio.Event()
        self.journal = Journal()

    async def run(self, in_flight: int = IN_FLIGHT) -> None:
        """All senders side by side."""
        async with asyncio.TaskGroup() as group:
            for _ in range(in_flight):
                group.create_task(self._deliveries())
            group.create_task(self._calls_told_once())
            group.create_task(self._commands())

    def finish(self) -> None:
        """Send what is left of the plan, and nothing beyond it."""
        self._finish.set()

    async def _deliveries(self) -> None:
        while (request := self._one()) is not None:
            await self._until_answered(request)
            if not self._finish.is_set():
                await asyncio.sleep(self._gap * self._dice.random() * 2)

    def _one(self) -> Request | None:
        """The next of the plan; when it has been sent, any of it once more."""
        n = next(self._next)
        if n < len(self._plan):
            return self._plan[n]
        return None if self._finish.is_set() else self._dice.choice(self._plan)

    async def _until_answered(self, request: Request) -> int:
        """Again and again; the status of the answer at last."""
        while True:
            answer = await self._attempt(request)
            if answer is not None and answer.status_code != 503:
                if request.n >= 0:
                    self.journal.statuses[answer.status_code] += 1
                if answer.status_code == 202:
                    self.journal.taken.setdefault(request.n, []).append(answer.json()["delivery"])
                return answer.status_code
            await asyncio.sleep(AGAIN_S)

    async def _attempt(self, request: Request) -> httpx.Response | None:
        """None: no answer, so nobody knows."""
        try:
            return await self._client.request(
                request.method, request.path, headers=request.headers, content=request.body
            )
        except httpx.TransportError:
            self.journal.unknown += 1
            return None

    async def _calls_told_once(self) -> None:
        """Each only when somebody listens, so that not all of them come to nothing."""
        for n in count():
            if self._finish.is_set():
                return
            request = call_told_once(firm(), n)
            answer = await self._attempt(request)
            if answer is not None and answer.status_code == 202:
                self.journal.taken.setdefault(request.n, []).append(answer.json()["delivery"])
            self.journal.once[f"once-{n}"] = answer is not None and answer.status_code == 202
            await asyncio.sleep(self._gap if answer is not None else AGAIN_S)

    async def _commands(self) -> None:
        """An agent is registered, again and again under the same key until it is answered."""
        partner = firm().partners[2]
        for n in count():
            if self._finish.is_set():
                return
            body = msgspec.json.encode({"partner_id": partner.id, "agent": f"extra-{n}", "name": f"Extra {n}"})
            request = Request(-1, "POST", "/api/v1/agents", {"idempotency-key": f"extra-{n}"}, body)
            status = await self._until_answered(request)
            if status != 201:
                raise RuntimeError(f"the command was answered with {status}")
            self.journal.agents.append(f"extra-{n}")
            await asyncio.sleep(self._gap)


def after_midnight() -> list[Request]:
    """Of each of the first two partners a kind of thing that nobody knows, an hour into the next day. It moves the
    clock of a source that runs on its recorded one: calls without an end are given up, and agents' days are closed."""
    at = MIDNIGHT + timedelta(hours=1)
    native, other = firm().partners[:2]
    event = {
        "specversion": "1.0",
        "id": "after-midnight",
        "source": "https://switch.example",
        "type": "com.tallyline.weather.changed.v1",
    }
    body, ident, second = msgspec.json.encode(event), "msg_after_midnight", int(at.timestamp())
    fields = {"CallSid": f"CA{0:032x}", "CallStatus": "dreaming"}
    signature = twilio(other.secrets["twilio-signature"][0], other.settings.public_url, list(fields.items()))
    signed = (
        {
            "content-type": "application/cloudevents+json",
            **standard_headers(native.secrets["standard-webhooks"][0], ident, second, body),
        },
        {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature},
    )
    return [
        Request(AFTER_MIDNIGHT + n, "POST", f"/v1/in/{partner.source}", headers | recorded(partner, at), content)
        for n, (partner, headers, content) in enumerate(
            zip((native, other), signed, (body, urlencode(fields).encode()), strict=True)
        )
    ]


def recorded(partner: Partner, at: datetime) -> dict[str, str]:
    """The headers that make a replay source take `at` for the time of receipt."""
    return {"tallyline-received-at": at.isoformat(), "tallyline-replay-key": partner.secrets["replay"][0]}


def call_told_once(company: Company, n: int) -> Request:
    """The start of a call of which nothing else is ever told."""
    partner = company.partners[2]
    at = datetime.combine(DAY, datetime.min.time(), UTC) + timedelta(hours=10, seconds=n)
    data = {"call": f"once-{n}", "direction": "inbound", "phase": "queued", "campaign": partner.campaigns[0].code}
    event = {
        "specversion": "1.0",
        "id": f"once-{n}",
        "source": "https://once.example/switch",
        "type": "com.tallyline.call.started.v1",
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }
    body, second, ident = msgspec.json.encode(event), int(at.timestamp()), f"msg_once_{n}"
    signature = standard_webhooks(partner.secrets["standard-webhooks"][0], ident, second, body)
    headers = {
        "content-type": "application/cloudevents+json",
        "webhook-id": ident,
        "webhook-timestamp": str(second),
        "webhook-signature": signature,
    }
    headers |= recorded(partner, at)
    return Request(-n - 2, "POST", f"/v1/in/{partner.source}", headers, body)


@asynccontextmanager
async def sending(
    client: httpx.AsyncClient, plan: Sequence[Request], dice: random.Random, gap: float
) -> AsyncIterator[Sender]:
    """A sender at work; at the end of the block it finishes its plan."""
    sender = Sender(client, plan, dice, gap)
    running = asyncio.create_task(sender.run())
    try:
        yield sender
    except BaseException:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        raise
    sender.finish()
    await running

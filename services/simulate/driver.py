"""Sends deliveries over HTTP as the platforms would: sets up their sources, keeps many requests in flight."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import msgspec

from services.calls.doors.fixture_source import fixture_source
from services.calls.doors.fixtures import Recording, load
from services.simulate.company import Company, Partner
from services.simulate.dealings import TICKETS, Step, body_of, dealings, of_tickets
from services.simulate.programme import entries
from services.simulate.schooling import QUESTIONS, lessons, pupils
from services.simulate.stream import TimedDelivery, deliveries, history_day, replayed
from shared.contracts.partners import COMMON, SourceSettings

IN_FLIGHT = 16
ATTEMPTS = 8
INGEST_FOLLOWS_S = 1.0
"""An ingest in another process reads the same view as often as the one that answers here, where it is not held up."""
WITHIN_S = 60.0
"""So long may what follows from a command take where the machine is busy."""
SERVED_WITHIN_S = 10.0
"""So long does whoever adds a source wait for its door; after that it is said that it is not there yet."""
PIECE = timedelta(minutes=20)
Issued = Sequence[Mapping[str, str]]
"""Credentials as the server tells them: `id`, `scheme`, and the `key` where it made that itself."""


class Request(NamedTuple):
    """One request of a platform, ready to be sent. `n` is the sender's own number of it."""

    n: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Sent:
    """What the server answered: counts by status, and the ids of accepted deliveries by the sender's number."""

    answers: Counter[int] = field(default_factory=Counter)
    accepted: dict[int, str] = field(default_factory=dict)


class NotSetUp(Exception):
    """The server did not take a partner or a source; the text says why."""


async def set_up(
    client: httpx.AsyncClient,
    partner: Mapping[str, str | None],
    source_id: str,
    settings: SourceSettings,
    secrets: Mapping[str, Iterable[str]],
) -> Issued:
    """Register partner and source if they are not there; its credentials of this set-up, as the server tells them."""
    answer = await client.post("/api/v1/partners", json=dict(partner))
    if answer.status_code not in (201, 409):
        raise NotSetUp(answer.text)
    body = {
        "id": source_id,
        "settings": msgspec.to_builtins(settings),
        "secrets": {scheme: list(values) for scheme, values in secrets.items()},
    }
    answer = await client.post("/api/v1/sources", json=body, headers={"idempotency-key": f"set-up-{source_id}"})
    if answer.status_code != 201:
        raise NotSetUp(answer.text)
    issued: Issued = answer.json()["credentials"]
    return issued


async def known(client: httpx.AsyncClient, source_id: str, issued: Issued, within: float = WITHIN_S) -> None:
    """Wait until ingest knows the source by these credentials, and not only by earlier ones: views follow commands
    after a moment, on a busy system a long one."""
    await _known_here(client, source_id, issued, within)
    await asyncio.sleep(INGEST_FOLLOWS_S)


async def _known_here(client: httpx.AsyncClient, source_id: str, issued: Issued, within: float = WITHIN_S) -> None:
    wanted = {credential["id"] for credential in issued}
    until = asyncio.get_running_loop().time() + within
    while asyncio.get_running_loop().time() < until:
        answer = await client.get(f"/api/v1/sources/{source_id}/intake")
        if answer.status_code == 200 and wanted <= set(answer.json()["credentials"]):
            return
        await asyncio.sleep(0.05)
    raise NotSetUp(f"ingest does not know {source_id} yet")


async def once(
    client: httpx.AsyncClient, path: str, holds: Callable[[Any], bool] = lambda told: True, *, within: float
) -> Any:
    """The answer when it is there and holds; views follow commands after a moment. NotSetUp where it does not come to
    within so many seconds."""
    for _ in range(int(within / 0.2)):
        answer = await client.get(path)
        if answer.status_code == 200 and holds(told := answer.json()):
            return told
        await asyncio.sleep(0.2)
    raise NotSetUp(f"{path}: {answer.text}")


async def send(
    client: httpx.AsyncClient,
    requests: AsyncIterator[Request] | Iterable[Request],
    in_flight: int = IN_FLIGHT,
    heard: Callable[[Request, int, str | None], None] | None = None,
) -> Sent:
    """Send all, so many at a time, each again while the server is busy or away, as a platform would.

    `heard` is told each request's answer: status, and the delivery's id if it was taken.
    """
    sent = Sent()
    queue: asyncio.Queue[Request | None] = asyncio.Queue(in_flight * 4)

    async def worker() -> None:
        while (request := await queue.get()) is not None:
            status, delivery = await _deliver(client, request)
            sent.answers[status] += 1
            if delivery:
                sent.accepted[request.n] = delivery
            if heard is not None:
                heard(request, status, delivery)

    workers = [asyncio.create_task(worker()) for _ in range(in_flight)]
    if isinstance(requests, AsyncIterator):
        async for request in requests:
            await queue.put(request)
    else:
        for request in requests:
            await queue.put(request)
    for _ in workers:
        await queue.put(None)
    await asyncio.gather(*workers)
    return sent


async def _deliver(client: httpx.AsyncClient, request: Request) -> tuple[int, str | None]:
    """Status 0: no answer, whatever was tried."""
    for attempt in range(ATTEMPTS):
        try:
            answer = await client.request(request.method, request.path, headers=request.headers, content=request.body)
        except httpx.TransportError:
            await asyncio.sleep(min(2.0, 0.05 * 2**attempt))
            continue
        if answer.status_code == 503:
            await asyncio.sleep(min(2.0, 0.05 * 2**attempt))
            continue
        delivery = answer.json().get("delivery") if answer.status_code == 202 else None
        return answer.status_code, delivery
    return 0, None


# Recorded sets


async def send_recorded(client: httpx.AsyncClient, folder: Path, demo: bool) -> tuple[str, Sent, list[int]]:
    """Deliver a directory of the fixture form, in its order, one after the other: source, answers, numbers.

    The source is added in replay mode if it is not there; its figures count as a test's unless the folder is a demo.
    """
    recording, keys = await set_up_recorded(client, folder, demo)
    sent = await send(client, recorded_requests(recording, keys), in_flight=1)
    return recording.source_id, sent, [n for n, _ in recording.deliveries]


async def set_up_recorded(client: httpx.AsyncClient, folder: Path, demo: bool) -> tuple[Recording, dict[str, str]]:
    """Add the source of a recorded set: the set, and the source's keys of our own by scheme."""
    recording = load(folder)
    settings = msgspec.structs.replace(recording.settings, counts="production" if demo else "test")
    partner = {
        "partner_id": settings.partner,
        "name": settings.partner,
        "country": None,
        "time_zone": settings.day_zone,
    }
    keys = {scheme: _own_key(client, recording.source_id, scheme) for scheme in COMMON}
    _, _, given = fixture_source(json.loads((folder / "source.json").read_text(encoding="utf-8")))
    proofs = COMMON if "bearer" in recording.secrets else COMMON - {"bearer"}
    secrets = given | {scheme: [keys[scheme]] for scheme in proofs}
    await known(client, recording.source_id, await set_up(client, partner, recording.source_id, settings, secrets))
    return recording, keys


def recorded_requests(recording: Recording, keys: Mapping[str, str]) -> Iterable[Request]:
    """The deliveries of a recorded set, in its order, with their recorded times."""
    for n, delivery in recording.deliveries:
        split = urlsplit(delivery.url)
        path = split.path if "/v1/in/" in split.path else f"/v1/in/{recording.source_id}"
        headers = dict(delivery.headers) | {
            "tallyline-received-at": delivery.received_at.isoformat(),
            "tallyline-replay-key": keys["replay"],
        }
        if headers.get("authorization") == "Bearer fixture":
            headers["authorization"] = f"Bearer {keys['bearer']}"
        if delivery.meta:
            headers["tallyline-meta"] = json.dumps(delivery.meta)
        yield Request(n, delivery.method, path + (f"?{split.query}" if split.query else ""), headers, delivery.body)


def _own_key(client: httpx.AsyncClient, source_id: str, scheme: str) -> str:
    """The same key whenever a set is sent again, since nobody tells it a second time; only our own key gives it."""
    ours = client.headers["authorization"].encode()
    return hmac.digest(ours, f"{source_id} {scheme}".encode(), "sha256").hex()


def trial_of(folder: Path) -> dict[str, Any]:
    """A directory of the fixture form as the body of a trial. What only its transport proves is tried unsigned."""
    recording = load(folder)
    address = recording.settings.public_url
    return {
        "signed": "bearer" not in recording.secrets,
        "deliveries": [
            {
                "method": delivery.method,
                "path": delivery.url.removeprefix(address) if address else "",
                "headers": delivery.headers,
                "base64": base64.b64encode(delivery.body).decode(),
                "received_at": delivery.received_at.isoformat(),
                "meta": delivery.meta,
            }
            for _, delivery in recording.deliveries
        ],
    }


async def add_source(
    client: httpx.AsyncClient, document: dict[str, Any], partner: str, live: bool, demo: bool
) -> dict[str, object]:
    """Set up the source of a `source.json` for a partner; where the platform delivers to, the keys made for it, and
    whether the door takes its deliveries by now."""
    source_id, settings, secrets = fixture_source(document)
    settings = msgspec.structs.replace(
        settings,
        partner=partner,
        clock="live" if live else "replay",
        counts="production" if live or demo else "test",
    )
    register = {"partner_id": partner, "name": partner, "country": None, "time_zone": settings.day_zone}
    issued = await set_up(client, register, source_id, settings, secrets)
    try:
        await known(client, source_id, issued, SERVED_WITHIN_S)
        served = True
    except NotSetUp:
        served = False
    shown = await client.get(f"/api/v1/sources/{source_id}")
    keys = {credential["scheme"]: credential["key"] for credential in issued if credential.get("key")}
    return {"id": source_id, "partner": partner, "keys": keys, "served": served} | (
        {"ingest_url": shown.json()["ingest_url"]} if shown.status_code == 200 else {}
    )


# Simulated companies


def register_of(partner: Partner) -> dict[str, str | None]:
    """What a partner is registered with."""
    return {
        "partner_id": partner.id,
        "name": partner.name,
        "country": partner.country,
        "time_zone": partner.time_zone,
    }


async def set_up_company(client: httpx.AsyncClient, company: Company, demo: bool) -> None:
    """All partners, sources and agents of a simulated company."""
    issued: dict[str, Issued] = {}
    for partner in company.partners:
        settings = msgspec.structs.replace(partner.settings, counts="production" if demo else "test")
        issued[partner.source] = await set_up(client, register_of(partner), partner.source, settings, partner.secrets)
        for agent in partner.agents:
            body = {
                "partner_id": partner.id,
                "agent": agent.id,
                "name": agent.name,
                "team": agent.team,
                "languages": list(agent.languages),
            }
            answer = await client.post("/api/v1/agents", json=body)
            if answer.status_code >= 300:
                raise NotSetUp(answer.text)
    for source, credentials in issued.items():
        await _known_here(client, source, credentials)
    await asyncio.sleep(INGEST_FOLLOWS_S)


async def enter_programme(client: httpx.AsyncClient, company: Company, today: date) -> None:
    """What a programme manager knows of the company's partners and of others. Done again, it changes nothing."""
    for entry in entries(company, today):
        key = {"idempotency-key": f"programme-{entry.key}"}
        answer = await client.request(entry.method, entry.path, json=entry.body, headers=key)
        if answer.status_code >= 300:
            raise NotSetUp(f"{entry.path}: {answer.text}")


async def enter_dealings(client: httpx.AsyncClient, company: Company, today: date) -> None:
    """What goes on with partners: contracts, a transition, a ramp, tickets. Done again, it changes nothing."""
    ids: dict[str, str] = {}
    for step in dealings(company, today):
        answer = await _stepped(client, step)
        if step.path == TICKETS:
            ids[step.key] = answer["id"]
    for step in of_tickets(company, ids):
        await _stepped(client, step)


async def _stepped(client: httpx.AsyncClient, step: Step) -> dict[str, Any]:
    content, media = body_of(step)
    return await entered(client, step.method, step.path, content, f"dealings-{step.key}", media)


async def enter_training(client: httpx.AsyncClient, company: Company, today: date, place: int = 0) -> None:
    """What a trainer knows of a campaign of the partner at a place, and the papers of those who passed. Done again, it
    changes nothing."""
    for entry in lessons(company, today, place):
        await entered(client, entry.method, entry.path, entry.body, f"training-{entry.key}")
    answers = {"answers": {name: [0] for name, *_ in QUESTIONS}}
    for one in pupils(company, place):
        key, course = f"training-{one.course}-{one.partner}-{one.agent}", f"{one.home}/courses/{one.course}"
        await entered(client, "POST", f"{course}/acknowledgement", {"version": "1.0"}, f"{key}-read")
        drawn = await entered(client, "POST", f"{course}/papers", {}, f"{key}-drawn")
        await entered(client, "POST", f"{one.home}/papers/{drawn['paper']}/answers", answers, f"{key}-handed-in")


async def entered(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    body: dict[str, Any] | bytes,
    key: str,
    media: str = "application/json",
    within: float = WITHIN_S,
    who: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The answer, asked for again while what it rests on is not known yet: views follow commands after a moment.
    `who`: the headers of somebody else than the client."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"idempotency-key": key, "content-type": media, **(who or {})}
    for _ in range(int(within / 0.05)):
        answer = await client.request(method, path, content=content, headers=headers)
        if answer.status_code < 300:
            told: dict[str, Any] = answer.json()
            return told
        if answer.status_code not in (404, 409):
            break
        await asyncio.sleep(0.05)
    raise NotSetUp(f"{path}: {answer.text}")


def requests_of(company: Company, found: Iterable[TimedDelivery]) -> Iterable[Request]:
    """Simulated deliveries as requests with their recorded times."""
    for n, delivery in enumerate(found):
        yield Request(n, delivery.method, delivery.path, replayed(company, delivery), delivery.body)


async def send_live(client: httpx.AsyncClient, company: Company, seed: int, now: Callable[[], datetime]) -> None:
    """What happens from now on, as it happens, for as long as this is left to run."""
    start = now()
    while True:
        end = start + timedelta(hours=6)

        async def arriving(low: datetime, high: datetime) -> AsyncIterator[Request]:
            found = await asyncio.to_thread(lambda: deliveries(company, seed, low, high))
            while (delivery := await asyncio.to_thread(next, found, None)) is not None:
                await asyncio.sleep(max(0.0, (delivery.received_at - now()).total_seconds()))
                yield Request(0, delivery.method, delivery.path, replayed(company, delivery), delivery.body)

        await send(client, arriving(start, end))
        start = end


async def send_history(
    client: httpx.AsyncClient,
    company: Company,
    seed: int,
    before: datetime,
    days: int,
    done: Callable[[int], None],
    skip: int = 0,
    rate: float = 0.0,
) -> None:
    """The past, newest day first: what of each day arrived before `before`. `done` hears how many days are in.

    The first day comes in pieces, the latest first, so that what is going on now is seen at once. `rate` (deliveries
    a second, 0: as fast as it goes) leaves the machine to others.
    """
    today: date = before.astimezone(UTC).date()
    for n in range(skip, days):
        found = history_day(company, seed, today - timedelta(days=n))
        past = await asyncio.to_thread(list, takewhile(lambda d: d.received_at < before, found))
        for piece in _latest_first(past) if n == 0 else (past,):
            await send(client, slowly(requests_of(company, piece), rate), in_flight=8)
        done(n + 1)


def _latest_first(found: Sequence[TimedDelivery]) -> Iterable[Sequence[TimedDelivery]]:
    """Pieces of so long, the latest first, each in order of arrival."""
    end = len(found)
    while end:
        start = bisect_left(found, found[end - 1].received_at - PIECE, key=lambda d: d.received_at)
        yield found[start:end]
        end = start


async def slowly(requests: Iterable[Request], rate: float) -> AsyncIterator[Request]:
    """At most so many a second; 0: as they come."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for n, request in enumerate(requests):
        if rate:
            await asyncio.sleep(max(0.0, begun + n / rate - loop.time()))
        yield request

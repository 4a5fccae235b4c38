"""The telephony's door under load: signed deliveries over real HTTP, beside a server that checks signatures only."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from services.bench.figures import Figures, Spent, latencies, measured, rates, report
from services.bench.ground import opened
from services.bench.load import Order, from_another_process
from services.bench.on import EMBEDDED, On
from services.bench.serving import served
from services.bench.signed import call_event, delivery
from services.calls.connectors.base import Delivery, Secrets
from services.calls.connectors.signatures import standard_webhooks
from services.simulate.company import Company
from shared import clock
from shared.contracts.partners import SourceSettings

BATCHES = (1, 10, 100)
EVENTS = {1: 6_000, 10: 20_000, 100: 60_000}
CONNECTIONS = {1: 16, 10: 16, 100: 8}
ROUNDS = 2


class OnlyAuthentic:
    """The ceiling: reads the body, checks the signature, answers; nothing is split, sealed or stored."""

    def __init__(self, settings: SourceSettings, secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        parts: list[bytes] = []
        more = True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        whole = Delivery(scope["method"], scope["path"], headers, b"".join(parts), clock.now())
        standard_webhooks(whole, self._settings, self._secrets)
        await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})


async def ingest(batches: Sequence[int] = BATCHES, share: float = 1.0, on: On = EMBEDDED) -> Figures:
    """Events a second, cost and latency of the door by events in a delivery; `of_ceiling` is the ratio of the CPU that
    the ceiling spends on an event to ours, from the same run, the two by turns. `share` of the usual events."""
    figures: Figures = on.figures()
    async with opened(("native",), on) as (system, firm):
        partner = firm.partners[0]
        ceiling = OnlyAuthentic(
            partner.settings, Secrets({name: tuple(keys) for name, keys in partner.secrets.items()})
        )
        for batch in batches:
            events = max(batch * 60, round(EVENTS[batch] * share))
            ours, its = _Sum(), _Sum()
            for turn in range(ROUNDS):
                for app, total in ((ceiling, its), (system.app, ours)):
                    await total.add(app, firm, batch, events, f"{batch}-{turn}")
            figures[f"batch_{batch}"] = (
                rates(ours.n, ours.spent)
                | latencies(ours.latencies)
                | {
                    "ceiling_cpu_us_per_event": rates(its.n, its.spent)["cpu_us_per_event"],
                    "of_ceiling": round(its.spent.cpu_s / its.n / (ours.spent.cpu_s / ours.n), 3),
                    "ceiling_p99_ms": latencies(its.latencies)["p99_ms"],
                }
            )
    return report("ingest", figures)


class _Sum:
    """What all rounds of one server came to."""

    def __init__(self) -> None:
        self.n = 0
        self.spent = Spent()
        self.latencies: list[float] = []

    async def add(self, app: ASGIApp, firm: Company, batch: int, events: int, name: str) -> None:
        """One more round. RuntimeError when a delivery was not taken."""
        partner = firm.partners[0]
        now = clock.now()
        requests = [
            delivery(
                partner.source,
                partner.secrets["standard-webhooks"][0],
                f"{name}-{first}",
                [call_event(n, now) for n in range(first, first + batch)],
                now,
            )
            for first in range(0, events, batch)
        ]
        async with served(app) as port:
            with measured() as spent:
                heard = await from_another_process(Order(port, requests, CONNECTIONS[batch]))
        if set(heard.statuses) != {202}:
            raise RuntimeError(f"answers: {heard.statuses}")
        self.n += batch * len(requests)
        self.spent = Spent(self.spent.wall_s + heard.seconds, self.spent.cpu_s + spent.cpu_s)
        self.latencies += heard.latencies

"""A whole server with a shop, and the panel of one of its agents, for the tests of what agents and staff see."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from services.moving.contents import SERVICES
from services.simulate.signing import standard_headers
from shared.clock import now
from shared.engine.managers import worker_of
from shared.engine.partitions import CHECKPOINTS
from shared.engine.relay import HEADS
from shared.runtime import Service
from shared.security import local_key
from tests.browser.conftest import Watched
from tests.e2e.contracts import AGREED, SIGNERS
from tests.e2e.crash.logbook import Logbook
from tests.e2e.switch import SECRET
from tests.e2e.test_panel import RULES, SPRING
from tests.engines.server import free_port

T = TypeVar("T")
ZONE = ZoneInfo("Europe/Zagreb")
SOURCE = {
    "id": "adria-switch",
    "settings": {
        "connector": "native",
        "partner": "adria",
        "day_zone": "Europe/Zagreb",
        "dispositions": {"SOLD": "sale"},
    },
    "secrets": {"standard-webhooks": [SECRET]},
}
NUMBERS = {"customer_number": "+385912345678", "our_number": "+38513334444"}
SCRIPT = {
    "kind": "script",
    "title": "Collagen",
    "languages": ["hr"],
    "start": "hello",
    "nodes": [
        {"type": "text", "id": "hello", "texts": {"hr": "Dobar dan, ovdje {agent.name}."}, "to": "heard"},
        {
            "type": "question",
            "id": "heard",
            "texts": {"hr": "Jeste li čitali o kolagenu?"},
            "answers": [
                {"id": "read", "texts": {"hr": "Jesam"}, "to": "offer"},
                {"id": "not-now", "texts": {"hr": "Ne sada"}, "to": "why"},
            ],
        },
        {
            "type": "offer",
            "id": "offer",
            "texts": {"hr": "{product.name} stoji {product.price}."},
            "sku": "KOL-30",
            "accepted": "age",
            "declined": "why",
        },
        {
            "type": "input",
            "id": "age",
            "texts": {"hr": "Koliko imate godina?"},
            "field": "age",
            "form": "number",
            "to": "sold",
        },
        {
            "type": "input",
            "id": "why",
            "texts": {"hr": "Što vas sprečava?"},
            "field": "why",
            "form": "choice",
            "choices": [{"id": "price", "texts": {"hr": "Cijena"}}],
            "to": "bye",
        },
        {"type": "disposition", "id": "sold", "code": "sale"},
        {"type": "disposition", "id": "bye", "code": "refused_price"},
    ],
}


SURVEY = {
    "kind": "survey",
    "title": "How did you hear of us?",
    "languages": ["hr"],
    "start": "heard",
    "nodes": [
        {
            "type": "input",
            "id": "heard",
            "texts": {"hr": "Gdje ste čuli za nas?"},
            "field": "heard",
            "form": "choice",
            "choices": [
                {"id": "tv", "texts": {"hr": "Na televiziji"}},
                {"id": "friend", "texts": {"hr": "Od prijatelja"}},
            ],
            "to": "wish",
        },
        {
            "type": "input",
            "id": "wish",
            "texts": {"hr": "Što biste još željeli?"},
            "field": "wish",
            "form": "text",
            "to": "thanks",
        },
        {"type": "disposition", "id": "thanks", "texts": {"hr": "Hvala."}, "code": "not_interested"},
    ],
}


def today() -> date:
    """The day of the partner."""
    return now().astimezone(ZONE).date()


class Shop:
    """A whole server with a partner, a campaign, its number, products and rules."""

    def __init__(self, data: Path, log: Path, port: int = 0, environ: Mapping[str, str] | None = None) -> None:
        port = port or free_port()
        self.data = data
        command = [sys.executable, "-m", "services.cli", "run", "--data", str(data), "--port", str(port)]
        with log.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output, env=os.environ | dict(environ or {}))
        self.base = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=self.base, timeout=60)
        self.eventually(self._ready, 120)
        self.http.headers["authorization"] = f"Bearer {local_key(data)}"

    def _ready(self) -> bool:
        assert self.process.poll() is None, "the server died"
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def set_up(self) -> None:
        """Everything that a sale needs."""
        away_from_midnight()
        self.done("POST", "/partners", {"partner_id": "adria", "name": "Adria", "time_zone": "Europe/Zagreb"})
        self.done("POST", "/sources", SOURCE)
        for sku, name in (("KOL-30", "Collagen"), ("VIT-60", "Vitamins")):
            self.done("PUT", f"/products/{sku}", {"name": name})
            prices = [{"country": "HR", "currency": "EUR", "net_minor": 3192}]
            body = {"prices": prices, "tax_rates": {"HR": "25"}, "reason": "As decided."}
            self.done("POST", f"/products/{sku}/prices", body)
            self.until(f"/products/{sku}")
        started = (now().date() - timedelta(days=1)).isoformat()
        self.done("PUT", "/scripts/collagen/draft", {"content": SCRIPT})
        self.done("POST", "/scripts/collagen/publication", {"draft": 1})
        self.done("PUT", "/scripts/heard-of-us/draft", {"content": SURVEY})
        self.done("POST", "/scripts/heard-of-us/publication", {"draft": 1})
        asked = {"scripts": {"hr": "collagen"}, "surveys": {"hr": "heard-of-us"}}
        self.done("PUT", "/campaigns/spring", SPRING | asked | {"starts": started})
        self.until("/campaigns/spring")
        self.done("POST", "/campaigns/spring/start")
        self.done("PUT", "/numbers/+38513334444", {"campaign": "spring", "country": "HR"})
        self.done("PUT", "/selling-rules/spring", RULES)
        self.until("/numbers/+38513334444")
        self.eventually(lambda: self.http.get("/api/v1/sources/adria-switch/intake").json().get("schemes"))

    def sign(self, hot_lead_seconds: int) -> None:
        """A contract with the partner by which hot leads are taken within this time."""
        route, month = "/contracts/adria:now", today().replace(day=1)
        following = (month + timedelta(days=32)).replace(day=1)
        sheet = AGREED.decode()
        for old, new in (
            ("hot_lead_seconds: 300", f"hot_lead_seconds: {hot_lead_seconds}"),
            ("2026-03-01", month.isoformat()),
            ("2027-02-28", f"{month.year + 1}-12-31"),
            ("2026-03", f"{month:%Y-%m}"),
            ("2026-04", f"{following:%Y-%m}"),
        ):
            sheet = sheet.replace(old, new)
        yaml = {"content-type": "application/yaml"}
        self.done("POST", "/partners/adria/adopt", {"stage": "negotiating", "reason": "Older than us."})
        self.done("POST", f"{route}/rounds", content=sheet, headers=yaml)
        self.until(route)
        self.done("PUT", f"{route}/agreement", {"round": 1})
        self.done("POST", f"{route}/drafts", content=sheet, headers=yaml)
        self.eventually(lambda: self.http.post(f"/api/v1{route}/approval").status_code in (201, 202))
        attached = self.done("POST", f"{route}/documents?name=signed.pdf", content=b"%PDF-1.7")
        signed = {"signed_on": month.isoformat(), "signers": SIGNERS, "documents": [attached["digest"]]}
        self.done("POST", f"{route}/signature", signed)

    def done(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The answer of a command that was carried out."""
        answer = self.http.request(method, f"/api/v1{path}", **(more or {"json": body}))
        assert answer.status_code in (200, 201, 202), f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def until(self, path: str) -> None:
        """Wait until a view has come so far."""
        self.eventually(lambda: self.http.get(f"/api/v1{path}").status_code == 200)

    def eventually(self, holds: Callable[[], Any], within_s: float = 60) -> Any:
        """The first value that is true."""
        begun = time.monotonic()
        while not (value := holds()):
            assert time.monotonic() - begun < within_s, "it did not come about"
            time.sleep(0.05)
        return value

    def at_rest(self) -> None:
        """Wait until all that was told, and what followed from it in whatever service, is in every view."""
        book = Logbook(self.data)
        for _ in range(2):  # what one has done may be work for another that was looked at before
            self.eventually(lambda: not any(_waits(book, service) for service in SERVICES))
            self.eventually(lambda: not any(v["lag"] for v in self.done("GET", "/operations/views")["items"]))

    def tell(self, call: str, kind: str, **data: Any) -> None:
        """The partner's switch says something of a call, now."""
        at = now()
        event = {
            "specversion": "1.0",
            "id": f"{call}-{kind}",
            "source": "https://adria.example/switch",
            "type": f"com.tallyline.{kind}.v1",
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "data": {"call": call, **data},
        }
        body, second = json.dumps(event).encode(), int(at.timestamp())
        headers = {
            "content-type": "application/cloudevents+json",
            **standard_headers(SECRET, f"msg_{call}-{kind}", second, body),
        }
        answer = self.http.post("/v1/in/adria-switch", content=body, headers=headers)
        assert answer.status_code == 202, answer.text

    def ring(self, call: str) -> None:
        """A call comes in for the agent."""
        self.tell(call, "call.started", direction="inbound", phase="ringing", agent="a7", **NUMBERS)

    def answer(self, call: str) -> None:
        """The agent takes it."""
        self.tell(call, "call.answered", answered_by="human", agent="a7", leg="l1")

    def end(self, call: str) -> None:
        """It is over."""
        self.tell(call, "call.ended", scope="call", reason="completed", ended_by="customer")


def _waits(book: Logbook, service: Service) -> bool:
    """Whether a service has not taken, or not published, something yet."""
    marks = book.documents(service.name, CHECKPOINTS)
    readers = [(worker_of(manager), manager.topic) for manager in service.managers]
    readers += [(each.worker, each.topic) for each in service.inputs]
    for worker, topic in readers:
        for partition, end in book.ends(topic).items():
            if marks.get(f"{worker}/{partition}", {}).get("offset", 0) != end:
                return True
    if service.publishes is None:
        return False
    head = book.documents(service.name, HEADS).get("head", {})
    return bool(book.committed(service.name)[1] or head.get("pending"))


def away_from_midnight() -> None:
    """Tests tell of a day and ask for it: one that is almost over for the partner is let pass."""
    left = datetime.combine(today() + timedelta(days=1), datetime.min.time(), ZONE) - now()
    if left < timedelta(minutes=3):
        time.sleep(left.total_seconds() + 1)


def aside(work: Coroutine[Any, Any, T]) -> T:
    """What comes of it, in a thread of its own: in this one Playwright's loop runs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@contextmanager
def serving(
    homes: pytest.TempPathFactory, port: int = 0, told: Callable[[Path], None] | None = None, /, **environ: str
) -> Iterator[Shop]:
    """A server on a data folder of its own, for as long as it is needed. `told`: what the folder is to hold before."""
    home = homes.mktemp("shop")
    (home / "data").mkdir(mode=0o700)
    if told is not None:
        told(home / "data")
    opened = Shop(home / "data", home / "server.log", port, environ)
    try:
        yield opened
    finally:
        opened.process.terminate()
        opened.process.wait(60)
        opened.http.close()


@contextmanager
def lead_of(browser: Browser, shop: Shop, partner: str) -> Iterator[Page]:
    """What a lead of the partner looks at."""
    asked = {"name": "Lea", "role": "partner", "partners": [partner]}
    key = shop.done("POST", "/keys", asked)["key"]
    context = browser.new_context(extra_http_headers={"authorization": f"Bearer {key}"})
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with serving(tmp_path_factory) as opened:
        opened.set_up()
        yield opened


EXPECTED = ("net::ERR_INTERNET_DISCONNECTED", "status of 403")
"""What the browser says when a test cuts the line, or goes where an agent may not. A module may name more."""


@pytest.fixture
def context(request: pytest.FixtureRequest, browser: Browser, shop: Shop) -> Iterator[BrowserContext]:
    """A browser in which the agent is signed in, watched."""
    opened = browser.new_context(viewport={"width": 1280, "height": 720})
    watched = Watched(opened, shop.base)
    yield opened
    opened.close()
    expected = (*EXPECTED, *getattr(request.module, "REFUSED", ()))
    assert [said for said in watched.complaints if not any(known in said for known in expected)] == []
    assert watched.elsewhere == []


@pytest.fixture
def page(context: BrowserContext, shop: Shop) -> Page:
    opened = context.new_page()
    link = shop.done("POST", "/agent-sign-in-links", {"name": "Ivo", "partner": "adria", "agent": "a7"})
    opened.goto(shop.base + link["path"])
    assert opened.url == f"{shop.base}/panel"
    return opened


@pytest.fixture
def office(browser: Browser, shop: Shop) -> Iterator[Page]:
    """The company's own staff, signed in and watched."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    watched = Watched(context, shop.base)
    page = context.new_page()
    page.goto(shop.base + shop.done("POST", "/sign-in-links")["path"])
    yield page
    context.close()
    assert watched.complaints == []
    assert watched.elsewhere == []

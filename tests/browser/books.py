"""A whole server with two partners' calls: of one a month that nobody has reported yet, of the other a month that is
agreed and billed. The past is told to a system in this process, whose clock goes through the days that an account
waits; the server finds it in its folder."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from msgspec.structs import replace
from playwright.sync_api import Browser, BrowserContext, Page

from services.reconciliation.invoices.invoice import Invoice
from shared.security import local_key
from tests.browser.conftest import Watched
from tests.browser.shop import aside
from tests.e2e.contracts import AGREED, signed_partner
from tests.e2e.switch import Switch, source
from tests.e2e.systems import System, Time, at_rest, start
from tests.e2e.test_invoices import (
    API,
    PRICING,
    agreed,
    called,
    confirmed,
    dearer,
    invoice_of,
    person,
    priced,
    sent,
)
from tests.e2e.test_month import CALLS, november, report
from tests.engines.server import free_port
from tests.unit.reconciliation.invoices.documents import ubl
from tests.unit.reconciliation.invoices.months import BUYER, SELLER

MONTH = "2026-11"
BILLED = "2026-09"
CHANGED = {
    "Amount_(EUR)": {4: "94.00", 5: "49.00"},
    "Result": {5: "Sale"},
}
"""A sale that is dearer, and one that never was."""
LEFT_OUT, TWICE = 8, 12
"""A sale that is not reported, and one that is reported twice."""
DIFFERENCE = 4500 + 4900 - 4900 + 4900


def faulty() -> bytes:
    """The partner's report of November, wrong in four ways."""
    lines = report([number for number in range(CALLS) if number != LEFT_OUT], **CHANGED).splitlines(keepends=True)
    return b"".join([*lines, next(line for line in lines if line.startswith(f"c-{TWICE},".encode()))])


def predicted(data: Path) -> Invoice:
    """Tell the past; the invoice of September as it should be."""

    async def tell() -> Invoice:
        clock = Time()
        async with start("embedded", data, clock) as system:
            await signed_partner(system, "adria", "2026-02-25")
            sheet: dict[str, Any] = yaml.safe_load(AGREED) | {"pricing": PRICING}
            await signed_partner(system, "zvono", "2026-02-25", yaml.safe_dump(sheet).encode())
            for name in ("adria", "zvono"):
                await sent(system.client, "POST", "/api/v1/sources", 201, json=source(f"{name}-switch", name))
            await at_rest(system)
            await november(system, clock)
            return await _september(system, clock)

    return aside(tell())


async def _september(system: System, clock: Time) -> Invoice:
    people = {name: await person(system, name) for name in ("ana", "ben", "cora")}
    parties = {name: _identity(one) for name, one in (("seller", SELLER), ("buyer", BUYER))}
    billing = {**parties, "contract_reference": "C-7"}
    await sent(system.client, "PUT", f"{API}/partners/zvono/billing", 202, json=billing)
    await confirmed(system, people, clock)
    switch = Switch(system, clock, "zvono-switch")
    await agreed(system, BILLED, await called(switch, BILLED, datetime(2026, 9, 7, 8, tzinfo=UTC), 3))
    return invoice_of(await priced(system, BILLED), "2026-0031", date(2026, 10, 6))


def _identity(party: Any) -> dict[str, str]:
    return {name: getattr(party, name) for name in party.__struct_fields__ if getattr(party, name)}


class Books:
    """The server, and people who look at it."""

    def __init__(self, data: Path, log: Path, good: Invoice) -> None:
        self.good = ubl(good)
        self.dear = ubl(replace(dearer(good), number="2026-0032"))
        port = free_port()
        command = [sys.executable, "-m", "services.cli", "run", "--data", str(data), "--port", str(port)]
        with log.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)
        self.base = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=self.base, timeout=60)
        self.eventually(self._ready, 120)
        self.http.headers["authorization"] = f"Bearer {local_key(data)}"
        self._keys: dict[str, str] = {}

    def _ready(self) -> bool:
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def key(self, name: str, role: str, partners: list[str] | None = None) -> str:
        """Of somebody; the same one each time."""
        if name not in self._keys:
            body = {"name": name, "role": role} | ({} if partners is None else {"partners": partners})
            answer = self.http.post("/api/v1/keys", json=body)
            assert answer.status_code == 201, answer.text
            self._keys[name] = str(answer.json()["key"])
        return self._keys[name]

    def month(self) -> dict[str, Any]:
        """November as the API tells it."""
        found: dict[str, Any] = self.http.get(f"/api/v1/reconciliation/months/adria:{MONTH}").json()
        return found

    def eventually(self, holds: Callable[[], bool], within_s: float = 60) -> None:
        """Wait until it holds."""
        begun = time.monotonic()
        while not holds():
            assert time.monotonic() - begun < within_s, "it did not come about"
            time.sleep(0.1)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    home = tmp_path_factory.mktemp("books")
    (home / "data").mkdir(mode=0o700)
    opened = Books(home / "data", home / "server.log", predicted(home / "data"))
    try:
        yield opened
    finally:
        opened.process.terminate()
        opened.process.wait(60)
        opened.http.close()


@contextmanager
def looking_as(
    browser: Browser, books: Books, name: str, role: str, partners: list[str] | None = None, **options: Any
) -> Iterator[tuple[BrowserContext, Page]]:
    """Somebody's browser. Whatever its pages complain about or ask of others fails the test."""
    headers = {"authorization": f"Bearer {books.key(name, role, partners)}"}
    context = browser.new_context(extra_http_headers=headers, **{"viewport": {"width": 1280, "height": 800}} | options)
    watched = Watched(context, books.base)
    yield context, context.new_page()
    context.close()
    assert watched.complaints == []
    assert watched.elsewhere == []

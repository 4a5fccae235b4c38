"""Headless Chromium, and a server of the gateway over the company in memory, for the tests of the pages."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.engines.server import free_port

ROOT = Path(__file__).parents[2]
expect.set_options(timeout=30_000)  # what comes is seen at once; a busy machine takes its time
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder need a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def chromium() -> str | None:
    """The browser: `CHROMIUM`, else Debian's, else one on PATH."""
    named = os.environ.get("CHROMIUM")
    debian = "/usr/bin/chromium" if Path("/usr/bin/chromium").exists() else None
    return named or debian or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests. In CI its absence is a failure."""
    path = chromium()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is missing, and in CI the pages must be tested: apt-get install chromium")
        pytest.skip("LEFT OUT: no Chromium here, so no page was tested. apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


class Served:
    """A running server, its address, and the link to sign in that it printed."""

    def __init__(self, port: int, data: Path, *options: str) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self._command = [sys.executable, "-m", "tests.browser.server", str(port), str(data), *options]
        self.start()

    def start(self) -> None:
        """Start, and wait until it listens."""
        self.process = subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.link = self.process.stdout.readline().strip()
        assert self.link.startswith(self.base), "the server did not start"
        port = int(self.base.rpartition(":")[2])
        for _ in range(1_200):
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        self.kill()
        raise AssertionError("the server does not listen")

    def kill(self) -> None:
        """Like a crash."""
        self.process.kill()
        self._reap()

    def stop(self, within_s: float = 60) -> None:
        """Tell it to end, and wait."""
        self.process.send_signal(signal.SIGTERM)
        self._reap(within_s)

    def _reap(self, within_s: float = 60) -> None:
        self.process.wait(within_s)
        if self.process.stdout is not None:
            self.process.stdout.close()


@contextmanager
def serving(data: Path, *options: str) -> Iterator[Served]:
    """A server for as long as the block runs."""
    server = Served(free_port(), data, *options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server that most tests share: 120 agents, some with names that try to break out."""
    with serving(tmp_path_factory.mktemp("gateway"), "--hostile") as running:
        yield running


class Watched:
    """What a context's pages said and asked for."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.base = base
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        context.on("console", lambda said: self._said(said.type, said.text))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("request", lambda request: self._asked(request.url))

    def forget(self) -> None:
        """What there was is told already."""
        self.complaints.clear()
        self.elsewhere.clear()

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{kind}: {text}")

    def _asked(self, url: str) -> None:
        if not url.startswith((f"{self.base}/", "data:", "blob:")):
            self.elsewhere.append(url)


def follow(page: Page, link: Locator) -> None:
    """Click a link, and wait for the page that it leads to: what stands on the one before is not read."""
    with page.expect_navigation():
        link.click()


@pytest.fixture(scope="session")
def cookies(browser: Browser, server: Served) -> list[dict[str, object]]:
    """The session that the sign-in link opened, which works only once."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(server.link)
    assert page.url == f"{server.base}/wallboard"
    kept = [dict(cookie) for cookie in context.cookies()]
    context.close()
    return kept


@contextmanager
def looking(
    browser: Browser, base: str, cookies: list[dict[str, object]], **options: object
) -> Iterator[tuple[BrowserContext, Watched]]:
    """A signed-in context. Whatever its pages complain about or ask of others fails the test."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    context.add_cookies(cookies)  # type: ignore[arg-type]
    watched = Watched(context, base)
    yield context, watched
    context.close()
    assert watched.complaints == []
    assert watched.elsewhere == []


@pytest.fixture
def context(browser: Browser, server: Served, cookies: list[dict[str, object]]) -> Iterator[BrowserContext]:
    """A signed-in context on the shared server, watched."""
    with looking(browser, server.base, cookies) as (opened, _watched):
        yield opened


@pytest.fixture
def page(context: BrowserContext, server: Served) -> Iterator[Page]:
    """The wallboard, open."""
    opened = context.new_page()
    opened.goto(f"{server.base}/wallboard")
    yield opened
    opened.close()

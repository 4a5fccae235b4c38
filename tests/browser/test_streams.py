"""The live stream under a real server: broken off, shared between tabs, ended on a stop, and not too many."""

from __future__ import annotations

import re
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Served, looking, serving
from tests.browser.memory import Memory
from tests.browser.test_wallboard import wait_ticks

LIVE = re.compile(r"^Live \d s$")
STREAM = "/api/v1/live?view=wallboard"
STALLED = 100
STALLED_GROWTH = STALLED * 256 * 1024
"""What so many streams may hold that nobody reads: for each what is on its way, and no queue."""


def session(server: Served) -> dict[str, str]:
    """Sign in without a browser; the cookie."""
    answer = httpx.get(server.link)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/wallboard"
    return dict(answer.cookies)


def test_a_killed_server_shows_as_no_data_and_then_the_page_is_live_again(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        context = browser.new_context()
        page = context.new_page()
        page.goto(server.link)
        expect(page.locator("#live")).to_have_text(LIVE)
        server.kill()
        expect(page.locator("#live")).to_have_text(re.compile(r"No data for ([5-9]|\d\d) s"))
        expect(page.locator("#live")).to_have_attribute("data-state", "silent")
        server.start()
        expect(page.locator("#live")).to_have_text(LIVE)
        before = page.locator(".c-since").nth(3).inner_text()
        expect(page.locator(".c-since").nth(3)).not_to_have_text(before)
        expect(page.locator("tbody tr")).to_have_count(120)
        context.close()


def test_eight_tabs_live_on_one_stream_and_survive_their_leader(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        first = browser.new_context()
        tab = first.new_page()
        tab.goto(server.link)
        cookies = [dict(cookie) for cookie in first.cookies()]
        first.close()
        with looking(browser, server.base, cookies) as (context, _watched):
            streams: list[str] = []
            context.on("request", lambda request: streams.append(request.url) if STREAM in request.url else None)
            tabs = [context.new_page() for _ in range(8)]
            for tab in tabs:
                tab.goto(f"{server.base}/wallboard")
            for tab in tabs:
                expect(tab.locator("#live")).to_have_text(LIVE)
            assert len(streams) == 1
            tabs[0].close()
            for tab in tabs[1:]:
                before = tab.evaluate("() => performance.now()")
                expect(tab.locator("#live")).to_have_text(LIVE)
                assert before > 0
            tabs[1].wait_for_timeout(6000)
            for tab in tabs[1:]:
                expect(tab.locator("#live")).to_have_text(LIVE)
            assert len(streams) == 2


def test_a_stop_ends_open_streams_with_a_bye_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as server, httpx.Client(base_url=server.base, cookies=session(server)) as client:
        with client.stream("GET", STREAM) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            assert next(lines) == "retry: 2000"
            asked = time.monotonic()
            server.stop(within_s=5)
            assert time.monotonic() - asked < 5
            rest = list(lines)
        assert 'data: {"why":"restart"}' in rest


def test_a_stop_with_fifty_streams_ends_each_with_a_bye_within_five_seconds(tmp_path: Path) -> None:
    with serving(tmp_path, "--streams-each", "50") as server:
        cookies = session(server)
        many = httpx.Limits(max_connections=60)
        with httpx.Client(base_url=server.base, cookies=cookies, limits=many, timeout=60) as client:
            held = [client.send(client.build_request("GET", STREAM), stream=True) for _ in range(50)]
            assert [answer.status_code for answer in held] == [200] * 50
            asked = time.monotonic()
            server.stop(within_s=5)
            assert time.monotonic() - asked < 5
            for answer in held:
                assert 'data: {"why":"restart"}' in answer.read().decode()


def test_a_viewer_has_six_streams_and_the_seventh_is_asked_to_wait(tmp_path: Path) -> None:
    with serving(tmp_path) as server, httpx.Client(base_url=server.base, cookies=session(server)) as client:
        held = [client.send(client.build_request("GET", STREAM), stream=True) for _ in range(6)]
        assert [answer.status_code for answer in held] == [200] * 6
        seventh = client.get(STREAM)
        assert seventh.status_code == 503
        assert int(seventh.headers["retry-after"]) > 0
        held.pop().close()
        for _ in range(600):
            with client.stream("GET", STREAM) as again:
                if again.status_code == 200:
                    break
            time.sleep(0.05)
        assert again.status_code == 200
        for answer in held:
            answer.close()


def test_who_comes_back_gets_what_was_missed_and_who_was_too_long_away_fetches_anew(tmp_path: Path) -> None:
    with serving(tmp_path) as server, httpx.Client(base_url=server.base, cookies=session(server)) as client:
        known = client.get("/api/v1/wallboard").json()["id"]
        time.sleep(2.5)
        with client.stream("GET", STREAM, headers={"last-event-id": known}) as stream:
            lines = stream.iter_lines()
            ids = [next(line for line in lines if line.startswith("id: ")) for _ in range(2)]
            assert len(set(ids)) == 2
        with client.stream("GET", f"{STREAM}&since=other~2020-01-01~1") as stream:
            assert next(line for line in stream.iter_lines() if line.startswith("event: ")) == "event: resync"


def stalled(server: Served, cookies: dict[str, str]) -> socket.socket:
    """Somebody who asks for the stream and takes nothing of it. The window is small, so that it is soon full."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    line.connect(("127.0.0.1", int(server.base.rpartition(":")[2])))
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    line.sendall(
        f"GET {STREAM} HTTP/1.1\r\nhost: {server.base.partition('//')[2]}\r\ncookie: {cookie}\r\n\r\n".encode()
    )
    return line


def test_a_hundred_readers_that_stall_disturb_nobody_and_cost_nothing(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, "--streams-each", str(STALLED + 6), "--agents", "500") as server, ExitStack() as held:
        cookies = session(server)
        kept: list[dict[str, object]] = [
            {"name": name, "value": value, "url": server.base} for name, value in cookies.items()
        ]
        with looking(browser, server.base, kept) as (context, _watched):
            page = context.new_page()
            page.goto(f"{server.base}/wallboard")
            expect(page.locator("#live")).to_have_text(LIVE)
            memory = Memory(server.process.pid)
            lines = [held.enter_context(stalled(server, cookies)) for _ in range(STALLED)]
            assert all(line.recv(12) == b"HTTP/1.1 200" for line in lines)
            for _ in range(30):
                wait_ticks(page, 1)
                expect(page.locator("#live")).to_have_text(LIVE)
            row = page.locator("tbody tr").nth(4).locator(".c-since")
            expect(row).not_to_have_text(row.inner_text())
            assert memory.grown < STALLED_GROWTH

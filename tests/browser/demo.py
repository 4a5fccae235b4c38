"""The demo as a new user starts it, and what each role finds in it: pages with data, found by their links."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

import httpx
import pytest
from fastapi.routing import APIRoute
from lxml.html import fromstring
from playwright.sync_api import Browser, BrowserContext

from services.gateway.pages import PARTS
from services.gateway.pages.site import NAVIGATION, PANEL
from shared.rights import RIGHTS, Right, Role
from shared.security import local_key
from tests.browser.conftest import Watched
from tests.browser.shop import SURVEY
from tests.engines.server import free_port

OF_ONE_PARTNER: tuple[Role, ...] = ("agent", "partner")
BEGINNINGS: tuple[tuple[str, Right], ...] = (
    ("/preferences", "here"),
    ("/search?q=a", "partners.read"),
    ("/scripts/new?id=thanks", "scripts.write"),
    ("/admin/audit/check", "audit.read"),
)
"""Pages to which no link of the navigation leads, with the right that each asks for."""
ROUTES = tuple(
    route for part in PARTS for route in part.routes if isinstance(route, APIRoute) and "GET" in (route.methods or ())
)
"""What answers to a page's address. Of two that fit the first one does."""
_FACES = ("agent", "over")
_LINK = re.compile(r'<a [^>]*?href="(/[^"#]*)')
_NOT_PAGES = ("/api/", "/static/", "/v1/")


ACCOUNTS = ("reconciliation/invoices", "reconciliation/months")
SESSION = "/training/sessions/new-prices"
"""A live session that the demo's trainer holds while it starts."""


class Found(NamedTuple):
    """A page of the demo, by the address that led to it, as it came."""

    role: Role
    path: str
    html: bytes

    @property
    def built(self) -> tuple[object, ...]:
        """Of what it is built: which page it is, and all that stands in it."""
        main = fromstring(self.html).get_element_by_id("main")
        return (kind_of(self.path), frozenset((one.tag, one.get("class")) for one in main.iter("*")))


class Demo:
    """A demo that runs, with the sessions of all roles."""

    def __init__(self, data: Path, log: Path, days: int = 1) -> None:
        self.base = f"http://127.0.0.1:{free_port()}"
        port = self.base.rpartition(":")[2]
        command = [sys.executable, "-m", "tests.browser.pseudo", "run", "--demo", "--data", str(data), "--port", port]
        with log.open("wb") as output:
            self.process = subprocess.Popen([*command, "--days", str(days)], stdout=output, stderr=output)
        self.http = httpx.Client(base_url=self.base, timeout=30)
        self._until(lambda: self.http.get("/readyz").status_code == 200)
        self.http.headers["authorization"] = f"Bearer {local_key(data)}"
        for path in ("partners", "training/courses", "calls", *ACCOUNTS, "orders", "imports"):
            self._until(lambda path=path: self.items(f"/{path}"))
        self._keys: dict[Role, str] = {}
        self._add()
        self._until(lambda: self.http.get(f"/api/v1{SESSION}").json().get("state") == "held")
        self.agent = self._taught()
        self.order = self.items("/orders")[0]["order"]
        month = self.items("/reconciliation/months")[0]
        self.reporter, self.month = month["partner_id"], month["month"]

    def _add(self) -> None:
        """What a company adds itself and no demo has: a script that is published, and a webhook."""
        script = "/scripts/heard-of-us"
        endpoint = {"name": "Warehouse", "url": "https://warehouse.example/in", "events": ["MonthAgreed"]}
        for method, path, body in (
            ("PUT", f"{script}/draft", {"content": SURVEY}),
            ("POST", f"{script}/publication", {"draft": 1}),
            ("PUT", f"{script}/draft", {"content": SURVEY | {"title": "How did you find us?"}}),
            ("POST", "/webhooks", endpoint),
        ):
            self._done(method, path, body)
        self._until(lambda: any(one["draft"] == 2 for one in self.items("/scripts")) and self.items("/webhooks"))

    def _taught(self) -> tuple[str, str]:
        """An agent who was at the session, and has begun a paper."""
        told = self.http.get(f"/api/v1{SESSION}").json()
        partner, agent = next((one["partner"], one["agent"]) for one in told["invitations"] if one["present"])
        home = f"/training/agents/{partner}/{quote(agent, safe='')}"
        course = f"{home}/courses/{told['planned']['course']}"
        self._done("POST", f"{course}/acknowledgement", {"version": "1.0"})
        paper = self._done("POST", f"{course}/papers", {})["paper"]
        self._until(lambda: self.http.get(f"/api/v1{home}/papers/{paper}").status_code == 200)
        return partner, agent

    def _done(self, method: str, path: str, body: dict[str, Any]) -> Any:
        answer = self.http.request(method, f"/api/v1{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def items(self, path: str) -> list[Any]:
        """A list of the API."""
        return list(self.http.get(f"/api/v1{path}").raise_for_status().json()["items"])

    def key(self, role: Role) -> dict[str, str]:
        """What a browser sends to be of the role. Who belongs to a partner belongs to the agent's, a lead to the one
        that reported a month too."""
        if role not in self._keys:
            asked: dict[str, Any] = {"name": role, "role": role}
            if role in OF_ONE_PARTNER:
                partner, agent = self.agent
                asked["partners"] = [partner] if role == "agent" else [partner, self.reporter]
                if role == "agent":
                    asked["agent"] = agent
            self._keys[role] = self.http.post("/api/v1/keys", json=asked).raise_for_status().json()["key"]
        return {"authorization": f"Bearer {self._keys[role]}"}

    def found_by(self, role: Role, deep: int = 2) -> list[Found]:
        """Each kind of page that the role comes to by links, from the pages of the navigation on; one of each kind."""
        reported: tuple[str, Right] = (f"/reconciliation/{self.reporter}/{self.month}", "reconciliation.read")
        ordered: tuple[str, Right] = (f"/orders/{quote(self.order, safe='')}", "selling.read")
        menu = ((target, right) for target, _name, right in NAVIGATION)
        begins = [(PANEL, "panel"), *menu, *BEGINNINGS, reported]
        if role not in OF_ONE_PARTNER:  # it is another one's
            begins.append(ordered)
        left = [(path, 0) for path, right in begins if role in RIGHTS[right]]
        kinds = {kind_of(path) for path, _depth in left}
        found: list[Found] = []
        while left:
            path, depth = left.pop(0)
            answer = self.http.get(path, headers={**self.key(role), "accept": "text/html"})
            if depth and answer.status_code == 403:  # a figure of the wallboard, which more may see than what is behind
                continue
            assert answer.status_code == 200, f"{role} {path}: {answer.status_code}"
            if "text/html" not in answer.headers["content-type"]:  # a file
                continue
            found.append(Found(role, path, answer.content))
            for link in _LINK.findall(answer.text) if depth < deep else ():
                to = unescape(link)
                if kind_of(to) not in kinds and to != "/" and not to.startswith(_NOT_PAGES):
                    kinds.add(kind_of(to))
                    left.append((to, depth + 1))
        return found

    @contextmanager
    def looked_at(self, browser: Browser, role: Role, **options: Any) -> Iterator[tuple[BrowserContext, Watched]]:
        """A browser in which the role is signed in. What its pages complain about or ask of others fails the test."""
        language = options.pop("language", "")
        context = browser.new_context(extra_http_headers=self.key(role), **options)
        if language:
            context.add_cookies([{"name": "language", "value": language, "url": self.base}])
        watched = Watched(context, self.base)
        yield context, watched
        context.close()
        assert watched.complaints == []
        assert watched.elsewhere == []

    def stop(self) -> None:
        """As on Ctrl-C."""
        self.http.close()
        self.process.terminate()
        self.process.wait(60)

    def _until(self, holds: Any, within_s: float = 300) -> None:
        begun = time.monotonic()
        while time.monotonic() - begun < within_s:
            try:
                if holds():
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.25)
        self.process.terminate()  # nobody gets to stop one that did not begin
        raise AssertionError("the demo did not come so far")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("demo")
    (home / "data").mkdir(mode=0o700)
    opened = Demo(home / "data", home / "server.log")
    yield opened
    opened.stop()


class Pages(dict[Role, list[Found]]):
    """What each role finds, looked for when it is asked for."""

    def __init__(self, demo: Demo) -> None:
        super().__init__()
        self._demo = demo

    def __missing__(self, role: Role) -> list[Found]:
        return self.setdefault(role, self._demo.found_by(role))


@pytest.fixture(scope="module")
def pages(demo: Demo) -> Pages:
    """Of all roles."""
    return Pages(demo)


def kind_of(path: str) -> tuple[str, ...]:
    """Which page an address is of: the route that answers it, and which of its faces is asked for."""
    parts = urlsplit(path)
    route = next((route.path for route in ROUTES if route.path_regex.match(unquote(parts.path))), parts.path)
    asked = sorted(part.partition("=")[0] for part in parts.query.split("&"))
    return (route, *(name for name in asked if name in _FACES))

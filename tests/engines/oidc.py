"""A real OpenID provider, `oidc-provider` from npm, and somebody who signs in on its own pages."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest

from tests.engines.server import Server, kept, listens, recipe

NEEDED = "node and npm are needed for a real OpenID provider: apt-get install nodejs npm"
ROLES = "admins=admin,floor=supervisor,books=accountant,outside=partner"


def provider(ours: str) -> Server:
    """One that sends people back to `ours`. Without node the test fails: nothing else shows that signing in works."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.fail(NEEDED)

    def command(parts: Path, home: Path, port: int) -> Sequence[str]:
        return ["node", str(parts / "provider.mjs"), str(port), ours]

    return Server("oidc", command, listens, own=True, brought=_brought)


def _brought(name: str) -> Path:
    source = recipe(name)
    files = sorted(source.iterdir())

    def making(part: Path) -> Sequence[str]:
        for file in files:
            shutil.copy(file, part)
        return ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(part)]

    return kept(name, b"".join(file.read_bytes() for file in files), making)


def signed_in(
    url: str, login: str, back: str, say: Callable[[str], None] = lambda _: None, there: httpx.Client | None = None
) -> dict[str, str]:
    """What the provider sends to `back` after somebody went to `url` and signed in on its pages as `login`. `there`: a
    browser that keeps their session with it."""
    with contextlib.nullcontext(there) if there else httpx.Client(timeout=20) as browser:
        answer = browser.get(url)
        for _ in range(20):
            while answer.is_redirect:
                url = urljoin(str(answer.url), answer.headers["location"])
                if url.startswith(back):
                    return dict(parse_qsl(urlsplit(url).query))
                answer = browser.get(url)
            assert answer.status_code == 200, f"{answer.url}: {answer.status_code} {answer.text[:300]}"
            form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            assert form, f"{answer.url} is no page with a form"
            fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
            if 'name="login"' in answer.text:
                fields |= {"login": login, "password": "any"}
            say(f"  {urlsplit(str(answer.url)).path}: {fields.get('prompt', 'form')}")
            answer = browser.post(urljoin(str(answer.url), form[1]), data=fields)
    raise AssertionError("the provider has no end of pages")


def signed_out(server: Server, there: httpx.Client) -> None:
    """Somebody signs out at the provider, by whichever program, with the browser that has their session there."""
    asked = there.get(f"http://{server.address()}/session/end")
    form = re.search(r'<form[^>]*action="([^"]+)"', asked.text)
    assert form, asked.text[:300]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', asked.text))
    done = there.post(urljoin(str(asked.url), form[1]), data=fields | {"logout": "yes"})
    assert done.status_code in (200, 303), f"{done.status_code} {done.text[:300]}"


def restarted(server: Server) -> None:
    """The provider with new keys, at the same address."""
    server.crash()
    time.sleep(0.05)
    server.restart()

"""Every command of the runbooks runs, every query is one, and every metric named anywhere exists."""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import yaml

from services.simulate.signing import standard_headers
from shared.security import local_key
from tests.engines.server import free_port
from tests.monitoring.runbooks import PAGES, blocks
from tests.monitoring.scrape import names_of, scraped
from tests.monitoring.slo import ROOT

pytestmark = pytest.mark.monitoring
METRIC = re.compile(r"\btallyline_[a-z_]*[a-z]\b(?![./-])")
SECRET = "whsec_" + "YWNtZSdzIGtleSBvZiBhIHRlc3QsIDI0IGJ5dGVzIQ=="
MEANT = {"tallyline_session"}
WHERE = ("", "stopped", "cluster", "elsewhere")


def with_commands(where: str) -> list[str]:
    return [page.name for page in PAGES if any((b.language, b.where) == ("sh", where) for b in blocks(page))]


def commands(page: str, where: str) -> str:
    """One shell for a page: what it sets in one block, it uses in the next."""
    found = blocks(ROOT / "docs/runbooks" / page)
    return "\n".join(block.text for block in found if (block.language, block.where) == ("sh", where))


class Ground(NamedTuple):
    """A folder in which commands are run, with the data folder of a server, and where that listens."""

    folder: Path
    port: int
    server: subprocess.Popen[bytes]

    def run(self, text: str) -> None:
        """As they stand there, but for the port."""
        environ = os.environ | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "TALLYLINE_PORT": str(self.port),
        }
        script = "set -euo pipefail\n" + text.replace("8321", str(self.port))
        said = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert said.returncode == 0, f"{text}\n{said.stdout}\n{said.stderr}"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A system of one partner, with calls of customers and an item that nobody can read."""
    folder, port = tmp_path_factory.mktemp("runbooks"), free_port()
    command = [sys.executable, "-m", "services.cli", "run", "--data", str(folder / "data"), "--port", str(port)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _set_up(f"http://127.0.0.1:{port}", folder / "data")
        yield Ground(folder, port, server)
    finally:
        _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0


def _set_up(url: str, data: Path) -> None:
    with httpx.Client(base_url=url, timeout=30) as client:
        _until(lambda: client.get("/readyz").status_code == 200)
        client.headers["authorization"] = f"Bearer {local_key(data)}"
        client.post("/api/v1/partners", json={"partner_id": "acme", "name": "Acme"}).raise_for_status()
        secrets_of = {"standard-webhooks": [SECRET]}
        body = {"id": "acme-pbx", "settings": {"connector": "native", "partner": "acme"}, "secrets": secrets_of}
        client.post("/api/v1/sources", json=body).raise_for_status()
        _until(lambda: _deliver(client, _event("first", "started", direction="inbound")) == 202)
        for n in range(3):
            started = _event(f"c{n}", "started", direction="inbound", customer_number=f"+44770090012{n}")
            assert _deliver(client, started, _event(f"c{n}", "ended", scope="call")) == 202
        assert _deliver(client, _event("c9", "started", direction="inbound"), _event("c9", "ended")) == 202
        letters = "/api/v1/operations/dead-letters"
        _until(lambda: bool(client.get(letters).json()["items"]))


def _until(holds: object, within: float = 60.0) -> None:
    for _ in range(int(within / 0.2)):
        try:
            if callable(holds) and holds():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"not within {within} s")


def _event(call: str, kind: str, **more: str) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": f"{call}-{kind}",
        "source": "https://pbx.acme.example",
        "type": f"com.tallyline.call.{kind}.v1",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "data": {"call": call, **more},
    }


def _deliver(client: httpx.Client, *events: dict[str, object]) -> int:
    body, ident, second = json.dumps(events).encode(), secrets.token_hex(8), int(time.time())  # noqa: TID251
    headers = {
        "content-type": "application/cloudevents-batch+json",
        **standard_headers(SECRET, ident, second, body),
    }
    return client.post("/v1/in/acme-pbx", content=body, headers=headers).status_code


@pytest.mark.parametrize("page", with_commands(""))
def test_each_command_of_a_page_runs_beside_a_server(page: str, ground: Ground) -> None:
    ground.run(commands(page, ""))


@pytest.mark.parametrize("page", with_commands("stopped"))
def test_each_command_of_a_page_runs_while_no_server_does(page: str, ground: Ground) -> None:
    _end(ground.server)
    ground.run(commands(page, "stopped"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks_are_run_or_say_why_not(page: Path) -> None:
    for block in blocks(page):
        assert (block.language, block.where) in {("promql", ""), *(("sh", where) for where in WHERE)}
        if block.where == "elsewhere":
            assert all("# not run here: " in line for line in block.text.splitlines()), block.text


def test_no_command_takes_the_figures_of_one_process_for_those_of_all() -> None:
    """The gateway has a spool as well: one that is always empty."""
    found = [(page.name, block.text) for page in PAGES for block in blocks(page) if block.language == "sh"]
    assert found
    assert [name for name, text in found if "/metrics" in text] == []


def test_each_canary_is_told_where_the_door_is() -> None:
    called = [
        line for page in PAGES for b in blocks(page) for line in b.text.splitlines() if "tallyline canary" in line
    ]
    assert called
    assert [line for line in called if " --ingest " not in line] == [], "behind a gateway alone there is none"


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "README.md"], ids=lambda page: page.name)
def test_a_page_is_in_the_list_and_says_when_it_is_over(page: Path) -> None:
    assert f"({page.name})" in (ROOT / "docs/runbooks/README.md").read_text()
    text = page.read_text()
    if text.count("Alert"):
        assert "**It is over**" in text


def test_each_query_of_the_pages_is_one(tmp_path: Path) -> None:
    queries = [b.text.strip() for page in PAGES for b in blocks(page) if b.language == "promql"]
    assert len(queries) > 20
    parses(queries, tmp_path)


def parses(queries: list[str], folder: Path) -> None:
    """promtool has no command for a query alone, so each becomes a rule."""
    rules = [{"record": f"query_{n}", "expr": query} for n, query in enumerate(queries)]
    path = folder / "queries.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    said = subprocess.run(["promtool", "check", "rules", str(path)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """All that a running system tells, by the names under which Prometheus keeps it."""
    return names_of(asyncio.run(scraped(tmp_path_factory.mktemp("named"))))


@pytest.mark.parametrize(
    "path",
    [
        *PAGES,
        ROOT / "docs/monitoring.md",
        *sorted((ROOT / "deploy/monitoring").rglob("*.yaml")),
        *sorted((ROOT / "deploy/monitoring").rglob("*.json")),
    ],
    ids=lambda path: path.name,
)
def test_each_metric_that_is_named_exists(path: Path, names: set[str]) -> None:
    for name in set(METRIC.findall(path.read_text())) - MEANT:
        prefixes = {known for known in names if known.startswith(name)}
        assert prefixes, f"{path.name}: {name}"
        exact = name in names
        part = path.suffix == ".md" and any(known.startswith(f"{name}_") for known in prefixes)
        assert exact or part, f"{path.name}: {name} is not told under this name"

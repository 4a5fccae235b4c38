"""The servers that a system stands on, which nobody else uses, and the lines to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import httpx

from tests.engines import ferretdb, kafka, mongo, toxiproxy
from tests.engines.server import Server, built, free_port, jars, listens

Command = Callable[[Path, Path, int], Sequence[str]]
"""What was brought, folder for data and port -> the command line of a server."""
ANSWERS_S = 300.0
UP, DOWN = "upstream", "downstream"
Line = Literal["black hole", "lost answers", "slow line", "late line"]
LINES: dict[Line, list[tuple[str, str, dict[str, int]]]] = {
    "black hole": [("timeout", UP, {"timeout": 0}), ("timeout", DOWN, {"timeout": 0})],
    "lost answers": [("timeout", DOWN, {"timeout": 0})],
    "slow line": [("bandwidth", UP, {"rate": 30}), ("bandwidth", DOWN, {"rate": 60})],
    "late line": [("latency", UP, {"latency": 150, "jitter": 100}), ("latency", DOWN, {"latency": 150, "jitter": 100})],
}
"""What can become of a line: the toxics with their directions and settings (rate in KB/s, latency and jitter in ms; a
timeout of 0 lets nothing through, and drops the connections when it ends)."""


class OwnServer(Server):
    """A server that nobody else uses, so that it may be harmed."""

    def __init__(
        self,
        name: str,
        command: Command,
        ready: Callable[[int], bool],
        brought: Callable[[str], Path] = jars,
    ) -> None:
        super().__init__(name, command, ready, own=True, brought=brought)

    @property
    def pid(self) -> int:
        """The process that serves now."""
        if self._process is None:
            raise RuntimeError(f"{self.name} does not run")
        return self._process.pid


class Lines:
    """A proxy before each server, at a port that its clients are told."""

    def __init__(self, *names: str) -> None:
        self._proxy = OwnServer("toxiproxy", toxiproxy.command, listens, toxiproxy.brought)
        self.ports = {name: free_port() for name in names}

    def start(self) -> None:
        """Start the proxy. As `Server.address` when something is missing."""
        self._proxy.address()

    def open(self, name: str, address: str) -> str:
        """Lead to the server at `address`; where the line begins."""
        begins = f"127.0.0.1:{self.ports[name]}"
        self._ask("POST", "/proxies", {"name": name, "listen": begins, "upstream": address, "enabled": True})
        return begins

    def harm(self, name: str, kind: Line) -> None:
        """From here on the line is as `LINES` says."""
        for toxic, stream, attributes in LINES[kind]:
            wanted = {"name": f"{toxic}-{stream}", "type": toxic, "stream": stream, "attributes": attributes}
            self._ask("POST", f"/proxies/{name}/toxics", wanted)

    def heal(self, name: str) -> list[str]:
        """The line is as it was; the toxics that were on it."""
        found = [toxic["name"] for toxic in self._ask("GET", f"/proxies/{name}/toxics")]
        for toxic in found:
            self._ask("DELETE", f"/proxies/{name}/toxics/{toxic}")
        return found

    def close(self) -> None:
        """Nothing passes any more."""
        self._proxy.stop()

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        answer = httpx.request(method, f"http://{self._proxy.address()}{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None


class Ground:
    """Brokers and a store by name, with lines before them or without."""

    def __init__(self, brokers: dict[str, OwnServer], store: OwnServer, lines: Lines | None = None) -> None:
        self.brokers = brokers
        self.store = store
        self.lines = lines
        self._kafka = self._mongo = ""

    @property
    def servers(self) -> dict[str, OwnServer]:
        """All of them."""
        return self.brokers | {"mongo": self.store}

    def open(self) -> None:
        """Start everything. As `Server.address` when something is missing."""
        started = {name: server.address() for name, server in self.servers.items()}
        for name in self.brokers:
            self.answers(name)
        if self.lines is not None:
            started = {name: self.lines.open(name, address) for name, address in started.items()}
        self._mongo = started.pop("mongo")
        self._kafka = ",".join(started.values())

    @property
    def kafka(self) -> str:
        """Where processes find the brokers."""
        return self._kafka

    @property
    def mongo(self) -> str:
        """Where processes find the store."""
        return self._mongo

    def answers(self, name: str) -> None:
        """Wait until a broker does: one of several needs a majority for that. TimeoutError."""
        port = int(self.brokers[name].address().rpartition(":")[2])
        until = time.monotonic() + ANSWERS_S
        while not kafka.ready(port):
            if time.monotonic() > until:
                raise TimeoutError(f"{name} does not answer")
            time.sleep(0.1)

    def close(self) -> None:
        """Nothing of it runs any more."""
        for server in self.servers.values():
            server.stop()
        if self.lines is not None:
            self.lines.close()


def plain(lines: Lines | None = None) -> Ground:
    """One broker, and mongo-java-server."""

    def broker(parts: Path, home: Path, port: int) -> Sequence[str]:
        return kafka.command(parts, home, port, advertised=lines.ports["kafka"] if lines else None)

    return Ground({"kafka": OwnServer("kafka", broker, kafka.ready)}, _java_server(), lines)


def three_brokers() -> Ground:
    """Three brokers that choose their controller, and mongo-java-server."""
    controllers, between = [free_port() for _ in range(3)], [free_port() for _ in range(3)]

    def numbered(node: int) -> OwnServer:
        def broker(parts: Path, home: Path, port: int) -> Sequence[str]:
            return kafka.command(parts, home, port, heap="350m", node=node, controllers=controllers, between=between)

        return OwnServer("kafka", broker, lambda _: listens(controllers[node - 1]))

    return Ground({f"kafka-{node}": numbered(node) for node in (1, 2, 3)}, _java_server())


def on_ferretdb() -> Ground:
    """One broker, and a store that may be killed."""
    store = OwnServer("ferretdb", ferretdb.command, listens, built)
    return Ground({"kafka": OwnServer("kafka", kafka.command, kafka.ready)}, store)


def _java_server() -> OwnServer:
    """With a heap for the documents of a hundred thousand deliveries; what is not needed is not taken."""

    def server(jars: Path, home: Path, port: int) -> Sequence[str]:
        return mongo.command(jars, home, port, heap="4g")

    return OwnServer("mongo", server, listens)

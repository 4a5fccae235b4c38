"""MongoDB's wire protocol from mongo-java-server, in memory: single documents and indexes, no sessions, no replicas."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.engines import containers
from tests.engines.server import Server, listens, recipe


def command(jars: Path, home: Path, port: int, heap: str = "512m") -> Sequence[str]:
    """The command line of the server, which holds all documents in its heap. Java compiles the one source file."""
    return ["java", f"-Xmx{heap}", "-cp", f"{jars}/*", str(recipe("mongo") / "MongoTestServer.java"), str(port)]


MONGO = Server("mongo", command, listens, contained=containers.mongo)

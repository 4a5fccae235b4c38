"""Apache Kafka: one broker that is its own controller, or several that choose one."""

from __future__ import annotations

import socket
import struct
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.engines import containers
from tests.engines.server import Server, free_port, recipe

CLUSTER_ID = "tallylineTestsOfTheBus"
API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)
"""Length, and a request for the API versions, version 0, number 1, from no named client: what a broker answers first
when it works."""


def command(
    jars: Path,
    home: Path,
    port: int,
    *,
    heap: str = "512m",
    more: Mapping[str, str] | None = None,
    scram: str = "",
    advertised: int | None = None,
    node: int = 1,
    controllers: Sequence[int] = (),
    between: Sequence[int] = (),
) -> Sequence[str]:
    """The command line of the broker, whose data folder is formatted if it is new.

    `more` are settings of the broker beside ours, or instead of them; `scram` is a user to be known from the start.
    `advertised`: the port at which its clients are told to find it. `node` of several: `controllers` and `between` are
    the ports of all of them, in order, at which they choose a controller and copy from each other.
    """
    controllers = controllers or [free_port()]
    inner = between[node - 1] if between else free_port()
    copies = min(len(controllers), 3)
    settings = {
        "process.roles": "broker,controller",
        "node.id": str(node),
        "listeners": f"PLAINTEXT://127.0.0.1:{port},INNER://127.0.0.1:{inner},"
        f"CONTROLLER://127.0.0.1:{controllers[node - 1]}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{advertised or port},INNER://127.0.0.1:{inner}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": ",".join(f"{n}@127.0.0.1:{at}" for n, at in enumerate(controllers, 1)),
        "inter.broker.listener.name": "INNER",
        "log.dirs": str(home / "data"),
        "auto.create.topics.enable": "false",
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": str(copies),
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.replication.factor": str(copies),
        # After a crash the broker is let in again when its former life is taken for over.
        "broker.session.timeout.ms": "3000" if len(controllers) == 1 else "4000",
        "broker.heartbeat.interval.ms": "500",
        # A group of tests begins at once; it does not wait for members who might come.
        "group.initial.rebalance.delay.ms": "0",
    } | dict(more or {})
    conf = home / "server.properties"
    conf.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    logging = f"-Dlog4j2.configurationFile={recipe('kafka') / 'log4j2.properties'}"
    java = ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", logging, "-cp", f"{jars}/*"]
    formatting = ["kafka.tools.StorageTool", "format", "--ignore-formatted", "-c", str(conf), "-t", CLUSTER_ID]
    formatting += ["--add-scram", scram] if scram else []
    subprocess.run([*java, *formatting], check=True, capture_output=True)
    return [*java, "kafka.Kafka", str(conf)]


def ready(port: int) -> bool:
    """Does the broker answer?"""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(API_VERSIONS)
            return bool(connection.recv(4))
    except OSError:
        return False


KAFKA = Server("kafka", command, ready, contained=containers.kafka)

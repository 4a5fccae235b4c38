"""Servers in containers, where a Docker daemon answers: Kafka, and MongoDB itself as a replica set."""

from __future__ import annotations

import contextlib
import functools
import gc
import warnings

import docker
from docker.errors import DockerException
from pymongo import MongoClient
from pymongo.errors import AutoReconnect
from testcontainers.community.kafka import KafkaContainer
from testcontainers.core.container import DockerContainer

from tests.engines.server import Contained, free_port

KAFKA_IMAGE = "confluentinc/cp-kafka:7.9.0"
MONGO_IMAGE = "mongo:8.0.4"
SET = "tallyline"
ANSWER_S = 3


@functools.cache
def no_daemon() -> str:
    """Why there are no containers here; empty when a daemon answers. Its client program alone proves nothing."""
    why = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # where nobody answers, its client leaves a socket open
        try:
            with contextlib.closing(docker.from_env(timeout=ANSWER_S)) as client:
                client.ping()
        except (DockerException, OSError) as wrong:
            why = f"no Docker daemon answers ({type(wrong).__name__})"
        gc.collect()
    return why


class ContainedKafka:
    """One broker that is its own controller."""

    def __init__(self) -> None:
        self._container = KafkaContainer(KAFKA_IMAGE).with_kraft()
        self._container.with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")

    def start(self) -> str:
        """See Contained."""
        self._container.start(timeout=120)
        return str(self._container.get_bootstrap_server())

    def stop(self) -> None:
        """See Contained."""
        self._container.stop()


class ReplicaSet:
    """MongoDB: members of one set, which know each other by ports of the machine's own loopback interface."""

    def __init__(self, members: int) -> None:
        self._members: dict[int, DockerContainer] = {}
        for port in (free_port() for _ in range(members)):
            command = f"mongod --replSet {SET} --bind_ip 127.0.0.1 --port {port}"
            self._members[port] = DockerContainer(MONGO_IMAGE).with_command(command).with_kwargs(network_mode="host")

    def start(self) -> str:
        """See Contained: the address of the first one, by which drivers find the others."""
        for container in self._members.values():
            container.start()
        hosts = [{"_id": n, "host": f"127.0.0.1:{port}"} for n, port in enumerate(self._members)]
        first = str(hosts[0]["host"])
        with MongoClient[dict[str, object]](first, directConnection=True) as client:
            client.admin.command("replSetInitiate", {"_id": SET, "members": hosts})
        with self.client() as client:
            client.admin.command("ping")  # waits for a primary
        return first

    def stop(self) -> None:
        """See Contained."""
        for container in self._members.values():
            container.stop()

    @property
    def url(self) -> str:
        """How all of them are reached."""
        return f"mongodb://{','.join(f'127.0.0.1:{port}' for port in self._members)}/?replicaSet={SET}"

    @property
    def ports(self) -> list[int]:
        """Of all members."""
        return list(self._members)

    def client(self) -> MongoClient[dict[str, object]]:
        """For the tests' own questions."""
        return MongoClient(self.url)

    def primary(self) -> int:
        """The port of the member that takes writes; waits for an election."""
        with self.client() as client:
            client.admin.command("ping")
            address = client.primary
        if address is None:
            raise RuntimeError("the set has no primary")
        return address[1]

    def step_down(self) -> None:
        """The primary gives up, and may not be elected for a while."""
        with self.client() as client, contextlib.suppress(AutoReconnect):
            client.admin.command("replSetStepDown", 20, secondaryCatchUpPeriodSecs=10)

    def kill(self, port: int) -> None:
        """SIGKILL for a member."""
        self._members[port].get_wrapped_container().kill()


def kafka() -> Contained | None:
    """A broker, where there are containers."""
    return None if no_daemon() else ContainedKafka()


def mongo() -> Contained | None:
    """A replica set of one member, where there are containers."""
    return None if no_daemon() else ReplicaSet(1)

"""How the brokers are reached, and what their failures mean to the ports."""

from __future__ import annotations

from asyncio import timeout as limit_of_time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka.errors import KafkaError

from shared.ports import StoreUnavailable


class LogCut(Exception):
    """The log does not hold the offset that was asked for: it was cut, or is another one under the same name."""


@dataclass(frozen=True)
class Cluster:
    """The brokers and what this process does with them.

    `timeout` is how many seconds a send, a read or a declaration may take. `namespace` stands before every name of a
    topic and a group, so that several installations can share the brokers. `arguments` are what each client is given
    to get in.
    """

    bootstrap: str
    client_id: str
    namespace: str
    replication: int
    min_insync: int
    timeout: float
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def name(self, topic: str) -> str:
        """The topic's name on the brokers."""
        return self.namespace + topic

    def group(self, topic: str, group: str) -> str:
        """The group's name on the brokers. A group there is one of all topics, on the port it is one of a topic."""
        return f"{self.namespace}{topic}.{group}"

    @property
    def request_ms(self) -> int:
        """How long one request may take: a second one, to another broker, should still fit into `timeout`."""
        return max(1, int(self.timeout * 500))

    @asynccontextmanager
    async def answering(self, what: str) -> AsyncIterator[None]:
        """Whatever fails inside, or lasts too long, is StoreUnavailable."""
        try:
            async with limit_of_time(self.timeout):
                yield
        except (KafkaError, OSError, TimeoutError) as error:
            raise StoreUnavailable(f"{what}: {type(error).__name__}") from error

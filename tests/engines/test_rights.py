"""The rights of the manifests, on a real broker: with its own certificate each service can do its work, and no more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.protocol.admin import CreateAclsRequest

from services.calls.service import SERVICE as CALLS
from services.partners.service import SERVICE as PARTNERS
from services.reconciliation.service import SERVICE as RECONCILIATION
from services.training.service import SERVICE as TRAINING
from shared.adapters.kafka import KafkaBus
from shared.engine.streams import Access
from shared.ports import Outgoing, StoreUnavailable
from tests.contract.conftest import Member
from tests.engines.secure import SecureKafka

pytestmark = [pytest.mark.engines, pytest.mark.timeout(240)]

MANIFESTS = Path(__file__).parents[2] / "deploy/k8s/components/kafka"
AUTHORIZER = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",  # who comes in the clear: the broker itself, and this test
}
READERS = {service.name: service.topics for service in (CALLS, PARTNERS, RECONCILIATION, TRAINING)}


def documents(name: str) -> Iterator[dict[str, Any]]:
    yield from yaml.safe_load_all((MANIFESTS / name).read_text())


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    server = SecureKafka(tmp_path_factory.mktemp("rights"), AUTHORIZER)
    try:
        asyncio.run(prepare(server.start()))
        yield server
    finally:
        server.stop()


async def prepare(address: str) -> None:
    """What Strimzi's operators do: the topics, and the rights of users, who are the names in their certificates."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        alone = {"min.insync.replicas": "1"}
        made = await admin.create_topics(
            [
                NewTopic(
                    topic["metadata"]["name"],
                    topic["spec"]["partitions"],
                    1,
                    topic_configs={
                        name: value if isinstance(value, str) else json.dumps(value)
                        for name, value in topic["spec"]["config"].items()
                    }
                    | alone,
                )
                for topic in documents("topics.yaml")
            ]
        )
        assert [error for _, error, *_ in made.topic_errors] == [0] * len(made.topic_errors), made
        for user in documents("users.yaml"):
            for acl in user["spec"]["authorization"]["acls"]:
                for operation in acl["operations"]:
                    answer = await admin._send_to_controller(
                        right(user["metadata"]["name"], acl["resource"], operation)
                    )
                    assert [code for code, _ in answer.creation_responses] == [0], answer
    finally:
        await admin.close()


KINDS = {"topic": 2, "group": 3}
PATTERNS = {"literal": 3, "prefix": 4}
OPERATIONS = {"Read": 3, "Write": 4, "Describe": 8, "DescribeConfigs": 10}
ALLOW = 3
"""Numbers of Kafka's protocol."""


def right(user: str, resource: dict[str, str], operation: str) -> CreateAclsRequest:
    pattern = PATTERNS[resource.get("patternType", "literal")]
    return CreateAclsRequest(
        KINDS[resource["type"]], resource["name"], pattern, f"User:CN={user}", "*", OPERATIONS[operation], ALLOW
    )


def bus_of(broker: SecureKafka, user: str, folder: Path) -> KafkaBus:
    ours = folder / f"{user}.pem"
    ours.write_text(broker.authority.issue(user))
    access = Access(tls=True, ca=broker.authority.pem, certificate=str(ours))
    return KafkaBus(broker.doors.certificate, replication=1, min_insync=1, access=access)


WRITES = {
    "calls": {"tallyline.calls", "tallyline.telephony"},
    "ingest": {"tallyline.telephony"},
    "partners": {"tallyline.partners"},
    "reconciliation": {"tallyline.reconciliation"},
    "training": {"tallyline.training"},
}


@pytest.mark.parametrize("user", WRITES)
async def test_a_service_can_do_its_work_and_writes_nowhere_else(
    broker: SecureKafka, tmp_path: Path, user: str
) -> None:
    bus = bus_of(broker, user, tmp_path)
    await bus.open()
    try:
        reads = READERS.get(user, READERS["calls"])
        await bus.declare(dict.fromkeys(reads, 8))
        for topic in reads:
            publisher = bus.publisher()
            if topic in WRITES[user]:
                first = await publisher.send(topic, 3, [Outgoing("a", b"one")])
                if user in READERS:
                    assert [record.value for record in await bus.read(topic, 3, first, 1)] == [b"one"]
            else:
                with pytest.raises(StoreUnavailable):
                    await publisher.send(topic, 3, [Outgoing("a", b"one")])
        if user in READERS:
            member = Member()
            await member.join(bus, reads[0], f"{user}.try")
            await member.owns(*range(8))
    finally:
        await bus.close()


async def test_a_service_does_not_even_see_what_it_has_no_right_to(broker: SecureKafka, tmp_path: Path) -> None:
    bus = bus_of(broker, "partners", tmp_path)
    await bus.open()
    try:
        with pytest.raises(StoreUnavailable):
            await bus.declare({"tallyline.telephony": 8})
    finally:
        await bus.close()


async def test_the_gateway_needs_no_right_but_to_connect(broker: SecureKafka, tmp_path: Path) -> None:
    bus = bus_of(broker, "gateway", tmp_path)
    await bus.open()
    await bus.declare({})
    await bus.close()

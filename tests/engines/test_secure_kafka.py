"""Our brokers and partners' over TLS, with certificates and with passwords: who may gets in, who may not does not."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.adapters.engines import engine_of
from shared.adapters.kafka import KafkaBus
from shared.adapters.kafka.access import arguments
from shared.adapters.kafka.frame import KafkaStream
from shared.engine.streams import Access, ForeignRecord, Place
from shared.ports import Outgoing, StoreUnavailable
from shared.settings import SettingError, Settings
from tests.contract.conftest import Member
from tests.e2e.systems import eventually
from tests.engines.mongo import MONGO
from tests.engines.secure import PASSWORD, USER, Authority, SecureKafka

pytestmark = [pytest.mark.engines, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    """One for all tests here."""
    server = SecureKafka(tmp_path_factory.mktemp("secure"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


def named(broker: SecureKafka, mechanism: str = "SCRAM-SHA-512", password: str = PASSWORD) -> Access:
    return Access(tls=True, ca=broker.authority.pem, mechanism=mechanism, user=USER, password=password)


def certified(broker: SecureKafka, folder: Path, authority: Authority | None = None) -> Access:
    ours = folder / "ours.pem"
    ours.write_text((authority or broker.authority).issue("tallyline"))
    return Access(tls=True, ca=broker.authority.pem, certificate=str(ours))


async def enter(bus: KafkaBus) -> None:
    """As far as a topic of our own."""
    await bus.open()
    await bus.declare({f"t{secrets.token_hex(4)}": 1})


@pytest.mark.parametrize("way", ["certificate", "SCRAM-SHA-512", "PLAIN"])
async def test_the_bus_declares_sends_reads_and_joins_groups_over_tls(
    broker: SecureKafka, tmp_path: Path, way: str
) -> None:
    access = certified(broker, tmp_path) if way == "certificate" else named(broker, way)
    door = broker.doors.certificate if way == "certificate" else broker.doors.password
    bus = KafkaBus(door, namespace=f"t{secrets.token_hex(4)}.", access=access)
    await bus.open()
    try:
        await bus.declare({"words": 2})
        publisher = bus.publisher()
        assert await publisher.send("words", 1, [Outgoing("a", b"one"), Outgoing("a", b"two")]) == 0
        assert [record.value for record in await bus.read("words", 1, 0, 10)] == [b"one", b"two"]
        member = Member()
        await member.join(bus, "words", "readers")
        assert [record.value for record in (await member.take(2))[1]] == [b"one", b"two"]
    finally:
        await bus.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_nobody_gets_in_with_a_wrong_password_without_a_certificate_or_with_a_strangers(
    broker: SecureKafka, tmp_path: Path
) -> None:
    for door, access in (
        (broker.doors.password, named(broker, password="wrong")),
        (broker.doors.password, Access(tls=True, ca=broker.authority.pem)),
        (broker.doors.certificate, Access(tls=True, ca=broker.authority.pem)),
        (broker.doors.certificate, certified(broker, tmp_path, Authority("a stranger"))),
        (broker.doors.password, Access(tls=True, ca=Authority("a stranger").pem, mechanism="PLAIN", user=USER)),
        (broker.doors.password.replace("127.0.0.1", "localhost"), named(broker)),
    ):
        bus = KafkaBus(door, access=access, timeout=4.0)
        with pytest.raises(StoreUnavailable):
            await enter(bus)
        await bus.close()


async def test_the_settings_lead_there_with_the_password_in_a_file(broker: SecureKafka, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(broker.authority.pem)
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    environ = {
        "TALLYLINE_ENGINE": "distributed",
        "TALLYLINE_KAFKA": broker.doors.password,
        "TALLYLINE_KAFKA_REPLICATION": "1",
        "TALLYLINE_KAFKA_MIN_INSYNC": "1",
        "TALLYLINE_KAFKA_SECURITY": "sasl_ssl",
        "TALLYLINE_KAFKA_CA": str(tmp_path / "ca.pem"),
        "TALLYLINE_KAFKA_USER": USER,
        "TALLYLINE_KAFKA_PASSWORD_FILE": str(tmp_path / "password"),
        "TALLYLINE_MONGO": f"mongodb://{MONGO.address()}",
    }
    engine = engine_of(Settings.from_environment(environ))
    await engine.open()
    try:
        await engine.bus.declare({f"t{secrets.token_hex(4)}": 1})
        await engine.ping()
    finally:
        await engine.close()
    (tmp_path / "ca.pem").write_text("no certificate")
    for name, value in (("CA", "ca.pem"), ("CERTIFICATE", "nowhere"), ("PASSWORD_FILE", "nowhere")):
        with pytest.raises(SettingError, match="that the settings of Kafka name"):
            engine_of(Settings.from_environment(environ | {f"TALLYLINE_KAFKA_{name}": str(tmp_path / value)}))


async def test_a_partners_topic_is_read_over_tls_with_a_password(broker: SecureKafka) -> None:
    access = named(broker, "SCRAM-SHA-512")
    place = Place(broker.doors.password, f"acme.{secrets.token_hex(4)}", "tallyline", access)
    client = {"bootstrap_servers": place.bootstrap, **arguments(access)}
    admin = AIOKafkaAdminClient(**client)
    await admin.start()
    await admin.create_topics([NewTopic(place.topic, 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(**client)
    await producer.start()
    await producer.send_and_wait(place.topic, b"a call")
    await producer.stop()
    taken: list[bytes] = []

    async def take(record: ForeignRecord) -> None:
        taken.append(record.value)

    async def has() -> bool:
        return taken == [b"a call"]

    stream = KafkaStream(place, take)
    await stream.open()
    try:
        await eventually(has)
        assert await stream.reachable()
    finally:
        await stream.close()
    stranger = KafkaStream(place._replace(access=named(broker, password="wrong")), take)
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(stranger.open(), 40)
    await stranger.close()

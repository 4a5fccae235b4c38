"""Making topics, and refusing those that exist but could lose or move records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.adapters.kafka.cluster import Cluster
from shared.ports import StoreUnavailable

MAX_BATCH = 4 << 20
"""The largest request of one partition, in bytes before compression; a record is at most as large."""
FOR_EVER = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
"""Views are made again from the first record, so none may be removed; compaction would remove all but the last."""


async def declare(cluster: Cluster, topics: Mapping[str, int]) -> None:
    """Create what is missing. ValueError, and nothing is created, when an existing topic is not as it has to be."""
    admin = AIOKafkaAdminClient(
        bootstrap_servers=cluster.bootstrap,
        client_id=cluster.client_id,
        request_timeout_ms=cluster.request_ms,
        **cluster.arguments,
    )
    try:
        async with cluster.answering("topics"):
            await admin.start()
            # Asking for a topic by its name could create it, with the broker's number of partitions.
            known = set(await admin.list_topics())
            there = {name: count for name, count in topics.items() if cluster.name(name) in known}
            await _check(cluster, admin, there)
            missing = {name: count for name, count in topics.items() if name not in there}
            raced = await _create(cluster, admin, missing)
            await _check(cluster, admin, raced)
    finally:
        await admin.close()


async def _check(cluster: Cluster, admin: Any, topics: Mapping[str, int]) -> None:
    if not topics:
        return
    names = {cluster.name(name): name for name in topics}
    for described in await admin.describe_topics(list(names)):
        name = names[described["topic"]]
        count = len(described["partitions"])
        if error := described["error_code"]:
            raise StoreUnavailable(f"{name}: {for_code(error).__name__}")
        if count != topics[name]:
            raise ValueError(f"{name} has {count} partitions, not {topics[name]}")
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    for response in await admin.describe_configs(resources):
        for error, _, _, full_name, entries in response.resources:
            if error:
                raise StoreUnavailable(f"{names[full_name]}: {for_code(error).__name__}")
            _check_settings(cluster, names[full_name], {entry[0]: entry[1] for entry in entries})


def _check_settings(cluster: Cluster, name: str, settings: Mapping[str, str]) -> None:
    if int(settings["min.insync.replicas"]) < cluster.min_insync:
        raise ValueError(f"{name} has min.insync.replicas {settings['min.insync.replicas']}, not {cluster.min_insync}")
    for setting, value in FOR_EVER.items():
        if settings[setting] != value:
            raise ValueError(f"{name} has {setting} {settings[setting]}, not {value}")


async def _create(cluster: Cluster, admin: Any, topics: Mapping[str, int]) -> dict[str, int]:
    """Create the topics; those that somebody else created at the same moment are the answer."""
    settings = FOR_EVER | {
        "compression.type": "zstd",
        "min.insync.replicas": str(cluster.min_insync),
        # What a batch may have grown to by compression, and its header.
        "max.message.bytes": str(MAX_BATCH + (MAX_BATCH >> 6)),
        # A time of its own would be refused when it is an hour ahead: a process whose clock jumped could send nothing.
        "message.timestamp.type": "LogAppendTime",
    }
    wanted = [
        NewTopic(cluster.name(name), count, cluster.replication, topic_configs=settings)
        for name, count in topics.items()
    ]
    raced = {}
    if wanted:
        names = {cluster.name(name): name for name in topics}
        for full_name, error, *_ in (await admin.create_topics(wanted)).topic_errors:
            if for_code(error) is TopicAlreadyExistsError:
                raced[names[full_name]] = topics[names[full_name]]
            elif error:
                raise StoreUnavailable(f"{names[full_name]}: {for_code(error).__name__}")
    return raced

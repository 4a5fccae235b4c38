"""What a system holds that is true, by service: the topics, the collections, and the names of an archive's sections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from services.calls.service import SERVICE as CALLS
from services.gateway.service import GATEWAY
from services.partners.service import SERVICE as PARTNERS
from services.reconciliation.service import SERVICE as RECONCILIATION
from services.training.service import SERVICE as TRAINING
from shared import vault
from shared.audit.entries import KEEP as AUDITED
from shared.audit.entries import NAMESPACE as AUDIT
from shared.engine import dead_letters
from shared.engine.moving import Input, Keep
from shared.engine.relay import HEADS
from shared.runtime import VAULT, Service

SERVICES = (PARTNERS, CALLS, RECONCILIATION, TRAINING, GATEWAY)
BLOBS = "blobs"


def inputs() -> dict[str, Input]:
    """Topics that hold inputs."""
    return {each.topic: each for service in SERVICES for each in service.inputs}


def published() -> list[str]:
    """Topics that hold events."""
    return sorted({topic for service in SERVICES for topic in service.topics} - inputs().keys())


def topics() -> list[str]:
    """All of them."""
    return [*inputs(), *published()]


def kept(service: Service) -> Mapping[str, Keep]:
    """The collections of a service: those that the engine keeps for each, and its own."""
    engine = (Keep(HEADS), dead_letters.KEEP)
    return {keep.collection: keep for keep in (*engine, *service.keeps)}


def collections() -> Iterator[tuple[str, Keep]]:
    """Every collection, with whose it is."""
    for keep in vault.KEEPS:
        yield VAULT, keep
    yield AUDIT, AUDITED
    for service in SERVICES:
        for keep in kept(service).values():
            yield service.name, keep


def section_of_log(topic: str) -> str:
    """The section that holds a topic."""
    return f"log {topic}"


def section_of_commits(service: str) -> str:
    """The section that holds the commits of a service."""
    return f"commits {service}"


def section_of_documents(owner: str, collection: str) -> str:
    """The section that holds a collection."""
    return f"documents {owner}/{collection}"


def sections() -> list[str]:
    """All of an archive's, in their order: documents after the logs whose places they name."""
    return [
        *(section_of_log(topic) for topic in topics()),
        *(section_of_commits(service.name) for service in SERVICES),
        BLOBS,
        *(section_of_documents(owner, keep.collection) for owner, keep in collections()),
    ]

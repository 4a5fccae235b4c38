"""The training service as data: its topics, its views, its routes and loops."""

from __future__ import annotations

from services.training.api import router
from services.training.api.callers import NAME
from services.training.events import TrainingEvent
from shared.contracts.calls import TOPIC as CALLS_TOPIC
from shared.contracts.partners import TOPIC as PARTNERS_TOPIC
from shared.contracts.training import TOPIC
from shared.runtime import Kit, Parts, Service


async def build(kit: Kit) -> Parts:
    """Routes and loops."""
    return Parts(routers=(router,))


SERVICE = Service(
    name=NAME,
    topics=(TOPIC, CALLS_TOPIC, PARTNERS_TOPIC),
    publishes=(TOPIC, TrainingEvent),
    views=(),
    build=build,
)

"""The training service as data: its topics, its views, its routes and loops."""

from __future__ import annotations

from services.training.api import router
from services.training.api.callers import NAME
from services.training.events import TrainingEvent
from services.training.views.arrivals import arrivals
from services.training.views.candidates import candidates
from services.training.views.capacity import known_capacity
from services.training.views.presence import presence
from services.training.views.rotas import rotas
from services.training.views.speakers import speakers
from services.training.views.staffing import known_staffing
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
    views=(arrivals, presence, speakers, known_staffing, rotas, known_capacity, candidates),
    build=build,
)

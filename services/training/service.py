"""The training service as data: its topics, its views, its routes and loops."""

from __future__ import annotations

from services.training.api import router
from services.training.api.callers import NAME
from services.training.events import TrainingEvent
from services.training.following.due import Due
from services.training.views.coachings import coachings
from services.training.views.contests import contests
from services.training.views.spoken import spoken
from services.training.views.worked import worked, worked_since
from shared.contracts.calls import TOPIC as CALLS_TOPIC
from shared.contracts.partners import TOPIC as PARTNERS_TOPIC
from shared.contracts.training import TOPIC
from shared.engine.again import again
from shared.runtime import Kit, Parts, Service

EFFECTS_EVERY_S = 600.0


async def build(kit: Kit) -> Parts:
    """Routes and loops."""
    effects = Due(kit.deps.reads, kit.deps.door, kit.now)
    return Parts(routers=(router,), loops=(("worker", again(effects.step, EFFECTS_EVERY_S)),))


SERVICE = Service(
    name=NAME,
    topics=(TOPIC, CALLS_TOPIC, PARTNERS_TOPIC),
    publishes=(TOPIC, TrainingEvent),
    views=(worked, worked_since, spoken, coachings, contests),
    build=build,
)

"""The training service as data: its topics, its views, its routes and loops."""

from __future__ import annotations

from services.training.api import router
from services.training.api.callers import NAME
from services.training.comments import KEEP as COMMENTS
from services.training.comments import Comments
from services.training.events import TrainingEvent
from services.training.lapses import Lapses
from services.training.views.agreed import agreed
from services.training.views.banks import banks
from services.training.views.certificates import certificates
from services.training.views.courses import courses
from services.training.views.people import people
from services.training.views.sessions import sessions
from services.training.views.trainees import trainees
from shared.contracts.calls import TOPIC as CALLS_TOPIC
from shared.contracts.partners import TOPIC as PARTNERS_TOPIC
from shared.contracts.training import TOPIC
from shared.engine.again import again
from shared.runtime import Kit, Parts, Service

LAPSES_EVERY_S = 1.0


async def build(kit: Kit) -> Parts:
    """Routes and loops."""
    return Parts(
        routers=(router,),
        loops=(("worker", again(Lapses(kit.deps).step, LAPSES_EVERY_S)),),
        state={"session_comments": Comments(kit.documents, kit.vault)},
    )


SERVICE = Service(
    name=NAME,
    topics=(TOPIC, CALLS_TOPIC, PARTNERS_TOPIC),
    publishes=(TOPIC, TrainingEvent),
    views=(courses, sessions, banks, trainees, certificates, people, agreed),
    keeps=(COMMENTS,),
    build=build,
)

"""The partners service as data: its topic, its views, what it does by itself, and its routes."""

from __future__ import annotations

from services.partners.api import router
from services.partners.domain.process_managers import MANAGERS
from services.partners.endings import Endings
from services.partners.events import PartnersEvent
from services.partners.views.agents import agents
from services.partners.views.announcements import announcements, receipts
from services.partners.views.briefs import briefs
from services.partners.views.call_days import call_days
from services.partners.views.contracts import contracts
from services.partners.views.evaluations import evaluations
from services.partners.views.learnings import learnings
from services.partners.views.partners import partners
from services.partners.views.ramps import ramps
from services.partners.views.reviews import reviews
from services.partners.views.runs import runs
from services.partners.views.scorecards import scorecards
from services.partners.views.sites import sites
from services.partners.views.sources import sources
from services.partners.views.tickets import tickets
from services.partners.views.transitions import transitions
from services.partners.views.volumes import volumes
from services.partners.watch import Watch
from shared.contracts.calls import TOPIC as CALLS_TOPIC
from shared.contracts.partners import TOPIC
from shared.contracts.reconciliation import TOPIC as RECONCILIATION_TOPIC
from shared.contracts.training import TOPIC as TRAINING_TOPIC
from shared.engine.again import again
from shared.runtime import Kit, Parts, Service

WATCH_EVERY_S = 1.0
ENDINGS_EVERY_S = 10.0


async def build(kit: Kit) -> Parts:
    """Routes, the watch over ramps and test runs, and the end of credentials: everything else is the engine's."""
    watch = Watch(kit.deps.reads, kit.deps.door, kit.now)
    endings = Endings(kit.deps)
    return Parts(
        routers=(router,),
        loops=(
            ("worker", again(watch.step, WATCH_EVERY_S)),
            ("worker", again(endings.step, ENDINGS_EVERY_S)),
        ),
    )


SERVICE = Service(
    name="partners",
    topics=(TOPIC, CALLS_TOPIC, RECONCILIATION_TOPIC, TRAINING_TOPIC),
    publishes=(TOPIC, PartnersEvent),
    views=(
        partners,
        briefs,
        scorecards,
        evaluations,
        sites,
        contracts,
        sources,
        agents,
        transitions,
        runs,
        ramps,
        call_days,
        learnings,
        tickets,
        announcements,
        receipts,
        reviews,
        volumes,
    ),
    managers=MANAGERS,
    build=build,
)

"""The partners service as data: its topic, its views, what it does by itself, and its routes."""

from __future__ import annotations

from services.partners.api import router
from services.partners.domain.process_managers import MANAGERS
from services.partners.events import PartnersEvent
from services.partners.views.agents import agents
from services.partners.views.briefs import briefs
from services.partners.views.evaluations import evaluations
from services.partners.views.partners import partners
from services.partners.views.scorecards import scorecards
from services.partners.views.sites import sites
from services.partners.views.sources import sources
from shared.contracts.calls import TOPIC as CALLS_TOPIC
from shared.contracts.partners import TOPIC
from shared.runtime import Kit, Parts, Service


async def build(kit: Kit) -> Parts:
    """Only routes: everything else is the engine's."""
    return Parts(routers=(router,))


SERVICE = Service(
    name="partners",
    topics=(TOPIC, CALLS_TOPIC),
    publishes=(TOPIC, PartnersEvent),
    views=(partners, briefs, scorecards, evaluations, sites, sources, agents),
    managers=MANAGERS,
    build=build,
)

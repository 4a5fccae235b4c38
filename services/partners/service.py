"""The partners service as data: its topic, its views, what it does by itself, and its routes."""

from __future__ import annotations

from services.partners.api import router
from services.partners.domain.process_managers import register_agents_on_first_sight
from services.partners.views.agents import agents
from services.partners.views.partners import partners
from services.partners.views.sources import sources
from shared.contracts.calls import TOPIC as CALLS_TOPIC
from shared.contracts.partners import TOPIC, PublicPartnerEvent
from shared.runtime import Kit, Parts, Service


async def build(kit: Kit) -> Parts:
    """Only routes: everything else is the engine's."""
    return Parts(routers=(router,))


SERVICE = Service(
    name="partners",
    topics=(TOPIC, CALLS_TOPIC),
    publishes=(TOPIC, PublicPartnerEvent),
    views=(partners, sources, agents),
    managers=(register_agents_on_first_sight,),
    build=build,
)

"""The training service as data: its topics, its views, its routes and loops."""

from __future__ import annotations

from services.training.api import router
from services.training.api.callers import NAME
from services.training.events import TrainingEvent
from services.training.texts import KEEP as TEXTS
from services.training.texts import Texts
from services.training.usage import KEEP as USAGE
from services.training.usage import Usage
from services.training.views.conversations import conversations
from services.training.views.evaluations import evaluations
from services.training.views.forms import forms
from services.training.views.ideas import ideas
from services.training.views.samples import samples
from services.training.views.surveys import call_surveys
from services.training.views.talks import agent_talks, call_orders
from shared.contracts.calls import TOPIC as CALLS_TOPIC
from shared.contracts.partners import TOPIC as PARTNERS_TOPIC
from shared.contracts.training import TOPIC
from shared.engine.again import again
from shared.runtime import Kit, Parts, Service

SWEEP_EVERY_S = 600.0
"""How often what is held too long is looked for."""


async def build(kit: Kit) -> Parts:
    """Routes and loops."""
    settings = kit.settings
    usage = Usage(kit.documents, kit.now, settings.panel_usage, settings.panel_usage_days)
    return Parts(
        routers=(router,),
        loops=(("worker", again(usage.sweep, SWEEP_EVERY_S)),),
        state={"training_texts": Texts(kit.documents, kit.vault), "panel_usage": usage},
    )


SERVICE = Service(
    name=NAME,
    topics=(TOPIC, CALLS_TOPIC, PARTNERS_TOPIC),
    publishes=(TOPIC, TrainingEvent),
    views=(forms, samples, evaluations, agent_talks, call_orders, call_surveys, conversations, ideas),
    keeps=(TEXTS, USAGE),
    build=build,
)

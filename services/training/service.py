"""The training service as data: its topics, its views, its routes and loops."""

from __future__ import annotations

from services.training.api import router
from services.training.api.callers import NAME
from services.training.events import TrainingEvent
from services.training.texts import KEEP as TEXTS
from services.training.texts import Texts
from services.training.views.evaluations import evaluations
from services.training.views.forms import forms
from services.training.views.samples import samples
from services.training.views.surveys import call_surveys
from services.training.views.talks import agent_talks, call_orders
from shared.contracts.calls import TOPIC as CALLS_TOPIC
from shared.contracts.partners import TOPIC as PARTNERS_TOPIC
from shared.contracts.training import TOPIC
from shared.runtime import Kit, Parts, Service


async def build(kit: Kit) -> Parts:
    """Routes and loops."""
    return Parts(routers=(router,), state={"training_texts": Texts(kit.documents, kit.vault)})


SERVICE = Service(
    name=NAME,
    topics=(TOPIC, CALLS_TOPIC, PARTNERS_TOPIC),
    publishes=(TOPIC, TrainingEvent),
    views=(forms, samples, evaluations, agent_talks, call_orders, call_surveys),
    keeps=(TEXTS,),
    build=build,
)

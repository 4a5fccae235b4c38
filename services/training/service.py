"""The training service as data: its topics, its views, its routes and loops."""

from __future__ import annotations

from services.training.api import router
from services.training.api.callers import NAME
from services.training.comments import KEEP as COMMENTS
from services.training.comments import Comments
from services.training.events import TrainingEvent
from services.training.following.due import Due
from services.training.following.newcomers import Measuring
from services.training.lapses import Lapses
from services.training.texts import Texts
from services.training.usage import KEEP as USAGE
from services.training.usage import Usage
from services.training.views.agreed import agreed
from services.training.views.arrivals import arrivals
from services.training.views.banks import banks
from services.training.views.candidates import candidates
from services.training.views.capacity import known_capacity
from services.training.views.certificates import certificates
from services.training.views.coachings import coachings
from services.training.views.contests import contests
from services.training.views.conversations import conversations
from services.training.views.courses import courses
from services.training.views.evaluations import evaluations
from services.training.views.forms import forms
from services.training.views.ideas import ideas
from services.training.views.learnings import learnings
from services.training.views.people import people
from services.training.views.presence import presence
from services.training.views.rotas import rotas
from services.training.views.samples import samples
from services.training.views.sessions import sessions
from services.training.views.speakers import speakers
from services.training.views.staffing import known_staffing
from services.training.views.surveys import call_surveys
from services.training.views.talks import agent_talks, call_orders
from services.training.views.trainees import trainees
from services.training.views.worked import worked, worked_since
from shared.contracts.calls import TOPIC as CALLS_TOPIC
from shared.contracts.partners import TOPIC as PARTNERS_TOPIC
from shared.contracts.training import TOPIC
from shared.engine.again import again
from shared.runtime import Kit, Parts, Service

LAPSES_EVERY_S = 1.0
EFFECTS_EVERY_S = 600.0
LEARNING_EVERY_S = 600.0
SWEEP_EVERY_S = 600.0
"""How often what is held too long is looked for."""


async def build(kit: Kit) -> Parts:
    """Routes and loops."""
    settings = kit.settings
    usage = Usage(kit.documents, kit.now, settings.panel_usage, settings.panel_usage_days)
    effects = Due(kit.deps.reads, kit.deps.door, kit.now)
    newcomers = Measuring(kit.deps.reads, kit.deps.door, kit.now)
    return Parts(
        routers=(router,),
        loops=(
            ("worker", again(Lapses(kit.deps).step, LAPSES_EVERY_S)),
            ("worker", again(effects.step, EFFECTS_EVERY_S)),
            ("worker", again(newcomers.step, LEARNING_EVERY_S)),
            ("worker", again(usage.sweep, SWEEP_EVERY_S)),
        ),
        state={
            "training_texts": Texts(kit.vault),
            "panel_usage": usage,
            "session_comments": Comments(kit.documents, kit.vault),
        },
    )


SERVICE = Service(
    name=NAME,
    topics=(TOPIC, CALLS_TOPIC, PARTNERS_TOPIC),
    publishes=(TOPIC, TrainingEvent),
    views=(
        courses,
        sessions,
        banks,
        trainees,
        certificates,
        people,
        agreed,
        worked,
        worked_since,
        coachings,
        learnings,
        contests,
        arrivals,
        presence,
        speakers,
        known_staffing,
        rotas,
        known_capacity,
        candidates,
        forms,
        samples,
        evaluations,
        agent_talks,
        call_orders,
        call_surveys,
        conversations,
        ideas,
    ),
    keeps=(USAGE, COMMENTS),
    build=build,
)

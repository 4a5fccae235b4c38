"""The reconciliation service as data: its topics, its views, its routes, and the worker of its runs."""

from __future__ import annotations

from services.reconciliation.api import router
from services.reconciliation.api.desk import NAME, Desk
from services.reconciliation.events import ReconciliationEvent
from services.reconciliation.gathering import Gathering
from services.reconciliation.running import notes, sealing
from services.reconciliation.running.notes import Runs
from services.reconciliation.running.runner import Runner
from services.reconciliation.running.sealing import Sealed
from services.reconciliation.views.counterparts import counterparts
from services.reconciliation.views.month_calls import month_calls
from services.reconciliation.views.month_stays import month_stays
from services.reconciliation.views.months import months
from services.reconciliation.views.rules import rules
from shared.contracts.calls import TOPIC as CALLS_TOPIC
from shared.contracts.partners import TOPIC as PARTNERS_TOPIC
from shared.contracts.reconciliation import TOPIC
from shared.engine.again import again
from shared.runtime import Kit, Parts, Service

RUNS_EVERY_S = 0.5


async def build(kit: Kit) -> Parts:
    """Routes, and the worker that compares reports."""
    runs = Runs(kit.documents)
    sealed = Sealed(kit.blobs, kit.documents, kit.vault)
    gathering = Gathering(kit.views, kit.vault, kit.settings.company_zone)
    runner = Runner(kit.deps, runs, gathering, sealed)
    return Parts(
        routers=(router,),
        loops=(("worker", again(runner.step, RUNS_EVERY_S)),),
        state={NAME: Desk(runs, sealed, gathering)},
    )


SERVICE = Service(
    name=NAME,
    topics=(TOPIC, CALLS_TOPIC, PARTNERS_TOPIC),
    publishes=(TOPIC, ReconciliationEvent),
    views=(months, month_calls, month_stays, counterparts, rules),
    keeps=(notes.KEEP, sealing.KEEP),
    build=build,
)

"""The reconciliation service as data: its topics, its views, its routes, and the worker of its runs."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx

from services.reconciliation.api import router
from services.reconciliation.api.desk import NAME, Desk
from services.reconciliation.billing import readings
from services.reconciliation.billing.announcing import Announcing
from services.reconciliation.billing.books import books_of
from services.reconciliation.billing.expecting import Expecting
from services.reconciliation.billing.readings import Readings
from services.reconciliation.billing.taking_in import TakingIn
from services.reconciliation.calls_service import CallsService
from services.reconciliation.domain.process_managers import enter_commissions
from services.reconciliation.events import ReconciliationEvent
from services.reconciliation.gathering import Gathering
from services.reconciliation.measuring import Differences
from services.reconciliation.retention import Retention
from services.reconciliation.running import notes, sealing
from services.reconciliation.running.mending import Mending
from services.reconciliation.running.notes import Runs
from services.reconciliation.running.runner import Runner
from services.reconciliation.running.sealing import Sealed
from services.reconciliation.silence import Silence
from services.reconciliation.validator import Validator
from services.reconciliation.views.accuracy import accuracy
from services.reconciliation.views.billings import billings
from services.reconciliation.views.counterparts import counterparts
from services.reconciliation.views.defects import defects
from services.reconciliation.views.invoices import invoices
from services.reconciliation.views.media_costs import known_media_costs
from services.reconciliation.views.media_spent import media_spent
from services.reconciliation.views.month_calls import month_calls
from services.reconciliation.views.month_handovers import month_handovers
from services.reconciliation.views.month_stays import month_stays
from services.reconciliation.views.months import months
from services.reconciliation.views.rates import known_rates
from services.reconciliation.views.released_months import released_months
from services.reconciliation.views.rules import rules
from services.reconciliation.views.selling import selling
from shared import webhooks
from shared.contracts.calls import TOPIC as CALLS_TOPIC
from shared.contracts.partners import TOPIC as PARTNERS_TOPIC
from shared.contracts.reconciliation import TOPIC
from shared.engine.again import again
from shared.runtime import Kit, Parts, Service
from shared.settings import Settings
from shared.webhooks import Target, Webhooks

RUNS_EVERY_S = 0.5
SILENCE_EVERY_S = 60.0
DIFFERENCES_EVERY_S = 60.0
WEBHOOKS_EVERY_S = 1.0
RETENTION_EVERY_S = 600.0


SERVICE = Service(
    name=NAME,
    topics=(TOPIC, CALLS_TOPIC, PARTNERS_TOPIC),
    publishes=(TOPIC, ReconciliationEvent),
    views=(
        months,
        rules,
        defects,
        month_calls,
        month_stays,
        month_handovers,
        counterparts,
        invoices,
        billings,
        selling,
        known_rates,
        known_media_costs,
        media_spent,
        accuracy,
        released_months,
    ),
    managers=(enter_commissions,),
    keeps=(notes.KEEP, sealing.KEEP, readings.KEEP, webhooks.KEEP),
)
"""What it holds, without what it serves."""


def reconciliation_service(client: httpx.AsyncClient) -> Service:
    """The service, asking the calls service through `client`."""

    async def build(kit: Kit) -> Parts:
        """Routes, the worker that compares reports, and the one that looks at silent partners."""
        runs = Runs(kit.documents)
        sealed = Sealed(kit.blobs, kit.documents, kit.vault)
        gathering = Gathering(kit.views, kit.vault, kit.settings.company_zone, CallsService(client))
        mending = Mending(kit.deps, gathering)
        runner = Runner(kit.deps, runs, gathering, sealed, mending)
        read = Readings(kit.documents)
        expecting = Expecting(kit.deps, gathering, read)
        validator = Validator()
        taking_in = TakingIn(kit.deps, expecting, read, validator, kit.settings.four_eyes_minor)
        retention = Retention(kit.deps, kit.settings)
        outgoing = Webhooks(kit.documents, _accounting(kit.settings), kit.now, life=None)
        books = books_of(kit.settings.books)
        desk = Desk(runs, sealed, gathering, mending, expecting, read, taking_in, books, outgoing, retention)

        async def validating(stopping: asyncio.Event) -> None:
            """The processes that open strangers' documents end with this one."""
            await stopping.wait()
            await validator.close()

        return Parts(
            routers=(router,),
            workers=(Announcing(outgoing, kit.checkpoints, kit.settings.base_url),),
            loops=(
                ("worker", again(runner.step, RUNS_EVERY_S)),
                ("worker", again(Silence(kit.deps, gathering).step, SILENCE_EVERY_S)),
                ("worker", again(outgoing.step, WEBHOOKS_EVERY_S)),
                ("worker", again(Differences(kit.deps.reads).step, DIFFERENCES_EVERY_S)),
                ("worker", again(retention.step, RETENTION_EVERY_S)),
                ("api", validating),
            ),
            state={NAME: desk},
        )

    return replace(SERVICE, build=build)


def _accounting(settings: Settings) -> Target | None:
    if not settings.accounting_webhook_url:
        return None
    private = settings.accounting_webhook_private
    return Target(settings.accounting_webhook_url, settings.accounting_webhook_secret, private)

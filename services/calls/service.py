"""The calls service as data: its topics and views, and the rooms of its own that are put together here."""

from __future__ import annotations

from datetime import timedelta

from services.calls.api import CallReads, router
from services.calls.api.lead_desk import LeadDesk
from services.calls.api.live import router as live
from services.calls.api.panel import Panel
from services.calls.api.readers import Desk
from services.calls.domain.process_managers import MANAGERS
from services.calls.doors.drops import Drops
from services.calls.doors.ingest import PREFIX, Ingest, Limits
from services.calls.doors.managers import Managers
from services.calls.doors.refusals import Refusals
from services.calls.doors.sources import Sources
from services.calls.doors.streams import Streams
from services.calls.doors.uploads import Uploads
from services.calls.events import CallsEvent
from services.calls.leads.barred import KEEP as BARRED
from services.calls.leads.barred import DoNotCall
from services.calls.leads.importing import KEEP as LIKES
from services.calls.leads.importing import Importer
from services.calls.leads.imports import KEEPS as IMPORTS
from services.calls.leads.imports import Imports
from services.calls.leads.lead_calls import LeadCalls
from services.calls.leads.leads import KEEPS as LEADS
from services.calls.leads.leads import Leads
from services.calls.leads.ruling import Ruling
from services.calls.orders.hooks import PREFIX as HOOKS_PREFIX
from services.calls.orders.hooks import Hooks
from services.calls.orders.notices import Notices, Targets
from services.calls.orders.shipments import Shipments
from services.calls.reads import IntakeNotes, PeopleDirectory, RawItems
from services.calls.recordings import Recordings
from services.calls.retry import Retry
from services.calls.tracking.lead_ages import LeadAges
from services.calls.tracking.measuring import Silence
from services.calls.tracking.moving import KEEPS, item_name, move_item
from services.calls.tracking.replays import Replays
from services.calls.tracking.reread import Reread
from services.calls.tracking.results import Results
from services.calls.tracking.ringing import Ringing
from services.calls.tracking.timers import Timers
from services.calls.tracking.tracking import Tracker
from services.calls.views.agent_sales import agent_sales
from services.calls.views.agent_time import agent_time
from services.calls.views.agreed import agreed_terms
from services.calls.views.agreed_months import agreed_months
from services.calls.views.campaign_rules import known_rules
from services.calls.views.campaign_sales import campaign_sales
from services.calls.views.campaigns import campaigns
from services.calls.views.certified import certified
from services.calls.views.closed_statements import closed_statements
from services.calls.views.customers import customers
from services.calls.views.evidence import evidence
from services.calls.views.goals import goals
from services.calls.views.handovers import handovers
from services.calls.views.leads import callbacks, lead_lists
from services.calls.views.media import media, media_bought, number_calls
from services.calls.views.numbers import numbers
from services.calls.views.ordered import ordered
from services.calls.views.orders import orders
from services.calls.views.people import call_people
from services.calls.views.performance import performance, performance_day
from services.calls.views.performance_month import performance_month
from services.calls.views.plans import plans
from services.calls.views.products import products
from services.calls.views.providers import providers
from services.calls.views.return_windows import return_windows
from services.calls.views.rosters import rosters
from services.calls.views.routing_policies import routing_policies
from services.calls.views.script_steps import call_sales, script_walks
from services.calls.views.scripts import scripts
from services.calls.views.sources import call_sources
from services.calls.views.subscriptions import subscriptions
from services.calls.views.unfinished import unfinished
from services.calls.views.work import work_items
from services.calls.watch.checks import Checks
from services.calls.watch.hours import Hours
from services.calls.watch.stopwatches import Stopwatches
from shared import webhooks
from shared.contracts.calls import TELEPHONY_TOPIC, TOPIC
from shared.contracts.partners import TOPIC as PARTNERS_TOPIC
from shared.contracts.reconciliation import TOPIC as RECONCILIATION_TOPIC
from shared.contracts.training import TOPIC as TRAINING_TOPIC
from shared.engine.again import again
from shared.engine.moving import Input
from shared.runtime import Kit, Loop, Parts, Role, Service
from shared.webhooks import Webhooks

SOURCES_EVERY_S = 0.2
TIMERS_EVERY_S = 5.0
REREAD_EVERY_S = 2.0
REFUSALS_EVERY_S = 2.0
DROPS_EVERY_S = 2.0
SHIPMENTS_EVERY_S = 5.0
WEBHOOKS_EVERY_S = 1.0
STOPWATCHES_EVERY_S = 0.5
CHECKS_EVERY_S = 2.0
CHECKS_SHARE = 0.1
"""Of the time, at most: calls of sources that give no results are looked at for as long as they are young."""
LEADS_EVERY_S = 1.0
IMPORTS_EVERY_S = 0.5
SILENCE_EVERY_S = 15.0


ROUTERS = (router, live)


async def build(kit: Kit) -> Parts:
    """Ingest, tracker, timers, what follows from orders, and the routes."""
    settings = kit.settings
    sources = Sources(kit.views, kit.vault)
    await sources.refresh()
    ringing = Ringing(kit.documents)
    tracker = Tracker(
        kit.bus,
        kit.documents,
        kit.checkpoints,
        sources,
        kit.vault,
        kit.letters,
        kit.now,
        kit.generation,
        ringing.written,
    )
    timers = Timers(kit.documents, sources, kit.appender, tracker.clocks, kit.now, kit.generation)
    limits = Limits(settings.max_body_bytes, settings.max_transport_bytes, settings.max_decompressed_bytes)
    refusals = Refusals(kit.documents, kit.now)
    ingest = Ingest(sources, kit.vault, kit.intake, kit.documents, kit.letters, limits, kit.now, refusals.count)
    uploads = Uploads(ingest, kit.now)
    reads = CallReads(
        views=kit.views,
        documents=kit.documents,
        directory=PeopleDirectory(kit.views, sources),
        raw=RawItems(kit.bus, kit.vault),
        deliveries=IntakeNotes(kit.documents, kit.bus, kit.letters),
        customers=kit.vault,
    )
    reread = Reread(kit.bus, kit.documents, sources, kit.appender, kit.vault)
    replays = Replays(kit.bus, kit.documents, sources, kit.appender, kit.vault, reread, kit.views)
    results = Results(kit.documents, sources, kit.appender, kit.now)
    hooks = Hooks(kit.deps, kit.letters, settings.max_body_bytes)
    outgoing = Webhooks(kit.documents, Targets(kit.deps, settings.provider_webhook_private), kit.now)
    shipments = Shipments(kit.deps)
    retry = Retry(kit.bus, sources, kit.vault, kit.appender, settings.max_decompressed_bytes, hooks)
    desk = Desk(sources.get, sources.all, settings.max_decompressed_bytes, kit.now)
    barred = DoNotCall(kit.documents, kit.vault)
    ruling = Ruling(kit.deps)
    leads = Leads(kit.documents, kit.deps, barred, ruling)
    imports = Imports(kit.documents, kit.blobs, kit.vault)
    importer = Importer(kit.documents, kit.deps, imports, barred)
    ages = LeadAges(sources, kit.appender, kit.now)
    lead_calls = LeadCalls(kit.documents, kit.checkpoints, leads, barred, kit.vault, ages, kit.now)
    checks = Checks(kit.deps, timedelta(minutes=settings.work_grace_minutes))
    return Parts(
        routers=ROUTERS,
        mounts={PREFIX: ingest, HOOKS_PREFIX: hooks},
        workers=(tracker, lead_calls, Notices(outgoing, kit.deps, kit.checkpoints), Hours(kit.deps, kit.checkpoints)),
        loops=(
            (None, again(sources.refresh, SOURCES_EVERY_S)),
            ("worker", again(timers.step, TIMERS_EVERY_S)),
            ("worker", again(reread.step, REREAD_EVERY_S)),
            ("worker", again(shipments.step, SHIPMENTS_EVERY_S)),
            ("worker", again(Stopwatches(kit.deps).step, STOPWATCHES_EVERY_S)),
            ("worker", again(checks.step, CHECKS_EVERY_S, share=CHECKS_SHARE)),
            ("worker", again(outgoing.step, WEBHOOKS_EVERY_S)),
            ("worker", again(outgoing.forget, webhooks.FORGET_EVERY_S)),
            ("worker", again(leads.step, LEADS_EVERY_S)),
            ("worker", again(importer.step, IMPORTS_EVERY_S)),
            ("worker", again(Silence(kit.documents, sources, kit.now).step, SILENCE_EVERY_S)),
            ("ingest", again(refusals.step, REFUSALS_EVERY_S)),
            ("ingest", Streams(sources, ingest, kit.connect, kit.now).run),
            ("ingest", Managers(sources, ingest, kit.now, refusals.count).run),
            *_watched(kit, sources, uploads),
        ),
        state={
            "call_reads": reads,
            "reread": reread,
            "replays": replays,
            "uploads": uploads,
            "recordings": Recordings(settings.recordings_private),
            "desk": desk,
            "provider_webhooks": outgoing,
            "lead_desk": LeadDesk(leads, imports, barred, kit.documents, ruling),
            "handover_escalates_percent": settings.handover_escalates_percent,
            "panel": Panel(ringing, results, leads),
        },
        retry=retry.send,
        opened=retry.opened,
    )


def _watched(kit: Kit, sources: Sources, uploads: Uploads) -> list[tuple[Role | None, Loop]]:
    """The loop that looks at watched folders, where there are any."""
    settings = kit.settings
    if settings.drops is None:
        return []
    drops = Drops(settings.drops, sources, uploads, kit.documents, kit.bus, settings.max_transport_bytes, kit.now)
    return [("ingest", again(drops.step, DROPS_EVERY_S))]


SERVICE = Service(
    name="calls",
    topics=(TELEPHONY_TOPIC, TOPIC, PARTNERS_TOPIC, RECONCILIATION_TOPIC, TRAINING_TOPIC),
    publishes=(TOPIC, CallsEvent),
    views=(
        performance,
        performance_day,
        performance_month,
        evidence,
        call_sources,
        call_people,
        products,
        campaigns,
        numbers,
        known_rules,
        goals,
        ordered,
        media,
        media_bought,
        number_calls,
        agent_sales,
        agent_time,
        closed_statements,
        plans,
        orders,
        return_windows,
        agreed_months,
        providers,
        subscriptions,
        lead_lists,
        callbacks,
        customers,
        scripts,
        script_walks,
        call_sales,
        agreed_terms,
        handovers,
        unfinished,
        work_items,
        rosters,
        routing_policies,
        certified,
        campaign_sales,
    ),
    managers=MANAGERS,
    keeps=(*KEEPS, *LEADS, *IMPORTS, BARRED, LIKES, webhooks.KEEP),
    inputs=(Input(TELEPHONY_TOPIC, Tracker.name, item_name, move_item),),
    build=build,
)

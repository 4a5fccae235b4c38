"""The gateway as data: what its pages read from, the feed that keeps the wallboard live, and who is told of events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import httpx
from fastapi import APIRouter

from services.gateway.alerting.desk import AlertDesk, open_alerts
from services.gateway.alerting.mailing import KEEP as MAILS_KEEP
from services.gateway.alerting.mailing import MAILS, Mailer, Mailing, post_of
from services.gateway.alerting.readings import Readings
from services.gateway.alerting.watch import Watch
from services.gateway.api.alerts import router as alert_routes
from services.gateway.api.asking import AsViewer, Proof
from services.gateway.api.audit import router as audit
from services.gateway.api.campaigns import CampaignsUpstream
from services.gateway.api.commissions import CommissionsUpstream
from services.gateway.api.feed import WallboardFeed
from services.gateway.api.gateway import Gateway
from services.gateway.api.keys import router as keys
from services.gateway.api.rotas import RotasUpstream
from services.gateway.api.routes import router
from services.gateway.api.saved_views import router as saved_views
from services.gateway.api.scripts import Scripts
from services.gateway.api.training import TrainingUpstream
from services.gateway.api.upstream import Upstream
from services.gateway.api.users import router as users
from services.gateway.api.webhooks import router as webhook_routes
from services.gateway.domain.webhooks import TOLD
from services.gateway.events import TOPIC, GatewayEvent
from services.gateway.hooks.desk import WebhookDesk
from services.gateway.hooks.endings import TRIES, Endings
from services.gateway.hooks.telling import Targets, Telling
from services.gateway.identity.doors import Bearers, doors_of, provider_of
from services.gateway.identity.shelf import KEPT_STARTS, KEPT_VIEWS, Shelf
from services.gateway.identity.users import KEPT
from services.gateway.pages import pages
from services.gateway.views.alerts import alerts
from services.gateway.views.inputs import History
from services.gateway.views.webhooks import webhooks
from shared import metrics
from shared import webhooks as outgoing
from shared.engine.again import again
from shared.http import ShowingDoor
from shared.runtime import Kit, Parts, Service
from shared.security import KEEPS, Access, Tokens
from shared.webhooks import Lanes, Webhooks

ENDINGS_EVERY_S = 2.0
WATCH_EVERY_S = 10.0
MAILS_EVERY_S = 2.0

GATEWAY = Service(
    name="gateway",
    topics=(TOPIC, *TOLD),
    publishes=(TOPIC, GatewayEvent),
    views=(webhooks, alerts),
    keeps=(*KEEPS, KEPT, KEPT_VIEWS, KEPT_STARTS, outgoing.KEEP, MAILS_KEEP),
    bridges=True,
)
"""What it holds, without what it serves."""

ROUTERS = (router, keys, users, audit, webhook_routes, alert_routes, saved_views, pages)


def gateway_service(
    client: httpx.AsyncClient,
    proof: Proof,
    places: Mapping[str, str],
    access: Callable[[Kit, Tokens | None], Access],
    history: Callable[[], History | None],
    others: Sequence[APIRouter] = (),
) -> Service:
    """The service, reading from the others through `client`, for a viewer with `proof`.

    `access` is made with what knows tokens of a provider, if there is one. `places`: where each of them does what
    operators ask; `history` says how far a demo's past is filled in. `others` are routes that lead to services in other
    processes.
    """

    async def build(kit: Kit) -> Parts:
        upstream = Upstream(client, kit.now, history, kit.generation, lambda: open_alerts(kit.deps.reads))
        feed = WallboardFeed(upstream, upstream, kit.now)
        metrics.live_streams(lambda: feed.counts)
        provider = provider_of(kit.settings, kit.now)
        known = access(kit, Bearers(provider) if provider is not None and provider.party.audience else None)
        doors = doors_of(kit.settings, kit.documents, kit.now, known, provider)
        await doors.start()
        gateway = Gateway(
            feed=feed,
            calls=upstream,
            evidence=upstream,
            campaigns=CampaignsUpstream(upstream.ask),
            commissions=CommissionsUpstream(upstream.ask, kit.now),
            training=TrainingUpstream(upstream.ask, kit.now),
            rotas=RotasUpstream(upstream.ask),
            scripts=Scripts(client),
            access=known,
            asker=lambda request, viewer: AsViewer(client, proof(request, viewer)),
            places=places,
            secure=kit.settings.base_url.startswith("https://"),
            doors=doors,
            shelf=Shelf(kit.documents, kit.now),
            now=kit.now,
        )
        private = kit.settings.subscriber_webhook_private
        targets = Targets(kit.deps, private)
        sender = Webhooks(kit.documents, targets, kit.now, tries=TRIES)

        async def zone(partner: str | None) -> ZoneInfo:
            return ZoneInfo(await upstream.zone(partner) or kit.settings.company_zone)

        readings = Readings(upstream.ask, upstream.now, zone)
        mails = _mails(kit)
        showing = replace(kit.deps, door=ShowingDoor(kit.deps.door, kit.readable))
        return Parts(
            routers=(*ROUTERS, *others),
            workers=[
                *(Telling(topic, sender, kit.deps, kit.checkpoints) for topic in TOLD),
                Mailing(mails, kit.deps, kit.checkpoints, kit.settings.smtp_from),
            ],
            loops=(
                ("api", until_stopped(feed.run)),
                ("worker", Lanes(sender, targets.names).run),
                ("worker", again(Endings(kit.deps, sender).step, ENDINGS_EVERY_S)),
                ("worker", again(Watch(kit.deps, readings).step, WATCH_EVERY_S)),
                ("worker", again(mails.step, MAILS_EVERY_S)),
                ("worker", again(mails.forget, outgoing.FORGET_EVERY_S)),
                ("worker", again(sender.forget, outgoing.FORGET_EVERY_S)),
            ),
            state={
                "gateway": gateway,
                "webhook_desk": WebhookDesk(showing, sender, private),
                "alert_desk": AlertDesk(showing, readings),
            },
        )

    return replace(GATEWAY, build=build)


def _mails(kit: Kit) -> Webhooks:
    """The mails that wait; without a server they are kept as not sent."""
    post = post_of(kit.settings.smtp_url)
    mailer = None if post is None else Mailer(post)
    target = None if mailer is None else mailer.target
    return Webhooks(kit.documents, target, kit.now, post=mailer, collection=MAILS)


def until_stopped(work: Callable[[], Awaitable[None]]) -> Callable[[asyncio.Event], Awaitable[None]]:
    """A loop of the runtime from work that knows no end: stopped with the process; what it dies of is raised."""

    async def loop(stopping: asyncio.Event) -> None:
        task = asyncio.ensure_future(work())
        waiting = asyncio.ensure_future(stopping.wait())
        await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        task.cancel()
        await asyncio.gather(task, waiting, return_exceptions=True)
        if not task.cancelled():
            task.result()  # a loop that died must be seen to have died

    return loop

"""What people of a demo's company enter while its calls come in: area by area, beside each other, and none of them in
the way of another. Done again, it changes nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import date, datetime

import httpx

from services.simulate.briefing import enter_briefing
from services.simulate.calling_back import enter_leads
from services.simulate.coached import enter_coaching
from services.simulate.company import Company
from services.simulate.deals import Closing
from services.simulate.driver import NotSetUp, enter_training, entered
from services.simulate.help_line import open_line
from services.simulate.hot_leads import Desk
from services.simulate.ideas import enter_ideas
from services.simulate.judging import enter_quality
from services.simulate.planning import enter_staff
from services.simulate.selling import SELLER, offered, seller
from services.simulate.watching import enter_webhooks

log = logging.getLogger(__name__)
LOOK_EVERY_S = 15.0


async def fill_in(
    client: httpx.AsyncClient, company: Company, today: date, now: Callable[[], datetime], forever: bool = True
) -> None:
    """Everything. What can't be entered is logged, and keeps nobody else from it. `forever`: go on with what comes of
    new calls."""
    await _guarded("selling", _selling(client, company, today))
    desk = Desk(client, company, seller(company)[0])
    closing = Closing(client, company)

    async def with_calls() -> None:
        while True:
            await _guarded("what comes of calls", _looked(closing, desk, now()), quietly=True)
            if not forever:
                return
            await asyncio.sleep(LOOK_EVERY_S)

    await asyncio.gather(
        with_calls(),
        _guarded("leads", enter_leads(client, company)),
        _guarded("webhooks", enter_webhooks(client)),
        _guarded("briefing", enter_briefing(client, company, now)),
        _guarded("lessons", enter_training(client, company, today, SELLER)),
        _help_line(client, company, today),
    )


async def _looked(closing: Closing, desk: Desk, now: datetime) -> None:
    orders, leads = await closing.look(now), await desk.look(now)
    if orders or leads:
        log.info("%d orders, %d hot leads", orders, leads)


async def _selling(client: httpx.AsyncClient, company: Company, today: date) -> None:
    for entry in offered(company, today):
        await entered(client, entry.method, entry.path, entry.body, f"selling-{entry.key}", within=60.0)


async def _help_line(client: httpx.AsyncClient, company: Company, today: date) -> None:
    """What rests on the line's calls comes after them."""
    if not await _guarded("help line", open_line(client, company, today)):
        return
    await _guarded("rota", enter_staff(client, company, today))
    await _guarded("coaching", enter_coaching(client, company, today))
    await _guarded("quality", enter_quality(client, company, today))
    await _guarded("ideas", enter_ideas(client, company, today))


async def _guarded(area: str, work: Awaitable[None], quietly: bool = False) -> bool:
    """Whether it went well; what went wrong is logged."""
    try:
        await work
    except (NotSetUp, httpx.HTTPError) as wrong:
        log.warning("the demo's %s: %s", area, wrong)
        return False
    if not quietly:
        log.info("the demo's %s: entered", area)
    return True

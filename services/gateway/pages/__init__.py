"""The gateway's pages: plain HTML that works by itself, and is kept live by small modules of script."""

from fastapi import APIRouter

from services.gateway.pages.browser import BrowserPages
from services.gateway.pages.calls import router as calls
from services.gateway.pages.campaigns import router as campaigns
from services.gateway.pages.coaching import router as coaching
from services.gateway.pages.commissions import router as commissions
from services.gateway.pages.entrance import router as entrance
from services.gateway.pages.evidence import router as evidence
from services.gateway.pages.handovers import router as handovers
from services.gateway.pages.health import router as health
from services.gateway.pages.ideas import router as ideas
from services.gateway.pages.panel import router as panel
from services.gateway.pages.preferences import router as preferences
from services.gateway.pages.quality import router as quality
from services.gateway.pages.rota import router as rota
from services.gateway.pages.scripts import router as scripts
from services.gateway.pages.static import router as static
from services.gateway.pages.training import router as training
from services.gateway.pages.wallboard import router as wallboard
from services.gateway.pages.work import router as work

pages = APIRouter(include_in_schema=False)
for part in (
    entrance, wallboard, calls, campaigns, commissions, handovers, work, quality, ideas, scripts, training, coaching,
    rota, evidence, panel, health, preferences, static,
):  # fmt: skip
    pages.include_router(part)

__all__ = ["BrowserPages", "pages"]

"""The gateway's pages: plain HTML that works by itself, and is kept live by small modules of script."""

from fastapi import Depends

from services.gateway.pages.admin import router as admin
from services.gateway.pages.agents import router as agents
from services.gateway.pages.alerts import router as alerts
from services.gateway.pages.audit import router as audit
from services.gateway.pages.browser import BrowserPages
from services.gateway.pages.calls import router as calls
from services.gateway.pages.campaigns import router as campaigns
from services.gateway.pages.candidates import router as candidates
from services.gateway.pages.changes import router as changes
from services.gateway.pages.coaching import router as coaching
from services.gateway.pages.commissions import router as commissions
from services.gateway.pages.developers import router as developers
from services.gateway.pages.entrance import router as entrance
from services.gateway.pages.evaluation_forms import router as evaluation_forms
from services.gateway.pages.evidence import router as evidence
from services.gateway.pages.feedback import router as feedback
from services.gateway.pages.handovers import router as handovers
from services.gateway.pages.health import router as health
from services.gateway.pages.ideas import router as ideas
from services.gateway.pages.imports import router as imports
from services.gateway.pages.invoices import router as invoices
from services.gateway.pages.month import router as month
from services.gateway.pages.month_acts import router as month_acts
from services.gateway.pages.my_quality import router as my_quality
from services.gateway.pages.orders import router as orders
from services.gateway.pages.panel import router as panel
from services.gateway.pages.partner import router as partner
from services.gateway.pages.partner_contract import router as partner_contract
from services.gateway.pages.partner_transition import router as partner_transition
from services.gateway.pages.partners import router as partners
from services.gateway.pages.planning import router as planning
from services.gateway.pages.preferences import router as preferences
from services.gateway.pages.quality import router as quality
from services.gateway.pages.quality_acts import router as quality_acts
from services.gateway.pages.reconciliation import router as reconciliation
from services.gateway.pages.rota import router as rota
from services.gateway.pages.saved_views import router as saved_views
from services.gateway.pages.saved_views import with_saved
from services.gateway.pages.scripts import router as scripts
from services.gateway.pages.search import router as search
from services.gateway.pages.sessions import router as sessions
from services.gateway.pages.signin import router as signin
from services.gateway.pages.staffing import router as staffing
from services.gateway.pages.static import router as static
from services.gateway.pages.tickets import router as tickets
from services.gateway.pages.training import router as training
from services.gateway.pages.wallboard import router as wallboard
from services.gateway.pages.webhooks import router as webhooks
from services.gateway.pages.work import router as work
from shared.http.joined import joined

# Of two that fit a path the first one answers: what is named comes before what is a parameter.
PARTS = (
    entrance, admin, agents, alerts, audit, calls, campaigns, candidates, changes, coaching, commissions, developers,
    evaluation_forms, evidence, feedback, handovers, health, ideas, imports, invoices, my_quality, orders, panel,
    partner, partner_contract, partner_transition, partners, planning, preferences, quality, quality_acts,
    reconciliation, month, month_acts, rota, saved_views, scripts, search, sessions, signin, staffing, tickets,
    training, wallboard, webhooks, work, static,
)  # fmt: skip
pages = joined(*PARTS, include_in_schema=False, dependencies=[Depends(with_saved)])

__all__ = ["PARTS", "BrowserPages", "pages"]

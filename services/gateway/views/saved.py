"""Which pages can be kept as somebody filtered them, and by which parameters of their addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from services.gateway.views.words import _, link
from shared.rights import Right

MOST_TEXT = 200
"""Letters of a parameter's value."""


class Filtered(NamedTuple):
    """A page: what it is called, the right that it asks for, and what it is filtered by."""

    name: str
    right: Right
    parameters: tuple[str, ...]


FILTERED: Mapping[str, Filtered] = {
    "/wallboard": Filtered(_("Wallboard"), "wallboard.see", ("partner", "campaign", "q", "state", "sort")),
    "/calls": Filtered(
        _("Calls"),
        "figures.read",
        ("partner", "campaign", "agent", "state", "disposition", "day", "to", "zone"),
    ),
    "/partners": Filtered(_("Partners"), "partners.read", ("country", "language", "owner", "stage")),
    "/tickets": Filtered(
        _("Tickets"), "tickets.write", ("partner", "state", "category", "priority", "assignee", "late")
    ),
    "/reconciliation": Filtered(_("Reconciliation"), "reconciliation.read", ("month", "state", "partner")),
    "/invoices": Filtered(_("Invoices"), "invoices.read", ("month", "partner", "status")),
    "/campaigns": Filtered(_("Campaigns"), "selling.read", ("state",)),
    "/commissions": Filtered(_("Commissions"), "pay.read", ("partner", "agent", "month")),
    "/coaching": Filtered(_("Coaching"), "training.read", ("partner", "agent")),
    "/rota": Filtered(_("Rota"), "training.read", ("partner", "name")),
    "/rota/candidates": Filtered(_("Candidates"), "recruiting.run", ("partner", "stage")),
    "/health": Filtered(_("Health"), "operations.run", ("service",)),
    "/admin/audit": Filtered(_("Audit"), "audit.read", ("who", "what", "outcome", "from", "to")),
}
"""By path. Where in a list somebody is, and what a page tells of the last button, is no filter."""


def filters_of(page: str, asked: Mapping[str, str]) -> dict[str, str]:
    """Of what an address asks for, that by which the page is filtered, in the page's own order."""
    return {name: asked[name] for name in FILTERED[page].parameters if asked.get(name)}


def wrong_filter(page: str, query: Mapping[str, str]) -> tuple[str, str] | None:
    """Which field of a view that somebody wants to keep is wrong, and why; None where all is well."""
    if page not in FILTERED:
        return "page", f"one of {', '.join(sorted(FILTERED))}"
    for name, value in query.items():
        if name not in FILTERED[page].parameters:
            return f"query.{name}", f"the page is filtered by {', '.join(FILTERED[page].parameters)}"
        if not value or len(value) > MOST_TEXT or not value.isprintable():
            return f"query.{name}", f"1 to {MOST_TEXT} printable characters"
    return None


def address(page: str, query: Mapping[str, str]) -> str:
    """Where the page is, so filtered."""
    return link(page, **query)

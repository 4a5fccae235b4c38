"""What the filters of a saved view are called: each parameter of an address with its label, and its value in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from services.gateway.pages.reconciliation import STATE_WORDS
from services.gateway.pages.wallboard import COLUMNS, GROUP_LABELS
from services.gateway.views.codes import word
from services.gateway.views.codes.calls import CALL_STATES, CAMPAIGN_STATES, RESULTS
from services.gateway.views.codes.money import INVOICE_STATES
from services.gateway.views.codes.partners import PARTNER_STAGES, PRIORITIES, TICKET_CATEGORIES, TICKET_STATES
from services.gateway.views.codes.people import CANDIDATE_STAGES
from services.gateway.views.codes.system import AUDIT_OUTCOMES
from services.gateway.views.inputs import Names
from services.gateway.views.words import _

LABELS: Mapping[str, str] = {
    "partner": _("Partner"),
    "campaign": _("Campaign"),
    "agent": _("Agent"),
    "q": _("Find"),
    "state": _("State"),
    "sort": _("Sorted by"),
    "disposition": _("Result"),
    "day": _("Day"),
    "to": _("Until"),
    "zone": _("Time zone"),
    "country": _("Country"),
    "language": _("Language"),
    "owner": _("Owner"),
    "stage": _("Stage"),
    "category": _("Category"),
    "priority": _("Priority"),
    "assignee": _("Assigned to"),
    "late": _("past its promise"),
    "month": _("Month"),
    "status": _("State"),
    "name": _("Name"),
    "service": _("Service"),
    "who": _("Who"),
    "what": _("What"),
    "outcome": _("What came of it"),
    "from": _("From"),
}
WORDS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("/wallboard", "state"): GROUP_LABELS,
    ("/wallboard", "sort"): {
        **{name: label for name, label, _figure in COLUMNS},
        **{f"-{name}": label for name, label, _figure in COLUMNS},
    },
    ("/calls", "state"): CALL_STATES,
    ("/calls", "disposition"): RESULTS,
    ("/partners", "stage"): PARTNER_STAGES,
    ("/tickets", "state"): TICKET_STATES,
    ("/tickets", "category"): TICKET_CATEGORIES,
    ("/tickets", "priority"): PRIORITIES,
    ("/tickets", "late"): {"1": _("yes")},
    ("/reconciliation", "state"): STATE_WORDS,
    ("/invoices", "status"): INVOICE_STATES,
    ("/campaigns", "state"): CAMPAIGN_STATES,
    ("/rota/candidates", "stage"): CANDIDATE_STAGES,
    ("/admin/audit", "outcome"): AUDIT_OUTCOMES,
}
"""By page and parameter."""


class Filter(NamedTuple):
    """What a page is filtered by, and for what."""

    label: str
    value: str


def told(page: str, query: Mapping[str, str], names: Names) -> list[Filter]:
    """The filters of a view as its reader calls them. What no word or name is known of is told as it is."""
    return [Filter(str(LABELS[name]), _value(page, name, value, query, names)) for name, value in query.items()]


def _value(page: str, name: str, value: str, query: Mapping[str, str], names: Names) -> str:
    match name:
        case "partner":
            return names.partner(value)
        case "campaign":
            return names.campaign(value)
        case "agent":
            return names.agent(query.get("partner", ""), value)
        case "sort" if value.startswith("-"):
            return _("{column}, downwards").format(column=word(value, WORDS[page, name]))
        case _:
            words = WORDS.get((page, name))
            return word(value, words) if words else value

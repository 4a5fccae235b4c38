"""What a programme manager has going on with a simulated company's partners and others: a contract that is signed and
one that is not, a transition that is late, a ramp, scores, and tickets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from services.simulate.company import Company, Partner
from services.simulate.schooling import course_of

IN_TRANSITION, AT_THE_TABLE, EVALUATED = "dunav-linija", "rhein-ruf", "sava-voice"
TICKETS = "/api/v1/tickets"
SCAN = b"%PDF-1.7\n% Signed by both sides, in a demo.\n"
SIGNERS = [
    {"name": "J. Horvat", "position": "Head of partners", "side": "ours"},
    {"name": "A. Diallo", "position": "Director", "side": "partner"},
]
POINTS = {
    "management": 4,
    "quality_system": 3,
    "cost": 5,
    "speed_to_market": 3,
    "flexibility": 4,
    "personnel": 4,
    "technology": 2,
    "data_protection": 3,
}


class Step(NamedTuple):
    """One request to the API, with JSON or a file; sent again with the same key, it is answered again."""

    method: str
    path: str
    body: dict[str, Any] | bytes
    key: str


def dealings(company: Company, today: date) -> Iterator[Step]:
    """Everything, in the order in which it has to be sent, once the programme is entered."""
    yield from _signed(company.partners[0], today)
    yield from _ramp(company.partners[-1])
    yield from _at_the_table(today)
    yield from _transition(today)
    scores = {criterion: {"points": points, "comment": ""} for criterion, points in POINTS.items()}
    yield Step("PUT", f"/api/v1/evaluations/{EVALUATED}:first/scores", {"scores": scores}, f"scores-{EVALUATED}")
    yield from _tickets(company)


def _terms(zone: str, today: date) -> dict[str, Any]:
    """An inbound line paid by the second, from a year ago until two and a half months from now."""
    starts = today.replace(day=1) - timedelta(days=1)
    return {
        "service": {"format": "pre_trained", "crm": "write", "client_base": "ours", "languages": ["de", "en"]},
        "schedule": {"time_zone": zone, "always": True},
        "volumes": {
            "months": [{"name": f"{today:%Y-%m}", "calls_per_day": 300}],
            "answered_percent": "80",
            "conversion_percent": "15",
            "talk_seconds": 190,
            "wrap_seconds": 40,
        },
        "pricing": {
            "per_minute": [
                {
                    "name": "talk",
                    "clause": "§ 4.1",
                    "tiers": [{"rate": "55"}],
                    "first_seconds": 1,
                    "next_seconds": 1,
                    "counts": "talk",
                }
            ]
        },
        "payment": {"currency": "EUR", "days": 30},
        "service_levels": [{"name": "answer", "clause": "§ 6.1", "seconds": 20, "target_percent": "80"}],
        "measures": {"short_abandon_seconds": 5, "hot_lead_seconds": 240},
        "quality_controllers": [
            {"name": "Ivana Kos", "side": "ours", "position": "Head of quality"},
            {"name": "Amadou Sow", "side": "partner", "position": "Floor manager"},
        ],
        "month": {"report_due_day": 5},
        "validity": {
            "starts": (starts - timedelta(days=300)).replace(day=1).isoformat(),
            "ends": (today + timedelta(days=75)).isoformat(),
            "notice_days": 60,
        },
    }


def _signed(partner: Partner, today: date) -> Iterator[Step]:
    """A contract that was amended this month, whose last day for notice comes near, and that asks for more certified
    agents than there are."""
    route, terms = f"/api/v1/contracts/{partner.id}:main", _terms(partner.time_zone, today)
    terms["certified"] = [{"name": course_of(partner.campaigns[0]), "agents": len(partner.agents), "backups": 0}]
    starts = terms["validity"]["starts"]
    yield from _agreed(route, terms, partner.id)
    yield Step("POST", f"{route}/drafts", terms, f"draft-{partner.id}")
    yield Step("POST", f"{route}/approval", {}, f"approved-{partner.id}")
    yield Step("POST", f"{route}/documents?name=signed.pdf", SCAN, f"scan-{partner.id}")
    signed = {"signers": SIGNERS, "documents": [hashlib.sha256(SCAN).hexdigest()]}
    yield Step("POST", f"{route}/signature", {"signed_on": starts} | signed, f"signed-{partner.id}")
    first = today.replace(day=1)
    amended = {
        "effective": first.isoformat(),
        "signed_on": (first - timedelta(days=7)).isoformat(),
        "reason": "Faster answers, and a higher rate for them.",
        "changes": {"service_levels[answer].seconds": 15, "pricing.per_minute[talk].tiers": [{"rate": "58"}]},
    }
    yield Step("POST", f"{route}/amendments", amended | signed, f"amended-{partner.id}")


def _at_the_table(today: date) -> Iterator[Step]:
    """A draft that says otherwise than was agreed, to our loss and to our gain."""
    route, terms = f"/api/v1/contracts/{AT_THE_TABLE}:main", _terms("Europe/Berlin", today)
    terms["validity"] = {"starts": (today + timedelta(days=35)).replace(day=1).isoformat(), "notice_days": 60}
    terms["volumes"]["months"][0]["name"] = terms["validity"]["starts"][:7]
    yield from _agreed(route, terms, AT_THE_TABLE)
    draft = deepcopy(terms)
    draft["pricing"]["per_minute"][0]["next_seconds"] = 60
    draft["measures"]["hot_lead_seconds"] = 420
    draft["payment"]["days"] = 45
    draft["validity"]["notice_days"] = 180
    yield Step("POST", f"{route}/drafts", draft, f"draft-{AT_THE_TABLE}")
    said = {"path": "payment.days", "reason": "It is better for us."}
    yield Step("POST", f"{route}/deviations/accept", said, f"accepted-{AT_THE_TABLE}")


def _agreed(route: str, terms: dict[str, Any], name: str) -> Iterator[Step]:
    yield Step("POST", f"{route}/rounds?side=ours", terms, f"round-{name}")
    yield Step("PUT", f"{route}/agreement", {"round": 1}, f"agreed-{name}")


def _ramp(partner: Partner) -> Iterator[Step]:
    phases = [
        {"name": "pilot", "daily_cap": 60, "exit": {"min_days": 3, "min_answer_rate": 80}},
        {"name": "half", "daily_cap": 200, "exit": {"min_days": 5, "min_answer_rate": 80}},
        {"name": "full", "daily_cap": 1000, "exit": {"min_days": 5}},
    ]
    yield Step("PUT", f"/api/v1/transitions/{partner.id}/ramp", {"phases": phases}, f"ramp-{partner.id}")


def _transition(today: date) -> Iterator[Step]:
    """A plan of a fortnight ago that is late: the telephony isn't connected, and headsets are missing."""
    route = f"/api/v1/transitions/{IN_TRANSITION}"
    people = {"accountable": "J. Horvat", "ours": "S. Begić", "theirs": "M. Petrović"}
    plan = {"templates": ["inbound"], "start": (today - timedelta(days=14)).isoformat(), **people}
    yield Step("PUT", route, plan, "transition")
    for task in ("kick-off", "data-protection", "scripts", "agents"):
        yield Step("POST", f"{route}/tasks/{task}/done", {}, f"transition-{task}")
    for number, purpose in (("+38111000001", "TV spot, evening"), ("+38111000002", "Catalogue")):
        yield Step("PUT", f"{route}/lines/{number}", {"purpose": purpose}, f"transition-line-{number}")
    yield Step("POST", f"{route}/lines/+38111000002/switch", {}, "transition-switched")
    crm = {"name": "Customer records", "state": "testing", "note": "Reading works, writing does not yet."}
    yield Step("PUT", f"{route}/interfaces/crm", crm, "transition-crm")
    yesterday = datetime.combine(today - timedelta(days=1), time(15), UTC)
    issue = {"title": "Ten headsets are missing", "severity": "severe", "owner": "M. Petrović"}
    yield Step("PUT", f"{route}/issues/headsets", issue | {"due": yesterday.isoformat()}, "transition-headsets")


def _tickets(company: Company) -> Iterator[Step]:
    """One that is urgent, one that waits for the partner, and one that is done."""
    live, second, third = (partner.id for partner in company.partners[:3])
    asked = (
        (second, "urgent", "telephony", "Calls drop after a minute", "Since nine, on all lines of the evening spot."),
        (live, "normal", "invoice", "Which rate holds for October?", "The invoice has 0.58 for all days."),
        (third, "low", "training", "New headset manual", "Please send it in German too."),
    )
    for partner, priority, category, subject, text in asked:
        body = {"partner_id": partner, "priority": priority, "category": category, "subject": subject, "text": text}
        yield Step("POST", TICKETS, body, f"ticket-{partner}")


def of_tickets(company: Company, ids: dict[str, str]) -> Iterator[Step]:
    """What was said in the tickets, whose ids (by the key of their opening) the API has given."""
    live, _, third = (partner.id for partner in company.partners[:3])
    waits, done = (f"{TICKETS}/{ids[f'ticket-{partner}']}" for partner in (live, third))
    asks = {"text": "From the first of the month on. Is it that invoice?", "asks": True}
    yield Step("POST", f"{waits}/messages", asks, "ticket-asked")
    yield Step("PUT", f"{waits}/assignee", {"assignee": "S. Begić"}, "ticket-assigned")
    yield Step("POST", f"{done}/resolution", {"outcome": "Sent."}, "ticket-done")


def body_of(step: Step) -> tuple[bytes, str]:
    """What a step sends, and as what."""
    if isinstance(step.body, bytes):
        return step.body, "application/pdf"
    return json.dumps(step.body).encode(), "application/json"

"""What a programme manager has entered about a simulated company's partners, and about others that may become some."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from services.simulate.company import Company, Partner
from services.simulate.dice import Dice
from services.simulate.people import full_name

OWNERS = ("J. Horvat", "S. Begić", "M. Lindner")


class Entry(NamedTuple):
    """One request to the API; sent again with the same key, it is answered again."""

    method: str
    path: str
    body: dict[str, Any]
    key: str


class Prospect(NamedTuple):
    """A company that is looked at: its id, name, country, zone, languages, seats, and how far it has come."""

    id: str
    name: str
    country: str
    zone: str
    tongue: str
    languages: tuple[str, ...]
    seats: int
    stage: str


PROSPECTS = (
    Prospect("sava-voice", "Sava Voice d.o.o.", "RS", "Europe/Belgrade", "bs", ("sr", "en"), 60, "evaluating"),
    Prospect("rhein-ruf", "Rhein Ruf GmbH", "DE", "Europe/Berlin", "en", ("de", "nl"), 40, "negotiating"),
    Prospect("dunav-linija", "Dunav Linija d.o.o.", "RS", "Europe/Belgrade", "bs", ("sr", "hu"), 45, "integrating"),
    Prospect("tejo-direto", "Tejo Direto Lda.", "PT", "Europe/Lisbon", "es", ("pt", "es", "en"), 35, "contacted"),
    Prospect("baltic-talk", "Baltic Talk UAB", "LT", "Europe/Vilnius", "pl", ("lt", "ru", "en"), 24, "contacted"),
    Prospect("atlas-appels", "Atlas Appels SARL", "MA", "Africa/Casablanca", "fr", ("fr", "ar"), 120, "found"),
    Prospect("volta-kontakt", "Volta Kontakt GmbH", "DE", "Europe/Berlin", "en", ("de",), 18, "found"),
)
_WAY = ("contacted", "evaluating")


def entries(company: Company, today: date) -> Iterator[Entry]:
    """Everything, in the order in which it has to be sent. The partners must be registered."""
    for n, partner in enumerate(company.partners):
        yield from _of_partner(company.seed, n, partner, today)
    yield _brief()
    for n, prospect in enumerate(PROSPECTS):
        yield from _of_prospect(company.seed, n, prospect, today)


def _of_partner(seed: int, n: int, partner: Partner, today: date) -> Iterator[Entry]:
    """A co-operation that is older than this system; the last one still grows."""
    dice = Dice("programme", seed, partner.id)
    home = f"/api/v1/partners/{partner.id}"
    languages = sorted({language for agent in partner.agents for language in agent.languages})
    services = ["inbound", "outbound_telesales"] if len({c.line for c in partner.campaigns}) > 1 else ["inbound"]
    profile = {
        "countries": [partner.country],
        "languages": languages,
        "services": services,
        "seats": len(partner.agents),
        "found_by": dice.pick(("search", "network", "referral")),
        "domain": f"{partner.id}.example",
    }
    yield Entry("PUT", f"{home}/profile", profile, f"profile-{partner.id}")
    yield from _people(dice, home, partner.id, n, dice.pick(("en", "bs", "fr")))
    reason = "With us before this system was."
    stage = "ramping" if n == 5 else "live"
    yield Entry("POST", f"{home}/adopt", {"stage": stage, "reason": reason}, f"adopt-{partner.id}")
    due = today + timedelta(days=dice.between(-3, 12))
    yield _next(home, partner.id, n, "Agree last month line by line.", due)


def _of_prospect(seed: int, n: int, prospect: Prospect, today: date) -> Iterator[Entry]:
    dice = Dice("programme", seed, prospect.id)
    home = f"/api/v1/partners/{prospect.id}"
    register = {
        "partner_id": prospect.id,
        "name": prospect.name,
        "country": prospect.country,
        "time_zone": prospect.zone,
    }
    yield Entry("POST", "/api/v1/partners", register, f"register-{prospect.id}")
    profile = {
        "countries": [prospect.country],
        "languages": list(prospect.languages),
        "services": ["inbound", "support"],
        "seats": prospect.seats,
        "found_by": dice.pick(("search", "network", "referral", "forum")),
        "domain": f"{prospect.id}.example",
        "hourly_rate": {"minor": dice.between(1200, 2400), "currency": "EUR"},
    }
    yield Entry("PUT", f"{home}/profile", profile, f"profile-{prospect.id}")
    yield from _people(dice, home, prospect.id, n, prospect.tongue)
    if prospect.stage in _WAY:
        for stage in _WAY[: _WAY.index(prospect.stage) + 1]:
            yield Entry("POST", f"{home}/stage", {"target": stage}, f"{stage}-{prospect.id}")
    elif prospect.stage != "found":
        adopted = {"stage": prospect.stage, "reason": "We were this far before this system was."}
        yield Entry("POST", f"{home}/adopt", adopted, f"adopt-{prospect.id}")
    if prospect.stage == "evaluating":
        yield Entry("POST", "/api/v1/evaluations", {"partner_id": prospect.id}, f"evaluate-{prospect.id}")
    yield _next(
        home, prospect.id, n, "Ask for two clients that we may call.", today + timedelta(days=dice.between(1, 20))
    )


def _people(dice: Dice, home: str, partner_id: str, n: int, tongue: str) -> Iterator[Entry]:
    contact = {"position": "Account manager", "email": f"account@{partner_id}.example"}
    yield Entry("PUT", f"{home}/contacts/{full_name(dice, tongue)}", contact, f"contact-{partner_id}")
    yield Entry("PUT", f"{home}/owner", {"owner": OWNERS[n % len(OWNERS)]}, f"owner-{partner_id}")


def _next(home: str, partner_id: str, n: int, action: str, due: date) -> Entry:
    body = {"action": action, "owner": OWNERS[n % len(OWNERS)], "due": due.isoformat()}
    return Entry("PUT", f"{home}/next-action", body, f"next-{partner_id}")


def _brief() -> Entry:
    body = {
        "title": "Portuguese and Spanish inbound, from summer on",
        "services": ["inbound"],
        "languages": ["pt", "es"],
        "seats": 30,
        "calls_a_day": {"2027-06": 900, "2027-07": 1400, "2027-08": 1400},
        "hourly_budget": {"minor": 1900, "currency": "EUR"},
    }
    return Entry("PUT", "/api/v1/briefs/iberia-inbound", body, "brief-iberia")

"""What a manager has entered about what one partner sells: products with prices, a campaign with its number, rules, a
script and a survey, a goal, and how agents are paid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from services.simulate.company import Campaign, Company, Partner
from services.simulate.programme import Entry

SELLER = 1
"""The place of the partner whose sales are orders of ours."""
SCRIPT, SURVEY = "tv-kit", "tv-kit-after"
TAX_PERCENT = {"DE": 19, "GB": 20}
ARTICLES = (
    ("KIT-01", "TV kit", 2995, "A box and a year of channels, in one parcel."),
    ("KIT-02", "TV kit with recorder", 7990, "Records two programmes at once."),
    ("BOX-03", "Second box", 3450, "For the bedroom; takes a kit to work with."),
    ("CARE-12", "Care plan, 12 months", 4900, "Somebody answers within a minute, and comes within two days."),
    ("PLUS-24", "Plus bundle, 24 months", 11900, "Kit with recorder, second box and care plan."),
)
"""SKU, name, price with tax in minor units, and what an agent says of it."""
PARTS = {"PLUS-24": ("KIT-02", "BOX-03")}
REASON = "As decided in the autumn meeting."


def seller(company: Company) -> tuple[Partner, Campaign]:
    """The partner, and its campaign with products."""
    partner = company.partners[SELLER]
    return partner, partner.campaigns[0]


def sellers(company: Company) -> tuple[Partner, ...]:
    """All partners at which the campaign runs, the seller first: orders of ours are of the campaign, whoever takes the
    calls."""
    first, campaign = seller(company)
    others = (one for one in company.partners if one is not first)
    return first, *(one for one in others if any(each.code == campaign.code for each in one.campaigns))


def offered(company: Company, today: date) -> Iterator[Entry]:
    """Everything, in the order in which it has to be sent. The partners must be registered."""
    partner, campaign = seller(company)
    yield from _catalogue(today)
    yield from _scripts()
    yield _described(sellers(company)[:2], campaign, today)
    yield Entry("POST", f"/api/v1/campaigns/{campaign.code}/start", {}, "started")
    yield from _numbers(partner, campaign, today)
    first = company.partners[0]
    yield Entry("POST", f"/api/v1/campaigns/{first.campaigns[0].code}/start", {}, "started-first")
    yield from _number(first, first.campaigns[0], None)
    yield Entry("PUT", "/api/v1/selling-rules/company", {"rules": _of_company(), "reason": REASON}, "rules-company")
    rules = {"rules": _of_campaign(campaign), "reason": "A second box with every kit."}
    yield Entry("PUT", f"/api/v1/selling-rules/{campaign.code}", rules, "rules-campaign")
    yield from _goals(partner, campaign, today)
    yield from _pay(partner, today)


def _catalogue(today: date) -> Iterator[Entry]:
    for sku, name, gross, text in ARTICLES:
        parts = [{"sku": part, "quantity": 1} for part in PARTS.get(sku, ())]
        product = {"name": name, "texts": {"en": text}, "parts": parts}
        yield Entry("PUT", f"/api/v1/products/{sku}", product, f"product-{sku}")
        prices = [
            {"country": country, "currency": currency, "net_minor": round(gross * 100 / (100 + TAX_PERCENT[country]))}
            for country, currency in (("DE", "EUR"), ("GB", "GBP"))
        ]
        taxed = {country: str(rate) for country, rate in TAX_PERCENT.items()}
        priced = {"prices": prices, "tax_rates": taxed, "reason": f"Prices of {today:%B}."}
        yield Entry("POST", f"/api/v1/products/{sku}/prices", priced, f"prices-{sku}")


def _described(partners: Sequence[Partner], campaign: Campaign, today: date) -> Entry:
    shares = ("60", "40") if len(partners) > 1 else ("100",)
    body = {
        "name": "TV kit, Germany",
        "countries": [campaign.country],
        "languages": ["de", "en"],
        "scripts": {"de": SCRIPT, "en": SCRIPT},
        "surveys": {"de": SURVEY, "en": SURVEY},
        "products": [sku for sku, *_ in ARTICLES],
        "partners": [{"partner": one.id, "percent": share} for one, share in zip(partners, shares, strict=False)],
        "starts": (today - timedelta(days=30)).isoformat(),
    }
    return Entry("PUT", f"/api/v1/campaigns/{campaign.code}", body, "described")


def _numbers(partner: Partner, campaign: Campaign, today: date) -> Iterator[Entry]:
    """Where the campaign's number is shown, and what that cost of late."""
    medium = {"name": "Evening television", "channel": "television", "country": campaign.country}
    yield Entry("PUT", "/api/v1/media/evening-tv", medium, "medium")
    yield from _number(partner, campaign, "evening-tv")
    bought: dict[str, list[dict[str, Any]]] = {}
    for back in range(3, -1, -1):
        day = today - timedelta(days=back)
        spot = {"day": day.isoformat(), "media": "evening-tv", "minor": 48_000 + 6_000 * back, "currency": "EUR"}
        bought.setdefault(f"{day:%Y-%m}", []).append(spot)
    for month, spots in bought.items():
        yield Entry("POST", f"/api/v1/media/bought/{campaign.code}/{month}", {"bought": spots}, f"bought-{month}")


def _number(partner: Partner, campaign: Campaign, medium: str | None) -> Iterator[Entry]:
    leads = {"campaign": campaign.code, "country": campaign.country, "media": medium, "partner": partner.id}
    route = f"/api/v1/numbers/{campaign.our_number.replace('+', '%2B')}"
    yield Entry("PUT", route, leads, f"number-{campaign.code}")


def _of_company() -> dict[str, Any]:
    """By day, not on Sundays, and nobody who does not want it."""
    hours = [
        {"days": [1, 2, 3, 4, 5], "starts": "09:00", "ends": "20:00"},
        {"days": [6], "starts": "10:00", "ends": "16:00"},
    ]
    return {"dialling": [{"country": country, "hours": hours, "abandoned_percent": "3"} for country in TAX_PERCENT]}


def _of_campaign(campaign: Campaign) -> dict[str, Any]:
    kits = ["KIT-01", "KIT-02"]
    return {
        "eligibility": [
            {
                "name": "box-needs-a-kit",
                "skus": ["BOX-03"],
                "requires": {"basket_any": [*kits, "PLUS-24"]},
                "reason": "A second box takes a kit to work with.",
            }
        ],
        "offers": [
            {"name": "second-box", "sku": "BOX-03", "kind": "upsell", "after": kits, "discount_percent": "20"},
            {"name": "care", "sku": "CARE-12", "kind": "cross_sell", "when": {"countries": [campaign.country]}},
        ],
    }


def _goals(partner: Partner, campaign: Campaign, today: date) -> Iterator[Entry]:
    """One that is within reach, and one that is far behind."""
    period = {
        "starts": (today - timedelta(days=2)).isoformat(),
        "ends": (today + timedelta(days=11)).isoformat(),
        "zone": partner.time_zone,
    }
    of = {"campaign": campaign.code, "partner": partner.id}
    orders = {"name": "Orders of TV kits in a fortnight", "measure": "orders", "target": 450}
    yield Entry("PUT", "/api/v1/goals/tv-kit-orders", orders | period | of, "goal-orders")
    boxes = {"name": "Second boxes in a fortnight", "measure": "pieces", "target": 220, "sku": "BOX-03"}
    yield Entry("PUT", "/api/v1/goals/second-boxes", boxes | period | of, "goal-boxes")


def _pay(partner: Partner, today: date) -> Iterator[Entry]:
    """By the order, more for a second product, and by the hour."""
    starts = today.replace(day=1).isoformat()
    states = [
        {"state": "on_call", "pay": "yes", "productive": True},
        {"state": "wrap_up", "pay": "yes", "productive": True},
        {"state": "available", "pay": "yes"},
        {"state": "training", "pay": "yes"},
        {"state": "break", "pay": "half"},
    ]
    timed = {"starts": starts, "rules": states, "reason": "As agreed with the agents."}
    yield Entry("POST", f"/api/v1/paid-time/{partner.id}/rules", timed, "paid-time")
    terms = {
        "currency": "EUR",
        "rates": [
            {"name": "order", "per": "order", "fixed_minor": 150},
            {"name": "second product", "per": "line", "percent": "5", "kinds": ["upsell", "cross_sell"]},
        ],
        "tiers": {"measure": "orders", "mode": "marginal", "steps": [{"above": 8, "fixed_minor": 100}]},
        "hourly_minor": 520,
        "claw_back_days": 30,
    }
    route = f"/api/v1/commissions/{partner.id}/plans/global"
    yield Entry("PUT", f"{route}/draft", {"terms": terms, "reason": REASON}, "plan-draft")
    yield Entry("POST", f"{route}/publication", {"starts": starts, "reason": REASON}, "plan-published")
    better = terms | {"rates": [{"name": "order", "per": "order", "fixed_minor": 180}]}
    tried = {"terms": better, "reason": "More for the order, nothing for the second product: what would it cost?"}
    yield Entry("PUT", f"{route}/draft", tried, "plan-tried")


def _texts(english: str, german: str) -> dict[str, str]:
    return {"en": english, "de": german}


def _scripts() -> Iterator[Entry]:
    for name, content in ((SCRIPT, _script()), (SURVEY, _survey())):
        yield Entry("PUT", f"/api/v1/scripts/{name}/draft", {"content": content}, f"script-{name}")
        yield Entry("POST", f"/api/v1/scripts/{name}/publication", {"draft": 1}, f"published-{name}")


def _script() -> dict[str, Any]:
    """With a branch: who has a recorder at home already is offered a second box."""
    return {
        "kind": "script",
        "title": "TV kit, calls in",
        "languages": ["en", "de"],
        "start": "hello",
        "nodes": [
            {
                "type": "text",
                "id": "hello",
                "texts": _texts(
                    "Good day, this is {agent.name} for the TV kit.", "Guten Tag, {agent.name} vom TV-Kit."
                ),
                "to": "has",
            },
            {
                "type": "question",
                "id": "has",
                "texts": _texts("Do you record programmes today?", "Nehmen Sie heute Sendungen auf?"),
                "answers": [
                    {"id": "yes", "texts": _texts("Yes", "Ja"), "to": "box"},
                    {"id": "no", "texts": _texts("No", "Nein"), "to": "kit"},
                    {"id": "not-now", "texts": _texts("Not today", "Heute nicht"), "to": "why"},
                ],
            },
            _offer("kit", "KIT-01"),
            _offer("box", "KIT-02"),
            {
                "type": "input",
                "id": "why",
                "texts": _texts("What keeps you from it?", "Was hält Sie ab?"),
                "field": "why",
                "form": "choice",
                "choices": [
                    {"id": "price", "texts": _texts("The price", "Der Preis")},
                    {"id": "contract", "texts": _texts("A contract elsewhere", "Ein anderer Vertrag")},
                    {"id": "later", "texts": _texts("Later, perhaps", "Vielleicht später")},
                ],
                "to": "bye",
            },
            {"type": "disposition", "id": "sold", "code": "sale"},
            {"type": "disposition", "id": "bye", "code": "not_interested"},
        ],
    }


def _offer(ident: str, sku: str) -> dict[str, Any]:
    said = _texts(
        "{product.name} is {product.price}. Shall I send it to {customer.city}?",
        "{product.name} kostet {product.price}. Soll ich es nach {customer.city} schicken?",
    )
    return {"type": "offer", "id": ident, "texts": said, "sku": sku, "accepted": "sold", "declined": "why"}


def _survey() -> dict[str, Any]:
    heard = {"tv": ("Television", "Fernsehen"), "friend": ("A friend", "Bekannte"), "web": ("The web", "Internet")}
    return {
        "kind": "survey",
        "title": "TV kit, after the call",
        "languages": ["en", "de"],
        "start": "heard",
        "nodes": [
            {
                "type": "input",
                "id": "heard",
                "texts": _texts("How did you hear of us?", "Wie haben Sie von uns gehört?"),
                "field": "heard",
                "form": "choice",
                "choices": [{"id": key, "texts": _texts(*words)} for key, words in heard.items()],
                "to": "stars",
            },
            {
                "type": "input",
                "id": "stars",
                "texts": _texts("How was the call, from one to five?", "Wie war das Gespräch, von eins bis fünf?"),
                "field": "stars",
                "form": "number",
                "to": "better",
            },
            {
                "type": "input",
                "id": "better",
                "texts": _texts("What could be better?", "Was könnte besser sein?"),
                "field": "better",
                "form": "text",
                "to": "thanks",
            },
            {"type": "disposition", "id": "thanks", "code": "information_given"},
        ],
    }

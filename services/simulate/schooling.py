"""What a trainer has entered about one campaign of a simulated company: a course, its manual, questions, a session, and
a campaign that asks for the certificate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

from services.simulate.company import Campaign, Company, Partner
from services.simulate.programme import Entry

TRAINING = "/api/v1/training"
QUESTIONS = (
    ("opening", "call", "How does a call begin?", ("With the company's name", "With the price", "With a question")),
    ("need", "call", "What comes before an offer?", ("What the customer needs", "A discount", "The delivery date")),
    ("dose", "product", "Where does the dose stand?", ("On the package", "Nowhere", "In the invoice")),
    ("cure", "product", "What is never promised?", ("That it cures", "That it is in stock", "A receipt")),
)
"""Id, topic, text, and choices with the right one first: papers show them in orders of their own."""
MANUAL = """# Calls about {product}

## How a call goes

1. Say who you are and for whom you call.
2. Hear what the customer needs before you offer anything.
3. Say the price with tax, and read the order back.

## What is never said

Nobody promises that the product cures anything.
"""
LEFT_OUT_EVERY = 5
"""Each so many agents have not been trained yet: the wallboard shows their calls."""


class Pupil(NamedTuple):
    """An agent who has read the manual and passes, and the routes for it."""

    partner: str
    agent: str
    course: str

    @property
    def home(self) -> str:
        """The agent's routes."""
        return f"{TRAINING}/agents/{self.partner}/{quote(self.agent, safe='')}"


def lessons(company: Company, today: date, place: int = 0) -> Iterator[Entry]:
    """Everything but papers about the first campaign of the partner at a place, in the order in which it has to be
    sent. The partners must be registered."""
    partner, campaign = _taught(company, place)
    course = course_of(campaign)
    exam = {"bank": course, "questions": len(QUESTIONS), "pass_percent": 75, "attempts": 3, "valid_days": 365}
    described: dict[str, Any] = {
        "title": f"{campaign.code}: calls in",
        "panel": campaign.line,
        "language": "en",
        "exam": exam,
    }
    yield Entry("PUT", f"{TRAINING}/courses/{course}", described, f"course-{course}")
    for name, topic, text, choices in QUESTIONS:
        question = {"text": text, "choices": list(choices), "right": [0], "topic": topic}
        yield Entry("PUT", f"{TRAINING}/banks/{course}/questions/{name}", question, f"question-{course}-{name}")
    manual = {"version": "1.0", "text": MANUAL.format(product=campaign.code), "valid_from": today.isoformat()}
    yield Entry("POST", f"{TRAINING}/courses/{course}/manual", manual, f"manual-{course}")
    begins = datetime.combine(today + timedelta(days=3), time(9), UTC)
    planned = {
        "course": course,
        "title": f"{campaign.code}: what is new",
        "starts_at": begins.isoformat(),
        "time_zone": partner.time_zone,
        "minutes": 60,
        "capacity": 30,
        "place": "https://meet.tallyline.example/training",
        "contact": "training@tallyline.example",
    }
    yield Entry("PUT", f"{TRAINING}/sessions/{course}-1", planned, f"session-{course}")
    for agent in partner.agents[::LEFT_OUT_EVERY]:
        invitation = f"{TRAINING}/sessions/{course}-1/invitations/{partner.id}/{quote(agent.id, safe='')}"
        yield Entry("PUT", invitation, {}, f"invited-{course}-{partner.id}-{agent.id}")
    if place:
        return  # its campaign is described with all that it sells
    asks = {
        "name": "TV kit, Britain",
        "countries": [campaign.country],
        "languages": ["en"],
        "partners": [{"partner": partner.id, "percent": "100"}],
        "starts": today.isoformat(),
        "certificates": [course],
    }
    yield Entry("PUT", f"/api/v1/campaigns/{campaign.code}", asks, f"campaign-{campaign.code}-named")


def pupils(company: Company, place: int = 0) -> list[Pupil]:
    """Who passes: all but each fifth."""
    partner, campaign = _taught(company, place)
    course = course_of(campaign)
    return [Pupil(partner.id, agent.id, course) for n, agent in enumerate(partner.agents) if n % LEFT_OUT_EVERY]


def course_of(campaign: Campaign) -> str:
    """The course's id, which is the certificate's name too."""
    return f"{campaign.code.lower()}-{campaign.line}"


def _taught(company: Company, place: int) -> tuple[Partner, Campaign]:
    partner = company.partners[place]
    return partner, partner.campaigns[0]

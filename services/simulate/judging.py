"""The quality of the help line's calls: a form, a sample that both sides evaluate blind, and what they argue about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import httpx

from services.simulate.company import Company, Partner
from services.simulate.dice import Dice
from services.simulate.driver import entered, once
from services.simulate.help_line import CAMPAIGN, helpers, keeper
from services.simulate.programme import Entry
from services.simulate.signing_in import Headers, Person, signed_in

EVALUATIONS = "/api/v1/training/evaluations"
FORM, SAMPLE = "calls-in", "first"
OURS = Person("ivana.kos", "trainer")
DECIDES = Person("j.horvat", "manager")
QUESTIONS: tuple[tuple[str, str, int, bool, float], ...] = (
    ("greeting", "Greets with name and company", 1, False, 0.9),
    ("need", "Asks what the customer needs before offering anything", 2, False, 0.7),
    ("price", "Says the whole price before the order", 3, True, 0.85),
    ("objections", "Answers what the customer doubts", 2, False, 0.65),
    ("farewell", "Says what happens next", 1, False, 0.8),
)
"""Id, text, weight, whether a no is fatal, and how often a controller of ours finds it done."""
LENIENT = 0.3
"""The share of what we find wanting that the partner's controller finds done."""
DRAWN, BOTH = 14, 12
"""So many calls are drawn, and so many evaluated by both sides; of the rest one by us alone, and one by nobody yet."""
DAYS = 8
"""The sample is of so many days before today."""
HARDLY = 0.1
"""Who sells less often asks customers less often, too, what they need."""
WITHIN_S = 60.0
NOTE = {"price": "The price came after the customer had said yes.", "need": "No question before the offer."}


class Drawn(NamedTuple):
    """A call of the sample, and whose it is."""

    call: str
    agent: str


def theirs(partner: Partner) -> Person:
    """Who evaluates for the partner."""
    return Person("amadou.sow", "partner", partner.id)


def form() -> Entry:
    """The form, by which both sides evaluate."""
    options = [{"id": "yes", "text": "Yes", "points": 1}, {"id": "no", "text": "No", "points": 0}]
    questions = [
        {
            "id": name,
            "text": text,
            "weight": weight,
            "options": options,
            "fatal": fatal,
            "optional": name == "objections",
        }
        for name, text, weight, fatal, _ in QUESTIONS
    ]
    content = {"title": "Help calls", "questions": questions, "pass_percent": 75}
    body = {"content": content, "reason": "As agreed with the partners."}
    return Entry("PUT", f"/api/v1/training/forms/{FORM}", body, "quality-form")


def answers_of(seed: int, call: str, agent: str) -> tuple[dict[str, str], dict[str, str]]:
    """What our controller and the partner's say of a call of an agent."""
    dice = Dice("evaluated", seed, call)
    hardly = any(one.id == agent and one.sells < HARDLY for one in helpers(seed))
    ours = {
        name: "yes" if dice.chance(share / 4 if hardly and name == "need" else share) else "no"
        for name, *_, share in QUESTIONS
    }
    others = {name: "yes" if said == "yes" or dice.chance(LENIENT) else "no" for name, said in ours.items()}
    return ours, others


def argued(seed: int, calls: Sequence[Drawn]) -> list[tuple[Drawn, list[str]]]:
    """Two calls in which we miss something, with those questions: first those in which the partner does not miss it."""
    found = []
    for one in calls:
        ours, others = answers_of(seed, one.call, one.agent)
        missed = [name for name in NOTE if ours[name] == "no"]
        differ = [name for name in missed if others[name] == "yes"]
        if missed:
            found.append((not differ, one, differ or missed))
    return [(one, about) for _, one, about in sorted(found, key=lambda each: each[0])[:2]]


async def enter_quality(client: httpx.AsyncClient, company: Company, today: date) -> None:
    """All of it; the line's calls must have been sent. Where its last step is done, nothing."""
    partner = keeper(company)
    sample = f"{partner.id}:{SAMPLE}"
    if (await client.get(f"/api/v1/training/samples/{sample}")).status_code == 404:
        published = form()
        await entered(client, published.method, published.path, published.body, f"demo-{published.key}")
        plan = {
            "form": FORM,
            "version": 1,
            "since": (today - timedelta(days=DAYS)).isoformat(),
            "until": (today - timedelta(days=1)).isoformat(),
            "seed": f"demo {company.seed}",
            "sides": "both",
            "random": DRAWN,
            "campaign": CAMPAIGN,
        }
        await entered(client, "POST", f"/api/v1/training/samples/{sample}", plan, "demo-sample", within=WITHIN_S)
    calls = await _drawn(client, sample)
    if not await _is_done(client, partner, argued(company.seed, calls[:BOTH])):
        await _evaluate(client, company.seed, partner, sample, calls)


async def _drawn(client: httpx.AsyncClient, sample: str) -> list[Drawn]:
    told = await once(client, f"/api/v1/training/samples/{sample}", within=WITHIN_S)
    return [Drawn(one["drawn"]["call"], one["drawn"]["agent"]) for one in told["calls"]]


async def _is_done(client: httpx.AsyncClient, partner: Partner, about: Sequence[tuple[Drawn, list[str]]]) -> bool:
    """Whether the last call that is argued about has been answered."""
    if not about:
        return False
    answer = await client.get(f"/api/v1/training/evaluations/{partner.id}:{about[-1][0].call}")
    told = answer.json()["evaluation"]["disputes"] if answer.status_code == 200 else {}
    return any(one["answered"] is not None for one in told.values())


async def _evaluate(
    client: httpx.AsyncClient, seed: int, partner: Partner, sample: str, calls: Sequence[Drawn]
) -> None:
    our_side, their_side = await signed_in(client, OURS), await signed_in(client, theirs(partner))
    for number, one in enumerate(calls[: BOTH + 1]):
        ours, others = answers_of(seed, one.call, one.agent)
        notes = {name: text for name, text in NOTE.items() if ours[name] == "no"}
        path, key = f"{EVALUATIONS}/{partner.id}:{one.call}", f"demo-evaluated-{one.call}"
        said = {"sample": sample, "answers": ours, "notes": notes}
        await entered(client, "PUT", path, said, key, who=our_side)
        if number < BOTH:
            await entered(client, "PUT", path, {"sample": sample, "answers": others}, f"{key}-theirs", who=their_side)
    for number, (one, about) in enumerate(argued(seed, calls[:BOTH])):
        path, key = f"{EVALUATIONS}/{partner.id}:{one.call}/disputes", f"demo-dispute-{one.call}"
        raised = {
            "against": "company",
            "questions": about,
            "text": "The agent does it in the first minute; please listen again.",
        }
        told = await entered(client, "POST", path, raised, key, within=WITHIN_S, who=their_side)
        await _answered(client, f"{path}/{told['id']}", key, our_side, decided=number == 0)


async def _answered(client: httpx.AsyncClient, dispute: str, key: str, our_side: Headers, decided: bool) -> None:
    """Both are answered; the first one is decided too, the second one waits for somebody who decides."""
    answer = {"text": "I have listened again: it comes after the order."}
    await entered(client, "POST", f"{dispute}/answer", answer, f"{key}-answer", within=WITHIN_S, who=our_side)
    if decided:
        stands = {"decision": "stands", "text": "The order was read back before it was said."}
        judge = await signed_in(client, DECIDES)
        await entered(client, "POST", f"{dispute}/decision", stands, f"{key}-decision", within=WITHIN_S, who=judge)

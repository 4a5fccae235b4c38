"""How the help line is staffed: what is promised, who is committed, a rota that holds and one that is drafted, who kept
to it, and who may come to work there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta

import httpx

from services.simulate.company import Company, Partner
from services.simulate.dice import Dice
from services.simulate.driver import NotSetUp, entered, once
from services.simulate.help_line import LANGUAGE, QUEUE, attended, helpers, keeper, tell
from services.simulate.people import full_name
from services.simulate.programme import Entry

STAGES = ("screened", "interviewed", "tested", "offered", "hired")
CANDIDATES: tuple[tuple[int, str, bool, tuple[str, ...]], ...] = (
    (5, "native", True, ("service", "telesales")),
    (4, "C1", True, ("service",)),
    (3, "C2", True, ("service", "back_office")),
    (2, "B2", False, ("telesales",)),
    (1, "B1", False, ()),
    (0, "native", False, ("service",)),
)
"""How many stages each has come, the level of their language, whether that was tested, and what they can do."""
WITHIN_S = 120.0


def staffed(partner: Partner, today: date) -> Iterator[Entry]:
    """What is promised to callers, and how many people the partner has promised to us."""
    line = {
        "language": LANGUAGE,
        "queues": [QUEUE],
        "share_percent": 80,
        "within_seconds": 30,
        "shrinkage_percent": 15,
    }
    holidays = [f"{today.year}-12-25", f"{today.year + 1}-01-01"]
    staffing = {"time_zone": partner.time_zone, "lines": [line], "holidays": holidays}
    yield Entry("PUT", f"/api/v1/training/partners/{partner.id}/staffing", staffing, "staffing")
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    committed = {"language": LANGUAGE, "days": days, "opens": "08:00", "closes": "20:00", "people": 2}
    capacity = {"starts": today.replace(day=1).isoformat(), "committed": [committed], "clause": "§ 5.2"}
    yield Entry("PUT", f"/api/v1/training/partners/{partner.id}/capacity", capacity, "capacity")


def applied(company: Company, partner: Partner) -> Iterator[Entry]:
    """Candidates at every stage, and one who stepped back."""
    dice = Dice("candidates", company.seed)
    for number, (stages, level, tested, skills) in enumerate(CANDIDATES, start=1):
        home = f"/api/v1/training/partners/{partner.id}/candidates/c{number}"
        languages = [{"language": LANGUAGE, "level": level, "tested": tested}, {"language": "de", "level": "A2"}]
        yield Entry("PUT", home, {"languages": languages, "skills": list(skills)}, f"candidate-{number}")
        name = full_name(dice, "bs")
        person = {"name": name, "email": f"candidate{number}@mail.example", "note": "Can begin at any time."}
        yield Entry("PUT", f"{home}/person", person, f"candidate-{number}-person")
        for stage in STAGES[:stages]:
            moved = {"stage": stage} | ({"agent": helpers(company.seed)[-1].id} if stage == "hired" else {})
            yield Entry("POST", f"{home}/stage", moved, f"candidate-{number}-{stage}")
    yield Entry(
        "POST",
        f"/api/v1/training/partners/{partner.id}/candidates/c5/stage",
        {"stage": "withdrawn"},
        "candidate-5-withdrawn",
    )


def weeks(today: date) -> tuple[date, date]:
    """The Mondays of the week of yesterday, and of the one after."""
    yesterday = today - timedelta(days=1)
    monday = yesterday - timedelta(days=yesterday.weekday())
    return monday, monday + timedelta(weeks=1)


async def enter_staff(client: httpx.AsyncClient, company: Company, today: date) -> None:
    """All of it; the line must be open already. Done again, it changes nothing."""
    partner = keeper(company)
    for entry in (*staffed(partner, today), *applied(company, partner)):
        await entered(client, entry.method, entry.path, entry.body, f"demo-{entry.key}", within=WITHIN_S)
    home = f"/api/v1/training/partners/{partner.id}"
    await settled(client, f"{home}/staffing/need")
    rules = {"shift_minutes": [480, 240]}
    people = [{"agent": one.id, "languages": [LANGUAGE]} for one in helpers(company.seed)]
    this, following = weeks(today)
    for first in (this, following):
        rota = f"{home}/rotas/{_name(first)}"
        if (await client.get(rota)).status_code == 404:
            body = {"first": first.isoformat(), "people": people, "rules": rules}
            await entered(client, "POST", f"{rota}/draft", body, f"demo-rota-{first}", within=WITHIN_S)
    rota = f"{home}/rotas/{_name(this)}"
    await entered(client, "POST", f"{rota}/publication", {}, f"demo-rota-{this}-published", within=WITHIN_S)
    shown = await once(client, rota, within=WITHIN_S)
    await tell(client, partner, attended(partner, company.seed, shown["shifts"], today))


def _name(first: date) -> str:
    return f"{first:%G-w%V}".lower()


async def settled(client: httpx.AsyncClient, path: str) -> None:
    """Return when two answers, a second apart, are the same: the views have caught up. NotSetUp where they never do."""
    before = ""
    for _ in range(int(WITHIN_S)):
        answer = await client.get(path)
        if answer.status_code == 200 and answer.text == before:
            return
        before = answer.text if answer.status_code == 200 else ""
        await asyncio.sleep(1.0)
    raise NotSetUp(f"{path}: {answer.text[:300]}")

"""The page of coaching: proposals with their evidence, plans with their effects, and how contests stand."""

from __future__ import annotations

import asyncio
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from starlette.requests import Request

from services.gateway.api.languages import speech_of
from services.gateway.pages.coaching import coaching
from services.gateway.pages.wallboard import contests_of
from services.gateway.views.inputs import Names
from services.gateway.views.words import speaking
from services.training.api import coaching_examples, contest_examples
from shared.ports import StoreUnavailable
from shared.security import Principal

ROUTE = "/api/v1/training"


def example(responses: Any) -> Any:
    return responses[200]["content"]["application/json"]["example"]


ANSWERS = {
    f"{ROUTE}/coaching/proposals": example(coaching_examples.PROPOSALS),
    f"{ROUTE}/coaching/plans": example(coaching_examples.PLANS),
    f"{ROUTE}/coaching/library": example(coaching_examples.LIBRARY),
    f"{ROUTE}/contests": example(contest_examples.CONTESTS),
    f"{ROUTE}/contests/adria/spring": example(contest_examples.CONTEST),
}


def shown(viewer: Principal, **query: str) -> str:
    """The page as somebody sees it, where the training service answers what its description says."""

    async def ask(path: str, **_: Any) -> Any:
        return ANSWERS[path]

    async def names() -> Any:
        return Names(partners={"adria": "Adria", "istra": "Istra"}, agents={"adria/1007": "Ivo Kos"})

    state = {"principal": viewer}
    request = Request(
        {"type": "http", "method": "GET", "path": "/coaching", "headers": [], "query_string": b"", "state": state}
    )
    gateway = cast(Any, SimpleNamespace(calls=SimpleNamespace(names=names)))
    return bytes(asyncio.run(coaching(request, gateway, cast(Any, ask), viewer, **query)).body).decode()


def test_everything_has_its_place_and_people_have_names() -> None:
    text = shown(Principal("ana", "trainer"))
    assert "converts 6.1 % of 912 contacts; peers 9.4 %" in text
    assert "Ivo Kos" in text
    assert "no effect seen: +24.9 %, between −8.3 % and +70.1 % in 95 of 100 cases; converted 6.4 %" in text
    assert "works: +21.2 %, between +9.3 % and +34.4 % in 95 of 100 cases (coachings: 31)" in text
    assert "Spring, above yourself" in text
    assert "goal: 10 % above one’s usual" in text
    assert "Reached" in text
    assert '<option value="istra">' in text
    assert 'id="start"' not in text


def test_what_was_measured_is_told_in_the_readers_language() -> None:
    with speaking(speech_of("de")):
        text = shown(Principal("ana", "trainer"))
    assert "verkauft bei 6,1 % von 912 Kontakten; Vergleichbare bei 9,4 %" in text
    assert "keine Wirkung zu sehen: +24,9" in text
    assert "wirkt: +21,2" in text
    assert "converts" not in text


def test_the_form_stands_where_an_agent_was_chosen_by_somebody_who_coaches() -> None:
    text = shown(Principal("ana", "trainer"), partner="adria", agent="1007")
    assert '<form method="post" action="/coaching/adria/plan-' in text
    assert 'name="begins" type="date" required value="2026-04-06"' in text
    assert 'name="measured_on" type="date" required value="2026-07-06"' in text


def test_who_sees_one_partner_sees_that_one() -> None:
    text = shown(Principal("iva", "supervisor", frozenset({"adria"})))
    assert '<option value="adria" selected>Adria</option>' in text
    assert "Istra" not in text


def told(contest: str, ends: str, cancelled: bool = False) -> dict[str, Any]:
    return {"contest": contest, "partner_id": "adria", "opened": {"ends": ends}, "cancelled": cancelled}


def test_the_wallboard_shows_contests_that_are_not_over_and_stands_without_them() -> None:
    async def ask(path: str, **_: Any) -> Any:
        rows = [
            told("late", "2026-06-01"),
            told("next", "2026-05-04"),
            told("over", "2026-04-27"),
            told("off", "2026-06-01", True),
        ]
        return {"items": rows, "next": None}

    async def away(path: str, **_: Any) -> Any:
        raise StoreUnavailable("training")

    day = date(2026, 4, 27)
    assert [one["contest"] for one in asyncio.run(contests_of(ask, "adria", day))] == ["next", "late"]
    assert asyncio.run(contests_of(away, "adria", day)) == []

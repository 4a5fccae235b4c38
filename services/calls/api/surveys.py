"""The routes of surveys: what customers answered, by field, and what they said in words of their own."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from services.calls.api import script_examples as examples
from services.calls.api.callers import MOST_PER_PAGE, Anyone, Manages, Service
from services.calls.api.scripts import texts_of
from services.calls.events.scripts import Disposition
from services.calls.views.script_steps import CallWalk, script_walks
from services.calls.views.scripts import scripts
from services.calls.views.survey_answers import SurveyAnswers, last_answers, survey_answers
from shared.http import Deps, json_response, limited, not_found, page
from shared.security import Principal

router = APIRouter(prefix="/api/v1/scripts", tags=["scripts"])
DAY = r"^\d{4}-\d\d-\d\d$"
Version = Annotated[int, Query(ge=1, lt=10**9, description="Which version: fields and their choices are those of one.")]
From = Annotated[str | None, Query(alias="from", pattern=DAY, description="First day, UTC.")]
To = Annotated[str | None, Query(alias="to", pattern=DAY, description="Last day, UTC.")]


class SaidText(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer said in words of their own. `text` None: it can't be read any more."""

    call: str
    partner: str
    at: datetime
    field: str
    text: str | None


@router.get("/{script}/survey", summary="What was answered", responses=examples.SURVEY)
async def show_answers(
    script: str, deps: Service, who: Anyone, version: Version, start: From = None, end: To = None
) -> Response:
    """For each field how many calls answered it, and what. A call counts once, by what it answered last. Of the
    partners that the caller may see."""
    walks = await _walks(deps, who, script, version, start, end)
    doc = (await deps.reads.get(scripts, [script])).get(script)
    content = doc.content(str(version)) if doc else None
    if content is None:
        raise not_found("version")
    ends = frozenset(node.id for node in content.nodes if isinstance(node, Disposition))
    told: SurveyAnswers = survey_answers(walks, ends)
    return json_response(told)


@router.get("/{script}/survey/texts", summary="What was said in own words", responses=examples.SURVEY_TEXTS)
async def show_texts(
    script: str,
    deps: Service,
    who: Manages,
    version: Version,
    start: From = None,
    end: To = None,
    limit: Annotated[int, Query(description="How many calls at most.")] = 50,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """Answers to inputs that ask for free text, by call. They lie sealed, and are opened for this answer only."""
    walks = await _walks(deps, who, script, version, start, end)
    said = [(walk.call, walk) for walk in walks if any(given.sealed for given in walk.answers.values())]
    found = page(sorted(said), limited(limit, MOST_PER_PAGE), cursor)
    items = []
    for walk in found.items:
        opened = await texts_of(deps, walk)
        items += [
            SaidText(
                call=walk.call, partner=walk.partner, at=walk.steps[step].at, field=field, text=opened.get(step)
            )
            for field, (step, given) in last_answers(walk).items()
            if given.sealed
        ]  # fmt: skip
    answer = json_response({"items": items, "next": found.next})
    answer.headers["cache-control"] = "no-store"
    return answer


async def _walks(
    deps: Deps, who: Principal, script: str, version: int, start: str | None, end: str | None
) -> list[CallWalk]:
    found = await deps.reads.find(script_walks, {"script": script, "version": version})
    return [doc for _, doc in found if who.sees(doc.partner) and (start or "") <= doc.day <= (end or "9999")]

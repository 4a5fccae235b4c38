"""The page of evaluation forms: what each version asks, and the next version, written as YAML."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from services.gateway.api.asking import Asker, AsViewer, everything
from services.gateway.pages.acting import Fields, Form, back, part
from services.gateway.pages.meanwhile import STATUS, Meanwhile, both
from services.gateway.pages.site import page
from services.gateway.views.plain_yaml import from_yaml, to_yaml
from services.gateway.views.words import _, link
from shared.http import Problem, not_found, require
from shared.security import Principal

router = APIRouter()
Controller = Annotated[Principal, Depends(require("quality.evaluate"))]
Publisher = Annotated[Principal, Depends(require("training.run", "company"))]
HERE, ROUTE = "/quality/forms", "/api/v1/training/forms"
PER_PAGE = 500
SHOWN = 400
"""Letters of what came of it."""
NEW: dict[str, Any] = {
    "title": "New form",
    "pass_percent": 80,
    "questions": [
        {
            "id": "greeting",
            "text": "Greets with name and company",
            "weight": 1,
            "options": [{"id": "yes", "text": "Yes", "points": 1}, {"id": "no", "text": "No", "points": 0}],
        }
    ],
}


@router.get(HERE)
async def evaluation_forms(
    request: Request,
    ask: Asker,
    viewer: Controller,
    form: Annotated[str, Query(max_length=63)] = "",
    version: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    said: Annotated[str, Query(max_length=SHOWN)] = "",
) -> Response:
    """All forms, and the newest version of the one that is named, or the version that is."""
    return await _shown(request, ask, viewer, form, version, said=said)


@router.post(HERE)
async def publish(request: Request, ask: Asker, viewer: Publisher, form: Form) -> Response:
    """The next version. What is refused, or was written from a version that is not the last any more, comes back with
    the text as it was written, and nothing is published."""
    name = form.text("form")
    path = f"{ROUTE}/{part(name)}"
    before = await ask(path)
    newest = len(before["versions"]) if before else 0
    written_for, _colon, number = form.text("over").rpartition(":")
    if number and written_for in ("", name) and number != str(newest):
        return await _shown(request, ask, viewer, "", 0, form, status=STATUS, late=True)
    try:
        content = from_yaml(form.text("content"))
        done = await ask.do(path, {"content": content, "reason": form.text("reason")}, "PUT")
    except ValueError as wrong:
        return await _shown(request, ask, viewer, "", 0, form, str(wrong), 422)
    except Problem as problem:
        if problem.status not in (409, 413, 422):
            raise
        return await _shown(request, ask, viewer, "", 0, form, _told(problem), problem.status)
    if before is not None and done["version"] <= newest:
        return back(HERE, _("It asks what the version before asks: there is nothing to publish."), form=name)
    return back(HERE, _("The version is published."), form=name)


async def _shown(
    request: Request,
    ask: AsViewer,
    viewer: Principal,
    name: str,
    version: int,
    filled: Fields | None = None,
    wrong: str = "",
    status: int = 200,
    said: str = "",
    late: bool = False,
) -> Response:
    rows = await everything(ask, ROUTE, limit=PER_PAGE)
    open_ = name or (filled.text("form") if filled else "")
    known = next((row for row in rows if row["form"] == open_), None)
    if name and known is None:
        raise not_found("form")
    versions = known["versions"] if known else []
    one = (
        next((of for of in versions if of["version"] == version), None) if version else next(iter(versions[-1:]), None)
    )
    if version and one is None:
        raise not_found("version")
    text = to_yaml(one["content"] if one else NEW)
    meanwhile = None
    if late and filled and one:
        found = both({"content": _("The form, as YAML")}, {"content": filled.text("content")}, {"content": text})
        meanwhile = Meanwhile(found, link(HERE, form=open_), one["by"], one["at"])
    return page(
        request,
        "evaluation_forms.html",
        status,
        rows=[{"form": row["form"], "last": row["versions"][-1]} for row in rows],
        form=open_,
        one=one,
        versions=list(reversed(versions)),
        at=datetime.fromisoformat,
        may_publish=viewer.may("training.run") and viewer.partners is None,
        text=filled.text("content") if filled else text,
        over=filled.text("over") if filled and not late else f"{open_}:{len(versions)}",
        meanwhile=meanwhile,
        reason=filled.text("reason") if filled else "",
        said=said,
        wrong=wrong,
    )


def _told(problem: Problem) -> str:
    """What was refused, by the name of the field as it stands in the YAML."""
    lines = [f"{one.field.removeprefix('content.')}: {one.detail}" for one in problem.errors]
    return ("; ".join(lines) or problem.detail)[:SHOWN]

"""The routes of evaluation forms and their versions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.training.api import quality_examples as examples
from services.training.api.callers import NAME, Anyone, Everybody, Service
from services.training.domain.form import PublishForm, form
from services.training.events.forms import FormContent
from services.training.views.forms import forms
from shared.http import Deps, accepts, json_response, limited, not_found, page

router = APIRouter(prefix="/forms", tags=["quality"])
MOST_PER_PAGE = 500

accepts(router, "/{form}", form, PublishForm, service=NAME, right="training.run", method="PUT", of_partner=False)


@router.get("", summary="All evaluation forms", responses=examples.FORMS)
async def list_forms(
    deps: Service,
    who: Anyone,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """By id, each with its versions, oldest first."""
    return json_response(page(await deps.reads.find(forms, {}), limited(limit, MOST_PER_PAGE), cursor))


@router.get("/{form}", summary="An evaluation form", responses=examples.FORM)
async def show_form(form: str, deps: Service, who: Everybody) -> Response:
    """All its versions, oldest first. Agents too see what they are judged by."""
    found = (await deps.reads.get(forms, [form])).get(form)
    if found is None:
        raise not_found("form")
    return json_response(found)


async def content_of(deps: Deps, name: str, version: int) -> FormContent:
    """What a version of a form asks. 404 where there is none."""
    found = (await deps.reads.get(forms, [name])).get(name)
    content = found.content(version) if found else None
    if content is None:
        raise not_found("form")
    return content

"""How the answers of the routes of saved views look in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import Responses, answers

_VIEW: dict[str, Any] = {
    "view": "sv_5f0c2a9be1d70f5c",
    "page": "/calls",
    "name": "Sales of Adria",
    "query": {"partner": "adria", "disposition": "sale"},
    "href": "/calls?partner=adria&disposition=sale",
    "shared": True,
    "owner": "mira",
    "mine": True,
    "start": False,
    "changed": "2026-03-02T09:05:00Z",
}
_GONE: Responses = {204: {"description": "It is gone."}}
_BEGUN: Responses = {204: {"description": "Noted."}}


def _problems(*problems: int) -> Responses:
    return {status: told for status, told in answers("", None, *problems).items() if status != 200}


VIEWS = answers("The views.", {"items": [_VIEW], "next": None}, 304, 422)
VIEW = answers("The view.", _VIEW, 304, 404)
CREATED = answers("The view.", _VIEW, 403, 409, 422, status=201)
CHANGED = answers("The view.", _VIEW, 403, 404, 409, 422)
GONE = _GONE | _problems(403, 404)
BEGUN = _BEGUN | _problems(404)

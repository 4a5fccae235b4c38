"""How a route's answers stand in the OpenAPI document: an example of the good one, a sentence for the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from shared.http.problems import ProblemDocument

Responses = dict[int | str, dict[str, Any]]

_PROBLEMS = {
    304: "Not changed since the ETag in `If-None-Match`.",
    403: "The partner is not the caller's to see, or the role is not the one needed.",
    404: "There is no such thing, or none that the caller may see.",
    409: "The rules say no; the code in the problem document says which.",
    412: "It is not in the state that `If-Match` names.",
    410: "It can't be read any more.",
    422: "A parameter or field is wrong; the problem document names it.",
    503: "A store, or whoever does it, does not answer now; `Retry-After` says when to ask again.",
}


def answers(description: str, example: object, *problems: int, status: int = 200) -> Responses:
    """For `responses` of a route: what it answers when all is well, and which problems it knows."""
    return {
        status: {"description": description, "content": {"application/json": {"example": example}}},
        **{problem: {"description": _PROBLEMS[problem]} for problem in problems},
    }


PROBLEM, REFERENCE = "application/problem+json", "#/components/schemas/{name}"
OTHERWISE = "Anything else that goes wrong, as a problem document: 400, 401, 405, 409, 413, 422 or 503."
_FRAMEWORKS = ("HTTPValidationError", "ValidationError")
"""Schemas of answers that the framework would give, and we don't."""


def with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document, in which every answer from 400 on is a problem document, those too that a route does not
    list."""
    (reference,), schemas = msgspec.json.schema_components([ProblemDocument], ref_template=REFERENCE)
    known = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _FRAMEWORKS:
        known.pop(name, None)
    known.update(schemas)
    content: Mapping[str, Any] = {PROBLEM: {"schema": reference}}
    for path in document["paths"].values():
        for method, operation in path.items():
            if method == "parameters":
                continue
            responses = operation["responses"]
            for status, response in responses.items():
                if status >= "400":
                    response["content"] = content
            responses.setdefault("default", {"description": OTHERWISE, "content": content})
    return document

"""How a route's answers stand in the OpenAPI document: an example of the good one, a sentence for the others."""

from __future__ import annotations

from typing import Any

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

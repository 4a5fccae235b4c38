"""How a route's answers stand in the OpenAPI document: an example of the good one, a sentence for the others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from shared.http.answers import TAGGED
from shared.http.problems import ProblemDocument

OPENAPI = "/api/v1/openapi.json"
"""Where the document is."""
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
_PARAMETER = re.compile(r"{[^}]*}")
_USUAL = {"limit": "How many at most.", "cursor": "`next` of the page before.", "partner": "Of this partner alone."}
"""Parameters that mean the same everywhere."""
_HEADERS: dict[str, tuple[dict[str, Any], str]] = {
    "If-None-Match": ({"type": "string"}, "A tag that is known: 304 where it is still the one."),
    "If-Match": (
        {"type": "string"},
        "Only if `GET {read}` still answers with this tag, or with any for `*`; else 412 `changed_meanwhile`.",
    ),
    "Idempotency-Key": (
        {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
        "A repeat under the same key is answered as before, and nothing is done twice.",
    ),
    "Prefer": (
        {"type": "string"},
        "`wait=10`: answered when reads show it, after 10 s at the most; then with `Preference-Applied`.",
    ),
}


def with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document, in which every answer from 400 on is a problem document, those too that a route does not
    list."""
    (reference,), schemas = msgspec.json.schema_components([ProblemDocument], ref_template=REFERENCE)
    known = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _FRAMEWORKS:
        known.pop(name, None)
    known.update(schemas)
    content: Mapping[str, Any] = {PROBLEM: {"schema": reference}}
    for _, _, operation in operations(document):
        responses = operation["responses"]
        for status, response in responses.items():
            if status >= "400":
                response["content"] = content
        responses.setdefault("default", {"description": OTHERWISE, "content": content})
    return document


def with_conditions(document: dict[str, Any], under_a_key: Collection[tuple[str, str]]) -> dict[str, Any]:
    """The OpenAPI document, in which every read says that it has a tag, and every write what it may be sent with.
    `under_a_key`: method and path of the routes that take a key. To be called before `with_problems`."""
    reads = {_shape(path): path for method, path, _ in operations(document) if method == "GET"}
    for method, path, operation in operations(document):
        responses, takes = operation["responses"], operation.setdefault("parameters", [])
        for one in takes:
            if one["name"] in _USUAL:
                one.setdefault("description", _USUAL[one["name"]])
        if method == "GET":
            if TAGGED & responses["200"].get("content", {}).keys():
                takes.append(_header("If-None-Match"))
                responses["200"]["headers"] = {"ETag": {"schema": {"type": "string"}}}
                responses.setdefault("304", {"description": _PROBLEMS[304]})
            continue
        if (read := read_of(path, reads, document)) is not None:
            takes.append(_header("If-Match", read))
            responses.setdefault("412", {"description": _PROBLEMS[412]})
        if (method, path) in under_a_key:
            takes.append(_header("Idempotency-Key"))
        takes.append(_header("Prefer"))
    return document


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield method.upper(), path, operation


def read_of(path: str, reads: Mapping[str, str], document: Mapping[str, Any]) -> str | None:
    """The read that a write may be held against: the nearest above it, down to the list that its first parameter is
    of, if that is answered whole. None where there is none. `reads`: paths of reads by their shape."""
    segments = path.split("/")
    first = next((at for at, segment in enumerate(segments) if segment.startswith("{")), len(segments) + 1)
    for end in range(len(segments), first - 1, -1):
        found = reads.get(_shape("/".join(segments[:end])))
        if found is None:
            continue
        asked = document["paths"][found]["get"].get("parameters", ())
        whole = "{" in found or all(one["name"] != "cursor" for one in asked)
        return found if whole and not any(one["required"] and one["in"] == "query" for one in asked) else None
    return None


def _shape(path: str) -> str:
    return _PARAMETER.sub("{}", path)


def _header(name: str, read: str = "") -> dict[str, Any]:
    schema, text = _HEADERS[name]
    said = text.replace("{read}", read)
    return {"name": name, "in": "header", "required": False, "description": said, "schema": schema}

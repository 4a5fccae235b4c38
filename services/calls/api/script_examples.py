"""What the routes of scripts answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_AT = "2026-03-04T16:40:00Z"
_CONTENT: dict[str, Any] = {
    "kind": "script",
    "title": "Collagen, inbound",
    "languages": ["hr"],
    "start": "hello",
    "nodes": [
        {"type": "text", "id": "hello", "texts": {"hr": "Dobar dan, {customer.name}."}, "to": "offer"},
        {
            "type": "offer",
            "id": "offer",
            "texts": {"hr": "{product.name} za {product.price}?"},
            "sku": "KOL-30",
            "accepted": "sold",
            "declined": "no",
        },
        {"type": "disposition", "id": "sold", "code": "sale"},
        {"type": "disposition", "id": "no", "code": "not_interested"},
    ],
}
_DRAFTED = {"type": "ScriptDrafted", "script": "collagen", "draft": 1, "content": _CONTENT, "at": _AT, "by": "Ana"}
SCRIPTS = answers(
    "The scripts, by id.",
    {
        "items": [
            {
                "script": "collagen",
                "kind": "script",
                "title": "Collagen, inbound",
                "languages": ["hr"],
                "draft": 3,
                "version": 2,
                "changed": True,
                "changes": 5,
            }
        ],
        "next": None,
    },
    304,
    422,
)
SCRIPT = answers("The script.", {"script": "collagen", "drafted": _DRAFTED, "changes": 1}, 304, 404)
VERSION = answers("The version.", {"script": "collagen", "version": 2, "content": _CONTENT}, 304, 403, 404, 422)
CHECKED = answers(
    "The script, and what is wrong with it.",
    {
        "content": _CONTENT,
        "findings": [{"code": "unreachable", "node": "no", "detail": "No way leads from the start to no."}],
        "yaml": "kind: script\n",
    },
    409,
    422,
)
YAML = answers("The script.", None, 404, 422) | {
    200: {
        "description": "The script.",
        "content": {"application/yaml": {"example": "kind: script\ntitle: Collagen, inbound\n"}},
    }
}
DRAFTED = answers("Saved.", {"stream": "script-collagen", "version": 3}, 403, 409, 422, status=202)
PUBLISHED = answers("Published.", {"stream": "script-collagen", "version": 4}, 403, 409, 422, status=202)
DIFF = answers(
    "What changed.",
    {
        "added": ["price"],
        "removed": [],
        "changed": ["offer"],
        "edges_added": [{"node": "offer", "answer": "declined", "to": "price"}],
        "edges_removed": [{"node": "offer", "answer": "declined", "to": "no"}],
        "about": ["title"],
    },
    304,
    404,
    422,
)
WALKED = answers(
    "The steps, the last of them where it stands.",
    {
        "steps": [
            {"node": "hello", "type": "text", "text": "Dobar dan, Iva.", "answers": [], "taken": "", "code": None},
            {
                "node": "offer",
                "type": "offer",
                "text": "[no product.name] za [no product.price]?",
                "answers": [{"answer": "accepted", "text": "accepted"}, {"answer": "declined", "text": "declined"}],
                "taken": None,
                "code": None,
            },
        ]
    },
    404,
    409,
    422,
)
ANSWERS = answers(
    "The entries.",
    {"items": [{"id": "fish", "question": "Is there fish in it?", "answer": "Yes, from the skin of fish."}]},
    304,
    404,
    422,
)
STEPS = answers("Recorded.", {"stream": "walk-adria:adria-native:c-1", "version": 2}, 403, 404, 409, 422, status=202)
CALL = answers(
    "The way of the call.",
    {
        "walk": {
            "call": "adria-native:c-1",
            "partner": "adria",
            "script": "collagen",
            "version": 2,
            "steps": {"1": {"node": "hello", "at": _AT}},
            "answers": {"2": {"field": "why", "sealed": True}},
        },
        "texts": {"2": "My sister told me of it."},
    },
    403,
    404,
    422,
)
_WAY = {"calls": 40, "sold": 31}
FIGURES = answers(
    "The figures.",
    {
        "calls": 90,
        "sold": 31,
        "nodes": {
            "offer": {
                "reached": 84,
                "left": 4,
                "sold": 31,
                "answers": {"accepted": _WAY, "declined": {"calls": 40, "sold": 0}},
            }
        },
    },
    304,
    422,
)
SURVEY = answers(
    "The answers by field.",
    {
        "calls": 90,
        "finished": 84,
        "fields": {
            "age": {"answered": 84, "choices": {}, "numbers": 84, "sum": 4116, "least": 23, "most": 88, "texts": 0},
            "heard": {
                "answered": 86,
                "choices": {"friend": 30, "tv": 56},
                "numbers": 0,
                "sum": 0,
                "least": None,
                "most": None,
                "texts": 0,
            },
        },
    },
    304,
    404,
    422,
)
SURVEY_TEXTS = answers(
    "The texts, by call.",
    {
        "items": [
            {
                "call": "adria-native:c-1",
                "partner": "adria",
                "at": _AT,
                "field": "why",
                "text": "My sister told me of it.",
            }
        ],
        "next": None,
    },
    403,
    422,
)

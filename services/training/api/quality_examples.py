"""What the routes of quality answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared.http import answers

_AT = "2026-03-09T10:00:00Z"
_CONTENT: dict[str, Any] = {
    "title": "Inbound sale",
    "questions": [
        {
            "id": "greeting",
            "text": "Greets with name and company",
            "weight": 1,
            "options": [{"id": "yes", "text": "Yes", "points": 1}, {"id": "no", "text": "No", "points": 0}],
        },
        {
            "id": "price",
            "text": "Says the whole price before the order",
            "weight": 3,
            "options": [{"id": "yes", "text": "Yes", "points": 1}, {"id": "no", "text": "No", "points": 0}],
            "fatal": True,
            "optional": True,
        },
    ],
    "pass_percent": 80,
}
_FORM = {
    "form": "inbound-sale",
    "versions": [
        {
            "type": "FormPublished",
            "form": "inbound-sale",
            "version": 1,
            "content": _CONTENT,
            "reason": "As agreed with the partners.",
            "at": _AT,
            "by": "Ana",
        }
    ],
}
_PLAN = {
    "form": "inbound-sale",
    "version": 1,
    "since": "2026-03-02",
    "until": "2026-03-08",
    "seed": "week 10",
    "sides": "both",
    "random": 20,
    "per_stratum": 1,
    "risk": {"very_short": 5, "cancelled_sale": 5},
    "short_below_s": 20,
    "long_above_s": 1800,
    "campaign": None,
}
_CALL, _ID, _SAMPLE = "adria-switch:c-4711", "adria:adria-switch:c-4711", "adria:2026-w10"
_ROW = {
    "sample": _SAMPLE,
    "partner": "adria",
    "plan": _PLAN,
    "population": 1830,
    "calls": 47,
    "evaluated": 12,
    "recorded": 9,
}
_DRAWN = {
    "call": _CALL,
    "agent": "1007",
    "day": "2026-03-04",
    "campaign": "vital",
    "disposition": "sale",
    "talk_ms": 271000,
    "why": ["random"],
}
_PLACE = {"partner_id": "adria", "call": _CALL}
_SUBMITTED = {
    "type": "EvaluationSubmitted",
    **_PLACE,
    "agent": "1007",
    "day": "2026-03-04",
    "sample": _SAMPLE,
    "form": "inbound-sale",
    "version": 1,
    "side": "company",
    "answers": {"greeting": "no", "price": "yes"},
    "score_percent": "75.00",
    "passed": False,
    "noted": {"greeting": "8c1d5b0e6f2a49d7b3e0c4f1a2968d57"},
    "awaits": True,
    "at": _AT,
    "by": "Ana",
}
_RECORDED = {
    "type": "EvaluationRecorded",
    **_PLACE,
    "agent": "1007",
    "form": "inbound-sale",
    "version": 1,
    "side": "company",
    "score_percent": "75.00",
    "at": "2026-03-09T11:00:00Z",
    "by": "Ana",
}
_EVALUATION_ROW = {
    "evaluation": _ID,
    "partner": "adria",
    "call": _CALL,
    "agent": "1007",
    "day": "2026-03-04",
    "form": "inbound-sale",
    "version": 1,
    "state": "recorded",
    "scores": {"company": "75.00", "partner": "100.00"},
    "fatal": {"company": [], "partner": []},
}
_SURVEY = {
    "type": "SurveyAnswered",
    "call": _CALL,
    "partner": "adria",
    "script": "vital-survey",
    "version": 2,
    "step": 3,
    "node": "stars",
    "field": "stars",
    "at": "2026-03-04T16:44:00Z",
    "by": "1007",
    "number": 4,
}
_AGREEMENT = {
    "question": "greeting",
    "level": "nominal",
    "calls": 46,
    "agreed": 41,
    "alpha": 0.74,
    "kappa": 0.74,
    "verdict": "tentative",
}

FORMS = answers("One page.", {"items": [_FORM], "next": None}, 304, 422)
FORM = answers("The form.", _FORM, 304, 404)
DRAWN = answers("Drawn.", {"sample": _SAMPLE, "version": 1, "population": 1830}, 403, 404, 409, 422, status=202)
SAMPLES = answers("One page.", {"items": [_ROW], "next": None}, 304, 403, 404, 422)
SAMPLE = answers(
    "The sample.", {"sample": _ROW, "calls": [{"evaluation": _ID, "drawn": _DRAWN, "state": "to_do"}]}, 304, 403, 404
)
AGAIN = answers("What would be drawn now.", {"population": 1830, "same": True, "added": [], "gone": []}, 304, 403, 404)
EVALUATED = answers("Carried out.", {"stream": f"evaluation-{_ID}", "version": 1}, 403, 404, 409, 422, status=202)
EVALUATIONS = answers("One page.", {"items": [_EVALUATION_ROW], "next": None}, 304, 404, 422)
EVALUATION = answers(
    "The evaluation.",
    {
        "evaluation": {
            "evaluation": _ID,
            "partner": "adria",
            "call": _CALL,
            "submitted": {"company": _SUBMITTED},
            "recorded": {"company": _RECORDED},
            "ended": None,
            "disputes": {},
            "changes": 3,
        },
        "state": "recorded",
        "standing": {"company": {"greeting": "no", "price": "yes"}},
        "texts": {"8c1d5b0e6f2a49d7b3e0c4f1a2968d57": "Says the company, not the name."},
        "survey": [_SURVEY],
    },
    304,
    404,
)
DISPUTED = answers(
    "The dispute is open.",
    {"id": "4f1c22b09a7d", "stream": f"evaluation-{_ID}", "version": 4},
    404,
    409,
    422,
    status=201,
)
CALIBRATION = answers(
    "How far they agree.",
    {
        "form": "inbound-sale",
        "version": 1,
        "calls": 46,
        "fatal_agreed": 45,
        "passed_agreed": 40,
        "least_calls": 10,
        "score": {"calls": 46, "alpha": 0.71, "lenient_by": "-4.35", "verdict": "tentative"},
        "questions": [_AGREEMENT],
    },
    304,
    403,
    404,
    422,
)

"""A form, and evaluations by it, as the tests of quality need them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.training.events.evaluations import EvaluationSubmitted, Side
from services.training.events.forms import FormContent, Option, Question

AT = datetime(2026, 3, 9, 10, 0, tzinfo=UTC)
CALL = "adria-1:c-1"
EVALUATION = f"adria:{CALL}"
PLACE: dict[str, Any] = {"partner_id": "adria", "call": CALL}


def question(ident: str, weight: int, *points: int, fatal: bool = False, optional: bool = False) -> Question:
    """A question whose answers are called `p<points>`."""
    options = tuple(Option(id=f"p{n}", text=f"{n} points", points=n) for n in points)
    return Question(id=ident, text=ident.title(), weight=weight, options=options, fatal=fatal, optional=optional)


CONTENT = FormContent(
    title="Inbound sale",
    questions=(
        question("greeting", 1, 0, 1),
        question("needs", 2, 0, 1, 2, 3, optional=True),
        question("price", 3, 0, 1, fatal=True),
    ),
    pass_percent=80,
)
GOOD = {"greeting": "p1", "needs": "p3", "price": "p1"}


def submitted(side: Side, answers: dict[str, str] | None = None, **more: Any) -> EvaluationSubmitted:
    """What a side has said of the call; all is well unless told otherwise."""
    told: dict[str, Any] = {
        **PLACE,
        "agent": "a7",
        "day": "2026-03-04",
        "sample": "adria:w10",
        "form": "inbound",
        "version": 1,
        "side": side,
        "answers": answers or GOOD,
        "score_percent": "100.00",
        "passed": True,
        "at": AT,
        "by": "Ana" if side == "company" else "Mia",
    }
    return EvaluationSubmitted(**{**told, **more})

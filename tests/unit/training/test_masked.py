"""What trainers, planners and controllers write as a reason is in an event without what looks like a number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.training.domain.evaluation import EndWaiting, evaluation
from services.training.domain.form import PublishForm, form
from services.training.domain.session import CancelSession, PlanSession, session
from shared.kernel import Decider
from shared.masking import MASK
from tests.spec import evolved
from tests.unit.training.quality import AT, CONTENT, EVALUATION, submitted

NUMBER = "+385 91 234 5678"
SAYS = f"The customer of {NUMBER} complained."
BY: dict[str, Any] = {"at": AT, "by": "iva"}


def planned() -> Any:
    command = PlanSession(
        session="s1", course="vital", title="Vital", starts_at=AT + timedelta(days=3), time_zone="Europe/Zagreb",
        minutes=60, capacity=9, place="Room 4", contact="iva@example.com", **BY,
    )  # fmt: skip
    (event,) = session.decide(command, session.initial)
    return event


@pytest.mark.parametrize(
    ("decider", "known", "command"),
    [
        (session, [planned()], CancelSession(session="s1", reason=SAYS, **BY)),
        (evaluation, [submitted("company", awaits=True)], EndWaiting(evaluation=EVALUATION, reason=SAYS, **BY)),
        (form, [], PublishForm(form="inbound", content=CONTENT, reason=SAYS, **BY)),
    ],
    ids=["session", "evaluation", "form"],
)
def test_no_number_that_somebody_wrote_is_in_an_event(
    decider: Decider[Any, Any, Any], known: list[Any], command: Any
) -> None:
    state = evolved(decider, decider.initial, known)
    event = next(one for one in decider.decide(command, state) if hasattr(one, "reason"))
    assert event.reason == f"The customer of {MASK} complained."
    after = evolved(decider, state, decider.decide(command, state))
    assert decider.decide(command, after) == []

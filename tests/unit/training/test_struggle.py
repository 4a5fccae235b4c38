"""A conversation about a step: started by either side, continued by both, closed once."""

from __future__ import annotations

from typing import Any

from services.training.domain.struggle import CloseConversation, ContinueConversation, StartConversation, struggle
from services.training.events.struggles import ConversationClosed, ConversationContinued, ConversationStarted
from services.training.views.conversations import conversations
from tests.spec import given, seen
from tests.unit.training.quality import AT

IDENT = "adria:4f1c22b09a7d"
ABOUT: dict[str, Any] = {"agent": "a7", "page": "panel", "step": "address", "party": "partner", "text": "t1"}
START = StartConversation(conversation=IDENT, **ABOUT, at=AT, by="Ana")
STARTED = ConversationStarted(partner_id="adria", conversation=IDENT, **ABOUT, at=AT, by="Ana")
MORE = ContinueConversation(conversation=IDENT, party="agent", text="t2", at=AT, by="a7")
CONTINUED = ConversationContinued(partner_id="adria", conversation=IDENT, party="agent", text="t2", at=AT, by="a7")
CLOSE = CloseConversation(conversation=IDENT, outcome="helped", at=AT, by="Ana")
CLOSED = ConversationClosed(partner_id="adria", conversation=IDENT, outcome="helped", at=AT, by="Ana")


def test_a_conversation_is_started_continued_and_closed() -> None:
    given(struggle).when(START).then(STARTED)
    given(struggle, STARTED).when(MORE).then(CONTINUED)
    given(struggle, STARTED, CONTINUED).when(CLOSE).then(CLOSED)
    given(struggle, STARTED, CONTINUED, CLOSED).when(MORE).then()


def test_what_is_not_there_or_over_is_refused() -> None:
    other = CloseConversation(conversation=IDENT, outcome="step_is_wrong", at=AT, by="Ana")
    given(struggle).when(MORE).then_rejected("unknown_conversation")
    given(struggle).when(CLOSE).then_rejected("unknown_conversation")
    given(struggle, STARTED, CLOSED).when(MORE).then_rejected("closed")
    given(struggle, STARTED, CLOSED).when(other).then_rejected("closed")


def test_the_view_holds_what_was_said_in_order() -> None:
    doc = seen(conversations, STARTED, CONTINUED, CLOSED)[IDENT]
    assert (doc.started, doc.continued, doc.closed, doc.changes) == (STARTED, [CONTINUED], CLOSED, 3)

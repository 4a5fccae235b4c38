"""The words for codes: every closed vocabulary that a page shows, once, as it is told to readers."""

from __future__ import annotations

from collections.abc import Mapping

from services.gateway.views.words import _

QUESTIONS: Mapping[str, str] = {
    "understood": _("I understood what it was about."),
    "useful": _("It helps me in my calls."),
    "pace": _("The pace was right."),
    "questions": _("My questions were answered."),
}
"""Of the feedback on a live session."""

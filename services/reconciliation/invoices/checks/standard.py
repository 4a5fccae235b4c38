"""Does the document keep the standard, and was that seen?"""

from __future__ import annotations

from collections.abc import Iterator

from services.reconciliation.invoices.findings import Finding, Outcome, finding
from services.reconciliation.invoices.validation import Failure, Validation

_FAILED: dict[Failure, str] = {
    "timeout": "the validator took too long",
    "died": "the validator ended without an answer",
    "nothing_fired": "no rule applied to anything in it",
    "no_rules": "there are no rules for its profile",
}


def check_standard(validation: Validation | None) -> Iterator[Finding]:
    """Reject what breaks a rule, warn of what the rules warn of, hold what could not be validated."""
    if validation is None:
        yield finding("standard", "skipped", "a structured document", "nothing of it is structured")
        return
    if validation.failure:
        yield finding("standard", "hold", "a verdict", _FAILED[validation.failure], validation.rules)
    for one in validation.violations:
        outcome: Outcome = "reject" if one.fatal else "warn"
        yield finding("standard", outcome, one.rule, one.text, one.place)

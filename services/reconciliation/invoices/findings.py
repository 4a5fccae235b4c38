"""What a check says: passed or not, the rule in words, what was expected, what was found, and the evidence."""

from __future__ import annotations

from typing import Literal

import msgspec

Check = Literal[
    "standard", "basis", "quantity", "rate", "terms", "clawback", "total", "arithmetic", "vat", "vat_id", "currency",
    "duplicate", "period", "bank_account", "parties", "credit_note", "dates",
]  # fmt: skip
Outcome = Literal["skipped", "passed", "warn", "hold", "reject", "block"]
"""`skipped`: there is nothing to check; `hold`: a named person decides; `reject`: it goes back; `block`: nobody alone
may let it through."""
WEIGHT: dict[Outcome, int] = {"skipped": 0, "passed": 0, "warn": 1, "hold": 2, "reject": 3, "block": 4}

RULES: dict[Check, str] = {
    "standard": "The document keeps the schema and the rules of EN 16931, and the rules were seen to run.",
    "basis": "The month of the invoice is agreed.",
    "quantity": "Each quantity is that of the agreed report, and each line belongs to a component of the contract.",
    "rate": "Each unit price is that of the contract's version on the day of service, in the tier that was reached.",
    "terms": "Minimum, cap, bonus, malus and fees paid once are there with their amounts, and nothing else is.",
    "clawback": "Sales that were cancelled are deducted exactly once.",
    "total": "The net total is the predicted one; a small difference is paid and posted apart.",
    "arithmetic": "Lines, taxes and totals add up.",
    "vat": "Category and rate of the tax are those of the contract, with all that reverse charge asks for.",
    "vat_id": "VAT identifiers have the form and the check digits of their countries.",
    "currency": "The currency is that of the contract.",
    "duplicate": "It did not come before: not under this number, not for this amount and period, not as this file.",
    "period": "No accepted invoice covers a day of its period for the same component.",
    "bank_account": "The account is valid, and the one that was confirmed.",
    "parties": "Seller, buyer and contract are those of the contract.",
    "credit_note": "A credit note names an invoice that was accepted, and all credits of it do not exceed it.",
    "dates": "It is issued after the end of its period, and due when the contract says.",
}


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a check says. `minor`: what the invoice asks for beyond what is expected, minor units, where that
    can be said; differences in our favour are negative, and are findings too."""

    check: Check
    outcome: Outcome
    rule: str
    expected: str = ""
    found: str = ""
    evidence: tuple[str, ...] = ()
    minor: int | None = None


def finding(
    check: Check, outcome: Outcome, expected: str = "", found: str = "", *evidence: str, minor: int | None = None
) -> Finding:
    """A finding under the check's rule."""
    return Finding(
        check=check, outcome=outcome, rule=RULES[check], expected=expected, found=found, evidence=evidence, minor=minor
    )

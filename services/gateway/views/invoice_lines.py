"""An invoice as its page shows it: the rates of a line, the worst of each check, and what stands against a button."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal

from services.gateway.views.words import UNKNOWN, _
from shared.contracts.terms.values import CURRENCIES, plain

Told = Mapping[str, Any]
OBJECTING = ("warn", "hold", "reject", "block")
"""Outcomes of a check that say something against the invoice, from the lightest to the heaviest."""
_OUTCOMES = ("skipped", "passed", *OBJECTING)


def shown_rate(line: Told, currency: str) -> str:
    """The rates of a component as the contract has them, in the currency's major unit: `0.55 EUR/minute`."""
    digits = CURRENCIES.get(currency, 2)
    shown = [
        f"{plain(Decimal(rate).scaleb(-digits))} {currency}/{unit}"
        for rate, unit in zip(line["rates"], line["units"], strict=True)
        if unit != "percent"
    ]
    return ", ".join(dict.fromkeys(shown)) or UNKNOWN


def worst_by_check(findings: Iterable[Told]) -> dict[str, str]:
    """The worst outcome of each check, in the order of the checks."""
    found: dict[str, str] = {}
    for one in findings:
        before = found.get(one["check"], "skipped")
        found[one["check"]] = max(before, one["outcome"], key=_OUTCOMES.index)
    return found


def reasons_against(doc: Told, what: Literal["approve", "forward"], viewer: str) -> list[str]:
    """Why the viewer can't do it, each reason in a sentence; none where the rules let them."""
    why = []
    disputed = [id_ for id_ in doc["disputes"] if id_ not in doc["settled"]]
    if disputed:
        why.append(_("A dispute is not settled."))
    if what == "forward":
        if doc["status"] != "approved" and not disputed:
            why.append(_("It is not approved by as many people as have to."))
        if list(doc["approved"]) == [viewer]:
            why.append(_("You alone approved it: somebody else has to forward it."))
        return why
    checked = doc["checked"]
    if checked is None:
        return [*why, _("It was not checked yet.")]
    said = checked["objections"]
    if {"block", "reject"} & set(said.values()):
        why.append(_("A check sends it back or blocks it: nobody may let it pass."))
    if any(verdict == "hold" and name not in doc["lifted"] for name, verdict in said.items()):
        why.append(_("A check holds it."))
    if viewer in checked["excluded"] or viewer == doc["received"]["entered_by"]:
        why.append(_("You edited its bank account or a rate, or typed it in: somebody else has to approve."))
    if viewer in {one["by"] for one in doc["lifted"].values()}:
        why.append(_("You lifted a hold: somebody else has to approve."))
    if viewer in doc["approved"]:
        why.append(_("You approved it already."))
    return why

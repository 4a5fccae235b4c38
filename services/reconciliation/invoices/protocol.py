"""The protocol of a check, for machines as JSON and for people as text; and what of it is recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from services.reconciliation.domain.invoice import RecordCheck
from services.reconciliation.invoices.checking import Protocol
from services.reconciliation.invoices.findings import WEIGHT, Finding, Outcome
from shared.contracts.reconciliation import Verdict
from shared.contracts.terms import shown
from shared.kernel import Money

MARKS: dict[Outcome, str] = {
    "passed": "ok  ", "skipped": "-   ", "warn": "warn", "hold": "HOLD", "reject": "REJECT", "block": "BLOCK",
}  # fmt: skip
_VERDICTS: dict[Outcome, Verdict] = {"warn": "warn", "hold": "hold", "reject": "reject", "block": "block"}


def as_json(protocol: Protocol) -> bytes:
    """All of it. The same protocol is the same bytes."""
    return msgspec.json.format(msgspec.json.encode(protocol, order="deterministic"), indent=2) + b"\n"


def as_text(protocol: Protocol) -> str:
    """For people: a line a check, and under each that objects what was expected, what was found and the evidence."""
    lines = [
        f"Invoice {protocol.number} of {protocol.partner_id} for {protocol.month}: {protocol.verdict}",
        f"Read as {protocol.form}; file {protocol.digest}",
        "",
    ]
    for one in protocol.findings:
        lines += _lines(one, protocol.currency)
    if protocol.small_minor:
        lines += ["", f"Posted apart: {shown(protocol.small_minor, protocol.currency)}"]
    return "".join(f"{_printable(line)}\n" for line in lines)


def _printable(line: str) -> str:
    """What strangers wrote moves no cursor."""
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def _lines(one: Finding, currency: str) -> list[str]:
    lines = [f"{MARKS[one.outcome]:6} {one.check.replace('_', ' ')}: {one.rule}"]
    if one.expected:
        lines.append(f"         expected  {one.expected}")
    if one.found:
        lines.append(f"         found     {one.found}")
    lines += [f"         because   {told}" for told in one.evidence if told]
    if one.minor:
        lines.append(f"         asks for  {'+' if one.minor > 0 else ''}{shown(one.minor, currency)}")
    return lines


def objections_of(protocol: Protocol) -> dict[str, Verdict]:
    """The worst that each check says; those that don't object are left out."""
    worst: dict[str, Verdict] = {}
    for one in protocol.findings:
        said = _VERDICTS.get(one.outcome)
        if said is not None and WEIGHT[one.outcome] > WEIGHT[worst.get(one.check, "passed")]:
            worst[one.check] = said
    return worst


def recorded(
    protocol: Protocol,
    invoice_id: str,
    gross_minor: int,
    four_eyes_minor: int,
    editors: Sequence[str],
    at: datetime,
    by: str,
) -> RecordCheck:
    """The command that records a protocol. `four_eyes_minor`: above it two people approve; `editors`: who edited the
    bank account or a rate that the invoice rests on."""
    return RecordCheck(
        invoice_id=invoice_id,
        digest=protocol.digest,
        protocol=hashlib.sha256(as_json(protocol)).hexdigest(),
        objections=objections_of(protocol),
        small=Money(protocol.small_minor, protocol.currency) if protocol.small_minor else None,
        approvals=2 if gross_minor > four_eyes_minor else 1,
        excluded=tuple(sorted(set(editors))),
        at=at,
        by=by,
    )

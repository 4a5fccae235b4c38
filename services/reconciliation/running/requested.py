"""What a partner was asked for, as it was sealed, and what of its answer nobody asked for."""

from __future__ import annotations

import asyncio

import msgspec

from services.reconciliation.domain.month_commands import UNREQUESTED, Found
from services.reconciliation.matching.bundles import split
from services.reconciliation.matching.delta import Delta, delta
from services.reconciliation.matching.kept import Kept, unpacked
from services.reconciliation.matching.outgoing.corrections import corrections
from services.reconciliation.running.sealing import Sealed
from services.reconciliation.views.months import KnownMonth
from shared.contracts.proofs import ground, proof_of


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What a request was made of: the report, what was found in it, and what was chosen."""

    report: int
    kept: str
    mismatches: tuple[str, ...]
    container: str


def parts_of(sealed: bytes) -> tuple[Head, bytes, bytes]:
    """Head, letter and attachment of a request."""
    head, letter, attachment = split(sealed)
    return msgspec.json.decode(head, type=Head), letter, attachment


def answered(before: Kept, now: Kept, mismatches: tuple[str, ...]) -> Delta:
    """What became of what was asked, and what moved besides."""
    return delta(before.lines, now.lines, corrections(before, mismatches), before.basis)


async def unrequested(sealed: Sealed, doc: KnownMonth, report: int, now: Kept) -> tuple[Found, ...]:
    """The mismatch that an adjusted report makes by moving what nobody asked for; none where it did as it was asked.
    It answers the last request about an earlier report: one about itself may have been made since. Rejected as reading
    what lies under seal is."""
    asked = [one for one in doc.requests if one.report < report]
    if not asked:
        return ()
    content = await sealed.get(doc.partner_id, doc.month, asked[-1].digest)
    head, _, _ = await asyncio.to_thread(parts_of, content)
    before = await asyncio.to_thread(unpacked, await sealed.get(doc.partner_id, doc.month, head.kept))
    moved = (await asyncio.to_thread(answered, before, now, head.mismatches)).unrequested
    if not moved:
        return ()
    lines = len({(one.before, one.now) for one in moved})
    why = (ground("not_asked_for", n=lines, report=head.report),)
    return (
        Found(
            mismatch_id=UNREQUESTED,
            kind="unrequested_change",
            cause="not_asked_for",
            party="partner",
            confidence="proven",
            lines=lines,
            against=0,
            moved_minor=0,
            proof=proof_of(why),
            systematic=False,
            grounds=why,
        ),
    )

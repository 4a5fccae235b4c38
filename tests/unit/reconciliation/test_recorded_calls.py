"""Recorded telephony through connector and tracker into the month: what is told agrees with what happened."""

from __future__ import annotations

import random
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from services.calls.doors.fixtures import Outcome, Recording, load, replay
from services.calls.tracker.call_document import CallSummary
from services.reconciliation.matching.contract_basis import contract_basis
from services.reconciliation.matching.lines import LINES
from services.reconciliation.matching.own import OwnSide
from services.reconciliation.matching.own_rows import events_of, in_sequence, records_of, seconds
from services.reconciliation.matching.results import reconcile
from services.reconciliation.views.month_calls import MonthCall, month_calls, outcome_of, shown
from shared.codec import recorded_decoder
from shared.contracts.calls import PublicCallEvent
from shared.kernel import Recorded
from tests.unit.reconciliation.telling import ZONE, Shards
from tests.unit.terms.sheets import sheet

FIXTURES = Path(__file__).parents[2] / "fixtures" / "telephony"
SETS = sorted(path.parent for path in FIXTURES.rglob("expected.json"))
TERMS = sheet({"per_sale": [{"name": "sale", "tiers": [{"rate": "500"}]}]})
decode = recorded_decoder(PublicCallEvent).decode


def played(folder: Path) -> tuple[Outcome, list[Recorded[PublicCallEvent]]]:
    """The set in an order that makes for corrections, and all that was published of it."""
    recording = load(folder)
    deliveries = random.Random(5).sample(list(recording.deliveries), len(recording.deliveries))
    outcome = replay(Recording(recording.source_id, recording.settings, recording.secrets, deliveries))
    return outcome, [decode(entry.value) for document in outcome.documents.values() for entry in document.outbox]


async def calls_of(published: list[Recorded[PublicCallEvent]], partner: str) -> list[MonthCall]:
    shards = Shards().fold(month_calls, published)
    far = 10**15
    near = dict(await shards.find(month_calls, {"partner": partner}, "began", 0, far))
    late = dict(await shards.find(month_calls, {"partner": partner}, "late", 0, far))
    return [
        month_calls.merge(near[key], late[key]) if key in late else near[key]
        for key in sorted(near)
        if near[key].started
    ]


def told_by(summary: CallSummary, number: int) -> dict[str, object]:
    """The partner's line of a call, from the summary that the tracker keeps of it."""
    began = summary.started_at or summary.answered_at or summary.ended_at
    assert began is not None
    return dict.fromkeys(LINES) | {
        "line": str(number),
        "ref": summary.call,
        "local": began.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None, microsecond=0),
        "phone": summary.customer_ref,
        "agent": next(iter(summary.agents), None),
        "duration_s": None if summary.talk_ms is None else float(seconds(summary.talk_ms)),
        # A line has one result: of a call with an order, whatever else its agent noted, a sale.
        "disposition": "sale" if summary.sale else outcome_of(summary.disposition) if summary.disposition else None,
    }


@pytest.mark.parametrize("folder", SETS, ids=lambda path: str(path.relative_to(FIXTURES)))
async def test_recorded_calls_agree_with_their_own_summaries(folder: Path) -> None:
    outcome, published = played(folder)
    summaries = {
        document.summary.call: document.summary
        for document in outcome.documents.values()
        if document.summary is not None and document.told and document.counts == "production"
    }
    calls = await calls_of(published, load(folder).settings.partner)
    assert {shown(call).ref for call in calls} == set(summaries)
    # A set that crosses the night of a clock change has calls in two months; each month is agreed by itself.
    by_month: dict[str, list[MonthCall]] = {}
    for call in calls:
        by_month.setdefault(call.began.astimezone(ZoneInfo(ZONE)).strftime("%Y-%m"), []).append(call)
    for month, of_month in by_month.items():
        basis = contract_basis("adria", month, TERMS, partner_tz=None, country="GB", company_tz=ZONE, rates={})
        told = [summaries[shown(call).ref] for call in of_month]
        numbers = {s.customer_ref: s.customer_ref for s in told if s.customer_ref}
        own = OwnSide(
            basis=basis,
            records=records_of(map(shown, of_month), numbers, {}),
            events=in_sequence(events_of(of_month, numbers, {})),
            roster={agent: agent for summary in told for agent in summary.agents},
        )
        lines = pl.DataFrame([told_by(one, n) for n, one in enumerate(told, 2)], schema=LINES)
        result = reconcile(lines, own)
        assert result.defects == []
        assert result.findings.is_empty(), result.findings.select("kind", "cause", "party", "partner_line", "our_id")


def test_there_are_recorded_sets() -> None:
    assert len(SETS) >= 8

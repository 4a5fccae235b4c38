"""Months about which a partner is asked: of the generator, and of made-up partners whose reports have some mistakes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from services.reconciliation.matching.basis import Basis, Tolerance
from services.reconciliation.matching.kept import Kept, kept
from services.reconciliation.matching.own import EVENTS, RECORDS, OwnSide
from services.reconciliation.matching.reading import Known, Report, read
from services.reconciliation.matching.results import reconcile
from services.reconciliation.sets import read_set
from tests.unit.reconciliation.layouts import Call, Layout, calls_of, written


@dataclass(frozen=True)
class Asked:
    """A report as sent, what was found in it, and the mismatches that are the partner's to correct."""

    data: bytes
    known: Known
    report: Report
    own: OwnSide
    kept: Kept

    @property
    def mismatches(self) -> list[str]:
        return [one.explanation_id for one in self.kept.explanations if one.party != "own"]

    def read(self, data: bytes) -> Report:
        """A file by the profile of the report."""
        return read(data, self.known, self.report.profile)


def of_set(folder: Path) -> Asked:
    """A month on disk."""
    found = read_set(folder)
    return asked(found.report.read_bytes(), found.own)


def of_partner(layout: Layout, prefix: str, digits: int, seed: int = 1) -> Asked:
    """A made-up partner's month: a line left out, one reported twice, one that never happened, and others with a wrong
    time, duration, agent or outcome."""
    calls = calls_of(seed, 80, "2025-10", layout, prefix, digits)
    wrong = list(calls)
    wrong[11] = replace(wrong[11], agent=wrong[11].agent + 20)
    wrong[20] = replace(wrong[20], at=wrong[20].at + timedelta(minutes=7))
    wrong[30] = replace(wrong[30], seconds=wrong[30].seconds + 600)
    sold = next(place for place, call in enumerate(wrong) if call.outcome == "sale" and place > 32)
    wrong[sold] = replace(wrong[sold], cents=(wrong[sold].cents or 0) + 100)
    other = next(place for place, call in enumerate(wrong) if call.outcome == "refused" and place > 32)
    wrong[other] = replace(wrong[other], outcome="info")
    phantom = next(place for place, call in enumerate(wrong) if call.outcome == "callback" and place > 32)
    wrong[phantom] = replace(wrong[phantom], outcome="sale", cents=4950)
    never = replace(calls[50], phone=calls[50].phone[:-4] + "0000", at=calls[50].at + timedelta(minutes=45))
    sent = sorted([*wrong[:5], *wrong[6:], wrong[15], never], key=lambda call: call.at)
    data, _ = written(layout, sent)
    return asked(data, own_side(layout, calls))


def asked(data: bytes, own: OwnSide) -> Asked:
    """A report in memory."""
    basis = own.basis
    middle = basis.start + (basis.end - basis.start) / 2
    known = Known(country=basis.country, currency=basis.currency, month=f"{middle:%Y-%m}")
    report = read(data, known)
    return Asked(data, known, report, own, kept(report, reconcile(report.lines, own)))


def own_side(layout: Layout, calls: list[Call]) -> OwnSide:
    """Our side of a made-up partner's month, which is right. Its clock is UTC, or two hours ahead where it says so."""
    start = datetime(2025, 10, 1, tzinfo=UTC)
    near = Tolerance(below=120.0, above=120.0)
    basis = Basis(
        partner_id="made-up",
        partner_tz="Etc/GMT-2" if layout.name == "offsets" else "UTC",
        company_tz="UTC",
        country=layout.country,
        currency=layout.currency,
        start=start,
        end=datetime(2025, 11, 1, tzinfo=UTC),
        cutoff=datetime(2025, 11, 6, tzinfo=UTC),
        time_s=near,
        duration_s=Tolerance(below=2.0, above=2.0),
        amount_minor=Tolerance(below=0.5, above=0.5),
    )
    ahead = timedelta(hours=2 if layout.name == "offsets" else 0)
    records, events = [], []
    for place, call in enumerate(calls):
        at = call.at.replace(tzinfo=None) - ahead
        end = at + timedelta(seconds=call.seconds)
        id_, phone, agent = f"c-{place:04d}", f"+{layout.code}{call.phone}", f"A{call.agent}"
        sold = call.outcome in ("sale", "sale_cancelled")
        cents = call.cents if call.cents is not None else 4950
        sale = {"sale_id": f"s-{place}", "sku": "X", "currency": layout.currency} if sold else {}
        records.append(
            dict.fromkeys(RECORDS)
            | {"call_id": id_, "campaign": "K", "direction": "outbound", "started_at": at, "customer_phone": phone}
            | {"agent_id": agent, "duration_s": call.seconds, "disposition": call.outcome, **sale}
            | ({"sale_minor": cents, "sale_status": "confirmed"} if sold else {})
            | ({"sale_status": "cancelled", "sale_status_at": end} if call.outcome == "sale_cancelled" else {})
        )
        told = dict.fromkeys(EVENTS) | {"call_id": id_}
        begin = {"phone": phone, "agent_id": agent, "campaign": "K", "direction": "outbound"}
        events.append(told | {"at": at, "type": "call.started", **begin})
        events.append(told | {"at": end, "type": "call.ended", "talk_s": call.seconds})
        events.append(told | {"at": end, "type": "call.dispositioned", "disposition": call.outcome})
        if sold:
            events.append(told | {"at": end, "type": "order.accepted", "amount_minor": cents, **sale})
        if call.outcome == "sale_cancelled":
            events.append(told | {"at": end, "type": "order.cancelled", **sale})
    log = pl.DataFrame([{**one, "seq": seq} for seq, one in enumerate(events, 1)], schema=EVENTS)
    agents = {f"A{number}": f"A{number}" for number in range(100, 109)}
    return OwnSide(basis, pl.DataFrame(records, schema=RECORDS), log, agents)

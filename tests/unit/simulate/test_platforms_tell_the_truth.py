"""What each platform tells, read by our own connectors, is what happened: as far as the platform tells it at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest

from services.calls.connectors.base import Delivery
from services.calls.doors.fixtures import Outcome, Recording, replay
from services.calls.tracker.call_document import CallSummary
from services.simulate.calls import Call, moment
from services.simulate.company import Partner
from shared.contracts.partners import kept
from tests.unit.simulate.world import firm, wednesday, wednesdays_truth

PARTNERS = {partner.settings.connector: partner for partner in reversed(firm().partners)}

# What a platform does not tell, or tells otherwise: see `truth_as_told`.
UNTOLD = {
    "native": set(),
    "twilio": {"ended_by", "hold_ms", "agents"},
    "amazon-connect": set(),
    "asterisk": {"wrap_ms"},
}


@cache
def taken(connector: str) -> Outcome:
    """The day of the platform's partner, through connector and tracker."""
    partner = PARTNERS[connector]
    base = partner.settings.public_url.removesuffix(f"/v1/in/{partner.source}")
    mine = [
        Delivery(
            d.method, base + d.path, d.headers, d.body, d.received_at, json.loads(d.headers.get("tallyline-meta", "{}"))
        )
        for d in wednesday()
        if d.source == partner.source
    ]
    secrets = {scheme: tuple(kept(scheme, key) for key in keys) for scheme, keys in partner.secrets.items()}
    return replay(Recording(partner.source, partner.settings, secrets, list(enumerate(mine))))


def calls_of(partner: Partner) -> Sequence[Call]:
    return [call for call in wednesdays_truth() if call.source == partner.source]


def truth_as_told(connector: str, call: Call) -> dict[str, Any]:
    """The facts that must come out. Of a transferred call, Twilio gives no durations by leg, and Asterisk tells
    nothing of whoever took it outside: talk is then the whole time from answer to end."""
    talk, wrap = call.talk_ms, call.wrap_ms
    if connector in ("twilio", "asterisk") and any(leg.handed_over for leg in call.legs) and call.answered is not None:
        talk = call.ended - call.answered - (call.hold_ms if connector == "asterisk" else 0)
    if connector == "twilio":
        wrap = sum(leg.wrap_ms for leg in call.legs if leg.disposition)
    return {
        "direction": call.campaign.line,
        "campaign": call.campaign.code,
        "customer_ref": call.customer,
        "started_at": moment(call.started),
        "answered_at": None if call.answered is None else moment(call.answered),
        "ended_at": moment(call.ended),
        "outcome": call.outcome,
        "ended_by": call.ended_by,
        "agents": [leg.agent.id for leg in call.legs],
        "transfers": sum(leg.handed_over is not None for leg in call.legs),
        "wait_ms": call.wait_ms,
        "talk_ms": talk,
        "hold_ms": call.hold_ms,
        "wrap_ms": wrap if call.legs else None,
        "disposition": call.disposition,
        "sale": bool(call.sales),
        "flags": [],
    }


@pytest.mark.parametrize("connector", sorted(UNTOLD))
def test_every_call_comes_out_as_it_was(connector: str) -> None:
    told: dict[str, CallSummary] = {
        document.summary.call: document.summary
        for document in taken(connector).documents.values()
        if document.summary is not None
    }
    calls = calls_of(PARTNERS[connector])
    assert len(calls) > 100
    assert set(told) == {call.id for call in calls}
    for call in calls:
        expected = {k: v for k, v in truth_as_told(connector, call).items() if k not in UNTOLD[connector]}
        assert {name: getattr(told[call.id], name) for name in expected} == expected


@pytest.mark.parametrize("connector", sorted(UNTOLD))
def test_every_delivery_is_authentic_and_understood(connector: str) -> None:
    verdicts = {verdict for _, verdict, _ in taken(connector).verdicts}
    assert verdicts <= {"accepted", "duplicate", "ignored"}


@pytest.mark.parametrize("connector", sorted(UNTOLD))
def test_sales_come_out_with_order_amount_and_currency(connector: str) -> None:
    sold = sorted(
        (o.data["order_ref"], o.data["sku"], o.data["quantity"], o.data["amount_minor"], o.data["currency"])
        for document in taken(connector).documents.values()
        for o in document.observations
        if o.kind == "SaleRecorded"
    )
    calls = calls_of(PARTNERS[connector])
    assert sold == sorted(
        (sale.order_ref, sale.sku, sale.quantity, sale.amount.minor, sale.amount.currency)
        for call in calls
        for sale in call.sales
    )


def test_agents_states_come_out_with_known_meanings() -> None:
    for connector in UNTOLD:
        states = [
            o.data["state"]
            for document in taken(connector).documents.values()
            for o in document.observations
            if o.kind == "AgentStateChanged"
        ]
        assert len(states) > 20
        assert "other" not in states
        assert {"available", "offline"} <= set(states)

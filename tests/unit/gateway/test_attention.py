"""Which partner needs attention, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from services.gateway.api.partner_files import look
from services.gateway.pages.partners import partners
from services.gateway.views.attention import (
    Reason,
    by_partner,
    of_contracts,
    of_coverage,
    of_months,
    of_ramps,
    of_sources,
    of_steps,
    of_tickets,
    of_transitions,
)
from shared.ports import StoreUnavailable
from shared.security import Principal

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
LIVE = {"acme": {"stage": "live"}}
SOURCE = {"id": "acme-switch", "settings": {"partner": "acme", "counts": "production"}}
QUIET = {
    "source": "acme-switch",
    "kinds": [],
    "warnings": [],
    "unmapped": 0,
    "items": {"received": 40, "invalid": 0},
}
REASONS = st.builds(
    Reason,
    partner=st.sampled_from(("acme", "sava", "dunav")),
    urgent=st.booleans(),
    says=st.sampled_from(("a", "b", "c", "d")),
    to=st.just("/partners"),
)


def said(reasons: list[Reason]) -> list[tuple[bool, str]]:
    return [(one.urgent, one.says) for one in reasons]


@given(st.lists(REASONS), st.randoms())
def test_partners_are_ordered_by_what_is_urgent_whatever_the_order_of_reasons(reasons: list[Reason], dice: Any) -> None:
    found = by_partner(reasons)
    mixed = list(reasons)
    dice.shuffle(mixed)
    again = by_partner(mixed)
    assert list(again.items()) == list(found.items())
    assert sorted(map(repr, reasons)) == sorted(repr(one) for mine in found.values() for one in mine)
    urgent = [sum(one.urgent for one in mine) for mine in found.values()]
    assert urgent == sorted(urgent, reverse=True)
    assert all(mine == sorted(mine, key=lambda one: not one.urgent) for mine in found.values())


def test_a_source_that_is_silent_though_something_always_comes_is_urgent() -> None:
    silent = {"kind": "CallStarted", "last_at": "2026-11-28T09:02:00Z", "alarm": True, "usual": 41.5}
    card = QUIET | {"kinds": [silent, {"kind": "CallEnded", "alarm": False, "last_at": None, "usual": 0.0}]}
    assert said(of_sources([SOURCE], [card], {}, LIVE)) == [
        (True, "acme-switch is silent: no beginnings of calls since 2026-11-28 09:02:00 UTC, and 42 an hour are usual")
    ]
    assert of_sources([SOURCE], [QUIET], {}, LIVE) == []


def test_deliveries_that_fail_their_signature_are_told_by_cause() -> None:
    healths = {"acme-switch": {"refused": {"not_authentic": 14, "foreign_network": 1, "unavailable": 9}}}
    assert said(of_sources([SOURCE], [QUIET], healths, LIVE)) == [
        (True, "1 delivery of acme-switch was refused: sent from a network that is not the partner’s"),
        (True, "14 deliveries of acme-switch were refused: signature or key did not hold"),
    ]


def test_nothing_at_all_counts_only_where_calls_are_taken() -> None:
    nothing = QUIET | {"items": {"received": 0, "invalid": 0}}
    told = [(True, "acme-switch has sent nothing for 24 hours")]
    assert said(of_sources([SOURCE], [nothing], {}, LIVE)) == told
    assert of_sources([SOURCE], [nothing], {}, {"acme": {"stage": "integrating"}}) == []
    test = SOURCE | {"settings": {"partner": "acme", "counts": "test"}}
    assert of_sources([test], [nothing], {}, LIVE) == []


def test_a_source_that_is_not_served_and_codes_without_a_map_are_told() -> None:
    assert said(of_sources([SOURCE], [], {}, LIVE)) == [
        (True, "acme-switch is not served: its settings are not complete")
    ]
    card = QUIET | {"unmapped": 2, "warnings": ["gaps", "silent"], "items": {"received": 40, "invalid": 1}}
    assert said(of_sources([SOURCE], [card], {}, LIVE)) == [
        (False, "acme-switch leaves calls out, which come only with its backfills"),
        (True, "1 item of acme-switch was not read"),
        (False, "2 codes of acme-switch are not mapped"),
    ]


def month(stage: str, **more: Any) -> dict[str, Any]:
    due = {"report": "2026-11-05", "statement": "2026-12-10"}
    return {
        "partner_id": "acme", "month": "2026-10", "stage": stage, "requests": [], "mismatches": {}, "deadlines": due,
    } | more  # fmt: skip


@pytest.mark.parametrize(
    ("doc", "told"),
    [
        (month("unreadable"), [(True, "The report of 2026-10 can’t be read")]),
        (
            month("asked", requests=[{"due": "2026-11-20"}]),
            [(True, "No answer to what we asked of 2026-10, due 2026-11-20")],
        ),
        (month("asked", requests=[{"due": "2026-12-20"}]), []),
        (
            month("reconciled", deadlines={"statement": "2026-11-10"}),
            [(True, "2026-10 is not agreed; its statement was due 2026-11-10")],
        ),
        (month("reconciled", mismatches={"E1": {}}), [(False, "2026-10: 1 difference is to be settled")]),
        (month("submitted"), []),
    ],
)
def test_a_month_that_is_late_is_told(doc: dict[str, Any], told: list[tuple[bool, str]]) -> None:
    assert said(of_months([doc], {}, NOW.date())) == told


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(1, 28))
def test_a_report_is_overdue_from_the_day_after_the_contracts_day(today: date, due: int) -> None:
    found = of_months([], {"acme": due}, today)
    assert bool(found) == (today.day > due)
    assert all(one.to == "/partners/acme/months" for one in found)


def test_certificates_that_are_missing_or_lapse_are_told() -> None:
    row = {"partner": "acme", "certificate": "vital", "missing": 2, "missing_backups": 1, "lapsing": 1}
    assert said(of_coverage([row])) == [
        (True, "3 certified agents are missing for vital"),
        (False, "1 certificate vital lapses within 30 days"),
    ]
    assert of_coverage([row | {"missing": 0, "missing_backups": 0, "lapsing": 0}]) == []


def clocks(state: str, first: bool, whole: bool, answered: bool = False) -> dict[str, Any]:
    return {
        "partner_id": "acme",
        "state": state,
        "priority": "normal",
        "first_response": {"over": first, "done": answered},
        "resolution": {"over": whole, "done": state == "resolved"},
    }


def test_tickets_past_their_promise_are_counted_until_they_are_done() -> None:
    found = [
        clocks("open", True, False),
        clocks("waiting", False, True),
        clocks("open", True, False, answered=True),
        clocks("resolved", True, True),
    ]
    assert said(of_tickets(found)) == [(True, "2 tickets are past their promised time")]
    urgent = clocks("open", False, False) | {"priority": "urgent"}
    assert said(of_tickets([urgent])) == [(True, "1 urgent ticket waits for an answer")]


def test_issues_past_their_time_and_a_late_end_are_told() -> None:
    issue = {"title": "No headsets", "severity": "low", "owner": "Ana", "outcome": None, "overdue": True}
    plan = {
        "partner_id": "acme",
        "slip_days": 2,
        "done": 1,
        "tasks": 12,
        "end": "2026-12-13",
        "issues": {
            "a": issue | {"due": (NOW - timedelta(hours=24, minutes=4)).isoformat()},
            "b": issue | {"due": (NOW + timedelta(days=1)).isoformat(), "overdue": False},
            "c": issue | {"due": (NOW - timedelta(days=9)).isoformat(), "outcome": "They came."},
        },
    }
    assert said(of_transitions([plan], NOW)) == [
        (True, "Issue “No headsets” is open, 24:04 h past its time; it is Ana’s"),
        (False, "The transition ends 2 days late, on 2026-12-13"),
    ]
    assert of_transitions([plan | {"issues": {}, "done": 12}], NOW) == []


def test_days_of_contracts_drafts_next_steps_and_caps_are_told() -> None:
    due = {"contract_id": "acme:main", "partner_id": "acme", "occasion": "notice", "on": "2026-12-01", "days": 3}
    assert said(of_contracts([], [due, due | {"days": 31}])) == [
        (True, "Last day to give notice on acme:main: 2026-12-01")
    ]
    draft = {"contract_id": "acme:main", "partner_id": "acme", "open_deviations": 2, "versions": []}
    assert said(of_contracts([draft, draft | {"versions": [{}]}], [])) == [
        (False, "2 terms of the draft differ from what was agreed")
    ]
    step = {"partner_id": "acme", "next_action": {"action": "Call", "owner": "Ana", "due": "2026-11-27"}}
    assert said(of_steps([step], NOW.date())) == [(False, "Next step is late: “Call”, Ana, due 2026-11-27")]
    assert of_steps([step], date(2026, 11, 27)) == []
    ramp = {"phase": "pilot", "today": {"calls": 1061, "daily_cap": 50, "above_cap": True}}
    assert said(of_ramps({"acme": ramp})) == [(True, "1,061 calls today, and pilot allows 50")]


class Half:
    """Services of which some are away."""

    async def __call__(self, path: str, **query: str | int | None) -> Any:
        """No ticket, no transition, one partner, and nothing of telephony."""
        if path in ("/api/v1/sources", "/api/v1/trust"):
            raise StoreUnavailable(path)
        due = {"action": "Call", "owner": "Ana", "due": "2026-11-01"}
        acme: Mapping[str, Any] = {
            "partner_id": "acme",
            "name": "Acme",
            "stage": "live",
            "next_action": due,
            "country": "HR",
            "owner": None,
            "profile": None,
            "steps": [],
        }
        return {"items": [acme] if path == "/api/v1/partners" else [], "next": None}


async def test_what_could_not_be_read_is_named_and_takes_nothing_else_along() -> None:
    looked = await look(Half(), Principal("ana", "manager"), NOW)
    assert looked.unread == ["telephony"]
    assert [one.partner for one in looked.reasons] == ["acme"]
    books = await look(Half(), Principal("ivo", "accountant"), NOW)
    assert books.unread == [], "whoever may not see telephony is told nothing of it"


async def test_the_page_says_what_may_be_missing_and_never_that_all_is_calm_then() -> None:
    viewer = Principal("ana", "manager")
    request = Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/partners",
            "headers": [],
            "query_string": b"",
            "state": {"principal": viewer},
        }
    )
    text = bytes((await partners(request, cast(Any, Half()), viewer)).body).decode()
    assert "so something may be missing here: telephony." in " ".join(text.split())
    assert "Try again" in text
    text = bytes((await partners(request, cast(Any, Half()), viewer, owner="Ivo")).body).decode()
    assert "Nobody:" not in text
    assert "No partner matches." in text

"""What is remembered of a partner: layouts with versions, codes, and explanations that stand until they end."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from services.reconciliation.domain.rules import (
    LONGEST_DAYS,
    AcceptExplanation,
    AcceptProfile,
    EndExplanation,
    ForgetAgentCode,
    SaveProfile,
    TellAgentCode,
    rules,
)
from services.reconciliation.events.rules import (
    AgentCodeForgotten,
    AgentCodeTold,
    ExplanationAccepted,
    ExplanationEnded,
    ProfileSaved,
)
from services.reconciliation.views.rules import rules as known_rules
from tests.spec import given, seen

AT = datetime(2026, 4, 6, 9, tzinfo=UTC)
WHO: dict[str, Any] = {"partner_id": "adria", "at": AT, "by": "iva"}
LAYOUT: dict[str, Any] = {"container": "csv", "columns": [{"label": "Vrijeme", "field": "datetime"}]}
STANDS: dict[str, Any] = {
    "kind": "timezone_shift",
    "cause": "offset:+60m",
    "starts": "2026-03",
    "ends": date(2026, 12, 31),
    "reason": "winter time",
}
OTHER = LAYOUT | {"container": "xlsx"}


def saved(version: int = 1, layout: dict[str, Any] = LAYOUT, **more: Any) -> ProfileSaved:
    fields: dict[str, Any] = {"reason": "they told us"} | more
    return ProfileSaved(version=version, profile=layout | {"version": version}, **fields, **WHO)


def save(layout: dict[str, Any] = LAYOUT) -> SaveProfile:
    return SaveProfile(profile=layout, reason="they told us", **WHO)


def accept(**more: Any) -> AcceptExplanation:
    return AcceptExplanation(**STANDS | WHO | more)


def accepted(**more: Any) -> ExplanationAccepted:
    return ExplanationAccepted(**STANDS | WHO | more)


def end(cause: str = "offset:+60m") -> EndExplanation:
    return EndExplanation(kind="timezone_shift", cause=cause, reason="they changed it", **WHO)


def ended(cause: str = "offset:+60m") -> ExplanationEnded:
    return ExplanationEnded(kind="timezone_shift", cause=cause, reason="they changed it", **WHO)


def test_a_layout_gets_a_version() -> None:
    given(rules).when(save()).then(saved())
    given(rules, saved()).when(save(OTHER)).then(saved(2, OTHER))


def test_the_same_layout_is_no_new_version() -> None:
    given(rules, saved()).when(save()).then()
    given(rules, saved()).when(save(LAYOUT | {"version": 7})).then()


def test_a_layout_that_was_found_is_kept_with_its_month() -> None:
    command = AcceptProfile(profile=LAYOUT, detected_in="2026-03", **WHO)
    given(rules).when(command).then(saved(detected_in="2026-03", reason=""))
    given(rules, saved()).when(command).then()


def test_a_code_is_told_again_and_forgotten() -> None:
    told = AgentCodeTold(code="A7", agent_id="ag-1", **WHO)
    other = AgentCodeTold(code="A7", agent_id="ag-2", **WHO)
    forgotten = AgentCodeForgotten(code="A7", **WHO)
    given(rules).when(TellAgentCode(code="A7", agent_id="ag-1", **WHO)).then(told)
    given(rules, told).when(TellAgentCode(code="A7", agent_id="ag-1", **WHO)).then()
    given(rules, told).when(TellAgentCode(code="A7", agent_id="ag-2", **WHO)).then(other)
    given(rules, told).when(ForgetAgentCode(code="A7", **WHO)).then(forgotten)
    given(rules, told, forgotten).when(ForgetAgentCode(code="A7", **WHO)).then()
    given(rules, told, forgotten).when(TellAgentCode(code="A7", agent_id="ag-1", **WHO)).then(told)
    given(rules).when(ForgetAgentCode(code="A7", **WHO)).then_rejected("unknown_code")


def test_an_explanation_stands_until_its_end() -> None:
    given(rules).when(accept()).then(accepted())
    given(rules, accepted()).when(accept()).then()
    given(rules, accepted()).when(accept(ends=date(2026, 9, 30))).then_rejected("stands_otherwise")
    given(rules, accepted()).when(end()).then(ended())
    given(rules, accepted(), ended()).when(end()).then()
    given(rules, accepted(), ended()).when(accept(ends=date(2026, 9, 30))).then(accepted(ends=date(2026, 9, 30)))
    given(rules).when(end()).then_rejected("not_standing")


def test_one_that_is_over_is_accepted_anew() -> None:
    over = accepted(starts="2025-03", ends=date(2026, 3, 31), at=AT - timedelta(days=300))
    given(rules, over).when(accept()).then(accepted())


def test_no_explanation_stands_for_ever() -> None:
    longest = AT.date() + timedelta(days=LONGEST_DAYS)
    given(rules).when(accept(ends=longest)).then(accepted(ends=longest))
    given(rules).when(accept(ends=longest + timedelta(days=1))).then_rejected("ends_too_late")
    given(rules).when(accept(ends=date(2026, 2, 28))).then_rejected("ends_before")
    given(rules).when(accept(ends=AT.date() - timedelta(days=1))).then_rejected("ends_before")


@hypothesis_given(st.lists(st.sampled_from([LAYOUT, OTHER]), max_size=8))
def test_versions_count_without_a_gap(layouts: list[dict[str, Any]]) -> None:
    events: list[Any] = []
    for layout in layouts:
        events += given(rules, *events).when(save(layout)).events
    assert [one.version for one in events] == list(range(1, len(events) + 1))
    kept = [one.profile["container"] for one in events]
    assert all(one != other for one, other in itertools.pairwise(kept))


def test_the_view_has_versions_codes_and_what_stands() -> None:
    told = AgentCodeTold(code="A7", agent_id="ag-1", **WHO)
    gone = AgentCodeTold(code="A8", agent_id="ag-2", **WHO)
    again = accepted(ends=date(2026, 9, 30))
    doc = seen(
        known_rules,
        saved(),
        saved(2, OTHER),
        told,
        gone,
        AgentCodeForgotten(code="A8", **WHO),
        accepted(),
        ended(),
        again,
    )["adria"]
    assert [one.version for one in doc.profiles] == [1, 2]
    assert doc.codes == {"A7": told}
    assert [(one.accepted, one.ended) for one in doc.explanations] == [(accepted(), ended()), (again, None)]
    assert doc.changes == 8

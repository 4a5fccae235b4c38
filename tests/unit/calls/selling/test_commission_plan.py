"""Plans and statements as aggregates: drafts pay nobody, versions follow each other, what is closed stands."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn

from services.calls.api.commissions import as_table
from services.calls.domain.commission_plan import AskedTerms, PublishPlan, SavePlanDraft, checked, plan
from services.calls.domain.statement import LINES_PER_PART, CloseStatement, Statement, digest_of, statements
from services.calls.events.commissions import (
    PlanDrafted,
    PlanTerms,
    Pool,
    Rate,
    StatementClosed,
    StatementLine,
    StatementPart,
    Step,
    Tiers,
)
from services.calls.views.closed_statements import closed_statements
from services.calls.views.plans import plans
from tests.spec import given, seen
from tests.unit.calls.selling.paying import AT, WHO, all_terms, plan_of, rules

TERMS = PlanTerms(currency="EUR", rates=(Rate(name="base", per="order", fixed_minor=200),))
OTHER = msgspec.structs.replace(TERMS, cap_minor=10_000)
drafted = PlanDrafted(partner="adria", plan="global", terms=TERMS, **WHO)


def save(terms: PlanTerms, name: str = "global") -> SavePlanDraft:
    asked = msgspec.convert(msgspec.to_builtins(terms), AskedTerms)
    return SavePlanDraft(partner="adria", plan=name, terms=asked, **WHO)


def publish(starts: date = date(2026, 1, 1)) -> PublishPlan:
    return PublishPlan(partner="adria", plan="global", starts=starts, **WHO)


def test_a_draft_is_kept_and_published_as_a_version() -> None:
    given(plan).when(save(TERMS)).then(drafted)
    given(plan).when(publish()).then_rejected("no_draft")
    given(plan, drafted).when(publish()).then(plan_of(TERMS))


def test_versions_follow_each_other() -> None:
    changed = msgspec.structs.replace(drafted, terms=OTHER)
    so_far = (drafted, plan_of(TERMS), changed)
    given(plan, *so_far).when(publish(date(2026, 2, 1))).then(plan_of(OTHER, 2, date(2026, 2, 1)))
    given(plan, *so_far).when(publish(date(2025, 12, 1))).then_rejected("starts_before_the_last")
    given(plan, *so_far).when(publish()).then_rejected("starts_twice")


def _rate(**more: Any) -> PlanTerms:
    return PlanTerms(currency="EUR", rates=(Rate(**{"name": "r", "per": "line", **more}),))


def _tiers(*steps: Step) -> PlanTerms:
    return PlanTerms(currency="EUR", tiers=Tiers(measure="orders", mode="whole", steps=steps))


@pytest.mark.parametrize(
    "terms",
    [
        PlanTerms(currency="euro"),
        _rate(),
        _rate(fixed_minor=1, percent="1"),
        _rate(fixed_minor=-1),
        _rate(percent="-5"),
        _rate(percent="100.5"),
        _rate(percent="1/3"),
        _rate(percent="5."),
        _rate(percent="1e2"),
        _rate(per="order", fixed_minor=1, skus=("KOL-30",)),
        PlanTerms(currency="EUR", rates=TERMS.rates * 2),
        _tiers(),
        _tiers(Step(above=2, fixed_minor=1), Step(above=2, fixed_minor=2)),
        _tiers(Step(above=2, percent="1")),
        PlanTerms(currency="EUR", pool=Pool(by="hours")),
        PlanTerms(currency="EUR", hourly_minor=-1),
        PlanTerms(currency="EUR", claw_back_days=400),
    ],
)
def test_what_cannot_be_worked_out_is_refused(terms: PlanTerms) -> None:
    given(plan).when(save(terms)).then_rejected("plan_wrong")


def test_hours_belong_to_the_global_plan() -> None:
    hourly = PlanTerms(currency="EUR", hourly_minor=600)
    given(plan).when(save(hourly, "SPRING")).then_rejected("plan_wrong")


@pytest.mark.parametrize(
    "more",
    [
        {"clawback_days": 3},
        {"rates": [{"name": "r", "per": "order", "fixed_minor": 1, "sku": "KOL-30"}]},
        {"tiers": {"measure": "orders", "mode": "whole", "steps": [{"above": 1, "fixed_minor": 1, "to": 3}]}},
        {"pool": {"by": "hours", "percent": "1", "of": "team"}},
    ],
)
def test_a_word_that_nobody_knows_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({"currency": "EUR"} | more, AskedTerms)


@drawn(all_terms())
def test_terms_as_the_properties_draw_them_are_right(terms: PlanTerms) -> None:
    checked(terms, "global")


def test_the_view_holds_draft_versions_and_rules_of_time() -> None:
    paid = rules()
    docs = seen(plans, drafted, plan_of(TERMS), plan_of(OTHER, 2, date(2026, 2, 1)), paid)
    assert docs["adria:global"].draft == drafted
    assert [version.version for version in docs["adria:global"].versions] == [1, 2]
    assert docs["adria:"].time_rules == [paid]


def statement_of(count: int) -> Statement:
    lines = tuple(
        StatementLine(
            source="order", plan="global/1", rule="base", calculation="1 order at 2", amount_minor=2, order=f"o{n}"
        )
        for n in range(count)
    )
    return Statement(
        agent="a7", month="2026-03", currency="EUR", lines=lines, total_minor=2 * count, own_minor=2 * count,
        corrections={}, left_out=(), paid_seconds="0", productive_seconds=0,
    )  # fmt: skip


def test_a_statement_is_closed_in_parts_and_stands() -> None:
    said = statement_of(LINES_PER_PART + 1)
    command = CloseStatement(partner="adria", statement=said, at=AT, by="ana")
    events = given(statements).when(command).events
    first, second, closed = events
    assert isinstance(first, StatementPart)
    assert isinstance(second, StatementPart)
    assert isinstance(closed, StatementClosed)
    assert (len(first.lines), len(second.lines), closed.digest) == (LINES_PER_PART, 1, digest_of(said.lines))
    (doc,) = seen(closed_statements, *events).values()
    assert (tuple(doc.lines), doc.closed) == (said.lines, closed)
    other = msgspec.structs.replace(command, statement=statement_of(1))
    given(statements, *events).when(other).then_rejected("closed_otherwise")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "%x", "\uff1dx"])
def test_no_text_of_the_export_becomes_a_formula(name: str) -> None:
    line = StatementLine(source="order", plan="global/1", rule=name, calculation="1 at 2", amount_minor=-2, order="o1")
    text = as_table([line], "EUR").decode()
    assert text.splitlines() == [
        "source,plan,rule,month,order,line,sku,calculation,amount_minor,currency",
        f"order,global/1,'{name.strip()},,o1,,,1 at 2,-2,EUR",
        "total,,,,,,,,-2,EUR",
    ]

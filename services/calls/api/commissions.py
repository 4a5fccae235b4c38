"""The routes of commissions: plans, statements of agents, and what a draft would have paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.calls.api import commission_examples as examples
from services.calls.api.callers import MOST_PER_PAGE, ClosesPay, OwnPay, ReadsPay, Service
from services.calls.api.commission_facts import facts_of, known_month, month_over, not_closed_since
from services.calls.domain.commission_plan import AskedTerms, Id, PublishPlan, SavePlanDraft, checked, plan
from services.calls.domain.statement import (
    CloseStatement,
    Facts,
    Statement,
    currency_of,
    statement,
    statements,
    tried,
)
from services.calls.events.commissions import StatementClosed, StatementLine
from services.calls.views.closed_statements import ClosedStatement, closed_statements
from services.calls.views.plans import KnownPlan, plans
from shared.cells import as_csv, guarded
from shared.http import (
    Deps,
    Problem,
    accepts,
    body,
    command_id,
    file_response,
    invalid,
    json_response,
    limited,
    must_see,
    must_see_agent,
    not_found,
    page,
    takes,
)

router = APIRouter(prefix="/api/v1/commissions", tags=["commissions"])
Month = Annotated[str, Query(description="The month (YYYY-MM), in the partner's zone.")]


async def _publishable(command: PublishPlan, deps: Deps) -> None:
    """409 `period_closed` and `other_currency`, which one plan alone can't know."""
    known = {doc.plan: doc for _, doc in await deps.reads.find(plans, {"partner": command.partner}) if doc.plan}
    mine = known.get(command.plan)
    if mine is not None and mine.draft is not None:
        pays = {version.terms.currency for doc in known.values() for version in doc.versions}
        if pays - {mine.draft.terms.currency}:
            raise Problem(409, "other_currency", f"The partner's agents are paid in {', '.join(sorted(pays))}.")
    if mine is None or all(version.starts != command.starts for version in mine.versions):
        await not_closed_since(deps, command.partner, command.starts)


accepts(
    router, "/{partner}/plans/{plan}/draft", plan, SavePlanDraft, service="calls", right="pay.run", method="PUT",
    stream="{partner}:{plan}",
)  # fmt: skip
accepts(
    router, "/{partner}/plans/{plan}/publication", plan, PublishPlan, service="calls", right="pay.run",
    stream="{partner}:{plan}", check=_publishable,
)  # fmt: skip


@router.get("/{partner}/plans", summary="The commission plans", responses=examples.PLANS)
async def list_plans(
    partner: str,
    deps: Service,
    who: ReadsPay,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """Each with its draft and all its versions, oldest first."""
    must_see(who, partner)
    found = [(key, doc) for key, doc in await deps.reads.find(plans, {"partner": partner}) if doc.plan]
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/{partner}/plans/{plan_id}", summary="A commission plan", responses=examples.PLAN)
async def show_plan(partner: str, plan_id: str, deps: Service, who: ReadsPay) -> Response:
    """Its draft and all its versions, oldest first."""
    must_see(who, partner)
    return json_response(await _known_plan(deps, partner, plan_id))


class WhatIf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A month to be worked out once more by other terms; without `terms`, by those of the plan's draft."""

    month: Annotated[str, msgspec.Meta(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$(?!\n)")]
    terms: AskedTerms | None = None


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent was paid by the plans in force, and would have been."""

    agent: str
    in_force_minor: int
    draft_minor: int
    difference_minor: int


def _plan_named(plan_id: str) -> str:
    """422 where no plan may be called so."""
    try:
        return msgspec.convert(plan_id, Id)
    except msgspec.ValidationError as error:
        raise invalid("plan_id", str(error)) from None


@router.post(
    "/{partner}/plans/{plan_id}/what-if",
    summary="What a draft would have paid",
    openapi_extra=takes(WhatIf),
    responses=examples.WHAT_IF,
)
async def what_if(request: Request, partner: str, plan_id: str, deps: Service, who: ReadsPay) -> Response:
    """A month as if the draft had held for the whole of it, beside the plans that held: by agent and in total. Nothing
    is stored. 409 `plan_wrong`, `other_currency`; 404 where no terms are said and there is no draft."""
    must_see(who, partner)
    asked = await body(request, WhatIf)
    if asked.terms is not None:
        terms = asked.terms.said
    else:
        known = await _known_plan(deps, partner, plan_id)
        if known.draft is None:
            raise not_found("draft")
        terms = known.draft.terms
    checked(terms, _plan_named(plan_id))
    facts = replace(await facts_of(deps, partner, asked.month), closed={})
    if currency_of(facts.plans) not in ("", terms.currency):
        raise Problem(409, "other_currency", f"The partner's agents are paid in {currency_of(facts.plans)}.")
    after = tried(facts, plan_id, terms, asked.month)
    rows = []
    for agent in _agents(facts):
        now = statement(facts, agent, asked.month).total_minor
        then = statement(after, agent, asked.month).total_minor
        if now or then:
            rows.append(Compared(agent=agent, in_force_minor=now, draft_minor=then, difference_minor=then - now))
    told = {
        "month": asked.month,
        "currency": terms.currency,
        "items": rows,
        "in_force_minor": sum(row.in_force_minor for row in rows),
        "draft_minor": sum(row.draft_minor for row in rows),
        "difference_minor": sum(row.difference_minor for row in rows),
    }
    return json_response(told)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A statement without its lines."""

    agent: str
    month: str
    currency: str
    total_minor: int
    closed: bool
    left_out: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A statement: as it is now, or as it was closed; then nothing of it changes any more."""

    agent: str
    month: str
    currency: str
    total_minor: int
    lines: list[StatementLine]
    closed: StatementClosed | None = None
    now: Statement | None = None


@router.get("/{partner}/statements", summary="The statements of a month", responses=examples.STATEMENTS)
async def list_statements(
    partner: str,
    deps: Service,
    who: ReadsPay,
    month: Month,
    limit: Annotated[int, Query(description="How many at most.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> Response:
    """By agent, of those who earned something or sold what no plan prices: what was closed as it was, the rest as it is
    now."""
    must_see(who, partner)
    facts = await facts_of(deps, partner, known_month(month))
    rows: list[tuple[str, Summary]] = []
    for agent in _agents(facts):
        closed = next((one for one in facts.closed.get(agent, ()) if one.month == month), None)
        now = statement(facts, agent, month)
        if closed is None and not (now.lines or now.left_out):
            continue
        row = Summary(
            agent=agent,
            month=month,
            currency=closed.currency if closed else now.currency,
            total_minor=closed.total_minor if closed else now.total_minor,
            closed=closed is not None,
            left_out=len(now.left_out),
        )
        rows.append((agent, row))
    return json_response(page(rows, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/{partner}/statements/{agent}/{month}", summary="An agent's statement", responses=examples.STATEMENT)
async def show_statement(partner: str, agent: str, month: str, deps: Service, who: OwnPay) -> Response:
    """Each amount with the order, the line, the rule, and how it was worked out. Agents see their own."""
    must_see_agent(who, partner, agent)
    return json_response(await _told(deps, partner, agent, known_month(month)))


@router.get(
    "/{partner}/statements/{agent}/{month}/csv",
    summary="An agent's statement as CSV",
    response_class=Response,
    responses=examples.STATEMENT_CSV,
)
async def export_statement(partner: str, agent: str, month: str, deps: Service, who: OwnPay) -> Response:
    """One row an amount, in minor units, and their sum; UTF-8 with CR LF. Texts that a spreadsheet would take for a
    formula stand behind an apostrophe."""
    must_see_agent(who, partner, agent)
    told = await _told(deps, partner, agent, known_month(month))
    content = as_table(told.lines, told.currency)
    return file_response(content, f"statement-{agent}-{month}.csv", "text/csv; charset=utf-8")


@router.post(
    "/{partner}/statements/{agent}/{month}/closing",
    status_code=202,
    summary="Close a statement",
    responses=examples.CLOSED,
)
async def close_statement(
    request: Request, partner: str, agent: str, month: str, deps: Service, who: ClosesPay
) -> Response:
    """It stands as it is now, under the SHA-256 of its lines; what comes in later is put right in the next one that is
    open. 409 `month_running`, `nothing_to_close`, `closed_otherwise`."""
    must_see(who, partner)
    facts = await facts_of(deps, partner, known_month(month))
    if not month_over(month, facts.zone, deps.clock()):
        raise Problem(409, "month_running", f"{month} is not over in the partner's zone.")
    now = statement(facts, agent, month)
    if not now.currency:
        raise Problem(409, "nothing_to_close", "The partner has no commission plan.")
    command = CloseStatement(partner=partner, statement=now, at=deps.clock(), by=who.name)
    accepted = await deps.door.handle(
        statements, f"{partner}:{agent}:{month}", command, command_id=command_id(request), actor=who.name
    )
    return json_response(accepted, status=202)


async def _told(deps: Deps, partner: str, agent: str, month: str) -> Told:
    key = f"{partner}:{agent}:{month}"
    kept: ClosedStatement | None = (await deps.reads.get(closed_statements, [key])).get(key)
    if kept is not None and kept.closed is not None:
        done = kept.closed
        return Told(
            agent=agent,
            month=month,
            currency=done.currency,
            total_minor=done.total_minor,
            lines=kept.lines,
            closed=done,
        )
    facts = await facts_of(deps, partner, month)
    if agent not in _agents(facts):
        raise not_found("agent")
    now = statement(facts, agent, month)
    return Told(
        agent=agent, month=month, currency=now.currency, total_minor=now.total_minor, lines=list(now.lines), now=now
    )


async def _known_plan(deps: Deps, partner: str, plan_id: str) -> KnownPlan:
    key = f"{partner}:{plan_id}"
    found = (await deps.reads.get(plans, [key])).get(key)
    if found is None or not found.plan:
        raise not_found("plan")
    return found


def _agents(facts: Facts) -> list[str]:
    return sorted(facts.teams.keys() | facts.sales.keys() | facts.stays.keys() | facts.closed.keys())


_COLUMNS = ("source", "plan", "rule", "month", "order", "line", "sku", "calculation", "amount_minor", "currency")


def as_table(lines: list[StatementLine], currency: str) -> bytes:
    """A statement's lines and their sum, as CSV. Amounts stay numbers; other cells never become formulas."""
    rows: list[Sequence[object]] = [_COLUMNS]
    for line in lines:
        texts: list[Any] = [line.source, line.plan, line.rule, line.month, line.order, line.line, line.sku]
        cells = ["" if text is None else guarded(str(text)) for text in [*texts, line.calculation]]
        rows.append([*cells, line.amount_minor, guarded(currency)])
    rows.append(["total", *[""] * 7, sum(line.amount_minor for line in lines), guarded(currency)])
    return as_csv(rows)

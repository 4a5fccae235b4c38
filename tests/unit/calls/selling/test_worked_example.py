"""The worked example of docs/commissions.md: its figures are those that the plan gives."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from services.calls.domain.commission_plan import AskedTerms, checked
from services.calls.domain.commissions import Sale
from services.calls.domain.paid_time import AskedRule, Stay
from services.calls.domain.statement import Facts, Statement, statement
from tests.unit.calls.selling.paying import ZAGREB, cancelled, line, placed, plan_of, rules

TEXT = (Path(__file__).parents[4] / "docs/commissions.md").read_text()


def facts() -> Facts:
    draft, time, happened = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL))
    terms = msgspec.convert(draft["terms"], AskedTerms).said
    checked(terms, "global")
    sales: dict[str, list[Sale]] = {"a7": [], "a8": []}
    for said in happened["orders"]:
        sales[said["agent"]].append(_sale(said))
    stays = [msgspec.convert({k: v for k, v in said.items() if k != "agent"}, Stay) for said in happened["states"]]
    return Facts(
        zone=ZAGREB,
        plans={"global": [plan_of(terms, starts=date(2026, 3, 1))]},
        rules=[rules(*msgspec.convert(time["rules"], tuple[AskedRule, ...]), starts=date(2026, 3, 1))],
        sales=sales,
        stays={"a7": stays},
        teams={"a7": "red", "a8": "red"},
    )


def _sale(said: dict[str, Any]) -> Sale:
    lines = [line(n, net, count, sku, kind) for n, (sku, kind, count, net) in enumerate(said["lines"], 1)]
    order = placed(said["order"], datetime.fromisoformat(said["at"]), *lines, agent=said["agent"])
    back = said.get("cancelled")
    return Sale(order, (cancelled(order, datetime.fromisoformat(back)),) if back else ())


def table(told: Statement) -> str:
    """The statement as the document shows it."""
    rows = [
        f"| {one.source} | {one.rule} | {one.order or ''} | {one.line or ''} | {one.calculation} | {one.amount_minor} |"
        for one in told.lines
    ]
    head = ["| source | rule | order | line | calculation | amount |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows, f"| | | | | total | {told.total_minor} |"])


def test_the_statements_of_the_example_are_as_the_document_says() -> None:
    for month in ("2026-03", "2026-04"):
        told = statement(facts(), "a7", month)
        assert table(told) in TEXT
        assert told.total_minor == sum(one.amount_minor for one in told.lines)

"""The months of a demo: two reports with mismatches of several causes, sums that are exact, an invoice to check."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from services.simulate.months import REPORTERS, SALE_MINOR, enter_months
from tests.e2e.systems import Time, ask, at_rest, start

TODAY = date(2026, 11, 18)


@pytest.mark.asyncio
async def test_a_demo_has_two_months_to_reconcile_and_an_invoice_to_check(tmp_path: Path) -> None:
    async with start("embedded", tmp_path / "data", Time()) as system:
        await enter_months(system.client, TODAY)
        await at_rest(system)
        route = "/api/v1/reconciliation"
        kinds = {}
        for one in REPORTERS:
            month = await ask(system.client, f"{route}/months/{one.id}:2026-10")
            assert month["stage"] == "reconciled", month["failed"]
            kinds[one.id] = {mismatch["found"]["kind"] for mismatch in month["mismatches"].values()}
            moved = sum(mismatch["found"]["moved"]["minor"] for mismatch in month["mismatches"].values())
            wrong = len(one.invented) + len(one.twice) - sum(number % 4 == 0 for number in one.left_out)
            assert moved == month["sums"]["difference"] == wrong * SALE_MINOR + len(one.dearer) * 1_000
        assert kinds["lipa-kontakt"] == {"wrong_amount", "phantom_sale", "missing_line", "duplicate_line"}
        assert kinds["zora-voice"] == {"duration_rounding", "phantom_sale", "missing_line"}
        invoice = await ask(system.client, f"{route}/invoices/lipa-kontakt:demo-1")
        assert invoice["checked"]["objections"]["rate"] == "hold"
        lines = await ask(system.client, f"{route}/invoices/lipa-kontakt:demo-1/lines")
        assert lines["difference_minor"] > 0
        assert [line["component"] for line in lines["lines"] if line["difference_minor"]] == ["talk"]
        before = await ask(system.client, f"{route}/months?month=2026-10")
        await enter_months(system.client, TODAY)
        assert await ask(system.client, f"{route}/months?month=2026-10") == before

"""A report of another month, over HTTP: refused where not one line is of it, said where many are not, and handed in
again."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import pytest

from tests.e2e.systems import System, Time, ask
from tests.e2e.test_month import CALLS, as_role, connected, november, report, submitted

pytestmark = pytest.mark.asyncio(loop_scope="module")
MONTHS = "/api/v1/reconciliation/months"
MONTH = f"{MONTHS}/adria:2026-11"
PAGE = {"accept": "text/html"}


def of_october(content: bytes, *, all_but: int = 0) -> bytes:
    """The report with its dates a month earlier, but for the first lines."""
    head, *rows = csv.reader(io.StringIO(content.decode()))
    day = head.index("Date")
    for row in rows[all_but:]:
        row[day] = row[day].replace("2026-11-", "2026-10-").replace("2026-12-", "2026-11-")
    into = io.StringIO()
    csv.writer(into).writerows([head, *rows])
    return into.getvalue().encode()


async def page_of(client: httpx.AsyncClient, path: str = "/reconciliation/adria/2026-11") -> str:
    found = await client.get(path, headers=PAGE)
    assert found.status_code == 200
    return found.text


async def listed(system: System) -> dict[str, Any]:
    (one,) = (await ask(system.client, MONTHS, month="2026-11"))["items"]
    return dict(one)


async def test_it_is_said_and_the_right_one_is_handed_in(system: System, time: Time) -> None:
    await connected(system)
    await november(system, time)
    whole = report(range(CALLS))
    lead = await as_role(system, "lea", "partner", ["adria"])

    refused = await submitted(system, of_october(whole), "october.csv")
    assert (refused["stage"], refused["failed"]["code"]) == ("unreadable", "other_month")
    assert refused["elsewhere"] == refused["failed"]["elsewhere"] == {"month": "2026-10", "lines": CALLS}
    assert "2026-10" in refused["failed"]["detail"]
    assert refused["mismatches"] == {}
    assert (await listed(system))["elsewhere"]["month"] == "2026-10"
    for client in (system.client, lead):
        text = await page_of(client)
        assert 'id="elsewhere"' in text
        assert '<a href="/reconciliation/adria/2026-10">2026-10</a>' in text
    assert "of another month: 2026-10" in await page_of(system.client, "/reconciliation?month=2026-11")

    partly = await submitted(system, of_october(whole, all_but=CALLS // 2), "both.csv")
    assert (partly["stage"], partly["failed"]) == ("reconciled", None)
    assert partly["elsewhere"] == {"month": "2026-10", "lines": CALLS - CALLS // 2}
    assert 'id="elsewhere"' in await page_of(lead)

    answer = await lead.post(f"{MONTH}/reports", params={"name": "november.csv"}, content=whole)
    assert answer.status_code == 202
    right = await submitted(system, whole, "november.csv")
    assert (right["stage"], right["elsewhere"], right["mismatches"]) == ("reconciled", None, {})
    assert (await listed(system))["elsewhere"] is None
    assert 'id="elsewhere"' not in await page_of(lead)
    await lead.aclose()

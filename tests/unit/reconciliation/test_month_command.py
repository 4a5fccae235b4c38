"""`tallyline month`: what it says at the end of a run, also of one that fails later, and of a release."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from services import month_commands
from services.cli import app
from tests.unit.reconciliation.monthly import ID

URL = f"/api/v1/reconciliation/months/{ID}"
MONTH: dict[str, Any] = {
    "partner_id": "adria", "month": "2026-03", "stage": "reconciled", "reports": [{}], "mismatches": {}, "failed": None,
    "elsewhere": None,
    "reconciled": {
        "currency": "EUR", "totals": [{"state": "agreed", "units": 7, "theirs_minor": 90, "ours_minor": 90}],
    },
}  # fmt: skip
FAILING: dict[str, Any] = {"failed": {"code": "times_unreadable", "detail": "No line has a time."}}


def asked(patch: pytest.MonkeyPatch, answer: Callable[[httpx.Request], httpx.Response], *command: str) -> Result:
    """A command against a server that answers so."""

    @contextlib.asynccontextmanager
    async def connected(_: object) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://tallyline") as client:
            yield client

    patch.setattr(month_commands, "connected", connected)
    return CliRunner().invoke(app, ["month", *command])


def again(patch: pytest.MonkeyPatch, runs: list[dict[str, Any]], months: list[dict[str, Any]]) -> Result:
    """Against a server that tells these, one after the other, and the last for ever."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(202, json={"standing": "waiting"})
        told = runs if request.url.path == f"{URL}/run" else months
        return httpx.Response(200, json=told.pop(0) if len(told) > 1 else told[0])

    return asked(patch, answer, "again", "adria", "2026-03")


def test_a_run_that_comes_to_its_end_tells_the_month(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[dict[str, Any]] = [
        {"standing": "running", "phase": "pair", "phase_number": 4, "phases": 6},
        {"standing": "done"},
    ]
    early: dict[str, Any] = {"stage": "submitted", "reconciled": None}
    result = again(monkeypatch, runs, [MONTH | early, MONTH])
    assert result.exit_code == 0, result.output
    assert "adria 2026-03: reconciled, 1 reports" in result.output
    assert "0.90" in result.output


@pytest.mark.parametrize(
    ("month", "says"),
    [
        (MONTH | FAILING, "times_unreadable: No line has a time."),
        (
            MONTH | FAILING | {"stage": "unreadable", "reconciled": None},
            "times_unreadable: No line has a time.",
        ),
        (MONTH, "times_unreadable"),
    ],
)
def test_a_run_that_fails_ends_with_one_and_says_why(
    monkeypatch: pytest.MonkeyPatch, month: dict[str, Any], says: str
) -> None:
    result = again(monkeypatch, [{"standing": "failed", "cause": "times_unreadable"}], [month])
    assert result.exit_code == 1
    assert result.stderr.endswith(f"{says}\n")
    assert "Where each line" not in result.output


@pytest.mark.parametrize("status", [202, 409])
def test_a_month_is_released_with_a_reason(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    told: list[tuple[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        told.append((request.url.path, json.loads(request.content)))
        body = {} if status == 202 else {"type": "/problems/has_report", "detail": "A report came."}
        return httpx.Response(status, json=body)

    result = asked(monkeypatch, answer, "release", "adria", "2026-03", "--because", "Nothing was counted.")
    assert told == [(f"/api/v1/reconciliation/month-keys/{ID}/release", {"reason": "Nothing was counted."})]
    if status == 202:
        assert (result.exit_code, result.output) == (0, "adria 2026-03: released\n")
    else:
        assert result.exit_code == 1
        assert "A report came." in result.stderr

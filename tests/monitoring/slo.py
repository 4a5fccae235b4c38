"""The rules of the objectives, written from one table: `python -m tests.monitoring.slo` writes them down.

It also writes all rules once more as one object for the Prometheus operator of a cluster.

An objective is a share of events that are good, over thirty days. A budget that burns 14.4 times as fast is gone in two
days, 6 times in five, 3 times in ten; each is judged over a long window, and over a short one so that it ends soon
after the fault has. (Google, The Site Reliability Workbook, chapter 5.) Ratios of few events say nothing: below a least
number of them only the canaries speak.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy/monitoring/rules"
FILE = RULES / "slo.yaml"
OPERATED = ROOT / "deploy/monitoring/prometheus-rule.yaml"
RUNBOOKS = "docs/runbooks/"
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


@dataclass(frozen=True)
class Objective:
    """`bad` and `all` are rates of events over the window `{w}`; `least` is how many events in an hour are enough to
    judge by."""

    name: str
    title: str
    good: str
    bad: str
    all: str
    least: int
    runbook: str

    @property
    def budget(self) -> float:
        """The share of events that may be bad."""
        return round(1 - float(self.good) / 100, 6)


_INGEST = 'sum(rate(tallyline_deliveries_total{{answer=~"accepted|handshake|unavailable"}}[{w}]))'
_LATE = "((sum(rate({m}_count{l}[{{w}}])) - sum(rate({m}_bucket{b}[{{w}}]))) or vector(0))"
_ASKED = 'route!~"/internal/.*"'
"""What our services ask each other every second, whoever is there, would hide the answers that somebody waits for."""
_NONE = " or vector(0)"
"""Series that are not there, since nothing of their kind ever came, are nothing: else they would hide the others."""
OBJECTIVES = (
    Objective(
        name="ingest",
        title="Deliveries are accepted, within a second",
        good="99.95",
        bad='((sum(rate(tallyline_deliveries_total{{answer="unavailable"}}[{w}]))'
        + _NONE
        + ") + "
        + _LATE.format(m="tallyline_ingest_seconds", l="", b='{{le="1.0"}}')
        + ")",
        all=_INGEST,
        least=100,
        runbook="disk-or-spool-full.md",
    ),
    Objective(
        name="freshness",
        title="Events are visible within ten seconds",
        good="99.9",
        bad=_LATE.format(
            m="tallyline_event_age_seconds",
            l='{{stage="projected"}}',
            b='{{stage="projected",le="10.0"}}',
        ),
        all='sum(rate(tallyline_event_age_seconds_count{{stage="projected"}}[{w}]))',
        least=100,
        runbook="lag-grows.md",
    ),
    Objective(
        name="api",
        title="Questions are answered, within 300 ms",
        good="99.9",
        bad=f'((sum(rate(tallyline_http_requests_total{{{{status=~"5..",{_ASKED}}}}}[{{w}}]))'
        + _NONE
        + ") + "
        + _LATE.format(m="tallyline_http_seconds", l=f"{{{{{_ASKED}}}}}", b=f'{{{{{_ASKED},le="0.3"}}}}')
        + ")",
        all=f"sum(rate(tallyline_http_requests_total{{{{{_ASKED}}}}}[{{w}}]))",
        least=100,
        runbook="api-slow.md",
    ),
)
PAIRS = (("page", 14.4, "1h", "5m", "Fast"), ("page", 6, "6h", "30m", "Soon"), ("ticket", 3, "1d", "2h", "Slowly"))
LAST = ("ticket", 1, "3d", "6h", "Unnoticed")


def groups() -> list[dict[str, Any]]:
    """The groups of rules: what is recorded, and the alerts on it."""
    recorded: list[dict[str, Any]] = []
    alerts: list[dict[str, Any]] = []
    for one in OBJECTIVES:
        for window in WINDOWS:
            bad, every = one.bad.format(w=window), one.all.format(w=window)
            recorded.append(
                {
                    "record": f"tallyline:slo_errors:ratio_rate{window}",
                    "expr": f"{bad} / ({every} > 0)",
                    "labels": {"slo": one.name},
                }
            )
        recorded.append(
            {"record": "tallyline:slo_events:rate1h", "expr": one.all.format(w="1h"), "labels": {"slo": one.name}}
        )
        alerts += [_alert(one, *pair) for pair in (*PAIRS, LAST)]
    return [{"name": "tallyline-slo", "rules": recorded}, {"name": "tallyline-slo-alerts", "rules": alerts}]


def _alert(one: Objective, severity: str, times: float, long: str, short: str, how: str) -> dict[str, Any]:
    limit = f"{times} * {one.budget}"
    ratios = [f'tallyline:slo_errors:ratio_rate{window}{{slo="{one.name}"}} > {limit}' for window in (long, short)]
    volume = f'tallyline:slo_events:rate1h{{slo="{one.name}"}} * 3600 >= {one.least}'
    return {
        "alert": f"Tallyline{one.name.title()}BudgetBurns{how}",
        "expr": " and ".join([*ratios, volume]),
        "labels": {"severity": severity},
        "annotations": {
            "summary": f"{one.title}: at this rate the budget of thirty days goes {times} times as fast as it may.",
            "runbook": RUNBOOKS + one.runbook,
        },
    }


def written() -> str:
    """The file."""
    head = "# Written by `python -m tests.monitoring.slo`; change the table there.\n"
    return head + yaml.safe_dump({"groups": groups()}, sort_keys=False, width=1_000)


def operated() -> str:
    """All rules, as the Prometheus operator takes them."""
    found = [group for path in sorted(RULES.glob("*.yaml")) for group in yaml.safe_load(path.read_text())["groups"]]
    document = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "tallyline"},
        "spec": {"groups": found},
    }
    head = "# Written by `python -m tests.monitoring.slo` from `rules/`.\n"
    return head + yaml.safe_dump(document, sort_keys=False, width=1_000)


if __name__ == "__main__":
    FILE.write_text(written())
    OPERATED.write_text(operated())

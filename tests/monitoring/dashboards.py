"""The dashboards, written from one table: `python -m tests.monitoring.dashboards` writes them down for Grafana.

Each panel asks one question; its description is the question in words, and says what is good. The uid of a dashboard
stays, so that links to it do.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tests.monitoring.slo import OBJECTIVES, ROOT

FOLDER = ROOT / "deploy/monitoring/dashboards"
WIDTH, HEIGHT, ROW = 8, 7, 3
"""A panel's place in the grid of 24 columns; so many panels a row."""


class Panel(NamedTuple):
    """One question. `unit` is Grafana's id of it; `queries` are (what the legend says, what is asked)."""

    title: str
    description: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    kind: str = "timeseries"


class Dashboard(NamedTuple):
    """What is looked at together. With `variable`, one can choose among the values of that label."""

    uid: str
    title: str
    panels: tuple[Panel, ...]
    variable: tuple[str, str] | None = None


def _quantile(share: float, metric: str, by: str = "", chosen: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket{chosen}[5m])))"


_SOURCE = '{source=~"$source"}'
OVERVIEW = Dashboard(
    "tallyline-overview",
    "Tallyline: overview",
    (
        Panel(
            "Budgets",
            "How fast does the budget of each objective burn, over an hour? 1 uses it up in thirty days.",
            "none",
            tuple((o.name, f'tallyline:slo_errors:ratio_rate1h{{slo="{o.name}"}} / {o.budget}') for o in OBJECTIVES),
        ),
        Panel(
            "Processes",
            "Does each process answer? 1: it does.",
            "none",
            (("{{instance}}", 'up{job="tallyline"}'),),
        ),
        Panel(
            "Test calls",
            "How long until a canary's call can be read, at most for 99 of 100? Below ten seconds is good.",
            "s",
            (("{{source}}", _quantile(0.99, "tallyline_canary_seconds", "source")),),
        ),
        Panel(
            "Age of what is shown",
            "How old is an event by the time that it is visible, at most for 99 of 100? Below ten seconds is good.",
            "s",
            (("{{stage}}", _quantile(0.99, "tallyline_event_age_seconds", "stage")),),
        ),
        Panel(
            "Deliveries",
            "How many deliveries a second, by what was answered?",
            "reqps",
            (("{{answer}}", "sum by (answer) (rate(tallyline_deliveries_total[5m]))"),),
        ),
        Panel(
            "What waits for people",
            "How many dead letters wait? None that is not explained is good.",
            "none",
            (("{{service}} {{kind}} {{reason}}", "sum by (service, kind, reason) (tallyline_dead_letters_waiting)"),),
        ),
        Panel(
            "Answers",
            "How many requests a second behind the gate, by status?",
            "reqps",
            (("{{status}}", "sum by (status) (rate(tallyline_http_requests_total[5m]))"),),
        ),
        Panel(
            "Slowest routes",
            "Which routes take longest to answer, for 99 of 100? Below 300 ms is good.",
            "s",
            (("{{route}}", f"topk(8, {_quantile(0.99, 'tallyline_http_seconds', 'route')})"),),
        ),
        Panel(
            "What runs",
            "Which version runs, in how many processes? One version, unless an upgrade is under way.",
            "none",
            (("{{version}} {{engine}}", "count by (version, engine) (tallyline_build_info)"),),
        ),
    ),
)
INGEST = Dashboard(
    "tallyline-ingest",
    "Tallyline: ingest by partner",
    (
        Panel(
            "Deliveries",
            "How many deliveries a second does each source send?",
            "reqps",
            (("{{source}}", f"sum by (source) (rate(tallyline_deliveries_total{_SOURCE}[5m]))"),),
        ),
        Panel(
            "Refused",
            "How many deliveries are refused, and why? None is good.",
            "reqps",
            (
                (
                    "{{source}} {{answer}}",
                    "sum by (source, answer) (rate(tallyline_deliveries_total"
                    '{source=~"$source",answer!~"accepted|handshake"}[5m])) > 0',
                ),
            ),
        ),
        Panel(
            "Verdicts",
            "What becomes of the items of a source?",
            "ops",
            (("{{source}} {{verdict}}", f"sum by (source, verdict) (rate(tallyline_items_total{_SOURCE}[5m]))"),),
        ),
        Panel(
            "Silence",
            "For how long has nothing come from a source?",
            "s",
            (("{{source}}", f"time() - max by (source) (tallyline_source_last_item_timestamp_seconds{_SOURCE})"),),
        ),
        Panel(
            "Usual in this hour",
            "How many items does a source usually send in this hour of the week?",
            "none",
            (("{{source}}", f"max by (source) (tallyline_source_usual_items{_SOURCE})"),),
        ),
        Panel(
            "Time to the answer",
            "How long does the door take to answer, for 50 and for 99 of 100? Some platforms give up after a second.",
            "s",
            (
                ("half", _quantile(0.5, "tallyline_ingest_seconds")),
                ("99 of 100", _quantile(0.99, "tallyline_ingest_seconds")),
            ),
        ),
        Panel(
            "How late they tell",
            "How much later than it happened do platforms tell of something, for 95 of 100?",
            "s",
            (("all sources", _quantile(0.95, "tallyline_event_age_seconds", chosen='{stage="received"}')),),
        ),
        Panel(
            "Partners' own systems",
            "Do the brokers and lines of partners answer us? 1: they do.",
            "none",
            (("{{source}}", f"min by (source) (tallyline_partner_stream_up{_SOURCE})"),),
        ),
        Panel(
            "Test calls",
            "What becomes of the canary's calls? All seen is good.",
            "ops",
            (("{{source}} {{result}}", "sum by (source, result) (rate(tallyline_canary_calls_total[10m]))"),),
        ),
    ),
    ("source", "label_values(tallyline_deliveries_total, source)"),
)
PROJECTIONS = Dashboard(
    "tallyline-projections",
    "Tallyline: projections",
    (
        Panel(
            "Lag in seconds",
            "For how long has the oldest record of a worker waited? 0 is good.",
            "s",
            (("{{worker}}", "max by (worker) (tallyline_lag_seconds) > 0"),),
        ),
        Panel(
            "Lag in records",
            "How many records has a worker before it?",
            "none",
            (("{{worker}}", "sum by (worker) (tallyline_lag_records) > 0"),),
        ),
        Panel(
            "Position and head",
            "How far has a worker come, beside how far there is?",
            "none",
            (
                ("{{worker}} applied", "sum by (worker) (tallyline_position)"),
                ("{{worker}} head", "sum by (worker) (tallyline_head_position)"),
            ),
        ),
        Panel(
            "Events taken",
            "How many events a second does a view take?",
            "ops",
            (("{{view}}", "topk(10, sum by (view) (rate(tallyline_view_events_total[5m])))"),),
        ),
        Panel(
            "Repeats",
            "How many repeats does a reader pass over? Some after a restart are as they should be.",
            "ops",
            (("{{reader}}", "sum by (reader) (rate(tallyline_view_repeats_total[5m])) > 0"),),
        ),
        Panel(
            "Broken, differing, unreadable",
            "How many documents of a view are broken? Did a comparison differ, is something unreadable? None is good.",
            "none",
            (
                ("{{view}} broken", "max by (view) (tallyline_broken_documents) > 0"),
                ("{{view}} differs", "sum by (view) (increase(tallyline_view_mismatches_total[1h])) > 0"),
                ("{{reader}} can't read", "sum by (reader) (increase(tallyline_unreadable_events_total[1h])) > 0"),
            ),
        ),
        Panel(
            "Compared",
            "When was each view compared with its log, in the last week? Each at least once is good.",
            "none",
            (("{{view}}", "sum by (view) (increase(tallyline_view_verifications_total[7d]))"),),
        ),
        Panel(
            "Being built anew",
            "How far is a view that is being built anew?",
            "percentunit",
            (("{{view}}", "min by (view) (tallyline_rebuild_progress_ratio) < 1"),),
        ),
        Panel(
            "Event loop",
            "How late does the event loop come back, for 99 of 100? Below 50 ms is good.",
            "s",
            (("{{instance}}", _quantile(0.99, "tallyline_event_loop_lag_seconds", "instance")),),
        ),
    ),
)
KAFKA = Dashboard(
    "tallyline-kafka",
    "Tallyline: Kafka",
    (
        Panel(
            "Partitions owned",
            "How many partitions of a worker's topic does somebody own? All is good.",
            "none",
            (("{{worker}}", "sum by (worker) (tallyline_assigned_partitions)"),),
        ),
        Panel(
            "Rebalances",
            "How often do partitions come and go? Only when processes start and end is good.",
            "ops",
            (("{{worker}}", "sum by (worker) (rate(tallyline_rebalances_total[10m]))"),),
        ),
        Panel(
            "Last asked for records",
            "How long ago did a worker last ask for records? Below a second is good.",
            "s",
            (("{{worker}} {{instance}}", "time() - tallyline_last_poll_timestamp_seconds"),),
        ),
        Panel(
            "Sessions that ended early",
            "How many sessions end, and why? Each begins again from its checkpoint.",
            "ops",
            (("{{worker}} {{cause}}", "sum by (worker, cause) (rate(tallyline_sessions_ended_total[5m])) > 0"),),
        ),
        Panel(
            "Published",
            "How many events a second are published, by topic?",
            "ops",
            (("{{topic}}", "sum by (topic) (rate(tallyline_events_published_total[5m]))"),),
        ),
        Panel(
            "Recorded and not published",
            "For how long has the oldest commit of a service waited? Below a second is good.",
            "s",
            (("{{service}}", "max by (service) (tallyline_outbox_oldest_age_seconds)"),),
        ),
        Panel(
            "Outbox",
            "How many commits wait?",
            "none",
            (("{{service}}", "max by (service) (tallyline_outbox_backlog_commits)"),),
        ),
        Panel(
            "Spool",
            "How full is the spool of ingest? It fills while Kafka is away.",
            "percentunit",
            (("{{instance}}", "tallyline_spool_share"),),
        ),
        Panel(
            "Spool, since",
            "For how long has the spool not been empty?",
            "s",
            (("{{instance}}", "tallyline_spool_age_seconds"),),
        ),
    ),
)
BUSINESS = Dashboard(
    "tallyline-business",
    "Tallyline: business",
    (
        Panel(
            "Lines by state",
            "How do lines of months that are not agreed stand? `undetermined` is what people have to look at.",
            "none",
            (("{{state}}", "max by (state) (tallyline_reconciliation_lines)"),),
        ),
        Panel(
            "Counted more by partners",
            "What do partners count more than we do, in months that are not agreed, in hundredths of the currency?",
            "none",
            (
                (
                    "{{state}} {{currency}}",
                    "max by (state, currency) (tallyline_reconciliation_difference_minor_units)",
                ),
            ),
        ),
        Panel(
            "Commands",
            "What do people and machines decide, by aggregate and outcome?",
            "ops",
            (
                (
                    "{{decider}} {{outcome}}",
                    "topk(10, sum by (decider, outcome) (rate(tallyline_command_seconds_count[5m])))",
                ),
            ),
        ),
        Panel(
            "Time of a command",
            "How long does a command take, for 99 of 100? Below 50 ms is good.",
            "s",
            (("{{decider}}", f"topk(8, {_quantile(0.99, 'tallyline_command_seconds', 'decider')})"),),
        ),
        Panel(
            "Messages to others",
            "What becomes of what we tell accounting and providers?",
            "ops",
            (("{{result}}", "sum by (result) (rate(tallyline_webhooks_total[15m]))"),),
        ),
        Panel(
            "Who watches",
            "How many live pages are open?",
            "none",
            (("open", "sum(tallyline_live_clients)"),),
        ),
    ),
)
DASHBOARDS = (OVERVIEW, INGEST, PROJECTIONS, KAFKA, BUSINESS)


def as_grafana(board: Dashboard) -> dict[str, Any]:
    """The model that Grafana reads. The data source is chosen on the page."""
    source = {"type": "prometheus", "uid": "${datasource}"}
    panels = [
        {
            "id": n + 1,
            "type": panel.kind,
            "title": panel.title,
            "description": panel.description,
            "datasource": source,
            "gridPos": {"x": n % ROW * WIDTH, "y": n // ROW * HEIGHT, "w": WIDTH, "h": HEIGHT},
            "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
            "targets": [
                {"refId": "ABCDEF"[q], "datasource": source, "expr": expr, "legendFormat": legend, "exemplar": True}
                for q, (legend, expr) in enumerate(panel.queries)
            ],
        }
        for n, panel in enumerate(board.panels)
    ]
    variables: list[dict[str, Any]] = [{"name": "datasource", "type": "datasource", "query": "prometheus"}]
    if board.variable is not None:
        name, query = board.variable
        variables.append(
            {
                "name": name,
                "type": "query",
                "datasource": source,
                "query": query,
                "includeAll": True,
                "multi": True,
                "allValue": ".*",
                "current": {"text": "All", "value": "$__all"},
                "refresh": 2,
            }
        )
    return {
        "uid": board.uid,
        "title": board.title,
        "tags": ["tallyline"],
        "timezone": "browser",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": variables},
        "links": [{"type": "dashboards", "tags": ["tallyline"], "title": "Tallyline", "asDropdown": True}],
        "panels": panels,
    }


def written() -> dict[str, str]:
    """The files by name."""
    return {f"{board.uid}.json": json.dumps(as_grafana(board), indent=1) + "\n" for board in DASHBOARDS}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in written().items():
        (FOLDER / name).write_text(text)

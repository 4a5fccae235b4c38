"""Each alert fires on its fault and is silent without it, on series of a real scrape; each says where to read on."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.monitoring import slo
from tests.monitoring.scrape import Series, scraped

pytestmark = pytest.mark.monitoring
HERE = slo.ROOT / "deploy/monitoring"
RULES = sorted((HERE / "rules").glob("*.yaml"))
NAME = re.compile(r"\b(?:tallyline_[a-z_]+|up)\b")


class Fault(NamedTuple):
    """What happens to some series: which (name and labels), what its values are a minute (as promtool writes them), and
    when we look."""

    series: tuple[tuple[str, Mapping[str, str], str], ...]
    minutes: int = 31


def one(name: str, values: str, minutes: int = 31, **labels: str) -> Fault:
    return Fault(((name, labels, values),), minutes)


FAULTS: dict[str, Fault] = {
    "TallylineDown": one("up", "1 1 1 0x40"),
    "TallylineStuck": one("tallyline_last_poll_timestamp_seconds", "60x40", worker="calls.tracker"),
    "TallylineNobodyWorks": one("tallyline_assigned_partitions", "4 4 0x40", worker="calls.tracker"),
    "TallylineLoopSlow": Fault(
        (
            ("tallyline_event_loop_lag_seconds_bucket", {"le": "1.0"}, "0+100x40"),
            ("tallyline_event_loop_lag_seconds_bucket", {"le": "5.0"}, "0+100x40"),
            ("tallyline_event_loop_lag_seconds_bucket", {"le": "+Inf"}, "0+100x40"),
        )
    ),
    "TallylineLags": one("tallyline_lag_seconds", "0 0+60x40", worker="calls.tracker"),
    "TallylineOutboxStuck": one("tallyline_outbox_oldest_age_seconds", "0 0+60x40", service="partners"),
    "TallylineSpools": one("tallyline_spool_age_seconds", "0 0+60x40"),
    "TallylineSpoolFills": one("tallyline_spool_share", "0+0.05x40"),
    "TallylineRebalances": one("tallyline_rebalances_total", "4+3x40", worker="calls.tracker"),
    "TallylineSessionsEnd": one("tallyline_sessions_ended_total", "0+8x40", cause="StoreUnavailable"),
    "TallylineRebuildStalls": one("tallyline_rebuild_progress_ratio", "1 1 0.4x60", 50, view="performance"),
    "TallylineRebuildFailed": one("tallyline_rebuild_failed", "0x28 1x40", view="performance"),
    "TallylineCanaryUnseen": one("tallyline_canary_calls_total", "0+1x40", result="late"),
    "TallylineCanarySilent": one("tallyline_canary_calls_total", "7x40"),
    "TallylineItemsUnbalanced": one("tallyline_items_received_total", "1000000x40"),
    "TallylineViewDiffers": one("tallyline_view_mismatches_total", "0x28 2x40", view="performance"),
    "TallylineViewBroken": one("tallyline_broken_documents", "0x28 1x40", view="performance"),
    "TallylineUnreadable": one("tallyline_unreadable_events_total", "0x28 1x40"),
    "TallylineDeadLetters": one("tallyline_dead_letters_total", "0x28 1x40", kind="item", service="calls"),
    "TallylineDeadLettersOld": one("tallyline_dead_letters_oldest_age_seconds", "90000x40", service="calls"),
    "TallylineSourceSilent": one("tallyline_source_last_item_timestamp_seconds", "0x40"),
    "TallylineStreamDown": one("tallyline_partner_stream_up", "1 0x40"),
    "TallylineSignaturesFail": one("tallyline_deliveries_total", "0+2x40", answer="not_authentic"),
    "TallylineWebhooksGivenUp": one("tallyline_webhooks_total", "0x28 1x40", result="given_up"),
}


class Burn(NamedTuple):
    """How many times too fast a budget goes, after how many minutes we look, and how many pass between two scrapes: few
    enough for the windows of this alert, and of the next stronger one, to hold some."""

    times: float
    minutes: int
    interval: int


BURNS = {
    "Fast": Burn(20, 66, 1),
    "Soon": Burn(8, 370, 2),
    "Slowly": Burn(4, 1_500, 10),
    "Unnoticed": Burn(2, 4_400, 20),
}


ASKED = {"route": "/api/v1/partners"}
"""What somebody waits for, unlike what services ask each other."""


def burning(objective: slo.Objective, burn: Burn, every: int = 10_000) -> Fault:
    """So many events between two scrapes, of which as many are bad as the budget burns too fast by."""
    bad = every * objective.budget * burn.times
    good = every - bad
    steps = burn.minutes // burn.interval + 2
    match objective.name:
        case "ingest":
            rows: list[tuple[str, Mapping[str, str], str]] = [
                ("tallyline_deliveries_total", {"answer": "unavailable"}, f"0+{bad}x{steps}"),
                ("tallyline_deliveries_total", {"answer": "accepted"}, f"0+{good}x{steps}"),
            ]
        case "freshness":
            stage = {"stage": "projected"}
            rows = [
                ("tallyline_event_age_seconds_count", stage, f"0+{every}x{steps}"),
                ("tallyline_event_age_seconds_bucket", stage | {"le": "10.0"}, f"0+{good}x{steps}"),
            ]
        case _:
            rows = [
                ("tallyline_http_requests_total", ASKED | {"status": "201"}, f"0+{every}x{steps}"),
                ("tallyline_http_seconds_count", ASKED, f"0+{every}x{steps}"),
                ("tallyline_http_seconds_bucket", ASKED | {"le": "0.3"}, f"0+{good}x{steps}"),
            ]
    return Fault(tuple(rows), burn.minutes)


def alerts() -> dict[str, dict[str, Any]]:
    """All alerts of the rules, by name."""
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


ALERTS = alerts()


@pytest.fixture(scope="module")
def scrape(tmp_path_factory: pytest.TempPathFactory) -> list[Series]:
    return asyncio.run(scraped(tmp_path_factory.mktemp("scraped")))


def firing(name: str | None, value: int | None, minutes: int) -> dict[str, Any]:
    """How many alerts (of a name, or any) fire by then: so many, or None."""
    chosen = f'alertname="{name}",' if name else ""
    samples = [] if value is None else [{"labels": "{}", "value": value}]
    query = f'count(count by (alertname) (ALERTS{{{chosen}alertstate="firing"}}))'
    return {"expr": query, "eval_time": f"{minutes}m", "exp_samples": samples}


def series_of(scrape: list[Series], fault: Fault, used: set[str] | None, last: int) -> list[dict[str, str]]:
    """The scrape standing still, with the fault in it. A fault names series that the scrape has."""
    told: dict[str, str] = {}
    for row in scrape:
        if used is None or row.name in used:
            told[row.notation()] = f"{row.value:.17g}x{last}"
    for name, labels, values in fault.series:
        met = [row for row in scrape if row.name == name and labels.items() <= row.labels.items()]
        assert met, f"{name} {dict(labels)}: no scrape has it"
        told[met[0].notation()] = values
    return [{"series": series, "values": values} for series, values in told.items()]


def judge(folder: Path, tests: list[dict[str, Any]], every: str = "1m") -> None:
    """promtool finds all as expected."""
    path = folder / "test.yaml"
    # Without an order promtool takes groups as they come: alerts would see what was recorded an interval ago.
    order = [group["name"] for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]
    told = {
        "rule_files": [str(rule) for rule in RULES],
        "evaluation_interval": every,
        "group_eval_order": order,
        "tests": tests,
    }
    path.write_text(yaml.safe_dump(told, sort_keys=False, width=10_000))
    said = subprocess.run(["promtool", "test", "rules", str(path)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def used_by(name: str) -> set[str]:
    """The metrics of an alert, through what is recorded for it."""
    expr = ALERTS[name]["expr"]
    if "tallyline:slo" in expr:
        objective = next(o for o in slo.OBJECTIVES if o.name in expr)
        expr = objective.bad + objective.all
    return set(NAME.findall(expr))


def test_the_rules_of_the_objectives_are_those_of_the_table() -> None:
    assert slo.FILE.read_text() == slo.written(), "python -m tests.monitoring.slo"
    assert slo.OPERATED.read_text() == slo.operated(), "python -m tests.monitoring.slo"


def test_the_files_are_what_prometheus_and_alertmanager_take() -> None:
    for command in (
        ["promtool", "check", "config", str(HERE / "prometheus.yaml")],
        ["promtool", "check", "rules", *map(str, RULES)],
        ["amtool", "check-config", str(HERE / "alertmanager.yaml")],
    ):
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout + said.stderr


def test_prometheus_takes_what_compose_gives_it(tmp_path: Path) -> None:
    told = yaml.safe_load((slo.ROOT / "compose.yaml").read_text())["configs"]["prometheus"]["content"]
    config = tmp_path / "prometheus.yml"
    config.write_text(told.replace("/etc/prometheus/rules/", f"{HERE}/rules/"))
    said = subprocess.run(["promtool", "check", "config", str(config)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    assert f"{len(RULES)} rule files found" in said.stdout


def test_each_alert_has_a_summary_a_severity_and_a_runbook() -> None:
    for name, rule in ALERTS.items():
        assert rule["labels"]["severity"] in ("page", "ticket"), name
        assert rule["annotations"]["summary"].endswith("."), name
        page = slo.ROOT / rule["annotations"]["runbook"]
        assert page.is_file(), f"{name}: {page}"
        assert name in page.read_text() or name.startswith(
            tuple(f"Tallyline{o.name.title()}Budget" for o in slo.OBJECTIVES)
        ), f"{page.name} does not speak of {name}"


@pytest.mark.parametrize(("severity", "receiver"), [("page", "on-call"), ("ticket", "tickets"), ("", "tickets")])
def test_each_severity_reaches_its_receiver(severity: str, receiver: str) -> None:
    for name in ALERTS:
        labels = [f"alertname={name}", *([f"severity={severity}"] if severity else [])]
        command = ["amtool", "config", "routes", "test", f"--config.file={HERE / 'alertmanager.yaml'}", *labels]
        said = subprocess.run(command, capture_output=True, text=True, check=True)
        assert said.stdout.strip() == receiver


def test_every_alert_is_tested() -> None:
    burns = {f"Tallyline{o.name.title()}BudgetBurns{how}" for o in slo.OBJECTIVES for how in BURNS}
    assert FAULTS.keys() | burns == ALERTS.keys()


def test_nothing_fires_while_all_is_well(scrape: list[Series], tmp_path: Path) -> None:
    used = {name for alert in ALERTS for name in used_by(alert)}
    canary = one("tallyline_canary_calls_total", "0+1x100", result="seen")
    series = series_of(scrape, canary, used, 100)
    judge(tmp_path, [{"interval": "1m", "input_series": series, "promql_expr_test": [firing(None, None, 95)]}])


@pytest.mark.parametrize("name", FAULTS)
def test_an_alert_fires_on_its_fault_and_not_before(name: str, scrape: list[Series], tmp_path: Path) -> None:
    fault, used = FAULTS[name], used_by(name)
    series = series_of(scrape, fault, used, fault.minutes + 10)
    early = [] if "for" not in ALERTS[name] else [firing(name, None, 0)]
    tests = [{"interval": "1m", "input_series": series, "promql_expr_test": [*early, firing(name, 1, fault.minutes)]}]
    judge(tmp_path, tests)


def samples(notation: str) -> list[str]:
    """What promtool's `1 0x3` stands for, one by one."""
    found: list[str] = []
    for part in notation.split():
        first, step, times = re.fullmatch(r"(-?[\d.e+]+?|_)(?:\+([\d.]+))?(?:x(\d+))?", part).groups()  # type: ignore[union-attr]
        rows = range(int(times or 0) + 1)
        found += [first if step is None else repr(float(first) + n * float(step)) for n in rows]
    return found


@pytest.mark.parametrize("name", [name for name in FAULTS if "for" in ALERTS[name]])
def test_a_scrape_that_is_missed_ends_no_waiting(name: str, scrape: list[Series], tmp_path: Path) -> None:
    fault = FAULTS[name]
    series = series_of(scrape, fault, used_by(name), fault.minutes + 10)
    for row in series:
        if not row["series"].startswith("up{"):  # that one is told by Prometheus itself
            values = samples(row["values"])
            values[fault.minutes - 1 : fault.minutes] = ["stale"]
            row["values"] = " ".join(values)
    judge(tmp_path, [{"interval": "1m", "input_series": series, "promql_expr_test": [firing(name, 1, fault.minutes)]}])


@pytest.mark.parametrize("worker", ["calls.tracker", "partners.views.tallyline.partners"])
def test_a_worker_whose_last_process_is_gone_is_missed(worker: str, scrape: list[Series], tmp_path: Path) -> None:
    gone = one("tallyline_assigned_partitions", "4x10 _x40", worker=worker)
    series = series_of(scrape, gone, used_by("TallylineNobodyWorks"), 60)
    expected = [firing("TallylineNobodyWorks", None, 10), firing("TallylineNobodyWorks", 1, 64)]
    judge(tmp_path, [{"interval": "1m", "input_series": series, "promql_expr_test": expected}])


def test_a_canary_that_has_ended_is_missed_for_a_day(scrape: list[Series], tmp_path: Path) -> None:
    series = series_of(scrape, one("tallyline_canary_calls_total", "0+1x10 _x40"), set(), 0)
    expected = [firing("TallylineCanarySilent", *told) for told in ((None, 10), (1, 30), (1, 1_400), (None, 1_500))]
    judge(tmp_path, [{"interval": "1m", "input_series": series, "promql_expr_test": expected}])


def test_a_view_that_is_broken_is_told_of_until_it_is_built_anew(scrape: list[Series], tmp_path: Path) -> None:
    name = "TallylineViewBroken"
    broken = one("tallyline_broken_documents", "0x10 3x300 0x30", view="performance")
    series = series_of(scrape, broken, used_by(name), 340)
    expected = [firing(name, *told) for told in ((None, 10), (1, 12), (1, 310), (None, 315))]
    judge(tmp_path, [{"interval": "1m", "input_series": series, "promql_expr_test": expected}])


def test_what_services_ask_each_other_burns_nothing(scrape: list[Series], tmp_path: Path) -> None:
    inner = {"route": "/internal/calls/counts"}
    fault = Fault(
        (
            ("tallyline_http_requests_total", inner, "0+10000x100"),
            ("tallyline_http_seconds_count", inner, "0+10000x100"),
            ("tallyline_http_seconds_bucket", inner | {"le": "0.3"}, "0x100"),
        )
    )
    series = series_of(scrape, fault, set(), 0)
    expected = [firing("TallylineApiBudgetBurnsFast", None, 66)]
    judge(tmp_path, [{"interval": "1m", "input_series": series, "promql_expr_test": expected}])


@pytest.mark.parametrize("how", BURNS)
@pytest.mark.parametrize("objective", slo.OBJECTIVES, ids=lambda objective: objective.name)
def test_a_budget_that_burns_is_seen_and_by_nobody_too_early(
    objective: slo.Objective, how: str, scrape: list[Series], tmp_path: Path
) -> None:
    burn = BURNS[how]
    names = [f"Tallyline{objective.name.title()}BudgetBurns{other}" for other in BURNS]
    mine = names[list(BURNS).index(how)]
    stronger = [firing(name, None, burn.minutes) for name in names[: names.index(mine)]]
    told = []
    for every, expected in (
        (10_000, [firing(mine, 1, burn.minutes), *stronger]),
        (1, [firing(mine, None, burn.minutes)]),
    ):
        # Twenty scrapes an hour at the least: one event each is below what may be judged by.
        series = series_of(scrape, burning(objective, burn, every), set(), 0)
        interval = f"{burn.interval}m"
        told.append({"interval": interval, "input_series": series, "promql_expr_test": expected})
    judge(tmp_path, told, f"{burn.interval}m")

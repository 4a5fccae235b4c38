"""In a hurry every rule is the same rule, and every one of its durations is shorter by the same factor."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.gameday.hurried import FACTOR, hurried, memory, patience, read, seconds, write
from tests.monitoring.slo import RULES

GROUPS = [group for path in sorted(RULES.glob("*.yaml")) for group in yaml.safe_load(path.read_text())["groups"]]
ALL = [rule for group in GROUPS for rule in group["rules"]]
RANGE = re.compile(r"\[(\d+)(ms|[smhd])\]")
NUMBER = re.compile(r"(?<![\w.\"~])\d+(?:\.\d+)?(?:ms|[smhd])?\b")


def named(rule: dict[str, Any]) -> str:
    return str(rule.get("alert", rule.get("record"))) + str(rule["labels"].get("slo", ""))


def milliseconds(found: re.Match[str]) -> float:
    return float(found[1]) if found[2] == "ms" else seconds(found[0][1:-1]) * 1000


@pytest.mark.parametrize("rule", ALL, ids=named)
def test_nothing_but_numbers_changes(rule: dict[str, Any]) -> None:
    quick = hurried(rule)
    assert NUMBER.sub("#", quick["expr"]) == NUMBER.sub("#", rule["expr"])
    assert {**quick, "expr": "", "for": ""} == {**rule, "expr": "", "for": ""}


@pytest.mark.parametrize("rule", ALL, ids=named)
def test_each_range_is_shorter_by_the_factor(rule: dict[str, Any]) -> None:
    found = [milliseconds(each) for each in RANGE.finditer(hurried(rule)["expr"])]
    assert found == [milliseconds(each) / FACTOR for each in RANGE.finditer(rule["expr"])]


def test_what_becomes_of_each_kind_of_number() -> None:
    alerts = read(RULES)
    quick = {name: hurried(rule) for name, rule in alerts.items()}
    assert quick["TallylineDown"]["for"] == "6000ms"
    assert quick["TallylineDown"]["expr"] == 'up{job="tallyline"} == 0'
    assert quick["TallylineSpools"]["expr"] == "last_over_time(tallyline_spool_age_seconds[12000ms]) > 6"
    assert quick["TallylineSpoolFills"]["expr"] == "last_over_time(tallyline_spool_share[12000ms]) > 0.8"
    assert "_timestamp_seconds[12000ms]) > 12)" in quick["TallylineStuck"]["expr"]
    assert "_timestamp_seconds[12000ms])) > 90)" in quick["TallylineSourceSilent"]["expr"]
    assert "usual_items[12000ms])) >= 20)" in quick["TallylineSourceSilent"]["expr"]
    assert "offset 360000ms" in quick["TallylineNobodyWorks"]["expr"]
    assert quick["TallylineSessionsEnd"]["expr"].endswith("[60000ms])) > 6")
    assert quick["TallylineCanaryUnseen"]["expr"].endswith("[30000ms])) >= 0.3")
    assert quick["TallylineDeadLetters"]["expr"].endswith("[60000ms])) > 0")
    assert quick["TallylineLoopSlow"]["expr"].endswith("[30000ms]))) > 0.5")
    fast = quick["TallylineIngestBudgetBurnsFast"]["expr"]
    assert fast == alerts["TallylineIngestBudgetBurnsFast"]["expr"]


def test_how_long_a_rule_takes() -> None:
    alerts = read(RULES)
    assert patience(alerts["TallylineSpools"]) == 120
    assert patience(alerts["TallylineSourceSilent"]) == 1_200
    assert patience(alerts["TallylineSignaturesFail"]) == 600 == memory(alerts["TallylineSignaturesFail"])
    assert patience(alerts["TallylineIngestBudgetBurnsFast"]) == 300
    assert patience(alerts["TallylineNobodyWorks"]) == 120
    assert (patience(alerts["TallylineViewDiffers"]), memory(alerts["TallylineViewDiffers"])) == (0, 3_600)


def test_a_duration_that_does_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="1s can't be divided by 7"):
        hurried({"expr": "rate(x[1s])"}, 7)


@pytest.mark.monitoring
def test_prometheus_takes_them(tmp_path: Path) -> None:
    assert shutil.which("promtool")
    write(RULES, tmp_path)
    said = subprocess.run(
        ["promtool", "check", "rules", *sorted(tmp_path.glob("*.yaml"))], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert len(list(tmp_path.glob("*.yaml"))) == len(list(RULES.glob("*.yaml")))

"""The rules of production as if time went faster: a game day may not last a day.

Every duration of a rule, what it waits for (`for`), what it looks back on (`[10m]`, `offset 1h`) and the ages that it
holds against a limit (`tallyline_spool_age_seconds[2m]) > 60`), is divided by one factor. So is a count within a
range: `increase(...[10m]) > 60` says a tenth as much in a tenth of the time, and so asks for the same rate. What is no
duration stays: rates, shares, numbers of events an hour.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

FACTOR = 10
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DURATION = re.compile(r"(?<=\[)(\d+)([smhd])(?=\])|(?<=offset )(\d+)([smhd])\b")
_AGE = re.compile(r"(tallyline_\w*(?:lag|age|timestamp)_seconds(?:\[\d+[smhd]\])?\)*\s*>\s*)(\d+)")
_LAST = re.compile(r"last_over_time\([^\[\]]*\[\d+[smhd]\]\)")
"""What was told last: nobody waits until that range is full, and what is over is not seen in it any more."""
_COUNT = re.compile(r"(increase\([^\[\]]*\[\d+[smhd]\]\)+\s*>=?\s*)(\d+)")


def seconds(duration: str) -> float:
    """What `90s`, `5m`, `1h` or `3d` is."""
    return float(duration[:-1]) * UNITS[duration[-1]]


def hurried(rule: dict[str, Any], factor: int = FACTOR) -> dict[str, Any]:
    """The rule where time goes `factor` times as fast. ValueError where a duration is no whole number of ms."""
    text = _COUNT.sub(lambda found: f"{found[1]}{_number(int(found[2]) / factor)}", rule["expr"])
    text = _AGE.sub(lambda found: f"{found[1]}{_number(int(found[2]) / factor)}", text)
    text = _DURATION.sub(lambda found: _shorter(found[0], factor), text)
    return rule | {"expr": text} | ({"for": _shorter(rule["for"], factor)} if "for" in rule else {})


def _shorter(duration: str, factor: int) -> str:
    whole, left = divmod(round(seconds(duration) * 1000), factor)
    if left:
        raise ValueError(f"{duration} can't be divided by {factor}")
    return f"{whole}ms"


def _number(value: float) -> str:
    return f"{value:g}"


def patience(rule: dict[str, Any]) -> float:
    """The longest (s) that a rule takes to fire once its figures show the fault: the limit of an age, the shortest of
    the ranges in which there have to be enough, and then what it waits for."""
    ages = [float(found[2]) for found in _AGE.finditer(rule["expr"])]
    at_once = any(found[2] == "0" for found in _COUNT.finditer(rule["expr"]))
    filled = 0.0 if at_once else memory(rule)
    return max(ages, default=0.0) + filled + (seconds(rule["for"]) if "for" in rule else 0.0)


def memory(rule: dict[str, Any]) -> float:
    """The longest (s) that a rule still sees a fault which is over: the shortest of its ranges."""
    ranges = [seconds(found[0]) for found in _DURATION.finditer(_LAST.sub("", rule["expr"])) if found[1]]
    ranges += [seconds(window) for window in re.findall(r"ratio_rate(\d+[mhd])", rule["expr"])]
    return min(ranges, default=0.0)


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """The alerts of a folder's rules, by name."""
    groups = [group for path in sorted(folder.glob("*.yaml")) for group in yaml.safe_load(path.read_text())["groups"]]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def write(rules: Path, into: Path, factor: int = FACTOR, files: str = "*.yaml") -> None:
    """The same files, of rules in a hurry."""
    for path in sorted(rules.glob(files)):
        document = yaml.safe_load(path.read_text())
        for group in document["groups"]:
            group["rules"] = [hurried(rule, factor) for rule in group["rules"]]
        (into / path.name).write_text(yaml.safe_dump(document, sort_keys=False, width=1_000))

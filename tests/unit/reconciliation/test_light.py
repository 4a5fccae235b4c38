"""What a start loads: the libraries that work a month out, or speak to servers, are loaded where they are needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from services.serve import SERVICES

MONTHS = ("scipy", "numpy", "saxonche", "pypdf", "lxml", "icalendar")
DOORS = ("joserfc", "argon2")
SERVERS = ("aiokafka", "pymongo", "faststream")
EACH = tuple(f"services.{name}" for name in SERVICES)
TRACES = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.proto", "google.protobuf", "requests")
LIGHT: dict[str, tuple[str, ...]] = {
    "services.embedded": (*MONTHS, *SERVERS, *DOORS, *TRACES),
    "services.serve": (*MONTHS, *DOORS, *TRACES, *EACH, "polars"),
    "services.serve, services.calls.service": (*MONTHS, *DOORS, *TRACES, "polars", "services.gateway"),
    "services.cli": (*MONTHS, *SERVERS, *DOORS, "opentelemetry", "fastapi", "services.embedded"),
}


@pytest.mark.parametrize("module", LIGHT)
def test_a_start_loads_nothing_that_it_does_not_need(module: str) -> None:
    script = f"import sys, {module}; print([name for name in {LIGHT[module]} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"

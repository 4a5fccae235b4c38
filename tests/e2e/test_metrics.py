"""What a whole system measures of itself under traffic adds up, names nobody, and what it logs holds no number."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from services.simulate.company import company
from services.simulate.driver import Request, requests_of, send, set_up_company
from services.simulate.numbers import RANGES
from services.simulate.stream import deliveries
from shared import clock, metrics
from shared.engine.lag import GAUGES
from shared.ports import Outgoing
from tests.e2e.processes import server
from tests.e2e.systems import eventually, start
from tests.e2e.test_views import deliver, firm

OPENMETRICS = {"accept": "application/openmetrics-text; version=1.0.0"}
CUSTOMERS = re.compile(
    rf"(?:(?<![\d.])|(?<=\b00))(?:{'|'.join(prefix[1:] for ranges in RANGES.values() for prefix, _ in ranges)})"
)
"""How every customer's number of a simulated company begins: not amid the digits of a figure, which are any."""


def figures(text: str) -> dict[str, Counter[tuple[tuple[str, str], ...]]]:
    """By name of the sample: value by labels."""
    found: dict[str, Any] = {}
    for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]
        for sample in family.samples:
            found.setdefault(sample.name, Counter())[tuple(sorted(sample.labels.items()))] = sample.value
    return found


async def measured(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/metrics", headers=OPENMETRICS)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert not CUSTOMERS.search(answer.text)
    return figures(answer.text)


def total(found: dict[str, Any], name: str, **labels: str) -> float:
    return float(sum(n for held, n in found[name].items() if labels.items() <= dict(held).items()))


async def test_what_is_measured_under_traffic_adds_up(tmp_path: Path) -> None:
    async with start("embedded", tmp_path) as system:
        before = await measured(system.client)
        await deliver(system, 30)
        calls = system.runtime.kits["calls"]
        publisher = calls.bus.publisher()
        await publisher.send("tallyline.telephony", 0, [Outgoing("x", b"no item")])
        await publisher.close()
        source = firm().partners[0].source
        refused = await system.client.post(f"/v1/in/{source}", content=b"{}")
        assert refused.status_code == 401
        await system.settled()
        ends = sum((await calls.bus.ends("tallyline.telephony")).values())

        async def read() -> bool:  # the record that is no item is followed by nothing that settling would wait for
            return total(await measured(system.client), "tallyline_position", worker="calls.tracker") == ends

        await eventually(read)
        kits = [kit.letters for kit in system.runtime.kits.values()]
        await asyncio.gather(*(letters.measure(clock.now()) for letters in kits))
        found = await measured(system.client)

        def rise(name: str, **labels: str) -> float:
            return total(found, name, **labels) - (total(before, name, **labels) if name in before else 0)

        assert rise("tallyline_items_received_total") == ends, "each record of the topic is done with once"
        assert rise("tallyline_items_total") == ends, "and has one verdict"
        assert rise("tallyline_items_total", verdict="no_item") == 1
        assert rise("tallyline_deliveries_total", source=source, answer="not_authentic") == 1
        assert rise("tallyline_events_published_total", topic="tallyline.calls") > 20
        assert total(found, "tallyline_lag_records") == 0
        assert total(found, "tallyline_lag_seconds") == 0
        assert total(found, "tallyline_head_position", worker="calls.tracker") == ends
        assert total(found, "tallyline_assigned_partitions", worker="calls.tracker") == 4
        assert total(found, "tallyline_dead_letters_waiting", service="calls", kind="record") == 1
        assert total(found, "tallyline_dead_letters_oldest_age_seconds", service="calls") >= 0
        assert total(found, "tallyline_rebuild_progress_ratio", view="performance") == 1
        assert rise("tallyline_command_seconds_count", outcome="accepted") > 10
        assert rise("tallyline_http_requests_total", route="/api/v1/partners", method="POST", status="201") == 2
        assert (await system.client.get("/readyz")).status_code == 200
        counted = (await measured(system.client))["tallyline_http_requests_total"]
        asked = {dict(labels)["route"] for labels in counted}
        assert "/api/v1/partners" in asked
        assert not asked & {"/metrics", "/livez", "/readyz", "/startupz"}, "probes and scrapes are nobody's questions"
        assert rise("tallyline_event_loop_lag_seconds_count") > 0
        assert rise("tallyline_view_events_total", view="performance") > 5
        assert rise("tallyline_view_mismatches_total") == 0
        answer = await system.client.post("/api/v1/operations/views/performance/verify")
        assert answer.json()["identical"]
        assert "performance" in {
            dict(held)["view"]
            for held, n in (await measured(system.client))["tallyline_view_verifications_total"].items()
            if n
        }


async def test_a_partition_that_went_leaves_no_lag_behind(tmp_path: Path) -> None:
    async with start("embedded", tmp_path) as system:
        tracker = next(r for r in system.runtime.running if r.worker.name == "calls.tracker")
        await system.settled()
        ends = await system.runtime.engine.bus.ends(tracker.worker.topic)
        tracker.lags.measure(tracker.lags.applied(), ends, 0.0)
        assert b'tallyline_lag_records{partition="3",worker="calls.tracker"}' in metrics.exposition()[0]
        tracker.partitions.applied.pop(3)
        tracker.lags.measure(tracker.lags.applied(), ends, 1.0)
        assert b'partition="3",worker="calls.tracker"' not in metrics.exposition()[0]


async def test_the_lag_asks_for_each_topic_once_and_looks_no_gauge_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start("embedded", tmp_path) as system:
        await system.settled()
        bus, mine, asked = system.runtime.engine.bus, asyncio.current_task(), Counter[str]()
        ends = bus.ends

        async def counted(topic: str) -> dict[int, int]:
            asked[topic] += asyncio.current_task() is mine
            return await ends(topic)

        monkeypatch.setattr(bus, "ends", counted)
        for gauge in GAUGES:
            monkeypatch.setattr(gauge, "labels", None)
        assert await system.runtime.lag() == 0
        assert len(system.runtime.running) > len(asked)
        assert set(asked.values()) == {1}


async def test_a_whole_run_logs_lines_of_one_form_and_nobodys_number(tmp_path: Path) -> None:
    log = tmp_path / "log"
    people = company(11, partners=3, agents=12)
    now = clock.now()
    sent = list(requests_of(people, deliveries(people, 11, now.replace(hour=0), now.replace(hour=2))))[:400]
    told = b"\n".join(request.body for request in sent)
    assert len(CUSTOMERS.findall(told.decode("latin-1"))) > 50, "there are numbers to be found"
    broken = [Request(10_000 + n, r.method, r.path, r.headers, r.body[:-9]) for n, r in enumerate(sent[:40])]
    said = {"TALLYLINE_LOG_FORMAT": "json", "TALLYLINE_LOG_LEVEL": "debug"}
    async with server(tmp_path / "data", err=log, environ=said) as client:
        await set_up_company(client, people, demo=False)
        answers = (await send(client, sent)).answers
        assert answers[202] > 100
        await send(client, broken)
        await client.post(f"/v1/in/{people.partners[0].source}", content=b'{"From": "+447700900123"}')
        assert not CUSTOMERS.search((await client.get("/metrics")).text)
    lines = log.read_text().splitlines()
    assert lines
    for line in lines:
        assert json.loads(line).keys() >= {"at", "level", "logger", "message"}, line
        assert not CUSTOMERS.search(line), line

"""A delivery and a command are followed to the pages by their traces, across the log, and no span names anybody."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import msgspec
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind

from services.embedded import embedded
from services.simulate.driver import set_up_company
from shared.settings import Settings
from tests.e2e.spans import Memory, collecting, ids, kept, links
from tests.e2e.systems import System, at_rest, start
from tests.e2e.test_metrics import CUSTOMERS
from tests.e2e.test_views import firm, traffic

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def _deliver(system: System, kept_by_sender: bool = False) -> None:
    """Some calls, from a platform that traces what it sends."""
    await set_up_company(system.client, firm(), demo=True)
    await at_rest(system)
    header = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-{'01' if kept_by_sender else '00'}"}
    for request in traffic(15):
        answer = await system.client.request(
            request.method, request.path, content=request.body, headers=request.headers | header
        )
        assert answer.status_code == 202, answer.text
    await at_rest(system)


def _doors(memory: Memory) -> list[ReadableSpan]:
    return [span for span in memory.named("POST /v1/in/*") if ids(span)[0] == int(TRACE, 16)]


async def test_a_delivery_is_followed_from_the_door_to_the_views(tmp_path: Path) -> None:
    with kept() as memory:
        async with start("embedded", tmp_path) as system:
            await _deliver(system)
            doors = _doors(memory)
            assert len(doors) == len(traffic(15)) > 10
            for door in doors:
                assert door.parent is not None
                assert f"{door.parent.span_id:016x}" == "00f067aa0ba902b7"
                assert door.attributes is not None
                assert door.attributes["http.response.status_code"] == 202
                (tracked,) = [span for span in memory.named("calls.tracker") if ids(door) in links(span)]
                assert ids(tracked)[0] != ids(door)[0], "a batch is a trace of its own"
            theirs = {ids(door) for door in doors}
            shown = {span.name for span in memory.all() if theirs & links(span)}
            assert {"calls.tracker", "calls.views.tallyline.calls", "training.views.tallyline.calls"} <= shown


async def test_a_page_is_one_trace_with_all_that_it_asked_and_all_that_it_changed(tmp_path: Path) -> None:
    with kept() as memory:
        async with start("embedded", tmp_path) as system:
            await set_up_company(system.client, firm(), demo=True)
            await at_rest(system)
            asked = {ids(span)[1] for span in memory.all() if span.kind is SpanKind.SERVER}
            commands = [span for span in memory.all() if span.name == "partner RegisterPartner"]
            assert commands
            for command in commands:
                assert command.parent is not None
                assert command.parent.span_id in asked
                assert any(ids(command) in links(span) for span in memory.named("publish"))
                assert any(ids(command) in links(span) for span in memory.named("partners.views.tallyline.partners"))
            answer = await system.client.get("/partners", headers={"accept": "text/html"})
            assert answer.status_code == 200
            (page,) = memory.named("GET /partners")
            within = {span.name for span in memory.all() if span.parent and span.parent.span_id == ids(page)[1]}
            assert "GET /api/v1/partners" in within
            assert page.parent is None


async def test_no_span_names_anybody(tmp_path: Path) -> None:
    with kept() as memory:
        async with start("embedded", tmp_path) as system:
            await _deliver(system)
            number = "+38761234567"
            await system.client.get("/api/v1/customers", params={"q": number})
            await system.client.get(f"/nowhere/{number}")
            said = "\n".join(map(_written, memory.all()))
    assert len(memory.all()) > 30
    for unwanted in (number[1:], *(partner.source for partner in firm().partners)):
        assert unwanted not in said
    assert not CUSTOMERS.search(said)
    assert not any(re.search(r"[0-9]{2}", span.name.replace("/v1/", "/")) for span in memory.all()), "no ids in names"


async def test_what_is_not_kept_leaves_nothing_in_the_log(tmp_path: Path) -> None:
    with kept(share=0.0) as memory:
        async with start("embedded", tmp_path) as system:
            await _deliver(system, kept_by_sender=True)
            bus = system.runtime.kits["calls"].bus
            for topic in ("tallyline.telephony", "tallyline.calls", "tallyline.partners"):
                for partition, end in (await bus.ends(topic)).items():
                    for record in await bus.read(topic, partition, 0, max(end, 1)):
                        assert b"trace" not in record.value
    assert memory.all() == [], "nobody outside has us keep what they send"


async def test_an_event_carries_the_trace_of_its_delivery(tmp_path: Path) -> None:
    with kept() as memory:
        async with start("embedded", tmp_path) as system:
            await _deliver(system)
            doors = {f"{ids(door)[1]:016x}" for door in _doors(memory)}
            bus, found = system.runtime.kits["calls"].bus, set[str]()
            for partition, end in (await bus.ends("tallyline.calls")).items():
                for record in await bus.read("tallyline.calls", partition, 0, max(end, 1)):
                    told = msgspec.json.decode(record.value)
                    if told["origin"].startswith("telephony."):
                        found.add(told["trace"])
    assert found
    assert found <= {f"00-{TRACE}-{door}-01" for door in doors}


async def test_a_receiver_of_otlp_gets_the_spans(tmp_path: Path) -> None:
    with collecting() as collector:
        settings = Settings(data=tmp_path, demo=True, traces_url=collector.url, traces_share=1.0)
        async with embedded(replace(settings, requests_per_second=0)) as system:
            assert (await system.client.get("/api/v1/partners")).status_code == 200
        assert collector.paths == {"/v1/traces"}
        resources = [one for request in collector.requests for one in request.resource_spans]
        named = {pair.key: pair.value.string_value for one in resources for pair in one.resource.attributes}
        assert named["service.name"] == "tallyline"
        spans = [span for one in resources for scope in one.scope_spans for span in scope.spans]
        (asked,) = [span for span in spans if span.name == "GET /api/v1/partners"]
        assert {pair.key for pair in asked.attributes} == {
            "http.request.method",
            "http.route",
            "http.response.status_code",
        }
        assert len(asked.trace_id) == 16
        assert asked.end_time_unix_nano > asked.start_time_unix_nano


def _written(span: ReadableSpan) -> str:
    assert isinstance(span, ReadableSpan)
    return str(span.to_json(indent=None))

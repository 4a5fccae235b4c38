"""Recorded sets, sent over HTTP as the vendors would, give exactly the answers that they must give, in any order."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from services.cli import app
from tests.e2e.processes import tallyline
from tests.e2e.recorded import (
    FIXTURES,
    FROM,
    SETS,
    TO,
    Delivered,
    Tokens,
    calls_of,
    deliver,
    facts,
    observed,
    shuffled_twice,
)
from tests.e2e.systems import System, Time, ask, documents, everything, same, start

pytestmark = pytest.mark.asyncio(loop_scope="module")
EVERY_KPI = "offered,answered,handled,abandoned,dials,contacts,transfers,sales_reported,aht,talk,hold,wrap,asa,revenue"
each_set = pytest.mark.parametrize("name", SETS)


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        if (
            record.name != "httpx" or "/v1/in/" not in line
        ):  # the platform's own client, not we: some send in the address
            self.lines.append(line)


LEVELS = {
    "": logging.DEBUG,
    "httpx": logging.DEBUG,  # quiet otherwise
    "aiokafka": logging.INFO,  # every record and command in words, in half of the time that a test takes
    "pymongo": logging.INFO,
}


@pytest.fixture(scope="module")
def log() -> Iterator[list[str]]:
    """All that is logged from here on, of ours at every level."""
    heard = _Heard()
    before = {name: logging.getLogger(name).level for name in LEVELS}
    logging.getLogger().addHandler(heard)
    for name, level in LEVELS.items():
        logging.getLogger(name).setLevel(level)
    yield heard.lines
    logging.getLogger().removeHandler(heard)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sets(log: list[str], system: System) -> dict[str, Delivered]:
    """All sets, each delivered in its order."""
    found = await delivered_all(system, SETS)
    await system.settled()
    return found


async def delivered_all(system: System, folders: Mapping[str, Path]) -> dict[str, Delivered]:
    """Side by side: sets know nothing of each other."""
    found = await asyncio.gather(*(deliver(system, folder) for folder in folders.values()))
    return dict(zip(folders, found, strict=True))


async def tokens_of(system: System, sets: dict[str, Delivered]) -> Tokens:
    tokens = Tokens()
    for delivered in sets.values():
        told = {call["call"]: call["summary"]["customer_ref"] for call in await calls_of(system, delivered)}
        for call in delivered.expected["calls"]:
            tokens.learn(call["customer_number"], told[f"{delivered.source}:{call['call']}"])
    return tokens


@each_set
async def test_every_delivery_gets_its_verdict(name: str, system: System, sets: dict[str, Delivered]) -> None:
    delivered = sets[name]
    told: dict[int, str] = {
        n: (await ask(system.client, f"/api/v1/deliveries/{delivery}"))["verdict"]
        for n, delivery in delivered.sent.accepted.items()
    }
    expected = delivered.verdicts
    assert told == {n: expected[n] for n in told}
    turned_away = Counter(expected[n] for n in expected.keys() - told.keys())
    answers = delivered.sent.answers
    assert turned_away.keys() <= {"rejected", "handshake", "invalid"}
    assert answers[401] == turned_away["rejected"]
    assert answers[200] == turned_away["handshake"]
    assert answers[400] + answers[415] == turned_away["invalid"]
    assert sum(answers.values()) == len(expected)


@each_set
async def test_every_item_is_counted_under_one_verdict(name: str, system: System, sets: dict[str, Delivered]) -> None:
    delivered = sets[name]
    items: Counter[str] = Counter()
    for delivery in delivered.sent.accepted.values():
        answer = await ask(system.client, f"/api/v1/deliveries/{delivery}")
        if answer["of"] is None:
            assert (answer["items"], answer["verdict"]) == ([], "invalid")
        else:
            assert len(answer["items"]) == answer["of"]
        items.update(item["verdict"] for item in answer["items"])
    counts = (await ask(system.client, f"/api/v1/sources/{delivered.source}/intake"))["counts"]
    assert counts.pop("received") == items.total()
    assert +Counter(counts) == items
    letters = await everything(system.client, "/api/v1/operations/dead-letters", source=delivered.source)
    assert items["invalid"] == sum(letter["kind"] == "item" for letter in letters)


@each_set
async def test_calls_and_events_come_out_exactly(name: str, system: System, sets: dict[str, Delivered]) -> None:
    delivered, tokens = sets[name], await tokens_of(system, sets)
    calls = await calls_of(system, delivered)
    assert sorted(map(facts, calls), key=lambda call: str(call["call"])) == tokens.named(delivered.expected["calls"])
    events = await observed(system, delivered, calls)
    assert same(events, tokens.named(delivered.expected["events"]))


async def test_a_customers_number_stands_nowhere(system: System, sets: dict[str, Delivered], log: list[str]) -> None:
    tokens = await tokens_of(system, sets)
    assert len(tokens.of_number) > 15
    numbers = {number.lstrip("+")[-10:] for number in tokens.of_number}
    assert len(log) > 100
    assert {number for number in numbers if any(number in line for line in log)} == set()
    if system.settings.engine != "embedded":
        pytest.skip("looks into the bytes of the embedded engine's file; the same documents go to every engine")
    written = b"".join(path.read_bytes() for path in system.settings.data.rglob("*") if path.is_file())
    assert {number for number in numbers if number.encode() in written} == set()
    assert next(iter(tokens.of_number.values())).encode() in written


async def test_a_set_up_request_is_answered_as_its_format_says(system: System, sets: dict[str, Delivered]) -> None:
    answered = 0
    for name, delivered in sets.items():
        listed = json.loads((SETS[name] / "deliveries.json").read_text(encoding="utf-8"))["deliveries"]
        for entry, sent in zip(delivered.expected["deliveries"], listed, strict=True):
            if entry["verdict"] != "handshake":
                continue
            reply = entry["reply"]
            answer = await system.client.request(sent["method"], f"/v1/in/{delivered.source}", headers=sent["headers"])
            assert answer.status_code == reply["status"]
            assert {name: answer.headers.get(name) for name in reply["headers"]} == reply["headers"]
            answered += 1
    assert answered == 2


async def performance(system: System, partner: str) -> list[Any]:
    """All figures of the partner's calls, by agent, campaign, direction and day."""
    return await everything(
        system.client,
        "/api/v1/performance/agents",
        **{"from": FROM, "to": TO},
        partner=partner,
        group_by="day,campaign,direction",
        kpis=EVERY_KPI,
        limit=500,
    )


each_order = pytest.mark.parametrize(
    ("engine", "seed"),
    [*(("embedded", seed) for seed in (1, 2, 3)), pytest.param("distributed", 1, marks=pytest.mark.engines)],
    scope="module",
)
"""One on the distributed engine: what an order changes is for the tracker to see, which is the same code on both."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shuffled(
    engine: str, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[System, dict[str, Delivered]]]:
    """A system that got every set twice, in an order of its own."""
    copies = tmp_path_factory.mktemp("shuffled")
    async with start(engine, tmp_path_factory.mktemp("data"), Time()) as system:
        found = await delivered_all(
            system, {name: shuffled_twice(folder, copies, seed) for name, folder in SETS.items()}
        )
        await system.settled()
        yield system, found


@each_order
async def test_any_order_and_repetition_give_the_same_facts_and_figures(
    system: System, sets: dict[str, Delivered], shuffled: tuple[System, dict[str, Delivered]]
) -> None:
    other, again = shuffled
    tokens = await tokens_of(other, again)
    for delivered in again.values():
        calls = [facts(call) for call in await calls_of(other, delivered)]
        assert same(calls, tokens.named(delivered.expected["calls"]))
        figures = await performance(other, delivered.partner)
        assert figures
        assert figures == await performance(system, delivered.partner)


@each_order
async def test_twice_as_many_deliveries_are_twice_as_many_items(
    system: System, sets: dict[str, Delivered], shuffled: tuple[System, dict[str, Delivered]]
) -> None:
    for delivered in sets.values():
        path = f"/api/v1/sources/{delivered.source}/intake"
        once, twice = [(await ask(s.client, path))["counts"] for s in (system, shuffled[0])]
        assert twice["received"] == 2 * once["received"]
        assert twice["received"] == sum(n for verdict, n in twice.items() if verdict != "received")
        assert twice["duplicate"] > once["duplicate"]


async def test_no_event_is_published_twice_or_left_over(system: System, sets: dict[str, Delivered]) -> None:
    """The log's net content is what the documents say was told, neither more nor less."""
    kit = system.runtime.kits["calls"]
    net: Counter[str] = Counter()
    for partition, end in (await kit.bus.ends("tallyline.calls")).items():
        for record in await kit.bus.read("tallyline.calls", partition, 0, end):
            recorded = json.loads(record.value)
            net[json.dumps(recorded["event"], sort_keys=True)] += -1 if "reverses" in recorded else 1
    told: Counter[str] = Counter()
    for collection in ("tracked_calls", "tracked_agents"):
        for document in (await documents(kit.documents, collection)).values():
            facts_told = document.get("told", {}).values()
            told.update(json.dumps(fact["event"], sort_keys=True) for fact in facts_told)
    assert {event: n for event, n in net.items() if n} == told
    assert len(told) > 100


def answers_in(path: Path) -> dict[str, Any]:
    """What an answers file says; reasons and replies are for people, notes for readers of the set."""
    answers = json.loads(path.read_text(encoding="utf-8"))
    verdicts = [(entry["n"], entry["verdict"]) for entry in answers["deliveries"]]
    return {name: answers[name] for name in ("schema", "vendor", "events", "calls")} | {"deliveries": verdicts}


async def test_the_command_gives_the_expected_answers(tmp_path: Path) -> None:
    code, said = await tallyline("fixtures", SETS["twilio"], "--out", tmp_path / "twilio")
    assert code == 0, said
    for name, folder in SETS.items():
        out = tmp_path / name.replace("/", "-")
        if not out.exists():
            assert CliRunner().invoke(app, ["fixtures", str(folder), "--out", str(out)]).exit_code == 0
        assert answers_in(out) == answers_in(folder / "expected.json")


async def test_the_command_answers_a_directory_of_sets(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["fixtures", str(FIXTURES), "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    names = [name for name in SETS if "/" not in name]
    assert len(names) == 9
    for name in names:
        assert answers_in(tmp_path / name / "result.json") == answers_in(SETS[name] / "expected.json")
    assert CliRunner().invoke(app, ["fixtures", str(tmp_path), "--out", str(tmp_path)]).exit_code != 0

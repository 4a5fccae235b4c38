"""Traffic before and after a move, and everything that a system shows, in a form in which two can be compared."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import shutil
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.moving.contents import SERVICES
from services.moving.importing import import_system
from services.moving.refusals import Refusal
from services.simulate.company import Company, company
from services.simulate.driver import requests_of, send, send_recorded, set_up_company
from services.simulate.stream import deliveries
from shared.contracts.calls import TOPIC
from shared.ports import Marked
from shared.settings import SettingError, Settings
from tests.e2e.recorded import FIXTURES, FROM, SETS, TO
from tests.e2e.systems import ENGINES, System, Time, ask, at_rest, everything

SEED = 8
KPIS = "offered,answered,handled,abandoned,dials,contacts,transfers,sales_reported,aht,talk,hold,wrap,asa,revenue"
PERIOD: dict[str, str | int] = {"from": FROM, "to": TO}
TOKEN = re.compile(r"cus_[A-Za-z0-9_-]+")
LETTERS = "/api/v1/operations/dead-letters"
MASTER_KEY, LOCAL_KEY = "master.key", "local.key"
"""The second one only proves who the sender of recorded sets is."""


def firm() -> Company:
    """A small company on two platforms."""
    return company(SEED, partners=2, agents=12, connectors=("native", "twilio"))


async def simulated(system: System, share: float) -> dict[str, str]:
    """Two hours up to now; of the deliveries a share, any of them. Names of those accepted."""
    await set_up_company(system.client, firm(), demo=True)
    now = Time()()
    requests = list(requests_of(firm(), deliveries(firm(), SEED, now - timedelta(minutes=120), now)))
    dice = random.Random(SEED)
    chosen = [request for request in requests if dice.random() < share]
    sent = await send(system.client, chosen)
    assert sent.answers.keys() == {202}
    return {delivery: f"simulated {n}" for n, delivery in sent.accepted.items()}


LEFT_OUT = ("aircall", "freeswitch", "native", "ringcentral")
"""They move nothing that others do not."""


async def recorded(system: System, into: Path, share: float) -> dict[str, str]:
    """The recorded sets but for a few, of each a share of its deliveries in any order. Names of those accepted."""

    async def one(name: str) -> dict[str, str]:
        _, sent, _ = await send_recorded(system.client, some_of(SETS[name], into, share), demo=True)
        return {delivery: f"{name} {n}" for n, delivery in sent.accepted.items()}

    each = await asyncio.gather(*(one(name) for name in SETS if name not in LEFT_OUT))
    return {delivery: name for names in each for delivery, name in names.items()}


def some_of(folder: Path, into: Path, share: float) -> Path:
    """A copy of the set with a share of its deliveries, shuffled."""
    target = into / folder.relative_to(FIXTURES)
    target.mkdir(parents=True, exist_ok=True)
    (target / "source.json").write_bytes((folder / "source.json").read_bytes())
    if not (target / "payloads").exists():
        (target / "payloads").symlink_to(folder / "payloads")
    listed = json.loads((folder / "deliveries.json").read_text(encoding="utf-8"))
    random.Random(folder.name).shuffle(listed["deliveries"])
    listed["deliveries"] = listed["deliveries"][: max(1, round(len(listed["deliveries"]) * share))]
    (target / "deliveries.json").write_text(json.dumps(listed), encoding="utf-8")
    return target


async def retried(system: System) -> None:
    """Every dead letter is sent again, whatever comes of it."""
    for letter in await everything(system.client, LETTERS):
        answer = await system.client.post(f"{LETTERS}/calls/{letter['id']}/retry")
        assert answer.status_code in (200, 409), answer.text


async def shown(system: System, names: dict[str, str]) -> dict[str, Any]:
    """Everything that the system shows, but for places in its own log. Customers go by their numbers, deliveries by
    `names`."""
    await at_rest(system)
    client = system.client
    found: dict[str, Any] = {
        kind: await everything(client, f"/api/v1/{kind}") for kind in ("partners", "agents", "sources")
    }
    for partner in [each["partner_id"] for each in found["partners"]]:
        for dimension in ("partners", "campaigns", "agents"):
            url = f"/api/v1/performance/{dimension}"
            found[f"{dimension} of {partner}"] = await everything(client, url, **PERIOD, kpis=KPIS, partner=partner)
        listed = await everything(client, "/api/v1/calls", partner=partner)
        for call in [await ask(client, item["href"]) for item in listed]:
            found[f"call {call['call']}"] = call
            for item in call["items"]:
                if not item["key"].startswith("timer:"):
                    raw = await client.get(item["raw_href"])
                    assert raw.status_code in (200, 410), raw.text
                    found[f"item {call['call']} {item['key']}"] = raw.text
    for source in [each["id"] for each in found["sources"]]:
        found[f"intake of {source}"] = (await ask(client, f"/api/v1/sources/{source}/intake"))["counts"]
    for delivery, name in names.items():
        found[f"delivery {name}"] = await ask(client, f"/api/v1/deliveries/{delivery}")
    found["letters"] = [await _letter(system, each) for each in await everything(client, LETTERS, state="")]
    found["letters"].sort(key=str)
    found["now"] = await ask(client, "/internal/calls/now", at=Time()().isoformat())
    del found["now"]["as_of"]
    return await _named(system, found, names)


async def _letter(system: System, listed: dict[str, Any]) -> dict[str, Any]:
    payload = await system.client.get(f"{LETTERS}/calls/{listed['id']}/payload")
    places = {"id", "context", "retried_at"}
    return {name: value for name, value in listed.items() if name not in places} | {"payload": payload.text}


async def _named(system: System, found: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    text = json.dumps(found, sort_keys=True)
    numbers = await system.runtime.kits["calls"].vault.customer_numbers(set(TOKEN.findall(text)))
    text = TOKEN.sub(lambda token: numbers.get(token[0], token[0]), text)
    for delivery, name in names.items():
        text = text.replace(delivery, name)
    named: dict[str, Any] = json.loads(text)
    return named


async def history(system: System) -> dict[str, list[Marked]]:
    """All commits of all services, with their numbers; without those that a service makes once a day by itself."""
    found = {
        service.name: await system.runtime.engine.store(service.name).history(("", 0), 100_000) for service in SERVICES
    }
    return {
        service: [one for one in commits if not one.commit.stream.startswith("learning-")]
        for service, commits in found.items()
    }


async def log_of(system: System, topic: str) -> dict[int, list[Any]]:
    """What a topic holds, decoded, by partition."""
    bus = system.runtime.engine.bus
    return {
        partition: [
            msgspec.json.decode(record.value)
            for start in range(0, end, 1_000)
            for record in await bus.read(topic, partition, start, 1_000)
        ]
        for partition, end in (await bus.ends(topic)).items()
    }


async def breaches(system: System) -> list[str]:
    """What is wrong with the published facts: first copies late or doubled, reversals of what was not told before."""
    wrong: list[str] = []
    places: dict[tuple[str, int, int], int] = {}
    for partition, records in (await log_of(system, TOPIC)).items():
        highest: dict[str, list[int]] = {}
        told: dict[tuple[str, int, int], Any] = {}
        for record in records:
            origin, position = record["origin"], record["position"]
            place = (origin, position[0], position[1])
            if position <= highest.get(origin, [-1, -1]):
                wrong.append(f"{place} in {partition} comes late")
            highest[origin] = position
            if places.setdefault(place, partition) != partition:
                wrong.append(f"{place} stands in two partitions")
            told[place] = record["event"]
            if taken_back := record.get("reverses"):
                before = (taken_back[0], *taken_back[1])
                if told.pop(before, None) != record["event"]:
                    wrong.append(f"{place} takes back {before}, which does not say the same, or was not told")
    return wrong


# Moves


def quiet(_: str) -> None:
    """Progress is for people."""


def settings(engine: str, data: Path, partitions: int = 4) -> Settings:
    """Of a system of the tests."""
    return replace(ENGINES[engine](data), partitions=partitions)


def new(data: Path, of: Path) -> Path:
    """A data folder with nothing but another's keys."""
    data.mkdir()
    for name in (MASTER_KEY, LOCAL_KEY):
        shutil.copy(of / name, data / name)
    return data


async def moved(archive: Path, engine: str, data: Path, partitions: int) -> None:
    await import_system(settings(engine, data, partitions), archive, quiet)


async def all_identical(system: System) -> None:
    """Every view is what its log says."""
    for item in (await ask(system.client, "/api/v1/operations/views"))["items"]:
        answer = (await system.client.post(f"/api/v1/operations/views/{item['view']}/verify")).json()
        assert answer["identical"], answer["differences"][:3]


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Each part by itself, so that a difference can be read."""
    assert found.keys() == expected.keys(), sorted(found.keys() ^ expected.keys())
    for name, part in expected.items():
        assert found[name] == part, name


def origin_of(record: dict[str, Any]) -> str:
    return str(record["origin"])


async def flat(system: System) -> list[dict[str, Any]]:
    return [record for records in (await log_of(system, TOPIC)).values() for record in records]


def content_of(data: Path) -> dict[str, list[Any]]:
    """All rows of all tables, whatever they mean."""
    with contextlib.closing(sqlite3.connect(data / "tallyline.db")) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: list(database.execute(f'SELECT * FROM "{table}"')) for table in tables}  # noqa: S608


async def refused(archive: Path, data: Path, expected: str, partitions: int = 4) -> None:
    """The import is refused, and what was there stays as it was."""
    before = content_of(data) if (data / "tallyline.db").exists() else None
    with pytest.raises((Refusal, SettingError), match=expected):
        await moved(archive, "embedded", data, partitions)
    if before is not None:
        assert content_of(data) == before

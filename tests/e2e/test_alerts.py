"""An alert from a silent telephony to people: on the wallboard, told by webhook and mail, taken on, and over."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller

from services.simulate.company import company
from services.simulate.watching import alerts, enter_alerts
from shared.settings import Settings
from tests.e2e.switch import ANSWERED, ENDED, Switch, begun, source
from tests.e2e.systems import ENGINES, PARAMS, System, Time, ask, at_rest, eventually, start
from tests.e2e.test_webhooks import done, refused
from tests.engines.server import free_port
from tests.unit.gateway.test_alert_mails import Inbox
from tests.unit.shared.test_webhooks import listening

ROUTE = "/api/v1/alerts"


@pytest.fixture
async def inbox() -> AsyncIterator[tuple[Inbox, int]]:
    """A mail server, and its port."""
    box = Inbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, controller.port
    controller.stop()


@pytest.fixture(params=PARAMS)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, inbox: tuple[Inbox, int]) -> str:
    """Each engine, with a mail server, looking often."""
    name = str(request.param)
    made = ENGINES[name]

    def told(data: Path) -> Settings:
        return replace(
            made(data),
            subscriber_webhook_private=True,
            smtp_url=f"smtp://127.0.0.1:{inbox[1]}",
            smtp_from="tallyline@example.com",
        )

    monkeypatch.setitem(ENGINES, name, told)
    monkeypatch.setattr("services.gateway.service.WATCH_EVERY_S", 0.1)
    monkeypatch.setattr("services.gateway.service.MAILS_EVERY_S", 0.1)
    return name


async def a_partner(system: System, time: Time) -> Switch:
    """A partner whose telephony runs on the real clock."""
    body = {"partner_id": "adria", "name": "Adria", "time_zone": "Europe/Zagreb"}
    await done(system.client, "POST", "/api/v1/partners", body)
    await done(system.client, "POST", "/api/v1/sources", source("adria-switch", "adria"))
    await at_rest(system)
    return Switch(system, time, "adria-switch")


async def a_call(switch: Switch, call: str) -> None:
    """A call that is over just now."""
    begun_at = switch.time() - timedelta(seconds=90)
    await switch.tell(call, begun_at, [begun("+38761555001"), ANSWERED, ENDED])


def silence(partner: str) -> dict[str, Any]:
    return {
        "name": "Nothing is heard",
        "kind": "silence",
        "direction": "above",
        "limit": 10,
        "clear_at": 2,
        "partner_id": partner,
        "levels": [
            {"after_minutes": 0, "mails": ["floor@example.com"]},
            {"after_minutes": 30, "mails": ["head@example.com"]},
        ],
    }


async def test_silence_calls_people_once_a_level_until_somebody_takes_it_on(
    engine: str, tmp_path: Path, inbox: tuple[Inbox, int]
) -> None:
    time, box, partner = Time(), inbox[0], "adria"
    async with listening(204) as receiver:
        async with start(engine, tmp_path, time) as system:
            await a_call(await a_partner(system, time), "one")
            url = f"http://127.0.0.1:{receiver.port}/in"
            hook = {"name": "pager", "url": url, "events": ["AlertCalled", "AlertResolved"], "partners": [partner]}
            await done(system.client, "POST", "/api/v1/webhooks", hook)
            made = await done(system.client, "POST", ROUTE, silence(partner))
            name = made["alert"]
            assert (await ask(system.client, f"{ROUTE}/{name}"))["open"] is None

            async def opened() -> Any:
                return (await ask(system.client, f"{ROUTE}/{name}"))["open"]

            time.forward(timedelta(minutes=20))
            episode = await eventually(opened)
            assert episode["episode"] == 1
            assert episode["value"] > 10

            async def told() -> bool:
                return len(receiver.asked) == 1 and len(box.mails) == 1

            await eventually(told)
            board = await ask(system.client, "/api/v1/wallboard", partner=partner)
            (matter,) = [one for one in board["attention"] if one["key"] == f"alert:{name}"]
            assert matter["tone"] == "bad"
            assert matter["text"].startswith("Nothing is heard, since")
            time.forward(timedelta(minutes=31))

        async with start(engine, tmp_path, time) as system:

            async def second() -> bool:
                return len(box.mails) == 2

            await eventually(second)
            taken = {"episode": 1}
            wrong = await refused(system.client, "POST", f"{ROUTE}/{name}/acknowledgement", {"episode": 2})
            assert wrong == (409, "not_open")
            await done(system.client, "POST", f"{ROUTE}/{name}/acknowledgement", taken)
            shown = await ask(system.client, f"{ROUTE}/{name}")
            assert shown["open"]["acknowledged_by"] == "local"

            async def noted() -> bool:
                board = await ask(system.client, "/api/v1/wallboard", partner=partner)
                return any("taken on by local" in one["text"] for one in board["attention"])

            await eventually(noted)
            time.forward(timedelta(hours=2))
            await a_call(Switch(system, time, "adria-switch"), "two")

            async def over() -> bool:
                return (await ask(system.client, f"{ROUTE}/{name}"))["open"] is None

            await eventually(over)

            async def last() -> bool:
                return len(box.mails) == 4 and len(receiver.asked) == 3

            await eventually(last)
    subjects = sorted((str(mail["To"]), str(mail["Subject"]).partition(":")[0]) for mail in box.mails)
    assert subjects == [
        ("floor@example.com", "Alert"), ("floor@example.com", "Over"),
        ("head@example.com", "Alert"), ("head@example.com", "Over"),
    ]  # fmt: skip
    heard = [json.loads(body) for _, _, body in receiver.asked]
    kinds = [(one["type"].rpartition(".")[2], one["data"]["event"].get("level")) for one in heard]
    assert sorted(kinds, key=str) == [("AlertCalled", 0), ("AlertCalled", 1), ("AlertResolved", None)]
    assert {one["subject"] for one in heard} == {partner}


async def test_a_figure_is_watched_by_its_kpi(engine: str, tmp_path: Path) -> None:
    time, partner = Time(), "adria"
    async with start(engine, tmp_path, time) as system:
        switch = await a_partner(system, time)
        for call in ("one", "two"):
            await a_call(switch, call)
        await system.settled()
        rule = {
            "name": "Much is handled", "kind": "threshold", "direction": "above", "limit": 0, "clear_at": 0,
            "kpi": "handled", "window_minutes": 60, "partner_id": partner,
        }  # fmt: skip
        high = await done(system.client, "POST", ROUTE, rule)
        never = await done(system.client, "POST", ROUTE, rule | {"limit": 1_000_000})
        few = await done(system.client, "POST", ROUTE, rule | {"kpi": "service_level", "least_n": 1_000_000})

        async def opened() -> Any:
            return (await ask(system.client, f"{ROUTE}/{high['alert']}"))["open"]

        episode = await eventually(opened)
        low = (time() - timedelta(hours=1)).isoformat()
        query = {"from": low, "to": (time() + timedelta(minutes=15)).isoformat(), "partner": partner, "kpis": "handled"}
        counted = await ask(system.client, "/api/v1/performance/partners", **query)
        assert episode["value"] == counted["totals"]["figures"]["handled"]["value"]
        for other in (never, few):
            assert (await ask(system.client, f"{ROUTE}/{other['alert']}"))["open"] is None
        changed = await done(system.client, "PUT", f"{ROUTE}/{high['alert']}", rule | {"limit": 1e9, "clear_at": 1e9})
        assert changed["stream"] == f"alert-{high['alert']}"
        time.forward(timedelta(seconds=10))

        async def over() -> bool:
            return (await ask(system.client, f"{ROUTE}/{high['alert']}"))["open"] is None

        await eventually(over)
        await done(system.client, "DELETE", f"{ROUTE}/{high['alert']}")
        assert await refused(system.client, "GET", f"{ROUTE}/{high['alert']}") == (404, "not_found")


async def test_whoever_sees_some_partners_watches_these(tmp_path: Path) -> None:
    async with start("embedded", tmp_path) as system:
        assert system.access is not None
        _, key = await system.access.create_key("mira", "supervisor", frozenset({"acme"}))
        headers = {"authorization": f"Bearer {key}"}
        transport = httpx.ASGITransport(system.app)
        whole = await done(system.client, "POST", ROUTE, silence(""))
        other = await done(system.client, "POST", ROUTE, silence("zvono"))
        async with httpx.AsyncClient(transport=transport, base_url="http://tallyline", headers=headers) as mira:
            for partner in ("", "zvono"):
                assert await refused(mira, "POST", ROUTE, silence(partner)) == (403, "not_allowed")
            hers = await done(mira, "POST", ROUTE, silence("acme"))
            assert [one["alert"] for one in (await ask(mira, ROUTE))["items"]] == [hers["alert"]]
            for name in (whole["alert"], other["alert"]):
                place = f"{ROUTE}/{name}"
                assert await refused(mira, "GET", place) == (404, "not_found")
                assert await refused(mira, "PUT", place, silence("acme")) == (404, "not_found")
                assert await refused(mira, "DELETE", place) == (404, "not_found")
                taken = await refused(mira, "POST", f"{place}/acknowledgement", {"episode": 1})
                assert taken == (404, "not_found")


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"kpi": "luck"}, 422, "invalid"),
        ({"kpi": "revenue"}, 422, "invalid"),
        ({"kpi": "aht", "variant": "luck"}, 422, "invalid"),
        ({"clear_at": 11}, 409, "band_wrong"),
        ({"levels": [{"after_minutes": 3}]}, 409, "levels_wrong"),
        ({"levels": [{"mails": ["nobody"]}]}, 422, "invalid"),
    ],
)
async def test_what_no_alert_can_be(more: dict[str, Any], status: int, code: str, tmp_path: Path) -> None:
    rule = {"name": "x", "kind": "threshold", "direction": "above", "limit": 10, "clear_at": 5, "kpi": "aht"}
    async with start("embedded", tmp_path) as system:
        assert await refused(system.client, "POST", ROUTE, rule | more) == (status, code)
        assert (await ask(system.client, ROUTE))["items"] == []


async def test_what_the_demo_watches_can_be_watched_and_is_entered_once(tmp_path: Path) -> None:
    firm = company(1, partners=2, agents=8)
    async with start("embedded", tmp_path) as system:
        await enter_alerts(system.client, firm)
        found = (await ask(system.client, ROUTE))["items"]
        await enter_alerts(system.client, firm)
        assert (await ask(system.client, ROUTE))["items"] == found
        await done(system.client, "DELETE", f"{ROUTE}/{found[0]['alert']}")
        await enter_alerts(system.client, firm)
        assert (await ask(system.client, ROUTE))["items"] == found[1:]
    assert {one["defined"]["name"] for one in found} == {rule["name"] for rule in alerts(firm)}

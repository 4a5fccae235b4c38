"""Connecting a partner: credentials that end, maps, allowed networks, sandboxes and what they have to show."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from services.partners.domain.integration import (
    ConfigureSource,
    EndCredential,
    FollowSource,
    Integration,
    LimitCredential,
    MapCodes,
    NoteCheck,
    OpenSandbox,
    integration,
)
from services.partners.domain.partner import NoteFact, partner
from services.partners.domain.process_managers.conformance import note_conformance
from services.partners.domain.process_managers.sandboxes import keep_sandboxes_alike, watch_sandboxes
from services.partners.endings import Endings
from services.partners.events import CheckPassed, ConformanceLost, ConformancePassed
from services.partners.views.sources import sources
from shared.contracts.calls import AgentStateChanged, CallAnswered, CallStarted
from shared.contracts.conformance import CHECKS, OPTIONAL, REQUIRED
from shared.contracts.partners import (
    CredentialIssued,
    CredentialLimited,
    CredentialRevoked,
    SourceConfigured,
    SourceSettings,
)
from shared.kernel import Send
from shared.vault import Vault
from tests.spec import evolved, given, published
from tests.unit.partners.service import MemoryService, clock, world

AT = datetime(2026, 3, 2, 9, 31, tzinfo=UTC)
UNTIL = AT + timedelta(days=7)
NOW = clock()
SETTINGS = SourceSettings(connector="twilio", partner="acme", dispositions={"S": "sale"}, networks=("10.0.0.0/8",))
CONFIGURED = SourceConfigured(source_id="tw-1", revision=1, settings=SETTINGS)
ISSUED = CredentialIssued(source_id="tw-1", credential_id="c1", scheme="bearer", partner_id="acme")
LIMITED = CredentialLimited(source_id="tw-1", credential_id="c1", until=UNTIL, partner_id="acme")


# Credentials


def test_a_credential_is_limited_once_for_each_time() -> None:
    limit = LimitCredential(source_id="tw-1", credential_id="c1", until=UNTIL)
    given(integration, CONFIGURED, ISSUED).when(limit).then(LIMITED)
    given(integration, CONFIGURED, ISSUED, LIMITED).when(limit).then()
    later = msgspec.structs.replace(limit, until=UNTIL + timedelta(days=1))
    given(integration, CONFIGURED, ISSUED, LIMITED).when(later).then(
        msgspec.structs.replace(LIMITED, until=UNTIL + timedelta(days=1))
    )


def test_what_was_revoked_is_not_limited_and_what_is_unknown_neither() -> None:
    limit = LimitCredential(source_id="tw-1", credential_id="c1", until=UNTIL)
    revoked = CredentialRevoked(source_id="tw-1", credential_id="c1", partner_id="acme")
    given(integration, CONFIGURED, ISSUED, revoked).when(limit).then()
    given(integration, CONFIGURED).when(limit).then_rejected("unknown_credential")


def test_a_credential_ends_when_its_time_is_over_and_not_before() -> None:
    end = EndCredential(source_id="tw-1", credential_id="c1", at=UNTIL)
    revoked = CredentialRevoked(source_id="tw-1", credential_id="c1", partner_id="acme")
    given(integration, CONFIGURED, ISSUED, LIMITED).when(end).then(revoked)
    early = msgspec.structs.replace(end, at=UNTIL - timedelta(seconds=1))
    given(integration, CONFIGURED, ISSUED, LIMITED).when(early).then_rejected("not_over")
    given(integration, CONFIGURED, ISSUED).when(end).then_rejected("not_over")
    given(integration, CONFIGURED).when(end).then()
    given(integration, CONFIGURED, ISSUED, LIMITED, revoked).when(end).then()


# Maps


def test_deciding_a_code_is_a_new_revision_with_the_other_codes_as_they_were() -> None:
    decide = MapCodes(source_id="tw-1", map="dispositions", codes={"NI": "not_interested"})
    settings = msgspec.structs.replace(SETTINGS, dispositions={"S": "sale", "NI": "not_interested"})
    given(integration, CONFIGURED).when(decide).then(SourceConfigured(source_id="tw-1", revision=2, settings=settings))
    given(integration).when(decide).then_rejected("unknown_source")


# Sandboxes


def test_a_sandbox_is_read_as_its_source_is_and_counts_as_a_test() -> None:
    open_ = OpenSandbox(source_id="tw-1.sandbox", settings=SETTINGS, public_url="https://ours/v1/in/tw-1.sandbox")
    tried = msgspec.structs.replace(SETTINGS, counts="test", networks=(), public_url=open_.public_url)
    opened = SourceConfigured(source_id="tw-1.sandbox", revision=1, settings=tried)
    given(integration).when(open_).then(opened)
    changed = msgspec.structs.replace(SETTINGS, time_zone="Europe/Sarajevo")
    follow = FollowSource(source_id="tw-1.sandbox", settings=changed)
    given(integration, opened).when(follow).then(
        SourceConfigured(
            source_id="tw-1.sandbox",
            revision=2,
            settings=msgspec.structs.replace(tried, time_zone="Europe/Sarajevo"),
        )
    )
    given(integration).when(follow).then()


def test_what_a_sandbox_reads_is_said_of_its_source() -> None:
    for command in (
        ConfigureSource(source_id="tw-1.sandbox", settings=SETTINGS),
        MapCodes(source_id="tw-1.sandbox", map="queues", codes={"a": "b"}),
    ):
        given(integration).when(command).then_rejected("a_sandbox")


def test_a_source_takes_its_sandbox_along_and_a_sandbox_nobody() -> None:
    (send,) = keep_sandboxes_alike.handle(published(CONFIGURED))
    assert (send.stream_id, send.command) == (
        "tw-1.sandbox",
        FollowSource(source_id="tw-1.sandbox", settings=SETTINGS),
    )
    assert keep_sandboxes_alike.handle(published(msgspec.structs.replace(CONFIGURED, source_id="a.sandbox"))) == []


# Conformance


def shown(*checks: str) -> list[CheckPassed]:
    return [CheckPassed(source_id="tw-1", check=check, at=AT) for check in checks]


PASSED = ConformancePassed(source_id="tw-1", partner_id="acme", connector="twilio", at=AT)


def note(check: str) -> NoteCheck:
    return NoteCheck(source_id="tw-1", check=check, at=AT)


def test_the_last_required_check_makes_a_source_conformant() -> None:
    *first, last = REQUIRED["twilio"]
    given(integration, CONFIGURED, *shown(*first)).when(note("transfer")).then(*shown("transfer"))
    given(integration, CONFIGURED, *shown(*first)).when(note(last)).then(*shown(last), PASSED)
    given(integration, CONFIGURED, *shown(*first, last), PASSED).when(note(last)).then()
    given(integration, CONFIGURED, *shown(*first, last), PASSED).when(note("transfer")).then(*shown("transfer"))


@over(st.permutations([*REQUIRED["native"], *OPTIONAL["native"]]))
def test_in_whatever_order_checks_pass_conformance_comes_once_and_with_the_last_required_one(order: list[str]) -> None:
    settings = msgspec.structs.replace(SETTINGS, connector="native")
    state: Integration = evolved(
        integration, integration.initial, [msgspec.structs.replace(CONFIGURED, settings=settings)]
    )
    came = []
    for check in order:
        events = integration.decide(note(check), state)
        state = evolved(integration, state, events)
        came += [check for event in events if isinstance(event, ConformancePassed)]
    assert came == [max(REQUIRED["native"], key=order.index)]


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({"time_zone": "Europe/Sarajevo"}, True),
        ({"connector": "native"}, True),
        ({"options": {"a": 1}}, True),
        ({"sale_on": ("sale",)}, True),
        ({"dispositions": {}}, False),
        ({"networks": ()}, False),
    ],
)
def test_a_source_that_is_read_in_another_way_has_to_show_everything_anew(change: dict[str, Any], lost: bool) -> None:
    configure = ConfigureSource(source_id="tw-1", settings=msgspec.structs.replace(SETTINGS, **change))
    configured = SourceConfigured(source_id="tw-1", revision=2, settings=configure.settings)
    expected: list[Any] = [configured] + [ConformanceLost(source_id="tw-1", partner_id="acme")] * lost
    given(integration, CONFIGURED, *shown("start"), PASSED).when(configure).then(*expected)
    given(integration, CONFIGURED).when(configure).then(configured)


def test_a_connector_without_a_checklist_never_makes_a_source_conformant() -> None:
    unknown = msgspec.structs.replace(CONFIGURED, settings=msgspec.structs.replace(SETTINGS, connector="fax"))
    given(integration, unknown, *shown(*CHECKS)).when(note("more")).then(*shown("more"))


def test_what_a_sandbox_shows_is_noted_at_its_source() -> None:
    fact: dict[str, Any] = {
        "call": "tw-1.sandbox:c1", "source": "tw-1.sandbox", "partner": "acme", "direction": "inbound", "at": AT,
        "interval": AT, "day": "2026-03-02", "counts": "test",
    }  # fmt: skip
    started = CallStarted(**fact, phase="queued", offered=True, dialed=False, our_number="+387", campaign="TV")
    sent = watch_sandboxes.handle(published(started))
    assert {send.command.check for send in sent} == {"start", "direction", "campaign", "our_number"}  # type: ignore[attr-defined]
    assert {send.stream_id for send in sent} == {"tw-1"}
    answered = CallAnswered(**fact, answered_by="human", first=True, offered=True, dialed=False)
    assert [send.command.check for send in watch_sandboxes.handle(published(answered))] == ["answer"]  # type: ignore[attr-defined]
    state = AgentStateChanged(
        partner="acme", source="tw-1.sandbox", agent="7", state="break", native="Pause", since=AT,
        until=AT, day_zone="UTC", counts="test",
    )  # fmt: skip
    assert watch_sandboxes.handle(published(state)) == [Send(integration, "tw-1", note("agent_state"))]
    assert watch_sandboxes.handle(published(msgspec.structs.replace(state, state="other"))) == []
    assert watch_sandboxes.handle(published(msgspec.structs.replace(state, source="tw-1"))) == []
    assert watch_sandboxes.handle(published(state, 2, reverses=published(state))) == []


def test_the_partner_knows_its_conformant_sources() -> None:
    fact = NoteFact(partner_id="acme", fact="conformant_source", ref="tw-1", says="twilio")
    assert note_conformance.handle(published(PASSED)) == [Send(partner, "acme", fact)]
    lost = ConformanceLost(source_id="tw-1", partner_id="acme")
    gone = msgspec.structs.replace(fact, holds=False, says="")
    assert note_conformance.handle(published(lost)) == [Send(partner, "acme", gone)]


def test_every_checklist_names_checks_that_there_are() -> None:
    assert REQUIRED.keys() == OPTIONAL.keys()
    for connector, required in REQUIRED.items():
        names = [*required, *OPTIONAL[connector]]
        assert len(names) == len(set(names))
        assert CHECKS.keys() >= set(names)


def test_the_page_lists_the_checks_of_every_platform() -> None:
    page = (Path(__file__).parents[3] / "docs" / "integration.md").read_text(encoding="utf-8")
    for connector, required in REQUIRED.items():
        assert f"| `{connector}` | {', '.join(required)} | {', '.join(OPTIONAL[connector])} |" in page


# Over HTTP

SOURCE: dict[str, Any] = {"id": "ac-1", "settings": {"connector": "amazon-connect", "partner": "acme"}}


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("kafka", {"bootstrap": "kafka:9092", "topic": "acme.calls", "group": "tallyline"}),
        ("ami", {"host": "10.0.0.7", "user": "tallyline"}),
    ],
)
async def test_a_partner_sends_us_nowhere(name: str, where: dict[str, str]) -> None:
    async with world() as at:
        acme = await at.as_role("partner", "acme")
        fetched = SOURCE | {"settings": SOURCE["settings"] | {"options": {name: where}}}
        refused = await at.http.post("/api/v1/sources", json=fetched, headers=acme)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not_allowed")
        assert (await at.http.post("/api/v1/sources", json=fetched)).status_code == 201
        renamed = SOURCE | {"settings": fetched["settings"] | {"queues": {"q1": "sales"}}}
        assert (await at.http.post("/api/v1/sources", json=renamed, headers=acme)).status_code == 201
        elsewhere = SOURCE | {"settings": SOURCE["settings"] | {"options": {name: where | {"user": "root"}}}}
        assert (await at.http.post("/api/v1/sources", json=elsewhere, headers=acme)).status_code == 403
        assert (await at.http.post("/api/v1/sources", json=SOURCE, headers=acme)).status_code == 201


async def test_a_rotated_credential_ends_at_the_time_given() -> None:
    async with world() as at:
        (old,) = (await at.http.post("/api/v1/sources", json=SOURCE)).json()["credentials"]
        path = f"/api/v1/sources/ac-1/credentials/{old['id']}/rotate"
        again = {"idempotency-key": "r1"}
        new = (await at.http.post(path, json={"until": UNTIL.isoformat()}, headers=again)).json()
        assert new["scheme"] == "bearer"
        assert new["key"] != old["key"]
        happened = list(at.service.events)
        assert happened[-1] == CredentialLimited(
            source_id="ac-1", credential_id=old["id"], until=UNTIL, partner_id="acme"
        )
        repeated = (await at.http.post(path, json={"until": UNTIL.isoformat()}, headers=again)).json()
        assert repeated == {"id": new["id"], "scheme": "bearer"}
        assert at.service.events == happened
        shown = (await at.http.get("/api/v1/sources/ac-1")).json()
        assert shown["credentials"] == {"bearer": [old["id"], new["id"]]}
        assert shown["until"] == {old["id"]: "2026-03-09T09:31:00Z"}


async def test_what_has_ended_is_revoked_for_good_but_of_a_recorded_clock() -> None:
    replayed = SOURCE | {"id": "ac-2", "settings": SOURCE["settings"] | {"clock": "replay"}}
    async with world() as at:
        for source in (SOURCE, replayed):
            first, *_ = (await at.http.post("/api/v1/sources", json=source)).json()["credentials"]
            path = f"/api/v1/sources/{source['id']}/credentials"
            second = (await at.http.post(f"{path}/{first['id']}/rotate", json={"until": NOW.isoformat()})).json()
            later = {"until": (NOW + timedelta(seconds=1)).isoformat()}
            await at.http.post(f"{path}/{second['id']}/rotate", json=later)
        endings = Endings(at.deps)
        assert (await endings.step(), await endings.step()) == (1, 0)
        ours = (await at.http.get("/api/v1/sources/ac-1")).json()
        assert (len(ours["credentials"]["bearer"]), len(ours["until"])) == (2, 1)
        assert len((await at.http.get("/api/v1/sources/ac-2")).json()["credentials"]["bearer"]) == 3
        (gone,) = [e.credential_id for e in at.service.events if isinstance(e, CredentialRevoked)]
        assert await at.vault.get_secret(Vault.credential_name("ac-1", gone)) is None


async def test_the_secret_of_a_credential_whose_time_was_made_longer_just_now_is_kept() -> None:
    async with world() as at:
        (old,) = (await at.http.post("/api/v1/sources", json=SOURCE)).json()["credentials"]
        await at.http.post(f"/api/v1/sources/ac-1/credentials/{old['id']}/rotate", json={"until": NOW.isoformat()})
        known = await at.deps.reads.find(sources, {})
        longer = LimitCredential(source_id="ac-1", credential_id=old["id"], until=NOW + timedelta(days=1))
        await at.deps.door.handle(integration, "ac-1", longer, command_id="longer", actor="ann")

        class Behind(MemoryService):
            async def find(self, view: Any, *_: Any) -> list[tuple[str, Any]]:
                return known if view is sources else []

        assert await Endings(replace(at.deps, reads=Behind())).step() == 0
        assert await at.vault.get_secret(Vault.credential_name("ac-1", old["id"])) is not None


@pytest.mark.parametrize("until", ["2026-03-09T09:31:00", "soon", None, 7])
async def test_an_end_without_a_zone_is_none(until: Any) -> None:
    async with world() as at:
        (old,) = (await at.http.post("/api/v1/sources", json=SOURCE)).json()["credentials"]
        answer = await at.http.post(f"/api/v1/sources/ac-1/credentials/{old['id']}/rotate", json={"until": until})
        assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (422, ["until"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dispositions": {"NI": "nothing_of_ours"}}, "settings.dispositions.NI"),
        ({"agent_states": {"Lunch": "lunchtime"}}, "settings.agent_states.Lunch"),
        ({"sale_on": ["sold"]}, "settings.sale_on[0]"),
        ({"networks": ["10.0.0.0/8", "10.0.0.1/8"]}, "settings.networks[1]"),
        ({"networks": ["everywhere"]}, "settings.networks[0]"),
        ({"agents": {"1": 2}}, "settings.agents"),
    ],
)
async def test_codes_and_networks_that_there_are_not_are_named(change: dict[str, Any], field: str) -> None:
    async with world() as at:
        answer = await at.http.post("/api/v1/sources", json=SOURCE | {"settings": SOURCE["settings"] | change})
        (error,) = answer.json()["errors"]
        assert answer.status_code == 422
        assert error["field"].startswith(field)
        assert at.service.events == []


async def test_a_code_is_decided_over_http() -> None:
    async with world() as at:
        await at.http.post("/api/v1/sources", json=SOURCE)
        path = "/api/v1/sources/ac-1/maps"
        answer = await at.http.post(path, json={"map": "dispositions", "codes": {"NI": "not_interested"}})
        assert answer.status_code == 202
        shown = (await at.http.get("/api/v1/sources/ac-1")).json()
        assert (shown["revision"], shown["settings"]["dispositions"]) == (2, {"NI": "not_interested"})
        for body, field in (
            ({"map": "dispositions", "codes": {"B": "nothing"}}, "codes.B"),
            ({"map": "agent_states", "codes": {"B": "nothing"}}, "codes.B"),
            ({"map": "options", "codes": {"B": "b"}}, "map"),
            ({"map": "queues", "codes": {}}, "codes"),
            ({"map": "queues", "codes": {"a": "b"}, "source_id": "tw-1"}, "source_id"),
        ):
            refused = await at.http.post(path, json=body)
            assert (refused.status_code, [e["field"] for e in refused.json()["errors"]]) == (422, [field])
        assert (await at.http.get("/api/v1/sources/ac-1")).json()["revision"] == 2


async def test_a_sandbox_has_its_own_key_and_a_checklist() -> None:
    async with world() as at:
        live = (await at.http.post("/api/v1/sources", json=SOURCE)).json()["credentials"]
        ready = (await at.http.post("/api/v1/sources/ac-1/sandbox", json={})).json()
        assert ready["ingest_url"] == "https://calls.example/v1/in/ac-1.sandbox"
        (own,) = ready["credentials"]
        assert own["key"] != live[0]["key"]
        sandbox = (await at.http.get("/api/v1/sources/ac-1.sandbox")).json()
        assert (sandbox["sandbox_of"], sandbox["settings"]["counts"]) == ("ac-1", "test")
        refused = await at.http.post("/api/v1/sources/ac-1.sandbox/sandbox", json={})
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/a_sandbox")
        at.service.events += [CheckPassed(source_id="ac-1", check="start", at=AT)]
        for source in ("ac-1", "ac-1.sandbox"):
            found = (await at.http.get(f"/api/v1/sources/{source}/conformance")).json()
            assert found["source"] == "ac-1"
            assert {c["check"] for c in found["checks"] if c["passed"]} == {"start"}
            assert set(found["missing"]) == set(REQUIRED["amazon-connect"]) - {"start"}


async def test_a_partner_s_developer_sees_its_own_partner_only() -> None:
    async with world() as at:
        (old,) = (await at.http.post("/api/v1/sources", json=SOURCE)).json()["credentials"]
        theirs, viewer = await at.as_role("partner", "globex"), await at.as_role("supervisor", "acme")
        until = {"until": UNTIL.isoformat()}
        for method, path, content in (
            ("POST", "sandbox", {}),
            ("POST", "maps", {"map": "queues", "codes": {"a": "b"}}),
            ("POST", f"credentials/{old['id']}/rotate", until),
            ("GET", "conformance", None),
        ):
            url = f"/api/v1/sources/ac-1/{path}"
            assert (await at.http.request(method, url, json=content, headers=theirs)).status_code == 404
            status = (await at.http.request(method, url, json=content, headers=viewer)).status_code
            assert status == (200 if method == "GET" else 403)

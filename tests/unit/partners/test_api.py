"""The routes of the partners service: who may do what, where secrets go, and that a repeat does nothing twice."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from shared.contracts.partners import AgentRegistered, CredentialIssued, CredentialRevoked, SourceConfigured
from shared.vault import Vault
from tests.unit.partners.service import World, world

PARTNER = {"partner_id": "acme", "name": "Acme BPO", "country": "BA", "time_zone": "Europe/Sarajevo"}
TWILIO: dict[str, Any] = {
    "id": "tw-1",
    "settings": {"connector": "twilio", "partner": "acme", "time_zone": "Europe/Sarajevo"},
    "secrets": {"twilio-signature": ["a-twilio-token"]},
}
RECORDS: dict[str, Any] = {"id": "ac-1", "settings": {"connector": "amazon-connect", "partner": "acme"}}


async def secret_of(at: World, source: str, credential: str) -> str | None:
    return await at.vault.get_secret(Vault.credential_name(source, credential))


# Partners and agents


async def test_a_partner_is_registered_listed_and_shown() -> None:
    async with world() as at:
        registered = await at.http.post("/api/v1/partners", json=PARTNER)
        assert (registered.status_code, registered.json()) == (201, {"stream": "partner-acme", "version": 1})
        shown = await at.http.get("/api/v1/partners/acme")
        assert PARTNER.items() <= shown.json().items()
        assert (shown.json()["stage"], shown.json()["changes"]) == ("found", 1)
        assert (await at.http.get("/api/v1/partners")).json() == {"items": [shown.json()], "next": None}
        assert (await at.http.get("/api/v1/partners/globex")).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"partner_id": "Acme Inc"}, "partner_id"),
        ({"partner_id": "a:b"}, "partner_id"),
        ({"name": ""}, "name"),
        ({"country": "Bosnia"}, "country"),
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"actor": "me"}, "actor"),
    ],
)
async def test_a_partner_that_makes_no_sense_is_refused_by_the_field(change: dict[str, str], field: str) -> None:
    async with world() as at:
        answer = await at.http.post("/api/v1/partners", json=PARTNER | change)
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])
        assert at.service.events == []


async def test_a_taken_id_is_a_conflict_with_the_code_of_the_rule() -> None:
    async with world() as at:
        await at.http.post("/api/v1/partners", json=PARTNER)
        answer = await at.http.post("/api/v1/partners", json=PARTNER | {"name": "Globex"})
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/partner_exists")


async def test_agents_are_named_and_found_by_partner_and_team() -> None:
    async with world() as at:
        at.service.events += [AgentRegistered(partner_id="acme", agent=n) for n in ("1", "2")]
        at.service.events += [AgentRegistered(partner_id="globex", agent="1")]
        named = {"partner_id": "acme", "agent": "2", "name": "Ana", "team": "Blue"}
        assert (await at.http.post("/api/v1/agents", json=named)).status_code == 201

        async def found(query: str) -> list[tuple[str, str]]:
            items = (await at.http.get(f"/api/v1/agents?{query}")).json()["items"]
            return [(item["partner_id"], item["agent"]) for item in items]

        assert await found("") == [("acme", "1"), ("acme", "2"), ("globex", "1")]
        assert await found("partner=acme") == [("acme", "1"), ("acme", "2")]
        assert await found("partner=acme&team=Blue") == [("acme", "2")]
        first = (await at.http.get("/api/v1/agents?limit=2")).json()
        assert len(first["items"]) == 2
        assert await found(f"limit=2&cursor={first['next']}") == [("globex", "1")]
        assert (await at.http.get("/api/v1/agents?limit=0")).status_code == 422


# Sources


async def test_a_source_is_set_up_with_its_secret_in_the_vault_only() -> None:
    async with world() as at:
        answer = await at.http.post("/api/v1/sources", json=TWILIO)
        ready = answer.json()
        assert answer.status_code == 201
        assert ready["ingest_url"] == "https://calls.example/v1/in/tw-1"
        (credential,) = ready["credentials"]
        assert set(credential) == {"id", "scheme"}, "a secret that was given is not repeated"
        assert await secret_of(at, "tw-1", credential["id"]) == "a-twilio-token"
        configured, issued = at.service.events
        assert isinstance(configured, SourceConfigured)
        assert configured.settings.public_url == "https://calls.example/v1/in/tw-1"
        assert issued == CredentialIssued(
            source_id="tw-1", credential_id=credential["id"], scheme="twilio-signature", partner_id="acme"
        )
        shown = await at.http.get("/api/v1/sources/tw-1")
        listed = await at.http.get("/api/v1/sources?partner=acme")
        assert shown.json()["credentials"] == {"twilio-signature": [credential["id"]]}
        assert listed.json()["items"] == [shown.json()]
        everything = shown.text + listed.text + answer.text + msgspec.json.encode(at.service.events).decode()
        assert "a-twilio-token" not in everything


async def test_a_source_proved_by_its_transport_gets_a_key_that_is_shown_once() -> None:
    async with world() as at:
        answer = await at.http.post("/api/v1/sources", json=RECORDS)
        assert answer.headers["cache-control"] == "no-store"
        (credential,) = answer.json()["credentials"]
        assert credential["scheme"] == "bearer"
        stored = await secret_of(at, "ac-1", credential["id"])
        assert stored == hashlib.sha256(credential["key"].encode()).hexdigest(), "enough to know it again"
        assert len(credential["key"]) > 40
        assert credential["key"] not in (await at.http.get("/api/v1/sources/ac-1")).text
        changed = RECORDS["settings"] | {"day_zone": "Europe/Sarajevo"}
        again = await at.http.post("/api/v1/sources", json=RECORDS | {"settings": changed})
        assert again.json()["credentials"] == [], "it has a key"
        assert (await at.http.get("/api/v1/sources/ac-1")).json()["revision"] == 2


async def test_a_replay_source_gets_a_replay_key_beside_its_platforms_secret() -> None:
    async with world() as at:
        replay = TWILIO | {"settings": TWILIO["settings"] | {"clock": "replay"}}
        credentials = (await at.http.post("/api/v1/sources", json=replay)).json()["credentials"]
        assert [(c["scheme"], "key" in c) for c in credentials] == [("twilio-signature", False), ("replay", True)]
        records = RECORDS | {"settings": RECORDS["settings"] | {"clock": "replay"}}
        credentials = (await at.http.post("/api/v1/sources", json=records)).json()["credentials"]
        assert [(c["scheme"], "key" in c) for c in credentials] == [("bearer", True), ("replay", True)]


async def test_a_replay_source_counts_as_production_only_in_a_demo() -> None:
    async with world(demo=False) as at:
        replay = RECORDS["settings"] | {"clock": "replay"}
        refused = await at.http.post("/api/v1/sources", json=RECORDS | {"settings": replay})
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not_a_demo")
        taken = await at.http.post("/api/v1/sources", json=RECORDS | {"settings": replay | {"counts": "test"}})
        assert taken.status_code == 201


async def test_the_same_request_again_changes_nothing_and_shows_no_key_a_second_time() -> None:
    async with world() as at:
        key = {"idempotency-key": "setup-1"}
        first = await at.http.post("/api/v1/sources", json=RECORDS, headers=key)
        happened = list(at.service.events)
        (shown,) = first.json()["credentials"]
        stored = await secret_of(at, "ac-1", shown["id"])
        again = await at.http.post("/api/v1/sources", json=RECORDS, headers=key)
        assert again.json()["credentials"] == [{"id": shown["id"], "scheme": "bearer"}]
        assert at.service.events == happened
        assert await secret_of(at, "ac-1", shown["id"]) == stored, "the key that was shown goes on counting"


async def test_a_secret_that_counts_already_keeps_its_credential() -> None:
    async with world() as at:
        first = await at.http.post("/api/v1/sources", json=TWILIO)
        happened = list(at.service.events)
        again = await at.http.post("/api/v1/sources", json=TWILIO)
        assert again.json() == first.json()
        assert at.service.events == happened
        await at.http.post("/api/v1/sources", json=TWILIO | {"secrets": {"twilio-signature": ["a-new-token"]}})
        shown = (await at.http.get("/api/v1/sources/tw-1")).json()
        assert len(shown["credentials"]["twilio-signature"]) == 2, "the old one counts until it is revoked"


async def test_a_refused_source_leaves_no_secret_behind() -> None:
    async with world() as at:
        await at.http.post("/api/v1/sources", json=TWILIO)
        kept = len(await _secrets(at))
        theirs = TWILIO | {"settings": TWILIO["settings"] | {"partner": "globex"}, "secrets": {"bearer": ["x"]}}
        refused = await at.http.post("/api/v1/sources", json=theirs)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/source_of_another_partner")
        assert len(await _secrets(at)) == kept
        refused = await at.http.post("/api/v1/sources/none/credentials", json={"scheme": "bearer"})
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/unknown_source")
        assert len(await _secrets(at)) == kept


async def _secrets(at: World) -> list[str]:
    documents: Any = at.vault._documents
    return [*documents.collections["vault_secrets"]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"time_zone": "Mars/Olympus"}, "settings.time_zone"),
        ({"day_zone": "Mars/Olympus"}, "settings.day_zone"),
        ({"connector": ""}, "settings.connector"),
        ({"partner": "Acme:1"}, "settings.partner"),
        ({"public_url": "ftp://calls.example"}, "settings.public_url"),
        ({"clock": "fast"}, "settings.clock"),
    ],
)
async def test_settings_that_make_no_sense_are_refused_by_the_field(change: dict[str, str], field: str) -> None:
    async with world() as at:
        answer = await at.http.post("/api/v1/sources", json=TWILIO | {"settings": TWILIO["settings"] | change})
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])
        assert at.service.events == []
        assert await _secrets(at) == []


@pytest.mark.parametrize("source_id", ["", "a/b", "a b", "../x", ".x", "x" * 64])
async def test_an_id_that_does_not_fit_into_an_address_is_refused(source_id: str) -> None:
    async with world() as at:
        assert (await at.http.post("/api/v1/sources", json=TWILIO | {"id": source_id})).status_code == 422


# Rotation


async def test_a_credential_is_rotated_by_issuing_and_then_revoking() -> None:
    async with world() as at:
        (old,) = (await at.http.post("/api/v1/sources", json=RECORDS)).json()["credentials"]
        new = (await at.http.post("/api/v1/sources/ac-1/credentials", json={"scheme": "bearer"})).json()
        assert new["key"] != old["key"]
        assert await secret_of(at, "ac-1", new["id"]) == hashlib.sha256(new["key"].encode()).hexdigest()
        for _ in range(2):
            assert (await at.http.delete(f"/api/v1/sources/ac-1/credentials/{old['id']}")).status_code == 204
        assert await secret_of(at, "ac-1", old["id"]) is None
        assert at.service.events[-1] == CredentialRevoked(source_id="ac-1", credential_id=old["id"], partner_id="acme")
        assert (await at.http.get("/api/v1/sources/ac-1")).json()["credentials"] == {"bearer": [new["id"]]}
        unknown = await at.http.delete("/api/v1/sources/ac-1/credentials/none")
        assert (unknown.status_code, unknown.json()["type"]) == (409, "/problems/unknown_credential")


async def test_only_the_secrets_that_are_ours_to_make_are_made() -> None:
    async with world() as at:
        await at.http.post("/api/v1/sources", json=TWILIO)
        path = "/api/v1/sources/tw-1/credentials"
        made = (await at.http.post(path, json={"scheme": "standard-webhooks"})).json()
        assert made["key"].startswith("whsec_")
        for scheme in ("bearer", "api-key-header", "header-token", "query-key", "hmac-sha256"):
            made = (await at.http.post(path, json={"scheme": scheme})).json()
            assert made["key"].startswith("tls_")
        for scheme in ("basic", "body-token"):
            assert (await at.http.post(path, json={"scheme": scheme})).status_code == 422
        refused = await at.http.post(path, json={"scheme": "twilio-signature"})
        assert [error["field"] for error in refused.json()["errors"]] == ["secret"]
        given = await at.http.post(path, json={"scheme": "twilio-signature", "secret": "a-new-token"})
        assert given.status_code == 201
        assert "key" not in given.json()
        assert await secret_of(at, "tw-1", given.json()["id"]) == "a-new-token"


# Who may


async def test_a_viewer_reads_and_changes_nothing() -> None:
    async with world() as at:
        await at.http.post("/api/v1/sources", json=TWILIO)
        happened = list(at.service.events)
        viewer = await at.as_role("supervisor")
        assert (await at.http.get("/api/v1/sources/tw-1", headers=viewer)).status_code == 200
        for method, path, content in (
            ("POST", "/api/v1/partners", PARTNER),
            ("POST", "/api/v1/agents", {"partner_id": "acme", "agent": "1"}),
            ("POST", "/api/v1/sources", RECORDS),
            ("POST", "/api/v1/sources/tw-1/credentials", {"scheme": "bearer"}),
            ("DELETE", "/api/v1/sources/tw-1/credentials/c1", None),
        ):
            assert (await at.http.request(method, path, json=content, headers=viewer)).status_code == 403
        assert at.service.events == happened


async def test_who_sees_one_partner_sees_and_changes_nothing_of_another() -> None:
    async with world() as at:
        await at.http.post("/api/v1/partners", json=PARTNER)
        await at.http.post("/api/v1/sources", json=TWILIO)
        await at.http.post("/api/v1/agents", json={"partner_id": "acme", "agent": "1"})
        theirs, ours = await at.as_role("admin", "globex"), await at.as_role("admin", "acme")
        for path in ("partners", "sources", "agents", "sources?partner=acme", "agents?partner=acme"):
            assert (await at.http.get(f"/api/v1/{path}", headers=theirs)).json()["items"] == []
            assert len((await at.http.get(f"/api/v1/{path}", headers=ours)).json()["items"]) == 1
        happened = list(at.service.events)
        (credential,) = (await at.http.get("/api/v1/sources/tw-1")).json()["credentials"]["twilio-signature"]
        for method, path, content in (
            ("GET", "/api/v1/partners/acme", None),
            ("GET", "/api/v1/sources/tw-1", None),
            ("POST", "/api/v1/partners", PARTNER),
            ("POST", "/api/v1/agents", {"partner_id": "acme", "agent": "1", "name": "Ana"}),
            ("POST", "/api/v1/sources", RECORDS),
            ("POST", "/api/v1/sources/tw-1/credentials", {"scheme": "bearer"}),
            ("DELETE", f"/api/v1/sources/tw-1/credentials/{credential}", None),
        ):
            assert (await at.http.request(method, path, json=content, headers=theirs)).status_code == 404
        assert at.service.events == happened
        mine = await at.http.post("/api/v1/sources/tw-1/credentials", json={"scheme": "bearer"}, headers=ours)
        assert mine.status_code == 201

"""Announcements: each reader finds what is for them in a language that they read, and reads it once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from services.partners.domain.announcement import (
    ConfirmReading,
    PublishAnnouncement,
    WithdrawAnnouncement,
    announcement,
    receipts,
)
from services.partners.domain.announcing import Recipient, chosen, end_of, is_for, missing, speaks
from services.partners.events import ContactNamed
from services.partners.events.support import (
    Addressed,
    AnnouncementPublished,
    AnnouncementRead,
    AnnouncementWithdrawn,
    Words,
)
from services.partners.views.announcements import announcements
from services.partners.views.announcements import receipts as receipts_view
from shared.contracts.partners import AgentRegistered, PartnerRegistered
from tests.spec import given, seen
from tests.unit.partners.service import World, world

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TEXTS = {"en": Words("New prices", "From Monday on."), "de": Words("Neue Preise", "Ab Montag.")}
PUBLISH = PublishAnnouncement(announcement_id="ann-1", texts=TEXTS, fallback="en", at=AT, by="boss")
PUBLISHED = AnnouncementPublished(
    announcement_id="ann-1", texts=TEXTS, fallback="en", addressed=Addressed(), publish_at=AT, at=AT, by="boss"
)
READ = AnnouncementRead(announcement_id="ann-1", partner_id="acme", role="agent", reader="7", at=AT, by="panel")
ANA = Recipient("acme", "lead", "Ana", "Ana", ("hr", "de-AT"))
SEVEN = Recipient("acme", "agent", "7", "Ivo", ("hr",))
NINE = Recipient("globex", "agent", "9", "9")


# Rules


def test_it_is_published_once_with_a_text_for_everybody() -> None:
    given(announcement).when(PUBLISH).then(PUBLISHED)
    given(announcement, PUBLISHED).when(msgspec.structs.replace(PUBLISH, fallback="de")).then_rejected(
        "announcement_exists"
    )
    given(announcement).when(msgspec.structs.replace(PUBLISH, fallback="fr")).then_rejected("no_fallback")
    early = msgspec.structs.replace(PUBLISH, acknowledge_by=date(2026, 3, 1))
    given(announcement).when(early).then_rejected("date_before_publication")
    later = msgspec.structs.replace(PUBLISH, publish_at=AT + timedelta(days=3))
    given(announcement).when(later).then(msgspec.structs.replace(PUBLISHED, publish_at=AT + timedelta(days=3)))


def test_it_can_be_withdrawn_and_numbers_in_it_are_masked() -> None:
    number = {"en": Words("Call +385 91 234 5678", "or 0912345678")}
    (event,) = given(announcement).when(msgspec.structs.replace(PUBLISH, texts=number)).events
    assert event.texts == {"en": Words("Call [number]", "or [number]")}
    withdraw = WithdrawAnnouncement(announcement_id="ann-1", reason="The number 0912345678.", at=AT, by="boss")
    withdrawn = AnnouncementWithdrawn(announcement_id="ann-1", reason="The number [number].", at=AT, by="boss")
    given(announcement, PUBLISHED).when(withdraw).then(withdrawn)
    given(announcement).when(withdraw).then_rejected("unknown_announcement")


def test_who_has_read_it_has_read_it_once() -> None:
    confirm = ConfirmReading(announcement_id="ann-1", partner_id="acme", role="agent", reader="7", at=AT, by="panel")
    given(receipts).when(confirm).then(READ)
    given(receipts, READ).when(msgspec.structs.replace(confirm, at=AT + timedelta(hours=1))).then()
    other = msgspec.structs.replace(confirm, role="lead")
    given(receipts, READ).when(other).then(msgspec.structs.replace(READ, role="lead"))


# Languages and readers


tags = st.sampled_from(["de", "de-AT", "DE-at-1996", "en", "en-GB", "hr", "sr-Latn-RS"])


@over(st.sets(tags, min_size=1), st.lists(tags), tags)
def test_the_text_is_one_that_there_is_and_of_the_first_language_that_there_is(
    available: set[str], languages: list[str], fallback: str
) -> None:
    tag = chosen(available, languages, fallback)
    assert tag in available | {fallback}
    if languages and languages[0] in available:
        assert tag.lower() == languages[0].lower()
    if not speaks(languages, available):
        assert tag == fallback


@pytest.mark.parametrize(
    ("languages", "tag"),
    [(["de-AT"], "de"), (["fr", "DE"], "de"), (["fr"], "en"), ([], "en"), (["en-US", "de"], "en"), (["d"], "en")],
)
def test_a_variety_reads_what_it_is_a_variety_of(languages: list[str], tag: str) -> None:
    assert chosen(TEXTS, languages, "en") == tag


@pytest.mark.parametrize(
    ("addressed", "readers"),
    [
        (Addressed(), [ANA, SEVEN, NINE]),
        (Addressed(partners=("acme",)), [ANA, SEVEN]),
        (Addressed(roles=("agent",)), [SEVEN, NINE]),
        (Addressed(languages=("de",)), [ANA]),
        (Addressed(languages=("de-DE",)), []),
        (Addressed(partners=("acme",), roles=("agent",), languages=("hr", "de")), [SEVEN]),
    ],
)
def test_it_is_for_those_who_meet_every_part(addressed: Addressed, readers: list[Recipient]) -> None:
    assert [one for one in (ANA, SEVEN, NINE) if is_for(addressed, one)] == readers


@over(
    st.sets(st.sampled_from([ANA, SEVEN, NINE])),
    st.dictionaries(st.sampled_from([ANA, SEVEN, NINE]), st.integers(-3, 6)),
    st.integers(0, 5),
)
def test_everybody_has_read_it_or_is_missing_never_both(
    recipients: set[Recipient], days: dict[Recipient, int], on: int
) -> None:
    day = AT.date() + timedelta(days=on)
    read = {(one.partner_id, one.key): AT + timedelta(days=after) for one, after in days.items()}
    late = missing(recipients, Addressed(), read, day, AT.date() + timedelta(days=2))
    in_time = {one for one in recipients if one in days and AT + timedelta(days=days[one]) < end_of(day)}
    assert {(one.partner_id, one.reader) for one in late} == {(o.partner_id, o.reader) for o in recipients - in_time}
    assert all(one.overdue is (on > 2) for one in late)


def test_a_day_is_over_when_it_is_over_everywhere() -> None:
    assert end_of(date(2026, 3, 2)) == datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def test_views_keep_the_first_receipt_and_the_withdrawal() -> None:
    withdrawn = AnnouncementWithdrawn(announcement_id="ann-1", reason="Wrong.", at=AT, by="boss")
    one, two = seen(announcements, PUBLISHED)["ann-1"], seen(announcements, PUBLISHED, withdrawn)["ann-1"]
    assert (one.withdrawn, two.withdrawn) == (None, "Wrong.")
    assert announcements.merge(one, two) == announcements.merge(two, one) == two
    few = seen(receipts_view, READ)["acme:ann-1"]
    more = seen(receipts_view, READ, msgspec.structs.replace(READ, role="lead"))["acme:ann-1"]
    assert set(more.read) == {"agent/7", "lead/7"}
    assert receipts_view.merge(few, more) == receipts_view.merge(more, few) == more


# Over HTTP


BODY: dict[str, Any] = {
    "texts": {"en": {"title": "New", "body": "x"}, "de": {"title": "Neu", "body": "y"}},
    "fallback": "en",
}


def people(at: World) -> None:
    at.service.events += [
        PartnerRegistered(partner_id="acme", name="Acme"),
        PartnerRegistered(partner_id="globex", name="Globex"),
        ContactNamed(partner_id="acme", name="Ana", email="ana@acme.example", languages=("hr", "de-AT")),
        AgentRegistered(partner_id="acme", agent="7", name="Ivo", languages=("hr",)),
        AgentRegistered(partner_id="globex", agent="9"),
    ]


async def announced(at: World, **more: Any) -> str:
    answer = await at.http.post("/api/v1/announcements", json=BODY | more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_partners_people_find_what_is_published_and_for_them_and_nothing_of_others() -> None:
    async with world() as at:
        people(at)
        acme = await at.as_role("partner", "acme")
        everybody = await announced(at)
        both = await announced(at, addressed={"partners": ["acme", "globex"]})
        await announced(at, addressed={"partners": ["globex"]})
        await announced(at, publish_at="2026-04-01T00:00:00Z")
        gone = await announced(at)
        assert (
            await at.http.post(f"/api/v1/announcements/{gone}/withdrawal", json={"reason": "Wrong."})
        ).status_code == 202
        ours = (await at.http.get("/api/v1/announcements")).json()["items"]
        theirs = await at.http.get("/api/v1/announcements", headers=acme)
        assert len(ours) == 5
        assert {item["id"] for item in theirs.json()["items"]} == {everybody, both}
        assert "globex" not in theirs.text
        for item in ours:
            shown = await at.http.get(f"/api/v1/announcements/{item['id']}", headers=acme)
            receipts_ = await at.http.get(f"/api/v1/announcements/{item['id']}/receipts", headers=acme)
            wanted = 200 if item["id"] in (everybody, both) else 404
            assert (shown.status_code, receipts_.status_code) == (wanted, wanted)
            assert "globex" not in shown.text + receipts_.text
        assert (await at.http.post("/api/v1/announcements", json=BODY, headers=acme)).status_code == 403


async def test_a_reader_gets_their_language_reads_once_and_is_reminded_until_then() -> None:
    async with world() as at:
        people(at)
        acme = await at.as_role("partner", "acme")
        id_ = await announced(at, acknowledge_by="2026-03-05", addressed={"partners": ["acme"]})
        path = f"/api/v1/announcements/{id_}"
        ana = {"partner": "acme", "role": "lead", "reader": "Ana"}
        shown = (await at.http.get(path, params=ana, headers=acme)).json()
        assert (shown["language"], shown["text"]["title"], shown["read_at"]) == ("de", "Neu", None)
        assert (await at.http.get(path, params={"language": "en"}, headers=acme)).json()["language"] == "en"

        async def reminded(on: str, headers: dict[str, str]) -> list[tuple[str, bool]]:
            found = (await at.http.get(f"/api/v1/announcements/reminders?on={on}", headers=headers)).json()["items"]
            return [(row["who"]["reader"], row["who"]["overdue"]) for row in found]

        assert await reminded("2026-03-02", acme) == [("7", False), ("Ana", False)]
        body = {"partner_id": "acme", "role": "lead", "reader": "Ana"}
        for _ in range(2):
            assert (await at.http.post(f"{path}/receipts", json=body, headers=acme)).status_code == 202
        assert sum(isinstance(event, AnnouncementRead) for event in at.service.events) == 1
        assert (await at.http.get(path, params=ana, headers=acme)).json()["read_at"] == "2026-03-02T09:30:00Z"
        assert await reminded("2026-03-06", acme) == [("7", True)]
        assert await reminded("2026-02-28", acme) == []
        assert await reminded("2026-03-06", await at.as_role("partner", "globex")) == []
        kept = (await at.http.get(f"{path}/receipts?on=2026-03-02", headers=acme)).json()
        assert [row["reader"] for row in kept["read"]] == ["lead/Ana"]
        assert [row["reader"] for row in kept["missing"]] == ["7"]


@pytest.mark.parametrize(
    ("reading", "status"),
    [
        ({"partner_id": "acme", "role": "agent", "reader": "9"}, 404),
        ({"partner_id": "globex", "role": "agent", "reader": "9"}, 404),
        ({"partner_id": "acme", "role": "boss", "reader": "7"}, 422),
        ({"partner_id": "acme", "role": "agent", "reader": "7", "at": "2026-01-01"}, 422),
    ],
)
async def test_nobody_reads_for_somebody_else(reading: dict[str, str], status: int) -> None:
    async with world() as at:
        people(at)
        id_ = await announced(at)
        acme = await at.as_role("partner", "acme")
        answer = await at.http.post(f"/api/v1/announcements/{id_}/receipts", json=reading, headers=acme)
        assert answer.status_code == status
        assert not any(isinstance(event, AnnouncementRead) for event in at.service.events)


async def test_what_is_not_published_yet_nobody_has_read() -> None:
    async with world() as at:
        people(at)
        id_ = await announced(at, publish_at="2026-04-01T00:00:00Z", acknowledge_by="2026-04-02")
        body = {"partner_id": "acme", "role": "agent", "reader": "7"}
        assert (await at.http.post(f"/api/v1/announcements/{id_}/receipts", json=body)).status_code == 404
        assert (await at.http.get("/api/v1/announcements/reminders")).json()["items"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"texts": {}}, "texts"),
        ({"texts": {"german": {"title": "a", "body": "b"}}}, "texts"),
        ({"texts": {"en": {"title": "a", "body": "b", "colour": "red"}}}, "texts[...].colour"),
        ({"addressed": {"partners": ["none"]}}, "addressed.partners"),
        ({"addressed": {"people": ["x"]}}, "addressed.people"),
        ({"publish_at": "2026-04-01T00:00:00"}, "publish_at"),
    ],
)
async def test_an_announcement_that_makes_no_sense_is_refused_by_the_field(change: dict[str, Any], field: str) -> None:
    async with world() as at:
        people(at)
        answer = await at.http.post("/api/v1/announcements", json=BODY | change)
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])


async def test_a_reader_is_named_whole() -> None:
    async with world() as at:
        people(at)
        answer = await at.http.get("/api/v1/announcements?partner=acme&role=agent")
        assert answer.json()["errors"][0]["field"] == "reader"
        nobody = await at.http.get("/api/v1/announcements?partner=acme&role=agent&reader=99")
        assert nobody.status_code == 404
        found = (await at.http.get("/api/v1/announcements?partner=acme&role=agent&reader=7")).json()
        assert found == {"items": [], "next": None}

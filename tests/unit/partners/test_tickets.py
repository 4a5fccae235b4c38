"""Tickets: whose turn it is, what is merged, what is told to the partner's file, and who sees which words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from services.partners.domain.partner import NoteFact, partner
from services.partners.domain.process_managers.tickets import note_tickets
from services.partners.domain.sla import POLICY
from services.partners.domain.ticket import (
    AbsorbTicket,
    AddMessage,
    AssignTicket,
    LinkTicket,
    MergeTicket,
    OpenTicket,
    PrioritiseTicket,
    ReopenTicket,
    ResolveTicket,
    UnlinkTicket,
    ticket,
)
from services.partners.events.support import (
    Link,
    MessageAdded,
    TicketAbsorbed,
    TicketAssigned,
    TicketEvent,
    TicketLinked,
    TicketMerged,
    TicketOpened,
    TicketPrioritised,
    TicketReopened,
    TicketResolved,
    TurnPassed,
)
from services.partners.views.tickets import tickets
from shared.contracts.partners import PartnerRegistered
from shared.kernel import Send
from tests.spec import given, published, seen
from tests.unit.partners.service import World, clock, world

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ID = "acme:0123456789ab"
OLDER = "acme:ffffffffffff"
OPEN = OpenTicket(
    ticket_id=ID,
    partner_id="acme",
    subject="No calls come in",
    text="Not one since nine.",
    category="telephony",
    opener="partner",
    at=AT,
    by="Ana",
)
OPENED = TicketOpened(
    ticket_id=ID,
    partner_id="acme",
    subject="No calls come in",
    text="Not one since nine.",
    category="telephony",
    priority="normal",
    opener="partner",
    handled_by="us",
    promise=POLICY["normal"].promise(),
    at=AT,
    by="Ana",
)
RESOLVED = TicketResolved(ticket_id=ID, partner_id="acme", outcome="Done.", side="us", at=AT, by="boss")
MERGED = TicketMerged(ticket_id=ID, partner_id="acme", into=OLDER, at=AT, by="boss")


def says(side: Any, message_id: str = "m1", **more: Any) -> AddMessage:
    return AddMessage(ticket_id=ID, message_id=message_id, side=side, text="Look again.", at=AT, by="x", **more)


def added(side: Any, message_id: str = "m1", internal: bool = False) -> MessageAdded:
    return MessageAdded(
        ticket_id=ID, message_id=message_id, side=side, text="Look again.", internal=internal, at=AT, by="x"
    )


def turn(side: Any) -> TurnPassed:
    return TurnPassed(ticket_id=ID, side=side, at=AT)


# Whose turn it is


def test_a_ticket_is_opened_once_under_the_promise_of_its_priority() -> None:
    given(ticket).when(OPEN).then(OPENED)
    given(ticket, OPENED).when(msgspec.structs.replace(OPEN, subject="Other")).then_rejected("ticket_exists")
    given(ticket).when(says("us")).then_rejected("unknown_ticket")


def test_a_question_stops_the_clock_and_the_answer_starts_it_again() -> None:
    asked = given(ticket, OPENED).when(says("us", asks=True)).then(added("us"), turn("partner"))
    assert asked.state.turn == "partner"
    given(ticket, OPENED, *asked.events).when(says("partner", "m2")).then(added("partner", "m2"), turn("us"))
    given(ticket, OPENED).when(says("us")).then(added("us"))
    given(ticket, OPENED).when(says("partner")).then(added("partner"))


def test_who_asks_out_of_turn_does_not_move_the_clock() -> None:
    given(ticket, OPENED).when(says("partner", asks=True)).then(added("partner"))
    given(ticket, OPENED, turn("partner")).when(says("us", asks=True)).then(added("us"))


def test_what_we_ask_of_a_partner_waits_for_the_partner() -> None:
    ours = msgspec.structs.replace(OPENED, opener="staff", handled_by="partner")
    given(ticket, ours).when(says("partner", asks=True)).then(added("partner"), turn("us"))
    given(ticket, ours, turn("us")).when(says("us")).then(added("us"), turn("partner"))


def test_a_note_is_ours_moves_no_clock_and_can_be_written_when_all_is_done() -> None:
    given(ticket, OPENED).when(says("us", internal=True, asks=True)).then(added("us", internal=True))
    given(ticket, OPENED).when(says("partner", internal=True)).then_rejected("note_of_partner")
    given(ticket, OPENED, RESOLVED).when(says("us", internal=True)).then(added("us", internal=True))


def test_after_it_is_resolved_nothing_is_said_until_it_is_reopened() -> None:
    resolve = ResolveTicket(ticket_id=ID, side="us", outcome="Done.", at=AT, by="boss")
    given(ticket, OPENED).when(resolve).then(RESOLVED)
    given(ticket, OPENED, RESOLVED).when(resolve).then()
    given(ticket, OPENED, RESOLVED).when(says("partner")).then_rejected("ticket_resolved")
    reopen = ReopenTicket(ticket_id=ID, reason="It is back.", at=AT, by="Ana")
    reopened = TicketReopened(
        ticket_id=ID, partner_id="acme", subject="No calls come in", reason="It is back.", at=AT, by="Ana"
    )
    outcome = given(ticket, OPENED, turn("partner"), RESOLVED).when(reopen).then(reopened)
    assert outcome.state.turn == "us"
    given(ticket, OPENED).when(reopen).then()


def test_it_is_given_on_made_more_urgent_and_linked() -> None:
    assign = AssignTicket(ticket_id=ID, assignee="J. Horvat", at=AT, by="boss")
    given(ticket, OPENED).when(assign).then(TicketAssigned(ticket_id=ID, assignee="J. Horvat", at=AT, by="boss"))
    urgent = PrioritiseTicket(ticket_id=ID, priority="urgent", at=AT, by="boss")
    promise = POLICY["urgent"].promise()
    given(ticket, OPENED).when(urgent).then(
        TicketPrioritised(ticket_id=ID, priority="urgent", promise=promise, at=AT, by="boss")
    )
    linked = TicketLinked(ticket_id=ID, link=Link("call", "tw-1:CA1"), holds=True)
    given(ticket, OPENED).when(LinkTicket(ticket_id=ID, kind="call", ref="tw-1:CA1")).then(linked)
    unlink = UnlinkTicket(ticket_id=ID, kind="call", ref="tw-1:CA1")
    given(ticket, OPENED, linked).when(unlink).then(msgspec.structs.replace(linked, holds=False))
    given(ticket, OPENED).when(unlink).then()
    many = [msgspec.structs.replace(linked, link=Link("call", str(n))) for n in range(100)]
    given(ticket, OPENED, *many).when(LinkTicket(ticket_id=ID, kind="report", ref="x")).then_rejected("too_many_links")


# Merging


def merge(into: str = OLDER, opened: datetime = AT - timedelta(hours=1)) -> MergeTicket:
    return MergeTicket(ticket_id=ID, into=into, into_opened_at=opened, at=AT, by="boss")


def test_a_ticket_goes_on_in_an_older_one_of_the_same_partner() -> None:
    outcome = given(ticket, OPENED).when(merge()).then(MERGED)
    given(ticket, OPENED, *outcome.events).when(says("us")).then_rejected("ticket_merged")
    given(ticket, OPENED, MERGED).when(merge("acme:000000000000")).then_rejected("ticket_merged")
    given(ticket, OPENED).when(merge("globex:000000000000")).then_rejected("other_partner")
    given(ticket, OPENED, RESOLVED).when(merge()).then_rejected("ticket_resolved")
    absorbed = TicketAbsorbed(ticket_id=ID, source="acme:999999999999")
    absorb = AbsorbTicket(ticket_id=ID, source="acme:999999999999")
    given(ticket, OPENED).when(absorb).then(absorbed)
    given(ticket, OPENED, MERGED).when(absorb).then(absorbed)


@over(st.lists(st.integers(0, 3), min_size=2, max_size=5), st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4))))
def test_whatever_is_merged_into_what_no_way_leads_back(hours: list[int], wishes: list[tuple[int, int]]) -> None:
    opened = [
        msgspec.structs.replace(OPENED, ticket_id=f"acme:{n:012x}", at=AT + timedelta(hours=hour))
        for n, hour in enumerate(hours)
    ]
    into: dict[str, str] = {}
    for one, two in wishes:
        if one < len(opened) and two < len(opened):
            source, target = opened[one], opened[two]
            wish = MergeTicket(
                ticket_id=source.ticket_id, into=target.ticket_id, into_opened_at=target.at, at=AT, by="boss"
            )
            past = [msgspec.structs.replace(MERGED, into=into[source.ticket_id])] if source.ticket_id in into else []
            for event in given(ticket, source, *past).when(wish).events:
                into[source.ticket_id] = event.into
    for start in into:
        seen_: set[str] = set()
        here = start
        while here in into:
            assert here not in seen_
            seen_.add(here)
            here = into[here]


# The partner's file


def test_an_open_ticket_stands_in_the_partners_file_until_it_is_resolved_or_merged() -> None:
    def note(holds: bool, words: str = "") -> Send:
        return Send(partner, "acme", NoteFact(partner_id="acme", fact="open_ticket", ref=ID, holds=holds, says=words))

    reopened = TicketReopened(ticket_id=ID, partner_id="acme", subject="No calls", reason="Back.", at=AT, by="Ana")
    assert note_tickets.handle(published(OPENED)) == [note(True, "No calls come in")]
    assert note_tickets.handle(published(RESOLVED)) == [note(False)]
    assert note_tickets.handle(published(reopened)) == [note(True, "No calls")]
    absorb = Send(ticket, OLDER, AbsorbTicket(ticket_id=OLDER, source=ID))
    assert note_tickets.handle(published(MERGED)) == [note(False), absorb]


# Customers' numbers


texts = st.sampled_from(["She has +385 91 234 5678.", "card 4111 1111 1111 1111", "0912345678"])


@over(texts, texts)
def test_no_number_gets_into_an_event(one: str, two: str) -> None:
    opened = given(ticket).when(msgspec.structs.replace(OPEN, subject=one, text=two)).events
    commands = [
        msgspec.structs.replace(says("us"), text=one),
        ResolveTicket(ticket_id=ID, side="us", outcome=two, at=AT, by="boss"),
    ]
    events: list[TicketEvent] = [*opened]
    for command in commands:
        events += given(ticket, *opened).when(command).events
    events += given(ticket, *opened, RESOLVED).when(ReopenTicket(ticket_id=ID, reason=one, at=AT, by="A")).events
    assert len(events) == 4
    written = msgspec.json.encode(events).decode()
    assert written.count("[number]") == 6  # the subject is told again when it is reopened
    assert not [number for number in (" 234 ", "1111", "09123456") if number in written]


# The view


def test_the_view_knows_whose_turn_it_was_and_when_it_was_first_answered() -> None:
    later = AT + timedelta(hours=1)
    events = [
        OPENED,
        added("us", internal=True),
        added("partner", "m2"),
        msgspec.structs.replace(added("us", "m3"), at=later),
        turn("partner"),
        RESOLVED,
    ]
    doc = seen(tickets, *events)[ID]
    assert (doc.state, doc.answered_at, doc.outcome) == ("resolved", later, "Done.")
    assert [waited.side for waited in doc.turns] == ["us", "partner", None]
    assert seen(tickets, *events[:5])[ID].state == "waiting"
    assert seen(tickets, OPENED, MERGED)[ID].state == "merged"
    assert seen(tickets, OPENED, RESOLVED)[ID].answered_at == AT
    one, two = seen(tickets, OPENED)[ID], seen(tickets, OPENED, added("us"))[ID]
    assert tickets.merge(one, two) == tickets.merge(two, one) == two


# Over HTTP


MONDAY = {"weekday": 0, "from_minute": 8}
BODY = {"partner_id": "acme", "subject": "No calls come in", "text": "Not one since nine.", "category": "telephony"}


async def opened(at: World, headers: dict[str, str] | None = None, **more: Any) -> str:
    answer = await at.http.post("/api/v1/tickets", json=BODY | more, headers=headers or {})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def at_acme(at: World) -> dict[str, str]:
    at.service.events.append(PartnerRegistered(partner_id="acme", name="Acme"))
    return await at.as_role("partner", "acme")


async def test_a_partners_own_people_open_tickets_and_a_repeat_opens_nothing_twice() -> None:
    async with world() as at:
        partner_ = await at_acme(at)
        once = await opened(at, partner_ | {"idempotency-key": "k1"}, agent="1007")
        again = await opened(at, partner_ | {"idempotency-key": "k1"}, agent="1007")
        assert once == again
        assert await opened(at, {"idempotency-key": "k1"}) != once
        shown = (await at.http.get(f"/api/v1/tickets/{once}", headers=partner_)).json()
        assert (shown["opener"], shown["agent"], shown["state"]) == ("agent", "1007", "open")
        assert shown["resolution"]["promised_s"] == 72 * 3600
        assert shown["resolution"]["due"] == (clock() + timedelta(hours=72)).isoformat().replace("+00:00", "Z")
        assert shown["thread"][0]["text"] == "Not one since nine."


async def test_agents_and_other_partners_open_nothing_and_find_nothing() -> None:
    async with world() as at:
        await at_acme(at)
        ticket_id = await opened(at)
        agent, other = await at.as_role("agent", "acme"), await at.as_role("partner", "globex")
        assert (await at.http.post("/api/v1/tickets", json=BODY, headers=agent)).status_code == 403
        assert (await at.http.post("/api/v1/tickets", json=BODY, headers=other)).status_code == 404
        assert (await at.http.get(f"/api/v1/tickets/{ticket_id}", headers=other)).status_code == 404
        assert (await at.http.get("/api/v1/tickets", headers=other)).json()["items"] == []
        assert (await at.http.get("/api/v1/tickets/figures", headers=other)).json()["items"] == []
        path = f"/api/v1/tickets/{ticket_id}/messages"
        assert (await at.http.post(path, json={"text": "Hello"}, headers=other)).status_code == 404
        assert (await at.http.post("/api/v1/tickets", json=BODY | {"partner_id": "none"})).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"opener": "staff"}, "opener"),
        ({"colour": "red"}, "colour"),
        ({"category": "weather"}, "category"),
        ({"links": [{"kind": "person", "ref": "x"}]}, "links[0].kind"),
        ({"calendar": {"time_zone": "Mars/Olympus", "open": [[0]]}}, "calendar.open[0]"),
        ({"calendar": {"time_zone": "Mars", "open": [MONDAY | {"to_minute": 9}]}}, "calendar.time_zone"),
        ({"calendar": {"time_zone": "UTC", "open": [MONDAY | {"to_minute": 8}]}}, "calendar.open"),
    ],
)  # fmt: skip
async def test_a_ticket_that_makes_no_sense_is_refused_by_the_field(change: dict[str, Any], field: str) -> None:
    async with world() as at:
        await at_acme(at)
        answer = await at.http.post("/api/v1/tickets", json=BODY | change)
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])


async def test_the_calendar_and_who_has_to_act_are_ours_to_say() -> None:
    async with world() as at:
        partner_ = await at_acme(at)
        hours = {"time_zone": "UTC", "open": [{"weekday": 0, "from_minute": 540, "to_minute": 600}]}
        for more in ({"calendar": hours}, {"handled_by": "partner"}):
            assert (await at.http.post("/api/v1/tickets", json=BODY | more, headers=partner_)).status_code == 422
        overlapping = hours | {"open": [*hours["open"], {"weekday": 0, "from_minute": 599, "to_minute": 700}]}
        assert (await at.http.post("/api/v1/tickets", json=BODY | {"calendar": overlapping})).status_code == 422
        ticket_id = await opened(at, calendar=hours, handled_by="partner")
        shown = (await at.http.get(f"/api/v1/tickets/{ticket_id}")).json()
        assert shown["first_response"]["due"] == "2026-04-27T09:30:00Z"  # 8 hours, one a week, the first half gone


async def test_internal_notes_are_shown_to_nobody_of_a_partner_on_any_route() -> None:
    async with world() as at:
        partner_ = await at_acme(at)
        older = await opened(at)
        at.service.events[-1] = msgspec.structs.replace(at.service.events[-1], at=AT - timedelta(days=1))
        ticket_id = await opened(at, partner_, links=[{"kind": "call", "ref": "tw-1:CA1"}])
        for note, to in (("A secret thought", ticket_id), ("Another secret", older)):
            path = f"/api/v1/tickets/{to}/messages"
            answer = await at.http.post(path, json={"text": note, "internal": True})
            assert answer.status_code == 202, answer.text
        said = await at.http.post(f"/api/v1/tickets/{ticket_id}/messages", json={"text": "An open word"})
        assert said.status_code == 202
        merged = await at.http.post(f"/api/v1/tickets/{ticket_id}/merge", json={"into": older})
        assert merged.status_code == 202, merged.text
        at.service.events.append(TicketAbsorbed(ticket_id=older, source=ticket_id))
        paths = [
            f"/api/v1/tickets/{ticket_id}",
            f"/api/v1/tickets/{older}",
            "/api/v1/tickets",
            "/api/v1/tickets?kind=call&ref=tw-1:CA1",
            "/api/v1/tickets/figures",
            "/api/v1/tickets/policy",
            "/api/v1/partners/acme",
        ]
        for path in paths:
            ours, theirs = await at.http.get(path), await at.http.get(path, headers=partner_)
            assert theirs.status_code == ours.status_code == 200
            assert "secret" not in theirs.text, path
            assert (older in path or ticket_id in path) is ("secret" in ours.text), path
        refused = await at.http.post(
            f"/api/v1/tickets/{older}/messages", json={"text": "x", "internal": True}, headers=partner_
        )
        assert refused.json()["type"] == "/problems/note_of_partner"
        shown = (await at.http.get(f"/api/v1/tickets/{ticket_id}", headers=partner_)).json()
        assert (shown["id"], shown["merged"]) == (older, [ticket_id])
        assert [message["text"] for message in shown["thread"]][-1] == "An open word"
        listed = (await at.http.get("/api/v1/tickets?kind=call&ref=tw-1:CA1", headers=partner_)).json()["items"]
        assert [(item["id"], item["merged_into"]) for item in listed] == [(ticket_id, older)]


async def test_only_our_side_assigns_prioritises_and_merges() -> None:
    async with world() as at:
        partner_ = await at_acme(at)
        ticket_id = await opened(at, partner_)
        base = f"/api/v1/tickets/{ticket_id}"
        for method, path, body in (
            ("PUT", "/assignee", {"assignee": "me"}),
            ("PUT", "/priority", {"priority": "urgent"}),
            ("POST", "/merge", {"into": OLDER}),
        ):
            answer = await at.http.request(method, base + path, json=body, headers=partner_)
            assert answer.status_code == 403, path
        assert (await at.http.post(base + "/merge", json={"into": OLDER})).json()["errors"][0]["field"] == "into"
        assert (await at.http.put(base + "/priority", json={"priority": "urgent"})).status_code == 202
        link = {"kind": "invoice", "ref": "R-17"}
        assert (await at.http.post(base + "/links", json=link, headers=partner_)).status_code == 202
        assert (await at.http.get(base)).json()["links"] == [link]
        assert (await at.http.request("DELETE", base + "/links", json=link, headers=partner_)).status_code == 202
        done = await at.http.post(base + "/resolution", json={"outcome": "The line is back."}, headers=partner_)
        assert done.status_code == 202
        shown = (await at.http.get(base)).json()
        assert (shown["state"], shown["links"], shown["priority"]) == ("resolved", [], "urgent")
        assert (
            await at.http.post(base + "/reopening", json={"reason": "Gone again."}, headers=partner_)
        ).status_code == 202
        assert (await at.http.get(base)).json()["reopened"] == ["Gone again."]


async def test_figures_are_by_partner_category_or_priority_and_of_a_range() -> None:
    async with world() as at:
        await at_acme(at)
        ticket_id = await opened(at, priority="urgent")
        await opened(at, category="panel")
        await at.http.post(f"/api/v1/tickets/{ticket_id}/messages", json={"text": "On it."})

        async def rows(query: str) -> list[tuple[str, int, int]]:
            items = (await at.http.get(f"/api/v1/tickets/figures?{query}")).json()["items"]
            return [(row["group"], row["tickets"], row["first_response"]["n"]) for row in items]

        assert await rows("") == [("acme", 2, 1)]
        assert await rows("by=category") == [("panel", 1, 0), ("telephony", 1, 1)]
        assert await rows("by=priority&partner=acme&from=2026-03-02&to=2026-03-03") == [
            ("normal", 1, 0),
            ("urgent", 1, 1),
        ]
        assert await rows("from=2026-03-03&to=2026-03-04") == []
        assert (await at.http.get("/api/v1/tickets/figures?from=2026-03-03")).status_code == 422

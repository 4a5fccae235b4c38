"""Webhooks: who is told of what, by which key, and when an endpoint is told no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st

from services.asyncapi import PUBLICATIONS
from services.gateway.domain.webhooks import (
    CLASSES,
    OVERLAP,
    TOLD,
    ChangeWebhookKey,
    ConfigureWebhook,
    RemoveWebhook,
    ResumeWebhook,
    StopWebhook,
    Webhook,
    WebhookCommand,
    partner_of,
    wants,
    webhook,
)
from services.gateway.events.webhooks import (
    WebhookConfigured,
    WebhookEvent,
    WebhookKeyChanged,
    WebhookRemoved,
    WebhookResumed,
    WebhookStopped,
)
from services.gateway.hooks.telling import message
from services.gateway.views.webhooks import KnownWebhook, webhooks
from shared.codec import classes_of
from shared.contracts.partners import PartnerRegistered, RampCapExceeded
from shared.contracts.training import SessionHeld
from shared.kernel import Recorded, Rejected
from tests.spec import given, seen

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
ID = "wh_0123456789abcdef"
SAID: dict[str, Any] = {"webhook": ID, "at": AT, "by": "mira"}
WANTED: dict[str, Any] = {"name": "warehouse", "url": "https://hooks.example/in", "events": ("MonthAgreed",)}
CONFIGURED = WebhookConfigured(revision=1, **WANTED, **SAID)
KEYED = WebhookKeyChanged(key="k1", **SAID)
REGISTERED = PartnerRegistered(partner_id="acme", name="Acme")


def later(**more: int) -> dict[str, Any]:
    return SAID | {"at": AT + timedelta(**more)}


def test_an_endpoint_has_a_key_from_the_start() -> None:
    given(webhook).when(ConfigureWebhook(**WANTED, **SAID)).then_rejected("no_key")
    given(webhook).when(ConfigureWebhook(key="k1", **WANTED, **SAID)).then(CONFIGURED, KEYED)


def test_the_same_once_more_is_no_new_revision_and_the_order_of_classes_says_nothing() -> None:
    two = WANTED | {"events": ("MonthAgreed", "CallEnded", "MonthAgreed"), "partners": ("zvono", "acme")}
    given(webhook, CONFIGURED, KEYED).when(ConfigureWebhook(**WANTED, **later(hours=1))).then()
    given(webhook, CONFIGURED, KEYED).when(ConfigureWebhook(**two, **later(hours=1))).then(
        WebhookConfigured(
            revision=2,
            **WANTED | {"events": ("CallEnded", "MonthAgreed"), "partners": ("acme", "zvono")},
            **later(hours=1),
        )
    )


def test_what_is_meant_for_another_revision_is_refused_but_a_repeat_is_not() -> None:
    story = given(webhook, CONFIGURED, KEYED)
    other = WANTED | {"name": "other"}
    story.when(ConfigureWebhook(expects=1, **other, **SAID)).then(WebhookConfigured(revision=2, **other, **SAID))
    story.when(ConfigureWebhook(expects=2, **other, **SAID)).then_rejected("changed_meanwhile")
    story.when(ConfigureWebhook(expects=7, **WANTED, **SAID)).then()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"events": ("MonthAgreed", "WebhookConfigured")}, "unknown_event"),
        ({"url": "https://user:word@hooks.example/"}, "bad_address"),
        ({"url": "https://hooks.example:99999/"}, "bad_address"),
        ({"url": "https:///in"}, "bad_address"),
    ],
)
def test_what_no_endpoint_can_be(more: dict[str, Any], code: str) -> None:
    given(webhook).when(ConfigureWebhook(key="k1", **WANTED | more, **SAID)).then_rejected(code)


def test_the_key_before_counts_for_a_day_more_unless_others_know_it() -> None:
    known = given(webhook, CONFIGURED, KEYED)
    known.when(ChangeWebhookKey(key="k2", **later(hours=1))).then(
        WebhookKeyChanged(key="k2", older_until=AT + timedelta(hours=1) + OVERLAP, **later(hours=1))
    )
    known.when(ChangeWebhookKey(key="k2", at_once=True, **later(hours=1))).then(
        WebhookKeyChanged(key="k2", **later(hours=1))
    )


def test_nothing_is_said_of_an_endpoint_that_is_not_there() -> None:
    commands: list[WebhookCommand] = [
        ChangeWebhookKey(key="k2", **SAID), StopWebhook(**SAID), ResumeWebhook(**SAID),
    ]  # fmt: skip
    for command in (*commands, RemoveWebhook(**SAID)):
        given(webhook).when(command).then_rejected("unknown_webhook")
    for command in (*commands, ConfigureWebhook(**WANTED, **SAID)):
        given(webhook, CONFIGURED, KEYED, WebhookRemoved(**SAID)).when(command).then_rejected("removed")


def test_it_is_stopped_once_and_resumed_once() -> None:
    stopped = WebhookStopped(why="failing", message="msg_1", **SAID)
    told = given(webhook, CONFIGURED, KEYED)
    told.when(StopWebhook(why="failing", message="msg_1", **SAID)).then(stopped)
    told.when(ResumeWebhook(**SAID)).then()
    given(webhook, CONFIGURED, KEYED, stopped).when(ResumeWebhook(**SAID)).then(WebhookResumed(**SAID))


def test_every_public_event_may_be_told_and_no_other() -> None:
    assert {one.topic: classes_of(one.events) for one in PUBLICATIONS} == {
        topic: get_args(union) for topic, union in TOLD.items()
    }
    assert not CLASSES.keys() & {kind.__name__ for kind in get_args(WebhookEvent)}


def test_the_partner_of_every_public_event_is_known_but_of_those_that_concern_none() -> None:
    nobodys = {
        kind.__name__
        for union in TOLD.values()
        for kind in get_args(union)
        if not {"partner", "partner_id", "settings"} & set(kind.__struct_fields__)
    }
    assert nobodys == {"ManualPublished", "SessionHeld"}


def test_an_endpoint_of_some_partners_hears_of_no_others_and_not_of_what_concerns_none() -> None:
    held = SessionHeld(session="s", course="c", started_at=AT, minutes=30, invited=3, attended=2, at=AT, by="x")
    classes = ("PartnerRegistered", "SessionHeld")
    whole = WebhookConfigured(revision=1, **WANTED | {"events": classes}, **SAID)
    some = msgspec.structs.replace(whole, partners=("zvono",))
    assert [wants(whole, REGISTERED), wants(whole, held)] == [True, True]
    assert [wants(some, REGISTERED), wants(some, held)] == [False, False]
    assert wants(some, PartnerRegistered(partner_id="zvono", name="Zvono"))
    assert not wants(
        whole, RampCapExceeded(partner_id="acme", phase="first", day="2026-11-02", daily_cap=1, calls=2, at=AT)
    )
    assert partner_of(held) is None


def test_a_message_names_its_event_by_its_place() -> None:
    first = Recorded(origin="partners.relay.1", position=(3, 0), recorded_at=AT, event=REGISTERED)
    back = msgspec.structs.replace(first, position=(4, 0), reverses=("partners.relay.1", (3, 0)))
    told = msgspec.json.decode(message(ID, "tallyline.partners", back, "https://calls.example"))
    assert told["data"]["reverses"] == ["partners.relay.1", [3, 0]]
    assert (told["type"], told["subject"]) == ("tallyline.partners.PartnerRegistered", "acme")
    others = (message(to, "tallyline.partners", first, "https://calls.example") for to in (ID, "wh_1"))
    assert len({told["id"], *(msgspec.json.decode(other)["id"] for other in others)}) == 3


def known(*events: WebhookEvent) -> KnownWebhook:
    (doc,) = seen(webhooks, *events).values()
    return doc


def test_a_view_knows_what_was_told_when_and_by_which_keys() -> None:
    changed = WebhookConfigured(revision=2, **WANTED | {"name": "other"}, **later(hours=3))
    until = AT + timedelta(hours=26)
    doc = known(
        CONFIGURED,
        KEYED,
        WebhookStopped(why="by_hand", **later(hours=1)),
        WebhookResumed(**later(hours=2)),
        WebhookKeyChanged(key="k2", older_until=until, **later(hours=2)),
        changed,
    )
    assert doc.told_at(AT - timedelta(seconds=1)) is None
    assert doc.told_at(AT) == CONFIGURED
    assert doc.told_at(AT + timedelta(hours=1)) is None
    assert doc.told_at(AT + timedelta(hours=2)) == CONFIGURED
    assert doc.told_at(AT + timedelta(hours=4)) == changed
    assert doc.keys_at(until - timedelta(seconds=1)) == ["k2", "k1"]
    assert doc.keys_at(until) == ["k2"]
    assert doc.stopped is None


STEPS = st.lists(st.sampled_from(["configure", "other", "key", "key now", "stop", "resume", "remove"]), max_size=12)


@whatever(STEPS)
def test_the_view_says_what_the_aggregate_holds(steps: list[str]) -> None:
    state, events, at = Webhook(), list[WebhookEvent](), AT
    for number, step in enumerate(("configure", *steps)):
        at += timedelta(hours=7)
        said: dict[str, Any] = {"webhook": ID, "at": at, "by": "mira"}
        commands: dict[str, WebhookCommand] = {
            "configure": ConfigureWebhook(key="k", **WANTED, **said),
            "other": ConfigureWebhook(**WANTED | {"name": str(number)}, **said),
            "key": ChangeWebhookKey(key=f"k{number}", **said),
            "key now": ChangeWebhookKey(key=f"k{number}", at_once=True, **said),
            "stop": StopWebhook(**said),
            "resume": ResumeWebhook(**said),
            "remove": RemoveWebhook(**said),
        }
        if state.removed and step != "remove":
            with pytest.raises(Rejected, match="removed"):
                webhook.decide(commands[step], state)
            continue
        new = webhook.decide(commands[step], state)
        for event in new:
            state = webhook.evolve(state, event)
        events += new
    doc = known(*events)
    assert doc.configured == state.configured
    assert doc.removed == state.removed
    assert (doc.stopped is not None) == (state.stopped and not state.removed)
    assert doc.keys_at(at)[0] == state.key
    assert len(doc.keys_at(at)) <= 2
    assert doc.keys_at(at + OVERLAP) == [state.key]
    assert (doc.told_at(at) is None) == (state.stopped or state.removed)

"""VICIdial: results that end and correct, screens that name no call, rows of the report that fill in."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from services.calls.connectors.base import Delivery, Unreadable
from services.calls.connectors.vicidial import vicidial
from shared.contracts.partners import SourceSettings
from tests.unit.calls.connectors.messages import NOW, Messages, delivery, is_authentic, kinds, only
from tests.unit.calls.connectors.replay import FIXTURES, load

SETTINGS = SourceSettings(
    connector="vicidial",
    partner="p",
    time_zone="Europe/London",
    dispositions={"SALE": "sale", "NI": "not_interested", "XFER": "transferred", "AFTHRS": "out_of_hours"},
    sale_on=("sale",),
    agent_states={"state_ready": "available", "state_paused": "break", "dispo_screen_open": "wrap_up"},
)
DIALLER = Messages(vicidial, SETTINGS)
CALL = "M4010855000000100101"
BEGAN = int(NOW.timestamp()) - 600


def url(kind: str, at: datetime = NOW, /, **fields: Any) -> Delivery:
    sent = {name: value for name, value in fields.items() if value is not None}
    return delivery(at=at, rest=f"/{kind}?key=right&{urlencode(sent)}", method="GET")


def start(user: str | None = "6601", seconds: int = 0, **more: Any) -> Delivery:
    about: dict[str, Any] = {
        "call_id": CALL,
        "lead_id": 100101,
        "phone_code": 44,
        "phone_number": "7700900151",
        "campaign": "SPRING",
    }
    return url("start", **(about | {"user": user, "epoch": BEGAN + seconds} | more))


def dispo(status: str | None = "NI", user: str = "6601", seconds: int = 100, **more: Any) -> Delivery:
    about: dict[str, Any] = {
        "call_id": CALL,
        "lead_id": 100101,
        "dispo": status,
        "talk_time": 80,
        "term_reason": "CALLER",
    }
    return url("dispo", **(about | {"user": user, "epoch": BEGAN + seconds} | more))


def screen(event: str, seconds: int = 50, user: str = "6601", lead: int = 100101, **more: Any) -> Delivery:
    at = datetime.fromtimestamp(BEGAN + seconds, UTC)
    return url("agent", at, user=user, event=event, lead_id=lead, **more)


HEADER = "\t".join(
    (
        *("call_date", "phone_number_dialed", "status", "user", "campaign_id"),
        *("phone_code", "phone_number", "length_in_sec", "alt_dial", "lead_id"),
    )
)


def report(*rows: tuple[Any, ...], header: str = HEADER) -> Delivery:
    lines = [header, *("\t".join(map(str, row)) for row in rows)]
    sent = delivery("".join(f"{line}\r\n" for line in lines).encode())
    return Delivery(sent.method, sent.url, sent.headers, sent.body, NOW, {"kind": "report"})


def row(when: str, status: str = "NI", user: str = "6601", length: Any = 240, queue: Any = "MAIN") -> tuple[Any, ...]:
    return when, "7700900151", status, user, "SPRING", "44", "7700900151", length, queue, 100101


def local(seconds: int) -> str:
    return f"{datetime.fromtimestamp(BEGAN + seconds, UTC) + timedelta(hours=1):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("rest", "passes"),
    [
        ("?key=right", True),
        ("?a=b&key=right", True),
        ("?key=wrong", False),
        ("?key=", False),
        ("?key=wrong&key=right", False),
        ("?other=right", False),
        ("?key=%ff", False),
        ("?" + "a=1&" * 600 + "key=right", False),
        ("", False),
    ],
)
def test_the_key_stands_in_the_query(rest: str, passes: bool) -> None:
    assert is_authentic(vicidial, SETTINGS, delivery(rest=rest), query_key="right") is passes


def test_a_report_needs_the_bearer_key() -> None:
    sent = report(row(local(0)))
    assert not is_authentic(vicidial, SETTINGS, sent, bearer="right", query_key="right")
    shown = Delivery(sent.method, sent.url, {"authorization": "Bearer right"}, sent.body, NOW, sent.meta)
    assert is_authentic(vicidial, SETTINGS, shown, bearer="right")


def test_neither_the_key_nor_the_agents_password_is_stored() -> None:
    sent = url("start", call_id=CALL, lead_id=100101, user="6601", **{"pass": "agents-secret"})
    (item,) = vicidial.split(sent, SETTINGS).slices
    assert b"right" not in item.raw
    assert b"agents-secret" not in item.raw
    assert item.correlation == "lead:100101"


def test_a_result_ends_its_call_after_the_talk_in_any_order() -> None:
    for order in itertools.permutations([start(), dispo(), screen("park_started"), screen("park_retrieved", 60)]):
        found = DIALLER.together(order)
        assert kinds(found) == ["CallAnswered", "CallHeld", "CallResumed", "CallEnded", "CallDispositioned"]
        assert {(o.call, o.leg) for o in found} == {(CALL, f"{CALL}/6601")}
        end, result = found[3:]
        assert (end.at, end.data["ended_by"]) == (datetime.fromtimestamp(BEGAN + 80, UTC), "customer")
        assert result.data["wrap_ms"] == 20_000


def test_another_result_later_is_a_correction_and_no_second_end() -> None:
    found = DIALLER.together([start(), dispo("NI"), dispo("SALE", seconds=150), dispo("SALE", seconds=160)])
    assert kinds(found) == ["CallAnswered", "CallEnded", "CallDispositioned", "CallDispositioned", "SaleRecorded"]
    results = [o.data for o in found if o.kind == "CallDispositioned"]
    assert [(r["native"], r["corrected"], r["wrap_ms"]) for r in results] == [
        ("NI", False, 20_000),
        ("SALE", True, None),
    ]


def test_a_sale_that_is_taken_back_and_made_again_is_one_sale() -> None:
    found = DIALLER.together([start(), dispo("SALE"), dispo("NI", seconds=120), dispo("SALE", seconds=140)])
    assert only(found, "SaleRecorded").at == datetime.fromtimestamp(BEGAN + 100, UTC)


def test_a_result_before_the_talk_was_over_has_no_wrap_up() -> None:
    found = DIALLER.together([start(), dispo(seconds=70)])
    result = only(found, "CallDispositioned")
    assert (result.data["wrap_ms"], result.flags) == (0, ("negative_duration",))
    assert only(found, "CallEnded").flags == ()


def test_a_negative_talk_is_none_and_flagged() -> None:
    end = only(DIALLER.together([start(), dispo(talk_time=-5)]), "CallEnded")
    assert (end.at, end.flags) == (datetime.fromtimestamp(BEGAN, UTC), ("negative_duration",))


def test_a_result_without_talk_ends_nothing() -> None:
    assert kinds(DIALLER.together([start(), dispo(talk_time="")])) == ["CallAnswered", "CallDispositioned"]


def test_a_call_of_whose_answer_nobody_told_is_over_with_its_result() -> None:
    end, result = DIALLER.together([dispo()])
    assert (end.at, end.kind, result.data["wrap_ms"]) == (result.at, "CallEnded", None)


def test_a_transferred_call_goes_on_with_the_next_agent() -> None:
    found = DIALLER.together(
        [
            start(),
            dispo("XFER", term_reason="AGENT"),
            screen("transfer_local_closer", 85, message="CLOSERS"),
            start("6602", 90),
            dispo("NI", "6602", 200),
        ]
    )
    ends = [(o.agent, o.data["scope"], o.data["reason"]) for o in found if o.kind == "CallEnded"]
    assert ends == [("6601", "leg", "transferred"), ("6602", "call", "completed")]
    handed = only(found, "CallTransferred")
    assert (handed.agent, handed.data) == ("6601", {"mode": "blind", "to": "CLOSERS", "to_kind": "queue"})


def test_a_screen_belongs_to_the_call_that_its_agent_took_last() -> None:
    other = "M4010902000000100101"
    deliveries = [
        start(),
        start("6602", 10),
        start(seconds=300, call_id=other),
        screen("park_started", 50),
        screen("park_started", 350, counter=9),
        screen("park_started", 60, user="6602"),
        screen("park_started", 70, user="6699"),
    ]
    held = [(o.call, o.agent) for o in DIALLER.together(deliveries) if o.kind == "CallHeld"]
    assert held == [(CALL, "6601"), (CALL, "6602"), (other, "6601")]


def test_a_screen_before_any_call_belongs_to_the_first_that_follows() -> None:
    assert only(DIALLER.together([start(), screen("park_started", -2)]), "CallHeld").call == CALL


def test_a_second_copy_of_a_screens_event_says_nothing_new() -> None:
    deliveries = [start(), screen("park_started", 50, counter=3), screen("park_started", 52, counter=3)]
    assert kinds(DIALLER.together(deliveries)) == ["CallAnswered", "CallHeld"]
    again = [start(), screen("park_started", 50, counter=3), screen("park_started", 90, counter=3)]
    assert kinds(DIALLER.together(again)) == ["CallAnswered", "CallHeld", "CallHeld"]


@pytest.mark.parametrize(
    ("status", "reason", "ended_by"),
    [
        ("DROP", "abandoned", "customer"),
        ("PDROP", "abandoned", "customer"),
        ("NA", "no-answer", "system"),
        ("N", "no-answer", "system"),
        ("AB", "busy", "system"),
        ("B", "busy", "system"),
        ("AFTHRS", "out-of-hours", "system"),
        ("NEW", "failed", "system"),
    ],
)
def test_why_a_call_reached_no_agent(status: str, reason: str, ended_by: str) -> None:
    sent = url(
        "noagent", call_id="Y4010855000000100102", lead_id=100102, status=status, epoch=BEGAN, phone_number="+4477"
    )
    end, result = DIALLER.together([sent])
    assert (end.data["reason"], end.data["ended_by"], end.data["direction"]) == (reason, ended_by, "inbound")
    assert (end.customer, result.customer, end.leg, end.agent) == ("+4477", None, end.call, None)


@pytest.mark.parametrize(
    ("call", "way"), [("Y1", "inbound"), ("J1", "inbound"), ("V1", "outbound"), ("M1", "outbound"), ("DC1", "unknown")]
)
def test_the_letter_of_the_call_tells_its_direction(call: str, way: str) -> None:
    (answer,) = DIALLER.together([start(call_id=call)])
    assert answer.data["direction"] == way


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({}, "+447700900151"),
        ({"phone_code": None}, "7700900151"),
        ({"phone_code": "x"}, "7700900151"),
        ({"phone_number": None}, None),
        ({"phone_number": "anonymous"}, None),
    ],
)
def test_the_customers_number_has_the_code_of_its_country(fields: dict[str, Any], number: str | None) -> None:
    (answer,) = DIALLER.together([start(**fields)])
    assert answer.customer == number


@pytest.mark.parametrize(
    ("sent", "verdict"),
    [
        (screen("state_ready", lead=0), "accepted"),
        (screen("dispo_screen_open"), "accepted"),
        (screen("transfer_panel_open", lead=0), "ignored"),
        (screen("time_sync"), "ignored"),
        (screen("park_started", lead=0), "ignored"),
        (screen("levitating"), "unknown"),
        (url("elsewhere", a="b"), "unknown"),
    ],
)
def test_the_verdict_on_a_url(sent: Delivery, verdict: str) -> None:
    assert DIALLER.read(sent).verdict == verdict


def test_only_a_pause_has_a_reason() -> None:
    found = DIALLER.together(
        [screen("state_ready", 1, lead=0, message="READY"), screen("state_paused", 2, lead=0, message="Oběd")]
    )
    assert [(o.data["state"], o.data["reason"], o.flags) for o in found] == [
        ("available", None, ("no_vendor_time",)),
        ("break", "Oběd", ("no_vendor_time",)),
    ]


def test_times_ahead_of_ours_and_times_that_there_are_not() -> None:
    ahead = int(NOW.timestamp()) + 3
    (answer,) = DIALLER.together([start(epoch=ahead)])
    assert answer.flags == ("clock_skew",)
    (bare,) = DIALLER.together([start(epoch=None)])
    assert (bare.at, bare.flags) == (NOW, ("no_vendor_time",))


@pytest.mark.parametrize(
    "sent",
    [
        start(call_id=None),
        start(lead_id=None),
        start(lead_id=0),
        start(user=None),
        start(epoch="soon"),
        start(epoch=10**14),
        start(campaign="--A--campaign--B--"),
        start(call_id="x" * 300),
        dispo(None),
        url("noagent", lead_id=1),
        url("agent", user="6601"),
        url("agent", event="state_ready", lead_id=0),
    ],
)
def test_a_url_that_lacks_what_it_is_for_is_unreadable(sent: Delivery) -> None:
    with pytest.raises(Unreadable):
        DIALLER.together([sent])


def test_a_query_that_is_not_utf8_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        DIALLER.together([delivery(rest="/start?key=right&call_id=%ff", method="GET")])


# The report


def test_a_row_of_a_call_that_a_url_told_adds_nothing() -> None:
    deliveries = [start(), dispo(), report(row(local(-2)))]
    for order in itertools.permutations(deliveries):
        assert kinds(DIALLER.together(order)) == ["CallAnswered", "CallEnded", "CallDispositioned"]


def test_a_row_of_a_call_of_which_nobody_told_tells_all_of_it() -> None:
    found = DIALLER.together([report(row(local(-7200), "SALE"))])
    assert kinds(found) == ["CallStarted", "CallAnswered", "CallEnded", "CallDispositioned", "SaleRecorded"]
    began = datetime.fromtimestamp(BEGAN - 7200, UTC)
    assert (found[0].at, found[2].at) == (began, began + timedelta(seconds=240))
    assert {o.call for o in found} == {f"report-100101-{BEGAN - 7200}"}
    assert (found[0].customer, found[0].data["direction"], found[0].data["campaign"]) == (
        "+447700900151",
        "outbound",
        "SPRING",
    )


def test_an_inbound_row_waited_before_its_agent_answered() -> None:
    found = DIALLER.together([report(row(local(-7200), queue=25))])
    assert (found[0].data["direction"], found[0].data["phase"]) == ("inbound", "queued")
    assert only(found, "CallAnswered").at - found[0].at == timedelta(seconds=25)


def test_a_row_of_nobody_was_not_answered() -> None:
    found = DIALLER.together([report(row(local(-7200), "NA", "VDAD", 30))])
    assert kinds(found) == ["CallStarted", "CallEnded", "CallDispositioned"]
    assert found[1].data["reason"] == "no-answer"


def test_a_row_that_names_its_call_is_found_by_it() -> None:
    header = HEADER + "\tcaller_code"
    deliveries = [start(), report((*row(local(-9000)), CALL), header=header)]
    assert kinds(DIALLER.together(deliveries)) == ["CallAnswered"]
    found = DIALLER.together([start(), report((*row(local(0)), "V4010855010000100101"), header=header)])
    assert {o.call for o in found} == {CALL, "V4010855010000100101"}


def test_in_the_hour_that_comes_twice_the_channels_epoch_tells_which() -> None:
    header = HEADER + "\tuniqueid"
    second = int(datetime(2026, 10, 25, 1, 30, tzinfo=UTC).timestamp())
    rows = [
        (*row("2026-10-25 01:30:00"), f"dialler-{second}.7"),
        (*row("2026-10-25 01:30:00"), ""),
        (*row("2026-03-29 01:30:00"), ""),  # a time that there was not
    ]
    starts = [DIALLER.together([report(one, header=header)])[0] for one in rows]
    assert [s.at.hour for s in starts] == [1, 0, 1]
    assert ["ambiguous_local_time" in s.flags for s in starts] == [True, True, False]


@pytest.mark.parametrize(
    "sent",
    [
        report(row("yesterday")),
        report(row("")),
        report(row(local(0), length="")),
        report(row(local(0), length=-1)),
        report(row(local(0), length=10**14)),
        report(row(local(0))[:-1]),
        report((*row(local(0))[:-1], 0)),
        report(row(local(0)), header="a\tb"),
        report(row(local(0)), header=HEADER.replace("status", "user")),
        report(header=""),
    ],
)
def test_a_report_that_is_none_is_unreadable(sent: Delivery) -> None:
    with pytest.raises(Unreadable):
        DIALLER.together([sent])


def test_a_report_may_be_empty_and_names_in_it_may_be_in_any_script() -> None:
    assert vicidial.split(report(), SETTINGS).slices == ()
    header = HEADER + "\tfull_name"
    (item,) = vicidial.split(report((*row(local(0)), "Željka 😀"), header=header), SETTINGS).slices
    assert "full_name" not in item.context["columns"]
    assert quote("Željka 😀") not in item.correlation


def test_a_months_report_beside_its_urls_tells_of_the_one_call_that_none_told() -> None:
    fixtures = load(FIXTURES / "vicidial")
    content = (FIXTURES / "vicidial" / "report.tsv").read_bytes()
    late = Delivery("POST", "", {}, content, NOW, {"kind": "report"})
    messages = Messages(vicidial, fixtures.settings)
    by_lead: dict[str, list[Delivery]] = {}
    for _, sent in fixtures.deliveries:
        for part in vicidial.split(sent, fixtures.settings).slices:
            by_lead.setdefault(part.correlation, []).append(sent)
    lead_of = {part.correlation: part for part in vicidial.split(late, fixtures.settings).slices}
    assert set(lead_of) == {f"lead:{lead}" for lead in (100101, 100103, 100104, 100109)}
    for lead, part in lead_of.items():
        row = vicidial.read(part, fixtures.settings, NOW).notes
        told = [note for sent in by_lead.get(lead, []) for note in messages.read(sent).notes]
        with_row, without = (vicidial.translate(some, fixtures.settings) for some in ([*told, *row], told))
        if lead == "lead:100109":
            assert kinds(with_row) == ["CallStarted", "CallAnswered", "CallEnded", "CallDispositioned", "SaleRecorded"]
        else:
            assert with_row == without

"""Media: what was bought is told once for each day, read from files, and divided by what came of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.calls.domain.media import DescribeMedium, Place, Purchase, TellMediaBought, media_buying, medium
from services.calls.domain.media_csv import minor_of, read
from services.calls.domain.media_figures import Came, by_campaign, by_medium, costs, each, medium_on
from services.calls.events.campaigns import NumberAssigned, NumberEvent, NumberReleased
from services.calls.events.media import MediumDescribed
from services.calls.views.media import media, media_bought, number_calls
from shared.contracts.calls import CallStarted
from shared.contracts.selling import MediaBought
from shared.contracts.terms.values import CURRENCIES
from shared.kernel import Money, Rejected
from tests.spec import evolved, given, published, seen
from tests.unit.calls.selling.catalogue import AT, WHO

DAY = date(2026, 3, 2)


def paid(minor: int, day: date = DAY, name: str = "nova-tv", currency: str = "EUR", **more: Any) -> Purchase:
    return Purchase(day=day, media=name, minor=minor, currency=currency, **more)


def tell(*bought: Purchase, month: str = "2026-03") -> TellMediaBought:
    return TellMediaBought(campaign="lamps", month=month, bought=bought, **WHO)


def bought(minor: int, day: date = DAY, name: str = "nova-tv", **more: Any) -> MediaBought:
    fields: dict[str, Any] = {"campaign": "lamps", "amount": Money(minor, "EUR"), **WHO}
    return MediaBought(month=f"{day:%Y-%m}", day=day, media=name, **fields | more)


def test_a_medium_is_what_was_said_last() -> None:
    fields: dict[str, Any] = {"media": "nova-tv", "name": "Nova TV", "channel": "television", "country": "HR", **WHO}
    told = MediumDescribed(**fields)
    given(medium).when(DescribeMedium(**fields)).then(told)
    renamed = fields | {"name": "Nova"}
    given(medium, told).when(DescribeMedium(**renamed)).then(MediumDescribed(**renamed))
    doc = seen(media, told, MediumDescribed(**renamed))["nova-tv"]
    assert (doc.described.name, doc.changes) == ("Nova", 2)
    assert media.merge(seen(media, told)["nova-tv"], doc) is doc


def test_an_amount_is_told_once_and_corrected_by_telling_it_anew() -> None:
    first = bought(120_000)
    given(media_buying).when(tell(paid(120_000), paid(500, name="list"))).then(first, bought(500, name="list"))
    corrected = bought(100_000, before=Money(120_000, "EUR"))
    given(media_buying, first).when(tell(paid(100_000))).then(corrected)
    given(media_buying, first, corrected).when(tell(paid(120_000))).then(bought(120_000, before=Money(100_000, "EUR")))
    given(media_buying, first).when(tell(paid(7, partner="adria"))).then(bought(7, partner="adria"))
    doc = seen(media_bought, first, corrected)["lamps:2026-03"]
    assert ([one.amount.minor for one in doc.told.values()], doc.changes) == ([100_000], 2)
    assert media_bought.merge(seen(media_bought, first)["lamps:2026-03"], doc) is doc


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([paid(1, date(2026, 4, 1))], "other_month"),
        ([paid(1), paid(2)], "told_twice"),
        ([paid(1, currency="XXQ")], "unknown_currency"),
    ],
)
def test_a_wrong_purchase_is_refused(rows: list[Purchase], code: str) -> None:
    given(media_buying).when(tell(*rows)).then_rejected(code)


amounts = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(["nova-tv", "list"]), st.integers(0, 10**9)), max_size=9
)


@drawn(amounts)
def test_what_stands_at_the_end_is_the_last_of_each_and_what_they_replace_adds_up(rows: list[Any]) -> None:
    state, events, last = media_buying.initial, list[MediaBought](), dict[Place, int]()
    for day, name, minor in rows:
        purchase = paid(minor, date(2026, 3, day), name)
        said = media_buying.decide(tell(purchase), state)
        state, events = evolved(media_buying, state, said), events + said
        last[purchase.place] = minor
    told = seen(media_bought, *events)
    shown = sum(one.amount.minor for doc in told.values() for one in doc.told.values())
    replaced = sum(one.amount.minor - (one.before.minor if one.before else 0) for one in events)
    assert shown == replaced == sum(last.values())


# Files

HEAD = "day,media,campaign,amount,currency,partner\n"


def test_a_file_is_read_by_campaign_and_month_and_wrong_lines_are_told() -> None:
    file = read(
        (
            HEAD
            + "2026-03-02,nova-tv,lamps,1200.50,EUR,\n"
            + "2026-04-01,nova-tv,lamps,3,EUR,adria\n"
            + "2026-03-02,nova-tv,lamps,5,EUR,\n"
            + "2.3.2026,nova-tv,lamps,5,EUR,\n"
            + "2026-03-03,Nova TV,lamps,5,EUR,\n"
            + '2026-03-03,nova-tv,lamps,"1,200",EUR,\n'
            + "2026-03-03,nova-tv,lamps,1.005,EUR,\n"
            + "2026-03-03,nova-tv,lamps,5,XXQ,\n"
            + "2026-03-03,nova-tv,no such campaign,5,EUR,\n"
            + "2026-03-03,nova-tv\n"
            + "2026-03-03,nova-tv,oils,900,JPY,\n"
        ).encode()
    )
    told = {key: [one.purchase for one in lines.values()] for key, lines in file.bought.items()}
    assert told == {
        ("lamps", "2026-03"): [paid(120_050)],
        ("lamps", "2026-04"): [paid(300, date(2026, 4, 1), partner="adria")],
        ("oils", "2026-03"): [paid(900, date(2026, 3, 3), currency="JPY")],
    }
    assert [one.line for one in file.wrong] == [4, 5, 6, 7, 8, 9, 10, 11]
    assert all(one.reason for one in file.wrong)


def test_a_file_may_have_semicolons_a_mark_in_front_and_no_partners() -> None:
    file = read("\ufeffamount;currency;day;campaign;media\r\n7.00;EUR;2026-03-02;lamps;nova-tv\r\n".encode())
    assert [one.purchase for one in file.bought["lamps", "2026-03"].values()] == [paid(700)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff\xfe", "not_text"),
        (b"day,media\n", "columns_missing"),
        (b"", "columns_missing"),
        ((HEAD + "x\n" * 20_001).encode(), "too_many_lines"),
    ],
)
def test_a_file_that_is_none_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        read(content)
    assert refused.value.code == code


@drawn(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: (HEAD + text).encode()))
def test_no_file_breaks_the_reader(content: bytes) -> None:
    try:
        file = read(content)
    except Rejected:
        return
    for (_, month), lines in file.bought.items():
        assert all(one.purchase.minor >= 0 and f"{one.purchase.day:%Y-%m}" == month for one in lines.values())


@drawn(st.integers(0, 10**12), st.sampled_from(sorted(CURRENCIES)))
def test_an_amount_comes_back_as_it_was_written(minor: int, currency: str) -> None:
    digits = CURRENCIES[currency]
    assert minor_of(f"{Decimal(minor).scaleb(-digits):.{digits}f}", currency) == minor


# Figures


def test_costs_are_of_the_days_asked_for() -> None:
    rows = [bought(100), bought(40, DAY + timedelta(days=1), campaign="oils"), bought(7, DAY - timedelta(days=1))]
    assert costs(rows, False, DAY, DAY + timedelta(days=2)) == {"lamps": {"EUR": 100}, "oils": {"EUR": 40}}
    assert costs(rows, True, DAY, DAY + timedelta(days=2)) == {"nova-tv": {"EUR": 140}}
    assert costs(rows, False, DAY, DAY + timedelta(days=1)) == {"lamps": {"EUR": 100}}
    assert costs([bought(0)], True, DAY, DAY + timedelta(days=1)) == {}


def test_what_a_call_a_contact_and_an_order_cost() -> None:
    lamps, oils = by_campaign({"lamps": {"EUR": 1000}}, {"lamps": Came(calls=3, contacts=2), "oils": Came(calls=5)})
    assert (lamps.cost_per_call, lamps.cost_per_contact, lamps.cost_per_order) == (
        {"EUR": "333.33"},
        {"EUR": "500.00"},
        {},
    )
    assert (oils.name, oils.cost, oils.calls, oils.cost_per_call) == ("oils", {}, 5, {})
    nova, web = by_medium({"nova-tv": {"EUR": 1000, "BAM": 5}}, {"nova-tv": 8, "web": 1})
    assert (nova.cost_per_call, nova.orders, nova.cost_per_order) == ({"BAM": "0.63", "EUR": "125.00"}, None, None)
    assert (web.calls, web.cost_per_call) == (1, {})


@drawn(st.integers(0, 10**12), st.integers(1, 10**6))
def test_the_cost_of_one_times_how_many_is_the_cost(minor: int, things: int) -> None:
    one = Decimal(each({"EUR": minor}, things)["EUR"])
    assert abs(one * things - minor) <= Decimal("0.005") * things
    assert each({"EUR": minor}, 0) == {}


def test_a_number_is_in_the_medium_that_it_had_on_the_day() -> None:
    assigned = NumberAssigned(number="+38514000100", campaign="lamps", country="HR", media="nova-tv", **WHO)
    moved = msgspec.structs.replace(assigned, media="web", at=AT + timedelta(days=2))
    released = NumberReleased(number="+38514000100", reason="over", at=AT + timedelta(days=4), by="ana")
    history: list[NumberEvent] = [assigned, moved, released]
    days = [medium_on(history, (AT + timedelta(days=days)).date()) for days in range(-1, 6)]
    assert days == ["", "nova-tv", "nova-tv", "web", "web", "", ""]


def started(call: str, day: str, **more: Any) -> CallStarted:
    fields: dict[str, Any] = {
        "source": "s",
        "partner": "adria",
        "direction": "inbound",
        "at": AT,
        "interval": AT,
        "phase": "queued",
        "offered": True,
        "dialed": False,
        "our_number": "+38514000100",
    }
    return CallStarted(call=call, day=day, **fields | more)


def test_calls_in_are_counted_by_number_and_day() -> None:
    first = started("a", "2026-03-02")
    told = [published(first, 1), published(started("b", "2026-03-02"), 2), published(started("c", "2026-03-31"), 3)]
    docs = seen(number_calls, *told, published(first, 4, reverses=told[0]))
    assert docs["+38514000100:2026-03"].days == {"2026-03-02": 1, "2026-03-31": 1}
    whole = number_calls.merge(docs["+38514000100:2026-03"], seen(number_calls, first)["+38514000100:2026-03"])
    assert whole.days == {"2026-03-02": 2, "2026-03-31": 1}
    for none in (
        started("d", "2026-03-02", direction="outbound"),
        started("e", "2026-03-02", counts="test"),
        started("f", "2026-03-02", our_number=None),
    ):
        assert seen(number_calls, none) == {}

"""The work list: what is missing is found after its grace, settled by what comes, and open again if that goes."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st

from services.calls.domain.opening import is_open
from services.calls.domain.work import (
    RULES,
    CloseWork,
    CommentWork,
    NoteFinding,
    ReopenWork,
    TakeWork,
    Work,
    work,
)
from services.calls.events.campaigns import CampaignDescribed
from services.calls.events.work import (
    WorkClosed,
    WorkCommented,
    WorkEvent,
    WorkOpened,
    WorkReopened,
    WorkSettled,
    WorkTaken,
)
from services.calls.views.unfinished import Unfinished, unfinished
from services.calls.views.work import work_items
from services.calls.watch.checks import Checks
from shared.contracts.calls import CallAnswered, CallDispositioned, CallEnded, CallFact, CallStarted, SaleRecorded
from shared.contracts.partners import SourceConfigured, SourceSettings
from shared.contracts.terms.sheet import OpenHours, WorkingHours
from shared.http import Deps
from shared.kernel import Event, Rejected
from tests.spec import evolved, given, published, seen
from tests.unit.calls.selling.desk import MemoryDesk
from tests.unit.calls.selling.shop import placed

AT = datetime(2026, 3, 4, 16, 40, tzinfo=UTC)
GRACE = timedelta(minutes=30)
CALL = "adria-switch:c-1"
ID = f"adria:no_result:{CALL}"
DUE = AT + RULES["no_result"].within


def finding(holds: bool = True, at: datetime = AT, **more: Any) -> NoteFinding:
    said: dict[str, Any] = {"work": ID, "kind": "no_result", "subject": CALL, "since": AT, "agent": "a7", **more}
    return NoteFinding(**said, holds=holds, at=at)


OPENED = WorkOpened(
    work=ID, partner="adria", kind="no_result", subject=CALL, owner="partner", since=AT, due_at=DUE, agent="a7", at=AT
)
LATER = AT + timedelta(hours=1)
SETTLED = WorkSettled(work=ID, partner="adria", at=LATER)
BY: dict[str, Any] = {"work": ID, "at": LATER, "by": "mia"}
CLOSED = WorkClosed(**BY, partner="adria", reason="The line was cut.")
CLOSE = CloseWork(**BY, reason="The line was cut.", side="partner")


def test_an_item_is_opened_settled_and_opened_again_by_what_facts_show() -> None:
    given(work).when(finding()).then(OPENED)
    given(work).when(finding(holds=False)).then()
    given(work, OPENED).when(finding(at=LATER)).then()
    given(work, OPENED).when(finding(holds=False, at=LATER)).then(SETTLED)
    again = WorkReopened(work=ID, partner="adria", due_at=LATER + RULES["no_result"].within, at=LATER)
    given(work, OPENED, SETTLED).when(finding(at=LATER)).then(again)


def test_a_persons_closing_stays_whatever_facts_show() -> None:
    given(work, OPENED).when(CLOSE).then(CLOSED)
    given(work, OPENED, CLOSED).when(finding()).then()
    given(work, OPENED, CLOSED).when(finding(holds=False)).then()
    given(work, OPENED, CLOSED).when(CloseWork(**BY, reason="Otherwise.", side="partner")).then_rejected("not_open")
    given(work, OPENED, SETTLED).when(CLOSE).then_rejected("not_open")
    back = ReopenWork(**BY, reason="It was not.", side="partner")
    again = WorkReopened(**BY, partner="adria", reason="It was not.", due_at=LATER + RULES["no_result"].within)
    given(work, OPENED, CLOSED).when(back).then(again)
    given(work, OPENED).when(back).then_rejected("not_closed")


def test_an_item_is_taken_commented_and_known() -> None:
    given(work, OPENED).when(TakeWork(**BY, side="partner")).then(WorkTaken(**BY, partner="adria"))
    given(work, OPENED, CLOSED).when(TakeWork(**BY, side="partner")).then_rejected("not_open")
    said = CommentWork(**BY, text="Asked the agent.", ref="r1")
    given(work, OPENED).when(said).then(WorkCommented(**BY, partner="adria", text="Asked the agent.", ref="r1"))
    given(work).when(said).then_rejected("unknown_work")


def test_what_the_company_has_to_look_at_is_not_the_partners_to_close() -> None:
    ours = WorkOpened(
        work=ID, partner="adria", kind="outside_hours", subject=CALL, owner="company", since=AT, due_at=DUE, at=AT
    )
    for command in (CLOSE, TakeWork(**BY, side="partner"), ReopenWork(**BY, reason="So.", side="partner")):
        given(work, ours).when(command).then_rejected("not_yours")
    given(work, ours).when(CloseWork(**BY, reason="The line was cut.", side="company")).then(CLOSED)


COMMANDS: list[Any] = [
    finding(),
    finding(holds=False),
    CLOSE,
    ReopenWork(**BY, reason="It was not.", side="company"),
    TakeWork(**BY, side="partner"),
]


@whatever(st.lists(st.sampled_from(COMMANDS), max_size=14))
def test_the_list_shows_what_the_aggregate_knows_and_facts_alone_never_undo_a_person(commands: list[Any]) -> None:
    state, events = Work(), list[WorkEvent]()
    for command in commands:
        before = state.standing
        try:
            more = work.decide(command, state)
        except Rejected:
            continue
        if isinstance(command, NoteFinding) and before == "closed":
            assert more == []
        state = evolved(work, state, more)
        events += more
        docs = seen(work_items, *events)
        assert (docs[ID].state if docs else "none") == state.standing
    kinds = [type(event) for event in events]
    assert kinds.count(WorkOpened) <= 1


# What is missing


def fact(kind: type[CallFact], seconds: float = 0, **more: Any) -> Any:
    at = AT + timedelta(seconds=seconds)
    said: dict[str, Any] = {
        "call": CALL, "source": "adria-switch", "partner": "adria", "direction": "inbound", "interval": AT,
        "day": "2026-03-04", "campaign": "vital", "agent": "a7", "leg": "l1", "at": at,
    }  # fmt: skip
    return kind(**{**said, **more})


STARTED = fact(CallStarted, phase="queued", offered=True, dialed=False, leg=None, agent=None)
ANSWERED = fact(CallAnswered, 5, answered_by="human", first=True, offered=True, dialed=False)
ENDED = fact(CallEnded, 90, scope="call", reason="completed", ended_by="customer", outcome="answered", leg=None)
RESULT = fact(CallDispositioned, 100, native="INFO", canonical="information_given")
SOLD = fact(CallDispositioned, 100, native="SOLD", canonical="sale")
SALE = fact(SaleRecorded, 60)
ORDER = placed(order="adria:1", call=CALL, at=AT + timedelta(seconds=70))


def missing(*facts: Event) -> set[str]:
    docs = seen(unfinished, *facts)
    return {kind for doc in docs.values() for kind in doc.missing()}


def test_what_is_missing_of_a_call() -> None:
    assert missing(STARTED, ANSWERED) == set(), "it is not over"
    assert missing(STARTED, ANSWERED, ENDED) == {"no_result"}
    assert missing(STARTED, ANSWERED, ENDED, RESULT) == set()
    assert missing(STARTED, ENDED) == set(), "no agent had it"
    assert missing(STARTED, ANSWERED, ENDED, SOLD) == {"sale_without_order"}
    assert missing(STARTED, ANSWERED, ENDED, RESULT, SALE) == {"sale_without_order"}
    assert missing(STARTED, ANSWERED, ENDED, SOLD, ORDER) == set()
    assert missing(ORDER) == {"order_without_call"}
    assert missing(ORDER, STARTED) == set()
    assert missing(placed(call=None, agent="a7")) == {"order_without_call"}
    assert missing(placed(call=None, agent=None)) == set(), "no agent says that there was a call"
    assert missing(placed(call=None, agent="a7", subscription="adria:1-1")) == set()
    assert (
        missing(*(fact(type(one), **{"counts": "test", **_extra(one)}) for one in (STARTED, ANSWERED, ENDED))) == set()
    )


def _extra(one: Any) -> dict[str, Any]:
    common = set(CallFact.__struct_fields__)
    return {name: getattr(one, name) for name in one.__struct_fields__ if name not in common} | {"leg": one.leg}


FACTS: list[Any] = [STARTED, ANSWERED, ENDED, RESULT, SOLD, SALE, ORDER]


@whatever(st.lists(st.sampled_from(FACTS), unique=True), st.randoms(use_true_random=False), st.data())
def test_order_shards_and_what_is_taken_back_change_nothing_of_what_is_missing(
    facts: list[Any], dice: Any, data: st.DataObject
) -> None:
    gone = data.draw(st.lists(st.sampled_from(FACTS), unique=True))
    told = [published(one, number) for number, one in enumerate([*facts, *gone])]
    told += [published(one, 50, reverses=published(one, 1)) for one in gone]
    dice.shuffle(told)
    expected = seen(unfinished, *facts).get(CALL)
    cut = data.draw(st.integers(0, len(told)))
    halves = [seen(unfinished, *half).get(CALL) for half in (told[:cut], told[cut:])]
    whole = seen(unfinished, *told).get(CALL)
    there = [half for half in halves if half is not None]
    merged = unfinished.merge(*there) if len(there) == 2 else there[0] if there else None
    none = Unfinished(subject=CALL, partner="adria")
    assert (whole or none).missing() == (merged or none).missing() == (expected or none).missing()


@whatever(st.lists(st.sampled_from(FACTS), unique=True))
def test_whatever_is_missing_some_shard_may_lack(facts: list[Any]) -> None:
    """As facts are laid out: those with an agent together, those without together, orders apart."""
    place = {id(one): where for one, where in zip(FACTS, (0, 1, 0, 1, 1, 1, 2), strict=True)}
    shards: dict[int, list[Any]] = {}
    for one in facts:
        shards.setdefault(place[id(one)], []).append(one)
    whole = seen(unfinished, *facts).get(CALL)
    parts = [seen(unfinished, *own)[CALL] for own in shards.values()]
    perhaps = {(kind, noted.campaign) for part in parts for kind, noted in part.perhaps()}
    for kind, noted in whole.missing().items() if whole is not None else ():
        if kind == "sale_without_order":
            assert (kind, noted.campaign) in perhaps, "the campaign says whether it is looked for"
        assert kind in {one for one, _ in perhaps}


# The loop


def source(connector: str = "native", mute: bool = False) -> SourceConfigured:
    settings = SourceSettings(connector=connector, partner="adria", dispositions={} if mute else {"S": "sale"})
    return SourceConfigured(source_id="adria-switch", revision=1, settings=settings)


def campaign(*products: str) -> CampaignDescribed:
    said: dict[str, Any] = {"campaign": "vital", "name": "V", "countries": ("HR",), "languages": ("hr",)}
    return CampaignDescribed(**said, products=products, starts=date(2026, 1, 1), at=AT, by="ana")


class World:
    """A clock, a desk and a loop over it."""

    def __init__(self, *events: Event) -> None:
        self.desk = MemoryDesk()
        self.desk.events += events or (source(), campaign("KOL-30"))
        self.now = AT + timedelta(minutes=2)
        self.checks = self.started_again()

    def started_again(self) -> Checks:
        deps = Deps(self.desk, self.desk, None, None, lambda: self.now, "")  # type: ignore[arg-type]
        self.checks = Checks(deps, GRACE)
        return self.checks

    def tell(self, *facts: Any) -> World:
        self.desk.events += facts
        return self

    def later(self, minutes: float) -> World:
        """The loop looks before and after."""
        asyncio.run(self.checks.step())
        self.now += timedelta(minutes=minutes)
        asyncio.run(self.checks.step())
        return self

    def items(self) -> dict[str, str]:
        return {key.split(":")[1]: item.state for key, item in self.desk.documents(work_items).items()}


def test_what_is_missing_is_found_after_the_grace_and_settled_when_it_comes() -> None:
    world = World().tell(STARTED, ANSWERED, ENDED).later(29)
    assert world.items() == {}
    assert world.later(1).items() == {"no_result": "open"}
    assert world.tell(RESULT).later(1).items() == {"no_result": "settled"}
    world.tell(published(RESULT, 9, reverses=published(RESULT, 8))).later(31)
    assert world.items() == {"no_result": "open"}
    before = world.desk.commands
    assert world.later(60).desk.commands == before, "who knows it says it no more"


def test_late_facts_open_no_false_item() -> None:
    world = World()
    world.now = AT + timedelta(hours=10)
    world.tell(STARTED, ANSWERED, ENDED).later(20)
    assert world.items() == {}, "a backfill comes in: the call is old, and the rest of it is on its way"
    assert world.tell(RESULT).later(60).items() == {}


def test_an_order_that_comes_before_its_call_opens_no_false_item() -> None:
    world = World().tell(ORDER).later(20)
    assert world.tell(STARTED, ANSWERED).later(40).items() == {}
    alone = World().tell(placed(order="adria:2", call="adria-switch:c-2", at=AT)).later(31)
    assert alone.items() == {"order_without_call": "open"}


def test_a_sale_without_an_order_is_found_where_orders_are_ours() -> None:
    assert World().tell(STARTED, ANSWERED, ENDED, SOLD).later(31).items() == {"sale_without_order": "open"}
    assert World(source(), campaign()).tell(STARTED, ANSWERED, ENDED, SOLD).later(31).items() == {}
    world = World().tell(STARTED, ANSWERED, ENDED, SOLD).later(31)
    assert world.tell(ORDER).later(1).items() == {"sale_without_order": "settled"}


@pytest.mark.parametrize("gives_none", [source("ringcentral"), source(mute=True)])
def test_no_result_is_missed_where_the_platform_gives_none(gives_none: SourceConfigured) -> None:
    world = World(gives_none, campaign("KOL-30")).tell(STARTED, ANSWERED, ENDED)
    assert world.later(31).items() == {}
    assert unfinished.name not in world.desk.got, "not even looked at: there may be very many"


def test_what_is_older_than_anybody_can_mend_opens_nothing() -> None:
    world = World().tell(STARTED, ANSWERED, ENDED)
    world.now = AT + timedelta(days=4)
    assert world.later(60).items() == {}


def test_an_item_outlives_the_window_in_which_it_could_be_opened() -> None:
    world = World().tell(STARTED, ANSWERED, ENDED).later(31)
    assert world.later(60 * 24 * 5).items() == {"no_result": "open"}
    assert world.tell(RESULT).later(1).items() == {"no_result": "settled"}


@pytest.mark.parametrize("behind", [0, 1, 2])
def test_two_processes_that_are_killed_all_the_time_open_an_item_once(behind: int) -> None:
    world = World().tell(STARTED, ANSWERED, ENDED)
    other = World()
    other.desk = world.desk
    other.started_again()
    for minute in range(0, 120, 10):
        world.now = other.now = AT + timedelta(minutes=minute, seconds=90)
        opened = sum(1 for event in world.desk.events if isinstance(event, WorkEvent))
        world.desk.behind = min(behind, opened)
        asyncio.run(world.checks.step())
        asyncio.run(other.checks.step())
        if minute == 60:
            world.started_again()
    found = [type(event) for event in world.desk.events if isinstance(event, WorkEvent)]
    assert found == [WorkOpened]


# Hours


HOURS = WorkingHours(
    time_zone="Europe/Zagreb",
    hours=(OpenHours(name="wed", opens="09:00", closes="17:40"), OpenHours(name="sun", opens="00:00", closes="03:00")),
    holidays=(date(2026, 3, 11),),
)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 3, 4, 16, 39, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 4, 16, 40, tzinfo=UTC), False),
        (datetime(2026, 3, 4, 8, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 4, 7, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 5, 12, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 11, 12, 0, tzinfo=UTC), False),
        # The night in which clocks go forward: 1:30 UTC is 3:30, not 2:30.
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), False),
    ],
)
def test_service_is_by_the_contracts_own_clock(at: datetime, expected: bool) -> None:
    assert is_open(HOURS, at) is expected
    assert is_open(WorkingHours(time_zone="UTC", always=True), at)

"""Whoever applies the ticks, from wherever they come back, has what the snapshot says."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.views.snapshot import Snapshot
from services.gateway.views.ticks import BEHIND, KEPT, Frame, Ring, Tick, alerts, same_frame, tick
from tests.unit.gateway.boards import AT, applied, board, now, seconds_of_boards, source, state, today


def _ring(boards: list[Snapshot]) -> tuple[Ring, list[Tick]]:
    ring, ticks = Ring(boards[0].id), []
    for old, new in pairwise(boards):
        change = tick(old, new)
        ticks.append(msgspec.json.decode(msgspec.json.encode(change), type=Tick))
        ring.append(Frame(new.id, msgspec.json.encode(change)))
    return ring, ticks


@settings(max_examples=60)
@given(seconds_of_boards(), st.data())
def test_who_applies_the_ticks_from_any_point_has_the_snapshot(boards: list[Snapshot], data: st.DataObject) -> None:
    ring, _ticks = _ring(boards)
    known = data.draw(st.sampled_from(boards))
    cursor = ring.after(known.id)
    assert cursor is not None
    frames = ring.read(cursor)
    assert frames is not None
    for frame in frames:
        known = applied(known, msgspec.json.decode(frame.body, type=Tick))
    assert known == boards[-1]


@settings(max_examples=30)
@given(seconds_of_boards())
def test_a_tick_taken_twice_changes_nothing_more(boards: list[Snapshot]) -> None:
    known = boards[0]
    for change in _ring(boards)[1]:
        known = applied(known, change)
        assert applied(known, change) == known


def test_a_second_in_which_nothing_was_read_sends_only_what_the_clock_changes() -> None:
    live = now(agents=[state("a1", "on_call", 8)])
    old, new = board(live, today()), board(live, today(), at=AT + timedelta(seconds=1))
    change = tick(old, new)
    assert (change.rows, change.gone, change.groups, change.top) == ([], [], None, None)
    assert [kpi.key for kpi in change.kpis] == ["longest_wait"]
    assert change.id == change.prev


def test_another_day_generation_or_name_is_no_matter_of_ticks() -> None:
    old = board(now(), today())
    assert same_frame(old, board(now(as_of={"0": 5}), today()))
    assert not same_frame(old, board(now(generation="g2"), today()))
    assert not same_frame(old, board(now(), None))
    assert not same_frame(old, board(now(names=msgspec.structs.replace(now().names, partners={})), today()))


def test_an_alert_is_given_once_while_its_matter_lasts() -> None:
    calm, silent = board(), board(now(sources=[source(silent_s=100)]))
    assert [matter.key for matter in alerts(calm, silent)] == ["silent:adria-1"]
    assert alerts(silent, silent) == []
    wrapping = board(now(agents=[state("a1", "wrap_up", 400)]))
    assert alerts(calm, wrapping) == []


def _numbered(count: int) -> Ring:
    ring = Ring("s0")
    for n in range(1, count + 1):
        ring.append(Frame(f"s{n}", b""))
    return ring


def _ids(ring: Ring, since: str) -> list[str] | None:
    cursor = ring.after(since)
    frames = None if cursor is None else ring.read(cursor)
    return None if frames is None else [frame.id for frame in frames]


@given(st.integers(0, KEPT * 2), st.integers(0, KEPT * 2))
def test_who_is_near_gets_all_that_followed_and_who_is_not_is_told_so(count: int, known: int) -> None:
    ring = _numbered(count)
    got = _ids(ring, f"s{known}")
    if known <= count <= known + BEHIND:
        assert got == [f"s{n}" for n in range(known + 1, count + 1)]
    else:
        assert got is None


def test_the_ring_keeps_two_minutes() -> None:
    ring = _numbered(KEPT * 3)
    assert ring.end == KEPT * 3
    assert ring.read(KEPT * 2 - 1) is None
    assert ring.after("s1") is None


def test_a_reader_that_has_fallen_behind_is_told_so() -> None:
    ring = _numbered(BEHIND + 1)
    assert ring.read(0) is None
    assert ring.read(1) is not None
    assert ring.read(ring.end) == []


@given(st.integers(1, KEPT * 2))
def test_in_a_quiet_time_one_name_stands_for_many_seconds_and_the_near_ones_are_sent_again(quiet: int) -> None:
    ring = Ring("same")
    for _ in range(quiet):
        ring.append(Frame("same", b""))
    cursor = ring.after("same")
    assert cursor is not None
    assert ring.end - cursor == min(quiet, BEHIND)

"""Counts are compared with the truth, the truth is what the events say, and every contender that can run is right."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator

import pytest

from shared.codec import recorded_decoder
from shared.contracts.calls import PublicCallEvent
from tests.engines.kafka import KAFKA
from tests.load.compare import CONTENDERS, Contender, Runs, compare, judged, missing, published, run, summary
from tests.load.ours import Sums, by_agent, by_campaign, by_partner, fold
from tests.load.peers.common import decode, delta, keys
from tests.load.traffic import Totals, Traffic, traffic

TRUTH: Totals = {"a|p|x|h": [2, 1, 1, 500, 0], "c|k": [2, 1, 1, 500, 0]}


@pytest.fixture(scope="module")
def made() -> Traffic:
    return traffic(3_000)


def test_counts_are_exact_or_off_by_so_many_events() -> None:
    assert judged({key: list(row) for key, row in TRUTH.items()}, TRUTH, "ac") == "exact"
    assert judged({"a|p|x|h": [2, 1, 1, 500, 0]}, TRUTH, "a") == "exact"
    assert judged({"a|p|x|h": [3, 1, 1, 500, 0]}, TRUTH, "a") == "+1 of 4"
    assert judged({"a|p|x|h": [2, 1, 1, 499, 0]}, TRUTH, "a") == "rows differ"
    assert judged({}, TRUTH, "ac") == "-8 of 8"


def test_the_truth_is_what_the_records_say_each_counted_once(made: Traffic) -> None:
    counted: Totals = defaultdict(lambda: [0] * 5)
    copies = 0
    for records in made.records.values():
        highest = (-1, 0)
        for record in records:
            event = decode(record.value)
            if event.position <= highest:
                copies += 1
                continue
            highest = event.position
            for key in keys(event.event):
                counted[key] = [a + b for a, b in zip(counted[key], delta(event.event), strict=True)]
    assert copies == made.twice > 10
    assert judged(counted, made.totals, "acp") == "exact"


def test_our_views_count_as_the_peers_do(made: Traffic) -> None:
    read = recorded_decoder(PublicCallEvent).decode
    for record in made.records[0][:500]:
        event, theirs = read(record.value).event, decode(record.value).event
        routed: Iterator[str] = (key for route in (by_agent, by_campaign, by_partner) for key, _ in route(event))
        assert tuple(routed) == keys(theirs)
        sums = fold(Sums(), event, 1)
        assert (sums.offered, sums.answered, sums.handled, sums.talk_ms, sums.sales) == delta(theirs)
        assert fold(sums, event, -1) == Sums()


def test_a_summary_has_medians_and_ratios() -> None:
    line = summary("other", Runs([100, 300, 200], [4, 2, 3], {"exact"}), Runs([600], [1.5]), Runs([800], [1]))
    assert line["events_per_s"] == 200
    assert (line["product_rate"], line["product_cpu"], line["of_ceiling"]) == (3.0, 2.0, 0.25)


def test_who_can_not_run_is_skipped_with_the_reason() -> None:
    nobody = Contender("nobody", "peers.nobody", "no_such_package")
    (line, _) = compare("127.0.0.1:1", 1, 0, [nobody])
    assert line["load"] == "nobody"
    assert line["skipped"]


@pytest.mark.engines
@pytest.mark.parametrize("contender", CONTENDERS, ids=lambda one: one.name)
def test_what_a_contender_counts_is_right_or_known_not_to_be(contender: Contender, made: Traffic) -> None:
    why = missing(contender)
    if why is not None:
        pytest.skip(why)
    kafka = KAFKA.address()
    answer = run(contender, kafka, asyncio.run(published(kafka, made)), made.n)
    assert answer.records == made.n
    assert answer.cpu_s > 0
    if contender.rows:
        assert answer.totals is not None
        exact = contender.name in ("product", "bare loop") or "exact" in contender.name
        assert (judged(answer.totals, made.totals, contender.rows) == "exact") == exact

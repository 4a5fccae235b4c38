"""A game day asks of a runbook nothing but what stands in it, and of an alert nothing but what its rule says."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.gameday.faults import ENOUGH, FAULTS, Fault
from tests.gameday.hurried import FACTOR, memory, patience, read
from tests.gameday.run import OVER_S, Seen, among, chosen
from tests.gameday.steps import done, steps
from tests.monitoring.slo import ROOT, RULES

ALERTS = read(RULES)
PAGE = """Look first.

```sh
KEY=abc
```
```sh
echo "$KEY" > key
```

Call somebody.

```sh elsewhere
kubectl get pods    # not run here: needs a cluster
```

```sh
SECRET=s3 && echo "http://127.0.0.1:8321/livez" > address
```
"""


async def _nothing() -> None:
    """Nobody does anything."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_alert_is_there_and_its_runbook_says_what_is_done(fault: Fault) -> None:
    page = ROOT / ALERTS[fault.alert]["annotations"]["runbook"]
    todo = steps(page, dict.fromkeys(fault.acts, _nothing))
    assert sum(step.act is not None for step in todo) == len(fault.acts)
    assert any(step.act is None for step in todo), "a runbook without a command"
    assert (patience(ALERTS[fault.alert]) + memory(ALERTS[fault.alert])) / FACTOR < OVER_S * 3


def test_ten_of_them_are_chosen_by_the_seed() -> None:
    days = [[fault.name for fault in chosen(seed, ())] for seed in range(40)]
    assert {len(set(day)) for day in days} == {ENOUGH}
    assert days[7] == [fault.name for fault in chosen(7, ())]
    assert {name for day in days for name in day} == {fault.name for fault in FAULTS}
    assert [fault.name for fault in chosen(1, ["kafka-away"])] == ["kafka-away"]
    assert [fault.name for fault in chosen(1, ["all"])] == [fault.name for fault in FAULTS]
    with pytest.raises(KeyError):
        chosen(1, ["rain"])


def test_shells_side_by_side_are_one_and_acts_come_where_they_are_named(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    todo = steps(page, {"kubectl get pods": _nothing, "Call somebody.": _nothing})
    assert [step.words.partition("\n")[0] for step in todo] == [
        "KEY=abc",
        "Call somebody.",
        "kubectl get pods",
        'SECRET=s3 && echo "http://127.0.0.1:8321/livez" > address',
    ]
    with pytest.raises(ValueError, match=r"page.md does not say: kubectl delete"):
        steps(page, {"kubectl delete": _nothing})


def test_commands_run_as_they_stand_there_but_for_the_port(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    called: list[str] = []

    async def call() -> None:
        called.append((tmp_path / "key").read_text())

    asyncio.run(done(steps(page, {"Call somebody.": call}), tmp_path, 4711))
    assert called == ["abc\n"]
    assert (tmp_path / "address").read_text() == "http://127.0.0.1:4711/livez\n"
    assert (tmp_path / "secret").read_text() == "s3"


def test_a_command_that_does_not_work_is_a_failure(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```sh\necho here; false\necho there > there\n```\nCall.\n```sh\nfalse\n```\n")
    called: list[str] = []

    async def call() -> None:
        called.append("call")

    failed = asyncio.run(done(steps(page, {"Call.": call}), tmp_path, 4711))
    assert [words.rpartition("\n")[0].endswith("here") for words in failed] == [True, False]
    assert called == ["call"]
    assert not (tmp_path / "there").exists()


def test_a_command_that_takes_too_long_is_a_failure_and_nothing_of_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.gameday.steps.LONG_S", 1.0)
    page = tmp_path / "page.md"
    page.write_text("```sh\n(sleep 12; touch late) || true\n```\n")

    async def day() -> list[str]:
        async with asyncio.timeout(10):  # not as long as what it runs
            failed = await done(steps(page, {}), tmp_path, 4711)
        await asyncio.sleep(12)
        return failed

    (said,) = asyncio.run(day())
    assert said.endswith("took longer than 1 s")
    assert not (tmp_path / "late").exists()


def test_an_alert_is_found_by_its_name_and_labels() -> None:
    down = {"alertname": "TallylineDown", "instance": "127.0.0.1:1"}
    assert among([down], "TallylineDown", {}) is down
    assert among([down], "TallylineDown", {"instance": "127.0.0.1:2"}) is None
    assert among([down], "TallylineSpools", {}) is None


def test_what_did_not_happen_has_a_place_in_the_table() -> None:
    assert Seen(FAULTS[0], 21.0).row() == f"| {FAULTS[0].name} | TallylineDown | - | 21 | - | - | nothing |"

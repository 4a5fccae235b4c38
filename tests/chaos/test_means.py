"""What the machine lacks is said, and a clock stands where it was set."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.clock import now
from tests.chaos import means
from tests.chaos.means import Clocks, Disk, Lacking

LOOK = """
import datetime, json, time
begun = time.monotonic()
while time.monotonic() - begun < 1.5:
    pass
print(json.dumps([datetime.datetime.now(datetime.UTC).isoformat(), time.monotonic() - begun]))
"""


@pytest.mark.engines
def test_a_clock_that_jumps_shows_another_day_and_measures_as_before(tmp_path: Path) -> None:
    clocks = Clocks.found(tmp_path)
    environment = os.environ | clocks.environment("ingest")
    clocks.set("ingest", 86_400)
    done = subprocess.run([sys.executable, "-c", LOOK], env=environment, capture_output=True, text=True, check=True)
    shown, took = json.loads(done.stdout)
    assert abs(datetime.fromisoformat(shown) - now() - timedelta(days=1)) < timedelta(seconds=60)
    assert 1.5 <= took < 60


@pytest.mark.engines
def test_a_disk_that_is_full_takes_nothing_and_takes_again_when_there_is_room(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "disk")
    disk.mount()
    try:
        assert disk.fill() > means.DISK_BYTES // 2
        with pytest.raises(OSError, match="No space left"):
            (disk.path / "one more").write_bytes(bytes(10_000))
        disk.free()
        (disk.path / "one more").write_bytes(bytes(10_000))
    finally:
        disk.unmount()
    assert not os.path.ismount(disk.path)


def test_a_machine_without_the_library_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(means, "PLACES", (str(tmp_path),))
    with pytest.raises(Lacking, match="faketime"):
        Clocks.found(tmp_path)


def test_a_process_that_starts_again_finds_its_clock_as_it_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(means, "PLACES", (str(tmp_path),))
    (tmp_path / means.LIBRARY).touch()
    clocks = Clocks.found(tmp_path)
    file = Path(clocks.environment("ingest")["FAKETIME_TIMESTAMP_FILE"])
    assert file.read_text(encoding="ascii") == "+0s\n"
    clocks.set("ingest", -420)
    assert Path(clocks.environment("ingest")["FAKETIME_TIMESTAMP_FILE"]) == file
    assert file.read_text(encoding="ascii") == "-420s\n"

"""What the machine lacks is said, and a clock stands where it was set."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos import means
from tests.chaos.means import Clocks, Lacking


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

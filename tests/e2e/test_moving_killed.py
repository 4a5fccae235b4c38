"""An import that was killed leaves no system, and goes on where it was."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from services.moving import contents
from services.moving.archive import DocumentRecord, Header, Writer
from services.moving.exporting import export_system
from shared.faults import IMPORT_POINTS
from shared.settings import SettingError, Settings, variable
from shared.vault import CHECK
from tests.e2e.moved import (
    all_identical,
    assert_same,
    breaches,
    content_of,
    moved,
    new,
    quiet,
    refused,
    settings,
    shown,
)
from tests.e2e.processes import tallyline
from tests.e2e.systems import start

KILLS = {"import.claimed": 1, "import.sent": 4, "import.commits": 1, "import.documents": 6, "import.checkpoints": 1}
"""At which turn each point kills."""


@pytest.mark.parametrize("point", IMPORT_POINTS)
async def test_an_import_that_was_killed_is_no_system_and_goes_on(
    point: str, small: tuple[Path, Path], tmp_path: Path
) -> None:
    home, archive = small
    data, journal = new(tmp_path / "data", home), tmp_path / "journal"
    fault = {"TALLYLINE_FAULT": f"{point}:{KILLS[point]}", "TALLYLINE_FAULT_JOURNAL": str(journal)}
    killed = fault | {"TALLYLINE_PARTITIONS": "7"}
    code, said = await tallyline("import", archive, data=data, environ=killed)
    assert code == -signal.SIGKILL, said
    assert journal.read_text(encoding="utf-8").startswith("killed at")
    with pytest.raises(SettingError, match="An import has not ended here"):
        async with start("embedded", data, partitions=7):
            pass
    with pytest.raises(SettingError, match="An import has not ended here"):
        await export_system(settings("embedded", data, 7), tmp_path / "half", quiet)
    other = tmp_path / "other"
    with Writer(other, Header(1, {})) as writer:
        writer.begin(contents.section_of_documents("vault", CHECK))
        with contextlib.closing(sqlite3.connect(home / "tallyline.db")) as database:
            writer.add(DocumentRecord(*database.execute(f'SELECT id, body FROM "documents/vault/{CHECK}"').fetchone()))  # noqa: S608
        writer.finish()
    await refused(other, data, "Another import has ended half-way", partitions=7)

    await moved(archive, "embedded", data, 7)
    undisturbed = new(tmp_path / "undisturbed", home)
    await moved(archive, "embedded", undisturbed, 7)
    assert truth_of(data) == truth_of(undisturbed)
    async with start("embedded", data, partitions=7) as system:
        await all_identical(system)
        assert not await breaches(system)


def truth_of(data: Path) -> dict[str, list[Any]]:
    """All rows that are no view's, without revisions: what was written twice has a higher one."""
    kept = {f"documents/{owner}/{keep.collection}" for owner, keep in contents.collections()} | {"topics", "log"}
    rows = {table: content for table, content in content_of(data).items() if table in kept}
    found = {
        table: sorted((row[1], *row[3:]) if table.startswith("documents/") else row for row in content)
        for table, content in rows.items()
    }
    found["commits"] = sorted(row[1:] for row in content_of(data)["commits"])
    return found


def environ_of(settings: Settings) -> dict[str, str]:
    """The settings as variables."""
    names = ("engine", "kafka", "kafka_replication", "kafka_min_insync", "mongo", "namespace", "partitions")
    return {variable(name): str(getattr(settings, name)) for name in names}


@pytest.mark.engines
@pytest.mark.parametrize("point", ["import.sent:3", "import.commits:1", "import.documents:7"])
async def test_an_import_that_was_killed_goes_on_in_the_distributed_system_too(
    point: str, small: tuple[Path, Path], tmp_path: Path
) -> None:
    home, archive = small
    data, journal = new(tmp_path / "data", home), tmp_path / "journal"
    there = environ_of(settings("distributed", data, 6))
    killed = there | {"TALLYLINE_FAULT": point, "TALLYLINE_FAULT_JOURNAL": str(journal)}
    code, said = await tallyline("import", archive, data=data, environ=killed)
    assert code == -signal.SIGKILL, said
    with pytest.raises(SettingError, match="An import has not ended here"):
        async with start("distributed", data, partitions=6):
            pass
    code, said = await tallyline("import", archive, data=data, environ=there)
    assert code == 0, said
    async with start("embedded", home) as system:
        expected = await shown(system, {})
    async with start("distributed", data, partitions=6) as system:
        assert_same(await shown(system, {}), expected)
        await all_identical(system)
        assert not await breaches(system)

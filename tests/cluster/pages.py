"""What the pages ask for on a cluster, as it stands there: blocks `sh cluster` of the runbooks and of operations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.monitoring.runbooks import PAGES, blocks
from tests.monitoring.slo import ROOT

OPERATIONS = ROOT / "docs/operations.md"


def operations(overlay: str) -> str:
    """What brings up this overlay, by the page of operations. KeyError for one that it does not say."""
    for text in _commands(OPERATIONS):
        if text.find(f"overlays/{overlay}\n") >= 0:
            return text
    raise KeyError(overlay)


def runbooks() -> list[tuple[str, str]]:
    """Page and commands, a pair for each block."""
    return [(page.name, text) for page in PAGES for text in _commands(page)]


def _commands(page: Path) -> Iterator[str]:
    return (block.text for block in blocks(page) if (block.language, block.where) == ("sh", "cluster"))

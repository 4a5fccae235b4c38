"""The commands and queries of the runbooks, as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tests.monitoring.slo import ROOT

PAGES = sorted((ROOT / "docs/runbooks").glob("*.md"))
BLOCK = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```", re.M | re.S)


class Block(NamedTuple):
    """Commands or queries of a page. `where`: nothing (a server runs), `stopped`, `cluster` (`make cluster-test` runs
    them), or `elsewhere` (they are not run). `at`: where in the page it begins."""

    language: str
    where: str
    text: str
    at: int


def blocks(page: Path) -> list[Block]:
    """All of a page, in order."""
    return [Block(found[1], found[2] or "", found[3], found.start()) for found in BLOCK.finditer(page.read_text())]

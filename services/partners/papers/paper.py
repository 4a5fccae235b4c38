"""A paper: a title and parts of text, steps, tables and diagrams; written as Markdown, with Mermaid for diagrams."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_NUMBERED = "|".join(rf"(?<=^\d{{{digits}}})[.)]" for digits in range(1, 10))
_SIGNS = re.compile(rf"[\\`*\[\]<>|~&#]|(?<![^\W_])_|_(?![^\W_])|^[+=-]|{_NUMBERED}")
"""What would be markup, or a list's number at the beginning."""
_ODD_NAME = re.compile(r"\W")


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Steps:
    """Things to do one after the other."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Columns and rows of plain text; without rows, `nothing` is said in its place."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    nothing: str = "Nothing."


@dataclass(frozen=True)
class Diagram:
    """States with arrows between them: (from, to, what is asked for)."""

    arrows: tuple[tuple[str, str, str], ...]


Block = Text | Steps | Table | Diagram


@dataclass(frozen=True)
class Part:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Paper:
    """A title, what the paper is for, and its parts."""

    title: str
    intro: str
    parts: tuple[Part, ...]


def as_markdown(paper: Paper) -> str:
    """The paper as CommonMark with tables. Whatever stands in it is text: none of it can become markup."""
    lines = [f"# {plain(paper.title)}", "", plain(paper.intro)]
    for part in paper.parts:
        lines += ["", f"## {plain(part.title)}"]
        for block in part.blocks:
            lines += ["", *_lines(block)]
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """The text as it has to be written so that it is read as it is."""
    return _SIGNS.sub(r"\\\g<0>", " ".join(text.split()))


def _lines(block: Block) -> Iterable[str]:
    match block:
        case Text(text=text):
            return [plain(text)]
        case Steps(items=items):
            return [f"{number}. {plain(item)}" for number, item in enumerate(items, 1)]
        case Table(rows=()):
            return [plain(block.nothing)]
        case Table(columns=columns, rows=rows):
            return [_row(columns), _row("---" for _ in columns), *(_row(map(plain, row)) for row in rows)]
        case Diagram(arrows=arrows):
            return ["```mermaid", "stateDiagram-v2", *(_arrow(*arrow) for arrow in arrows), "```"]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _arrow(source: str, target: str, asks: str) -> str:
    """Names are identifiers in Mermaid, labels end with the line, and a colon or semicolon would end them earlier."""
    label = re.sub(r"[:;#\s]+", " ", asks).strip()
    return f"    {_ODD_NAME.sub('_', source)} --> {_ODD_NAME.sub('_', target)}" + (f" : {label}" if label else "")


def rows_of(rows: Iterable[Sequence[object]]) -> tuple[tuple[str, ...], ...]:
    """Rows as text; None is left blank."""
    return tuple(tuple("" if cell is None else str(cell) for cell in row) for row in rows)

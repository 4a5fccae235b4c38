"""What a runbook says is to be done, in its order: shells that run as they stand there, and acts of people.

A command of a cluster, or a sentence that asks a person for something, has to stand in the page word by word; what it
comes to here is said by whoever names it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.monitoring.runbooks import blocks

Act = Callable[[], Awaitable[None]]
LONG_S = 600.0
SECRET = "secret"
"""The file in which a shell leaves the key that it made, if it made one: the partner has to be told of it."""


class Failed(Exception):
    """A command of a runbook did not work, and what it said."""


@dataclass(frozen=True)
class Step:
    """A shell's text, or an act with the words of the page that ask for it."""

    words: str
    act: Act | None = None


def steps(page: Path, acts: Mapping[str, Act]) -> list[Step]:
    """What a page asks for, in order. What stands in shells one after the other is one shell. ValueError for words
    that do not stand in the page."""
    text = page.read_text()
    places: list[tuple[int, Step]] = []
    for words, act in acts.items():
        if (at := text.find(words)) < 0:
            raise ValueError(f"{page.name} does not say: {words}")
        places.append((at, Step(words, act)))
    places += [(block.at, Step(block.text)) for block in blocks(page) if (block.language, block.where) == ("sh", "")]
    found: list[Step] = []
    for _, step in sorted(places, key=lambda place: place[0]):
        if step.act is None and found and found[-1].act is None:
            found[-1] = Step(f"{found[-1].words}\n{step.words}")
        else:
            found.append(step)
    return found


async def done(todo: Iterable[Step], folder: Path, port: int) -> list[str]:
    """Do all of it, in the operator's folder, with the door at `port`: what did not work, in words."""
    failed: list[str] = []
    for step in todo:
        if step.act is not None:
            await step.act()
            continue
        try:
            await shell(step.words, folder, port)
        except Failed as wrong:
            failed.append(str(wrong))
    return failed


async def shell(text: str, folder: Path, port: int) -> None:
    """Run commands as they stand there, but for the port. Failed."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("TALLYLINE_")}
    environ = settings | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "TALLYLINE_PORT": str(port)}
    script = f"set -euo pipefail\n{text.replace('8321', str(port))}\nprintf '%s' \"${{SECRET:-}}\" > {SECRET}"
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", script),
        cwd=folder,
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), LONG_S)
    except TimeoutError:
        raise Failed(f"{text}\ntook longer than {LONG_S:.0f} s") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # also what it runs, which would hold its output open
        await process.wait()
    if process.returncode:
        raise Failed(f"{text}\n{said.decode(errors='replace')[-1500:]}")

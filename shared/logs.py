"""The lines that a process logs: of one form each, with what they are about, and never with anybody's number.

Nothing of ours logs a number. What comes from elsewhere may hold one, in the text of an exception or of a library; so
whatever looks like one is masked as the line is written.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from shared import tracing
from shared.settings import LogFormat

_about: ContextVar[Mapping[str, Any] | None] = ContextVar("about", default=None)
_INTERNATIONAL = re.compile(r"(?:\+|\b00)[0-9](?:[ ()./-]{0,2}[0-9]){6,14}")
_DIGITS = re.compile(r"[0-9](?:[ ()/-]{0,2}[0-9]){6,}")
MASK = "…"


@contextlib.contextmanager
def about(**what: Any) -> Iterator[None]:
    """Every line that is logged within is about this: stream, topic, partition, offset, event_id."""
    token = _about.set({**told(), **what})
    try:
        yield
    finally:
        _about.reset(token)


def told() -> Mapping[str, Any]:
    """What lines that are logged here are about."""
    return _about.get() or {}


def masked(text: str) -> str:
    """Without what looks like a telephone number in its international form."""
    return _INTERNATIONAL.sub(MASK, text)


def _trace(record: logging.LogRecord, formatter: logging.Formatter) -> str | None:
    """The traceback. Its last line is the exception's own text, which may hold what a record held: no long digits."""
    if not record.exc_info:
        return None
    return _DIGITS.sub(MASK, masked(formatter.formatException(record.exc_info)))


class JsonLines(logging.Formatter):
    """One JSON object a line: `at` (UTC), `level`, `logger`, `message`, what it is about, where it is traced `trace_id`
    and `span_id`, and a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
            **told(),
            **tracing.ids(),
        }
        if trace := _trace(record, self):
            line["trace"] = trace
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """For people who watch a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and a traceback below it."""
        what = " ".join(f"{name}={value}" for name, value in told().items())
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        line = f"{at} {record.levelname.lower()} {record.name}: {masked(record.getMessage())}"
        parts = (f"{line} ({what})" if what else line, _trace(record, self))
        return "\n".join(part for part in parts if part)


def configure(level: str, form: LogFormat) -> None:
    """Log to the standard error stream, this process's lines and those of its libraries, once."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("aiokafka", "pymongo", "httpx", "asyncio", "faststream"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLogger().level))

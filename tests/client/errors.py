"""What the server says no with: a problem document, as an exception."""

from __future__ import annotations

import httpx
import msgspec


class Wrong(msgspec.Struct, frozen=True):
    """What is wrong with one field."""

    field: str
    detail: str


class _Problem(msgspec.Struct):
    type: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[Wrong, ...] = ()


class Refused(Exception):
    """The server refused; `code` is stable and for programs, `errors` name fields."""

    def __init__(self, status: int, code: str, detail: str, errors: tuple[Wrong, ...] = ()) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code, self.detail, self.errors = status, code, detail, errors


class Changed(Refused):
    """Somebody else was faster: read it again, and decide again."""


def raised(answer: httpx.Response) -> None:
    """Raise what the answer refuses with, if it does."""
    if answer.status_code < 400:
        return
    problem = msgspec.json.decode(answer.content, type=_Problem)
    code = problem.type.rpartition("/")[2]
    kind = Changed if code == "changed_meanwhile" else Refused
    raise kind(answer.status_code, code, problem.detail, problem.errors)

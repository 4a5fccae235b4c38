"""Questions of the gateway's pages to the rest of the system over HTTP."""

from __future__ import annotations

from typing import Any, Protocol


class Ask(Protocol):
    """A question to the rest of the system over HTTP."""

    async def __call__(self, path: str, **query: str | int | None) -> Any:
        """The answer; None where there is no such thing."""
        ...


async def everything(ask: Ask, path: str, **query: str | int | None) -> list[dict[str, Any]]:
    """A whole list, page by page; nothing of a list that is not there."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await ask(path, **query, cursor=cursor)
        if page is None:
            return []
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found

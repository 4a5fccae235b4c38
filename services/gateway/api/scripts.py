"""What the pages of scripts show, asked of the calls service over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from services.gateway.api.asking import everything
from shared.http import Problem
from shared.ports import StoreUnavailable


class Scripts:
    """Reads of scripts. Problem with the service's own status and code where it refuses; StoreUnavailable when it does
    not answer."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def every(self) -> list[dict[str, Any]]:
        """All scripts as they stand in the list."""
        return await everything(self._page, "", limit=500)

    async def _page(self, path: str, **query: str | int | None) -> Any:
        return await self._ask("GET", path, params={name: value for name, value in query.items() if value is not None})

    async def one(self, script: str) -> dict[str, Any]:
        """A script with its draft and versions."""
        return dict(await self._ask("GET", f"/{quote(script, safe='')}"))

    async def yaml(self, script: str) -> str:
        """Its draft as YAML."""
        answer = await self._send("GET", f"/{quote(script, safe='')}/yaml")
        return answer.text

    async def checked(self, yaml: str) -> dict[str, Any]:
        """The script that the YAML says, and what is wrong with it."""
        headers = {"content-type": "application/yaml"}
        return dict(await self._ask("POST", "/check", content=yaml.encode(), headers=headers))

    async def figures(self, script: str, version: int | None) -> dict[str, Any]:
        """Where calls went, of all partners."""
        params = {} if version is None else {"version": version}
        return dict(await self._ask("GET", f"/{quote(script, safe='')}/figures", params=params))

    async def answers(self, script: str, version: int) -> dict[str, Any]:
        """What was answered to a survey, of all partners."""
        return dict(await self._ask("GET", f"/{quote(script, safe='')}/survey", params={"version": version}))

    async def texts(self, script: str, version: int, limit: int, cursor: str | None) -> dict[str, Any]:
        """What was said in own words, of all partners: a page of calls."""
        path = f"/{quote(script, safe='')}/survey/texts"
        return dict(await self._page(path, version=version, limit=limit, cursor=cursor))

    async def diff(self, script: str, old: str, new: str) -> dict[str, Any]:
        """What changed between two versions."""
        return dict(await self._ask("GET", f"/{quote(script, safe='')}/diff", params={"old": old, "new": new}))

    async def walked(self, script: str, version: str, language: str, answers: Sequence[str]) -> list[dict[str, Any]]:
        """The steps of a walk without a call."""
        asked = {"version": version, "language": language, "answers": list(answers)}
        found = await self._ask("POST", f"/{quote(script, safe='')}/preview", json=asked)
        return list(found["steps"])

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        return msgspec.json.decode((await self._send(method, path, **more)).content)

    async def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            answer = await self._client.request(method, f"/api/v1/scripts{path}", **more)
        except httpx.HTTPError as cause:
            raise StoreUnavailable(f"scripts{path}: {type(cause).__name__}") from cause
        if answer.status_code >= 500:
            raise StoreUnavailable(f"scripts{path}: {answer.status_code}")
        if answer.status_code >= 400:
            told = answer.json()
            raise Problem(answer.status_code, str(told["type"]).rpartition("/")[2], str(told.get("detail", "")))
        return answer

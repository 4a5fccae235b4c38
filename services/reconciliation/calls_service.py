"""What is asked of the calls service over HTTP: what it could not read, and the totals that its dashboards show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from services.reconciliation.matching.day_totals import KPIS, Totals, shown_totals
from services.reconciliation.matching.holes import LETTER_KINDS, hole_of, joined
from services.reconciliation.matching.own import Span
from services.reconciliation.matching.own_rows import naive
from shared.contracts.calls import TELEPHONY_TOPIC
from shared.ports import StoreUnavailable

HOST = "http://calls"
PAGE = 500
NEVER_COUNTED = ("waiting", "dismissed")
"""Dead letters whose content is in no figure."""
LAG_DAYS = 31
"""Over how many of its last days a source is asked how late it tells."""


class CallsService:
    """Asks in the name of an operator. What does not answer, or not as it should, is StoreUnavailable: without it
    nobody knows whether our log is complete."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def holes(self, sources: Sequence[str], low: datetime, high: datetime) -> tuple[Span, ...]:
        """When something may have happened, from `low` until `high`, that waits among the dead letters, or was
        dismissed there and is never counted. What stands in the log and is nobody's item is a hole for all."""
        found: list[Span] = []
        for source in (*sources, TELEPHONY_TOPIC):
            letters = [at for state in NEVER_COUNTED for at in await self._letters(source, state, low)]
            if letters:
                lag = timedelta() if source == TELEPHONY_TOPIC else await self._lag(source)
                found += [hole_of(naive(at), lag) for at in letters]
        return joined((since, until) for since, until in found if since <= naive(high) and until >= naive(low))

    async def _letters(self, source: str, state: str, low: datetime) -> list[datetime]:
        """When they were received; the list is newest first."""
        found: list[datetime] = []
        cursor: str | None = None
        while True:
            asked: dict[str, str | int] = {"service": "calls", "source": source, "state": state, "limit": PAGE}
            page = await self._get("/api/v1/operations/dead-letters", asked | ({"cursor": cursor} if cursor else {}))
            for letter in page["items"]:
                at = datetime.fromisoformat(letter["at"]).astimezone(UTC)
                if letter["kind"] in LETTER_KINDS:
                    found.append(at)
            cursor = page["next"]
            if cursor is None or (found and found[-1] < low):
                return found

    async def _lag(self, source: str) -> timedelta:
        health = await self._get(f"/api/v1/sources/{quote(source, safe='')}/health", {"days": LAG_DAYS})
        return timedelta(seconds=health["lag"]["p95_s"] or 0)

    async def totals(self, partner_id: str, first: str, end: str) -> Totals:
        """What is shown of the days from `first` until before `end`, in the zones of the partner's sources."""
        asked: dict[str, str | int] = {
            "partner": partner_id,
            "from": first,
            "to": end,
            "group_by": "day",
            "kpis": ",".join(KPIS),
            "limit": PAGE,
        }
        page = await self._get("/api/v1/performance/partners", asked)
        return shown_totals(page["items"])

    async def _get(self, path: str, params: Mapping[str, str | int]) -> Any:
        try:
            answer = await self._client.get(f"{HOST}{path}", params=dict(params))
            answer.raise_for_status()
            return msgspec.json.decode(answer.content)
        except (httpx.HTTPError, msgspec.DecodeError) as cause:
            raise StoreUnavailable(f"the calls service does not answer {path}") from cause

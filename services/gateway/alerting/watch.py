"""Every alert is judged, a few times a minute, by what the services count."""

from __future__ import annotations

import logging

from services.gateway.alerting.readings import Readings
from services.gateway.domain.alerts import JudgeAlert, alert
from services.gateway.views.alerts import KnownAlert, alerts
from shared.http import Deps
from shared.kernel import Rejected
from shared.ports import StoreUnavailable

log = logging.getLogger(__name__)
ACTOR = "gateway.alerts"


class Watch:
    """Any number of processes may watch: what one has noted, the next finds noted."""

    def __init__(self, deps: Deps, readings: Readings) -> None:
        self._deps = deps
        self._readings = readings

    async def step(self) -> None:
        """One look at every figure that is watched. One that can't be read changes nothing, but calls go on."""
        for _, doc in await self._deps.reads.find(alerts, {"watched": 1}):
            await self._judge(doc)

    async def _judge(self, doc: KnownAlert) -> None:
        if doc.defined is None:
            return
        at, value = self._deps.clock(), None
        try:
            value = await self._readings.value(doc.defined, at)
        except (StoreUnavailable, ValueError) as cause:
            log.warning("alert %s can't be judged: %s", doc.alert, type(cause).__name__)
        command = JudgeAlert(alert=doc.alert, value=value, at=at)
        try:
            by = f"{ACTOR}:{at.isoformat()}"
            await self._deps.door.handle(alert, doc.alert, command, command_id=by, actor=ACTOR)
        except Rejected as refused:
            log.info("alert %s is not judged: %s", doc.alert, refused.code)

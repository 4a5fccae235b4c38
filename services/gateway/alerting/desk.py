"""What routes and pages do with alerts, for those who see what these are about."""

from __future__ import annotations

import hashlib

from services.gateway.alerting.readings import Readings
from services.gateway.domain.alerts import LIVE, AcknowledgeAlert, AlertCommand, DefineAlert, RetireAlert, Rule, alert
from services.gateway.views.alerts import KnownAlert, alerts
from services.gateway.views.inputs import OpenAlert
from shared.engine.again import overtaken_by
from shared.http import Accepted, Deps, Problem, Reads, invalid, not_found
from shared.security import Principal

MOST_ALERTS = 200


async def open_alerts(reads: Reads) -> list[OpenAlert]:
    """What is wrong now, for wallboards."""
    found = []
    for name, doc in await reads.find(alerts, {"open": 1}):
        if doc.defined is not None and doc.open is not None:
            found.append(
                OpenAlert(
                    alert=name,
                    name=doc.defined.name,
                    partner=doc.defined.partner_id or None,
                    campaign=doc.defined.campaign or None,
                    since=doc.open.raised_at,
                    acknowledged_by=doc.open.acknowledged_by,
                )
            )
    return found


class AlertDesk:
    """Set as `app.state.alert_desk`."""

    def __init__(self, deps: Deps, readings: Readings) -> None:
        self._deps = deps
        self._readings = readings

    @property
    def readings(self) -> Readings:
        """Where figures come from."""
        return self._readings

    async def all(self, who: Principal) -> list[KnownAlert]:
        """Those that are watched, of partners that somebody sees, those that are wrong now first."""
        found = await self._deps.reads.find(alerts, {"watched": 1})
        return sorted(
            (doc for _, doc in found if _theirs(doc, who)),
            key=lambda doc: (doc.open is None, doc.defined.name if doc.defined else "", doc.alert),
        )

    async def get(self, who: Principal, name: str) -> KnownAlert:
        """404 where there is none that they may see."""
        doc = (await self._deps.reads.get(alerts, [name])).get(name)
        if doc is None or doc.retired or not _theirs(doc, who):
            raise not_found("alert")
        return doc

    async def create(self, who: Principal, rule: Rule, by: str) -> tuple[str, Accepted]:
        """A new alert; the same again for the same `by`. 409 `too_many`."""
        await self._checked(who, rule)
        name = "al_" + hashlib.sha256(f"{who.name} {by}".encode()).hexdigest()[:16]
        known = dict(await self._deps.reads.find(alerts, {"watched": 1}))
        if len(known) >= MOST_ALERTS and name not in known:
            raise Problem(409, "too_many", f"There are {MOST_ALERTS} alerts; retire one first.")
        accepted = await self._define(who, name, rule, by)
        return name, accepted

    async def change(self, who: Principal, name: str, rule: Rule, by: str, expects: int | None = None) -> Accepted:
        """Another rule; an episode that goes on goes on under it. `expects`: the revision that was read; 412 where it
        is not the last, once the last one is there to be read."""
        await self.get(who, name)
        await self._checked(who, rule)
        async with overtaken_by(lambda: self._changed(name, expects)):
            return await self._define(who, name, rule, by, expects)

    async def retire(self, who: Principal, name: str, by: str) -> Accepted:
        """Watched no more."""
        await self.get(who, name)
        command = RetireAlert(alert=name, at=self._deps.clock(), by=who.name)
        return await self._done(name, command, by)

    async def acknowledge(self, who: Principal, name: str, episode: int, by: str) -> Accepted:
        """Taken on; nobody else is called. 409 `not_open`."""
        await self.get(who, name)
        command = AcknowledgeAlert(alert=name, episode=episode, at=self._deps.clock(), by=who.name)
        return await self._done(name, command, by)

    async def _define(self, who: Principal, name: str, rule: Rule, by: str, expects: int | None = None) -> Accepted:
        command = DefineAlert(alert=name, rule=rule, expects=expects, at=self._deps.clock(), by=who.name)
        return await self._done(name, command, by)

    async def _done(self, name: str, command: AlertCommand, by: str) -> Accepted:
        return await self._deps.door.handle(alert, name, command, command_id=by, actor=getattr(command, "by", ""))

    async def _changed(self, name: str, expects: int | None) -> bool:
        doc = (await self._deps.reads.get(alerts, [name])).get(name)
        return doc is not None and doc.defined is not None and doc.defined.revision != expects

    async def _checked(self, who: Principal, rule: Rule) -> None:
        """403 for what they don't see; 422 where there is no such figure, or it is in money or has no such variant."""
        if not (who.partners is None or (rule.partner_id and who.sees(rule.partner_id))):
            raise Problem(403, "not_allowed", "Name a partner that you see.")
        if not rule.kpi or rule.kpi in LIVE:
            if rule.variant:
                raise invalid("variant", "there is none of this figure")
            return
        known = (await self._readings.kpis()).get(rule.kpi)
        if known is None:
            raise invalid("kpi", "there is no KPI of this name")
        if known["unit"] == "money":
            raise invalid("kpi", "amounts of several currencies have no limit")
        if rule.variant and rule.variant not in {one["name"] for one in known["variants"]}:
            raise invalid("variant", "the KPI has none of this name")


def _theirs(doc: KnownAlert, who: Principal) -> bool:
    partner = doc.defined.partner_id if doc.defined is not None else ""
    return who.partners is None or bool(partner and who.sees(partner))

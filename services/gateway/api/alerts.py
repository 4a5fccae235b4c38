"""The routes of alerts: which figures are watched, what is wrong now, and who takes it on."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.gateway.alerting.desk import AlertDesk
from services.gateway.api import alert_examples as examples
from services.gateway.domain.alerts import Rule
from services.gateway.views.alerts import KnownAlert
from shared.http import body, command_id, json_response, limited, page, require, takes
from shared.security import Principal

router = APIRouter(prefix="/api/v1/alerts", tags=["alerts"])
MOST_PER_PAGE = 200
Watches = Annotated[Principal, Depends(require("alerts.run"))]


async def _desk(request: Request) -> AlertDesk:
    found: AlertDesk = request.app.state.alert_desk
    return found


Alerts = Annotated[AlertDesk, Depends(_desk)]


class Acknowledgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which episode is taken on: not one that began since it was looked at."""

    episode: int


def shown(doc: KnownAlert) -> dict[str, Any]:
    """An alert with its episodes."""
    return {
        "alert": doc.alert,
        "defined": doc.defined,
        "open": doc.open,
        "pending_since": doc.pending_since,
        "episodes": doc.episodes,
    }


@router.get("", summary="The figures that are watched", responses=examples.ALERTS)
async def list_alerts(desk: Alerts, who: Watches, limit: int = 50, cursor: str | None = None) -> Response:
    """Each with its rule, what is open, and its last episodes. Alerts about all partners are for those who see all."""
    found = sorted((doc.alert, shown(doc)) for doc in await desk.all(who))
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor))


@router.post("", status_code=201, summary="Watch a figure", openapi_extra=takes(Rule), responses=examples.CREATED)
async def create_alert(request: Request, desk: Alerts, who: Watches) -> Response:
    """409 `band_wrong`, `levels_wrong`, `window_wrong`, `kpi_wrong`, `unknown_zone`, `too_many`; 422 where there is no
    such KPI, or it is in money."""
    name, accepted = await desk.create(who, await body(request, Rule), command_id(request))
    return json_response({"alert": name, "stream": accepted.stream, "version": accepted.version}, status=201)


@router.get("/{alert}", summary="An alert", responses=examples.ALERT)
async def show_alert(alert: str, desk: Alerts, who: Watches) -> Response:
    """Its rule, what is open, and its last episodes."""
    return json_response(shown(await desk.get(who, alert)))


@router.put("/{alert}", status_code=202, summary="Change an alert", openapi_extra=takes(Rule), responses=examples.DONE)
async def change_alert(request: Request, alert: str, desk: Alerts, who: Watches) -> Response:
    """An episode that goes on goes on, by the new rule. 409 as for a new one."""
    return json_response(await desk.change(who, alert, await body(request, Rule), command_id(request)), status=202)


@router.delete("/{alert}", status_code=202, summary="Watch a figure no more", responses=examples.DONE)
async def retire_alert(request: Request, alert: str, desk: Alerts, who: Watches) -> Response:
    """What is open is closed without a word."""
    return json_response(await desk.retire(who, alert, command_id(request)), status=202)


@router.post(
    "/{alert}/acknowledgement",
    status_code=202,
    summary="Take an alert on",
    openapi_extra=takes(Acknowledgement),
    responses=examples.DONE,
)
async def acknowledge_alert(request: Request, alert: str, desk: Alerts, who: Watches) -> Response:
    """Nobody else is called in this episode. 409 `not_open`."""
    asked = await body(request, Acknowledgement)
    return json_response(await desk.acknowledge(who, alert, asked.episode, command_id(request)), status=202)

"""A second way to fold what the gateway keeps, alerts and endpoints, and to say of what an endpoint has to be told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tests.chaos.book import Entry, Place

Documents = dict[str, dict[str, Any]]
EPISODES = 50
"""So many are remembered of an alert."""


def from_log(firsts: Mapping[int, Iterable[Entry]]) -> dict[str, Documents]:
    """View -> id with the partition -> what is checked of the document."""
    alerts: Documents = {}
    hooks: Documents = {}
    for partition, entries in firsts.items():
        for event in (entry.event for entry in entries):
            if "alert" in event:
                name = event["alert"]
                _alert(alerts.setdefault(f"{name}|{partition}", {"alert": name, "episodes": []}), event)
            else:
                name = event["webhook"]
                _hook(hooks.setdefault(f"{name}|{partition}", {"webhook": name, "told": []}), event)
    for doc in alerts.values():
        del doc["episodes"][:-EPISODES]
    return {"alerts": alerts, "webhooks": hooks}


def _alert(doc: dict[str, Any], event: Mapping[str, Any]) -> None:
    last = doc["episodes"][-1] if doc["episodes"] else {}
    match event["type"]:
        case "AlertDefined":
            doc["limit"] = event["limit"]
        case "AlertRetired":
            doc["retired"] = True
        case "AlertRaised":
            doc["episodes"].append({"episode": event["episode"], "value": event["value"], "calls": 0, "over": False})
        case "AlertCalled":
            last["calls"] += 1
        case "AlertResolved":
            last["over"] = True
        case _:
            pass


def _hook(doc: dict[str, Any], event: Mapping[str, Any]) -> None:
    match event["type"]:
        case "WebhookConfigured":
            doc["url"] = event["url"]
        case "WebhookKeyChanged":
            doc["key"] = event["key"]
        case said:
            doc["told"].append(said)


def from_view(view: str, documents: Mapping[str, Any]) -> Documents:
    """The same of the documents as they are stored."""
    shown = {"alerts": _shown_alert, "webhooks": _shown_hook}[view]
    return {id_: shown(doc) for id_, doc in documents.items() if doc}


def _shown_alert(doc: dict[str, Any]) -> dict[str, Any]:
    episodes = [
        {
            "episode": each["episode"],
            "value": each["value"],
            "calls": len(each.get("calls", ())),
            "over": each.get("resolved_at") is not None,
        }
        for each in doc.get("episodes", ())
    ]
    found = {"alert": doc["alert"], "episodes": episodes, "limit": doc["defined"]["limit"]}
    return found | ({"retired": True} if doc.get("retired") else {})


def _shown_hook(doc: dict[str, Any]) -> dict[str, Any]:
    told = [each["type"] for each in doc.get("standing", ())]
    return {"webhook": doc["webhook"], "told": told, "url": doc["configured"]["url"], "key": doc["keys"][-1]["key"]}


def to_be_told(gateway: Mapping[int, Iterable[Entry]], partners: Mapping[int, Iterable[Entry]]) -> set[Place]:
    """The registrations of agents since an endpoint has asked for them, by the clocks of those who recorded both."""
    since = [
        datetime.fromisoformat(entry.event["at"])
        for entries in gateway.values()
        for entry in entries
        if entry.event["type"] == "WebhookConfigured" and "AgentRegistered" in entry.event["events"]
    ]
    if not since:
        return set()
    return {
        entry.place
        for entries in partners.values()
        for entry in entries
        if entry.event["type"] == "AgentRegistered" and _recorded(entry) >= min(since)
    }


def _recorded(entry: Entry) -> datetime:
    return datetime.fromisoformat(json.loads(entry.record)["recorded_at"])

"""A second way to fold the views that are registers, who is who and which sources there are: their rules once more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.chaos.book import Entry

Documents = dict[str, dict[str, Any]]
"""Id with the partition -> what is checked of the document, without what is not known."""
FIELDS: Mapping[str, tuple[str, ...]] = {
    "call_people": ("partner", "agent", "name", "team", "zone"),
    "call_sources": ("source_id", "revision", "settings", "credentials"),
    "partners": ("partner_id", "name", "country", "time_zone"),
    "sources": ("source_id", "partner", "revision", "revisions", "credentials"),
    "agents": ("partner_id", "agent", "name", "team", "languages", "changes"),
}
"""View -> what is checked of its documents."""


def from_log(firsts: Mapping[int, Iterable[Entry]]) -> dict[str, Documents]:
    """The documents of each view as the log of the partners service has them."""
    found: dict[str, Documents] = {view: {} for view in FIELDS}
    for partition, entries in firsts.items():
        for entry in entries:
            _take(found, partition, entry.event)
    return {view: {id_: _known(doc) for id_, doc in documents.items()} for view, documents in found.items()}


def from_view(view: str, documents: Mapping[str, Any]) -> Documents:
    """The same of the documents as they are stored."""
    return {id_: _known({name: doc.get(name) for name in FIELDS[view]}) for id_, doc in documents.items() if doc}


def _known(doc: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in doc.items() if value not in (None, {}, [], "")}


def _take(found: dict[str, Documents], partition: int, event: dict[str, Any]) -> None:
    match event["type"]:
        case "PartnerRegistered":
            id_, name, zone = event["partner_id"], event["name"], event.get("time_zone", "UTC")
            found["call_people"][f"partner:{id_}|{partition}"] = {"partner": id_, "name": name, "zone": zone}
            register = {"partner_id": id_, "name": name, "country": event.get("country"), "time_zone": zone}
            found["partners"][f"{id_}|{partition}"] = register
        case "AgentRegistered":
            partner, agent = event["partner_id"], event["agent"]
            common = {"agent": agent, "name": event.get("name"), "team": event.get("team")}
            found["call_people"][f"agent:{partner}:{agent}|{partition}"] = {"partner": partner} | common
            known = found["agents"].get(f"{partner}:{agent}|{partition}", {"changes": 0})
            more = {"partner_id": partner, "languages": event.get("languages", []), "changes": known["changes"] + 1}
            found["agents"][f"{partner}:{agent}|{partition}"] = common | more
        case "SourceConfigured" | "CredentialIssued" | "CredentialRevoked":
            id_ = f"{event['source_id']}|{partition}"
            empty = {"source_id": event["source_id"], "credentials": {}}
            read = found["call_sources"].setdefault(id_, empty | {"credentials": {}, "settings": {}})
            kept = found["sources"].setdefault(id_, empty | {"credentials": {}, "revisions": {}})
            _source(read, kept, event)
        case _:
            pass


def _source(read: dict[str, Any], kept: dict[str, Any], event: dict[str, Any]) -> None:
    match event["type"]:
        case "SourceConfigured":
            read["revision"] = kept["revision"] = event["revision"]
            read["settings"][str(event["revision"])] = kept["revisions"][str(event["revision"])] = event["settings"]
            kept["partner"] = event["settings"]["partner"]
        case "CredentialIssued":
            read["credentials"][event["credential_id"]] = event["scheme"]
            kept["credentials"].setdefault(event["scheme"], []).append(event["credential_id"])
        case _:
            scheme = read["credentials"].pop(event["credential_id"], None)
            if scheme is not None:
                kept["credentials"][scheme].remove(event["credential_id"])
                if not kept["credentials"][scheme]:
                    del kept["credentials"][scheme]

"""The set-up of a recorded source: what a fixture's `source.json` says, as a source id, settings and secrets."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from shared.contracts.partners import SourceSettings

_DOOR = "/v1/in/"
_MAPS = ("dispositions", "agent_states", "queues", "campaigns", "numbers", "agents")
_GENERAL = {"schema", "vendor", "transport", "partner", "time_zone", "auth", "urls", "capabilities", "sale_on", *_MAPS}
_NAMES = ("header", "parameter")
"""What a scheme says of where a key stands; it is no secret."""


def fixture_source(document: dict[str, Any]) -> tuple[str, SourceSettings, dict[str, tuple[str, ...]]]:
    """The source's id (the path segment after `/v1/in/`, else its partner), its settings, its secrets as sent.

    A source whose deliveries only the transport proves has no secret here: whoever sets it up gives it a bearer key.
    ValueError for a scheme that no connector checks.
    """
    url = next(iter(document.get("urls", {}).values()), "")
    source_id = document["partner"]
    public_url = ""
    if _DOOR in url:
        parts = urlsplit(url)
        source_id = parts.path.removeprefix(_DOOR).partition("/")[0]
        public_url = urlunsplit((parts.scheme, parts.netloc, _DOOR + source_id, "", ""))
    settings = SourceSettings(
        connector=document["vendor"],
        partner=document["partner"],
        time_zone=document.get("time_zone", "UTC"),
        day_zone=document.get("time_zone", "UTC"),
        public_url=public_url,
        clock="replay",
        sale_on=tuple(document.get("sale_on", ())),
        reports_holds=document.get("capabilities", {}).get("holds", True),
        options=_options(document),
        **{name: document.get(name, {}) for name in _MAPS},
    )
    return source_id, settings, _secrets(document["auth"])


def _options(document: dict[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in document.items() if name not in _GENERAL}
    return own | {name: document["auth"][name] for name in _NAMES if name in document["auth"]}


def _secrets(auth: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    match auth["scheme"]:
        case "twilio-signature":
            return {"twilio-signature": (auth["auth_token"],)}
        case "standard-webhooks":
            return {"standard-webhooks": tuple(auth["secrets"])}
        case "api-key-header" | "query-key" as scheme:
            return {scheme: (auth["key"],)}
        case "body-token" | "header-token" as scheme:
            return {scheme: (auth["token"],)}
        case "basic":
            return {"basic": (f"{auth['username']}:{auth['password']}",)}
        case "bearer" | "hmac-sha256" as scheme:
            return {scheme: (auth["key"],)}
        case "transport":
            return {}
        case unknown:
            raise ValueError(f"no connector checks the scheme {unknown}")

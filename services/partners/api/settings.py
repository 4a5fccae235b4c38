"""What is checked of a source's settings before they are decided: what can't be right names its field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network

import msgspec

from services.partners.api.rules import must_be_zone
from services.partners.domain.integration import Map
from shared.contracts.codes import AGENT_STATES, is_disposition
from shared.contracts.partners import SourceSettings
from shared.http import Deps, Problem, invalid


def checked(source_id: str, settings: SourceSettings, deps: Deps) -> SourceSettings:
    """The settings with the address that they will be delivered to; 422 and 409 where they can't be right."""
    must_be_zone("settings.time_zone", settings.time_zone)
    must_be_zone("settings.day_zone", settings.day_zone)
    if not settings.connector:
        raise invalid("settings.connector", "the name of a telephony platform")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", settings.partner):
        raise invalid("settings.partner", "the id of a partner")
    must_be_codes("dispositions", settings.dispositions, "settings.dispositions")
    must_be_codes("agent_states", settings.agent_states, "settings.agent_states")
    for place, code in enumerate(settings.sale_on):
        if not is_disposition(code):
            raise invalid(f"settings.sale_on[{place}]", f"there is no disposition {code}")
    for place, network in enumerate(settings.networks):
        _must_be_network(f"settings.networks[{place}]", network)
    for number, name in settings.test_numbers.items():
        if not re.fullmatch(r"\+?[0-9]{2,15}", number):
            raise invalid("settings.test_numbers", f"{number} is not a number as the platform sends it: + and digits")
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", name):
            raise invalid("settings.test_numbers", f"the name of {number} is not a short word in lower case")
    if settings.clock == "replay" and settings.counts == "production" and not deps.demo:
        raise Problem(409, "not_a_demo", "A replay source counts as production only in a data folder marked as a demo.")
    if not settings.public_url:
        return msgspec.structs.replace(settings, public_url=address_of(source_id, deps))
    if not settings.public_url.startswith(("https://", "http://")):
        raise invalid("settings.public_url", "an address that begins with https:// or http://")
    return settings


def address_of(source_id: str, deps: Deps) -> str:
    """Where deliveries of a source go, unless its platform was given another address."""
    return f"{deps.base_url}/v1/in/{source_id}"


def must_be_codes(name: Map, codes: Mapping[str, str], field: str) -> None:
    """422 for a disposition or an agent's state that is none of ours; the other maps lead to names of any kind."""
    for theirs, ours in codes.items():
        if name == "dispositions" and not is_disposition(ours):
            raise invalid(f"{field}.{theirs}", f"there is no disposition {ours}")
        if name == "agent_states" and ours not in AGENT_STATES:
            raise invalid(f"{field}.{theirs}", f"there is no state {ours}")


def _must_be_network(field: str, network: str) -> None:
    try:
        ip_network(network)
    except ValueError:
        raise invalid(field, "a network such as 203.0.113.0/24 or 2001:db8::/32") from None

"""The telephony platforms that we can read, by the name that a source gives."""

from __future__ import annotations

from services.calls.connectors.aircall import aircall
from services.calls.connectors.amazon_connect import amazon_connect
from services.calls.connectors.asterisk import asterisk
from services.calls.connectors.base import Connector
from services.calls.connectors.freeswitch import freeswitch
from services.calls.connectors.generic_csv import generic_csv
from services.calls.connectors.generic_json import generic_json
from services.calls.connectors.genesys_cloud import genesys_cloud
from services.calls.connectors.native import native
from services.calls.connectors.ringcentral import ringcentral
from services.calls.connectors.twilio import twilio
from services.calls.connectors.vicidial import vicidial

CONNECTORS: dict[str, Connector] = {
    connector.name: connector
    for connector in (
        native,
        twilio,
        amazon_connect,
        genesys_cloud,
        asterisk,
        freeswitch,
        vicidial,
        aircall,
        ringcentral,
        generic_json,
        generic_csv,
    )
}

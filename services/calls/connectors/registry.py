"""The telephony platforms that we can read, by the name that a source gives."""

from __future__ import annotations

from services.calls.connectors.amazon_connect import amazon_connect
from services.calls.connectors.asterisk import asterisk
from services.calls.connectors.base import Connector
from services.calls.connectors.native import native
from services.calls.connectors.twilio import twilio

CONNECTORS: dict[str, Connector] = {
    connector.name: connector for connector in (native, twilio, amazon_connect, asterisk)
}

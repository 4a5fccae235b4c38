"""A small typed client of our HTTP interface: its first user, and a pattern for others'."""

from tests.client.errors import Changed, Refused
from tests.client.tallyline import Accepted, Tallyline
from tests.client.webhooks import Attempt, Endpoint, Made, Message, verified

__all__ = ["Accepted", "Attempt", "Changed", "Endpoint", "Made", "Message", "Refused", "Tallyline", "verified"]

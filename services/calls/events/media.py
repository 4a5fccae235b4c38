"""What is recorded of media: where our numbers are shown. What was bought there is public: see `MediaBought`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shared.contracts.selling import MediaBought
from shared.kernel import Event

Channel = Literal["television", "radio", "print", "online", "mail", "outdoor", "other"]


class MediumDescribed(Event, frozen=True, kw_only=True):
    """A medium, such as a television channel or a newspaper; the whole of it, as last said."""

    media: str
    name: str
    channel: Channel
    country: str
    at: datetime
    by: str


MediaEvent = MediumDescribed | MediaBought

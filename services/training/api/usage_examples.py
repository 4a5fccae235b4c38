"""What the routes of the panel's use and of conversations about it answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from services.training.measuring.usage import TOLD
from shared.http import answers

_ID, _AT, _TEXT = "adria:4f1c22b09a7d", "2026-03-09T10:00:00Z", "8c1d5b0e6f2a49d7b3e0c4f1a2968d57"
_DAY = {
    "partner": "adria",
    "agent": "1007",
    "day": "2026-03-04",
    "steps": {
        "panel/address": {
            "visits": 41,
            "failed": 9,
            "back": 3,
            "seconds": 1230,
            "mistakes": {"format": 8, "missing": 2},
            "times": [2, 6, 14, 11, 5, 3, 0, 0, 0],
        }
    },
    "batches": ["5f0c1d5f0c1d5f0c"],
}
_STRUGGLE = {
    "agent": "1007",
    "page": "panel",
    "step": "address",
    "measure": "failed",
    "visits": 410,
    "count": 90,
    "days": 10,
    "percent": "21.95",
    "peers_percent": "3.10",
    "a_day": "9.00",
    "peers_a_day": "1.20",
    "chance": 0.00002,
    "adjusted": 0.004,
    "asked": 0,
    "words": "Asked for help never, and makes a mistake at the step address 9.0 times a day (22.0 % of 410 visits); "
    "the peers' middle one 1.2 times (3.1 %). Chance of so much by luck and the usual differences: 1 in 50,000.",
}
_STEP = {
    "page": "panel",
    "step": "address",
    "agents": 64,
    "judged": 58,
    "visits": 21034,
    "failed_percent": "3.41",
    "back_percent": "2.02",
    "abandoned_percent": "0.40",
    "mean_s": "31.4",
    "slow_above_s": 60,
}
_CONVERSATION: dict[str, Any] = {
    "conversation": _ID,
    "partner": "adria",
    "started": {
        "type": "ConversationStarted",
        "partner_id": "adria",
        "conversation": _ID,
        "agent": "1007",
        "page": "panel",
        "step": "address",
        "party": "partner",
        "text": _TEXT,
        "at": _AT,
        "by": "Ana",
    },
    "continued": [],
    "closed": None,
    "changes": 1,
}

TAKEN = answers("Counted; 0 where the batch was counted before.", {"counted": 12}, 403, 409, 422, status=202)
MINE = answers("All that is held.", {"collecting": True, "kept_days": 90, "told": TOLD, "days": [_DAY]}, 304, 403)
STRUGGLES = answers(
    "What stands out.",
    {
        "findings": [_STRUGGLE],
        "steps": [_STEP],
        "tested": 928,
        "false_share": 0.05,
        "least_visits": 30,
        "least_agents": 20,
    },
    304,
    403,
    404,
    422,
)
STARTED = answers("It is open.", {"id": _ID, "stream": f"struggle-{_ID}", "version": 1}, 403, 404, 422, status=201)
CONTINUED = answers("Said.", {"stream": f"struggle-{_ID}", "version": 2}, 404, 409, 422, status=202)
CONVERSATIONS = answers("One page.", {"items": [_CONVERSATION], "next": None}, 304, 404, 422)
CONVERSATION = answers(
    "The conversation.",
    {"conversation": _CONVERSATION, "texts": {_TEXT: "Shall we look at the address step together at four?"}},
    304,
    404,
)

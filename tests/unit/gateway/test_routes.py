"""No page answers for another one."""

from __future__ import annotations

import re

from starlette.routing import Route

from services.gateway.pages import PARTS


def test_no_route_is_hidden_behind_an_earlier_one() -> None:
    routes = [route for part in PARTS for route in part.routes if isinstance(route, Route)]
    assert len(routes) > 100
    hidden = [
        f"{route.path} behind {earlier.path}"
        for n, route in enumerate(routes)
        for earlier in routes[:n]
        if (earlier.methods or set()) & (route.methods or set())
        and earlier.path_regex.match(re.sub(r"{[^}]*}", "x", route.path))
    ]
    assert hidden == []

"""Every page that somebody may see is one or two steps away, and the one that they are on is marked."""

from __future__ import annotations

import pytest

from services.gateway.pages.site import AREAS, IN_ONE_ROW, NAVIGATION, home_of, navigation_of
from shared.rights import RIGHTS, ROLES, Role
from shared.security import Principal


def seen(role: Role) -> list[str]:
    return [target for target, _name, right in NAVIGATION if role in RIGHTS[right]]


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_is_reached_from_every_other(role: Role) -> None:
    viewer, pages = Principal("Ana", role), seen(role)
    for page in [*pages, "/search"]:
        rows = navigation_of(viewer, page, {})
        reached = {link.target for link in rows["navigation"]}
        for area in rows["areas"]:
            reached |= {link.target for link in navigation_of(viewer, area.target, {})["navigation"]}
        assert reached == set(pages)
        assert bool(rows["areas"]) == (len(pages) > IN_ONE_ROW)


@pytest.mark.parametrize("target", [target for target, *_more in NAVIGATION])
def test_one_page_is_marked_and_its_area(target: str) -> None:
    admin = Principal("Ana", "admin")
    for path in (target, f"{target}/of/something"):
        rows = navigation_of(admin, path, {})
        assert [link.target for link in rows["navigation"] if link.here] == [target]
        (area,) = [link.name for link in rows["areas"] if link.here]
        assert target in {one for one, *_more in AREAS[area]}


def test_a_page_that_only_begins_alike_is_not_marked() -> None:
    assert [link for link in navigation_of(Principal("Ana", "admin"), "/administer", {})["areas"] if link.here] == []


def test_who_is_not_signed_in_is_led_nowhere() -> None:
    assert navigation_of(None, "/signin", {}) == {"areas": [], "navigation": []}


def test_the_menu_leads_to_where_somebody_begins() -> None:
    seen = navigation_of(Principal("mira", "manager"), "/calls", {"/calls": "/calls?state=ended"})
    assert {link.name: (link.target, link.here) for link in seen["navigation"]}["Calls"] == ("/calls?state=ended", True)


HOMES = {
    "admin": "/wallboard",
    "manager": "/partners",
    "supervisor": "/wallboard",
    "agent": "/panel",
    "reconciler": "/reconciliation",
    "accountant": "/invoices",
    "trainer": "/training",
    "partner": "/wallboard",
}


@pytest.mark.parametrize("role", HOMES)
def test_everybody_begins_where_their_work_is(role: Role) -> None:
    assert home_of(Principal("Ana", role)) == HOMES[role]

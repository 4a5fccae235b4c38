"""Nobody is shown by an id where the name is known: on no page of the demo, for an administrator and for a lead."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from shared.rights import Role
from tests.browser.demo import Demo, demo

__all__ = ["demo"]

pytestmark = pytest.mark.timeout(600)
SETTLED_MS = 600
SAID = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: place, textContent: text } = walker.currentNode;
    if (!place.closest("script, style, code, pre, textarea, .id, .data, small") && text.trim()) found.push(text.trim());
  }
  return found;
}"""
"""Every text of a page, but for what is marked as an id, stands small beside a name, or is data as it was sent."""
IN_FILES = {
    "/rota/staffing": "the words of a file that people write by ids",
    "/admin/audit": "what was asked for, as it was asked",
}


@pytest.mark.parametrize("role", ["admin", "partner"])
def test_people_and_partners_are_called_by_their_names(browser: Browser, demo: Demo, role: Role) -> None:
    named = {one["agent"] for one in demo.items("/agents?limit=500") if one["name"]}
    named |= {one["partner_id"] for one in demo.items("/partners?limit=500")}
    assert len(named) > 20
    shown = {}
    with demo.looked_at(browser, role) as (context, _watched):
        page = context.new_page()
        for found in demo.found_by(role):
            page.goto(demo.base + found.path)
            page.wait_for_timeout(SETTLED_MS)
            said = set(page.evaluate(SAID)) & named
            if said and not found.path.startswith(tuple(IN_FILES)):
                shown[found.path] = sorted(said)[:5]
    assert shown == {}

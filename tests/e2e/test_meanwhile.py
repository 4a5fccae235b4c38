"""Two people fill the same form at once: nobody writes over what they have not seen, and no word is lost."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

from services.gateway.pages.evaluation_forms import NEW
from services.gateway.pages.staffing import COMMITTED, LINE
from services.gateway.views.plain_yaml import to_yaml
from tests.e2e.shop import done
from tests.e2e.systems import System, Time, ask, at_rest, start

RULE = {
    "name": "Nothing is heard", "kind": "silence", "direction": "above", "limit": 10, "clear_at": 2,
    "partner_id": "adria",
}  # fmt: skip
HOOK = {"name": "books", "url": "https://hooks.example.com/in", "events": ["MonthAgreed"], "partners": ["adria"]}


def form_of(html: str, name: str) -> dict[str, Any]:
    """What would be sent by the form of this id: inputs, texts and choices."""
    form = html.partition(f'id="{name}"')[2].partition("</form>")[0]
    sent: dict[str, Any] = {}
    for field in re.findall(r"<input [^>]*>", form):
        told = dict(re.findall(r'([a-z]+)="([^"]*)"', field))
        if told.get("type") != "checkbox":
            sent[told["name"]] = unescape(told.get("value", ""))
        elif field.rstrip(">").endswith("checked"):
            sent.setdefault(told["name"], []).append(unescape(told["value"]))
    for key, text in re.findall(r'<textarea name="(\w+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        sent[key] = unescape(text)
    for key, options in re.findall(r'<select name="(\w+)">(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        sent[key] = unescape(chosen[1]) if chosen else ""
    return sent


def sides(html: str) -> list[list[str]]:
    """The rows of the dialogue: field, mine, theirs."""
    table = html.partition('id="both"')[2].partition("</table>")[0]
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", table.partition("<tbody>")[2], re.DOTALL)
    return [[unescape(cell) for cell in cells[n : n + 3]] for n in range(0, len(cells), 3)]


async def saved(system: System, page: str, form: str, other: dict[str, Any], mine: dict[str, Any]) -> str:
    """Two people open the page; the other one saves first. The page that I get, after a look at what it is about."""
    client = system.client
    filled = form_of((await client.get(page)).text, form)
    action = page.partition("?")[0]
    first = await client.post(action, data=filled | other)
    assert first.status_code == 303, first.text
    await at_rest(system)
    late = await client.post(action, data=filled | mine, headers={"accept": "text/html"})
    assert (late.status_code, 'id="meanwhile"' in late.text) == (412, True)
    again = form_of(late.text, form)
    assert {name: again[name].strip() for name in mine} == {name: text.strip() for name, text in mine.items()}
    meant = await client.post(action, data=again)
    assert meant.status_code == 303, meant.text
    await at_rest(system)
    return late.text


async def test_who_saves_later_sees_both_and_loses_nothing(tmp_path: Path) -> None:
    async with start("embedded", tmp_path, Time()) as system:
        client = system.client
        await done(client, "POST", "/partners", {"partner_id": "adria", "name": "Adria", "time_zone": "Europe/Zagreb"})
        await at_rest(system)

        alert = (await done(client, "POST", "/alerts", RULE))["alert"]
        shown = await saved(system, f"/alerts/{alert}", "change", {"limit": "12"}, {"limit": "20", "name": "Silence"})
        assert sides(shown) == [["Name", "Silence", "Nothing is heard"], ["Limit", "20", "12"]]
        rule = (await ask(client, f"/api/v1/alerts/{alert}"))["defined"]
        assert (rule["name"], rule["limit"], rule["revision"]) == ("Silence", 20.0, 3)
        answer = await client.get(f"/api/v1/alerts/{alert}")
        match, body = {"if-match": answer.headers["etag"]}, RULE | {"limit": 30}
        assert (await client.put(f"/api/v1/alerts/{alert}", json=body, headers=match)).status_code == 202
        other = await client.put(f"/api/v1/alerts/{alert}", json=RULE | {"limit": 40}, headers=match)
        assert (other.status_code, other.json()["type"]) == (412, "/problems/changed_meanwhile")
        wrong = await client.post(f"/alerts/{alert}", data=form_of(shown, "change") | {"clear_at": "99", "over": "4"})
        assert (wrong.status_code, 'id="meanwhile"' in wrong.text) == (409, False)
        assert form_of(wrong.text, "change")["clear_at"] == "99"

        hook = (await done(client, "POST", "/webhooks", HOOK))["webhook"]
        shown = await saved(system, f"/admin/webhooks/{hook}", "change", {"name": "theirs"}, {"name": "mine"})
        assert sides(shown) == [["Name", "mine", "theirs"]]

        page, lines = "/rota/staffing?partner=adria", {"time_zone": "Europe/Zagreb", "lines": [LINE]}
        theirs = to_yaml(lines | {"holidays": ["2026-12-25"]})
        mine = to_yaml(lines | {"holidays": ["2026-12-26"]})
        shown = await saved(system, page, "say-staffing", {"content": theirs}, {"content": mine})
        ((field, one, two),) = sides(shown)
        assert (field, "2026-12-26" in one, "2026-12-25" in two) == ("Staffing, as YAML", True, True)
        theirs, mine = (to_yaml({"starts": day, "committed": [COMMITTED]}) for day in ("2027-01-01", "2027-02-01"))
        shown = await saved(system, page, "say-capacity", {"content": theirs}, {"content": mine})
        assert [row[0] for row in sides(shown)] == ["Committed people from a day on, as YAML"]

        reason = {"reason": "As agreed."}
        first = await client.post("/quality/forms", data={"form": "in", "content": to_yaml(NEW)} | reason)
        assert first.status_code == 303
        await at_rest(system)
        theirs, mine = (to_yaml(NEW | {"title": title}) for title in ("Theirs", "Mine"))
        shown = await saved(
            system, "/quality/forms?form=in", "publish", {"content": theirs} | reason, {"content": mine} | reason
        )
        ((_field, one, two),) = sides(shown)
        assert ("Mine" in one, "Theirs" in two) == (True, True)
        found = await ask(client, "/api/v1/training/forms/in")
        assert [version["content"]["title"] for version in found["versions"]] == ["New form", "Theirs", "Mine"]

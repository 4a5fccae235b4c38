"""Pages and figures in the language that is chosen, over HTTP."""

from __future__ import annotations

import pytest

from tests.e2e.systems import System

pytestmark = pytest.mark.asyncio(loop_scope="module")
HTML = {"accept": "text/html"}


async def test_a_page_its_problems_and_the_wallboards_figures_are_in_the_readers_language(system: System) -> None:
    german = {"accept-language": "de-CH, de;q=0.9"}
    page = await system.client.get("/calls", headers=HTML | german)
    assert '<html lang="de"' in page.text
    assert "<h1>Anrufe</h1>" in page.text
    assert "accept-language" in page.headers["vary"]
    gone = await system.client.get("/nowhere", headers=HTML | german)
    assert (gone.status_code, "Diese Seite gibt es nicht" in gone.text) == (404, True)
    board = (await system.client.get("/api/v1/wallboard", headers=german)).json()
    assert board["kpis"][0]["label"] == "Laufende Anrufe"
    assert (await system.client.get("/api/v1/wallboard")).json()["kpis"][0]["label"] == "Calls in progress"


async def test_what_is_chosen_is_kept_and_leads_back_to_our_own_pages_only(system: System) -> None:
    chosen = {"language": "bs", "zone": "Europe/Sarajevo"}
    going = await system.client.post("/preferences", data=chosen | {"back": "/calls?state=ended"})
    assert (going.status_code, going.headers["location"]) == (303, "/calls?state=ended")
    kept = [cookie.partition(";")[0] for cookie in going.headers.get_list("set-cookie")]
    assert sorted(kept) == ["language=bs", "zone=Europe/Sarajevo"] or sorted(kept) == [
        "language=bs",
        'zone="Europe/Sarajevo"',
    ]
    page = await system.client.get("/calls", headers=HTML | {"cookie": "; ".join(kept), "accept-language": "fr"})
    assert '<html lang="bs"' in page.text
    assert "najnoviji prvi, vremena u zoni Europe/Sarajevo" in page.text
    strange = {"language": "xx", "zone": "../../etc/passwd", "back": "//elsewhere.example"}
    going = await system.client.post("/preferences", data=strange)
    assert (going.status_code, going.headers["location"], going.headers.get("set-cookie")) == (303, "/", None)
    system.client.cookies.clear()

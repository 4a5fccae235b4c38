"""Takes the pictures of the documentation from the demo: `python -m tests.tools.pictures [SECONDS]`.

Each page that there is, light and dark, as WebP in `docs/pictures`. SECONDS: how long the demo runs first, so that
charts of the last minutes have something to show.
"""

from __future__ import annotations

import base64
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from shared.rights import Role
from tests.browser.conftest import ARGUMENTS, ROOT, chromium
from tests.browser.demo import Demo

FOLDER = ROOT / "docs" / "pictures"
PAGES: tuple[tuple[str, str, Role], ...] = (
    ("wallboard", "/wallboard", "manager"),
    ("partners", "/partners", "manager"),
    ("reconciliation", "/reconciliation", "reconciler"),
    ("calls", "/calls?state=ended", "supervisor"),
    ("training", "/training", "trainer"),
    ("health", "/health", "admin"),
)
"""Name of the picture, address of the page, and who looks at it. A page that is not there yet is left out."""
THEMES = ("light", "dark")
DAYS = 3
RUNS_S = 330
SHOWN_MS = 2_500
WIDTH, HEIGHT, QUALITY = 1280, 860, 80


def take(browser: Browser, demo: Demo) -> list[Path]:
    """All of them."""
    taken: list[Path] = []
    for name, path, role in PAGES:
        if demo.http.get(path, headers={**demo.key(role), "accept": "text/html"}).status_code == 404:
            print(f"left out: there is no {path}")
            continue
        for theme in THEMES:
            with demo.looked_at(browser, role, viewport={"width": WIDTH, "height": HEIGHT}) as (context, _watched):
                context.add_cookies([{"name": "theme", "value": theme, "url": demo.base}])
                page = context.new_page()
                page.goto(demo.base + path)
                page.wait_for_timeout(SHOWN_MS)
                asked = {"format": "webp", "quality": QUALITY}
                picture = context.new_cdp_session(page).send("Page.captureScreenshot", asked)["data"]
                file = FOLDER / f"{name}-{theme}.webp"
                file.write_bytes(base64.b64decode(picture))
                taken.append(file)
    return taken


def main() -> None:
    """Start the demo, wait, take the pictures, and say how large they are."""
    runs_s = float(sys.argv[1]) if len(sys.argv) > 1 else RUNS_S
    path = chromium()
    if path is None:
        raise SystemExit("Chromium was not found. On Debian: apt-get install chromium")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        data = Path(home) / "data"
        data.mkdir(mode=0o700)
        demo = Demo(data, Path(home) / "server.log", DAYS)
        try:
            time.sleep(runs_s)
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            for file in take(browser, demo):
                print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1024} KB")
            browser.close()
        finally:
            demo.stop()


if __name__ == "__main__":
    main()

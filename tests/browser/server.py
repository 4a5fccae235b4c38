"""The gateway over the company in memory, as a process of its own: `python -m tests.browser.server PORT DATA`."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from types import FrameType

import httpx
import uvicorn
from fastapi import FastAPI

from services.gateway.api import router
from services.gateway.api.asking import AsViewer, PassedOn
from services.gateway.api.feed import WallboardFeed
from services.gateway.api.gateway import Gateway
from services.gateway.api.scripts import Scripts
from services.gateway.identity.doors import doors_of
from services.gateway.identity.shelf import KEPT_STARTS, KEPT_VIEWS, Shelf
from services.gateway.pages import BrowserPages, pages
from shared.adapters.sqlite import SqliteDocuments, SqliteFile
from shared.clock import now
from shared.http import Gate, install_problems
from shared.ports import Documents
from shared.security import Access, Principal
from shared.settings import Settings
from tests.browser.company import Company
from tests.browser.taught import Taught


def application(
    company: Company, access: Access, documents: Documents, streams_each: int = 6
) -> tuple[FastAPI, WallboardFeed]:
    """The application as a service would put it together, and the feed to be run beside it."""
    feed = WallboardFeed(company, company, company.clock, most_per_viewer=streams_each)
    app = FastAPI(docs_url=None, redoc_url=None)
    client = httpx.AsyncClient()
    app.state.gateway = Gateway(
        feed, company, company, company, company, Taught(), company, Scripts(client), access,
        lambda request, _: AsViewer(client, PassedOn(request.headers)), {}, secure=False,
        doors=doors_of(Settings(), documents, company.clock, access, None),
        shelf=Shelf(documents, company.clock), now=company.clock,
    )  # fmt: skip
    app.include_router(router)
    app.include_router(pages)
    app.add_middleware(Gate, access=access)
    install_problems(app)
    app.add_middleware(BrowserPages)
    return app, feed


class Server(uvicorn.Server):
    """Ends the streams when it is told to stop: it would wait for them forever."""

    def __init__(self, config: uvicorn.Config, feed: WallboardFeed) -> None:
        super().__init__(config)
        self._feed = feed

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """On SIGTERM and SIGINT."""
        self._feed.drain()
        super().handle_exit(sig, frame)


async def serve(port: int, data: Path, company: Company, streams_each: int) -> None:
    """Serve until told to stop. A link to sign in is printed first."""
    file = SqliteFile(data / "access.db")
    await file.open()
    documents = SqliteDocuments(file, "gateway")
    access = Access(documents, now)
    await access.start()
    for kept in (KEPT_VIEWS, KEPT_STARTS):
        await documents.declare(kept.collection, kept.indexes)
    app, feed = application(company, access, documents, streams_each)
    await app.state.gateway.doors.start()
    token = await access.create_sign_in(Principal("tester", "admin"))
    print(f"http://127.0.0.1:{port}/?token={token}", flush=True)
    server = Server(uvicorn.Config(app, port=port, log_level="warning"), feed)
    running = asyncio.create_task(feed.run())
    await server.serve()
    await running
    await file.close()


def main() -> None:
    """The command line."""
    asking = argparse.ArgumentParser()
    asking.add_argument("port", type=int)
    asking.add_argument("data", type=Path)
    asking.add_argument("--agents", type=int, default=120)
    asking.add_argument("--hostile", action="store_true")
    asking.add_argument("--streams-each", type=int, default=6)
    given = asking.parse_args()
    company = Company(now, agents_total=given.agents, hostile=given.hostile)
    asyncio.run(serve(given.port, given.data, company, given.streams_each))


if __name__ == "__main__":
    main()

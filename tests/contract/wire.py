"""Stands between MongoDB's driver and a server: notes the commands, and can hold one, lose an answer or fall silent."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import bson

HEADER = struct.Struct("<iiii")
MESSAGE = 2013
WITH_BODY, WITH_DOCUMENTS = 0, 1
ADMINISTRATION = frozenset({"hello", "ismaster", "isMaster", "ping", "buildInfo", "listIndexes", "endSessions"})


class Command(NamedTuple):
    """A command and the number of its statements."""

    name: str
    statements: int


class Wire:
    """What went over the wire, but for administration; and the faults, which hold until they are taken back."""

    def __init__(self) -> None:
        self.address = ""
        self.commands: list[Command] = []
        self.silent = False
        self.lose_answer_of = ""
        self.hold = ""
        self.held = asyncio.Event()
        self.release = asyncio.Event()

    async def connect(self, server: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the driver until either side ends it."""
        host, _, port = server.rpartition(":")
        answers, requests = await asyncio.open_connection(host, int(port))
        lost = asyncio.Event()
        both = [
            asyncio.create_task(self._requests(reader, requests, lost)),
            asyncio.create_task(self._answers(answers, writer, lost)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for end in (requests, writer):
                end.close()
                with contextlib.suppress(OSError):
                    await end.wait_closed()

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: asyncio.Event) -> None:
        while True:
            header = await reader.readexactly(HEADER.size)
            length, _, _, operation = HEADER.unpack(header)
            content = await reader.readexactly(length - HEADER.size)
            if operation == MESSAGE:
                await self._note(read_command(content), lost)
            if not self.silent:
                writer.write(header + content)
                await writer.drain()

    async def _note(self, command: Command, lost: asyncio.Event) -> None:
        if command.name in ADMINISTRATION:
            return
        self.commands.append(command)
        if command.name == self.lose_answer_of:
            lost.set()
        if command.name == self.hold:
            self.held.set()
            await self.release.wait()

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: asyncio.Event) -> None:
        # The first bytes of an answer say that the server has done it: then it is lost.
        while (content := await reader.read(65536)) and not lost.is_set():
            if not self.silent:
                writer.write(content)
                await writer.drain()


def read_command(content: bytes) -> Command:
    """The command of a message without its header: flags, then sections."""
    name, statements = "", 1
    place = 4
    while place < len(content):
        kind, size = content[place], struct.unpack_from("<i", content, place + 1)[0]
        section = content[place + 1 : place + 1 + size]
        if kind == WITH_BODY:
            name = next(iter(bson.decode(section)))
        elif kind == WITH_DOCUMENTS:
            statements = len(bson.decode_all(section[section.index(b"\0", 4) + 1 :]))
        place += 1 + size
    return Command(name, statements)


@asynccontextmanager
async def wire_to(server: str) -> AsyncIterator[Wire]:
    """A wire to the server at `host:port`."""
    wire = Wire()
    connections: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(wire.connect(server, reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    listener = await asyncio.start_server(connected, "127.0.0.1", 0)
    wire.address = f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        listener.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

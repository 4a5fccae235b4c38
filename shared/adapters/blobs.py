"""Blobs in a folder: a file for each content, named by its SHA-256."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import tempfile
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

from shared.ports import StoreUnavailable

_DIGEST = re.compile(r"[0-9a-f]{64}")


class FolderBlobs:
    """Blobs in `folder`. A crash may leave files that end in `.part`; they are never read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, content: bytes) -> str:
        """See the port. StoreUnavailable when the disk does not take it."""
        try:
            return await asyncio.to_thread(self._put, content)
        except OSError as error:
            raise StoreUnavailable(str(error)) from error

    async def get(self, digest: str) -> bytes | None:
        """See the port. StoreUnavailable when it cannot be read, or is not what was put."""
        if not _DIGEST.fullmatch(digest):
            return None
        try:
            content = await asyncio.to_thread(self._path(digest).read_bytes)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnavailable(str(error)) from error
        if sha256(content).hexdigest() != digest:
            raise StoreUnavailable(f"blob {digest} is damaged")
        return content

    async def digests(self) -> AsyncIterator[str]:
        """See the port."""
        for folder in await asyncio.to_thread(_entries, self._folder):
            for name in await asyncio.to_thread(_entries, self._folder / folder):
                if _DIGEST.fullmatch(name):
                    yield name

    def _put(self, content: bytes) -> str:
        digest = sha256(content).hexdigest()
        path = self._path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written also when it is there already: that mends a damaged file, and a name that is there need not be
        # durable yet.
        handle, part = tempfile.mkstemp(suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(part).replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                Path(part).unlink()
            raise
        for folder in (path.parent, self._folder, self._folder.parent):
            _sync_folder(folder)
        return digest

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


def _entries(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreUnavailable(str(error)) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

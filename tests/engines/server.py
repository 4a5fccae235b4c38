"""One server for a whole test session: started when it is first asked for, ended with it, by its process id."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import pytest

START_S = 300.0
"""As long as a busy machine needs: one that ends instead is seen at once."""


class Missing(Exception):
    """There is no such server here, and what would be needed to start one."""


class Contained(Protocol):
    """A server in a container, or several that are one."""

    def start(self) -> str:
        """Its `host:port` when it answers."""
        ...

    def stop(self) -> None:
        """It is gone, with its data."""
        ...


class Server:
    """An engine by name. `command` gives the command line for what `brought` brings (a folder of jars, or a program), a
    folder for data and a free port; `ready` says whether the server at a port answers. `own`: never one from the
    environment, since it is to be harmed. `contained`: the same in a container; None where there are none.
    """

    def __init__(
        self,
        name: str,
        command: Callable[[Path, Path, int], Sequence[str]],
        ready: Callable[[int], bool],
        *,
        own: bool = False,
        contained: Callable[[], Contained | None] = lambda: None,
        brought: Callable[[str], Path] | None = None,
    ) -> None:
        self.name = name
        self.variable = f"TALLYLINE_TEST_{name.upper()}"
        self._own = own
        self._contained = contained
        self._container: Contained | None = None
        self._command = command
        self._brought = brought or jars
        self._ready = ready
        self._address: str | None = None
        self._missing: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._home: Path | None = None

    def address(self) -> str:
        """`host:port` of the server that runs. Without one: skips the test, or fails it with CI=true."""
        if self._missing is None and self._address is None:
            try:
                self._address = self._given() or self._in_container() or self._start()
                atexit.register(self.stop)
            except Missing as missing:
                self._missing = f"no {self.name} for the tests: {missing} (or set {self.variable})"
        if self._missing is not None:
            if os.environ.get("CI") == "true":
                pytest.fail(self._missing)
            pytest.skip(self._missing)
        assert self._address is not None
        return self._address

    def stop(self) -> None:
        """End the server, if it was started here, and forget its data."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._home is not None:
            shutil.rmtree(self._home)
        if self._container is not None:
            self._container.stop()
        self._process = self._home = self._address = self._container = None

    def _given(self) -> str | None:
        address = None if self._own else os.environ.get(self.variable)
        if address is not None:
            host, _, port = address.rpartition(":")
            try:
                socket.create_connection((host, int(port)), timeout=5).close()
            except (OSError, ValueError) as error:
                pytest.fail(f"{self.variable}={address}: {error}")
        return address

    def _in_container(self) -> str | None:
        self._container = self._contained()
        return None if self._container is None else self._container.start()

    def freeze(self) -> None:
        """Nothing is answered from here on, and no connection is closed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        # Threads stop one by one: what is answered by the last of them would be an answer of the frozen.
        while not all(_stopped(task) for task in Path(f"/proc/{self._process.pid}/task").iterdir()):
            time.sleep(0.001)

    def thaw(self) -> None:
        """It goes on as if nothing had been."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def crash(self) -> None:
        """It is gone from one moment to the next; its data stay."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """After a crash: at the same address, with the same data."""
        assert self._address is not None
        assert self._home is not None
        self._launch(self._brought(self.name), self._home, int(self._address.rpartition(":")[2]))

    def _start(self) -> str:
        parts = self._brought(self.name)
        self._home = Path(tempfile.mkdtemp(prefix=f"tallyline-{self.name}-"))
        port = free_port()
        self._launch(parts, self._home, port)
        return f"127.0.0.1:{port}"

    def _launch(self, parts: Path, home: Path, port: int) -> None:
        output = home / "output"
        with output.open("wb") as stream:
            self._process = subprocess.Popen(
                self._command(parts, home, port), stdout=stream, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
            )
        deadline = time.monotonic() + START_S
        while not self._ready(port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = output.read_text()[-2000:]
                self.stop()
                pytest.fail(f"{self.name} did not start:\n{said}")
            time.sleep(0.1)


def jars(name: str) -> Path:
    """The folder with the jars of our pom.xml, brought by Maven."""
    _need("java")
    pom = recipe(name) / "pom.xml"
    command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"]
    return kept(name, pom.read_bytes(), lambda part: [*command, f"-DoutputDirectory={part}"])


def installed(name: str, module: str) -> Path:
    """The folder with the program of a Go module, `path@version`."""
    return kept(name, module.encode(), lambda _: ["go", "install", module])


def built(name: str, packages: Sequence[str] = (".",)) -> Path:
    """The folder with the programs that Go builds by our recipe: of its own source, or of these packages."""
    source = recipe(name)
    content = b"".join(path.read_bytes() for path in sorted(source.iterdir()))
    making = ["go", "install", "-mod=mod", *packages]
    with tempfile.TemporaryDirectory() as copy:  # Go writes the sums of what it brings beside the module
        shutil.copytree(source, copy, dirs_exist_ok=True)
        return kept(name, content, lambda _: making, within=Path(copy))


def kept(name: str, recipe: bytes, making: Callable[[Path], Sequence[str]], *, within: Path | None = None) -> Path:
    """The folder that the command of `making` fills, once for each content of the recipe. `within`: where it runs."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tallyline-engines"
    folder = cache / f"{name}-{hashlib.sha256(recipe).hexdigest()[:12]}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as around:
            part = Path(around) / "part"
            part.mkdir()
            command = making(part)
            _need(command[0])
            env = os.environ | {"GOBIN": str(part)}
            done = subprocess.run(command, capture_output=True, text=True, cwd=within, env=env)
            if done.returncode:
                raise Missing(f"{name} could not be brought: {(done.stdout + done.stderr)[-500:]}")
            # Another session may have been faster.
            if not folder.exists():
                part.rename(folder)
    return folder


def _need(program: str) -> None:
    if shutil.which(program) is None:
        raise Missing(f"{program} is not installed")


def recipe(name: str) -> Path:
    """The folder with what the server is made of."""
    return Path(__file__).parent / f"{name}_server"


LOWEST, PORTS_EACH, PROCESSES = 10_100, 2_800, 8
"""Above the last that browsers refuse, and below those that systems give to outgoing connections: one that is free now
must be free when it is listened on, seconds later. Each process that runs tests has a range of its own."""
_place = itertools.count(random.SystemRandom().randrange(PORTS_EACH))


def free_port() -> int:
    """A port of the loopback interface that nobody listens on, and that nobody else is given."""
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % PROCESSES
    for place in itertools.islice(_place, PORTS_EACH):
        port = LOWEST + process * PORTS_EACH + place % PORTS_EACH
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")


def listens(port: int) -> bool:
    """Does somebody listen at this port of the loopback interface?"""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _stopped(task: Path) -> bool:
    """Whether a thread stands still; one that has ended does."""
    with contextlib.suppress(OSError):
        # The state follows the name, which stands in brackets and may hold anything.
        return (task / "stat").read_text().rpartition(")")[2].split()[0] in "TtZX"
    return True

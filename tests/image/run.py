"""`make image`: the Dockerfile is built and started without a Docker engine: by buildah, on a base of mmdebstrap.

What is started shares this machine's kernel, network and clock; it has a root of its own, and is nobody there.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.engines.server import Missing, free_port
from tests.manifests.tools import ROOT

SUITE = "bookworm"
INCLUDED = "python3,python3-venv,ca-certificates"
BASE, IMAGE = "localhost/tallyline-base", "localhost/tallyline"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tallyline-image"
TOLD = ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")
"""What tells this machine's pip where to go and whom to trust: the build is told the same."""
START_S = 60.0
USER = 10001
MOUNTS = """
mount --bind {root} {root}
mount -o remount,bind,ro {root}
mount --rbind /dev {root}/dev
mount -t tmpfs tmpfs {root}/tmp
mount -t tmpfs -o uid={user},gid={user},mode=0700 tmpfs {root}/data
if touch {root}/etc/mark 2>/dev/null; then echo "the root can be written"; exit 9; fi
cd {root}/data
exec /usr/sbin/chroot --userspec={user}:{user} {root} {start}
"""
"""As Kubernetes starts it: nothing can be written but /tmp and /data, and what ends the shell ends the server."""


class Wrong(Exception):
    """The image is not as it must be."""


class Builder:
    """buildah with a store of its own below `home`, without an engine and without namespaces."""

    def __init__(self, home: Path) -> None:
        self._env = os.environ | {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}
        self._buildah = ["buildah", f"--root={home}/root", f"--runroot={home}/run"]

    def run(self, *arguments: str) -> str:
        """What buildah says. Wrong when it fails."""
        done = subprocess.run([*self._buildah, *arguments], env=self._env, capture_output=True, text=True)
        if done.returncode:
            raise Wrong(f"buildah {arguments[0]}: {(done.stdout + done.stderr)[-3000:]}")
        return done.stdout.strip()


def base(builder: Builder) -> str:
    """A Debian with Python, made once and kept."""
    CACHE.mkdir(parents=True, exist_ok=True)
    rootfs = CACHE / f"{SUITE}.tar"
    if not rootfs.exists():
        part = rootfs.with_suffix(".part.tar")
        making = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={INCLUDED}", SUITE, str(part)]
        done = subprocess.run(making, capture_output=True, text=True)
        if done.returncode:
            raise Missing(f"a base could not be made: {done.stderr[-1000:]}")
        part.rename(rootfs)
    container = builder.run("from", "scratch")
    builder.run("add", container, str(rootfs), "/")
    builder.run("commit", "--quiet", "--rm", container, BASE)
    return f"{SUITE} with {INCLUDED}: {rootfs.stat().st_size >> 20} MB"


def build(builder: Builder) -> dict[str, Any]:
    """The project's Dockerfile as it is; how its image wants to be started."""
    told = [part for path in TOLD if Path(path).exists() for part in ("--volume", f"{path}:{path}:ro")]
    pip = [part for name in ("PIP_CERT", "PIP_INDEX_URL") if name in os.environ for part in ("--env", name)]
    builder.run("bud", "--layers=false", *told, *pip, "--build-arg", f"BASE={BASE}", "-t", IMAGE, str(ROOT))
    config: dict[str, Any] = json.loads(builder.run("inspect", "--type=image", IMAGE))["OCIv1"]["config"]
    if config.get("User") != f"{USER}:{USER}" or config.get("Entrypoint") != ["tallyline"]:
        raise Wrong(f"it would be started as {config.get('User')}: {config.get('Entrypoint')}")
    return config


def inside(builder: Builder, container: str, *command: str) -> str:
    """What a command says that is run in the image, as the image's own user."""
    return builder.run("run", container, "--", *command)


def looked_into(builder: Builder, container: str) -> str:
    """Who runs there, what it can write, and what is not there."""
    script = (
        "import os, sys\n"
        "bad = [d for d in sys.path + ['/', '/opt/venv/bin', '/usr/bin', '/etc'] if d and os.access(d, os.W_OK)]\n"
        "print(os.getuid(), os.getgid(), *bad)"
    )
    said = inside(builder, container, "/opt/venv/bin/python", "-c", script)
    if said != f"{USER} {USER}":
        raise Wrong(f"user, group, and what it could write: {said}")
    for module in ("pip", "setuptools", "pytest"):
        finding = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is not None)"
        inside(builder, container, "/opt/venv/bin/python", "-c", finding)
    inside(builder, container, "tallyline", "--help")
    return f"uid {USER}, can write to nothing that is run; no pip, setuptools or pytest"


def started(root: Path, config: dict[str, Any], said: Path) -> str:
    """On a root that nobody can write, the whole system in one process answers, and ends with 0 when it is told to."""
    port = free_port()
    start = shlex.join([*config["Entrypoint"], "run", "--port", str(port)])
    script = MOUNTS.format(root=shlex.quote(str(root)), user=USER, start=start)
    begun = time.monotonic()
    with said.open("wb") as output:
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-euc", script],
            env=dict(variable.split("=", 1) for variable in config["Env"]),
            stdout=output,
            stderr=output,
        )
    try:
        while (status := _status(port)) != 200:
            if process.poll() is not None or time.monotonic() - begun > START_S:
                raise Wrong(f"not ready, {status}: {said.read_text()[-2000:]}")
            time.sleep(0.2)
        took = time.monotonic() - begun
        process.terminate()
        if ended := process.wait(timeout=60):
            raise Wrong(f"ended with {ended}: {said.read_text()[-2000:]}")
    finally:
        process.kill()
        process.wait()
    return f"ready on a read-only root after {took:.1f} s, ended with 0 when told to"


def _status(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code
    except OSError:
        return 0


def main(arguments: Sequence[str]) -> int:
    """Print what was run, and what was not; 1 when something is wrong, or a program is not there."""
    try:
        for program in ("buildah", "mmdebstrap"):
            if shutil.which(program) is None:
                raise Missing(f"{program} is not installed (on Debian: apt-get install buildah crun mmdebstrap)")
        with tempfile.TemporaryDirectory(prefix="tallyline-image-") as home:
            builder = Builder(Path(home))
            print(f"base: {base(builder)}", flush=True)
            config = build(builder)
            print(f"image: starts {config['Entrypoint']} as {config['User']}", flush=True)
            container = builder.run("from", IMAGE)
            print(f"looked into: {looked_into(builder, container)}", flush=True)
            root = Path(builder.run("mount", container))
            try:
                print(f"started: {started(root, config, Path(home) / 'said')}", flush=True)
            finally:
                builder.run("umount", container)
                builder.run("rm", container)
            if arguments:
                builder.run("push", IMAGE, f"oci-archive:{arguments[0]}")
                print(f"written: {arguments[0]}")
    except (Missing, Wrong) as cause:
        print(f"{type(cause).__name__}: {cause}", file=sys.stderr)
        return 1
    print("not run: the base that the Dockerfile names by itself, limits, and compose.yaml: no engine")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

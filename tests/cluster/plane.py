"""A control plane of Kubernetes in processes of this machine: the real API server, scheduler and controllers, on etcd.

Its nodes are kwok's: pods are bound and said to run, but nothing runs. So schemas, admission, scheduling, claims of
volumes, rollouts and disruption budgets are Kubernetes' own; networks, probes and images are not there at all.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.engines.server import built, free_port, installed

VERSION = "1.35"
"""Of the API server, as `control_plane_server/go.mod` has it."""
PROGRAMS = (
    "go.etcd.io/etcd/server/v3",
    *(
        f"k8s.io/kubernetes/cmd/{name}"
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
    ),
)
"""etcd as well: an older one, as Debian has it, can't begin a watch with what is there. kwok asks for that, is refused,
asks less and less often, and then pods change a minute late and nodes seem to be lost."""
KWOK = "sigs.k8s.io/kwok@v0.8.0"
STAGES = (
    "node/fast/node-initialize",
    "node/heartbeat-with-lease/node-heartbeat-with-lease",
    "pod/fast/pod-ready",
    "pod/fast/pod-complete",
    "pod/fast/pod-delete",
)
"""What kwok does with nodes and pods: files of its module."""
START_S = 120.0
TOKEN = "of-this-test-alone"


class NotStarted(Exception):
    """A part ended, or did not answer in time; the end of what it said."""


class Refused(Exception):
    """kubectl ended with an error; what it said."""


class ControlPlane:
    """Between `start` and `stop`. `home` is an empty folder."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._etcd = f"http://127.0.0.1:{free_port()}"
        self._port = free_port()
        self._config = home / "kubeconfig"

    def start(self) -> None:
        """Until pods can be scheduled. Missing when a program can't be had; NotStarted."""
        programs, kwok = built("control_plane", PROGRAMS), _kwok()
        self._kubectl = str(programs / "kubectl")
        self._write()
        peers = f"http://127.0.0.1:{free_port()}"
        addresses = {"client": self._etcd, "peer": peers}
        listens = [
            f"--{verb}-{kind}-urls={address}"
            for kind, address in addresses.items()
            for verb in ("listen", "initial-advertise" if kind == "peer" else "advertise")
        ]
        cluster = [f"--initial-cluster=default={peers}"]
        self._run(
            "etcd", [str(programs / "server"), f"--data-dir={self._home}/etcd", "--unsafe-no-fsync", *listens, *cluster]
        )
        self._run("kube-apiserver", [str(programs / "kube-apiserver"), *self._api()])
        self._until("kube-apiserver", lambda: self.kubectl("get", "--raw", "/readyz") == "ok")
        config = [f"--kubeconfig={self._config}", "--leader-elect=false"]
        signs = f"--service-account-private-key-file={self._home}/sa.key"
        manager = [str(programs / "kube-controller-manager"), *config, f"--secure-port={free_port()}", signs]
        self._run("kube-controller-manager", manager)
        scheduler = [str(programs / "kube-scheduler"), *config, f"--secure-port={free_port()}"]
        self._run("kube-scheduler", scheduler)
        self._run("kwok", [*kwok, f"--kubeconfig={self._config}", "--manage-all-nodes=true"])
        self._until("kube-controller-manager", lambda: "default" in self.kubectl("get", "serviceaccounts"))

    def stop(self) -> None:
        """End every part."""
        for process in reversed(self._running.values()):
            process.kill()
            process.wait()
        self._running.clear()

    def hold(self, part: str) -> None:
        """It does nothing from here on."""
        self._running[part].send_signal(signal.SIGSTOP)

    def go_on(self, part: str) -> None:
        """It works again."""
        self._running[part].send_signal(signal.SIGCONT)

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """What kubectl says, with `given` as its input. Refused when it fails."""
        command = [self._kubectl, f"--kubeconfig={self._config}", *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise Refused(done.stderr.strip())
        return done.stdout

    def shell(self, text: str, folder: Path) -> None:
        """Run commands that speak with this cluster. Refused when one fails."""
        path = f"{Path(self._kubectl).parent}:{os.environ['PATH']}"
        environ = os.environ | {"KUBECONFIG": str(self._config), "PATH": path}
        command = ["bash", "-c", f"set -euo pipefail\n{text}"]
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise Refused(f"{text}{done.stderr.strip()}")

    def objects(self, *arguments: str) -> list[dict[str, Any]]:
        """The objects that `kubectl get` finds."""
        found: list[dict[str, Any]] = json.loads(self.kubectl("get", "-o", "json", *arguments))["items"]
        return found

    def _api(self) -> Sequence[str]:
        return [
            f"--etcd-servers={self._etcd}",
            f"--cert-dir={self._home}/certificates",
            "--bind-address=127.0.0.1",
            f"--secure-port={self._port}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--service-account-issuer=https://cluster.test",
            f"--service-account-key-file={self._home}/sa.pub",
            f"--service-account-signing-key-file={self._home}/sa.key",
            "--authorization-mode=RBAC",
            f"--token-auth-file={self._home}/tokens.csv",
        ]

    def _write(self) -> None:
        """The key that signs tokens, who may ask, and how to ask."""
        key = rsa.generate_private_key(65537, 2048)
        plain = serialization.NoEncryption()
        pem = serialization.Encoding.PEM
        private = key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain)
        public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
        (self._home / "sa.key").write_bytes(private)
        (self._home / "sa.pub").write_bytes(public)
        (self._home / "tokens.csv").write_text(f'{TOKEN},admin,1,"system:masters"\n')
        server = {"server": f"https://127.0.0.1:{self._port}", "insecure-skip-tls-verify": True}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": server}],
            "users": [{"name": "admin", "user": {"token": TOKEN}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
            "current-context": "test",
        }
        self._config.write_text(json.dumps(config))

    def _run(self, name: str, command: Sequence[str]) -> None:
        with (self._home / f"{name}.log").open("wb") as output:
            self._running[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=self._home
            )

    def _until(self, name: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_S
        while True:
            try:
                if ready():
                    return
            except Refused:
                pass
            if self._running[name].poll() is not None or time.monotonic() > deadline:
                raise NotStarted(f"{name}: {(self._home / f'{name}.log').read_text()[-2000:]}")
            time.sleep(0.2)


def _kwok() -> Sequence[str]:
    """The command of kwok with its stages."""
    module, _, version = KWOK.partition("@")
    program = installed("kwok", f"{module}/cmd/kwok@{version}") / "kwok"
    said = subprocess.run(["go", "mod", "download", "-json", KWOK], check=True, capture_output=True)
    folder = Path(json.loads(said.stdout)["Dir"]) / "kustomize" / "stage"
    stages = [part for name in STAGES for part in ("--config", str(folder / f"{name}.yaml"))]
    return [str(program), "--node-lease-duration-seconds=40", *stages]

"""`make cluster-test`: every overlay on a real control plane, what it must refuse, and what the pages ask of it."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.cluster import pages
from tests.cluster.plane import ControlPlane, NotStarted, Refused
from tests.engines.server import Missing
from tests.manifests.crds import FOLDER
from tests.manifests.run import KUBERNETES, OVERLAYS, built
from tests.manifests.tools import ROOT

NAMESPACE = "tallyline"
ZONES = ("a", "b", "c")
SIZE = {"cpu": "4", "memory": "16Gi", "ephemeral-storage": "50Gi", "pods": "110"}
"""Of each node: what the processes ask for has to fit."""
CLASS = "grows"
AVAILABLE_S = 120.0


Step = Callable[[ControlPlane, str], str]


class Wrong(Exception):
    """The cluster does not do what it must."""


def nodes() -> str:
    """A node a zone."""
    return "\n---\n".join(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {
                    "name": f"node-{zone}",
                    "labels": {"kubernetes.io/hostname": f"node-{zone}", "topology.kubernetes.io/zone": zone},
                },
                "status": {"capacity": SIZE, "allocatable": SIZE},
            }
        )
        for zone in ZONES
    )


def storage() -> str:
    """A class whose volumes may grow, which every claim is of that names none."""
    return json.dumps(
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": CLASS, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": "nobody.test/none",
            "allowVolumeExpansion": True,
        }
    )


def volumes() -> str:
    """What claims are bound to: the cluster has no storage that makes volumes."""
    return "\n---\n".join(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolume",
                "metadata": {"name": f"volume-{number}"},
                "spec": {
                    "storageClassName": CLASS,
                    "capacity": {"storage": "20Gi"},
                    "accessModes": ["ReadWriteOnce"],
                    "hostPath": {"path": f"/volume-{number}"},
                },
            }
        )
        for number in range(4)
    )


def prepare(plane: ControlPlane, _: str) -> str:
    """Nodes, volumes, and the operators' kinds."""
    for given in (nodes(), storage(), volumes()):
        plane.kubectl("apply", "--server-side", "-f", "-", given=given)
    plane.kubectl("apply", "--server-side", "-f", str(FOLDER))
    plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
    return f"{len(ZONES)} nodes, {len(list(FOLDER.glob('*.json')))} kinds of operators"


def mistakes(plane: ControlPlane, manifests: str) -> str:
    """With strict validation a field that nobody knows is refused, in Kubernetes' own kinds and in the operators'."""
    apply = ("apply", "--server-side", "--validate=strict", "--dry-run=server", "-f", "-")
    planted = (("livenessProbe", "livenessProb"), ("partitions", "partition"), ("scramCredentialsSecretName", "scram"))
    for right, wrong in planted:
        refused(plane, f".{wrong}", *apply, given=manifests.replace(f" {right}:", f" {wrong}:", 1))
    return f"{len(planted)} planted fields refused"


def applied(plane: ControlPlane, manifests: str) -> str:
    """All of it is accepted, strictly."""
    said = plane.kubectl("apply", "--server-side", "--validate=strict", "-f", "-", given=manifests)
    return f"{len(said.splitlines())} objects accepted"


def scaled(plane: ControlPlane, _: str) -> str:
    """What KEDA would do first: as many workers as there have to be at least."""
    found = plane.objects("scaledobjects", "-n", NAMESPACE)
    for one in found:
        target, least = one["spec"]["scaleTargetRef"], one["spec"]["minReplicaCount"]
        plane.kubectl("-n", NAMESPACE, "scale", f"{target['kind']}/{target['name']}", f"--replicas={least}")
    return f"{len(found)} workloads given their least number, which KEDA keeps"


def available(plane: ControlPlane, _: str) -> str:
    """Every pod of every workload is made, admitted, scheduled, and said to be ready."""
    deadline = time.monotonic() + AVAILABLE_S
    while missing := list(_missing(plane)):
        if time.monotonic() > deadline:
            raise Wrong(f"not available after {AVAILABLE_S:.0f} s: {', '.join(missing)}")
        time.sleep(0.5)
    pods = plane.objects("pods", "-n", NAMESPACE)
    return f"{len(pods)} pods available"


def _missing(plane: ControlPlane) -> Iterator[str]:
    """Workloads that are not as many as they should be. The gateway is as many as its autoscaler says at least."""
    least = {
        one["spec"]["scaleTargetRef"]["name"]: one["spec"]["minReplicas"]
        for one in plane.objects("horizontalpodautoscalers", "-n", NAMESPACE)
    }
    for one in plane.objects("deployments,statefulsets", "-n", NAMESPACE):
        name, status = one["metadata"]["name"], one["status"]
        wanted = max(one["spec"]["replicas"], least.get(name, 0))
        if not (status.get("availableReplicas", 0) == status.get("updatedReplicas", 0) == wanted):
            yield name


def spread(plane: ControlPlane, _: str) -> str:
    """Where a workload has two pods, they are in two zones."""
    where: dict[str, list[str]] = {}
    for pod in plane.objects("pods", "-n", NAMESPACE):
        where.setdefault(pod["metadata"]["labels"]["app.kubernetes.io/component"], []).append(pod["spec"]["nodeName"])
    together = sorted(name for name, at in where.items() if len(set(at)) < min(len(at), len(ZONES)))
    if together:
        raise Wrong(f"not spread: {', '.join(together)}")
    return f"{sum(len(at) > 1 for at in where.values())} workloads in more zones than one"


def guarded(plane: ControlPlane, _: str) -> str:
    """A pod that says nothing of its security is refused, and so is one of ours that wants to be root."""
    refused(plane, "violates PodSecurity", "-n", NAMESPACE, "run", "naked", "--image=naked:1")
    ours = plane.objects("pods", "-n", NAMESPACE, "-l", "app.kubernetes.io/component=partners-api")[0]["spec"]
    del ours["nodeName"]
    ours["securityContext"] |= {"runAsNonRoot": False, "runAsUser": 0}
    text = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "root"}, "spec": ours})
    refused(plane, "violates PodSecurity", "-n", NAMESPACE, "apply", "-f", "-", given=text)
    return "a naked pod refused, and one of ours as root"


def disrupted(plane: ControlPlane, _: str) -> str:
    """Of two pods one may be evicted; the next is refused until there is another."""
    tried = 0
    for workload in ("calls-api", "calls-worker", "ingest"):
        pods = [one["metadata"]["name"] for one in _pods(plane, workload)]
        if len(pods) < 2:
            continue
        plane.hold("kwok")  # so that no new pod becomes ready meanwhile
        try:
            evict(plane, pods[0])
            refused(plane, "disruption budget", *_eviction(pods[1])[0], given=_eviction(pods[1])[1])
        finally:
            plane.go_on("kwok")
        available(plane, "")
        tried += 1
    return f"second eviction refused for {tried} workloads" if tried else "one pod each, nothing to evict twice"


def _pods(plane: ControlPlane, workload: str) -> list[dict[str, Any]]:
    return plane.objects("pods", "-n", NAMESPACE, "-l", f"app.kubernetes.io/component={workload}")


def evict(plane: ControlPlane, pod: str) -> None:
    """Refused when the budget forbids it."""
    arguments, body = _eviction(pod)
    plane.kubectl(*arguments, given=body)


def _eviction(pod: str) -> tuple[Sequence[str], str]:
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": NAMESPACE}}
    return ("create", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}/eviction", "-f", "-"), json.dumps(body)


def alike(overlay: str) -> Step:
    """`kubectl apply -k` has a kustomize of its own: what it makes can be applied over what ours made, and back."""

    def step(plane: ControlPlane, manifests: str) -> str:
        theirs = list(yaml.safe_load_all(plane.kubectl("kustomize", str(KUBERNETES / "overlays" / overlay))))
        if theirs != list(yaml.safe_load_all(manifests)):
            raise Wrong("kubectl's kustomize makes something else of it")
        return f"{len(theirs)} objects, the same by kubectl's kustomize"

    return step


def brought_up(overlay: str) -> Step:
    """The page of operations says how, on a cluster without anything of ours."""

    def step(plane: ControlPlane, _: str) -> str:
        text = pages.operations(overlay)
        plane.shell(text, ROOT)
        return f"{text.count('kubectl ')} commands of {pages.OPERATIONS.name} work"

    return step


def healed(plane: ControlPlane, _: str) -> str:
    """What runbooks ask for on a cluster can be done on it, and every pod is there again afterwards."""
    found = pages.runbooks()
    for page, text in found:
        try:
            plane.shell(text, ROOT)
        except Refused as cause:
            raise Wrong(f"{page}: {cause}") from None
        available(plane, "")
    names = {page for page, _ in found}
    return f"{sum(text.count('kubectl ') for _, text in found)} commands of {len(names)} runbooks work"


def rolled(plane: ControlPlane, _: str) -> str:
    """A new image reaches every pod."""
    names = [
        f"{one['kind']}/{one['metadata']['name']}" for one in plane.objects("deployments,statefulsets", "-n", NAMESPACE)
    ]
    plane.kubectl("-n", NAMESPACE, "set", "image", *names, "tallyline=tallyline:next")
    available(plane, "")
    images = {pod["spec"]["containers"][0]["image"] for pod in plane.objects("pods", "-n", NAMESPACE)}
    if images != {"tallyline:next"}:
        raise Wrong(f"pods of {', '.join(sorted(images))}")
    return f"{len(names)} workloads rolled out"


def refused(plane: ControlPlane, word: str, *arguments: str, given: str | None = None) -> None:
    """Wrong unless kubectl fails, and says this word."""
    try:
        plane.kubectl(*arguments, given=given)
    except Refused as cause:
        if word not in str(cause):
            raise Wrong(f"refused for another reason than {word}: {cause}") from None
        return
    raise Wrong(f"not refused: {word}")


AT_WORK: Sequence[Step] = (scaled, available, spread, guarded, disrupted)
STEPS: Mapping[str, Sequence[Step]] = {
    "dev": (alike("dev"), brought_up("dev"), applied, mistakes, *AT_WORK, rolled),
    "prod": (alike("prod"), applied, mistakes, *AT_WORK, healed, rolled),
    # Nobody is at work in it, until the import has ended and `prod` comes.
    "restore": (alike("restore"), brought_up("restore"), scaled, available),
}


def main() -> int:
    """Print what was seen; 1 when something is not as it must be, or a program can't be had."""
    try:
        for overlay in OVERLAYS:
            manifests = built(overlay)
            with tempfile.TemporaryDirectory(prefix="tallyline-cluster-") as home:
                plane = ControlPlane(Path(home))
                begun = time.monotonic()
                try:
                    plane.start()
                    for step in (prepare, *STEPS[overlay.name]):
                        print(
                            f"{overlay.name}: {step(plane, manifests)} ({time.monotonic() - begun:.0f} s)", flush=True
                        )
                finally:
                    plane.stop()
    except (Missing, NotStarted, Refused, Wrong) as cause:
        print(f"{type(cause).__name__}: {cause}", file=sys.stderr)
        return 1
    print("not seen here: networks and their policies, probes, images, volumes, and what the operators do")
    return 0


if __name__ == "__main__":
    sys.exit(main())

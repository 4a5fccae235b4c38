"""What the checkers would have otherwise, and why it is as it is. Whatever is not named here fails `make manifests`."""

from __future__ import annotations

from collections.abc import Mapping

NO_CPU_LIMIT = "a worker that is throttled misses its heartbeats, and the group divides anew: requests are what counts"
PULL = "an image is named by its version or digest and never changes, so a node that has it need not ask"

KUBE_SCORE: Mapping[str, str] = {
    "container-resources": f"{NO_CPU_LIMIT}. That memory is bounded and all else is asked for, checkov sees to",
    "container-image-pull-policy": PULL,
    "deployment-has-host-podantiaffinity": "topologySpreadConstraints spread over zones and nodes",
    "statefulset-has-host-podantiaffinity": "topologySpreadConstraints spread over zones and nodes",
}
"""Test of kube-score -> why it is left out."""

CHECKOV: Mapping[str, str] = {
    "CKV_K8S_11": NO_CPU_LIMIT,
    "CKV_K8S_15": PULL,
    "CKV_K8S_35": "keys and addresses with passwords are read once, at the start; as files they would be readable by"
    " the pod's group, which the product refuses for keys",
    "CKV_K8S_43": "the digest is known to whoever builds the image: a release sets it in its overlay, with `images:`",
    "CKV_DOCKER_7": "the base is an argument, whose default has a version",
    "CKV_DOCKER_2": "Kubernetes and compose have probes of their own; one in the image would be a third opinion",
}
"""Check of checkov -> why it is left out."""

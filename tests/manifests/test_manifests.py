"""What the manifests and compose.yaml say agrees with what the processes are. The checkers know nothing of that."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from typer.main import get_command

from services.calls.service import SERVICE as CALLS
from services.cli import app
from services.gateway.alerting.mailing import PORTS
from services.gateway.service import GATEWAY
from services.partners.service import SERVICE as PARTNERS
from services.reconciliation.service import SERVICE as RECONCILIATION
from services.serve import SERVICES
from services.training.service import SERVICE as TRAINING
from shared.adapters.kafka.topics import FOR_EVER, MAX_BATCH
from shared.contracts.calls import TELEPHONY_TOPIC
from shared.metrics import REGISTRY
from shared.runtime import ROLES, Service
from shared.settings import Settings, variable

ROOT = Path(__file__).parents[2]
BASE = ROOT / "deploy/k8s/base"
COMPONENTS = ROOT / "deploy/k8s/components"
COMPOSED = yaml.safe_load((ROOT / "compose.yaml").read_text())
COMPOSE = COMPOSED["services"]
READERS = (CALLS, PARTNERS, RECONCILIATION, TRAINING, GATEWAY)
SETTINGS = {variable(name) for name in Settings.__dataclass_fields__}


def documents(folder: Path, kind: str) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.glob("*.yaml")):
        yield from (one for one in yaml.safe_load_all(file.read_text()) if one.get("kind") == kind)


def environment(file: Path) -> dict[str, str]:
    lines = (line for line in file.read_text().splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def told(component: str) -> dict[str, str]:
    return environment(BASE / "settings.env") | environment(COMPONENTS / component / f"{component}.env")


def started() -> Iterator[list[str]]:
    for kind in ("Deployment", "StatefulSet"):
        for one in documents(BASE, kind):
            if "serviceAccountName" in one["spec"]["template"]["spec"]:
                yield one["spec"]["template"]["spec"]["containers"][0]["args"]


def composed() -> Iterator[list[str]]:
    return (one["command"] for one in COMPOSE.values() if one.get("image") == "tallyline")


@pytest.mark.parametrize("commands", [started, composed])
def test_every_service_runs_in_every_role_that_it_has(commands: Any) -> None:
    run = {(args[1], role) for args in commands() for role in args[3::2] or ROLES}
    wanted = {(name, role) for name in SERVICES for role in ("api", "worker", "relay")}
    assert wanted | {("calls", "ingest")} <= run


@pytest.mark.parametrize("component", ["kafka", "ingress", "traces"])
def test_every_setting_exists_and_makes_sense(component: str) -> None:
    given = told(component)
    assert given.keys() <= SETTINGS
    assert Settings.from_environment(given).engine == "distributed"


def test_the_collector_that_is_told_of_may_be_reached() -> None:
    url = urlsplit(told("traces")["TALLYLINE_TRACES_URL"])
    (policy,) = documents(COMPONENTS / "traces", "NetworkPolicy")
    (edge,) = policy["spec"]["egress"]
    (namespace,) = (one["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for one in edge["to"])
    assert url.hostname is not None
    assert url.hostname.split(".")[1:] == [namespace]
    assert [one["port"] for one in edge["ports"]] == [url.port]
    assert policy["spec"]["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "tallyline"}


def test_what_compose_tells_the_processes_makes_sense() -> None:
    for name in ("gateway", "calls-worker"):
        given = COMPOSE[name]["environment"]
        assert given.keys() <= SETTINGS
        assert Settings.from_environment(given).kafka_replication == 1


def test_the_prometheus_of_compose_reads_every_process_of_ours_and_every_rule() -> None:
    told = yaml.safe_load(COMPOSED["configs"]["prometheus"]["content"])
    (job,) = told["scrape_configs"]
    (targets,) = job["static_configs"]
    ours = {name for name, one in COMPOSE.items() if one.get("image") == "tallyline"}
    assert set(targets["targets"]) == {f"{name}:8321" for name in ours}
    mounted = {one["source"] for one in COMPOSE["prometheus"]["configs"]}
    files = {COMPOSED["configs"][name]["file"] for name in mounted - {"prometheus"}}
    assert {ROOT / file for file in files} == set((ROOT / "deploy/monitoring/rules").glob("*.yaml"))
    assert told["rule_files"] == ["/etc/prometheus/rules/*.yaml"]


WATCHING = {"prometheus": 9090, "alertmanager": 9093, "grafana": 3000}


def inline(config: str) -> Any:
    return yaml.safe_load(COMPOSED["configs"][config]["content"])


@pytest.mark.parametrize("name", WATCHING)
def test_what_watches_in_compose_is_of_one_version_writes_nowhere_but_in_its_volume_and_is_nobody(name: str) -> None:
    one = COMPOSE[name]
    assert one["profiles"] == ["monitoring"]
    assert re.fullmatch(r"[a-z]+/[a-z]+:v?\d+\.\d+\.\d+", one["image"])
    assert one["user"].split(":")[0] not in ("0", "root")
    assert (one["read_only"], one["cap_drop"], one["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert one["ports"] == [f"127.0.0.1:{WATCHING[name]}:{WATCHING[name]}"], "this machine's own alone"
    own, *given = one["volumes"]
    assert own.split(":")[0] == name
    assert name in COMPOSED["volumes"]
    for mount in given:
        source, _, mode = mount.split(":")
        assert (ROOT / source).is_dir()
        assert mode == "ro"
    assert {each["source"] for each in one["configs"]} <= COMPOSED["configs"].keys()


def test_the_prometheus_of_compose_tells_an_alertmanager_that_routes_as_ours_and_calls_nobody_by_itself() -> None:
    (manager,) = inline("prometheus")["alerting"]["alertmanagers"]
    assert manager["static_configs"] == [{"targets": [f"alertmanager:{WATCHING['alertmanager']}"]}]
    (config,) = COMPOSE["alertmanager"]["configs"]
    assert f"--config.file={config['target']}" in COMPOSE["alertmanager"]["command"]
    usual = re.fullmatch(r"\$\{TALLYLINE_ALERTMANAGER:-(.+)\}", COMPOSED["configs"][config["source"]]["file"])
    assert usual is not None
    told = yaml.safe_load((ROOT / usual[1]).read_text())
    assert (ROOT / usual[1]).parent == ROOT / "deploy/monitoring"
    assert told["receivers"] == [{"name": "on-call"}, {"name": "tickets"}]


def test_the_grafana_of_compose_shows_our_dashboards_of_its_prometheus_and_nobody_can_sign_in() -> None:
    one = COMPOSE["grafana"]
    (source,) = inline("grafana-source")["datasources"]
    assert (source["type"], source["url"]) == ("prometheus", f"http://prometheus:{WATCHING['prometheus']}")
    assert source["isDefault"], "the dashboards take whichever is the usual one"
    folder, inside, _ = one["volumes"][1].split(":")
    (provider,) = inline("grafana-dashboards")["providers"]
    assert provider["options"]["path"] == inside
    boards = {path.name for path in (ROOT / folder).glob("*.json")}
    assert len(boards) == 5
    home = one["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home in {f"{inside}/{name}" for name in boards}
    targets = {each["source"]: each["target"] for each in one["configs"]}
    assert targets["grafana-source"].startswith("/etc/grafana/provisioning/datasources/")
    assert targets["grafana-dashboards"].startswith("/etc/grafana/provisioning/dashboards/")
    assert one["environment"]["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true", "no password of an administrator"
    assert one["environment"]["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"


ELSEWHERE = {"kafka_password": "a certificate is shown instead", "canary_key": "of the component `canary` alone"}


def given_secrets() -> dict[str, set[str]]:
    """Setting -> the workloads that are given it from a secret; `every` is all of them."""
    found: dict[str, set[str]] = {}
    for kind in ("Deployment", "StatefulSet"):
        for one in documents(BASE, kind):
            (container,) = one["spec"]["template"]["spec"].get("containers", [{}])
            for each in container.get("env", ()):
                assert each["valueFrom"].keys() == {"secretKeyRef"}
                found.setdefault(each["name"], set()).add(one["metadata"]["name"])
    return found


def test_what_is_secret_is_given_by_a_secret_and_to_whom_needs_it_alone() -> None:
    secret = {variable(name) for name, field in Settings.__dataclass_fields__.items() if not field.repr}
    given = given_secrets()
    assert given.keys() == secret - {variable(name) for name in ELSEWHERE}
    assert {name for name, workloads in given.items() if workloads == {"every"}} == {
        "TALLYLINE_MASTER_KEY",
        "TALLYLINE_MONGO",
    }
    assert given["TALLYLINE_OIDC_CLIENT_SECRET"] == {"gateway"}
    assert given["TALLYLINE_SMTP_URL"] == {"gateway-worker"}


def reached(component: str) -> set[int]:
    """The ports of the open internet that the pods of this component may reach."""
    found: set[int] = set()
    for policy in documents(COMPONENTS / "network-policies", "NetworkPolicy"):
        chosen = policy["spec"]["podSelector"]
        named = {chosen.get("matchLabels", {}).get("app.kubernetes.io/component")}
        named |= {value for one in chosen.get("matchExpressions", ()) for value in one["values"]}
        for edge in policy["spec"].get("egress", ()):
            if component in named and any("ipBlock" in one for one in edge.get("to", ())):
                found |= {one["port"] for one in edge["ports"]}
    return found


@pytest.mark.parametrize(
    ("component", "ports"),
    [
        ("gateway", {443}),  # the OpenID provider
        ("gateway-worker", {443, *PORTS.values()}),  # other systems are told of events, and mails are sent
        ("reconciliation-worker", {443}),  # accounting is told of invoices
        ("calls-worker", {443}),  # providers are told of orders
        ("calls-api", {443}),  # recordings are fetched
        ("partners-worker", set()),
        ("training-api", set()),
    ],
)
def test_whoever_asks_the_outside_may_reach_it_and_nobody_else(component: str, ports: set[int]) -> None:
    assert reached(component) == ports


def test_the_topics_are_as_the_processes_want_them() -> None:
    settings = Settings.from_environment(told("kafka"))
    topics = {one["metadata"]["name"]: one["spec"] for one in documents(COMPONENTS / "kafka", "KafkaTopic")}
    assert {topic for service in READERS for topic in service.topics} <= topics.keys()
    for spec in topics.values():
        assert spec["partitions"] == settings.partitions
        assert spec["replicas"] == settings.kafka_replication
        assert spec["config"]["min.insync.replicas"] >= settings.kafka_min_insync
        assert FOR_EVER.items() <= {name: str(value) for name, value in spec["config"].items()}.items()
        assert spec["config"]["max.message.bytes"] > MAX_BATCH


def rights(user: str, operation: str) -> set[str]:
    """The topics on which this user may do that."""
    (found,) = (one for one in documents(COMPONENTS / "kafka", "KafkaUser") if one["metadata"]["name"] == user)
    acls = found["spec"]["authorization"]["acls"]
    named = (acl for acl in acls if acl["resource"]["type"] == "topic" and operation in acl["operations"])
    return {acl["resource"]["name"] for acl in named}


@pytest.mark.parametrize("service", READERS, ids=lambda service: service.name)
def test_a_service_may_read_what_it_is_made_of_and_write_its_own(service: Service) -> None:
    own = {service.publishes[0]} if service.publishes else set()
    assert rights(service.name, "Read") == rights(service.name, "DescribeConfigs") == set(service.topics)
    assert rights(service.name, "Write") - {TELEPHONY_TOPIC} == own


def test_telephony_is_written_by_its_door_and_by_its_service_alone() -> None:
    users = [one["metadata"]["name"] for one in documents(COMPONENTS / "kafka", "KafkaUser")]
    assert {user for user in users if TELEPHONY_TOPIC in rights(user, "Write")} == {"calls", "ingest"}
    assert rights("ingest", "Describe") == set(CALLS.topics)


def test_no_worker_is_asked_for_beyond_the_partitions() -> None:
    most = [one["spec"]["maxReplicaCount"] for one in documents(COMPONENTS / "autoscaling", "ScaledObject")]
    assert most
    assert max(most) <= Settings.from_environment(told("kafka")).partitions


def expressions() -> Iterator[str]:
    for one in documents(COMPONENTS / "autoscaling", "ScaledObject"):
        yield from (trigger["metadata"]["query"] for trigger in one["spec"]["triggers"])


def test_every_figure_that_is_asked_for_exists() -> None:
    exposed = {f"{metric.name}_total" if metric.type == "counter" else metric.name for metric in REGISTRY.collect()}
    asked = {name for text in expressions() for name in re.findall(r"\btallyline_\w+", text)}
    assert asked
    assert asked <= exposed


def test_an_import_may_write_every_topic_and_is_told_what_the_processes_are_told() -> None:
    (user,) = documents(COMPONENTS / "import", "KafkaUser")
    topics, groups = user["spec"]["authorization"]["acls"]
    assert topics["resource"]["patternType"] == groups["resource"]["patternType"] == "prefix"
    assert {"Read", "Write", "Describe", "DescribeConfigs"} <= set(topics["operations"])
    for service in READERS:
        assert all(topic.startswith(topics["resource"]["name"]) for topic in service.topics)
    (job,) = documents(COMPONENTS / "import", "Job")
    (ours,) = job["spec"]["template"]["spec"]["containers"]
    (theirs,) = yaml.safe_load((BASE / "pod.yaml").read_text())["spec"]["template"]["spec"]["containers"]
    assert ours["env"] == theirs["env"]
    assert ours["envFrom"] == theirs["envFrom"]
    assert ours["securityContext"] == theirs["securityContext"]
    assert job["spec"]["podReplacementPolicy"] == "Failed"


@pytest.mark.parametrize(("component", "kind"), [("import", "Job"), ("canary", "Deployment")])
def test_what_a_component_starts_is_a_command_with_settings_that_exist(component: str, kind: str) -> None:
    (found,) = documents(COMPONENTS / component, kind)
    (container,) = found["spec"]["template"]["spec"]["containers"]
    command, *arguments = container["args"]
    (known,) = (one for one in get_command(app).commands.values() if one.name == command)  # type: ignore[attr-defined]
    assert {one for one in arguments if one.startswith("--")} <= {name for one in known.params for name in one.opts}
    assert {one["name"] for one in container["env"]} <= SETTINGS


def test_nobody_is_at_work_beside_an_import() -> None:
    kustomization = yaml.safe_load((COMPONENTS / "import/kustomization.yaml").read_text())
    targets = [one["target"] for one in kustomization["patches"]]
    assert {kind for one in targets for kind in one["kind"].split("|")} == {"Deployment", "StatefulSet", "ScaledObject"}
    assert yaml.safe_load((COMPONENTS / "import/nobody.yaml").read_text())["spec"] == {"replicas": 0}

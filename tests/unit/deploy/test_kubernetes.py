"""The manifests of Kubernetes: written from their sources, valid, without rights that nothing needs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.kubernetes import workloads
from deploy.kubernetes.__main__ import FOLDER, files
from services.runtime.kafka import acl, topics
from services.runtime.services import declared, names

EXAMPLES = sorted(path.name for path in (FOLDER / "examples").iterdir())
OUR_OWN = {"apps/v1", "batch/v1", "v1", "policy/v1", "networking.k8s.io/v1"}
Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def written() -> list[Manifest]:
    """Every manifest of every folder."""
    return [one for path in FOLDER.rglob("generated.yaml") for one in yaml.safe_load_all(path.read_text("utf-8"))]


def of_kind(written: list[Manifest], *kinds: str) -> list[Manifest]:
    """Those of a kind; at least one."""
    found = [one for one in written if one["kind"] in kinds]
    assert found
    return found


@pytest.mark.parametrize(
    ("path", "text"), list(files()), ids=lambda value: value.parent.name if isinstance(value, Path) else ""
)
def test_every_file_is_what_its_sources_say(path: Path, text: str) -> None:
    assert path.read_text("utf-8") == text, "run `make kubernetes`"


def test_what_kubernetes_itself_knows_is_valid(written: list[Manifest]) -> None:
    own = [one for one in written if one["apiVersion"] in OUR_OWN]
    assert len(own) > 20
    for one in own:
        kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)


def test_every_service_runs_and_may_be_moved(written: list[Manifest]) -> None:
    for kind in ("Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"):
        assert {one["metadata"]["name"] for one in of_kind(written, kind)} == set(names())


def test_no_pod_has_a_right_that_it_does_not_need(written: list[Manifest]) -> None:
    for one in of_kind(written, "Deployment", "Job"):
        spec = one["spec"]["template"]["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["limits"]["memory"]


def test_only_services_with_egress_reach_the_world(written: list[Manifest]) -> None:
    for one in of_kind(written, "NetworkPolicy"):
        world = any("ipBlock" in peer for rule in one["spec"]["egress"] for peer in rule.get("to", ()))
        assert world == declared()[one["metadata"]["name"]].egress


def test_a_service_asks_kafka_and_redis_as_itself_with_the_password_that_is_mounted(written: list[Manifest]) -> None:
    for one in of_kind(written, "Deployment"):
        name = one["metadata"]["name"]
        spec = one["spec"]["template"]["spec"]
        environment = {item["name"]: item["value"] for item in spec["containers"][0]["env"]}
        mounted = {
            item["path"]
            for source in next(v for v in spec["volumes"] if v["name"] == "secrets")["projected"]["sources"]
            for item in source["secret"]["items"]
        }
        assert ("WIREWATCH_KAFKA_USER" in environment) == declared()[name].kafka == ("kafka_password" in mounted)
        assert ("WIREWATCH_REDIS" in environment) == declared()[name].redis == ("redis_password" in mounted)
        assert environment.get("WIREWATCH_KAFKA_USER", name) == name
        for file in (value for key, value in environment.items() if key.endswith(("PASSWORD_FILE", "TOKEN_FILE"))):
            assert Path(file).name in mounted


def test_one_pod_writes_the_archive_and_the_api_reads_it_on_the_same_node(written: list[Manifest]) -> None:
    pods = {one["metadata"]["name"]: one["spec"] for one in of_kind(written, "Deployment")}
    assert pods["archive"]["strategy"] == {"type": "Recreate"}
    mounts = {
        name: mount["readOnly"]
        for name, spec in pods.items()
        for mount in spec["template"]["spec"]["containers"][0]["volumeMounts"]
        if mount["name"] == "archive"
    }
    assert mounts == {"archive": False, "api": True}
    assert "podAffinity" in pods["api"]["template"]["spec"]["affinity"]


def test_strimzi_has_every_topic_and_every_user_with_its_rights(written: list[Manifest]) -> None:
    declared_topics = topics.read()
    made = {one["metadata"]["name"]: one["spec"] for one in of_kind(written, "KafkaTopic")}
    assert {name: spec["partitions"] for name, spec in made.items()} == {
        name: topic.partitions for name, topic in declared_topics.items()
    }
    users = {one["metadata"]["name"]: one["spec"]["authorization"]["acls"] for one in of_kind(written, "KafkaUser")}
    assert set(users) == set(acl.users(declared_topics.values()))
    assert sum(len(acls) for acls in users.values()) == len(acl.rights(declared_topics.values()))


def test_scaling_stops_at_the_partitions_and_never_at_none(written: list[Manifest]) -> None:
    scaled = of_kind(written, "ScaledObject")
    assert {one["metadata"]["name"] for one in scaled} == set(names(stream=True)) - set(workloads.ONE_ONLY)
    for one in scaled:
        inputs = [trigger["metadata"]["topic"] for trigger in one["spec"]["triggers"]]
        assert one["spec"]["minReplicaCount"] >= 1
        assert one["spec"]["maxReplicaCount"] == min(topics.read()[name].partitions for name in inputs)


def render(example: str) -> Iterator[Manifest]:
    """What `kubectl apply -k` would send, the dashboards included."""
    found = [
        [name, *verb] for name, verb in (("kustomize", ["build"]), ("kubectl", ["kustomize"])) if shutil.which(name)
    ]
    if not found:
        pytest.skip("neither kustomize nor kubectl is installed: the examples are not rendered here")
    command = [*found[0], str(FOLDER / "examples" / example)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    yield from yaml.safe_load_all(done.stdout)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_renders_with_its_settings(example: str) -> None:
    rendered = list(render(example))
    assert {one["metadata"]["namespace"] for one in rendered} == {"wirewatch"}
    settings = {one["metadata"]["name"] for one in rendered if one["kind"] == "ConfigMap"}
    for one in of_kind(rendered, "Deployment", "Job"):
        spec = one["spec"]["template"]["spec"]
        assert {item["image"] for item in spec["containers"] + spec.get("initContainers", [])} == {"wirewatch:0.1.0"}
    for one in of_kind(rendered, "Deployment"):
        container = one["spec"]["template"]["spec"]["containers"][0]
        assert container["envFrom"][0]["configMapRef"]["name"] in settings
        assert one["metadata"]["labels"][workloads.PART_OF] == "wirewatch"

"""The services as Deployments, with what each needs around it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from services.runtime.services import DeclaredService, declared

Manifest = dict[str, Any]

NAME: Final = "app.kubernetes.io/name"
PART_OF: Final = "app.kubernetes.io/part-of"
OPS_PORT: Final = 9100
PAGE_PORT: Final = 8080
IMAGE: Final = "wirewatch"
_USER: Final = 10001  # as deploy/docker/Dockerfile makes it
_SECRETS: Final = "/run/wirewatch"
# docs/scaling.md has the measured memory; the poller parses feeds in processes of their own.
_MEMORY: Final = {"poller": "1Gi"}
_OTHER_MEMORY: Final = "512Mi"
_DNS: Final = 53
_ARCHIVE: Final = "/var/lib/wirewatch/archive"
ONE_ONLY: Final = ("archive",)  # one process writes one file: a second one would wait for the first to end


def labels(service: str) -> dict[str, str]:
    """The labels by which the pods of a service are found."""
    return {NAME: service, PART_OF: "wirewatch"}


def manifests() -> Iterator[Manifest]:
    """Every object of the services, those of the demo left out."""
    services = [one for one in declared().values() if not one.demo]
    yield _archive_volume()
    for service in services:
        yield _deployment(service)
        yield _budget(service.name)
        yield _policy(service)
        yield _service(service.name)


def container(name: str, command: list[str], environment: list[Manifest]) -> Manifest:
    """A container of the image without root, rights or a file system to write to, settings from ``settings``."""
    return {
        "name": name,
        "image": IMAGE,
        "command": command,
        "env": environment,
        "envFrom": [{"configMapRef": {"name": "settings"}}],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},
            {"name": "secrets", "mountPath": _SECRETS, "readOnly": True},
        ],
        "resources": {
            "requests": {"cpu": "50m", "memory": "128Mi"},
            "limits": {"memory": _MEMORY.get(name, _OTHER_MEMORY)},
        },
    }


def pod(name: str, one: Manifest, secrets: list[Manifest]) -> Manifest:
    """A pod of one container that runs as the image's own user and has no token of the cluster."""
    return {
        "metadata": {"labels": labels(name)},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,  # they would be variables of names that nobody chose
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": _USER,
                "runAsGroup": _USER,
                "fsGroup": _USER,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [one],
            "volumes": [
                {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
                {"name": "secrets", "projected": {"defaultMode": 0o440, "sources": secrets}},
            ],
        },
    }


def kafka_environment(user: str) -> list[Manifest]:
    """Who a pod is to Kafka."""
    return [
        {"name": "WIREWATCH_KAFKA_USER", "value": user},
        {"name": "WIREWATCH_KAFKA_PASSWORD_FILE", "value": f"{_SECRETS}/kafka_password"},
    ]


def secret(name: str, key: str, path: str) -> Manifest:
    """One key of a secret as a file."""
    return {"secret": {"name": name, "items": [{"key": key, "path": path}]}}


def kafka_secret(user: str) -> Manifest:
    """The password of a user of Kafka, in a secret as Strimzi makes it."""
    return secret(user, "password", "kafka_password")


def _deployment(service: DeclaredService) -> Manifest:
    name = service.name
    environment: list[Manifest] = []
    secrets: list[Manifest] = []
    if service.kafka:
        environment += kafka_environment(name)
        secrets.append(kafka_secret(name))
    if service.redis:
        environment += [
            {"name": "WIREWATCH_REDIS", "value": f"$(REDIS_SCHEME)://{name}@$(REDIS_ADDRESS)"},
            {"name": "WIREWATCH_REDIS_PASSWORD_FILE", "value": f"{_SECRETS}/redis_password"},
        ]
        secrets.append(secret(f"{name}-redis", "password", "redis_password"))
    if name == "api":
        environment += _page_environment()
        secrets.append(secret("api-tokens", "tokens", "tokens"))
    one = container(name, ["python", "-m", f"services.{name}"], environment)
    one |= _probes()
    one["ports"] = [{"name": "ops", "containerPort": OPS_PORT}]
    if name == "api":
        one["ports"].append({"name": "page", "containerPort": PAGE_PORT})
    made = pod(name, one, secrets)
    if name in ("archive", "api"):
        _add_archive(name, made["spec"])
    made["spec"] |= {
        # A service ends the batch that it has begun within 25 s.
        "terminationGracePeriodSeconds": 35,
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {NAME: name}},
            }
        ],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": {
            "replicas": 1,
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": {NAME: name}},
            "strategy": {"type": "Recreate"}
            if name in ONE_ONLY
            else {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": made,
        },
    }


def _archive_volume() -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "archive", "labels": labels("archive")},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "60Gi"}}},
    }


def _add_archive(name: str, spec: Manifest) -> None:
    """The archive's file: its own to write, the api's to read, on one node, since SQLite shares memory with readers."""
    reads = name != "archive"
    container = spec["containers"][0]
    variable = "WIREWATCH_API_ARCHIVE" if reads else "WIREWATCH_ARCHIVE_FILE"
    container["env"].append({"name": variable, "value": f"{_ARCHIVE}/archive.db"})
    container["volumeMounts"].append({"name": "archive", "mountPath": _ARCHIVE, "readOnly": reads})
    spec["volumes"].append({"name": "archive", "persistentVolumeClaim": {"claimName": "archive", "readOnly": reads}})
    if reads:
        beside = {"labelSelector": {"matchLabels": {NAME: "archive"}}, "topologyKey": "kubernetes.io/hostname"}
        spec["affinity"] = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [beside]}}


def _page_environment() -> list[Manifest]:
    watched = ",".join(f"{one.name}=http://{one.name}:{OPS_PORT}" for one in _watched())
    return [
        {"name": "WIREWATCH_API_HOST", "value": "0.0.0.0"},
        {"name": "WIREWATCH_API_PORT", "value": str(PAGE_PORT)},
        {"name": "WIREWATCH_API_TOKEN_FILE", "value": f"{_SECRETS}/tokens"},
        {"name": "WIREWATCH_API_SERVICES", "value": watched},
    ]


def _watched() -> list[DeclaredService]:
    return [one for one in declared().values() if not one.demo and one.name != "api"]


def _probes() -> Manifest:
    """Readiness fails while Kafka or Redis is away, liveness does not: an outage restarts nothing."""
    live = {"httpGet": {"path": "/healthz", "port": "ops"}, "timeoutSeconds": 5}
    ready = {"httpGet": {"path": "/readyz", "port": "ops"}, "timeoutSeconds": 5}
    return {
        "startupProbe": live | {"periodSeconds": 2, "failureThreshold": 30},
        "livenessProbe": live | {"periodSeconds": 10, "failureThreshold": 6},
        "readinessProbe": ready | {"periodSeconds": 5, "failureThreshold": 3},
    }


def _budget(name: str) -> Manifest:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {NAME: name}}},
    }


def _policy(service: DeclaredService) -> Manifest:
    """Who may ask it, and whom it may ask: names, what is in the namespace, and the world where it needs it."""
    ports = [{"port": OPS_PORT}] + ([{"port": PAGE_PORT}] if service.name == "api" else [])
    out: list[Manifest] = [
        {"ports": [{"port": _DNS, "protocol": "UDP"}, {"port": _DNS, "protocol": "TCP"}]},
        {"to": [{"podSelector": {}}]},
    ]
    if service.egress:
        out.append({"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}, {"ipBlock": {"cidr": "::/0"}}]})
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": service.name, "labels": labels(service.name)},
        "spec": {
            "podSelector": {"matchLabels": {NAME: service.name}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"ports": ports}],
            "egress": out,
        },
    }


def _service(name: str) -> Manifest:
    """The name at which it is found, also before it is ready: the page asks each service what it waits for."""
    ports: list[Manifest] = [{"name": "ops", "port": OPS_PORT, "targetPort": "ops"}]
    if name == "api":
        ports.append({"name": "page", "port": PAGE_PORT, "targetPort": "page"})
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": {"publishNotReadyAddresses": name != "api", "selector": {NAME: name}, "ports": ports},
    }

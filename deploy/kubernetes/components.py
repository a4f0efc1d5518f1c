"""What is added where the cluster has the operator for it: topics and users by Strimzi, scaling by KEDA, monitoring."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.kubernetes import workloads
from deploy.kubernetes.workloads import NAME, Manifest
from services.runtime.files import yaml
from services.runtime.kafka import acl
from services.runtime.kafka.topics import Topic, read
from services.runtime.services import declared

RULES: Final = Path(__file__).parents[1] / "prometheus/rules"
_CLUSTER: Final = {"strimzi.io/cluster": "kafka"}
_REPLICAS: Final = 3
_OPERATIONS: Final = {"read": "Read", "write": "Write", "describe": "Describe", "describe_configs": "DescribeConfigs"}
# Messages of one service that wait before another worker is started: a minute's work of one (docs/scaling.md).
_LAG_OF_A_WORKER: Final = 10_000


def topics_job() -> Iterator[Manifest]:
    """A job that makes the topics, for a Kafka without Strimzi. It may be run again."""
    one = workloads.container("topics", ["wirewatch", "topics", "create"], workloads.kafka_environment("admin"))
    made = workloads.pod("topics", one, [workloads.kafka_secret("admin")])
    made["spec"]["restartPolicy"] = "OnFailure"
    yield {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "topics", "labels": workloads.labels("topics")},
        "spec": {"backoffLimit": 20, "ttlSecondsAfterFinished": 600, "template": made},
    }


def strimzi() -> Iterator[Manifest]:
    """Every topic, and every user with its least rights, as resources of Strimzi."""
    topics = read()
    for topic in topics.values():
        yield {
            "apiVersion": "kafka.strimzi.io/v1",
            "kind": "KafkaTopic",
            "metadata": {"name": topic.name, "labels": _CLUSTER},
            "spec": {
                "partitions": topic.partitions,
                "replicas": _REPLICAS,
                "config": topic.config(_REPLICAS),
            },
        }
    for user in acl.users(topics.values()):
        yield {
            "apiVersion": "kafka.strimzi.io/v1",
            "kind": "KafkaUser",
            "metadata": {"name": user, "labels": _CLUSTER},
            "spec": {
                "authentication": {"type": "scram-sha-512"},
                "authorization": {"type": "simple", "acls": _acls(user, topics)},
            },
        }


def _acls(user: str, topics: dict[str, Topic]) -> list[Manifest]:
    return [
        {
            "resource": {
                "type": right.resource,
                "name": right.name,
                "patternType": "prefix" if right.prefix else "literal",
            },
            "operations": [_OPERATIONS[right.operation]],
        }
        for right in acl.rights(topics.values())
        if right.user == user
    ]


def keda() -> Iterator[Manifest]:
    """More workers of a stream processor while messages wait for it, at most one for each partition."""
    topics = read()
    yield {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "TriggerAuthentication",
        "metadata": {"name": "kafka"},
        "spec": {
            "secretTargetRef": [
                {"parameter": "username", "name": "keda-kafka", "key": "username"},
                {"parameter": "password", "name": "keda-kafka", "key": "password"},
                {"parameter": "sasl", "name": "keda-kafka", "key": "sasl"},
            ]
        },
    }
    for service in declared().values():
        if not service.stream or service.name in workloads.ONE_ONLY:
            continue
        inputs = [topic for topic in topics.values() if service.name in topic.consumers]
        yield {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": "ScaledObject",
            "metadata": {"name": service.name, "labels": workloads.labels(service.name)},
            "spec": {
                "scaleTargetRef": {"name": service.name},
                "minReplicaCount": 1,  # never none: an alert is a matter of seconds
                "maxReplicaCount": min(topic.partitions for topic in inputs),
                "cooldownPeriod": 600,
                "triggers": [_trigger(service.group, topic) for topic in inputs],
            },
        }


def _trigger(group: str, topic: Topic) -> Manifest:
    return {
        "type": "kafka",
        "metadata": {
            "bootstrapServersFromEnv": "WIREWATCH_KAFKA",
            "consumerGroup": group,
            "topic": topic.name,
            "lagThreshold": str(_LAG_OF_A_WORKER),
            "offsetResetPolicy": "earliest",
        },
        "authenticationRef": {"name": "kafka"},
    }


def monitoring() -> Iterator[Manifest]:
    """What Prometheus asks and computes, for the Prometheus operator. Dashboards are in deploy/grafana/dashboards."""
    yield {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": {"name": "wirewatch"},
        "spec": {
            "selector": {"matchLabels": {"app.kubernetes.io/part-of": "wirewatch"}},
            "podMetricsEndpoints": [
                {
                    "port": "ops",
                    "interval": "5s",
                    "scrapeTimeout": "4s",
                    # Dashboards and alarms know the job `services` and the label `service`.
                    "relabelings": [
                        {"targetLabel": "job", "replacement": "services"},
                        {
                            "sourceLabels": [f"__meta_kubernetes_pod_label_{NAME}".replace(".", "_").replace("/", "_")],
                            "targetLabel": "service",
                        },
                    ],
                }
            ],
        },
    }
    for path in sorted(RULES.glob("*.yml")):
        yield {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"name": f"wirewatch-{path.stem}"},
            "spec": yaml.parse(yaml.read_bytes(path), str(path)).value,
        }

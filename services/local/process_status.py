"""What the services say of themselves: readiness and the figures of /metrics, gathered for ``wirewatch status``."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from msgspec import Struct
from prometheus_client.parser import text_string_to_metric_families

from services.local import probes
from services.local.home import Run
from services.runtime.kafka import connection as access
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.process.healthcheck import OK


class ServiceStatus(Struct, frozen=True, kw_only=True):
    """One service. ``waits_for`` is what keeps it from being ready, in words; ``articles`` counts by status.

    ``waiting_since`` is server to since when it is waited for; ``note`` says what slows a service that is ready.
    """

    name: str
    pid: int | None
    ops: str
    ready: bool
    waits_for: str | None
    lag_seconds: float | None
    articles: dict[str, int]
    dead: int
    waiting_since: dict[str, str] = {}
    note: str | None = None


class ServerStatus(Struct, frozen=True, kw_only=True):
    """The broker or the store. ``problem`` is null while it answers; ``pid`` is null where it is not ours.

    ``away_since`` is since when the first service has waited for it; null where none does.
    """

    address: str
    pid: int | None
    problem: str | None
    away_since: str | None = None


class Status(Struct, frozen=True, kw_only=True):
    """Everything that runs."""

    pid: int
    api: str
    samples: str | None
    kafka: ServerStatus
    redis: ServerStatus
    services: tuple[ServiceStatus, ...]


def of(run: Run, environ: Mapping[str, str]) -> Status:
    """Ask every process that ``run`` names. Blocks for two seconds for each that does not answer.

    Servers that are not ours are asked as the user whom ``environ`` names. Raises :class:`UsageError`.
    """
    kafka = KafkaAccess(run.kafka) if "broker" in run.pids else access.kafka_in(environ, run.kafka)
    redis = RedisAccess(run.redis) if "store" in run.pids else access.redis_in(environ, run.redis)
    services = tuple(_service(name, ops, run.pids.get(name)) for name, ops in run.ops.items())
    return Status(
        pid=run.pid,
        api=run.api,
        samples=run.samples,
        kafka=ServerStatus(
            address=run.kafka,
            pid=run.pids.get("broker"),
            problem=probes.kafka(kafka)(),
            away_since=away_since(services, "kafka"),
        ),
        redis=ServerStatus(
            address=str(redis),
            pid=run.pids.get("store"),
            problem=probes.store(redis)(),
            away_since=away_since(services, "redis"),
        ),
        services=services,
    )


def away_since(services: Iterable[ServiceStatus], server: str) -> str | None:
    """Since when the first of ``services`` has waited for ``server``."""
    return min((service.waiting_since[server] for service in services if server in service.waiting_since), default=None)


Metrics = dict[str, list[tuple[dict[str, str], float]]]


def metrics(ops: str) -> Metrics:
    """The samples of /metrics by name, each with its labels; empty where the process does not answer."""
    problem, text = probes.answer(f"{ops}/metrics")
    found: Metrics = {}
    for family in text_string_to_metric_families(text) if problem is None else ():
        for sample in family.samples:
            found.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return found


def _service(name: str, ops: str, pid: int | None) -> ServiceStatus:
    waits_for, said = probes.answer(f"{ops}/readyz")
    found = metrics(ops)
    lag = found.get(f"wirewatch_{name}_lag_seconds")
    return ServiceStatus(
        name=name,
        pid=pid,
        ops=ops,
        ready=waits_for is None,
        waits_for=waits_for,
        lag_seconds=lag[0][1] if lag else None,
        articles={labels["status"]: int(value) for labels, value in found.get(f"wirewatch_{name}_articles_total", [])},
        dead=int(sum(value for _, value in found.get(f"wirewatch_{name}_dead_letters_total", []))),
        waiting_since={
            labels["server"]: _moment(value)
            for labels, value in found.get(f"wirewatch_{name}_waiting_since_timestamp_seconds", [])
            if value
        },
        note=said.strip() if waits_for is None and said.strip() != OK else None,
    )


def _moment(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""Which processes make up the pipeline on one machine, and the settings of each."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.local import broker, ports, probes, store
from services.local.home import Home
from services.local.jars import Progress
from services.local.process import Probe, Program, Server
from services.local.token import own_token
from services.runtime.errors import UsageError
from services.runtime.files import shipped as files
from services.runtime.kafka import connection as access
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.process.settings import as_list, listed
from services.runtime.services import names as service_names
from services.samples.core import feeds
from services.samples.edges import files as sample_files

_API_PORT = 8080  # where it is free, else any other

_OWN_LIST = "feeds.opml"


@dataclass(frozen=True, slots=True)
class Servers:
    """Addresses of Kafka and Redis, and those of the two that are ours to run."""

    kafka: KafkaAccess
    redis: RedisAccess
    embedded: tuple[Server, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The services, ready to be started, and where the page is.

    ``page`` is the address to open, with the token where it is ours; ``local_feeds`` how many feeds ``samples`` serves.
    """

    services: tuple[Server, ...]
    api: str
    page: str
    samples: str | None
    local_feeds: int


def servers(home: Home, environ: Mapping[str, str], progress: Progress) -> Servers:
    """The broker and the store: those named in ``environ``, else embedded ones in ``home``.

    Raises :class:`UsageError` where a named one does not answer or an embedded one cannot be had.
    """
    embedded: list[Server] = []
    if named := environ.get("WIREWATCH_KAFKA"):
        kafka = access.kafka_in(environ, named)
        _require("Kafka", "WIREWATCH_KAFKA", probes.kafka(kafka))
    else:
        embedded.append(broker.prepare(home.path / "broker", logs=home.logs, progress=progress))
        kafka = KafkaAccess(embedded[-1].address)
    if named := environ.get("WIREWATCH_REDIS"):
        redis = access.redis_in(environ, named)
        _require("Redis", "WIREWATCH_REDIS", probes.store(redis))
    else:
        embedded.append(store.prepare(home.path / "store", logs=home.logs))
        redis = RedisAccess(embedded[-1].address)
    return Servers(kafka, redis, tuple(embedded))


def plan(home: Home, environ: Mapping[str, str], at: Servers, *, with_samples: bool) -> Pipeline:
    """Every service with its command, its environment and its probes."""
    _make_own_files(home)
    environ = own_files(home) | dict(environ)
    names = service_names(demo=with_samples)
    numbers = ports.remembered(home.path / "ports.json", ("api", "samples", *(f"{name}.ops" for name in names)))
    api_port = _port(environ, "WIREWATCH_API_PORT") or str(_API_PORT if ports.is_free(_API_PORT) else numbers["api"])
    archive = environ.get("WIREWATCH_ARCHIVE_FILE") or str(home.path / "archive.db")
    common = _without_strange_users(environ) | {
        "WIREWATCH_KAFKA": at.kafka.servers,
        "WIREWATCH_REDIS": at.redis.address,
        "WIREWATCH_OPS_HOST": "127.0.0.1",
        "WIREWATCH_API_PORT": api_port,
        "WIREWATCH_API_SERVICES": ",".join(
            f"{name}={_ops(numbers[f'{name}.ops'])}" for name in service_names() if name != "api"
        ),
        "WIREWATCH_ARCHIVE_FILE": archive,
        "WIREWATCH_API_ARCHIVE": archive,
        "PYTHONUNBUFFERED": "1",
    }
    common |= _files_of_pages(home, environ)
    api = page = f"http://127.0.0.1:{api_port}"
    if not environ.get("WIREWATCH_API_TOKEN_FILE"):
        tokens = home.path / "tokens"
        page = f"{api}/#token={own_token(tokens)}"
        common["WIREWATCH_API_TOKEN_FILE"] = str(tokens)
    samples, local_feeds = None, 0
    if with_samples:
        port = _port(environ, "WIREWATCH_SAMPLES_PORT") or str(numbers["samples"])
        samples = f"http://127.0.0.1:{port}"
        local_feeds = len(sample_files.read(files.seeds() / "samples"))
        common |= {"WIREWATCH_SAMPLES_PORT": port, "WIREWATCH_API_LOCAL_FEEDS": str(local_feeds)}
        common |= _poller_of_samples(home, environ, samples)
    services = tuple(_service(name, numbers[f"{name}.ops"], common, home.logs) for name in names)
    return Pipeline(services, api, page, samples, local_feeds)


def _without_strange_users(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables but for the users of servers that are not named: embedded ones ask for none."""
    strange: set[str] = set()
    if not environ.get("WIREWATCH_KAFKA"):
        strange.update(access.KAFKA_VARIABLES)
    if not environ.get("WIREWATCH_REDIS"):
        strange.update(access.REDIS_VARIABLES)
    return {name: value for name, value in environ.items() if name not in strange}


def _service(name: str, ops_port: int, common: dict[str, str], logs: Path) -> Server:
    ops = _ops(ops_port)
    return Server(
        program=Program(
            name=name,
            command=(sys.executable, "-m", f"services.{name}"),
            environment=common | {"WIREWATCH_OPS_PORT": str(ops_port)},
            log=logs / f"{name}.log",
        ),
        address=ops,
        probe=probes.http(f"{ops}/readyz"),
        alive=probes.http(f"{ops}/healthz"),
    )


def _ops(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _port(environ: Mapping[str, str], variable: str) -> str | None:
    """The port a person gave. 0 asks for any free one, which has to be known here: others need the address.

    Raises :class:`UsageError` where it is taken: the service would say so only once everything else is up.
    """
    given = environ.get(variable, "").strip()
    if given.isdecimal() and int(given) and not ports.is_free(int(given)):
        raise UsageError(f"{variable} is {given}, where something else listens already: give a free port, or unset it.")
    return given if given.strip("0") else None


def own_files(home: Home) -> dict[str, str]:
    """The settings that name what a person edits in this home; empty before the first start."""
    named = {
        "WIREWATCH_POLLER_FEEDS": home.path / _OWN_LIST,
        "WIREWATCH_TAGGER_PACKS": home.path / "topics",
        "WIREWATCH_NOTIFIER_WATCHES": home.path / "watches.yaml",
    }
    return {name: as_list([str(path)]) for name, path in named.items() if path.exists()}


def _files_of_pages(home: Home, environ: Mapping[str, str]) -> dict[str, str]:
    """The files that the page edits: those that the services read."""
    found = {
        "WIREWATCH_API_FEEDS": str(home.path / _OWN_LIST),
        "WIREWATCH_API_PACKS": environ["WIREWATCH_TAGGER_PACKS"],
        "WIREWATCH_API_WATCHES": environ["WIREWATCH_NOTIFIER_WATCHES"],
    }
    return found | {name: value for name, value in environ.items() if name in found}


def _make_own_files(home: Home) -> None:
    """At the first start copies of the shipped files, and room for packs: services can then read edits at once."""
    (home.path / "topics").mkdir(parents=True, exist_ok=True)
    for name in (_OWN_LIST, "watches.yaml"):
        if not (home.path / name).is_file():
            (home.path / name).write_bytes((files.seeds() / name).read_bytes())


def _poller_of_samples(home: Home, environ: Mapping[str, str], samples: str) -> dict[str, str]:
    """The poller's settings that add the sample feeds to the feeds it would poll anyway."""
    seeds = files.seeds()
    written = home.path / "samples.opml"
    template = (seeds / "samples" / "feeds.opml").read_text(encoding="utf-8")
    written.write_text(feeds.feed_list(template, samples), encoding="utf-8")
    own = environ.get("WIREWATCH_POLLER_FEEDS")
    lists = [str(written), *(listed(own) if own is not None else (str(seeds / "feeds.opml"),))]
    private = [samples.removeprefix("http://"), *listed(environ.get("WIREWATCH_POLLER_ALLOW_PRIVATE", ""))]
    return {"WIREWATCH_POLLER_FEEDS": as_list(lists), "WIREWATCH_POLLER_ALLOW_PRIVATE": as_list(private)}


def _require(name: str, variable: str, probe: Probe) -> None:
    problem = probe()
    if problem is not None:
        raise UsageError(
            f"{variable} is set, and {name} gives {problem}. Start it, correct the address, "
            f"or unset {variable} to use the embedded one."
        )

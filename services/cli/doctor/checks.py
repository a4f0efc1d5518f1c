"""The checks of ``wirewatch doctor``. Each looks at one thing, changes nothing, and never raises."""

import asyncio
import platform
import shutil
import ssl
import stat
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal
from xml.parsers import expat

import msgspec
from aiokafka.errors import KafkaError

from services.cli import addresses
from services.local import pipeline, preflight
from services.local.home import home_in
from services.runtime.errors import UsageError
from services.runtime.files import shipped as files
from services.runtime.kafka import topics
from services.runtime.kafka.connection import RedisAccess
from services.runtime.redis.connection import FAILURES, connect, require_access

State = Literal["ok", "warn", "fail", "skipped"]

ANSWER_WITHIN_SECONDS: Final = 8.0
SKEW_SECONDS: Final = (2.0, 30.0)  # warn, fail: an article is never dated more than minutes ahead
FREE_BYTES: Final = (2 << 30, 512 << 20)  # warn, fail
FULL: Final = (0.8, 0.95)  # of Redis' memory: warn (as the alarm does), fail
# Below these a feed can do harm: billion laughs (expat 2.4.0), and the three overflows of 2024 (2.6.3).
EXPAT_FLOOR: Final = (2, 4, 1)
EXPAT_WANTED: Final = (2, 6, 3)
OPENSSL_FLOOR: Final = (3, 0)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found. ``fix`` is empty where there is nothing to do."""

    check: str
    state: State
    found: str
    fix: str = ""


async def examine(environ: Mapping[str, str], *, kafka: str | None, redis: str | None) -> list[Finding]:
    """Every finding, the most important first. Takes some seconds for a server that does not answer."""
    broker, store = await asyncio.gather(_broker(kafka), _store(redis))
    return [*broker, *store, *configuration(environ), *secret_files(environ), disk(environ), *versions()]


# ---------------------------------------------------------------- servers


async def _broker(option: str | None) -> list[Finding]:
    try:
        kafka = addresses.kafka(option)
    except UsageError as error:
        return [Finding(check="broker", state="skipped", found="no address is known", fix=str(error))]
    try:
        async with topics.admin(kafka, timeout_seconds=ANSWER_WITHIN_SECONDS) as client:
            declared = topics.read()
            standing = await topics.found(client, list(declared))
    except UsageError as error:
        return [Finding(check="broker", state="fail", found=f"{kafka}", fix=str(error))]
    except (KafkaError, OSError) as error:
        return [Finding(check="broker", state="fail", found=f"{kafka}: {error!r}", fix="Look at the broker's log.")]
    who = f" as {kafka.user}" if kafka.user else ", without a user"
    found = f"{kafka}{who}, {'TLS' if kafka.ca_file else 'plain text'}"
    return [Finding(check="broker", state="ok", found=found), topics_as_declared(declared, standing)]


def topics_as_declared(declared: Mapping[str, topics.Topic], standing: Mapping[str, topics.Found]) -> Finding:
    """Whether the broker has every topic of topics.yaml, with its partitions and retention."""
    missing = sorted(declared.keys() - standing.keys())
    if missing:
        fix = "Run `wirewatch topics create`."
        return Finding(check="topics", state="fail", found=f"missing: {', '.join(missing)}", fix=fix)
    other = []
    for name, topic in declared.items():
        there = standing[name]
        if there.partitions < topic.partitions:
            other.append(f"{name} has {there.partitions} partitions, declared are {topic.partitions}")
        if there.retention_days is not None and there.retention_days < topic.retention_days:
            other.append(f"{name} keeps {there.retention_days:g} days, declared are {topic.retention_days}")
    if other:
        fix = "Set the topic's retention with Kafka's own tools; leave partitions as they are: keys would move."
        return Finding(check="topics", state="warn", found="; ".join(other), fix=fix)
    return Finding(check="topics", state="ok", found=f"all {len(declared)} of schemas/topics.yaml")


async def _store(option: str | None) -> list[Finding]:
    try:
        redis = addresses.redis(option)
    except UsageError as error:
        return [Finding(check="store", state="skipped", found="no address is known", fix=str(error))]
    try:
        client: Any = connect(redis)
        async with client:
            await require_access(client)
            info = await client.info()
            seconds, microseconds = await client.time()
            ahead = float(seconds) + float(microseconds) / 1e6 - datetime.now(UTC).timestamp()
    except UsageError as error:
        return [Finding(check="store", state="fail", found=f"{redis}", fix=str(error))]
    except FAILURES as error:
        fix = "Start it (`wirewatch up` brings one along), correct the address, or permit INFO and TIME."
        return [Finding(check="store", state="fail", found=f"{redis}: {error}", fix=fix)]
    return [*store_as_needed(redis, info), clock(ahead)]


def store_as_needed(redis: RedisAccess, info: Mapping[str, Any]) -> Iterator[Finding]:
    """What INFO says: nothing may be evicted, and what is acknowledged must survive."""
    server = "valkey" if "valkey_version" in info else "redis"
    version = info.get(f"{server}_version", "?")
    yield Finding(check="store", state="ok", found=f"{redis}, {server} {version}")
    policy, used, limit = str(info.get("maxmemory_policy")), int(info["used_memory"]), int(info.get("maxmemory", 0))
    share = used / limit if limit else 0.0
    found = f"{policy}, {used >> 20} MB of {f'{limit >> 20} MB' if limit else 'no limit'}"
    if policy != "noeviction":
        fix = "Set maxmemory-policy noeviction: another one silently drops stories and alerts."
        yield Finding(check="memory", state="fail", found=found, fix=fix)
    elif not limit:
        yield Finding(check="memory", state="warn", found=found, fix="Set maxmemory, or the system ends the server.")
    else:
        fix = "Raise maxmemory, or shorten WIREWATCH_ALERTER_RETENTION_DAYS." if share >= FULL[0] else ""
        yield Finding(check="memory", state=_graded(share, *FULL), found=found, fix=fix)
    written = str(info.get("aof_last_write_status", "ok"))
    if not int(info.get("aof_enabled", 0)):
        fix = "Set appendonly yes and appendfsync always: without them a killed server forgets what it acknowledged."
        yield Finding(check="persistence", state="fail", found="no append-only file", fix=fix)
    elif written != "ok":
        fix = "The append-only file cannot be written: make room on the disk."
        yield Finding(check="persistence", state="fail", found=f"last write: {written}", fix=fix)
    else:
        yield Finding(check="persistence", state="ok", found="append-only file, last write ok")


def clock(skew_seconds: float) -> Finding:
    """How far the store's clock is from ours."""
    ahead = "ahead" if skew_seconds > 0 else "behind"
    state = _graded(abs(skew_seconds), *SKEW_SECONDS)
    fix = "" if state == "ok" else "Set the clocks of both machines by NTP: what waits would be due at wrong times."
    return Finding(check="clock", state=state, found=f"the store's is {abs(skew_seconds):.1f} s {ahead}", fix=fix)


# ---------------------------------------------------------------- files and this machine


def configuration(environ: Mapping[str, str]) -> Iterator[Finding]:
    """The settings of every service and the files they name, read as the services read them."""
    for check, look in preflight.looks(pipeline.own_files(home_in(environ)) | dict(environ)).items():
        yield _looked(check, look)
    yield _looked("schemas", _schemas)
    yield _contact(environ)


def _looked(check: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(check=check, state="ok", found=look())
    except UsageError as error:
        return Finding(check=check, state="fail", found="cannot be used", fix=str(error))


def _schemas() -> str:
    folder = files.schemas()
    declared = topics.read()
    for topic in declared.values():
        file = folder / f"{topic.schema}.schema.json"
        try:
            msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
        except (OSError, msgspec.DecodeError) as error:
            raise UsageError(
                f"{file}, the schema of {topic.name}, cannot be read ({error}): install it again."
            ) from None
    return f"of {len(declared)} topics in {folder}"


def _contact(environ: Mapping[str, str]) -> Finding:
    given = environ.get("WIREWATCH_POLLER_CONTACT", "")
    if given:
        return Finding(check="contact", state="ok", found=given)
    fix = "Set WIREWATCH_POLLER_CONTACT to an address of yours before you poll other people's feeds."
    return Finding(check="contact", state="warn", found="publishers cannot contact you", fix=fix)


def secret_files(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Whether every file with a secret is there, and readable by nobody else."""
    ours = {name: Path(value) for name, value in sorted(environ.items()) if name.startswith("WIREWATCH_") and value}
    named = {name: file for name, file in ours.items() if name.endswith(("_PASSWORD_FILE", "_TOKEN_FILE"))}
    if not named:
        yield Finding(check="secrets", state="ok", found="no setting names a file")
    for name, file in named.items():
        try:
            mode = stat.S_IMODE(file.stat().st_mode)
            with file.open("rb"):
                pass
        except OSError as error:
            fix = f"Correct {name}, or let this user read the file."
            yield Finding(check="secrets", state="fail", found=f"{file}: {error.strerror}", fix=fix)
            continue
        open_to_others = mode & (stat.S_IRWXO | stat.S_IWGRP)
        fix = f"chmod o-rwx,g-w {file}: others on this machine can use it." if open_to_others else ""
        state: State = "fail" if open_to_others else "ok"
        yield Finding(check="secrets", state=state, found=f"{name}: {file} is {mode:04o}", fix=fix)


def disk(environ: Mapping[str, str]) -> Finding:
    """Service where `wirewatch up` keeps its data, or would. That of other servers is for their alarms."""
    place = home_in(environ).path.absolute()
    there = next(folder for folder in (place, *place.parents) if folder.exists())
    usage = shutil.disk_usage(there)
    if there != place and usage.total < FREE_BYTES[0]:  # memory of a container: nothing will be kept there
        return Finding(
            check="disk", state="skipped", found=f"{there} is no place for data", fix="Run it where data is."
        )
    free = usage.free
    state = _graded(-free, -FREE_BYTES[0], -FREE_BYTES[1])
    fix = "" if state == "ok" else "Make room: a full disk stops the broker and the store."
    return Finding(check="disk", state=state, found=f"{free / (1 << 30):.1f} GB free at {there}", fix=fix)


def versions() -> Iterator[Finding]:
    """What runs here, and whether what parses untrusted bytes is recent enough."""
    names = ("wirewatch", "faust-streaming", "aiokafka", "redis", "feedparser")
    found = f"Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in names)
    yield Finding(check="versions", state="ok", found=found)
    state: State = (
        "fail" if expat.version_info < EXPAT_FLOOR else "ok" if expat.version_info >= EXPAT_WANTED else "warn"
    )
    wanted = ".".join(map(str, EXPAT_WANTED))
    fix = "" if state == "ok" else f"Use a Python built with expat {wanted} or newer: feeds are hostile input."
    yield Finding(check="expat", state=state, found=expat.EXPAT_VERSION.removeprefix("expat_"), fix=fix)
    recent = ssl.OPENSSL_VERSION_INFO[:2] >= OPENSSL_FLOOR
    fix = "" if recent else "Use a Python built with OpenSSL 3 or newer."
    yield Finding(check="openssl", state="ok" if recent else "fail", found=ssl.OPENSSL_VERSION, fix=fix)


def _graded(value: float, warn: float, fail: float) -> State:
    return "fail" if value >= fail else "warn" if value >= warn else "ok"

"""Where the servers are: the option, else the environment, else what a running ``wirewatch up`` noted.

``wirewatch up`` writes ``.wirewatch/run.json`` in the directory it runs in (or in ``$WIREWATCH_LOCAL_HOME``):
``{"kafka": "host:port", "redis": "redis://host:port/0", "api": "http://host:port"}``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
import typer

from services.runtime.errors import UsageError
from services.runtime.kafka import connection as access
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.redis import address as redis_address

KafkaOption = Annotated[
    str | None,
    typer.Option(
        "--kafka",
        metavar="HOST:PORT",
        help="Kafka; else $WIREWATCH_KAFKA, else that of the `wirewatch up` running in this directory.",
    ),
]
RedisOption = Annotated[
    str | None,
    typer.Option(
        "--redis",
        metavar="URL",
        help="Redis; else $WIREWATCH_REDIS, else that of the `wirewatch up` running in this directory.",
    ),
]
ApiOption = Annotated[
    str | None,
    typer.Option(
        "--api",
        metavar="URL",
        help="The api; else $WIREWATCH_API_URL, else that of the `wirewatch up` running in this directory.",
    ),
]


@dataclass(frozen=True, slots=True)
class _Server:
    name: str
    field: str
    option: str
    variable: str
    form: str
    schemes: tuple[str, ...] = ()


_KAFKA = _Server("Kafka", "kafka", "--kafka", "WIREWATCH_KAFKA", "host:port")
_REDIS = _Server("Redis", "redis", "--redis", "WIREWATCH_REDIS", redis_address.FORMS, schemes=redis_address.SCHEMES)
_API = _Server("the api", "api", "--api", "WIREWATCH_API_URL", "http://host:port", schemes=("http", "https"))


def kafka(option: str | None) -> KafkaAccess:
    """How Kafka is reached; as the user of the environment, unless it is that of a running ``wirewatch up``.

    Raises :class:`UsageError`.
    """
    address, source = _find(_KAFKA, option)
    for part in address.split(","):
        host, colon, port = part.strip().rpartition(":")
        if not (host and colon and port.isdigit() and "/" not in host):
            raise UsageError(f"{source} is {address!r}: give host:port, or several separated by commas.")
    return access.kafka_in(os.environ, address) if _is_given(_KAFKA, option) else KafkaAccess(address)


def redis(option: str | None) -> RedisAccess:
    """How Redis is reached, as for Kafka. Raises :class:`UsageError`."""
    address = _url(_REDIS, option)
    return access.redis_in(os.environ, address) if _is_given(_REDIS, option) else RedisAccess(address)


def redis_noted() -> str | None:
    """Redis of the ``wirewatch up`` that runs in this directory, None where none does. Raises :class:`UsageError`."""
    return _noted(_REDIS)


def api(option: str | None) -> str:
    """The ``http://`` address of the api, without a slash at its end. Raises :class:`UsageError`."""
    return _url(_API, option).rstrip("/")


def _is_given(server: _Server, option: str | None) -> bool:
    return bool(option or os.environ.get(server.variable))


def _url(server: _Server, option: str | None) -> str:
    address, source = _find(server, option)
    if urlsplit(address).scheme not in server.schemes:
        raise UsageError(f"{source} is {address!r}: give {server.form}.")
    return address


def _find(server: _Server, option: str | None) -> tuple[str, str]:
    """The address and where it came from."""
    if option:
        return option, server.option
    if from_environment := os.environ.get(server.variable):
        return from_environment, server.variable
    noted = _noted(server)
    if noted:
        return noted, f"{server.field!r} in {_run_file()}"
    raise UsageError(
        f"No address of {server.name} is known: run this where `wirewatch up` runs, "
        f"or give {server.option} {server.form}, or set {server.variable}."
    )


def _run_file() -> Path:
    return Path(os.environ.get("WIREWATCH_LOCAL_HOME") or ".wirewatch") / "run.json"


def _noted(server: _Server) -> str | None:
    try:
        noted = msgspec.json.decode(_run_file().read_bytes(), type=dict[str, object])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{_run_file()} cannot be read ({error}): remove it, or give {server.option} {server.form}."
        ) from None
    address = noted.get(server.field)
    return address if isinstance(address, str) else None

"""Where the servers are: the option, else the environment, else what a running ``wirewatch up`` noted.

``wirewatch up`` writes ``.wirewatch/run.json`` in the directory it runs in (or in ``$WIREWATCH_LOCAL_HOME``):
``{"kafka": "host:port", "redis": "redis://host:port/0", ...}``.
"""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from services.local.home import home_in
from services.runtime.errors import UsageError
from services.runtime.kafka import connection as access
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.redis import address as redis_address


@dataclass(frozen=True, slots=True)
class _Server:
    name: str
    field: str
    option: str
    variable: str
    form: str


_KAFKA = _Server("Kafka", "kafka", "--kafka", "WIREWATCH_KAFKA", "host:port")
_REDIS = _Server("Redis", "redis", "--redis", "WIREWATCH_REDIS", redis_address.FORMS)
_API = _Server("the API", "api", "WIREWATCH_API_URL", "WIREWATCH_API_URL", "http://host:port")


def kafka(option: str | None) -> KafkaAccess:
    """How Kafka is reached; as the user of the environment, unless it is that of a running ``wirewatch up``.

    Raises :class:`UsageError`.
    """
    address, source = _find(_KAFKA, option)
    for part in address.split(","):
        host, colon, port = part.strip().rpartition(":")
        if not (host and colon and port.isdigit() and "/" not in host):
            raise UsageError(f"{source} is {address!r}: give host:port, or several separated by commas.")
    return access.kafka_in(os.environ, address) if source in (_KAFKA.option, _KAFKA.variable) else KafkaAccess(address)


def redis(option: str | None) -> RedisAccess:
    """How Redis is reached, as for Kafka. Raises :class:`UsageError`."""
    address, source = _find(_REDIS, option)
    if urlsplit(address).scheme not in redis_address.SCHEMES:
        raise UsageError(f"{source} is {address!r}: give {_REDIS.form}.")
    return access.redis_in(os.environ, address) if source in (_REDIS.option, _REDIS.variable) else RedisAccess(address)


def api() -> str:
    """Where the API answers. Raises :class:`UsageError`."""
    address, source = _find(_API, None)
    if urlsplit(address).scheme not in ("http", "https"):
        raise UsageError(f"{source} is {address!r}: give {_API.form}.")
    return address


def redis_noted() -> str | None:
    """Redis of the ``wirewatch up`` that runs in this directory, None where none does. Raises :class:`UsageError`."""
    return _noted(_REDIS)


def _find(server: _Server, option: str | None) -> tuple[str, str]:
    """The address and where it came from."""
    if option:
        return option, server.option
    if from_environment := os.environ.get(server.variable):
        return from_environment, server.variable
    noted = _noted(server)
    if noted:
        return noted, f"{server.field!r} in {home_in(os.environ).run_file}"
    raise UsageError(
        f"No address of {server.name} is known: run this where `wirewatch up` runs, "
        f"or give {server.option} {server.form}, or set {server.variable}."
    )


def _noted(server: _Server) -> str | None:
    file = home_in(os.environ).run_file
    try:
        noted = msgspec.json.decode(file.read_bytes(), type=dict[str, object])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file} cannot be read ({error}): remove it, or give {server.option} {server.form}."
        ) from None
    address = noted.get(server.field)
    return address if isinstance(address, str) else None

"""What WIREWATCH_REDIS may be: one server, a master that Sentinel names, or a Redis Cluster.

- ``redis://[user:password@]host:port/0`` (``rediss://`` with TLS, ``unix://`` for a socket)
- ``redis+sentinel://[user:password@]h1:26379,h2:26379/0?service=NAME[&replicas=N]``: the sentinels say who the master
  of ``NAME`` is; user, password and database are those of the servers, and the sentinels are asked without any.
  ``replicas`` is how many replicas must have a write before it counts (see :mod:`services.runtime.redis.replicas`).
- ``redis+cluster://[user:password@]h1:6379,h2:6379``: any nodes of the cluster, which name the others

The last two have a form with TLS, ``rediss+sentinel://`` and ``rediss+cluster://``.
"""

from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

ONE_SERVER = ("redis", "rediss", "unix")
SENTINEL = ("redis+sentinel", "rediss+sentinel")
CLUSTER = ("redis+cluster", "rediss+cluster")
SCHEMES = (*ONE_SERVER, *SENTINEL, *CLUSTER)
FORMS = (
    "redis://host:port/0, redis+sentinel://host:port,host:port/0?service=NAME or redis+cluster://host:port,host:port"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """An address of several servers, taken apart. ``service`` is empty for a cluster.

    ``replicas`` is null where the address asks for no number.
    """

    hosts: tuple[tuple[str, int], ...]
    tls: bool
    username: str | None
    password: str | None = field(repr=False)
    database: int
    service: str
    replicas: int | None

    def user(self) -> dict[str, str]:
        """Who the address says we are, as arguments of a client."""
        given = {"username": self.username, "password": self.password}
        return {name: value for name, value in given.items() if value is not None}

    def transport(self) -> dict[str, bool]:
        """Whether it is TLS, as arguments of a client."""
        return {"ssl": True} if self.tls else {}


def scheme(address: str) -> str:
    """What stands before ``://``."""
    return urlsplit(address).scheme


def parse(address: str) -> Several:
    """The parts of an address of Sentinel or a cluster. Raises ValueError that says what is wrong, in words."""
    parts = urlsplit(address)
    sentinel = parts.scheme in SENTINEL
    user, _, hosts = parts.netloc.rpartition("@")
    username, _, password = user.partition(":")
    asked = parse_qs(parts.query, keep_blank_values=True)
    for name in asked:
        if not sentinel or name not in ("service", "replicas"):
            raise ValueError(f"{name!r} is not known there")
    service = asked.get("service", [""])[-1]
    if sentinel and not service:
        raise ValueError("give ?service=NAME, the name by which the sentinels know the master")
    database = _number(parts.path.strip("/") or "0", "the database")
    if not sentinel and database:
        raise ValueError("a cluster has only database 0")
    return Several(
        hosts=tuple(_host(part.strip()) for part in hosts.split(",")),
        tls=parts.scheme.startswith("rediss"),
        username=unquote(username) or None,
        password=unquote(password) or None,
        database=database,
        service=service,
        replicas=_number(asked["replicas"][-1], "replicas") if "replicas" in asked else None,
    )


def _host(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not (host and colon and port.isdecimal()):
        raise ValueError(f"{text!r} is not host:port")
    return host.strip("[]"), int(port)


def _number(text: str, what: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{what} is {text!r}: give a whole number")
    return int(text)

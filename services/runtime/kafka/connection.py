"""How Kafka and Redis are reached: addresses, users, and trusted certificate authorities.

One value a server goes to everything that connects, so that no client can be forgotten. Without a user it is plain
text without authentication, which is right for servers that only this machine reaches (``wirewatch up``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from services.runtime.errors import UsageError
from services.runtime.process import settings
from services.runtime.process.settings import CommonSettings

SASL_MECHANISM: Final = "SCRAM-SHA-512"
KAFKA_VARIABLES: Final = ("WIREWATCH_KAFKA_USER", "WIREWATCH_KAFKA_PASSWORD_FILE", "WIREWATCH_KAFKA_CA_FILE")
REDIS_VARIABLES: Final = ("WIREWATCH_REDIS_PASSWORD_FILE", "WIREWATCH_REDIS_CA_FILE")
# Parameters of the address that would make redis-py accept any certificate.
_UNVERIFIED = ("ssl_cert_reqs", "ssl_check_hostname", "ssl_ca_certs", "ssl_ca_path", "ssl_ca_data")


@dataclass(frozen=True, slots=True)
class KafkaAccess:
    """``servers`` is ``host:port[,host:port]``; ``ca_file`` is a PEM file, and with it the connection is TLS.

    ``str()`` is the servers alone: what a message may show.
    """

    servers: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None

    def __str__(self) -> str:
        return self.servers

    def addresses(self) -> list[str]:
        """The ``host:port`` pairs. Raises :class:`UsageError` for anything else."""
        addresses = [address.strip() for address in self.servers.split(",")]
        for address in addresses:
            host, colon, port = address.rpartition(":")
            if not (host and colon and port.isdigit()):
                raise UsageError(f"WIREWATCH_KAFKA is {self.servers!r}: give host:port, or several with commas.")
        return addresses

    def client(self) -> dict[str, Any]:
        """Arguments of any client of aiokafka: where, as whom, over what. Raises :class:`UsageError`."""
        arguments: dict[str, Any] = {"bootstrap_servers": self.addresses()}
        if self.ca_file is not None:
            arguments["ssl_context"] = tls(self.ca_file, "WIREWATCH_KAFKA_CA_FILE")
        transport = "PLAINTEXT" if self.ca_file is None else "SSL"
        if self.user is None:
            return arguments | {"security_protocol": transport}
        return arguments | {
            "security_protocol": f"SASL_{transport}",
            "sasl_mechanism": SASL_MECHANISM,
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password,
        }


@dataclass(frozen=True, slots=True)
class RedisAccess:
    """``address`` is ``redis://[user[:password]@]host:port/0``, with ``rediss://`` for TLS; the user is in it.

    ``password`` is for where it is not in the address; ``ca_file`` a PEM file for a private authority.
    ``str()`` is the address without its password.
    """

    address: str = field(repr=False)
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None

    def __str__(self) -> str:
        parts = urlsplit(self.address)
        if parts.password is None:
            return self.address
        return parts._replace(netloc=f"{parts.username or ''}:***@{parts.netloc.rpartition('@')[2]}").geturl()

    def client(self) -> dict[str, Any]:
        """Arguments of any client of redis-py beside the address. Raises :class:`UsageError`."""
        arguments: dict[str, Any] = {}
        if self.password is not None:
            arguments["password"] = self.password
        parts = urlsplit(self.address)
        if unverified := sorted(set(parse_qs(parts.query, keep_blank_values=True)).intersection(_UNVERIFIED)):
            raise UsageError(
                f"WIREWATCH_REDIS has {unverified[0]} in its address: certificates are always verified; "
                "name a private authority in WIREWATCH_REDIS_CA_FILE."
            )
        if self.ca_file is not None:
            if not parts.scheme.startswith("rediss"):
                raise UsageError("WIREWATCH_REDIS_CA_FILE is set, and WIREWATCH_REDIS is not a rediss:// address.")
            tls(self.ca_file, "WIREWATCH_REDIS_CA_FILE")
            arguments["ssl_ca_certs"] = str(self.ca_file)
        return arguments


def kafka_of(chosen: CommonSettings) -> KafkaAccess:
    """How a service reaches Kafka. Reads the password file. Raises :class:`UsageError` naming the variable."""
    user, file = chosen.kafka_user, chosen.kafka_password_file
    if (user is None) != (file is None):
        raise UsageError(
            "WIREWATCH_KAFKA_USER and WIREWATCH_KAFKA_PASSWORD_FILE belong together: give both, or neither."
        )
    return KafkaAccess(chosen.kafka, user, _password(file, "WIREWATCH_KAFKA_PASSWORD_FILE"), chosen.kafka_ca_file)


def redis_of(chosen: CommonSettings) -> RedisAccess:
    """How a service reaches Redis. Reads the password file. Raises :class:`UsageError` naming the variable."""
    password = _password(chosen.redis_password_file, "WIREWATCH_REDIS_PASSWORD_FILE")
    return RedisAccess(chosen.redis, password, chosen.redis_ca_file)


def kafka_in(environ: Mapping[str, str], servers: str) -> KafkaAccess:
    """``servers`` as the user whom the variables of ``environ`` name. Raises :class:`UsageError`."""
    return kafka_of(_settings_in(environ, KAFKA_VARIABLES, WIREWATCH_KAFKA=servers))


def redis_in(environ: Mapping[str, str], address: str) -> RedisAccess:
    """``address`` with the password that the variables of ``environ`` name. Raises :class:`UsageError`."""
    return redis_of(_settings_in(environ, REDIS_VARIABLES, WIREWATCH_REDIS=address))


def _settings_in(environ: Mapping[str, str], variables: Sequence[str], **server: str) -> CommonSettings:
    given = {name: environ[name] for name in variables if environ.get(name)}
    return settings.load(CommonSettings, "local", given | server)


def tls(ca_file: Path, variable: str) -> Any:
    """An :class:`ssl.SSLContext` that believes this authority alone and checks names. Raises :class:`UsageError`."""
    import ssl  # commands that connect to nothing are quicker without it

    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"{variable} is {str(ca_file)!r}, which is no usable PEM file: {error}.") from None


def _password(file: Path | None, variable: str) -> str | None:
    if file is None:
        return None
    try:
        password = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{variable} is {str(file)!r}, which cannot be read: {why}.") from None
    if not password:
        raise UsageError(f"{variable} is {str(file)!r}, which is empty.")
    return password

"""Make the secrets of the Compose stack on its first start: random, on volumes of their own, never in the repository.

``docker-compose.yml`` runs this once, before what needs them. A secret that is there already is kept, so a restart
changes nothing; to have a new one, remove its file and start again. What the servers are told of the users (hashes
for Redis, for Kafka the names and passwords that ``wirewatch topics create --users`` reads) is written anew each time
from the secrets themselves. Files are 0440: their owner and the group that Compose gives the servers can read them,
nobody else.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from string import Template

# Each folder is a volume, mounted only where it is needed.
KAFKA_USERS = ("poller", "deduper", "tagger", "alerter", "notifier", "archive", "operator", "reader")
REDIS_USERS = ("poller", "deduper", "alerter", "notifier", "api", "operator")

# File to its content; {} is random.
SECRETS = {
    "grafana/admin_password": "{}",
    "grafana/secret_key": "{}",
    "api/tokens": "analyst: {}\neditor editor: {}\n",  # name: token or name role: token, services/api/core/tokens.py
    "topics/kafka_password": "{}",  # of the user admin, who makes the others
    "kafka/broker_password": "{}",
    **{f"redis/{user}_password": "{}" for user in ("health", "replica", "sentinel")},
    "exporter/redis_password": "{}",
    **{f"{user}/kafka_password": "{}" for user in KAFKA_USERS},
    **{f"{user}/redis_password": "{}" for user in REDIS_USERS},
}
_BYTES = 24  # 192 bits
_ITERATIONS = 8192
_USERS_ACL = Path(__file__).with_name("users.acl")


def make(folder: Path, contents: Mapping[str, str] = SECRETS) -> list[str]:
    """Create those of ``contents`` that are absent from ``folder``, and return their names.

    A file of tokens from before there were editors gets the lines of whom it does not name.
    """
    made = []
    for name, content in contents.items():
        target = folder / name
        kept = target.read_text().splitlines() if target.exists() else []
        named = {_first_word(line) for line in kept}
        missing = [line for line in content.splitlines(keepends=True) if _first_word(line) not in named]
        if kept and (not missing or ":" not in content):
            continue
        lines = [f"{line}\n" for line in kept]
        _write(target, "".join([*lines, *(line.format(secrets.token_urlsafe(_BYTES)) for line in missing)]))
        made.append(name)
    return made


def _first_word(line: str) -> str:
    return line.replace(":", " ").partition(" ")[0]


def derive(folder: Path, acl: str) -> None:
    """Write what servers are told of the users. ``acl`` is the text of deploy/redis/users.acl."""

    def of(name: str) -> str:
        return (folder / name).read_text()

    kafka = "".join(f"{user} {of(f'{user}/kafka_password')}\n" for user in KAFKA_USERS)
    redis = {user: of(f"{user}/redis_password") for user in (*REDIS_USERS, "exporter")}
    redis |= {user: of(f"redis/{user}_password") for user in ("health", "replica", "sentinel")}
    hashes = {user: hashlib.sha256(password.encode()).hexdigest() for user, password in redis.items()}
    schemes = ("redis", "rediss")
    _write(folder / "topics/users", kafka)
    _write(
        folder / "kafka/scram",
        _scram("broker", of("kafka/broker_password")) + _scram("admin", of("topics/kafka_password")),
    )
    _write(folder / "redis/users.acl", Template(acl).substitute(hashes))
    # docker-compose.cluster.yml: as whom a replica asks its master, and a sentinel all servers.
    _write(folder / "redis/replication.conf", f"masteruser replica\nmasterauth {redis['replica']}\n")
    sentinel = f"sentinel auth-user wirewatch sentinel\nsentinel auth-pass wirewatch {redis['sentinel']}\n"
    _write(folder / "redis/sentinel.conf", sentinel)
    _write(
        folder / "exporter/passwords.json",
        json.dumps({f"{scheme}://exporter@redis:6379": redis["exporter"] for scheme in schemes}),
    )


def _scram(user: str, password: str) -> str:
    """A line for ``kafka-storage format --add-scram``: the salted hash, so that no password is an argument."""
    salt = secrets.token_bytes(24)
    salted = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    values = f'salt="{b64encode(salt).decode()}",saltedpassword="{b64encode(salted).decode()}"'
    return f"SCRAM-SHA-512=[name={user},iterations={_ITERATIONS},{values}]\n"


def _write(target: Path, content: str) -> None:
    """A file appears under its name only once it is whole, so a start that was cut off leaves nothing half-made."""
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o440)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(target)


def main(arguments: Sequence[str], read_acl: Callable[[], str] = _USERS_ACL.read_text) -> int:
    """``make_secrets.py FOLDER``. Says which it made, never what they are."""
    if len(arguments) != 1:
        print("usage: make_secrets.py FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    try:
        made = make(folder)
        derive(folder, read_acl())
    except OSError as error:
        print(f"make_secrets: cannot write to {folder}: {error.strerror}.", file=sys.stderr)
        return 2
    print(f"make_secrets: made {', '.join(made)}" if made else "make_secrets: all are there already")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Several Redis servers as processes: a master with its replica and three sentinels, or a cluster of three."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from services.local import store
from services.local.process import Child, Program

SLOTS = 16_384
SERVICE = "wirewatch"
PATIENCE_S = 180.0
_DURABLE = {
    "appendonly": "yes",
    "appendfsync": "always",
    "bind": "127.0.0.1",
    "repl-diskless-sync-delay": "0",
}
_SENTINEL = """\
port {port}
bind 127.0.0.1
dir "{directory}"
protected-mode no
sentinel monitor {service} 127.0.0.1 {master} 2
sentinel down-after-milliseconds {service} 2000
sentinel failover-timeout {service} 10000
sentinel parallel-syncs {service} 1
"""


def free_port() -> int:
    """A port that is free, and so is the one 10,000 above it, where nodes of a cluster talk to each other."""
    while True:
        with ExitStack() as held:
            first = held.enter_context(socket.socket())
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                held.enter_context(socket.socket()).bind(("127.0.0.1", port + 10_000))
            except (OSError, OverflowError):
                continue
            return port


def until(holds: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
    """Wait until ``holds``; a server that does not answer yet counts as no."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(RedisError, OSError):
            if holds():
                return
        time.sleep(0.05)
    raise AssertionError(f"never: {what}")


class Node:
    """One server process, which can be killed and started again with what it has on its disk."""

    def __init__(self, name: str, home: Path, *command: str, port: int) -> None:
        self.name = name
        self.port = port
        self.login: dict[str, str] = {}
        self._home = home
        self._command = (str(store.prepare(home.parent / "binary", logs=home).program.command[0]), *command)
        self._child: Child | None = None

    def start(self) -> None:
        """Start it; it may not answer yet."""
        self._home.mkdir(parents=True, exist_ok=True)
        log = self._home.parent / f"{self.name}.log"
        self._child = Child(Program(name=self.name, command=self._command, environment={"LANG": "C.UTF-8"}, log=log))

    def kill(self) -> None:
        """SIGKILL."""
        assert self._child is not None
        os.kill(self._child.pid, signal.SIGKILL)
        self._child.stop(grace_seconds=5)

    def signal(self, signum: signal.Signals) -> None:
        """Any other signal."""
        assert self._child is not None
        self._child.signal(signum)

    def stop(self) -> None:
        """SIGTERM, then SIGKILL."""
        if self._child is not None:
            self._child.stop(grace_seconds=5)

    def ask(self, *command: Any) -> Any:
        """The bare reply to one command. Raises RedisError where the node does not answer."""
        options: dict[str, Any] = {"socket_timeout": 5, "protocol": 2, "retry": Retry(NoBackoff(), 0), **self.login}
        with redis.Redis(port=self.port, **options) as client:
            client.response_callbacks.clear()
            return client.execute_command(*command)

    def role(self) -> str:
        """``master`` or ``slave``. Raises RedisError where it does not answer."""
        return str(self.ask("ROLE")[0].decode())

    def answers(self) -> bool:
        """Whether it does. Raises RedisError where it does not."""
        return bool(self.ask("PING") == b"PONG")

    def replicas(self) -> int:
        """How many replicas follow it. Raises RedisError where it does not answer."""
        role = self.ask("ROLE")
        return len(role[2]) if role[0] == b"master" else 0


class Watched:
    """A master, a replica, and three sentinels that make the replica the master when they miss the master.

    ``users`` is a folder as make_secrets.py writes it: then nobody gets in without a name, be it replica or sentinel.
    """

    def __init__(self, home: Path, users: Path | None = None) -> None:
        ports = [free_port() for _ in range(5)]
        more = (
            {} if users is None else {"aclfile": str(users / "users.acl"), "include": str(users / "replication.conf")}
        )
        follow = {"replicaof": f"127.0.0.1 {ports[0]}"}
        self.servers = [_server(home, "redis0", ports[0], **more), _server(home, "redis1", ports[1], **more, **follow)]
        login = "" if users is None else (users / "sentinel.conf").read_text()
        self.sentinels = [
            _sentinel(home, f"sentinel{number}", ports[number], master=ports[0], more=login) for number in (2, 3, 4)
        ]
        if users is not None:
            for server in self.servers:
                server.login = {"username": "sentinel", "password": (users / "sentinel_password").read_text()}
        self.address = f"redis+sentinel://{','.join(f'127.0.0.1:{port}' for port in ports[2:])}/0?service={SERVICE}"

    def start(self) -> None:
        """Everything, until the sentinels know each other and the replica follows."""
        self.start_servers()
        for sentinel in self.sentinels:
            sentinel.start()
        until(self._agreed, "the sentinels know all others and the replica")

    def start_servers(self) -> None:
        """Master and replica, without sentinels, until the replica follows."""
        one, two = self.servers
        one.start()
        two.start()
        until(lambda: one.answers() and two.answers(), "both servers answer")
        until(lambda: one.replicas() == 1, "the replica follows")

    def _agreed(self) -> bool:
        for sentinel in self.sentinels:
            flat = sentinel.ask("SENTINEL", "MASTER", SERVICE)
            fields = dict(zip(flat[::2], flat[1::2], strict=True))
            if (fields[b"num-slaves"], fields[b"num-other-sentinels"]) != (b"1", b"2"):
                return False
        return True

    def master(self) -> Node:
        """Who the first sentinel that answers says it is."""
        for sentinel in self.sentinels:
            with suppress(RedisError, OSError):
                _, port = sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
                return next(server for server in self.servers if server.port == int(port))
        raise AssertionError("no sentinel answers")

    def stop(self) -> None:
        for node in (*self.sentinels, *self.servers):
            node.stop()


@contextmanager
def watched(home: Path, users: Path | None = None) -> Iterator[Watched]:
    """A running :class:`Watched`."""
    made = Watched(home, users)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@contextmanager
def clustered(home: Path) -> Iterator[str]:
    """The ``redis+cluster://`` address of three servers that share the slots."""
    ports = [free_port() for _ in range(3)]
    nodes = [
        _server(home, f"node{port}", port, **{"cluster-enabled": "yes", "cluster-node-timeout": "2000"})
        for port in ports
    ]
    try:
        for node in nodes:
            node.start()
        for number, node in enumerate(nodes):
            until(node.answers, "a node answers")
            node.ask("CLUSTER", "ADDSLOTSRANGE", SLOTS * number // 3, SLOTS * (number + 1) // 3 - 1)
            node.ask("CLUSTER", "MEET", "127.0.0.1", ports[0])
        until(lambda: all(b"cluster_state:ok" in node.ask("CLUSTER", "INFO") for node in nodes), "the cluster stands")
        until(lambda: all(b"cluster_known_nodes:3" in node.ask("CLUSTER", "INFO") for node in nodes), "all are known")
        yield "redis+cluster://" + ",".join(f"127.0.0.1:{port}" for port in ports)
    finally:
        for node in nodes:
            node.stop()


def _server(home: Path, name: str, port: int, **options: str) -> Node:
    folder = home / name
    folder.mkdir(parents=True)
    given = {"port": str(port), "dir": f'"{folder}"', **_DURABLE, **options}
    file = folder / "redis.conf"  # a file, so that a sentinel can note there whom the server follows
    file.write_text("".join(f"{key} {value}\n" for key, value in given.items()) + 'save ""\n')
    return Node(name, folder, str(file), port=port)


def _sentinel(home: Path, name: str, port: int, *, master: int, more: str) -> Node:
    folder = home / name
    folder.mkdir(parents=True)
    file = folder / "sentinel.conf"
    file.write_text(_SENTINEL.format(port=port, directory=folder, service=SERVICE, master=master) + more)
    return Node(name, folder, str(file), "--sentinel", port=port)

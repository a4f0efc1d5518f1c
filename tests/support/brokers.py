"""Three Apache Kafka brokers as processes, each broker and controller, as a cluster of three has them."""

from __future__ import annotations

import dataclasses
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.local import broker, jars, ports, probes
from services.local.process import Child, Server, configured
from services.runtime.kafka.connection import KafkaAccess

_PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=data
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
default.replication.factor=3
min.insync.replicas=2
offsets.topic.num.partitions=4
offsets.topic.replication.factor=3
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
auto.create.topics.enable=false
log.cleaner.dedupe.buffer.size=16777216
"""


class Broker:
    """One of the three, which can be killed and started again."""

    def __init__(self, name: str, server: Server) -> None:
        self.name = name
        self._server = server
        self._child: Child | None = None

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        """Start it; it may not answer yet."""
        self._child = Child(self._server.program)

    def answers(self) -> bool:
        """Whether it counts itself among the live brokers."""
        return self._server.probe() is None

    def kill(self) -> None:
        """SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        """SIGTERM, then SIGKILL."""
        if self._child is not None:
            self._child.stop(grace_seconds=10)


class Brokers:
    """All three. ``address`` names them all."""

    def __init__(self, home: Path) -> None:
        taken: list[int] = []
        for _ in range(6):
            taken.append(ports.free(taken))
        voters = ",".join(f"{n + 1}@127.0.0.1:{taken[3 + n]}" for n in range(3))
        cluster = broker.new_cluster_id()
        classpath = jars.classpath(lambda _what, _done, _total: None)
        self.address = ",".join(f"127.0.0.1:{port}" for port in taken[:3])
        self.all = [
            Broker(
                f"broker{n + 1}",
                _server(home / f"broker{n + 1}", n + 1, taken[n], taken[3 + n], voters, cluster, classpath),
            )
            for n in range(3)
        ]

    def stop(self) -> None:
        for one in self.all:
            one.stop()


@contextmanager
def three(home: Path) -> Iterator[Brokers]:
    """Three brokers that have been started; they may not answer yet."""
    made = Brokers(home)
    try:
        for one in made.all:
            one.start()
        yield made
    finally:
        made.stop()


def _server(
    home: Path, node: int, port: int, controller: int, voters: str, cluster: str, classpath: list[Path]
) -> Server:
    home.mkdir(parents=True)
    configuration = home / "server.properties"
    configuration.write_text(_PROPERTIES.format(node=node, voters=voters, port=port, controller=controller))
    (home / "log4j2.properties").write_text(configured(broker.LOG4J_FILE, log=home / "kafka.log"))
    program = broker.java_program(f"broker{node}", broker.find_java(), classpath, home, home / "stdout.log")
    broker.format_storage(program, configuration, cluster)
    address = f"127.0.0.1:{port}"
    return Server(
        program=dataclasses.replace(program, command=(*program.command, "kafka.Kafka", str(configuration))),
        address=address,
        probe=probes.kafka(KafkaAccess(address)),
        alive=probes.kafka(KafkaAccess(address)),
    )

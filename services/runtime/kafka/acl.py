"""Who may do what on Kafka: the users of a guarded broker and their least rights, as ``schemas/topics.yaml`` implies.

Each service is a user of its own name, and may write what it produces and read what it consumes in its own group; what
a broker does not find here it refuses (``allow.everyone.if.no.acl.found=false``). Pure:
:mod:`services.runtime.kafka.scram` tells the broker.

| user | may |
|---|---|
| a service | what ``topics.yaml`` says of it, in the group ``wirewatch-<service>`` |
| ``poller`` | also look how far every service's group is on what it reads: not what is there |
| ``operator`` | read and write every topic, look at settings and groups: the commands of ``wirewatch`` |
| ``reader`` | read the public topics, in groups whose name begins with ``reader``: your programs |
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from services.runtime.kafka.topics import Topic

OPERATOR: Final = "operator"
READER: Final = "reader"
READER_GROUPS: Final = "reader"
_COPIED: Final = ("archive",)  # may run several times, each in a group of its own, so that each has it all
_COMMANDS: Final = "cli"  # how topics.yaml calls what a person runs

Resource = Literal["topic", "group"]
Operation = Literal["read", "write", "describe", "describe_configs"]


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """``user`` may do ``operation`` on the resource ``name``, or on all that begin with it where ``prefix`` is true.

    Reading and writing include describing, and writing includes being an idempotent producer (KIP-679).
    """

    user: str
    resource: Resource
    name: str
    operation: Operation
    prefix: bool = False


def users(topics: Iterable[Topic]) -> tuple[str, ...]:
    """Every user there is, in order."""
    return tuple(sorted({right.user for right in rights(topics)}))


def rights(topics: Iterable[Topic]) -> tuple[Right, ...]:
    """Every right there is, in order."""
    found = {Right("poller", "group", "wirewatch-", "describe", prefix=True), *_of_operators()}
    found.add(Right(READER, "group", READER_GROUPS, "read", prefix=True))
    for topic in topics:
        found.update(Right(user, "topic", topic.name, "write") for user in topic.producers if user != _COMMANDS)
        for user in topic.consumers:
            if user != _COMMANDS:
                found.add(Right("poller", "topic", topic.name, "describe"))
                found.add(Right(user, "topic", topic.name, "read"))
                found.add(Right(user, "group", f"wirewatch-{user}", "read"))
                if user in _COPIED:
                    found.add(Right(user, "group", f"wirewatch-{user}-", "read", prefix=True))
        found.update(Right(user, "topic", topic.name, "read") for user in topic.rebuilders)
        if topic.public:
            found.add(Right(READER, "topic", topic.name, "read"))
        for operation in ("read", "write", "describe_configs"):
            found.add(Right(OPERATOR, "topic", topic.name, operation))
    return tuple(sorted(found))


def _of_operators() -> tuple[Right, ...]:
    return (Right(OPERATOR, "group", "wirewatch-", "describe", prefix=True),)

"""Telling a guarded broker its users and their rights: SCRAM credentials and access control lists.

aiokafka's admin client has no calls for credentials, so this speaks through confluent-kafka's.
"""

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from services.runtime.errors import UsageError
from services.runtime.kafka.acl import Right
from services.runtime.kafka.connection import SASL_MECHANISM, KafkaAccess
from services.runtime.kafka.publisher import refusal

ITERATIONS: Final = 8192  # Kafka's own default is 4096, its least
_LOOKS, _LOOK_SECONDS = 400, 0.05
_ANSWER_SECONDS: Final = 30.0


async def apply(kafka: KafkaAccess, passwords: Mapping[str, str], rights: Iterable[Right]) -> None:
    """Set the password of each user of ``passwords`` and make their rights exactly ``rights``. Safe to repeat.

    The broker must be up and ``kafka.user`` one of its super users. Rights of users not named in ``passwords`` are
    left alone. Raises :class:`UsageError` where the broker refuses or does not answer.
    """
    wanted = {_binding(right) for right in rights if right.user in passwords}
    client = AdminClient(_configuration(kafka))
    there = await _bindings_of(client, passwords)
    if created := sorted(wanted - there):
        await _done(client.create_acls(created, request_timeout=_ANSWER_SECONDS))
    if stale := sorted(there - wanted):
        await _done(client.delete_acls([_exactly(one) for one in stale], request_timeout=_ANSWER_SECONDS))
    if passwords:
        await _done(client.alter_user_scram_credentials([_credential(*pair) for pair in passwords.items()]))
    # The broker learns all this from its controller a moment later.
    for _ in range(_LOOKS):
        if await _bindings_of(client, passwords) == wanted:
            break
        await asyncio.sleep(_LOOK_SECONDS)
    for user, password in passwords.items():
        await _until_known(replace(kafka, user=user, password=password))


def read_passwords(file: Path) -> dict[str, str]:
    """User to password, from lines of ``user password``. Raises :class:`UsageError` naming the file."""
    passwords: dict[str, str] = {}
    try:
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.strip():
                user, password = line.split()
                passwords[user] = password
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} does not hold lines of a user and a password: {error}.") from None
    return passwords


def _configuration(kafka: KafkaAccess) -> dict[str, Any]:
    """The access in librdkafka's words."""
    transport = "PLAINTEXT" if kafka.ca_file is None else "SSL"
    configuration: dict[str, Any] = {
        "bootstrap.servers": ",".join(kafka.addresses()),
        "client.id": "wirewatch-users",
        "security.protocol": transport if kafka.user is None else f"SASL_{transport}",
        "log_level": 2,  # librdkafka writes to standard error by itself; what fails is raised
    }
    if kafka.ca_file is not None:
        configuration["ssl.ca.location"] = str(kafka.ca_file)
    if kafka.user is not None:
        configuration |= {
            "sasl.mechanism": SASL_MECHANISM,
            "sasl.username": kafka.user,
            "sasl.password": kafka.password,
        }
    return configuration


async def _done(futures: Mapping[Any, Future[Any]]) -> None:
    for future in futures.values():
        await _answer(future)


async def _answer(future: Future[Any]) -> Any:
    try:
        return await asyncio.wait_for(asyncio.wrap_future(future), _ANSWER_SECONDS + 5)
    except KafkaException as error:
        raise UsageError(f"The broker does not set its users or rights: {error.args[0].str()}.") from None


async def _bindings_of(client: AdminClient, users: Iterable[str]) -> set[AclBinding]:
    everything = AclBindingFilter(
        ResourceType.ANY,
        None,
        ResourcePatternType.ANY,
        None,
        None,
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
    principals = {f"User:{user}" for user in users}
    found = await _answer(client.describe_acls(everything, request_timeout=_ANSWER_SECONDS))
    return {binding for binding in found if binding.principal in principals}


async def _until_known(kafka: KafkaAccess) -> None:
    for _ in range(_LOOKS):
        if await refusal(kafka) is None:
            return
        await asyncio.sleep(_LOOK_SECONDS)
    raise UsageError(f"The broker does not know its user {kafka.user!r} yet: try again.")


def _binding(right: Right) -> AclBinding:
    return AclBinding(
        ResourceType[right.resource.upper()],
        right.name,
        ResourcePatternType.PREFIXED if right.prefix else ResourcePatternType.LITERAL,
        f"User:{right.user}",
        "*",
        AclOperation[right.operation.upper()],
        AclPermissionType.ALLOW,
    )


def _exactly(one: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        one.restype,
        one.name,
        one.resource_pattern_type,
        one.principal,
        one.host,
        one.operation,
        one.permission_type,
    )


def _credential(user: str, password: str) -> UserScramCredentialUpsertion:
    """The broker is sent a salted hash, never the password."""
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
    return UserScramCredentialUpsertion(user, info, password.encode())

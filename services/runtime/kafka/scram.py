"""Telling a guarded broker its users and their rights: SCRAM credentials and access control lists.

aiokafka has no calls for either, so the requests are built here on its protocol classes, after
https://kafka.apache.org/protocol (AlterUserScramCredentials, CreateAcls, DescribeAcls, DeleteAcls).
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import (
    CreateAclsRequest_v1,
    DeleteAclsRequest_v1,
    DescribeAclsRequest,
)
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import CompactArray, CompactBytes, CompactString, Int8, Int16, Int32, Schema, TaggedFields

from services.runtime.errors import UsageError
from services.runtime.kafka.acl import Right
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import refusal

ITERATIONS: Final = 8192  # Kafka's own default is 4096, its least
_LOOKS, _LOOK_SECONDS = 400, 0.05
_SHA_512: Final = 2
_ANY, _MATCH_ANY, _ALLOW = 1, 2, 3  # of resources and operations; of patterns; of permissions
_LITERAL, _PREFIXED = 3, 4
_RESOURCES: Final = {"topic": 2, "group": 3}
_OPERATIONS: Final = {"read": 3, "write": 4, "describe": 8, "describe_configs": 10}

_Row = tuple[int, str, int, str, str, int, int]  # resource, name, pattern, principal, host, operation, permission


async def apply(kafka: KafkaAccess, passwords: Mapping[str, str], rights: Iterable[Right]) -> None:
    """Set the password of each user of ``passwords`` and make their rights exactly ``rights``. Safe to repeat.

    The broker must be up and ``kafka.user`` one of its super users. Rights of users not named in ``passwords`` are
    left alone. Raises :class:`UsageError` where the broker refuses, :class:`KafkaError` where it goes away.
    """
    wanted = {_row(right) for right in rights if right.user in passwords}
    principals = {f"User:{user}" for user in passwords}
    client: Any = AIOKafkaClient(**kafka.client(), client_id="wirewatch-users")
    try:
        await client.bootstrap()
        node = client.get_random_node()
        await client.ready(node)
        there = await _rows_of(client, node, principals)
        if created := sorted(wanted - there):
            _check(await client.send(node, _CreateAcls(created)))
        if stale := sorted(there - wanted):
            _check(await client.send(node, _DeleteAcls(stale)))
        if passwords:
            _check(await client.send(node, _SetPasswords(passwords)))
        # The broker learns all this from its controller a moment later.
        for _ in range(_LOOKS):
            if await _rows_of(client, node, principals) == wanted:
                break
            await asyncio.sleep(_LOOK_SECONDS)
    finally:
        await client.close()
    for user, password in passwords.items():
        await _until_known(replace(kafka, user=user, password=password))


async def _until_known(kafka: KafkaAccess) -> None:
    for _ in range(_LOOKS):
        if await refusal(kafka) is None:
            return
        await asyncio.sleep(_LOOK_SECONDS)
    raise UsageError(f"The broker does not know its user {kafka.user!r} yet: try again.")


def read_passwords(file: Path) -> dict[str, str]:
    """User to password, from lines of ``user password``. Raises :class:`UsageError` naming the file."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        pairs = [line.split() for line in lines if line.strip()]
        return {user: password for user, password in pairs}  # noqa: C416 - dict() would not notice a third word
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} does not hold lines of a user and a password: {error}.") from None


def _row(right: Right) -> _Row:
    pattern = _PREFIXED if right.prefix else _LITERAL
    resource, operation = _RESOURCES[right.resource], _OPERATIONS[right.operation]
    return resource, right.name, pattern, f"User:{right.user}", "*", operation, _ALLOW


async def _rows_of(client: Any, node: int, principals: set[str]) -> set[_Row]:
    response = await client.send(node, DescribeAclsRequest(_ANY, None, _ANY, None, None, _ANY, _ANY))
    if response.error_code:
        raise UsageError(f"The broker does not show its rights: {response.error_message or response.error_code}.")
    return {
        (resource, name, pattern, principal, host, operation, permission)
        for resource, name, pattern, acls in response.resources
        for principal, host, operation, permission in acls
        if principal in principals
    }


def _check(response: Any) -> None:
    """Raise :class:`UsageError` for the first part of an answer that is a refusal."""
    told = response.to_object()
    for part in told.get("results") or told.get("creation_responses") or told.get("filter_responses") or ():
        code, said = (part[1], part[2]) if isinstance(part, tuple) else (part["error_code"], part["error_message"])
        if code:
            raise UsageError(f"The broker does not set its users or rights: {said or for_code(code).__name__}.")


class _AlterScramResponse(Response):
    API_KEY = 51
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            CompactArray(
                ("user", CompactString("utf-8")),
                ("error_code", Int16),
                ("error_message", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _AlterScramRequest(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 51
    API_VERSION = 0
    RESPONSE_TYPE = _AlterScramResponse
    SCHEMA = Schema(
        ("deletions", CompactArray(("name", CompactString("utf-8")), ("mechanism", Int8), ("tags", TaggedFields))),
        (
            "upsertions",
            CompactArray(
                ("name", CompactString("utf-8")),
                ("mechanism", Int8),
                ("iterations", Int32),
                ("salt", CompactBytes),
                ("salted_password", CompactBytes),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _SetPasswords(Request[_AlterScramRequest]):
    """The broker is sent a salted hash, never the password."""

    API_KEY = 51

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._passwords = passwords

    def build(self, request_struct_class: type[_AlterScramRequest]) -> _AlterScramRequest:
        rows: list[tuple[Any, ...]] = []
        for user, password in self._passwords.items():
            salt = secrets.token_bytes(24)
            hashed = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
            rows.append((user, _SHA_512, ITERATIONS, salt, hashed, {}))
        return request_struct_class([], rows, {})


class _CreateAcls(Request[CreateAclsRequest_v1]):
    API_KEY = 30

    def __init__(self, rows: Sequence[_Row]) -> None:
        self._rows = rows

    def build(self, request_struct_class: type[CreateAclsRequest_v1]) -> CreateAclsRequest_v1:
        return request_struct_class(list(self._rows))


class _DeleteAcls(Request[DeleteAclsRequest_v1]):
    API_KEY = 31

    def __init__(self, rows: Sequence[_Row]) -> None:
        self._rows = rows

    def build(self, request_struct_class: type[DeleteAclsRequest_v1]) -> DeleteAclsRequest_v1:
        return request_struct_class(list(self._rows))

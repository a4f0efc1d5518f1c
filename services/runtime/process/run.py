"""How a service runs as a process: settings, logs, the ops endpoint, signals, and a clean end.

Exit codes: see :mod:`services.runtime.errors`.
"""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import uvloop
from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics

from services.runtime.errors import EXIT_DEFECT, EXIT_OK, EXIT_USAGE, UsageError
from services.runtime.process import failpoints, logging, settings, telemetry
from services.runtime.process.clock import Clock, SystemClock
from services.runtime.process.metrics import ServerTimes, config_info
from services.runtime.process.ops import OpsServer
from services.runtime.process.outages import Waiting
from services.runtime.process.settings import CommonSettings

S = TypeVar("S", bound=CommonSettings)

log = logging.get(__name__)

COLLECTED_EVERY = 10_000  # objects that came and did not go; 700 where nothing is said


class Service(Protocol):
    """The work of a service."""

    async def start(self) -> None:
        """Begin. May wait for servers that are away."""

    async def stop(self) -> None:
        """Finish what is under way and close everything."""

    async def ended(self) -> None:
        """Return when the service has stopped by itself, which is a failure."""

    def ready(self) -> str | None:
        """What keeps the service from doing its work now, in words, or None."""

    def note(self) -> str | None:
        """What slows the service though it is ready, in words, or None."""

    def healthy(self) -> str | None:
        """Why the process should be started anew, in words, or None."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the composition root of a service is given."""

    service: str
    registry: CollectorRegistry
    clock: Clock
    waiting: Waiting


def run(service: str, kind: type[S], build: Callable[[S, Context], Service]) -> None:
    """Run a service until SIGTERM or SIGINT, then exit. ``build`` puts it together; nothing has started before."""
    try:
        chosen = settings.load(kind, service, os.environ)
        failpoints.arm(chosen.failpoint)
        logging.configure(service=service, log_format=chosen.log_format, log_level=chosen.log_level)
        telemetry.start(service, os.environ)
        code = uvloop.run(_serve(service, chosen, build))
    except UsageError as error:
        print(f"wirewatch {service}: {error}", file=sys.stderr)
        code = EXIT_USAGE
    except Exception:
        # The last edge: a defect ends the process with the code that says "start it again", and with its traceback.
        log.exception("ended_by_a_defect")
        code = EXIT_DEFECT
    telemetry.stop()
    sys.exit(code)


def settle() -> None:
    """Tell the garbage collector that what is there by now stays, and to look less often at what comes and goes.

    It cost the poller a tenth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_EVERY, 10, 10)


async def _serve(name: str, chosen: S, build: Callable[[S, Context], Service]) -> int:
    registry = _registry()
    config_info(registry, chosen)
    waiting = Waiting(times=ServerTimes(registry).seconds)
    context = Context(service=name, registry=registry, clock=SystemClock(), waiting=waiting)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    service = build(chosen, context)
    started = False

    def ready() -> str | None:
        waits = context.waiting.in_words()
        if not started:
            return f"starting, {waits}" if waits else "starting"
        return waits or service.ready()

    ops = OpsServer(
        host=chosen.ops_host,
        port=chosen.ops_port,
        registry=context.registry,
        healthy=service.healthy,
        ready=ready,
        note=service.note,
    )
    port = await ops.start()
    log.info("starting", ops_port=port)
    stopping = asyncio.ensure_future(stop.wait())
    starting = asyncio.ensure_future(service.start())
    try:
        await asyncio.wait({stopping, starting}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            return EXIT_OK
        starting.result()
        started = True
        settle()
        log.info("ready")
        ended = asyncio.ensure_future(service.ended())
        await asyncio.wait({stopping, ended}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            if isinstance(error := ended.exception(), UsageError):
                raise error
            log.error("stopped_by_itself", error=repr(error))
            return EXIT_DEFECT
        ended.cancel()
        log.info("stopping")
        return EXIT_OK
    finally:
        stopping.cancel()
        await service.stop()
        await ops.stop()
        log.info("stopped")


def _registry() -> CollectorRegistry:
    """A registry that already has memory, processor time and open files of this process (on Linux; else nothing).

    The time each series was created is left out: nobody asks for it, and it would be a series more for each.
    """
    leave_out: Callable[[], None] = disable_created_metrics  # it has no annotations
    leave_out()
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry

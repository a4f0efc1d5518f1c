"""Whether a server answers, as a client would find it."""

import asyncio
import socket
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from services.local.process import Probe
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.kafka.publisher import refusal

_TIMEOUT_SECONDS = 2.0


def kafka(access: KafkaAccess) -> Probe:
    """A probe of a broker: it names the live ones."""

    def probe() -> str | None:
        try:
            access.addresses()
        except UsageError:
            return f"no answer at {access}: that is not host:port"
        problem = _in_a_thread(_broker_problem(access))
        return None if problem is None else f"no answer at {access}: {problem.rstrip('.')}"

    return probe


async def _broker_problem(access: KafkaAccess) -> str | None:
    client = AIOKafkaClient(**access.client(), request_timeout_ms=int(_TIMEOUT_SECONDS * 1000))
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            await client.bootstrap()
        return None if client.cluster.brokers() else "it is not ready yet"
    except (KafkaError, OSError, TimeoutError):
        refused = await refusal(access, timeout_seconds=_TIMEOUT_SECONDS)
        return str(refused) if refused else "nobody listens there, or it is not ready"
    finally:
        await client.close()


def embedded_store(port: int) -> Probe:
    """A probe of the embedded server: it answers PING and has loaded its data. Without redis-py, which takes 8 MB."""

    def probe() -> str | None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_SECONDS) as connection:
                connection.sendall(b"PING\r\n")
                answer = connection.recv(256).decode(errors="replace").strip()
        except OSError as error:
            return f"no answer at port {port}: {error}"
        return None if answer == "+PONG" else f"port {port} answers {answer!r}"

    return probe


def store(access: RedisAccess) -> Probe:
    """A probe of any other Redis server: this user may send PING, and it has loaded its data."""
    return lambda: _in_a_thread(_store_problem(access))


async def _store_problem(access: RedisAccess) -> str | None:
    from services.runtime.redis.connection import FAILURES, connect

    try:
        client = connect(access)
    except UsageError:
        return f"no answer at {access}: that is not redis://host:port/0"
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            await client.ping()
    except TimeoutError:
        return f"no answer at {access}: not within {_TIMEOUT_SECONDS:g} s"
    except FAILURES as error:
        return f"no answer at {access}: {str(error).rstrip('.')}"
    finally:
        await client.aclose()
    return None


def _in_a_thread(asked: Coroutine[Any, Any, str | None]) -> str | None:
    """Asked in a thread of its own: the caller may run an event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asked).result()


def http(url: str) -> Probe:
    """A probe of an operations endpoint: it answers 200; what it answers else is the problem in words."""
    return lambda: answer(url)[0]


def answer(url: str) -> tuple[str | None, str]:
    """The problem with a small page of one of our own processes, None where it answers 200, and its text."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", parts.path or "/")
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
    except (OSError, HTTPException) as error:
        return f"no answer at {url}: {error}", ""
    finally:
        connection.close()
    return None if response.status == 200 else text.strip() or f"{url} answered {response.status}", text

"""Hears the alarms of this stack: writes one JSON line for each, keeps what fires, and notices when nothing is heard.

Alertmanager posts to ``/alarms``, and the watchdog, which always fires, to ``/watchdog`` every minute. ``/readyz``
answers 503 once that has been silent for three minutes: then Prometheus, Alertmanager or the way between them is
broken, and ``docker compose ps`` shows this service as unhealthy. ``/`` lists what fires now. Standard library only.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

SILENT_SECONDS: Final = 180.0
MAX_BODY_BYTES: Final = 4_000_000
MAX_ALARMS: Final = 1000
_KEPT = ("summary", "description", "runbook_url")


class Alarms:
    """What fires, by the fingerprint that Alertmanager gives it, and when the watchdog was last heard (monotonic)."""

    def __init__(self, say: Callable[[dict[str, Any]], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._lock = threading.Lock()
        self._firing: dict[str, dict[str, Any]] = {}
        self._heard = clock()  # silence counts from the start

    def take(self, notification: object) -> int:
        """Take in one notification of Alertmanager's webhook; how many alarms it was about."""
        alerts = notification.get("alerts") if isinstance(notification, dict) else None
        taken = [alert for alert in alerts if isinstance(alert, dict)] if isinstance(alerts, list) else []
        for alert in taken:
            self._take(alert)
        return len(taken)

    def bark(self) -> None:
        """The watchdog was heard."""
        with self._lock:
            self._heard = self._clock()

    def firing(self) -> list[dict[str, Any]]:
        """What fires now."""
        with self._lock:
            return list(self._firing.values())

    def problem(self) -> str | None:
        """Why alarms cannot be relied on, or None."""
        with self._lock:
            silent = self._clock() - self._heard
        if silent <= SILENT_SECONDS:
            return None
        return f"the watchdog has been silent for {silent:.0f} s: look at prometheus and alertmanager"

    def _take(self, alert: dict[str, Any]) -> None:
        labels, annotations = _texts(alert.get("labels")), _texts(alert.get("annotations"))
        known = str(alert.get("fingerprint") or json.dumps(labels, sort_keys=True))
        fires = alert.get("status") == "firing"
        told = {
            "event": "alarm" if fires else "alarm_over",
            "since": str(alert.get("startsAt") or ""),
            **{name: text for name, text in annotations.items() if name in _KEPT},
            "labels": labels,
        }
        with self._lock:
            news = fires != (known in self._firing)
            if fires and (known in self._firing or len(self._firing) < MAX_ALARMS):
                self._firing[known] = told
            elif not fires:
                self._firing.pop(known, None)
        if news:
            self._say(told)


def answer_to_get(alarms: Alarms, path: str) -> tuple[int, str]:
    """Status and text for a GET."""
    if path == "/":
        return 200, json.dumps(alarms.firing(), indent=1)
    if path not in ("/readyz", "/healthz"):
        return 404, "nothing here"
    problem = alarms.problem()
    return (503, problem) if problem else (200, "ok")


def answer_to_post(alarms: Alarms, path: str, body: bytes) -> tuple[int, str]:
    """Status and text for a POST of Alertmanager."""
    if path == "/watchdog":
        alarms.bark()
        return 200, "ok"
    if path != "/alarms":
        return 404, "post to /alarms or /watchdog"
    try:
        return 200, f"{alarms.take(json.loads(body))} taken"
    except (ValueError, RecursionError):
        return 400, "that is not JSON"


def handler_of(alarms: Alarms) -> type[BaseHTTPRequestHandler]:
    """The request handler on ``alarms``."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > MAX_BODY_BYTES:
                self._answer(413, "give Content-Length, up to 4 MB")
            else:
                self._answer(*answer_to_post(alarms, self.path, self.rfile.read(int(length))))

        def do_GET(self) -> None:
            self._answer(*answer_to_get(alarms, self.path))

        def _answer(self, code: int, text: str) -> None:
            body = (text + "\n").encode()
            self.send_response(code)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: the log is for alarms."""

    return Handler


def _texts(mapping: object) -> dict[str, str]:
    return {str(name): str(text) for name, text in mapping.items()} if isinstance(mapping, dict) else {}


def _say(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Listen until the process is ended."""
    host = os.environ.get("WIREWATCH_OPS_HOST", "127.0.0.1")
    port = int(os.environ.get("WIREWATCH_OPS_PORT", "0"))
    with ThreadingHTTPServer((host, port), handler_of(Alarms(_say))) as server:
        _say({"event": "listening", "port": server.server_address[1]})
        server.serve_forever()


if __name__ == "__main__":
    main()

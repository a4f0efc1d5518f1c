"""Ports for the embedded servers: free ones, remembered, so that a restart keeps the addresses others know."""

import json
import random
import socket
from collections.abc import Sequence
from pathlib import Path

# Below the ports from which systems serve outgoing connections (Linux 32768 and up, macOS and Windows 49152 and up):
# a client that keeps knocking at a closed port inside that range can be given this very port for its own end, connect
# to itself, and keep the restarted server from listening.
_FIRST, _LAST = 20_000, 32_000


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on ``port`` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free(taken: Sequence[int] = ()) -> int:
    """A port nobody listens on, and none of ``taken``."""
    for port in random.sample(range(_FIRST, _LAST), _LAST - _FIRST):
        if port not in taken and is_free(port):
            return port
    raise OSError(f"every port from {_FIRST} to {_LAST} is taken")


def remembered(file: Path, names: Sequence[str]) -> dict[str, int]:
    """A port for each name: the one written in ``file`` where it is still free, else a new one, written there."""
    known = _read(file)
    ports: dict[str, int] = {}
    for name in names:
        port = known.get(name)
        ports[name] = port if port and is_free(port) else free(list(ports.values()))
    if ports != known:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(ports) + "\n", encoding="utf-8")
    return ports


def _read(file: Path) -> dict[str, int]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}

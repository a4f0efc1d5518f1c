"""Ports: free, remembered, and never one that the system gives to outgoing connections."""

from __future__ import annotations

import socket
from pathlib import Path

from services.local import ports


def test_a_port_is_remembered(tmp_path: Path) -> None:
    file = tmp_path / "below" / "ports.json"
    first = ports.remembered(file, ("broker", "controller"))
    assert first["broker"] != first["controller"]
    assert ports.remembered(file, ("broker", "controller")) == first


def test_a_remembered_port_that_is_taken_gives_way(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = ports.remembered(file, ("store",))
    with socket.create_server(("127.0.0.1", first["store"])):
        second = ports.remembered(file, ("store",))
    assert second != first
    assert ports.remembered(file, ("store",)) == second


def test_a_broken_file_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    for broken in ("{", "[]", '{"store": null}'):
        file.write_text(broken)
        assert 20_000 <= ports.remembered(file, ("store",))["store"] < 32_000


def test_a_taken_port_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert not ports.is_free(taken.getsockname()[1])

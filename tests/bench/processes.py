"""What processes have used, from /proc (Linux): processor time and memory of each, its children included."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def cpu_seconds(pids: Mapping[str, int]) -> dict[str, float]:
    """Processor seconds so far, by name. A process that has ended counts 0."""
    return {name: sum(_cpu(one) for one in _tree(pid)) for name, pid in pids.items()}


def resident_megabytes(pids: Mapping[str, int]) -> dict[str, int]:
    """Resident memory now, by name, in 10^6 bytes."""
    return {name: round(sum(_resident(one) for one in _tree(pid)) / 1e6) for name, pid in pids.items()}


def proportional_megabytes(pids: Mapping[str, int]) -> dict[str, int]:
    """Memory now, by name, in 10^6 bytes; what processes share is divided among them, so that the sum is true."""
    return {name: round(sum(_proportional(one) for one in _tree(pid)) / 1e6) for name, pid in pids.items()}


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for listed in _PROC.glob(f"{pid}/task/*/children"):
        for child in _read(listed).split():
            yield from _tree(int(child))


def _cpu(pid: int) -> float:
    fields = _read(_PROC / str(pid) / "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def _resident(pid: int) -> int:
    return _kilobytes(_PROC / str(pid) / "status", "VmRSS:")


def _proportional(pid: int) -> int:
    return _kilobytes(_PROC / str(pid) / "smaps_rollup", "Pss:")


def _kilobytes(file: Path, name: str) -> int:
    """The line ``name`` of a file of /proc, in bytes."""
    return next((int(line.split()[1]) * 1024 for line in _read(file).splitlines() if line.startswith(name)), 0)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""

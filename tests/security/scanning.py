"""Checks that run a tool or knock at ports: compose-lint, pip-audit, CycloneDX, a scan of what is reachable."""

from __future__ import annotations

import importlib.util
import json
import re
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.security.shipped import ROOT, services
from tests.security.verdict import Verdict, judged

AUDIT = ROOT / ".venv-audit" / "bin"  # `make security` fills it from deploy/audit/requirements.lock
BILL = ROOT / "sbom.cdx.json"
# Inside only: Kafka's services and controller, Redis, the services' metrics, the exporter.
INSIDE = (6379, 9092, 9093, 9100, 9121)
_WAIT_SECONDS = 0.3
_TOOL_SECONDS = 120
_NO_DIGEST = "CL-0019"  # see S16


def compose_lint() -> Verdict:
    """S01."""
    tool = AUDIT / "compose-lint"
    if not tool.exists():
        return Verdict("not run", "compose-lint is not installed: `make security` installs it")
    files = ["docker-compose.yml"]  # an override by itself lacks what it overrides
    made = _run(str(tool), "check", "--format", "json", *files)
    try:
        found = _findings(json.loads(made.stdout))
    except ValueError:
        return Verdict("fail", f"compose-lint: {(made.stderr or made.stdout).strip()[-200:]}")
    problems = [f"{each['rule']} {each['service']}" for each in found if each["rule"] != _NO_DIGEST]
    return judged(problems, f"nothing in {', '.join(files)} but {len(found)} x {_NO_DIGEST} (no digest, see S16)")


def _findings(report: Any) -> list[dict[str, str]]:
    """Rule and service of each finding, wherever the report nests them."""
    found: list[dict[str, str]] = []
    if isinstance(report, dict):
        rule = report.get("rule_id") or report.get("rule")
        if isinstance(rule, str) and re.fullmatch(r"CL-\d+", rule):
            found.append({"rule": rule, "service": str(report.get("service", ""))})
        for part in report.values():
            found += _findings(part)
    elif isinstance(report, list):
        for part in report:
            found += _findings(part)
    return found


def bill() -> Verdict:
    """S18. The bill of materials is made; a release that could carry provenance is not here."""
    if not BILL.exists():
        return Verdict("not run", "no bill of materials: `make sbom` makes it")
    parts = json.loads(BILL.read_text(encoding="utf-8")).get("components", [])
    return Verdict(
        "open", f"CycloneDX with {len(parts)} parts; provenance is for a release, of which there is none yet"
    )


def audit() -> Verdict:
    """S19."""
    tool = AUDIT / "pip-audit"
    if not tool.exists():
        return Verdict("not run", "pip-audit is not installed: `make security` installs it")
    lock = "deploy/docker/requirements.lock"
    made = _run(
        str(tool), "-r", lock, "--disable-pip", "--no-deps", "-s", "osv", "-f", "json", "--progress-spinner", "off"
    )
    try:
        report = json.loads(made.stdout)
    except ValueError:
        return Verdict("not run", "pip-audit reaches no database of vulnerabilities from here")
    vulnerable = [
        f"{d['name']} {d.get('version')}: {v['id']}" for d in report["dependencies"] for v in d.get("vulns", ())
    ]
    return judged(vulnerable, f"{len(report['dependencies'])} packages, none with a known vulnerability")


@cache
def _published() -> dict[int, str]:
    ports = {}
    for name, definition in services().items():
        for port in definition.get("ports", ()):
            found = re.search(r":(?:\$\{\w+:-)?(\d+)\}?:\d+$", str(port))
            if found:
                ports[int(found[1])] = name
    return ports


def beyond_loopback() -> list[str]:
    """What of the stack answers where it must not: beyond loopback at all, or on loopback though it is inside only."""
    problems = [
        f"{host}:{port} answers"
        for host in _own_addresses()
        for port in (*_published(), *INSIDE)
        if _answers(host, port)
    ]
    if any(_answers("127.0.0.1", port) for port in _published()):
        problems += [f"127.0.0.1:{port} answers" for port in INSIDE if _answers("127.0.0.1", port)]
    return problems


def scanned() -> str:
    """What the scan saw."""
    answering = [name for port, name in _published().items() if _answers("127.0.0.1", port)]
    where = ", ".join(_own_addresses()) or "no other address"
    return f"scanned 127.0.0.1 ({', '.join(answering) or 'nothing runs'}) and {where}"


@cache
def _own_addresses() -> tuple[str, ...]:
    """Addresses of this machine that others can reach."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    except OSError:
        return ()
    return tuple(sorted(address for address in found if not address.startswith("127.") and address != "::1"))


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_WAIT_SECONDS):
            return True
    except OSError:
        return False


def make_secrets() -> ModuleType:
    """The script that Compose runs first, as a module."""
    spec = importlib.util.spec_from_file_location("make_secrets", ROOT / "deploy/docker/make_secrets.py")
    if spec is None or spec.loader is None:
        raise AssertionError("deploy/docker/make_secrets.py cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    # S603: the command is one of ours.
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=_TOOL_SECONDS)


def module(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A module of this interpreter."""
    return _run(sys.executable, "-m", *arguments)


def here(path: str) -> Path:
    """A path of the repository."""
    return ROOT / path

"""What the documents name exists, and what a user can set is in the documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.alerter.settings import AlerterSettings
from services.api.settings import ApiSettings
from services.archive.settings import ArchiveSettings
from services.deduper.settings import DeduperSettings
from services.local.settings import LocalSettings
from services.notifier.settings import NotifierSettings
from services.poller.settings import PollerSettings
from services.runtime.process.settings import CommonSettings, load, variables
from services.samples.settings import SamplesSettings
from services.tagger.settings import TaggerSettings
from tests.unit.deploy.compose import ROOT, SERVICES, services

KINDS: dict[str, type[CommonSettings]] = {
    "poller": PollerSettings,
    "deduper": DeduperSettings,
    "tagger": TaggerSettings,
    "alerter": AlerterSettings,
    "notifier": NotifierSettings,
    "archive": ArchiveSettings,
    "api": ApiSettings,
    "samples": SamplesSettings,
    "local": LocalSettings,
}
SETTINGS = {variable for service, kind in KINDS.items() for variable in variables(kind, service)}
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / ".env.example", ROOT / "docker-compose.yml"])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_settings_that_are_named_exist(document: Path) -> None:
    named = set(re.findall(r"WIREWATCH_[A-Z]+(?:_[A-Z]+)*(?![A-Z_])", document.read_text()))
    assert named - SETTINGS <= {"WIREWATCH_SERVICE", "WIREWATCH_POLLER", "WIREWATCH"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text()):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda path: path.name)
def test_modules_that_are_named_exist(document: Path) -> None:
    """A page may name a module without the folders before it, once it has named its service."""
    there = [
        f"/{path.relative_to(ROOT)}"
        for folder in ("services", "tests", "deploy")
        for path in (ROOT / folder).rglob("*.*")
    ]
    named = set(re.findall(r"`([\w/]+\.(?:py|lua|tsv))`", document.read_text()))
    assert {name for name in named if not any(path.endswith(f"/{name}") for path in there)} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_what_compose_gives_a_service_is_what_it_takes(service: str) -> None:
    environment = {
        variable: re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", value)
        for variable, value in services()[service]["environment"].items()
    }
    settings = load(KINDS[service], service, environment)
    assert settings.kafka == "kafka:9092"
    assert settings.ops_port == 9100
    assert settings.log_format == "json"


def test_the_example_of_an_environment_is_what_services_take() -> None:
    lines = [line.removeprefix("#") for line in (ROOT / ".env.example").read_text().splitlines()]
    given = dict(line.split("=", 1) for line in lines if re.match(r"WIREWATCH_\w+=", line))
    assert given
    for service, kind in KINDS.items():
        load(kind, service, given)

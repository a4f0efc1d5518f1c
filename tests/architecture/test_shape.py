"""Every service has the same files: a reader who knows one finds his way in all of them (docs/architecture.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.runtime.services import declared, names

SERVICES = Path(__file__).resolve().parents[2] / "services"
NEEDED = {"__init__.py", "__main__.py", "settings.py", "errors.py", "core", "edges"}
ALLOWED = NEEDED | {"status.py", "metrics.py", "ports.py", "handler.py", "service.py"}

# What a service has besides, and why it is neither core nor edge nor handler.
OWN = {
    "poller": {
        "scheduler.py": "which feed is asked when, over the ports",
        "ingest.py": "from an answer to items that are new",
        "publishing.py": "from items to articles on Kafka",
        "article_pages.py": "the text of an article's page, over the ports",
        "parsing": "the killable processes that read documents",
        "websub": "hubs, which the rest knows by one port",
        "rechecks": "pages behind alerts, looked at again over the ports",
    },
    "deduper": {
        "judge.py": "reads, judges and commits a batch over the ports",
        "rebuild.py": "makes the index again from Kafka",
        "vocabularies.py": "the words learnt, one vocabulary a language",
        "data": "the words that vocabularies begin with",
    },
    "tagger": {
        "library.py": "reads topic packs and their data from disk",
        "template.py": "the pack that `packs new` writes",
    },
    "alerter": {
        "analysts.py": "carries out what analysts merged and split",
        "snapshot.py": "what a decision reads, over the ports",
        "update.py": "decides and writes until nothing has changed underneath",
        "rebuild.py": "makes alerts again from Kafka",
        "severity_file.py": "reads the severity rules from disk",
    },
    "archive": {
        "catch_up.py": "reads what the file lacks from Kafka",
        "recent.py": "keeps the unique articles of the last days, a topic of its own",
    },
    "notifier": {"dispatcher.py": "delivers what is queued, over the ports"},
    "api": {"routes": "what is served over HTTP", "page": "the page itself"},
}


def found(service: str) -> set[str]:
    return {path.name for path in (SERVICES / service).iterdir() if path.name != "__pycache__"}


@pytest.mark.parametrize("service", names(demo=True))
def test_a_service_has_the_files_of_every_service(service: str) -> None:
    there = found(service)
    assert there >= NEEDED
    assert there - ALLOWED == OWN.get(service, {}).keys()


@pytest.mark.parametrize("service", names(stream=True))
def test_a_stream_processor_has_a_handler_metrics_and_its_faust_app_in_one_place(service: str) -> None:
    assert found(service) >= {"handler.py", "metrics.py"}
    assert (SERVICES / service / "edges" / "kafka_app.py").is_file()


def test_every_service_of_the_folder_is_declared() -> None:
    runnable = {path.parent.name for path in SERVICES.glob("*/__main__.py")} - {"cli"}
    assert runnable == declared().keys()

"""Dashboards, rules and alarms for a Prometheus and a Grafana that are there already.

``python -m deploy.grafana.boards.mixin FOLDER --job wirewatch`` writes ``dashboards/*.json`` and ``rules/*.yml`` with
the names of that installation; ``--help`` has them all. Its scrape job has to have the name that ``--job`` says, and to
add the label ``service``: poller, deduper, tagger, alerter, notifier, archive or api.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.grafana.boards import configuration, documents
from deploy.grafana.boards.model import text

JOB = "services"
RUNBOOKS = "docs/runbooks.md"
RULES = Path(__file__).parents[2] / "prometheus/rules"


@dataclass(frozen=True, slots=True)
class Names:
    """What differs from one installation to the next."""

    job: str
    page_url: str
    datasource_uid: str
    runbooks_url: str

    def put_into(self, written: str) -> str:
        """``written`` with these names for those of Compose."""
        for before, after in (
            (f'job="{JOB}"', f'job="{self.job}"'),
            (rf"job=\"{JOB}\"", rf"job=\"{self.job}\""),
            (configuration.PAGE_URL, self.page_url),
            (configuration.DATASOURCE_UID, self.datasource_uid),
            (f"runbook_url: {RUNBOOKS}", f"runbook_url: {self.runbooks_url}"),
        ):
            written = written.replace(before, after)
        return written


def files(names: Names) -> Iterator[tuple[Path, str]]:
    """Where each file goes, and what stands in it."""
    for name, document in documents().items():
        yield Path("dashboards", name), names.put_into(text(document))
    for rules in sorted(RULES.glob("*.yml")):
        yield Path("rules", rules.name), names.put_into(rules.read_text("utf-8"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Write them, and say which."""
    parser = argparse.ArgumentParser(
        description="Write dashboards, rules and alarms with the names of an installation."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--job", default=JOB, help="name of the scrape job of the services")
    parser.add_argument("--page-url", default=configuration.PAGE_URL, help="page of alerts, as a browser sees it")
    parser.add_argument("--datasource-uid", default=configuration.DATASOURCE_UID, help="Prometheus as Grafana has it")
    parser.add_argument("--runbooks-url", default=RUNBOOKS, help="where docs/runbooks.md can be read")
    asked = parser.parse_args(arguments)
    names = Names(asked.job, asked.page_url, asked.datasource_uid, asked.runbooks_url)
    for path, written in files(names):
        (asked.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (asked.folder / path).write_text(written, "utf-8")
        print(f"wrote {asked.folder / path}")


if __name__ == "__main__":
    main()

"""The dashboards as code: ``python -m deploy.grafana.boards`` writes ``dashboards/*.json``, which Grafana provisions.

The JSON is committed, and a test holds it to this code, so what is reviewed is what is shown. Panels use only what
Grafana itself ships (no plugin, no map server), and only features that release 9.4 and the pinned release share. A
query names its metrics in full, never by a pattern, so that the test that compares them with the metrics of the
services sees every one.
"""

from __future__ import annotations

from deploy.grafana.boards import feeds, newsroom, pipeline, resources, runbooks
from deploy.grafana.boards.model import Json


def documents() -> dict[str, Json]:
    """File name to document."""
    boards = (newsroom.BOARD, pipeline.BOARD, feeds.BOARD, resources.BOARD)
    documents = {f"{board.uid.removeprefix('wirewatch-')}.json": board.json() for board in boards}
    return {**documents, "runbooks.json": runbooks.json()}

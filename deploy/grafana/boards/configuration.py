"""What differs from one installation to the next: change it here, then ``python -m deploy.grafana.boards``."""

from __future__ import annotations

PAGE_URL = "http://127.0.0.1:8080"  # the page of alerts, as the reader's browser sees it
DATASOURCE_UID = "wirewatch-prometheus"

"""Write every dashboard to ``deploy/grafana/dashboards``."""

from __future__ import annotations

from pathlib import Path

from deploy.grafana.boards import documents
from deploy.grafana.boards.model import text

FOLDER = Path(__file__).parents[1] / "dashboards"


def main() -> None:
    """Write them, and say which."""
    FOLDER.mkdir(exist_ok=True)
    for name, document in documents().items():
        (FOLDER / name).write_text(text(document))
        print(f"wrote {FOLDER / name}")


if __name__ == "__main__":
    main()

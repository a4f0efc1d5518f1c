"""Write every ``generated.yaml`` of ``deploy/kubernetes``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from deploy.kubernetes import components, workloads

FOLDER: Final = Path(__file__).parent
_HEAD = "# Written by `python -m deploy.kubernetes`: change its sources, not this file.\n"
_SOURCES: Final = {
    "base": workloads.manifests,
    "components/topics": components.topics_job,
    "components/strimzi": components.strimzi,
    "components/keda": components.keda,
    "components/monitoring": components.monitoring,
}


def files() -> Iterator[tuple[Path, str]]:
    """Where each file goes, and what stands in it."""
    for folder, manifests in _SOURCES.items():
        documents = [yaml.safe_dump(one, sort_keys=False, allow_unicode=True, width=120) for one in manifests()]
        yield FOLDER / folder / "generated.yaml", _HEAD + "---\n".join(documents)


def main() -> None:
    """Write them, and say which."""
    for path, text in files():
        path.write_text(text, "utf-8")
        print(f"wrote {path.relative_to(FOLDER.parents[1])}")


if __name__ == "__main__":
    main()

"""Make the secrets of the Compose stack on its first start: random, on volumes of their own, never in the repository.

``docker-compose.yml`` runs this once, before what needs them. A secret that is there already is kept, so a restart
changes nothing; to choose one yourself, or to have a new one, see README.md. Files are 0440: their owner and the group
that Compose gives Grafana can read them, nobody else.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# File to its content; {} is random. Each folder is a volume, mounted only where it is needed.
SECRETS = {
    "grafana/admin_password": "{}",
    "grafana/secret_key": "{}",
    "api/tokens": "analyst: {}\n",  # name: token, see services/api/tokens.py
}
_BYTES = 24  # 192 bits


def make(folder: Path, contents: Mapping[str, str] = SECRETS) -> list[str]:
    """Create those of ``contents`` that are absent from ``folder``, and return their names.

    A file appears under its name only once it is whole, so a start that was cut off leaves nothing half-made.
    """
    made = []
    for name, content in contents.items():
        target = folder / name
        if target.exists():
            continue
        unfinished = target.with_name(f".{target.name}.{os.getpid()}")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o440)
        with os.fdopen(descriptor, "w") as file:
            file.write(content.format(secrets.token_urlsafe(_BYTES)))
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(target)
        made.append(name)
    return made


def main(arguments: Sequence[str]) -> int:
    """``make_secrets.py FOLDER``. Says which it made, never what they are."""
    if len(arguments) != 1:
        print("usage: make_secrets.py FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    try:
        made = make(folder)
    except OSError as error:
        print(f"make_secrets: cannot write to {folder}: {error.strerror}.", file=sys.stderr)
        return 2
    print(f"make_secrets: made {', '.join(made)}" if made else "make_secrets: all are there already")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

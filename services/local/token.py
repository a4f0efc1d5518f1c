"""The token of whoever runs ``wirewatch up``: made once, kept in the home, and read by the api like any other."""

import os
import secrets
from pathlib import Path
from typing import Final

from services.runtime.errors import UsageError

NAME: Final = "local"
_HEADER = "# Who may use the API: `name role: token`, one a line; roles are reader, analyst and editor.\n"


def own_token(file: Path) -> str:
    """The token of :data:`NAME` in ``file``, which only its owner may read; made where there is none.

    Raises :class:`UsageError` where the file cannot be used.
    """
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+", encoding="utf-8") as opened:
            file.chmod(0o600)
            opened.seek(0)
            text = opened.read()
            for who, _, token in (line.partition(":") for line in text.splitlines()):
                if who.split()[:1] == [NAME]:
                    return token.strip()
            token = secrets.token_urlsafe(24)
            before = _HEADER if not text else "" if text.endswith("\n") else "\n"
            opened.write(f"{before}{NAME} editor: {token}\n")
            return token
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be used ({error}): delete it, and start again.") from None

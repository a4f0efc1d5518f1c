"""Who may change something: tokens from a file, one a line as ``name: token``. Lines that begin with # are comments."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from services.runtime.errors import UsageError

MIN_CHARACTERS = 16


class Tokens:
    """Knows the digests of the tokens, not the tokens."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._digests = {name: _digest(token) for name, token in tokens.items()}

    def __bool__(self) -> bool:
        return bool(self._digests)

    def name_of(self, authorization: str | None) -> str | None:
        """Whose token an ``Authorization: Bearer ...`` header carries, None where it is nobody's.

        Every token is compared, in constant time, so that the time of the answer tells nothing.
        """
        scheme, _, token = (authorization or "").partition(" ")
        given = _digest(token.strip())
        found = [name for name, digest in self._digests.items() if hmac.compare_digest(digest, given)]
        return found[0] if found and scheme.casefold() == "bearer" else None


def load(path: Path | None) -> Tokens:
    """The tokens in ``path``; none at all without a path. Raises :class:`UsageError` naming file and line."""
    if path is None:
        return Tokens({})
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"WIREWATCH_API_TOKEN_FILE is {path}, which cannot be read ({error}).") from None
    tokens: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, colon, token = (part.strip() for part in line.partition(":"))
        if not (name and colon and len(token) >= MIN_CHARACTERS):
            raise UsageError(
                f"{path}, line {number}: give `name: token` with a token of at least {MIN_CHARACTERS} characters."
            )
        tokens[name] = token
    return Tokens(tokens)


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()

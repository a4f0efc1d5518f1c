"""Reads the token file, and the secret of a provider."""

from pathlib import Path

from services.api.core import tokens
from services.api.core.tokens import Tokens
from services.api.errors import TokenError
from services.runtime.errors import UsageError


def load(path: Path | None) -> Tokens:
    """The tokens in ``path``; none at all without a path. Raises :class:`UsageError` naming file and line."""
    if path is None:
        return Tokens(())
    try:
        return tokens.parse(path.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"WIREWATCH_API_TOKEN_FILE is {path}, which cannot be read ({error}).") from None
    except TokenError as error:
        raise UsageError(f"{path}, {error}") from None


def secret(path: Path) -> str:
    """The secret in a file. Raises :class:`UsageError`."""
    try:
        found = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"WIREWATCH_API_OIDC_SECRET_FILE is {path}, which cannot be read ({error}).") from None
    if len(found) < tokens.MIN_CHARACTERS:
        raise UsageError(f"{path}: a secret has at least {tokens.MIN_CHARACTERS} characters.")
    return found

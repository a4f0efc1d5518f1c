"""Keeps what opens doors out of logs: user and password in an address, and secrets in its query."""

import re
from typing import Final

HIDDEN: Final = "***"
# scheme://user:password@ - up to the last @ before the path begins.
_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20}://)[^\s/?#\"'<>\\]{1,512}@")
_QUERY_SECRET = re.compile(
    r"(?i)([?&;](?:[a-z0-9_.-]{0,40}(?:token|secret|passw(?:or)?d|signature|credential|apikey|api_key|api-key)"
    r"|key|auth|pwd|sig|session|sid|code)=)[^&;#\s\"'<>\\]+"
)


def redacted(text: str) -> str:
    """``text`` with userinfo and query secrets of every address in it replaced by ``***``. Safe to repeat."""
    if "://" in text:
        text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    return _QUERY_SECRET.sub(rf"\1{HIDDEN}", text) if "=" in text else text

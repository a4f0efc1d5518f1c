"""Takes secrets out of what libraries say, before it is logged or stored."""

import re
from urllib.parse import unquote, urlsplit

HIDDEN = "***"
_MAX = 300
_SHORTEST = 4  # a shorter part gives nothing away, and would eat into ordinary words
_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)


def redact(text: str, *secrets: str) -> str:
    """``text`` without addresses and without any part of ``secrets`` (addresses with their parts, or keys)."""
    for part in sorted({part for secret in secrets for part in _parts(secret)}, key=len, reverse=True):
        text = text.replace(part, HIDDEN)
    return " ".join(_URL.sub(HIDDEN, text).split())[:_MAX]


def _parts(secret: str) -> set[str]:
    found = {secret}
    try:
        url = urlsplit(secret)
    except ValueError:
        url = None
    if url is not None and url.scheme and url.netloc:
        userinfo = url.netloc.rpartition("@")[0]
        found |= {url.netloc, userinfo, *userinfo.split(":"), *url.path.split("/"), url.query, url.fragment}
        found |= {value for pair in re.split(r"[&;]", url.query) for value in pair.split("=", 1)[1:]}
    found |= {unquote(part) for part in found}
    return {part for part in found if len(part) >= _SHORTEST}

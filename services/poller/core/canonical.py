"""The canonical URL: what two addresses of one article have in common.

Conservative on purpose: two articles must never become one, so a query parameter goes only when its name is known to
carry nothing but the reader's way here. ``http`` and ``https`` are one address.
"""

import re
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit, urlunsplit

MAX_URL_CHARACTERS: Final = 2048

# Names seen on news sites that only say how the reader came. Prefixes end in "*".
_TRACKING: Final = frozenset(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid twclid ttclid igshid igsh mc_cid mc_eid _ga _gl _hsenc "
    "_hsmi mkt_tok oly_enc_id oly_anon_id vero_id s_cid wt_mc wt_zmc xtor ocid smid smtyp cmpid cmp icid intcid "
    "ncid nlid ito tpcc feedtype feedname traffic_source taid at_medium at_campaign at_custom1 at_custom2 at_custom3 "
    "at_custom4 at_link_id at_link_type at_link_origin at_format at_ptr_name at_bbc_team ns_campaign ns_mchannel "
    "ns_source ns_linkname ns_fee echobox outputtype guccounter guce_referrer guce_referrer_sig srnd sref "
    "maca rss_id ftag ico __twitter_impression amp_js_v amp_gsa usqp".split()
)
_TRACKING_PREFIXES: Final = ("utm_", "hsa_", "pk_", "piwik_", "mtm_", "matomo_", "stm_")
# Only with these values is the parameter a mark of the way and not of the article.
_TRACKING_PAIRS: Final = frozenset(
    {
        ("partner", "rss"), ("emc", "rss"), ("source", "rss"), ("src", "rss"), ("ref", "rss"), ("from", "rss"),
        ("rss", "1"), ("feed", "rss"), ("amp", ""), ("amp", "1"), ("amp", "true"), ("outputtype", "amp"),
        ("mod", "rss"), ("cid", "rss"), ("origin", "rss"), ("ref", "rss-feed"), ("via", "rss"),
    }
)  # fmt: skip
_SLUG_CHARACTERS: Final = 12  # a last path part this long names an article by itself
_WRAPPER: Final = re.compile(r"google\.com|ampproject\.org", re.IGNORECASE)
_AMP_CACHE: Final = re.compile(r"^[a-z0-9-]+\.cdn\.ampproject\.org$")
_HOST = re.compile(r"^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$|^\[[0-9a-f:.]+\]$")
_ABSOLUTE: Final = re.compile(r"https?://[^/?#][^?#]*(?:\?[^?#]+)?$")  # that nothing is joined to
_UNRESERVED_SAFE: Final = "/:@!$&'()*+,;=~-._"


def absolute(base: str, link: str | None) -> str | None:
    """``link`` against ``base`` as an http(s) URL; None for anything a browser should not follow from a feed."""
    if not link:
        return None
    text = "".join(link.split())[: MAX_URL_CHARACTERS + 1]
    if len(text) > MAX_URL_CHARACTERS:
        return None
    try:
        joined = text if _ABSOLUTE.match(text) else urljoin(base, text)
        parts = urlsplit(joined)
        host = parts.hostname
    except ValueError:
        return None
    return joined if parts.scheme.lower() in ("http", "https") and host else None


def host_of(url: str | None) -> str | None:
    """The host of an http(s) URL in lower case, without a trailing dot; None where there is none."""
    if not url:
        return None
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return host.rstrip(".").lower() or None if host else None


def canonical(url: str | None) -> str | None:
    """The canonical form of ``url``; None where it is not an http(s) URL with a host."""
    if not url or len(url) > MAX_URL_CHARACTERS:
        return None
    try:
        parts = urlsplit(_unwrapped(url.strip()))
        host, port = _ascii_host(parts.hostname), parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or host is None:
        return None
    netloc = host if port in (None, 80, 443) else f"{host}:{port}"
    fragment = parts.fragment if parts.fragment.startswith("!") else ""
    return urlunsplit(("https", netloc, _path(parts.path), _query(parts.query), fragment))


def of_page(linked: str | None, led_to: str | None, named: str | None) -> str | None:
    """The canonical URL once the article's page is known.

    ``linked`` is the canonical form of the feed's link, ``led_to`` where its redirects ended, ``named`` what the page
    calls its own address. A page may name an address on its own host only, and not a front or section page that many
    articles name: a path that is not that of the article, or that lost the query which told it apart.
    """
    reached = canonical(led_to) or linked
    if reached is None or linked is None or host_of(reached) == host_of(linked):
        reached = linked
    own = canonical(named)
    if own is None or reached is None:
        return reached
    mine, theirs = urlsplit(reached), urlsplit(own)
    same_host = mine.hostname is not None and _site(mine.hostname) == _site(theirs.hostname or "")
    same_path = mine.path.rstrip("/").removesuffix(".html") == theirs.path.rstrip("/").removesuffix(".html")
    tells_apart = theirs.query == mine.query or len(theirs.path.rstrip("/").rpartition("/")[2]) >= _SLUG_CHARACTERS
    return own if same_host and same_path and theirs.path != "/" and tells_apart else reached


def _site(host: str) -> str:
    for front in ("www.", "m.", "amp.", "mobile."):
        host = host.removeprefix(front)
    return host


def _unwrapped(url: str) -> str:
    """The address inside an AMP viewer's or a search engine's own."""
    if not _WRAPPER.search(url):
        return url
    parts = urlsplit(url)
    host, path = (parts.hostname or "").lower(), parts.path
    if host in ("www.google.com", "google.com") and path.startswith("/amp/"):
        return _from_cache_path(path[len("/amp/") :], parts.query) or url
    if _AMP_CACHE.match(host):
        _, _, rest = path.lstrip("/").partition("/")
        return _from_cache_path(rest, parts.query) or url
    if host in ("www.google.com", "google.com") and path == "/url":
        query = dict(parse_qsl(parts.query))
        inner = query.get("url") or query.get("q") or ""
        return inner if inner.startswith(("http://", "https://")) else url
    return url


def _from_cache_path(path: str, query: str) -> str | None:
    path = path.removeprefix("s/")
    host = path.partition("/")[0]
    if "." not in host:
        return None
    return f"https://{path}" + (f"?{query}" if query else "")


def _ascii_host(host: str | None) -> str | None:
    if not host:
        return None
    host = host.rstrip(".").lower()
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    return host if _HOST.match(host) else None


def _path(path: str) -> str:
    path = quote(unquote(path, errors="surrogateescape"), safe=_UNRESERVED_SAFE, errors="surrogateescape") if (
        "%2f" not in path.lower() and "%25" not in path
    ) else path  # fmt: skip
    if path.endswith(".amp.html"):
        path = path.removesuffix(".amp.html") + ".html"
    elif path.rstrip("/").endswith("/amp") and len(path.rstrip("/")) > len("/amp"):
        path = path.rstrip("/").removesuffix("amp")
    return path or "/"


def _query(query: str) -> str:
    return "&".join(pair for pair in query.replace("&amp;", "&").split("&") if pair and not _is_tracking(pair))


def _is_tracking(pair: str) -> bool:
    name, _, value = pair.partition("=")
    name, value = unquote(name).lower(), value.lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES) or (name, value) in _TRACKING_PAIRS

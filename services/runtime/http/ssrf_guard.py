"""The guard of every connection that leaves the machine: public addresses, on the web's ports, and what is listed.

It stands at the socket, after the name is resolved, so that literals, redirects and rebinding all pass it.

``ipaddress.is_global`` alone is not enough: it is true for NAT64, 6to4, multicast and IPv4-compatible addresses, which
all can lead inside. What embeds an IPv4 address is refused whole.
"""

import ipaddress
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from services.runtime.errors import UsageError, WirewatchError

WEB_PORTS: Final = (80, 443)

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# RFC 6890 and its successors, spelled out where the standard library of some Python says "global".
_DENIED: Final[tuple[_Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
        "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
_UNFIT = re.compile(r"[\\\x00-\x20]")
_HOST = re.compile(r"^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.?$")


class UnsafeAddressError(WirewatchError):
    """An address that must not be asked: not public, a wrong port, or of a form that readers of URLs dispute."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the operator allows beyond public addresses on ports 80 and 443.

    ``networks`` are allowed on every port; ``hosts`` are names, with a port or without.
    """

    networks: tuple[_Network, ...] = ()
    hosts: frozenset[tuple[str, int | None]] = frozenset()
    ports: tuple[int, ...] = WEB_PORTS

    def names(self, host: str, port: int) -> bool:
        """Whether the operator listed this host."""
        return (host, port) in self.hosts or (host, None) in self.hosts


def parse_allowed(entries: Sequence[str], ports: Sequence[int] = WEB_PORTS) -> Allowed:
    """``127.0.0.1/32``, ``10.1.2.3``, ``samples:8080`` or ``intranet.example``. Raises ValueError naming the entry."""
    networks: list[_Network] = []
    hosts: set[tuple[str, int | None]] = set()
    for entry in entries:
        try:
            networks.append(ipaddress.ip_network(entry, strict=False))
            continue
        except ValueError:
            pass
        name, colon, port = entry.lower().rpartition(":")
        host = name if colon else entry.lower()
        if not _HOST.match(host) or (colon and not port.isdigit()):
            raise ValueError(f"{entry!r} is neither an address, a network (10.0.0.0/8) nor host:port")
        hosts.add((host, int(port) if colon else None))
    return Allowed(networks=tuple(networks), hosts=frozenset(hosts), ports=tuple(ports))


def allowed_by(service: str, private: Sequence[str], ports: Sequence[str]) -> Allowed:
    """What the settings ``ALLOW_PRIVATE`` and ``ALLOW_PORTS`` of a service say. Raises :class:`UsageError`."""
    variable = f"WIREWATCH_{service.upper()}_ALLOW"
    if not all(port.isdigit() and 0 < int(port) < 65_536 for port in ports):
        raise UsageError(f"{variable}_PORTS is {','.join(ports)!r}: give port numbers with commas.")
    try:
        return parse_allowed(private, [int(port) for port in ports])
    except ValueError as error:
        raise UsageError(f"{variable}_PRIVATE: {error}.") from None


def check_url(url: str, allowed: Allowed, *, userinfo_allowed: bool) -> tuple[str, int]:
    """Host and port of ``url``, if its form is one that every reader of URLs reads alike.

    Raises :class:`UnsafeAddressError`. The address itself is judged at the socket, once the name is resolved.
    """
    if _UNFIT.search(url):
        raise UnsafeAddressError("a backslash, a space or a control character in the address")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UnsafeAddressError(f"not an address: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise UnsafeAddressError(f"scheme {parts.scheme or 'missing'!r} is neither http nor https")
    if not host:
        raise UnsafeAddressError("no host in the address")
    if "%" in parts.netloc:
        raise UnsafeAddressError("a percent sign in the host")
    if not userinfo_allowed and "@" in parts.netloc:
        raise UnsafeAddressError("a user name in the address of a redirect")
    host = _plain_host(host)
    port = port if port is not None else (443 if parts.scheme == "https" else 80)
    if port not in allowed.ports and not allowed.names(host, port) and not allowed.networks:
        raise UnsafeAddressError(f"port {port} is not among those allowed")
    return host, port


def why_refused(address: str, port: int, allowed: Allowed, *, named: bool) -> str | None:
    """Why a socket must not connect to ``address`` and ``port``, in words; None where it may.

    ``named`` is true when the operator listed the host by name: its address may then be private.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return f"{address} is not an IP address"
    if named or any(parsed in network for network in allowed.networks if network.version == parsed.version):
        return None
    if port not in allowed.ports:
        return f"port {port} is not among those allowed"
    if not parsed.is_global or any(parsed in network for network in _DENIED if network.version == parsed.version):
        return f"{parsed} is not a public address"
    return None


@dataclass(slots=True)
class Connecting:
    """A request under way: whether the operator named its host, and what the guard refused meanwhile."""

    named: bool
    refused: list[str] = field(default_factory=list)

    def raise_if_refused(self) -> None:
        """Raise :class:`UnsafeAddressError` where the guard is why a connection failed."""
        if self.refused:
            raise UnsafeAddressError(self.refused[0])


_connecting: ContextVar[Connecting | None] = ContextVar("connecting", default=None)


class Guard:
    """Give :meth:`socket` to the client as its socket factory, and make each request within :meth:`connecting`.

    A socket that is asked for outside of it is judged by its address alone.
    """

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed

    @contextmanager
    def connecting(self, url: str, *, userinfo_allowed: bool = True) -> Iterator[Connecting]:
        """Around one request to ``url``, redirects not included. Raises :class:`UnsafeAddressError`."""
        host, port = check_url(url, self._allowed, userinfo_allowed=userinfo_allowed)
        connecting = Connecting(named=self._allowed.names(host, port))
        token = _connecting.set(connecting)
        try:
            yield connecting
        finally:
            _connecting.reset(token)

    def socket(self, info: Any) -> socket.socket:
        """A socket for an address as ``getaddrinfo`` gives it. Raises OSError where it is refused."""
        family, kind, protocol, _, address = info
        connecting = _connecting.get()
        named = connecting is not None and connecting.named
        refused = why_refused(address[0], address[1], self._allowed, named=named)
        if refused is not None:
            if connecting is not None:
                connecting.refused.append(refused)
            raise OSError(f"refused: {refused}")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made


def _plain_host(host: str) -> str:
    """The host in ASCII; an IPv6 literal as it is. Raises for forms that resolvers read in surprising ways."""
    if ":" in host:
        return host
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            raise UnsafeAddressError("a host name that is not a domain name") from None
    host = host.lower()
    if not _HOST.match(host):
        raise UnsafeAddressError("a host name that is not a domain name")
    return host.rstrip(".")

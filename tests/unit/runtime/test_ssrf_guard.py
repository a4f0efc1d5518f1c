"""Which addresses may be connected to, and that the judgement stands at the socket."""

from __future__ import annotations

import socket

import pytest

from services.runtime.http.ssrf_guard import Guard, UnsafeAddressError, check_url, parse_allowed, why_refused

NOTHING = parse_allowed([])


def info(address: str, port: int = 443) -> tuple[object, ...]:
    """What ``getaddrinfo`` gives for an address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111"])
def test_public_addresses_are_allowed_on_the_web_s_ports(address: str) -> None:
    assert why_refused(address, 443, NOTHING, named=False) is None
    assert why_refused(address, 22, NOTHING, named=False) == "port 22 is not among those allowed"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "::1", "::", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fc00::1", "fe80::1", "::7f00:1", "x",
    ],
)  # fmt: skip
def test_what_leads_inside_is_refused(address: str) -> None:
    assert why_refused(address, 443, NOTHING, named=False) is not None


@pytest.mark.parametrize(
    "url",
    [
        "ftp://h.example/", "https:///x", "https://h.example\\@x/", "https://a b/", "https://h%2e/",
        "https://h.example:99999/", "https://h.example:22/", "https://-h.example/", "https://" + "\u00ad" + "/",
    ],
)  # fmt: skip
def test_addresses_that_readers_dispute_are_refused(url: str) -> None:
    with pytest.raises(UnsafeAddressError):
        check_url(url, NOTHING, userinfo_allowed=True)


def test_what_the_operator_lists_is_allowed() -> None:
    allowed = parse_allowed(["10.1.0.0/16", "siem.intranet:8443", "Plain.Intranet"])
    assert why_refused("10.1.2.3", 9999, allowed, named=False) is None
    assert allowed.names("siem.intranet", 8443)
    assert not allowed.names("siem.intranet", 443)
    assert allowed.names("plain.intranet", 1)
    with pytest.raises(ValueError, match="neither an address"):
        parse_allowed(["what is this"])


def test_the_socket_is_judged_whatever_the_name_said() -> None:
    guard = Guard(NOTHING)
    with guard.connecting("https://rebinding.example/") as connecting:
        with pytest.raises(OSError, match=r"refused: 127\.0\.0\.1"):
            guard.socket(info("127.0.0.1"))
        with pytest.raises(UnsafeAddressError, match="not a public address"):
            connecting.raise_if_refused()
    with pytest.raises(OSError, match="refused"):
        guard.socket(info("10.0.0.1"))


def test_a_listed_host_may_be_private_in_its_own_requests_alone() -> None:
    guard = Guard(parse_allowed(["siem.intranet:8443"]))
    with guard.connecting("https://siem.intranet:8443/") as connecting:
        guard.socket(info("10.0.0.1", 8443)).close()
        connecting.raise_if_refused()
    with guard.connecting("https://other.example/"), pytest.raises(OSError, match="refused"):
        guard.socket(info("10.0.0.1"))
    made = guard.socket(info("93.184.215.14"))
    assert made.getblocking() is False
    made.close()

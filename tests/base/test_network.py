"""Which hosts are this machine, in whatever spelling; and a process that reaches no other while it holds what must stay."""

from __future__ import annotations

import os
import socket
import urllib.request
from collections.abc import Iterator

import pytest

from harness.base import network
from harness.errors import DataUseRefused

HERE = """
    127.0.0.1 127.0.0.2 127.255.255.254 127.1 127.0.1 0x7f.1 0x7F000001 0177.0.0.1 2130706433 017700000001 127.0.0.1. ::1 0:0:0:0:0:0:0:1
    ::ffff:127.0.0.1 ::ffff:7f00:1 localhost LOCALHOST localhost. 0.0.0.0 0 :: 127。0。0。1 127．0．0．1 １２７.0.0.1
""".split()
ELSEWHERE = """
    10.0.0.1 192.168.1.1 169.254.169.254 fe80::1 fe80::1%lo ::ffff:8.8.8.8 ::127.0.0.1 64:ff9b::7f00:1 128.0.0.1 0x08080808 134744072
    127.0.0.1.example.org localhost.example.org localtest.me 127.0.0.1.nip.io loc4lhost localhost.localdomain evil.localhost 127.0.0.256
    256.1 127.0.0.1:80 myhost xn--lcalhost-x5a
""".split()


@pytest.mark.parametrize("host", HERE)
def test_loopback_is_this_machine_however_it_is_written(host: str) -> None:
    assert network.is_here(host)


@pytest.mark.parametrize("host", [*ELSEWHERE, "", "127.0.0.1 evil.example"])
def test_every_other_host_is_elsewhere_and_so_is_a_name_that_may_move(host: str) -> None:
    assert not network.is_here(host)


@pytest.fixture
def listening() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()


def test_confined_it_still_talks_to_this_machine(listening: tuple[str, int]) -> None:
    with network.confined("a task"):
        socket.create_connection(("localhost", listening[1])).close()
        socket.create_connection(listening).close()
        for end in socket.socketpair():
            end.close()


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("::ffff:192.0.2.1", 80, 0, 0), ("fe80::1", 80, 0, 1)])
@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_confined_it_reaches_nobody_else(address: tuple[str, int], kind: socket.SocketKind) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with network.confined("mednli"), socket.socket(family, kind) as sock:
        with pytest.raises(DataUseRefused, match=r"mednli: something in this process asked for .* no connection was made"):
            sock.connect(address)
        if kind is socket.SOCK_DGRAM:
            with pytest.raises(DataUseRefused):
                sock.sendto(b"row", address)


def test_confined_it_asks_no_resolver_for_a_name() -> None:
    with network.confined("a task"), pytest.raises(DataUseRefused, match=r"canary\.example"):
        socket.getaddrinfo("canary.example", 443)


def test_confined_no_proxy_of_the_environment_stands_between(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with network.confined("a task"):
        with network.confined("another within it"):
            pass
        assert urllib.request.getproxies_environment() == {"no": "*"}
        assert urllib.request.proxy_bypass("anything.example")
    assert {name: os.environ[name] for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY", "no_proxy")} == dict.fromkeys(
        ("http_proxy", "HTTPS_PROXY", "ALL_PROXY", "no_proxy"), "http://127.0.0.1:9"
    )
    assert "NO_PROXY" not in os.environ


def test_afterwards_it_is_free_again(listening: tuple[str, int]) -> None:
    with pytest.raises(ZeroDivisionError), network.confined("a task"):
        raise ZeroDivisionError
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect(("192.0.2.1", 9))  # of a datagram's socket, this sends nothing

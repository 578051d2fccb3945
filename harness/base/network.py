"""Where bytes go: which hosts are this machine, and a process that reaches no other while it holds what must stay here.

A connection is judged by the address that the operating system is handed, whoever opens it: our client, a library, a user's model, a module
of `evaluate`. What a name stood for when it was read, a redirect, or a resolver that answers differently the second time is no way around.
Programs that are started, and code that opens sockets without Python, are not seen; programs get no proxy from the environment either.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import sys
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.errors import DataUseRefused

PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "ws_proxy", "wss_proxy", "socks_proxy", "no_proxy"})
"""Variables that send requests by way of another host, in small or capital letters; those of CGI are left out."""
_LEGACY = re.compile(r"(0x[0-9a-f]+|\d+)(\.(0x[0-9a-f]+|\d+)){0,3}", re.IGNORECASE)
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")
_LOCAL = frozenset(
    getattr(socket, name) for name in ("AF_UNIX", "AF_NETLINK", "AF_ALG", "AF_SYSTEM", "AF_ROUTE", "AF_QIPCRTR") if hasattr(socket, name)
)
"""Kinds of sockets that end on this machine."""
_ADDRESSED = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_RESOLVING = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})


def canonical(host: str) -> str:
    """A host as it is meant: a number in any of its spellings (``127.1``, ``0x7f.1``, ``::ffff:127.0.0.1``) as an IP address, a name small.

    Args:
        host: As an address names it, without brackets.
    """
    host = unicodedata.normalize("NFKC", host.translate(_DOTS)).strip().rstrip(".").lower()
    if _LEGACY.fullmatch(host):
        try:
            return socket.inet_ntoa(socket.inet_aton(host))
        except OSError:
            return host
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def is_here(host: str) -> bool:
    """Whether a host is this machine by its loopback interface, in any spelling. A name other than ``localhost`` is not: it may move."""
    canonical_host = canonical(host)
    if canonical_host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(canonical_host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


class _Held:
    """What this process must keep, and the environment as it was before."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.what: list[str] = []
        self.before: dict[str, str] = {}
        self.watched = False


_HELD = _Held()


@contextmanager
def confined(what: str) -> Iterator[None]:
    """Let this process, all its threads, reach no host but this machine, and no proxy of the environment, until the block ends.

    Args:
        what: What must stay, for the message: a task's name and why.

    Raises:
        DataUseRefused: In whoever asks for another host, before a byte or a name is sent.
    """
    with _HELD.lock:
        if not _HELD.watched:
            sys.addaudithook(_watch)  # stays for good, and lets everything pass outside of such blocks
            _HELD.watched = True
        if not _HELD.what:
            _HELD.before = _take_proxies()
        _HELD.what.append(what)
    try:
        yield
    finally:
        with _HELD.lock:
            _HELD.what.remove(what)
            if not _HELD.what:
                for name in ("no_proxy", "NO_PROXY"):
                    os.environ.pop(name, None)
                os.environ.update(_HELD.before)


def _take_proxies() -> dict[str, str]:
    """Take the proxies out of the environment, and say that no host has one, which holds for a system's own settings as well."""
    taken = {name: os.environ.pop(name) for name in list(os.environ) if name.lower() in PROXIES}
    os.environ.update({"no_proxy": "*", "NO_PROXY": "*"})
    return taken


def _watch(event: str, arguments: tuple[Any, ...], held: _Held = _HELD) -> None:
    if not held.what or not event.startswith("socket."):
        return
    if event in _ADDRESSED:
        sock, address = arguments[0], arguments[1]
        if address is None or sock.family in _LOCAL:  # a datagram of a socket that is connected already
            return
        host = address[0] if sock.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple) else None
    elif event in _RESOLVING:
        host = _text(arguments[0])
        if host is None or host in ("", socket.gethostname()):  # this machine's own name tells nobody anything
            return
    else:
        return
    host = _text(host)
    if host is None or not (is_here(host) or host in ("", "<broadcast>")):
        raise DataUseRefused(
            f"{held.what[-1]}: something in this process asked for {'another host' if host is None else host} while it holds the data; no"
            " connection was made. Let nothing call out, or pass --allow-remote (allow_remote=True) where your agreement covers it."
        )


def _text(host: object) -> str | None:
    return host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else host if isinstance(host, str) else None

"""One file over HTTPS: resumed, retried, measured, and put in place only when it is what was published."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from harness.base import network
from harness.data.fetch.remote import Remote, check_address, difference, refuse_offline
from harness.errors import CorruptData, MissingData, Unwritable
from harness.files import writing
from harness.files.content import kind_of
from harness.files.locks import making
from harness.files.refusals import DATA, unwritten

Observe = Callable[[int, int], None]
"""Called with bytes done and bytes in all, 0 where that is not known."""

_BLOCK = 1 << 16
_BETWEEN = 1 << 24
_LEFT_FREE = 1 << 30
"""Bytes that are left on the disk by what comes without a length: it may have no end."""
_NUMBER = re.compile(r"[0-9]{1,18}")
_SECONDS = 60
_TRIES = 4
"""In a row without a byte of progress."""
_LONGEST_WAIT = 60
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_NETWORK = (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError, ssl.SSLError)


def download(remote: Remote, target: Path, observe: Observe, *, pause: Callable[[float], None] = time.sleep) -> None:
    """Bring a file to its place, whole or not at all.

    What came of an interrupted download is kept beside the target as ``.part`` and gone on with, by the next try or the next command.
    Without a checksum a later command begins again: two versions of a file could otherwise be joined unnoticed. A file that another
    process is bringing is waited for, and taken as it comes.

    Args:
        remote: Address and published facts.
        target: The file to write; its folder is made.
        observe: Progress.
        pause: Waits that many seconds between tries.

    Raises:
        PrerequisiteError: The machine is told to stay offline.
        Unwritable: The folder cannot be written, or the disk is too small.
        MissingData: The server cannot be reached, or does not have the file.
        CorruptData: What came has another size or checksum, or an address is not https.
    """
    check_address(remote.url, target.name)
    refuse_offline(target.name)
    part = _part(target)
    before = _state(target)
    try:
        writing.make_folder(part.parent, DATA)
        with making(target, lambda: observe(bytes_so_far(target), remote.size or 0)):
            came = target.exists() and (bool(remote.checksum) or _state(target) != before) and not difference(remote, target)
            if not came:
                _bring(remote, part, target, observe, pause)
    except _NETWORK as error:
        raise _unreachable(remote, part, error) from error
    except OSError as error:
        raise Unwritable(unwritten(error, target, DATA)) from error


def bytes_so_far(target: Path) -> int:
    """What has come of a file that this process or another is bringing; 0 where none is."""
    return _length(_part(target))


def _part(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _state(path: Path) -> tuple[int, int, int] | None:
    """Tells a file from the one that stood in its place before; None where there is none."""
    if not path.exists():
        return None
    state = path.stat()
    return state.st_ino, state.st_size, state.st_mtime_ns


def _bring(remote: Remote, part: Path, target: Path, observe: Observe, pause: Callable[[float], None]) -> None:
    """The download itself, which nobody else makes meanwhile."""
    try:
        if not remote.checksum:
            writing.remove(part, DATA)
        resumed = part.exists()
        _complete(remote, part, observe, pause)
        wrong = difference(remote, part)
        if wrong and resumed:  # the beginning may have been another version's
            writing.remove(part, DATA)
            _complete(remote, part, observe, pause)
            wrong = difference(remote, part)
        if wrong:
            raise CorruptData(f"{remote.url}: what came is not the file: {wrong}. It was discarded. Try again.")
        writing.move(part, target, DATA)
    except CorruptData:
        writing.remove(part, DATA)
        raise


def _unreachable(remote: Remote, part: Path, error: Exception) -> MissingData:
    host = urlsplit(remote.url).hostname
    if isinstance(error, urllib.error.HTTPError):
        return MissingData(f"{host} answers {error.code} ({error.reason}) for {remote.url}; has the release moved?")
    kept = f" What came so far is kept in {part.name}, and the same command goes on." if remote.checksum and part.exists() else ""
    return MissingData(f"{host} cannot be reached ({getattr(error, 'reason', error)}); is there a network?{kept}")


def _complete(remote: Remote, part: Path, observe: Observe, pause: Callable[[float], None]) -> None:
    """Try until the file is whole, as long as tries bring something new."""
    furthest, version, failed = _length(part), "", 0
    while True:
        try:
            opened = _open(remote, part, version)
            if opened is None:
                return
            with opened as response:
                version = response.headers.get("ETag", "")
                _write(remote, response, part, observe)
        except _NETWORK as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
                if error.code not in _AGAIN:
                    raise
            elif isinstance(getattr(error, "reason", None), socket.gaierror):  # no such name: there is no network, or no such server
                raise
            failed = 1 if _length(part) > furthest else failed + 1
            furthest = max(furthest, _length(part))
            if failed >= _TRIES:
                raise
            pause(_wait(error, failed))
        else:
            return


def _wait(error: Exception, failed: int) -> float:
    """Seconds: what the server asks for, within bounds, or twice as long each time."""
    asked = error.headers.get("Retry-After", "") if isinstance(error, urllib.error.HTTPError) and error.headers else ""
    return float(min(int(asked), _LONGEST_WAIT)) if _NUMBER.fullmatch(asked) else float(2 ** (failed - 1))


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _open(remote: Remote, part: Path, version: str) -> Any:
    """The response, or None where everything was there already."""
    start = _length(part)
    headers = {"User-Agent": "biomed-harness"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if version and not version.startswith("W/"):
            headers["If-Range"] = version  # another version begins anew
    # What is at this machine is got from it, not from a proxy that the environment names.
    direct = [urllib.request.ProxyHandler({})] if network.is_here(urlsplit(remote.url).hostname or "") else []
    opener = urllib.request.build_opener(_HttpsOnly, *direct)
    try:
        return opener.open(urllib.request.Request(remote.url, headers=headers), timeout=_SECONDS)  # noqa: S310  checked by the caller
    except urllib.error.HTTPError as error:
        if error.code == 416 and start:  # as much as there is, or more: size and checksum decide
            error.close()
            return None
        raise
    except ValueError as error:  # a redirect to what cannot be an address, or to a name that no server has
        raise MissingData(f"{remote.url}: it leads to what is no address ({error}); has the release moved?") from error


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to where nobody in between can change the content, and nowhere else."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        check_address(newurl, f"{req.full_url} redirects")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _write(remote: Remote, response: Any, part: Path, observe: Observe) -> None:
    start = _length(part)
    given = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if response.status != 206 or (given and int(given.group(1)) != start):  # the server starts from the beginning
        if response.status == 206:
            writing.remove(part, DATA)
            raise ConnectionError("the server sent another part than was asked for")
        start = 0
    kind = response.headers.get_content_type() if response.headers.get("Content-Type") else ""
    if kind == "text/html" and not remote.checksum:
        raise CorruptData(f"{remote.url}: a web page came in place of the file; download it by hand.")
    if (encoding := response.headers.get("Content-Encoding", "identity")).lower() != "identity":
        raise CorruptData(f"{remote.url}: it comes compressed ({encoding[:20]}), which was not asked for; download it by hand.")
    length = response.headers.get("Content-Length")
    if length and not _NUMBER.fullmatch(length.strip()):
        raise CorruptData(f"{remote.url}: the server announces a length of '{length[:20]}', which is none; download it by hand.")
    total = start + int(length) if length else remote.size or 0
    if remote.size is not None and total != remote.size:
        raise CorruptData(f"{remote.url}: the server offers {total:,} bytes, the release's file has {remote.size:,}.")
    free = shutil.disk_usage(part.parent).free
    if total - start > free:
        raise Unwritable(f"{part}: {total - start:,} bytes are to come and {free:,} are free. Make room there, or {DATA.instead}.")
    with writing.stream(part, "on" if start else "anew", DATA, wanted=total) as write:
        done = start
        while block := response.read(_BLOCK):
            if not done and not remote.checksum:
                _refuse_page(remote, block)
            if not total and not done % _BETWEEN and shutil.disk_usage(part.parent).free < _LEFT_FREE:
                raise CorruptData(f"{remote.url}: no end after {done:,} bytes, and less than {_LEFT_FREE:,} are free; it was given up.")
            done += len(block)
            if remote.size is not None and done > remote.size:
                raise CorruptData(f"{remote.url}: more than the {remote.size:,} bytes of the release's file came; it was given up.")
            write(block)
            observe(done, total)
    if total and done < total:
        raise ConnectionError(f"the connection ended after {done:,} of {total:,} bytes")
    if not done:
        raise CorruptData(f"{remote.url}: an empty file came; download it by hand.")


def _refuse_page(remote: Remote, beginning: bytes) -> None:
    if kind_of(beginning) == "a web page":
        raise CorruptData(f"{remote.url}: a web page came in place of the file; download it by hand.")

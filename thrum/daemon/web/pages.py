"""The files of the pages: which one is meant, in which form it is sent, and how long it is good.

What lies in ``assets/`` bears a hash in its name and never changes. A path that is no file is one
of the page's own, and gets the page.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote

from thrum.daemon.transports.http import Headers, Response

PACKAGED: Final = Path(__file__).parents[2] / "web" / "static"
INDEX: Final = "index.html"
NOT_THERE: Final = b"<!doctype html><title>Thrum</title><p>UI not found</p>"
FOR_EVER: Final = "max-age=31536000, immutable"
ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
"""Forms that lie beside a file, the smallest first."""

TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class Pages:
    """A folder of files.

    Attributes:
        root: where they are.
        is_ours: whether they came with the program; others may style their pages inline.
    """

    root: Path = PACKAGED
    is_ours: bool = True

    def answer(self, method: str, target: str, headers: Mapping[str, str], port: int) -> Response:
        """The answer to a request; reads files.

        Args:
            method: as it was sent.
            target: the path, with what stands behind a question mark.
            headers: of the request, by names in lower case.
            port: where we serve.
        """
        guards = secured(port, inline_styles=not self.is_ours)
        if method not in {"GET", "HEAD"}:
            return plain(405, "only GET and HEAD", (*guards, ("allow", "GET, HEAD")))
        path = unquote(target.partition("?")[0])
        if path == "/ws":
            return plain(400, "this is for WebSocket", guards)
        found = self._file(path)
        if found is None and path.startswith("/assets/"):
            return plain(404, "there is no such file", guards)
        keep = FOR_EVER if found and path.startswith("/assets/") else "no-cache"
        found = found or self._file(f"/{INDEX}")
        if found is None:
            return Response(200, (*guards, _type(INDEX), ("cache-control", keep)), NOT_THERE)
        return _sent(found, headers, (*guards, _type(found.name), ("cache-control", keep)))

    def _file(self, path: str) -> Path | None:
        """The file that a path means; None if it leads to none in the folder."""
        parts = PurePosixPath(path).parts[1:]
        if "\0" in path or "\\" in path or any(each.startswith(".") for each in parts):
            return None
        found = self.root.joinpath(*parts)
        try:
            inside = found.resolve().is_relative_to(self.root.resolve())
            return found if inside and found.is_file() else None
        except OSError:
            return None


def secured(port: int, *, inline_styles: bool = False) -> Headers:
    """What browsers are told to allow a page of ours: its own files, and the daemon."""
    styles = "'self' 'unsafe-inline'" if inline_styles else "'self'"
    policy = (
        "default-src 'none'; script-src 'self'; img-src 'self' data:; font-src 'self';"
        f" style-src {styles}; connect-src 'self' ws://localhost:{port} ws://127.0.0.1:{port};"
        " manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return (
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    )


def plain(status: int, text: str, headers: Headers = ()) -> Response:
    """An answer that is a line of text."""
    kind = ("content-type", "text/plain; charset=utf-8")
    return Response(status, (*headers, kind, ("cache-control", "no-store")), f"{text}\n".encode())


def _type(name: str) -> tuple[str, str]:
    suffix = Path(name).suffix
    guessed = TYPES.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")
    return ("content-type", guessed)


def _sent(found: Path, asked: Mapping[str, str], headers: Headers) -> Response:
    """The file, in the smallest form that the browser takes; nothing if the browser has it."""
    form, encoding = _form(found, asked.get("accept-encoding", ""))
    body = form.read_bytes()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    told = (*headers, ("etag", tag), ("vary", "accept-encoding"))
    known = [each.strip().removeprefix("W/") for each in asked.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(304, told)
    return Response(200, (*told, *([("content-encoding", encoding)] if encoding else ())), body)


def _form(found: Path, accepted: str) -> tuple[Path, str]:
    """The file to send, and how it is encoded; empty if it is not."""
    takes = {}
    for each in accepted.split(","):
        name, _, weight = each.replace(" ", "").lower().partition(";")
        takes[name] = weight not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    for encoding, suffix in ENCODINGS:
        beside = found.with_name(found.name + suffix)
        if takes.get(encoding) and beside.is_file():
            return beside, encoding
    return found, ""

"""Repositories served over HTTP on loopback, with a password or without, by git's own backend."""

from __future__ import annotations

import base64
import gzip
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class _Handler(BaseHTTPRequestHandler):
    """Hands each request to ``git http-backend`` (CGI, RFC 3875)."""

    protocol_version = "HTTP/1.1"
    root: Path
    wanted: str

    def log_message(self, format: str, *arguments: Any) -> None:
        """Tests need no log."""

    def do_GET(self) -> None:
        """A question."""
        self._serve()

    def do_POST(self) -> None:
        """A fetch or a push."""
        self._serve()

    def _serve(self) -> None:
        if self.wanted and self.headers.get("Authorization") != self.wanted:
            self._answer(401, [("WWW-Authenticate", 'Basic realm="git"')], b"")
            return
        body = self._body()
        path, _, query = self.path.partition("?")
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
        }
        argv = ["git", "-c", "http.receivepack=true", "-c", "safe.directory=*", "http-backend"]
        done = subprocess.run(argv, input=body, env=variables, capture_output=True, check=False)
        head, _, data = done.stdout.partition(b"\r\n\r\n")
        lines = [line.partition(": ") for line in head.decode().splitlines()]
        status = next((int(text.split()[0]) for name, _, text in lines if name == "Status"), 200)
        self._answer(status, [(name, text) for name, _, text in lines if name != "Status"], data)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(iter(self._chunk, b""))
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    def _chunk(self) -> bytes:
        data = self.rfile.read(int(self.rfile.readline(), 16))
        self.rfile.readline()
        return data

    def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes) -> None:
        self.send_response(status)
        for name, text in headers:
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def served(root: Path, credentials: str = "") -> Iterator[str]:
    """Serves every repository below a folder.

    Args:
        root: the folder.
        credentials: ``name:password`` that each request must bring; empty: none.

    Yields:
        The address of the folder, without a slash at its end.
    """
    wanted = f"Basic {base64.b64encode(credentials.encode()).decode()}" if credentials else ""
    handler = type("Handler", (_Handler,), {"root": root, "wanted": wanted})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

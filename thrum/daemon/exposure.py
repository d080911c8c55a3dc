"""Whether messages may go to the remote at all: not to a public one, unless somebody said so.

The look is an anonymous ``git ls-remote`` from an empty home: what a stranger can read is public.
A remote without a host (a path) is private. When the look tells nothing (offline, say), the last
result for the same remote counts.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from thrum.config import Config

LIMIT_S: Final = 5.0

_SCP: Final = re.compile(r"(?:[^@/]+@)?([^:/]+):(?!//)(.+)")
# In this order: a proxy's "connection refused" may be followed by words of the second group.
_UNDETECTABLE: Final = (
    "could not resolve host",
    "connection refused",
    "connection timed out",
    "failed to connect",
    "ssl",
    "tls",
    "timed out",
    "network is unreachable",
)
_PRIVATE: Final = (
    "could not read username",
    "authentication failed",
    "terminal prompts disabled",
    "repository not found",
    "not found",
    "access denied",
    "http 401",
    "http 403",
    "http 404",
    "permission denied",
)
_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH")

Probe = Callable[[str], tuple[int, str]]
"""Asks a URL as a stranger would: exit status and words."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a look found: public, private or undetectable, and the remote as host/path."""

    visibility: str
    remote: str


def public_url(url: str) -> str | None:
    """The address at which a stranger would read the remote; None for one without a host."""
    if "://" in url:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ssh", "git"} and parts.hostname:
            return f"https://{parts.hostname.lower()}/{parts.path.lstrip('/')}"
        return None
    found = _SCP.fullmatch(url)
    return f"https://{found[1].lower()}/{found[2].lstrip('/')}" if found else None


def canonical(url: str) -> str:
    """The remote as host/path, however it is spelled."""
    return (public_url(url) or url).removeprefix("https://").rstrip("/").removesuffix(".git")


def classify(status: int, words: str) -> str:
    """What a stranger's ls-remote says of the remote."""
    if status == 0:
        return "public"
    low = words.lower()
    if any(sign in low for sign in _UNDETECTABLE):
        return "undetectable"
    return "private" if any(sign in low for sign in _PRIVATE) else "undetectable"


def ask_as_stranger(environment: Mapping[str, str]) -> Probe:
    """A probe that runs git with nothing of the user's: no credentials, no configuration."""

    def probe(url: str) -> tuple[int, str]:
        with tempfile.TemporaryDirectory(prefix="thrum-probe") as home:
            kept = {name: environment[name] for name in _CERTIFICATES if name in environment}
            clean = {
                "PATH": environment.get("PATH", os.defpath),
                "HOME": home,
                "LC_ALL": "C",
                "GIT_TERMINAL_PROMPT": "0",
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CEILING_DIRECTORIES": home,
                "GIT_ASKPASS": "",
                "SSH_ASKPASS": "",
                "SSH_AUTH_SOCK": "",
            }
            try:
                done = subprocess.run(
                    ["git", "-c", "credential.helper=", "ls-remote", "--heads", url],
                    cwd=home,
                    env=clean | kept,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    errors="replace",
                    timeout=LIMIT_S,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return 1, "timed out"
            except OSError as error:
                return 1, f"git cannot be started: {error}"
            return done.returncode, done.stderr

    return probe


def look(url: str, probe: Probe) -> Exposure:
    """Looks at a remote once."""
    address = public_url(url)
    if address is None:
        return Exposure("private", canonical(url))
    return Exposure(classify(*probe(address)), canonical(url))


def reason_against(config: Config, found: Exposure) -> str:
    """Why nothing may be sent to the remote, or an empty string; keeps what was determined.

    The result of a look that told something is written to the configuration, for the day on
    which a look tells nothing.
    """
    visibility = found.visibility
    known = config.get("daemon.sync.detected_remote") == found.remote
    if visibility == "undetectable":
        visibility = config.get("daemon.sync.detected_visibility") if known else ""
    elif not known or config.get("daemon.sync.detected_visibility") != visibility:
        config.set("daemon.sync.detected_visibility", visibility)
        config.set("daemon.sync.detected_remote", found.remote)
        config.save()
    if visibility == "private":
        return ""
    if visibility == "public":
        allowed = config.get("daemon.sync.public_exposure_override") == found.remote
        return "" if allowed else f"the remote {found.remote} is public and no override allows it"
    return f"it cannot be seen now whether {found.remote} is public"

"""Whether messages may go to the remote at all: not to a public one, unless somebody said so.

The look is an anonymous ``git ls-remote`` from an empty home: what a stranger can read is public.
It goes to where the same host would serve strangers, and to the address itself where that is one
that takes strangers. A remote without a host (a path) is private. When the look tells nothing
(offline, say), the last result for the same remote counts.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct, field

from gitstore.child import Aborted, Owner
from thrum.config import Config, load
from thrum.errors import ThrumError

LIMIT_S: Final = 5.0
AGAIN_S: Final = 60.0
"""Seconds until a remote that told nothing is looked at again."""
DAY_S: Final = 24 * 3600.0
"""The same for one that did: what was private may be public tomorrow."""

log = logging.getLogger("thrum.exposure")

_SCP: Final = re.compile(r"(?:[^@/]+@)?([^:/]+):(?!//)(.+)")
_PORT: Final = re.compile(r":\d+$")
_USER: Final = re.compile(r"(?<=://)[^/]*@")
_OPEN: Final = frozenset({"http", "git"})
"""Ways besides https in which a server lets strangers read."""
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


class Exposure(Struct, frozen=True):
    """What a look found: public, private or undetectable, and the remote as host/path."""

    visibility: str
    remote: str


def public_urls(url: str) -> tuple[str, ...]:
    """The addresses at which a stranger would read the remote; none for one without a host.

    If strangers can ask the address itself, it is the first. No user and no password is in any.
    """
    # A remote helper may stand before the address: "transport::address".
    helper, colons, rest = url.partition("::")
    if colons and helper.isalnum():
        url = rest
    if "://" not in url:
        found = _SCP.fullmatch(url)
        return (f"https://{found[1].lower()}/{found[2].lstrip('/')}",) if found else ()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return (_USER.sub("", url),)  # asking there tells nothing, which refuses it
    if parts.scheme == "file" or not host:
        return ()
    name = f"[{host}]" if ":" in host else host
    here = f"{name}:{port}" if port else name
    path = parts.path.lstrip("/")
    if parts.scheme == "https":
        return (f"https://{here}/{path}",)
    # The port of anything else says nothing about where the same host serves https.
    itself = (f"{parts.scheme}://{here}/{path}",) if parts.scheme in _OPEN else ()
    return (*itself, f"https://{name}/{path}")


def canonical(url: str) -> str:
    """The remote as host/path, without user, password and port, however it is spelled."""
    addresses = public_urls(url)
    if addresses:
        host, _, path = addresses[0].partition("://")[2].partition("/")
        url = f"{_PORT.sub('', host.rpartition('@')[2])}/{path}"
    return url.rstrip("/").removesuffix(".git")


def classify(status: int, words: str) -> str:
    """What a stranger's ls-remote says of the remote."""
    if status == 0:
        return "public"
    low = words.lower()
    if any(sign in low for sign in _UNDETECTABLE):
        return "undetectable"
    return "private" if any(sign in low for sign in _PRIVATE) else "undetectable"


def ask_as_stranger(environment: Mapping[str, str], owner: Owner) -> Probe:
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
                # Neither an address nor a server that redirects has any other program run.
                "GIT_ALLOW_PROTOCOL": "https:http:git",
                "GIT_CEILING_DIRECTORIES": home,
                "GIT_ASKPASS": "",
                "SSH_ASKPASS": "",
                "SSH_AUTH_SOCK": "",
            }
            argv = ["git", "-c", "credential.helper=", "ls-remote", "--heads", "--", url]
            try:
                done = owner.run(argv, clean | kept, Path(home), LIMIT_S)
            except subprocess.TimeoutExpired:
                return 1, "timed out"
            except Aborted:
                return 1, "ended before there was an answer"
            except OSError as error:
                return 1, f"git cannot be started: {error}"
            return done.returncode, done.stderr

    return probe


def look(url: str, probe: Probe) -> Exposure:
    """Looks at a remote once: by its first address, unless a stranger can read it by another."""
    first = ""
    for address in public_urls(url):
        found = classify(*probe(address))
        if found == "public":
            return Exposure(found, canonical(url))
        first = first or found
    return Exposure(first or "private", canonical(url))


def visibility(config: Config, found: Exposure) -> str:
    """What is known of a remote: what was seen now, else what was seen the last time."""
    if found.visibility != "undetectable":
        return found.visibility
    known = config.get("daemon.sync.detected_remote") == found.remote
    return config.get("daemon.sync.detected_visibility") if known else ""


def reason_against(config: Config, found: Exposure) -> str:
    """Why nothing may be sent to the remote, or an empty string.

    An override that names the remote allows it whatever is seen, because it was given for a remote
    that everybody can read.
    """
    if config.get("daemon.sync.public_exposure_override") == found.remote:
        return ""
    known = visibility(config, found)
    if known == "private":
        return ""
    allow = (
        f"set daemon.sync.public_exposure_override to {found.remote} in {config.path} "
        "and run `thrum sync force`"
    )
    if known == "public":
        return f"the remote {found.remote} is public; to share messages there all the same, {allow}"
    return f"it cannot be seen now whether {found.remote} is public; if it may be, {allow}"


def remember(config: Config, found: Exposure) -> None:
    """Keeps what a look told, for the day on which a look tells nothing.

    The file is read again first: it is the user's, and may say more than when the daemon started.

    Raises:
        ThrumError: ``config``, the file cannot be read any more.
    """
    if found.visibility == "undetectable" or (
        config.get("daemon.sync.detected_remote") == found.remote
        and config.get("daemon.sync.detected_visibility") == found.visibility
    ):
        return
    fresh = load(config.path, config.environment, config.keys)
    for each in (fresh, config):
        each.set("daemon.sync.detected_visibility", found.visibility)
        each.set("daemon.sync.detected_remote", found.remote)
    fresh.save()


class Gate(Struct):
    """Asked before each sync cycle whether the remote is off limits.

    Each address is looked at once a day, and whenever they are others than before; one that told
    nothing is looked at again after a while.

    Args:
        config: the settings as they are now; a reload changes them in place.
        addresses: every place that a push goes to, as of now.
        probe: asks an address as a stranger.
        monotonic: seconds, for how long nothing told counts.
    """

    config: Config
    addresses: Callable[[], tuple[str, ...]]
    probe: Probe
    monotonic: Callable[[], float]
    _looks: dict[str, tuple[float, Exposure]] = field(default_factory=dict)
    _addresses: tuple[str, ...] = ()

    def refused(self) -> tuple[bool, str]:
        """Whether the remote is off limits and why.

        Raises:
            LogError: git does not say where a push goes.
        """
        if self.config.local_only:
            return True, self.config.why_local_only
        return self.exposed()

    def exposed(self) -> tuple[bool, str]:
        """Whether a push would go where it must not, and why.

        Raises:
            LogError: git does not say where a push goes.
        """
        addresses = self.addresses()
        if addresses != self._addresses:
            self._looks.clear()
            self._addresses = addresses
        for number, url in enumerate(addresses):
            found = self._look(url)
            if number == 0:
                self._remember(found)
            reason = reason_against(self.config, found)
            if reason:
                return True, reason
        return False, ""

    def _look(self, url: str) -> Exposure:
        again, found = self._looks.get(url, (0.0, None))
        now = self.monotonic()
        if found is None or now >= again:
            found = look(url, self.probe)
            pause = AGAIN_S if found.visibility == "undetectable" else DAY_S
            self._looks[url] = now + pause, found
        return found

    def _remember(self, found: Exposure) -> None:
        try:
            remember(self.config, found)
        except (ThrumError, OSError) as error:
            log.warning("what was seen of the remote is not kept: %s", error)

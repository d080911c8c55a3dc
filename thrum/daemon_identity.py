"""Who this repository's daemon is: the block ``identity`` of the configuration.

The id is made once. Older releases derived it from the host's name, which two clones on one machine
share; such an id is replaced. Before the first change of the id the file is copied aside, once.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from thrum import git_place, platform
from thrum.clock import format_seconds
from thrum.config import Config
from thrum.ids import Ids, base32


@dataclass(frozen=True, slots=True)
class DaemonIdentity:
    """The identity block; `git_origin_url` may be empty."""

    daemon_id: str
    repo_name: str
    hostname: str
    repo_path: str
    git_origin_url: str
    init_at: str


def legacy_id(hostname: str) -> str:
    """The id that an older release gave to every daemon of a host."""
    return f"d_{base32(hashlib.sha256(hostname.encode()).digest())[:12].lower()}"


def ensure(config: Config, repository: Path, ids: Ids, now_ns: int) -> DaemonIdentity:
    """Makes or keeps the identity, refreshes host and path, saves what changed."""
    host = platform.hostname()
    before = config.get("identity.daemon_id")
    place = git_place.find(repository)
    changes: dict[str, str] = {"hostname": host, "repo_path": _text(repository)}
    if not before or before == legacy_id(host):
        changes |= {
            "daemon_id": ids.make("d"),
            "init_at": format_seconds(now_ns),
            "git_origin_url": git_place.remote_url(place) if place else "",
        }
    if not config.get("identity.repo_name"):
        changes["repo_name"] = _text(repository.name)
    stale = {k: v for k, v in changes.items() if config.get(f"identity.{k}") != v}
    if stale:
        if "daemon_id" in stale:
            _keep_copy(config.path)
        for key, value in stale.items():
            config.set(f"identity.{key}", value)
        config.save()
    fields = DaemonIdentity.__dataclass_fields__
    return DaemonIdentity(**{name: str(config.get(f"identity.{name}")) for name in fields})


def _text(path: Path | str) -> str:
    """A path as JSON can hold it: bytes that are no UTF-8 become question marks."""
    return os.fsencode(path).decode(errors="replace")


def _keep_copy(path: Path) -> None:
    copy = path.with_name(f"{path.name}.pre-identity-bak")
    if path.exists() and not copy.exists():
        shutil.copy2(path, copy)

"""Who this repository's daemon is: the block ``identity`` of the configuration.

The id is made once. Older releases derived it from the host's name, which two clones on one machine
share; such an id is replaced. Before the first change of the id a file that somebody else wrote is
copied aside, once; where the id is made together with the file there is nothing to keep.

A copy of the block lies in ``thrum/daemon.json`` of the git directory. So a clone that was cleaned
(``git clean -fdx``) goes on under its id, and an id that came with somebody's commit, or with a
copied folder, is known for what it is.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

from thrum import atomic, git_place, platform, small_file
from thrum.clock import format_seconds
from thrum.config import Config
from thrum.errors import ThrumError
from thrum.git_place import GitPlace
from thrum.ids import Ids, base32
from thrum.paths import INSIDE_GIT, NAME, SHARED_DIRECTORY, Place

NOTE: Final = "thrum/daemon.json"
"""Below the git directory."""
_MADE_ONCE: Final = ("daemon_id", "init_at", "git_origin_url")


class DaemonIdentity(Struct, frozen=True):
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


def ensure(config: Config, place: Place, ids: Ids, now_ns: int) -> DaemonIdentity:
    """Makes or keeps the identity, refreshes host and path, saves what changed.

    What else was set in the configuration and is not saved yet is saved with a new identity.

    Raises:
        ThrumError: ``storage``, the configuration of before cannot be kept.
    """
    host = platform.hostname()
    git = git_place.of(place.repository)
    changes: dict[str, str] = _known(config, place, git) or {
        "daemon_id": ids.make("d"),
        "init_at": format_seconds(now_ns),
        "git_origin_url": git_place.remote_url(git) if git else "",
    }
    changes |= {"hostname": host, "repo_path": _text(place.repository)}
    if not config.get("identity.repo_name"):
        changes["repo_name"] = _text(place.name)
    stale = {k: v for k, v in changes.items() if config.get(f"identity.{k}") != v}
    if stale:
        if "daemon_id" in stale:
            _keep_copy(config.path)
        for key, value in stale.items():
            config.set(f"identity.{key}", value)
        config.save()
    fields = DaemonIdentity.__struct_fields__
    found = DaemonIdentity(**{name: str(config.get(f"identity.{name}")) for name in fields})
    if git:
        _note(git.common_dir / NOTE, found)
    return found


def _known(config: Config, place: Place, git: GitPlace | None) -> dict[str, str]:
    """The id that this clone has, with what belongs to it; nothing if it has none yet."""
    said = {key: str(config.get(f"identity.{key}")) for key in _MADE_ONCE}
    noted = _noted(git.common_dir / NOTE) if git else {}
    usable = said["daemon_id"] not in {"", legacy_id(platform.hostname())}
    made_at = str(config.get("identity.repo_path"))
    if usable and (made_at in {"", _text(place.repository)} or not git):
        return said
    if usable and said["daemon_id"] == noted.get("daemon_id"):
        return {} if _is_still_used(Path(made_at), said["daemon_id"]) else said
    if usable and git and Path(made_at) in git_place.worktrees(git):
        return said  # the files were moved to where they belong
    # It came from elsewhere, or there is none. What is noted is this clone's own.
    return {key: noted[key] for key in _MADE_ONCE} if noted else {}


def _is_still_used(made_at: Path, daemon_id: str) -> bool:
    """Whether another folder, of which this one is a copy, has the id as well."""
    for folder in (made_at / NAME, made_at / INSIDE_GIT):
        with suppress(OSError, ValueError):
            found = small_file.json_object(folder / "config.json").get("identity")
            if isinstance(found, dict) and found.get("daemon_id") == daemon_id:
                return True
    return False


def _noted(path: Path) -> dict[str, str]:
    try:
        found = small_file.json_object(path)
    except (OSError, ValueError):
        return {}
    return {key: str(found.get(key, "")) for key in _MADE_ONCE} if found.get("daemon_id") else {}


def _note(path: Path, identity: DaemonIdentity) -> None:
    about = {key: getattr(identity, key) for key in _MADE_ONCE}
    if _noted(path) != about:
        path.parent.mkdir(mode=SHARED_DIRECTORY, exist_ok=True)
        atomic.replace(path, json.dumps(about, indent=2) + "\n")


def _text(path: Path | str) -> str:
    """A path as JSON can hold it: bytes that are no UTF-8 become question marks."""
    return os.fsencode(path).decode(errors="replace")


def _keep_copy(path: Path) -> None:
    """Keeps the file once as it was, whole or not at all; nothing is overwritten.

    Raises:
        ThrumError: ``storage``, it cannot be kept, so it is not changed either.
    """
    copy = path.with_name(f"{path.name}.pre-identity-bak")
    if not path.exists() or os.path.lexists(copy):
        return
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            atomic.replace(copy, file.read())
    except OSError as error:
        text = f"{copy} cannot be written: {error.strerror or error}"
        raise ThrumError("storage", text, "make room or mend the disk, then try again") from None

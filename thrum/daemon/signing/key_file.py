"""Where the private key of this clone lies: ``.thrum/var/signing.key``, and once more beside git.

The copy in the git directory is for a clone that was cleaned (``git clean -fdx``), which goes on
under its daemon id and has to go on with its key. The file names the daemon: a folder that was
copied is another clone, and makes a key of its own.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from thrum import atomic, git_place
from thrum.daemon.signing.ed25519 import PrivateKey
from thrum.daemon.signing.ring import Owned
from thrum.errors import ThrumError
from thrum.paths import INSIDE_GIT, PRIVATE_DIRECTORY, Place

logger = logging.getLogger(__name__)

NAME: Final = "signing.key"


def paths_of(place: Place) -> list[Path]:
    """Where the key of that repository's clone lies."""
    git = git_place.of(place.repository)
    beside = [git.common_dir / INSIDE_GIT / NAME] if git else []
    return [place.var / NAME, *beside]


class Held(msgspec.Struct, omit_defaults=True):
    """What stands in the file; `next` is the key of a rotation that is under way."""

    daemon_id: str
    private: str
    next: str = ""


class KeyFile:
    """The file and its copies, the first of which counts."""

    def __init__(self, paths: Sequence[Path], daemon_id: str) -> None:
        self.paths = paths
        self._daemon_id = daemon_id

    def read(self) -> Held | None:
        """The key, from the first file that has one of this daemon; ``None``: there is none yet.

        Raises:
            ThrumError: ``storage``, a file cannot be read and no other has the key.
        """
        trouble = ""
        for path in self.paths:
            try:
                held = msgspec.json.decode(path.read_bytes(), type=Held)
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                trouble = trouble or f"the signing key in {path} cannot be read: {error}"
                continue
            if held.daemon_id == self._daemon_id:
                return held
        if trouble:
            raise _refusal(trouble)
        return None

    def owned(self) -> Owned | None:
        """Which key that is; None: there is none yet.

        Raises:
            ThrumError: ``storage``, what is there is no key, or cannot be read.
        """
        held = self.read()
        if held is None:
            return None
        try:
            return Owned(self._daemon_id, PrivateKey(held.private).id)
        except ValueError as error:
            raise _refusal(f"the signing key in {self.paths[0]} is none: {error}") from None

    def write(self, held: Held) -> None:
        """Puts the key into all places, one after the other, each whole or as it was.

        A copy that cannot be written is only missing where the first file gets lost.

        Raises:
            OSError: the disk refuses the first.
        """
        text = json.dumps(msgspec.to_builtins(held)) + "\n"
        first, *copies = self.paths
        _put(first, text)
        for path in copies:
            try:
                _put(path, text)
            except OSError as error:
                logger.warning("the signing key has no copy: %s", error)

    def is_whole(self) -> bool:
        """Whether every place has a file."""
        return all(path.exists() for path in self.paths)


def _refusal(trouble: str) -> ThrumError:
    return ThrumError(
        "storage",
        trouble,
        "put it back from a copy, or remove it: then a new key is made, which others have to"
        " accept",
    )


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    atomic.replace(path, text)

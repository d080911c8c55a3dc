"""Which file git runs before a commit, as git itself says, and whether it is ours to change."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thrum.errors import ThrumError
from thrum.git_place import GitPlace

NAME: Final = "pre-commit"
LEGACY: Final = f"{NAME}.legacy"
"""What the program called pre-commit names the hook that was there before its own, which it runs
first, brings back when it goes, and leaves alone when it writes its own anew."""

_FRAMEWORK: Final = b"pre-commit.com"
"""What a hook says that this program wrote."""

_KEY: Final = "core.hooksPath"
_OURS: Final = frozenset({"local", "worktree"})
"""Where a setting stands that is this repository's."""

_ANSWER_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class HookPlace:
    """The hook before a commit.

    Attributes:
        file: what is changed: a script that git starts, or that another program starts for it.
        needs_bit: whether it is skipped unless it may be executed.
        is_tracked: whether it is a file of the team, so that others get what is changed in it.
        is_here_only: whether other worktrees have one of their own.
    """

    file: Path
    needs_bit: bool = True
    is_tracked: bool = False
    is_here_only: bool = False


class OfAll(ThrumError):
    """Git runs hooks of a folder that is for all repositories, and not this one's to change.

    Args:
        scope: whose settings say so.
        said: how they name the folder.
        folder: where it is.
    """

    def __init__(self, scope: str, said: str, folder: Path) -> None:
        super().__init__(
            "setup",
            f"{_KEY} is {said} by your {scope} settings, so git runs the hooks of all your"
            " repositories from there, and that folder is not this repository's to change",
            f'have your {NAME} there start "$(git rev-parse --git-common-dir)/thrum/{NAME}" where'
            f" there is one, and end with 1 where that does not end with 0; or set {_KEY} for this"
            " repository alone",
        )
        self.hook = folder / NAME


def find(git: GitPlace, environment: Mapping[str, str]) -> HookPlace:
    """The hook of a work tree.

    Raises:
        OfAll: git runs none of this repository's own.
        ThrumError: ``setup``, git runs none at all.
    """
    top = git.toplevel
    scope, said = _setting(top, environment)
    if said and scope not in _OURS:
        raise OfAll(scope, said, top / _folder(top, environment))
    folder = top / _folder(top, environment)
    if folder.exists() and not folder.is_dir():
        raise ThrumError(
            "setup", f"{_KEY} is {folder}, which is no folder, so git runs no hooks here"
        )
    is_husky = folder.name == "_" and any((folder / each).exists() for each in ("h", "husky.sh"))
    file = folder.parent / NAME if is_husky else folder / NAME
    if not is_husky and _is_of_framework(file):
        file = file.with_name(LEGACY)
    return HookPlace(
        file,
        needs_bit=not is_husky,
        is_tracked=_is_tracked(top, environment, file),
        is_here_only=bool(said) and not Path(said).is_absolute(),
    )


def candidates(place: HookPlace) -> tuple[Path, ...]:
    """Where our lines may be: another program may have moved them since they were put there."""
    return place.file.with_name(NAME), place.file.with_name(LEGACY)


def _setting(top: Path, environment: Mapping[str, str]) -> tuple[str, str]:
    """Where the folder of hooks is set, and to what; empty where nowhere."""
    said = _asked(top, environment, "config", "--show-scope", "--get", _KEY)
    scope, _, value = said.partition("\t")
    return scope, value


def _folder(top: Path, environment: Mapping[str, str]) -> str:
    """The folder of hooks.

    Raises:
        ThrumError: ``system``, git does not say.
    """
    found = _asked(top, environment, "rev-parse", "--git-path", "hooks")
    if not found:
        raise ThrumError(
            "system", f"git does not say where the hooks of {top} are", f"try `git -C {top} status`"
        )
    return found


def _is_tracked(top: Path, environment: Mapping[str, str], file: Path) -> bool:
    if not file.is_relative_to(top) or ".git" in file.relative_to(top).parts:
        return False
    return bool(_asked(top, environment, "ls-files", "--", str(file)))


def _is_of_framework(file: Path) -> bool:
    try:
        return _FRAMEWORK in file.read_bytes()[:4096]
    except OSError:
        return False


def _asked(top: Path, environment: Mapping[str, str], *words: str) -> str:
    """What git says, without the end of its line; nothing where it says no.

    Raises:
        ThrumError: ``system``, git cannot be started or does not answer.
    """
    import subprocess  # hardly a command starts one

    # Whoever is started by a hook of another repository has its variables.
    own = {key: value for key, value in environment.items() if not key.startswith("GIT_")}
    own |= {key: environment[key] for key in environment if key.startswith("GIT_CONFIG")}
    try:
        done = subprocess.run(
            ["git", *words],
            cwd=top,
            env=own,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ANSWER_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ThrumError("system", f"git cannot be asked where its hooks are: {error}") from error
    return os.fsdecode(done.stdout).removesuffix("\n") if done.returncode == 0 else ""

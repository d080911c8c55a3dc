"""Whether git's settings are what they were when git was asked about them, without asking again.

Git alone knows what its settings come to, and asking it takes a process. But it says in which files
they stand. As long as none of these changed, appeared or went, nor the environment or the program,
git would say the same.

Files that settings include are watched whether they are there or not, and whether the condition
holds under which they are included or not. Where it is one that depends on more than files
(``onbranch``, ``hasconfig``, or one that came after this was written), git is asked each time. A
file that changed a moment ago may change again without showing it, where times are coarse: it is
not relied upon until it has been left alone for a while.
"""

from __future__ import annotations

import os
import pwd
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from msgspec import Struct, field

from gitstore.program import Answer, GitProgram, Setting, scrub

LEFT_ALONE_S: Final = 3.0
"""Seconds for which a file must not have changed; file systems tell times to two of them."""

_FILE: Final = "file:"
_VARIABLES: Final = "command line:"
_STATIC: Final = ("gitdir:", "gitdir/i:")
"""Conditions that hold or not as long as the repository is where it is."""


class Seen(NamedTuple):
    """What tells a file's contents from others, in nanoseconds and bytes."""

    inode: int
    modified: int
    changed: int
    size: int


class State(Struct, frozen=True):
    """Everything that git's settings depend on, at one moment.

    Attributes:
        environment: what git inherits.
        program: the git program itself.
        files: those that settings stand in, or would; None for one that is not there.
    """

    environment: Mapping[str, str]
    program: Seen | None
    files: Mapping[Path, Seen | None]

    def is_left_alone(self, now_s: float) -> bool:
        """Whether nothing changed for so long that a further change would show."""
        times = (max(each.modified, each.changed) for each in self.files.values() if each)
        return max(times, default=0) < (now_s - LEFT_ALONE_S) * 1e9


class Sources(Struct, dict=True):
    """What the settings of one repository depend on.

    Args:
        git: the program that knows them.
        now_s: the wall clock, in seconds since 1970.
    """

    git: GitProgram
    now_s: Callable[[], float] = time.time
    _known: State | None = None
    _system: dict[tuple[str, ...], Path | None] = field(default_factory=dict)

    def are_known(self) -> bool:
        """Whether git would say the same as when it was asked last."""
        return self._known is not None and self._look(self._known.files) == self._known

    def before(self) -> State | None:
        """Looks at them before git is asked; None if what it says holds for this once only."""
        self._known = None
        usual = self._look(self._usual())
        if not usual.is_left_alone(self.now_s()):
            return None
        settings = self.git.settings()
        if isinstance(settings, Answer):
            return None
        named = files_of(settings, self.git.stand, usual.environment)
        system = self._system_file(usual.environment)
        if named is None or system is None:
            return None
        return self._look({*usual.files, *named, system})

    def after(self, before: State | None) -> None:
        """Notes what git was asked with, if nothing changed meanwhile.

        Args:
            before: what `before` said.
        """
        if before and before.is_left_alone(self.now_s()) and self._look(before.files) == before:
            self._known = before

    def _look(self, files: Iterable[Path]) -> State:
        environment = scrub(self.git.environment)
        program = shutil.which("git", path=environment.get("PATH", os.defpath))
        seen = {each: _seen(each) for each in files}
        return State(environment, _seen(Path(program)) if program else None, seen)

    def _usual(self) -> set[Path]:
        """Where git looks in any case, but for the file of the whole system."""
        environment = scrub(self.git.environment)
        found = {self.git.repository / name for name in ("config", "config.worktree")}
        home, named = environment.get("HOME", ""), environment.get("GIT_CONFIG_GLOBAL")
        if named is not None:
            return {*found, self.git.stand / named}
        settings = environment.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
        found |= {Path(settings) / "git" / "config"} if settings else set()
        return {*found, Path(home) / ".gitconfig"} if home else found

    def _system_file(self, environment: Mapping[str, str]) -> Path | None:
        """The settings of the whole system; git is asked once for each program and variable."""
        asked = (environment.get("PATH", ""), environment.get("GIT_CONFIG_SYSTEM", ""))
        if asked not in self._system:
            self._system[asked] = self.git.system_settings()
        return self._system[asked]


def _seen(file: Path) -> Seen | None:
    try:
        found = file.stat()
    except (OSError, ValueError):
        return None
    return Seen(found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size)


def files_of(
    settings: Iterable[Setting], stand: Path, environment: Mapping[str, str]
) -> set[Path] | None:
    """The files that settings stand in and those that they include.

    None if that cannot be said of all, or if more than files decides what counts.

    Args:
        settings: as git lists them.
        stand: from where relative paths count.
        environment: of git.
    """
    found: set[Path] = set()
    for origin, key, value in settings:
        itself = stand / origin.removeprefix(_FILE) if origin.startswith(_FILE) else None
        if itself is None and origin != _VARIABLES:
            return None
        if itself is not None:
            found.add(itself)
        if _includes(key):
            included = _path(value, itself, environment) if _is_static(key) else None
            if included is None:
                return None
            found.add(included)
    return found


def _includes(key: str) -> bool:
    return key == "include.path" or (key.startswith("includeif.") and key.endswith(".path"))


def _is_static(key: str) -> bool:
    return key == "include.path" or key.removeprefix("includeif.").startswith(_STATIC)


def _path(value: str, file: Path | None, environment: Mapping[str, str]) -> Path | None:
    """The file that is included; None if only git can tell which that is."""
    if value.startswith("~"):
        user, _, rest = value[1:].partition("/")
        home = environment.get("HOME", "") if not user else _home(user)
        return Path(home) / rest if home else None
    if value.startswith("%(") or not value:
        return None
    path = Path(value)
    return path if path.is_absolute() else file.parent / path if file else None


def _home(user: str) -> str:
    try:
        return pwd.getpwnam(user).pw_dir
    except KeyError:
        return ""

"""The guard before a commit: put in and taken out, and whether it still stands.

Two files: our lines in the hook that git runs, the same on every machine, and what they start, in
the git directory, which knows where thrum is. A hook that is no shell script (or a link to one, for
that one is somebody else's file) is put aside and started afterwards.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thrum import atomic
from thrum.errors import ThrumError
from thrum.git_place import GitPlace
from thrum.githook import REFUSED as REFUSED
from thrum.githook import block, place
from thrum.githook.place import HookPlace, OfAll
from thrum.setup import launcher

_MODE: Final = 0o755

_TEXT: Final = """\
#!/bin/sh
# Written by `thrum hook install pre-commit`; `--remove` takes it away.
for program in {program} "${{HOME:-/}}/{launcher}" "$(command -v thrum 2>/dev/null)"; do
  [ -x "$program" ] || continue
  # Without its interpreter it would only complain.
  read -r first <"$program"
  case "$first" in
    "#!"*)
      first=${{first#"#!"}} first=${{first# }} first=${{first%% *}}
      [ -x "$first" ] || continue
      ;;
  esac
  "$program" hook pre-commit
  [ $? -ne {refused} ]
  exit
done
exit 0
"""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of the hook.

    Attributes:
        place: which one it is.
        change: ``create``, ``change``, ``keep``, ``remove`` or ``none``.
        is_beside: whether the hook that was there is kept beside and started afterwards.
    """

    place: HookPlace
    change: str
    is_beside: bool = False


def text(program: Path) -> str:
    """What the lines in the hook start, for a thrum at that place."""
    return _TEXT.format(program=shlex.quote(str(program)), launcher=launcher.PLACE, refused=REFUSED)


def started(git: GitPlace) -> Path:
    """Where that lies."""
    return git.common_dir / block.GUARD


def put(git: GitPlace, environment: Mapping[str, str], program: Path) -> Done:
    """Puts the guard in; twice does no harm.

    Raises:
        OfAll: the hook is for all repositories; what it is to start is there from now on.
        ThrumError: ``setup``, the hook that is there cannot be added to.
        OSError: the disk refuses.
    """
    try:
        found = place.find(git, environment)
    except OfAll:
        _start(git, program)
        raise
    for each in place.candidates(found):
        if _is_guarded(each):
            _start(git, program)
            return Done(found, "keep", block.is_chained(each.read_bytes()))
    change = _change(found)
    _start(git, program)
    return change


def drop(git: GitPlace, environment: Mapping[str, str]) -> Done:
    """Takes the guard out; what was there before is there again, byte for byte.

    Also where git's own folder has it and git looks elsewhere since.

    Raises:
        ThrumError: ``setup``, our lines in the hook have been changed.
        OSError: the disk refuses.
    """
    usual = HookPlace(git.common_dir / "hooks" / place.NAME)
    try:
        found = place.find(git, environment)
    except ThrumError as error:
        if error.kind != "setup":
            raise
        found = usual
    change = "none"
    for each in dict.fromkeys((*place.candidates(found), *place.candidates(usual))):
        if _is_guarded(each):
            _clear(each)
            change = "remove"
    if started(git).exists():
        started(git).unlink()
        change = "remove"
    return Done(found, change)


def faults(git: GitPlace, environment: Mapping[str, str]) -> Iterator[str]:
    """Why a guard that was put in does not do its work, a sentence each; none where none was.

    Raises:
        ThrumError: as `place.find`.
    """
    if not started(git).is_file():
        return
    named = _named(started(git).read_text(errors="replace"))
    home = Path(environment.get("HOME") or "/", launcher.PLACE)
    found = shutil.which("thrum", path=environment.get("PATH", ""))
    if not found and not any(os.access(each, os.X_OK) for each in (named, home) if each):
        yield f"the guard before commits starts {named}, and there is no thrum"
    try:
        hook = place.find(git, environment)
    except OfAll as error:
        if not _names_it(error.hook):
            yield f"{error.hook} does not start the guard before commits"
        return
    guarded = [each for each in place.candidates(hook) if _is_guarded(each)]
    if not guarded:
        yield f"{hook.file} has lost the guard before commits"
    elif hook.needs_bit and not any(os.access(each, os.X_OK) for each in guarded):
        yield f"{guarded[0]} may not be executed, so git skips it and the guard"


def _named(script: str) -> Path | None:
    """The program that a script of `text` starts first; None if somebody changed it."""
    found = re.search(r"^for program in (.*) \"\$\{HOME", script, re.MULTILINE | re.DOTALL)
    try:
        words = shlex.split(found[1]) if found else []
    except ValueError:
        return None
    return Path(words[0]) if words else None


def _start(git: GitPlace, program: Path) -> None:
    """Writes what the lines in the hook start."""
    path = started(git)
    path.parent.mkdir(mode=0o750, exist_ok=True)
    wanted = text(program)
    if not path.is_file() or path.read_text(errors="replace") != wanted:
        atomic.replace(path, wanted, mode=_MODE)


def _is_guarded(file: Path) -> bool:
    try:
        return block.is_in(file.read_bytes())
    except OSError:
        return False


def _names_it(file: Path) -> bool:
    """Whether a hook of somebody's own starts the guard, as far as its text says."""
    try:
        return block.GUARD.encode() in file.read_bytes()
    except OSError:
        return False


def _change(found: HookPlace) -> Done:
    """Adds our lines to the hook, or has a hook of ours go on with it."""
    file = found.file
    if not os.path.lexists(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, block.new(), _new_mode())
        return Done(found, "create")
    mode = file.stat().st_mode if file.exists() else 0
    if found.needs_bit and not mode & stat.S_IXUSR:
        raise ThrumError(
            "setup",
            f"{file} may not be executed, so git skips it, and would run it with the guard",
            "make it executable, or move it away",
        )
    hook = file.read_bytes()
    if block.is_shell(hook) and not file.is_symlink():
        _write(file, block.put(hook), stat.S_IMODE(mode))
        return Done(found, "change")
    if found.is_tracked:
        raise ThrumError(
            "setup",
            f"{file} is a file of the team and no shell script, to which lines can be added",
            "have it start $(git rev-parse --git-common-dir)/thrum/pre-commit, and end with 1 where"
            " that does not end with 0",
        )
    _put_aside(file)
    _write(file, block.chained(), _new_mode())
    return Done(found, "change", is_beside=True)


def _put_aside(file: Path) -> None:
    """Has a hook be in the folder beside it as well; a link there leads to the same place.

    It stays where it is until ours takes its name, so that whoever is killed leaves it at work.
    """
    kept = file.parent / block.KEPT / file.name
    if os.path.lexists(kept) and not (kept.exists() and kept.samefile(file)):
        raise ThrumError("setup", f"{kept} is in the way", "move it away")
    kept.unlink(missing_ok=True)
    kept.parent.mkdir(exist_ok=True)
    if file.is_symlink():
        target = file.readlink()
        kept.symlink_to(target if target.is_absolute() else Path("..", target))
        return
    try:
        kept.hardlink_to(file)
    except OSError:  # not every disk has them
        shutil.copy2(file, kept)


def _bring_back(file: Path) -> None:
    """The opposite of `_put_aside`."""
    kept = file.parent / block.KEPT / file.name
    if kept.is_symlink() and not kept.readlink().is_absolute():
        target = str(kept.readlink()).removeprefix("../")
        kept.unlink()
        kept.symlink_to(target)
    kept.replace(file)
    if not any(kept.parent.iterdir()):
        kept.parent.rmdir()


def _clear(file: Path) -> None:
    """Takes our lines out of a hook, or brings the one back that was there."""
    hook = file.read_bytes()
    if block.is_chained(hook) and os.path.lexists(file.parent / block.KEPT / file.name):
        _bring_back(file)
        return
    try:
        left = block.drop(hook)
    except ValueError as error:
        raise ThrumError(
            "setup", f"{file}: {error}", "take out by hand what is thrum's there"
        ) from error
    if left == block.OWN or block.is_chained(hook):
        file.unlink()
        return
    _write(file, left, stat.S_IMODE(file.stat().st_mode))


def _new_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return _MODE & ~mask


def _write(file: Path, data: bytes, mode: int) -> None:
    atomic.replace(file, data.decode("utf-8", "surrogateescape"), mode=mode)
    file.chmod(mode)

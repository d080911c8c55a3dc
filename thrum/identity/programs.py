"""The agent programs of a person's own, ``~/.thrum/runtimes.json``, by what their processes look
like.

The file says how each is launched. Its process has the name of that program; where an interpreter
runs it, the interpreter's, and then the script tells. A line that begins with a shell says nothing:
everybody runs shells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any, Final, NamedTuple

from thrum.runtime_names import OWN_FILE

LONGEST: Final = 15
"""Characters of a process's name; the kernel cuts the rest off."""

_RUNNERS: Final = ("node", "bun", "bunx", "deno", "npx", "python", "uv", "uvx", "pipx")
"""What these run is the program, not they themselves."""

_MISTAKEN: Final = frozenset(
    {
        *("sh", "bash", "dash", "zsh", "fish", "ksh", "tcsh", "busybox"),
        *("nice", "nohup", "timeout", "setsid", "stdbuf", "time", "xargs"),
        *("sudo", "doas", "su", "ssh", "tmux", "screen", "docker", "podman", "flatpak"),
    }
)
"""Programs in which too many others run as well."""

_WORDS: Final = frozenset({"run", "exec", "x", "tool"})
"""Commands of a runner, behind which the program follows."""


class Programs(NamedTuple):
    """What processes look like.

    Attributes:
        names: runtimes by the name of their process.
        scripts: runtimes by the base name of the script that an interpreter runs.
    """

    names: Mapping[str, str] = {}
    scripts: Mapping[str, str] = {}

    def of_script(self, paths: Iterable[str]) -> str:
        """The runtime whose script stands among the words of a process; empty if none does."""
        called = (self.scripts.get(PurePath(each).name) for each in paths)
        return next((each for each in called if each), "")


Source = Callable[[], Programs]
_heeded: Final[list[Source]] = [Programs]


def heed(source: Source) -> None:
    """Has the process tree know the person's own programs from now on.

    Args:
        source: says which they are, whenever a process is none of those that we know.
    """
    _heeded[:] = [source]


def own() -> Programs:
    """The person's, as far as this process was told of them."""
    return _heeded[0]()


def read(home: Path) -> Programs:
    """Those of a person; none where the file is not there, cannot be read or is no such file.

    ``thrum runtime list`` says what is wrong with it.
    """
    # Imported here: hardly a command meets a process that we do not know.
    from thrum import small_file

    try:
        custom = small_file.json_object(home / OWN_FILE).get("custom_runtimes")
    except (OSError, ValueError):
        return Programs()
    return seen(custom) if isinstance(custom, dict) else Programs()


def seen(custom: Mapping[str, Any]) -> Programs:
    """What the processes of these runtimes look like.

    Args:
        custom: what the file says of each, by its name.
    """
    names: dict[str, str] = {}
    scripts: dict[str, str] = {}
    for runtime, said in custom.items():
        command = said.get("command") if isinstance(said, dict) else None
        program, is_run = launched(command) if isinstance(command, str) else ("", False)
        if program:
            scripts.setdefault(program, runtime)
            if not is_run:
                names.setdefault(program[:LONGEST], runtime)
    return Programs(names, scripts)


def launched(command: str) -> tuple[str, bool]:
    """The program that a line launches, without its folder, and whether another one runs it.

    Empty where that cannot be said.
    """
    import shlex

    try:
        line = [word for word in shlex.split(command) if "=" not in word or "/" in word]
    except ValueError:
        return "", False
    words = [PurePath(word).name for word in line if not word.startswith("-")]
    while words and words[0] == "env":
        del words[0]
    if not words or words[0] in _MISTAKEN:
        return "", False
    is_run = is_runner(words[0])
    while words and (is_runner(words[0]) or (is_run and words[0] in _WORDS)):
        del words[0]
    # A package may have its version behind it.
    program = words[0].partition("@")[0] if words else ""
    return ("", False) if program in _MISTAKEN else (program, is_run)


def is_runner(name: str) -> bool:
    """Whether a program of that name runs others, whatever version of it: ``python3.12``."""
    return name.rstrip("0123456789.") in _RUNNERS

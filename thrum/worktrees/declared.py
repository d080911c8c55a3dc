"""The agents that a repository declares, in ``.thrum/team.toml``: who they are and where they work.

A file is wholly understood or refused, with the line in which the mistake stands, before anything
is done about it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from thrum import names, small_file, suggest
from thrum.errors import ThrumError
from thrum.worktrees import beginning, naming

FILE: Final = "team.toml"
"""Among the shared files."""

EXAMPLE: Final = """\
# The agents of this repository: `thrum up` has them work, `thrum down` ends that.

[defaults]
# runtime = "claude"        # what is launched; else what the repository is set up for
# base = "main"             # where new branches begin; else at the branch of who types it

# [agents.furiosa]
# role = "implementer"
# module = "engine"
# intent = "build the war rig"
# runtime = "codex"
# worktree = "engine"       # else called like the agent; "." is the main worktree
# branch = "feature/engine" # else feature/ and the worktree's name
"""
"""What a new file holds."""

MAIN: Final = "."
"""The main worktree: no other one can be called so."""

_KEYS: Final = ("role", "module", "intent", "runtime", "worktree", "branch", "base")
_DEFAULTS: Final = ("role", "module", "runtime", "base")
_HEADER: Final = re.compile(r"\s*\[\s*([^\]]+?)\s*\]\s*(?:#.*)?$")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_\"'-]+)\s*[=.]")


@dataclass(frozen=True, slots=True)
class Declared:
    """One agent.

    Attributes:
        name: what it is called.
        role: what it is.
        module: on what it works.
        intent: what it is about to do; empty for nothing.
        runtime: what is launched; empty for what the repository is set up for.
        worktree: the name of its worktree, or `MAIN`.
        branch: its branch; empty for the usual one.
        base: where a new branch begins; empty for the branch of whoever asks.
        place: the file, and the line of each key that stands there.
    """

    name: str
    role: str
    module: str
    worktree: str
    intent: str = ""
    runtime: str = ""
    branch: str = ""
    base: str = ""
    place: Callable[[str], str] = field(default=lambda _key: FILE, compare=False)

    @property
    def is_in_main(self) -> bool:
        """Whether it works in the main worktree, which is there and stays as it is."""
        return self.worktree == MAIN

    @property
    def on_branch(self) -> str:
        """The branch of its worktree, as it is called; empty for whichever is there."""
        return "" if self.is_in_main else beginning.called(self.branch, self.worktree)

    @property
    def session(self) -> str:
        """What its session is called: as the worktree, and in the main one as the agent."""
        return self.name if self.is_in_main else self.worktree


def read(path: Path) -> list[Declared]:
    """The agents that a file declares, in its order.

    Raises:
        ThrumError: ``not_found``, there is no such file; ``config``, it cannot be read, or says
            what cannot be.
    """
    try:
        text = small_file.text(path)
    except FileNotFoundError:
        todo = "thrum up --init writes one to begin with"
        raise ThrumError("not_found", f"there is no file {path}", todo) from None
    except OSError as error:
        text = f"{path} cannot be read: {error.strerror or error}"
        raise ThrumError("config", text, "name a file that you may read") from error
    except ValueError as error:
        text = f"{path} cannot be read: {error}"
        raise ThrumError("config", text, "name a file of text, in UTF-8") from error
    return understood(text, str(path))


def understood(text: str, file: str) -> list[Declared]:
    """The agents that a text declares.

    Args:
        text: TOML.
        file: what it is called in refusals.

    Raises:
        ThrumError: ``config``.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        text = f"{file} is no TOML: {error}"
        raise ThrumError("config", text, "`thrum up --init` writes a file that is") from error
    lines = _Lines(text, file)
    _known(document, ("defaults", "agents"), lines, "")
    defaults = _table(document.get("defaults", {}), lines, "defaults")
    _known(defaults, _DEFAULTS, lines, "defaults")
    agents = _table(document.get("agents", {}), lines, "agents")
    found = [_declared(name, about, defaults, lines) for name, about in agents.items()]
    _check_apart(found)
    return found


def _declared(name: str, about: Any, defaults: Mapping[str, Any], lines: _Lines) -> Declared:
    where = f"agents.{name}"
    table = _table(about, lines, where)
    _known(table, _KEYS, lines, where)

    def of(key: str) -> str:
        """In which table its value stands."""
        return "defaults" if key in defaults and key not in table else where

    values = {key: _text({**defaults, **table}, key, lines, of(key)) for key in _KEYS}
    worktree = values.pop("worktree") or name
    if worktree == MAIN:
        _check_main(table, lines, where)
        values["base"] = ""  # the usual one is of those that are made
    with lines.blaming(where):
        names.check_agent_name(name)
    for key in ("role", "module"):
        if not values[key]:
            todo = f'give it `{key} = "…"`, there or in [defaults]'
            raise lines.refusal(f"@{name} has no {key}", where, hint=todo)
        with lines.blaming(of(key), key):
            names.check_role(values[key], key)
    with lines.blaming(where, "worktree"):
        if worktree != MAIN:
            naming.check(worktree)
    return Declared(name, worktree=worktree, place=lambda key: lines.of(of(key), key), **values)


def _check_main(table: Mapping[str, Any], lines: _Lines, where: str) -> None:
    """Refuses what is said of a branch in the main worktree, where nobody changes it unasked.

    Raises:
        ThrumError: ``config``.
    """
    for key in ("branch", "base"):
        if key in table:
            text = f"the main worktree stays on its branch, so there is no {key} to be chosen"
            raise lines.refusal(text, where, key, f"take {key} out, or name another worktree")


def _check_apart(found: list[Declared]) -> None:
    """Refuses two agents in one worktree, on one branch, or in one session.

    Raises:
        ThrumError: ``config``.
    """
    for key in ("worktree", "branch", "session"):
        first: dict[str, Declared] = {}
        for each in found:
            value = each.on_branch if key == "branch" else str(getattr(each, key))
            other = first.setdefault(value, each) if value else each
            if other is not each:
                text = f"{each.place(key)}: @{each.name} and @{other.name} have one {key}, {value}"
                raise ThrumError("config", text, "give each agent its own")


def _known(table: Mapping[str, Any], keys: tuple[str, ...], lines: _Lines, where: str) -> None:
    for key in table:
        if key not in keys:
            near = suggest.did_you_mean(key, keys)
            raise lines.refusal(
                f"nobody knows the key {key!a}", where, key, near or f"there are {', '.join(keys)}"
            )


def _table(value: Any, lines: _Lines, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        todo = f"write [{where if '.' in where else f'{where}.NAME'}] and its keys below"
        raise lines.refusal(f"{where} is no table", where, hint=todo)
    return value


def _text(table: Mapping[str, Any], key: str, lines: _Lines, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise lines.refusal(f"{key} is no text", where, key, "write it between quotes")
    if "\0" in value:
        raise lines.refusal(f"{key} holds a NUL", where, key, "leave it out")
    return value


@dataclass(frozen=True, slots=True)
class _Lines:
    """Where in a text something stands; people look there.

    Attributes:
        text: TOML that can be read.
        file: what it is called.
    """

    text: str
    file: str

    def of(self, table: str, key: str = "") -> str:
        """The file, with the line of a key or, without it, of its table, if that is found."""
        number = self._line(table, key)
        return f"{self.file}:{number}" if number else self.file

    def _line(self, table: str, key: str) -> int:
        header = number = 0
        current, wanted = "", table.replace(" ", "")
        for at, line in enumerate(self.text.split("\n"), 1):
            if found := _HEADER.match(line):
                current = found[1].replace('"', "").replace("'", "").replace(" ", "")
                header = at if current == wanted else header
            elif (found := _KEY.match(line)) and current == wanted and not number:
                number = at if found[1].strip("\"'") == key else 0
        if number or header or not table:
            return number or header
        above, _, name = table.rpartition(".")  # it is written as a key of the one above
        return self._line(above, name)

    def refusal(self, text: str, table: str, key: str = "", hint: str | None = None) -> ThrumError:
        """That something in the file cannot be."""
        return ThrumError("config", f"{self.of(table, key)}: {text}", hint)

    @contextmanager
    def blaming(self, table: str, key: str = "") -> Iterator[None]:
        """Has refusals name the place."""
        try:
            yield
        except ThrumError as error:
            raise self.refusal(error.message, table, key, error.hint) from error

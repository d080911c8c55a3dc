"""The hooks of a plugin: those that setup writes, started through a script of the plugin.

A runtime runs the hooks of its settings and those of a plugin alike, so whoever has both would get
everything twice. The script therefore looks whether setup has written the same hook, and if so
gives the empty reply.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from thrum.runtimes.contract import Adapter, Entry, Part, Scope, Where
from thrum.setup import launcher
from thrum.skills.skill import File

SCRIPT: Final = "scripts/thrum"
_PROGRAM: Final = Path("/plugin-root") / SCRIPT
_FOLDER: Final = "/runtime-folder"
_ROOT: Final = "/work-tree"
_HOME: Final = "/person"

_GUARD: Final = """\
# Where setup has written the same hook, that one answers.
for file in {files}; do
  grep -qs "thrum'* $1 $2 $3 $4" "$file" && nothing "$4"
done
"""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a runtime's plugins say where things are, as a shell understands it.

    Attributes:
        root: the plugin's folder.
        variable: the variable that names the person's folder of the runtime.
        folder: what that is without it.
        project: the work tree.
    """

    root: str
    variable: str
    folder: str
    project: str = "$PWD"


def files(adapter: Adapter, dialect: Dialect) -> Iterator[File]:
    """The declaration of the hooks, and the script that they start."""
    yield File("hooks/hooks.json", _declared(adapter, dialect))
    yield File(SCRIPT, script(adapter, dialect), 0o755)


def _declared(adapter: Adapter, dialect: Dialect) -> str:
    events: dict[str, Any] = {}
    for entry in _entries(adapter, Scope.USER, dialect):
        handlers = [_in_shell(each) for each in entry.value["hooks"]]
        events.setdefault(entry.keys[-1], []).append({**entry.value, "hooks": handlers})
    text = json.dumps({"hooks": events}, indent=2, ensure_ascii=False) + "\n"
    quoted = json.dumps(f'sh "{dialect.root}/{SCRIPT}"')[1:-1]
    return text.replace(str(_PROGRAM), quoted)


def _in_shell(handler: Mapping[str, Any]) -> dict[str, Any]:
    """A handler whose words stand in one line, since a shell has to find the plugin's folder."""
    words = [handler["command"], *handler.get("args", [])]
    plain = {key: value for key, value in handler.items() if key != "args"}
    return {**plain, "command": " ".join(words)}


def script(adapter: Adapter, dialect: Dialect) -> str:
    """What a hook starts: the guard, then what setup's launcher does."""
    person = Path(_HOME) / launcher.PLACE
    first, found, rest = launcher.text(person).partition('if [ "$1" = hook ]; then\n')
    shown = " ".join(f'"{each}"' for each in dict.fromkeys(_settings(adapter, dialect)))
    guard = _GUARD.format(files=shown)
    text = f"{first}{guard}{found}{rest}".replace(str(person), f'"$HOME/{launcher.PLACE}"')
    return text.replace("which writes it anew when thrum has moved", "and part of a plugin")


def _settings(adapter: Adapter, dialect: Dialect) -> Iterator[str]:
    """The files into which setup writes hooks, as a shell names them."""
    person = f"${{{dialect.variable}:-$HOME/{dialect.folder}}}"
    for scope in Scope:
        for entry in _entries(adapter, scope, dialect):
            yield str(entry.path).replace(_FOLDER, person).replace(_ROOT, dialect.project)


def _entries(adapter: Adapter, scope: Scope, dialect: Dialect) -> Iterator[Entry]:
    env = {dialect.variable: _FOLDER}
    where = Where(scope, Path(_ROOT), Path(_HOME), env, _PROGRAM)
    for piece in adapter.pieces(where):
        if isinstance(piece, Entry) and piece.part is Part.HOOKS:
            yield piece

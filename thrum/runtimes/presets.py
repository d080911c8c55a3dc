"""Runtimes as other programs see them, and those of a person: ``~/.thrum/runtimes.json``.

A person's runtime has a name, a command and a few facts. One that has the name of a runtime of ours
takes its place for what the file says, and keeps the rest.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from thrum import atomic, small_file
from thrum.errors import ThrumError
from thrum.runtime_names import OWN_FILE
from thrum.runtimes import registry
from thrum.runtimes.contract import Adapter, Detection, Moment, Part, Piece, Scope, Where

FILE: Final = Path(OWN_FILE)
"""In the person's home."""

_NAME: Final = re.compile(r"[a-z0-9_-]{1,64}")
_TYPES: Final[Mapping[str, type]] = {
    "name": str,
    "display_name": str,
    "command": str,
    "mcp_supported": bool,
    "hooks_supported": bool,
    "instructions_file": str,
    "mcp_config_path": str,
    "setup_notes": str,
    "has_session_start_hook": bool,
}


@dataclass(frozen=True, slots=True)
class Presets:
    """What the file of a person says.

    Attributes:
        path: the file.
        default: the runtime that is taken where nobody names one; empty if none is set.
        custom: the runtimes of the person, by name, as they stand in the file.
    """

    path: Path
    default: str = ""
    custom: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def every(self) -> list[Adapter]:
        """All runtimes: ours in their order, then the person's."""
        ours = [self._overridden(each) for each in registry.every()]
        known = {each.name for each in ours}
        return ours + [adapter_of(n, p) for n, p in sorted(self.custom.items()) if n not in known]

    def find(self, name: str) -> Adapter:
        """The runtime of that name.

        Raises:
            ThrumError: ``not_found``.
        """
        if name in self.custom and name not in registry.MODULES:
            return adapter_of(name, self.custom[name])
        return self._overridden(registry.adapter(name))

    def _overridden(self, ours: Adapter) -> Adapter:
        custom = self.custom.get(ours.name)
        return adapter_of(ours.name, custom, ours) if custom else ours


def read(home: Path) -> Presets:
    """What a person's file says; nothing where there is none.

    Raises:
        ThrumError: ``config``, it cannot be read, or a key in it has a wrong value.
    """
    path = home / FILE
    return _understood(path, _document(path))


def set_default(home: Path, name: str) -> str:
    """Writes which runtime is taken where nobody names one; its proper name.

    Whatever else stands in the file stays.

    Raises:
        ThrumError: ``not_found``; as `read`; ``busy``.
        OSError: the disk refuses.
    """
    path = home / FILE
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with atomic.locked(path.parent):
        document = _document(path)
        chosen = _understood(path, document).find(name).name
        if document.get("default_runtime") != chosen:
            text = json.dumps({**document, "default_runtime": chosen}, indent=2)
            atomic.replace(path, text + "\n", mode=0o600)
    return chosen


def preset(adapter: Adapter) -> dict[str, Any]:
    """A runtime in the words of the file."""
    return {
        "name": adapter.name,
        "display_name": adapter.title,
        "command": shlex.join(adapter.command),
        "mcp_supported": adapter.has_mcp,
        "hooks_supported": bool(adapter.hooks),
        "instructions_file": adapter.instructions,
        "mcp_config_path": _mcp_file(adapter),
        "setup_notes": " ".join(adapter.confirm),
        "has_session_start_hook": any(each.moment is Moment.START for each in adapter.hooks),
    }


def adapter_of(name: str, custom: Mapping[str, Any], ours: Adapter | None = None) -> Adapter:
    """The adapter of a person's runtime.

    Args:
        name: its name.
        custom: what the file says of it.
        ours: the runtime of ours whose place it takes. What it says it has not, is taken from it.
    """
    base = ours or Adapter(name=name, title=name, command=(), instructions="AGENTS.md")
    notes = custom.get("setup_notes", "")
    words = tuple(shlex.split(custom.get("command", "")))
    found = replace(
        base,
        title=custom.get("display_name") or base.title,
        command=words or base.command,
        detection=_detection(base.detection, words, custom.get("mcp_config_path", "")),
        instructions=_within(custom.get("instructions_file", base.instructions)),
        confirm=(notes,) if notes else base.confirm,
        has_mcp=custom.get("mcp_supported", base.has_mcp),
    )
    if not custom.get("hooks_supported", True):
        found = _without(replace(found, hooks=(), reaches={}), Part.HOOKS)
    return found if found.has_mcp else _without(found, Part.MCP)


def _without(adapter: Adapter, part: Part) -> Adapter:
    """The same for somebody who does not want that part set up."""

    def pieces(where: Where) -> list[Piece]:
        return [piece for piece in adapter.pieces(where) if piece.part is not part]

    return replace(adapter, pieces=pieces)


def _detection(base: Detection, words: Sequence[str], file: str) -> Detection:
    """How one sees a person's runtime: besides what is known of it, by its program and its file.

    Args:
        base: what is known of it.
        words: what launches it.
        file: its MCP file in a work tree.
    """
    program = next((each for each in words if each != "env" and "=" not in each), "")
    if program and program not in base.binaries:
        # Whoever wrote it down says that this is the one, whatever it says of itself.
        says = (*base.says, Path(program).name.lower()) if base.says else ()
        base = replace(base, binaries=(program, *base.binaries), says=says)
    marker = _within(file)
    if marker and marker not in base.markers:
        base = replace(base, markers=(*base.markers, marker))
    return base


def _within(file: str) -> str:
    """A file of the work tree; one that lies elsewhere is nothing that setup writes."""
    is_within = not file.startswith(("/", "~")) and ".." not in Path(file).parts
    return file if is_within else ""


def _mcp_file(adapter: Adapter) -> str:
    root = Path("/")
    where = Where(Scope.PROJECT, root, root, {}, root / "thrum")
    files = [piece.path for piece in adapter.pieces(where) if piece.part is Part.MCP]
    return str(files[0].relative_to(root)) if files else ""


def _document(path: Path) -> dict[str, Any]:
    try:
        return small_file.json_object(path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ThrumError("config", f"{path} cannot be read: {error}", "mend or move it") from error


def _understood(path: Path, document: Mapping[str, Any]) -> Presets:
    default, custom = document.get("default_runtime"), document.get("custom_runtimes")
    default, custom = "" if default is None else default, {} if custom is None else custom
    _demand(isinstance(default, str), path, "default_runtime", "a name")
    _demand(isinstance(custom, dict), path, "custom_runtimes", "an object")
    for name, each in custom.items():
        key = f"custom_runtimes.{name}"
        _demand(bool(_NAME.fullmatch(name)), path, key, "named by a-z, 0-9, _ and -")
        _demand(isinstance(each, dict), path, key, "an object")
        _check(path, key, name, each)
    return Presets(path, registry.canonical(default), custom)


def _check(path: Path, key: str, name: str, custom: Mapping[str, Any]) -> None:
    """Keys that nobody knows are let pass: a newer program may have written them."""
    for field_name, kind in _TYPES.items():
        if field_name in custom:
            what = "true or false" if kind is bool else "a text"
            _demand(isinstance(custom[field_name], kind), path, f"{key}.{field_name}", what)
    _demand(custom.get("name", name) == name, path, f"{key}.name", f"{name!r}, as its key is")
    try:
        words = shlex.split(custom.get("command", ""))
    except ValueError:
        words = []
    needed = name not in registry.MODULES or "command" in custom
    _demand(bool(words) or not needed, path, f"{key}.command", "a command line")


def _demand(is_met: bool, path: Path, key: str, what: str) -> None:
    if not is_met:
        raise ThrumError("config", f"{key} in {path} must be {what}", "correct the file")

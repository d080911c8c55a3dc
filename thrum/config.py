"""The configuration: ``.thrum/config.json``, a few environment variables, and defaults.

An absent key is never the same as ``false``. Only ``config.json`` is ever written, and unknown keys
are kept in it. A ``.thrum/config.yaml`` (see `thrum.yaml_text`) is the user's own: what it says
counts, because ``thrum init`` has put an answer into the JSON before anybody could write one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from thrum import access, atomic, small_file
from thrum.errors import ThrumError


class Key(NamedTuple):
    """One key: its type, its default, what it means, and which variables beat it.

    With `least`, 0 stands for the default and anything else below is refused.
    """

    type: type
    default: Any
    meaning: str
    env: str = ""
    least: int | None = None


KEYS: Final[dict[str, Key]] = {
    "daemon.local_only": Key(
        bool, None, "Never talk to the remote. Absent means false.", "THRUM_LOCAL_ONLY, THRUM_LOCAL"
    ),
    "daemon.autostart": Key(
        bool,
        None,
        "Start the daemon when a command needs it. Absent: at a terminal and for agents' programs "
        "and hooks; not with `CI` set, nor after `thrum daemon stop`.",
        "THRUM_AUTOSTART",
    ),
    "daemon.log_level": Key(str, "info", "debug, info, warn or error."),
    "daemon.max_message_body_bytes": Key(
        int, 0, "The longest body a local agent may send; 0 means 1 MiB, negative no bound."
    ),
    "daemon.max_request_bytes": Key(
        int, 8_388_608, "The longest request line on the socket.", least=1
    ),
    "daemon.max_connections": Key(int, 512, "Connections served at once.", least=1),
    "daemon.sync.remote": Key(
        str,
        "",
        "The remote to exchange with. Empty: a-sync's upstream, else `origin`, else the only one.",
    ),
    "daemon.sync.author_name": Key(str, "Thrum", "Author and committer of the branch's commits."),
    "daemon.sync.author_email": Key(str, "thrum@local", "Their address."),
    "daemon.single_agent_mode": Key(
        bool, False, "One agent works here alone: `prime` says nothing of others."
    ),
    "prime.at_start": Key(
        str, "full", "What a session begins with: all of `prime` (full), or one line (pointer)."
    ),
    "prime.register": Key(
        str,
        "ask",
        "A session in a worktree where nobody is registered: `auto` registers one that is named "
        "after worktree and runtime, `ask` says how.",
    ),
    "restart.max_lines": Key(
        int, 200, "Lines of a conversation that are kept for the session after it.", least=1
    ),
    "restart.auto_threshold": Key(
        int,
        0,
        "Percent of its context from which on a session is saved and its agent told; 0 for never. "
        "Claude Code's status line says how full it is.",
    ),
    "restart.silence_watchdog_seconds": Key(
        int,
        30,
        "Seconds that a runtime which was launched in tmux has to be heard by its hook; then it is "
        "asked to run `thrum prime`. Negative: nothing is ever typed.",
    ),
    "messages.require_recipient": Key(
        bool, False, "Refuse a message without a recipient instead of sending it to everyone."
    ),
    "messages.unseen_days": Key(
        int, 7, "Days after which a sender is told that a recipient was not seen.", least=1
    ),
    "mcp.compatible": Key(
        bool, False, "`thrum mcp serve` has broadcast_message, too, as older programs had."
    ),
    "identity.daemon_id": Key(str, "", "The id of this repository's daemon; made once."),
    "identity.repo_name": Key(str, "", "The name of the repository's directory at first start."),
    "identity.hostname": Key(str, "", "This machine's name, as of the last start."),
    "identity.repo_path": Key(str, "", "Where the repository is, as of the last start."),
    "identity.git_origin_url": Key(str, "", "The URL of `origin` when the id was made."),
    "identity.init_at": Key(str, "", "When the id was made."),
    "worktrees.base_path": Key(
        str, "", "Where worktrees for agents are made; `~/.thrum/worktrees` if empty."
    ),
    "worktrees.thrum_enabled": Key(
        bool, True, "New worktrees get the files of their runtime; `--runtime` says so each time."
    ),
    "worktrees.beads_enabled": Key(
        bool, True, "New worktrees share the issues of beads, where the repository has any."
    ),
    "backup.dir": Key(
        str, "", "Where backups go, a folder for each repository; `~/.thrum-backups` if empty."
    ),
    "backup.schedule": Key(
        str, "", "How often the daemon takes a backup, such as 24h; never if empty."
    ),
    "backup.retention.daily": Key(int, 5, "The newest archives that stay; negative for all."),
    "backup.retention.weekly": Key(
        int, 4, "Of so many of the newest weeks the oldest archive stays; negative for all."
    ),
    "backup.retention.monthly": Key(
        int, -1, "Of so many of the newest months the oldest archive stays; negative for all."
    ),
    "backup.plugins": Key(
        list, [], "Programs whose files go along, see `thrum backup plugin add`."
    ),
    "backup.post_backup": Key(str, "", "What a shell runs after a backup."),
    "runtime.primary": Key(str, "", "The agent runtime that this repository is set up for."),
    "project_name": Key(str, "", "What people call the project; the directory's name if absent."),
}
"""Every key that is read besides those of the daemon's services, see `thrum.daemon.services`."""

HIDDEN: Final = "(hidden)"
"""What stands for a value that nobody is shown."""

_SECRET: Final = ("token", "secret", "password")
FALSE: Final = frozenset({"0", "false", "no", "off"})
TRUE: Final = frozenset({"1", "true", "yes", "on"})


@cache
def _parts(name: str) -> list[str]:
    """Where a key stands: asked for with each request, and there are few."""
    return name.split(".")


@dataclass
class Config:
    """What was read.

    Attributes:
        tree: everything that stands in the files.
        keys: those that may be asked for.
    """

    path: Path
    tree: dict[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, Key] = field(default_factory=lambda: KEYS)
    _changes: dict[str, object] = field(default_factory=dict, repr=False)

    def get(self, name: str) -> Any:
        """The value of one of its keys, or its default.

        Raises:
            ThrumError: ``config``, the file holds a value of another type.
        """
        key = self.keys[name]
        value: Any = self.tree
        for part in _parts(name):
            value = value.get(part) if isinstance(value, dict) else None
            if value is None:
                return key.default
        if not isinstance(value, key.type) or (key.type is int and isinstance(value, bool)):
            raise self._wrong(name, f"of type {key.type.__name__}", value)
        return self._bounded(name, key, value)

    def _bounded(self, name: str, key: Key, value: Any) -> Any:
        if key.least is None or value >= key.least:
            return value
        if value == 0:
            return key.default
        raise self._wrong(name, f"at least {key.least}", value)

    def _wrong(self, name: str, wanted: str, value: object) -> ThrumError:
        said = HIDDEN if is_secret(name) else repr(value)
        return ThrumError(
            "config",
            f"{name} in {self.path} must be {wanted}, not {said}",
            "correct the file and start the daemon again",
        )

    def set(self, name: str, value: object) -> None:
        """Sets a key in memory; `save` writes it."""
        _put(self.tree, name, value)
        self._changes[name] = value

    def save(self) -> None:
        """Writes what was `set` into the file as it is now, atomically, mode 0600.

        What somebody else changed since it was read stays as they left it.

        Raises:
            ThrumError: ``config``, the file was made unreadable meanwhile; ``busy``.
        """
        with atomic.locked(self.path.parent):
            tree = _json(self.path)
            for name, value in self._changes.items():
                _put(tree, name, value)
            atomic.replace(self.path, json.dumps(tree, indent=2, ensure_ascii=False) + "\n")
        self._changes.clear()

    @property
    def local_only(self) -> bool | None:
        """Whether the remote is off limits; None when nobody said.

        ``THRUM_LOCAL_ONLY`` beats ``THRUM_LOCAL``, both beat the file.

        Raises:
            ThrumError: ``config``, a variable is neither true nor false; it must not be guessed.
        """
        for name in ("THRUM_LOCAL_ONLY", "THRUM_LOCAL"):
            text = self.environment.get(name, "").strip().lower()
            if text:
                return _truth(name, text)
        value = self.get("daemon.local_only")
        return None if value is None else bool(value)

    @property
    def asked_to_start(self) -> bool | None:
        """Whether the environment wants a daemon started when one is needed; None if it is silent.

        Raises:
            ThrumError: ``config``, the variable is neither true nor false.
        """
        text = self.environment.get("THRUM_AUTOSTART", "").strip().lower()
        return _truth("THRUM_AUTOSTART", text) if text else None

    @property
    def why_local_only(self) -> str:
        """What says that the remote is off limits, and what to do about it."""
        for name in ("THRUM_LOCAL_ONLY", "THRUM_LOCAL"):
            if self.environment.get(name, "").strip():
                return f"{name} says so; start the daemon without it to share messages"
        by_hand = self.path.with_suffix(".yaml")
        where = f"{self.path} or in {by_hand.name} beside it" if by_hand.exists() else self.path
        return f"daemon.local_only is true in {where}; to share messages run `thrum sync on`"

    @property
    def author(self) -> tuple[str, str]:
        """Name and address for the branch's commits."""
        return str(self.get("daemon.sync.author_name")), str(self.get("daemon.sync.author_email"))

    @property
    def largest_body(self) -> int | None:
        """Bytes that a local agent's body may have; None for no bound."""
        bound = int(self.get("daemon.max_message_body_bytes"))
        return None if bound < 0 else bound or 1_048_576


def is_secret(name: str) -> bool:
    """Whether the value of a key opens something, and so is shown to nobody."""
    last = name.rpartition(".")[2].lower()
    return any(each in last for each in _SECRET)


def keys_below(section: str, keys: Iterable[str]) -> list[str]:
    """Those of the keys that stand in a section."""
    return [each for each in keys if each.startswith(f"{section}.")]


def _truth(name: str, text: str) -> bool:
    if text in TRUE | FALSE:
        return text in TRUE
    raise ThrumError("config", f"{name} is {text!r}", "set it to true or false")


def load(path: Path, environment: Mapping[str, str], keys: Mapping[str, Key] = KEYS) -> Config:
    """Reads ``config.json``, and a ``config.yaml`` beside it that beats it.

    Raises:
        ThrumError: ``config``, a file cannot be read or holds something else.
    """
    by_hand_in = path.with_suffix(".yaml")
    written, by_hand = _json(path), _yaml(by_hand_in)
    _refuse_misplaced(written, path, keys)
    _refuse_misplaced(by_hand, by_hand_in, keys)
    return Config(path, merged(lifted(written), lifted(by_hand)), environment, keys)


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Two trees as one; where both say something of a key, the one above counts."""
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        if value is not None or key not in below:
            result[key] = merged(old, value) if both and isinstance(old, dict) else value
    return result


def _put(tree: dict[str, Any], name: str, value: object) -> None:
    """Sets the value at a dotted name; the short spelling of it goes, or it would contradict."""
    if name == "daemon.local_only":
        tree.pop("local_only", None)
    *parents, last = name.split(".")
    for part in parents:
        inner = tree.get(part)
        if not isinstance(inner, dict):
            inner = tree[part] = {}
        tree = inner
    tree[last] = value


def _refuse_misplaced(tree: dict[str, Any], path: Path, keys: Iterable[str]) -> None:
    """Refuses a plain value where a section belongs: it would hide everything below it."""
    for name in keys:
        inner: Any = tree
        for depth, part in enumerate(name.split(".")[:-1], 1):
            inner = inner.get(part)
            if inner is None:
                break
            if not isinstance(inner, dict):
                section = ".".join(name.split(".")[:depth])
                # It may be what was meant to stand below it.
                said = HIDDEN if any(map(is_secret, keys_below(section, keys))) else repr(inner)
                raise ThrumError(
                    "config", f"{section} in {path} must hold keys, not {said}", "correct it"
                )


def lifted(tree: dict[str, Any]) -> dict[str, Any]:
    """A tree where ``local_only`` at the top stands where it belongs; the long spelling wins."""
    short = tree.get("local_only")
    if short is None:
        return tree
    rest = {key: value for key, value in tree.items() if key != "local_only"}
    return merged({"daemon": {"local_only": short}}, rest)


def _json(path: Path) -> dict[str, Any]:
    return _read(path, small_file.json_object)


def _yaml(path: Path) -> dict[str, Any]:
    return _read(path, small_file.yaml_object)


def _read(path: Path, reading: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    try:
        return reading(path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        text, todo = f"{path} cannot be read: {error}", "correct the file"
        raise ThrumError("config", text, access.what_helps(error, path, todo)) from error

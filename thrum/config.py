"""The configuration: ``.thrum/config.json``, a few environment variables, and defaults.

An absent key is never the same as ``false``. Unknown keys are kept when the file is written. A
``.thrum/config.yaml`` is read too, but only its plain ``key: value`` lines (and one level of
indented ones); what stands in both is taken from the JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from thrum import atomic
from thrum.errors import ThrumError


class Key(NamedTuple):
    """One key: where it stands, its type, its default and what it means."""

    type: type
    default: Any
    meaning: str
    env: str = ""


KEYS: Final[dict[str, Key]] = {
    "daemon.local_only": Key(
        bool, None, "Never talk to the remote. Absent means false.", "THRUM_LOCAL_ONLY, THRUM_LOCAL"
    ),
    "daemon.sync_interval": Key(int, 60, "Seconds between two looks at the remote."),
    "daemon.log_level": Key(str, "info", "debug, info, warn or error."),
    "daemon.max_message_body_bytes": Key(
        int, 0, "The longest body a local agent may send; 0 means 1 MiB, negative no bound."
    ),
    "daemon.max_request_bytes": Key(int, 8_388_608, "The longest request line on the socket."),
    "daemon.max_connections": Key(int, 512, "Connections served at once."),
    "daemon.sync.public_exposure_override": Key(
        str, "", "The public remote (host/path) that messages may go to all the same."
    ),
    "daemon.sync.detected_visibility": Key(
        str, "", "What the last look at the remote found: public, private or undetectable."
    ),
    "daemon.sync.detected_remote": Key(str, "", "The remote that was looked at."),
    "daemon.sync.author_name": Key(str, "Thrum", "Author and committer of the branch's commits."),
    "daemon.sync.author_email": Key(str, "thrum@local", "Their address."),
    "messages.require_recipient": Key(
        bool, False, "Refuse a message without a recipient instead of sending it to everyone."
    ),
    "identity.daemon_id": Key(str, "", "The id of this repository's daemon; made once."),
    "identity.repo_name": Key(str, "", "The name of the repository's directory at first start."),
    "identity.hostname": Key(str, "", "This machine's name, as of the last start."),
    "identity.repo_path": Key(str, "", "Where the repository is, as of the last start."),
    "identity.git_origin_url": Key(str, "", "The URL of `origin` when the id was made."),
    "identity.init_at": Key(str, "", "When the id was made."),
    "runtime.primary": Key(str, "", "The agent runtime that this repository is set up for."),
    "project_name": Key(str, "", "What people call the project; the directory's name if absent."),
}
"""Every key that this version reads."""

FALSE: Final = frozenset({"0", "false", "no", "off"})
TRUE: Final = frozenset({"1", "true", "yes", "on"})


@dataclass
class Config:
    """What was read. `tree` is the file's JSON with everything that stands in it."""

    path: Path
    tree: dict[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """The value of a key in `KEYS`, or its default.

        Raises:
            ThrumError: ``config``, the file holds a value of another type.
        """
        key = KEYS[name]
        value: Any = self.tree
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            return key.default
        if not isinstance(value, key.type) or (key.type is int and isinstance(value, bool)):
            raise ThrumError(
                "config",
                f"{name} in {self.path} must be of type {key.type.__name__}, not {value!r}",
                "correct the file and start the daemon again",
            )
        return value

    def set(self, name: str, value: object) -> None:
        """Sets a key in memory; `save` writes it."""
        *parents, last = name.split(".")
        tree = self.tree
        for part in parents:
            inner = tree.get(part)
            if not isinstance(inner, dict):
                inner = tree[part] = {}
            tree = inner
        tree[last] = value

    def save(self) -> None:
        """Writes the file atomically, mode 0600, unknown keys kept."""
        atomic.replace(self.path, json.dumps(self.tree, indent=2, ensure_ascii=False) + "\n")

    @property
    def local_only(self) -> bool | None:
        """Whether the remote is off limits; None when nobody said.

        ``THRUM_LOCAL_ONLY`` beats ``THRUM_LOCAL``, both beat the file.

        Raises:
            ThrumError: ``config``, a variable is neither true nor false.
        """
        for name in ("THRUM_LOCAL_ONLY", "THRUM_LOCAL"):
            text = self.environment.get(name, "").strip().lower()
            if text:
                return _truth(name, text)
        value = self.get("daemon.local_only")
        return None if value is None else bool(value)

    @property
    def largest_body(self) -> int | None:
        """Bytes that a local agent's body may have; None for no bound."""
        bound = int(self.get("daemon.max_message_body_bytes"))
        return None if bound < 0 else bound or 1_048_576


def _truth(name: str, text: str) -> bool:
    if text in TRUE | FALSE:
        return text in TRUE
    raise ThrumError("config", f"{name} is {text!r}", "set it to true or false")


def load(path: Path, environment: Mapping[str, str]) -> Config:
    """Reads ``config.json`` and, for what is absent there, a ``config.yaml`` beside it.

    Raises:
        ThrumError: ``config``, a file cannot be read or holds something else.
    """
    tree = _plain_yaml(path.with_suffix(".yaml"))
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config(path, tree, environment)
    except (OSError, UnicodeDecodeError) as error:
        raise ThrumError("config", f"{path} cannot be read: {error}") from error
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ThrumError("config", f"{path} is no JSON: {error}", "correct the file") from error
    if not isinstance(found, dict):
        raise ThrumError("config", f"{path} holds no JSON object", "correct the file")
    return Config(path, merged(tree, found), environment)


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Two trees as one; where both have a key, the one above counts."""
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = merged(old, value) if both and isinstance(old, dict) else value
    return result


def _plain_yaml(path: Path) -> dict[str, Any]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ThrumError("config", f"{path} cannot be read: {error}") from error
    tree: dict[str, Any] = {}
    inner: dict[str, Any] = tree
    for number, line in enumerate(lines, 1):
        text = line.split("#")[0].rstrip()
        if not text.strip() or text == "---":
            continue
        key, colon, value = text.strip().partition(":")
        if not colon or key.startswith("-"):
            raise ThrumError(
                "config",
                f"line {number} of {path} is more than `key: value`",
                "move the settings to config.json",
            )
        target = inner if text[0].isspace() else tree
        if value.strip():
            target[key] = _scalar(value.strip())
        else:
            inner = tree.setdefault(key, {})
    if "local_only" in tree:
        tree.setdefault("daemon", {}).setdefault("local_only", tree.pop("local_only"))
    return tree


def _scalar(text: str) -> bool | int | str:
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    return int(text) if text.lstrip("-").isdigit() else text.strip("'\"")

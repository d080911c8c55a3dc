"""What Gemini CLI (0.61.0) and Qwen Code (0.15.10) were asked to trust: folders.

Both keep the answers in ``trustedFolders.json``. Gemini asks unless it is told not to, starts no
server in a folder that is not trusted, and runs the person's hooks there but not the project's.
Qwen asks only where it is told to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from thrum.setup.trust import said

_FILE: Final = "trustedFolders.json"
_ENABLED: Final = ("security", "folderTrust", "enabled")


def gemini(home: Path, root: Path, env: Mapping[str, str]) -> bool:
    """Whether the folder is trusted: by a variable, or by the rule with the longest name.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file is no such text.
    """
    asked = env.get("GEMINI_CLI_TRUST_WORKSPACE")
    if env.get("GEMINI_RESTRICTED_MODE") == "true" or asked == "false":
        return False
    folder = home / ".gemini"
    if asked == "true" or _is_off(folder, unsaid=True):
        return True
    rules = [(len(name), level) for name, path, level in _rules(folder) if _covers(path, root)]
    return bool(rules) and max(rules, key=lambda each: each[0])[1] != "DO_NOT_TRUST"


def qwen(home: Path, root: Path, env: Mapping[str, str]) -> bool:
    """Whether the folder is trusted: it is unless the person has Qwen ask about folders.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file is no such text.
    """
    folder = Path(env.get("QWEN_HOME") or home / ".qwen")
    if _is_off(folder, unsaid=False):
        return True
    rules = [level for _, path, level in _rules(folder) if _covers(path, root)]
    return any(level != "DO_NOT_TRUST" for level in rules)


def _is_off(folder: Path, *, unsaid: bool) -> bool:
    """Whether nothing is asked.

    Args:
        folder: the person's.
        unsaid: whether the program asks where nothing is said.
    """
    asks = said.at(said.document(folder / "settings.json"), *_ENABLED)
    return not (unsaid if asks is None else asks)


def _rules(folder: Path) -> Iterator[tuple[str, Path, str]]:
    """The name of each rule, the folder that it is for, and what it says."""
    for name, level in said.document(folder / _FILE).items():
        path = Path(name)
        yield name, path.parent if level == "TRUST_PARENT" else path, level


def _covers(path: Path, root: Path) -> bool:
    return root.resolve().is_relative_to(path.resolve())

"""What runtimes ask of skills and manifests; whatever is made here is held against it by tests.

A runtime passes over a skill that breaks a rule, or cuts it, and says nothing. So the rules are
those of the strictest reader of each folder (documentation of August 2026; tried with the versions
that the adapters name).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from thrum.skills.skill import FILE, File

_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PLAIN: Final = re.compile(r"[A-Za-z][^\n]*")
_AMBIGUOUS: Final = (": ", " #")
_LINK: Final = re.compile(r"\]\(([^)#:]+)\)")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a reader of skills asks.

    Attributes:
        keys: those of the front matter that it knows, or passes over.
        longest_description: characters above which it cuts one, or refuses the skill.
        longest_name: characters of a name.
        list_budget: characters for the list of all skills, those of others included; 0 if it has
            no bound.
        longest_body: characters of the page, so that its first look shows all of it; 0 for any.
    """

    keys: frozenset[str]
    longest_description: int = 1_024
    longest_name: int = 64
    list_budget: int = 0
    longest_body: int = 3_000


_COMMON: Final = frozenset({"name", "description", "disable-model-invocation"})
_CLAUDE: Final = _COMMON | {"argument-hint", "allowed-tools"}

SHARED: Final = Rules(_COMMON, list_budget=8_000)
"""Of folders that several read: of each rule the strictest."""

RULES: Final[Mapping[str, Rules]] = {
    "claude": Rules(_CLAUDE, longest_description=1_536),
    "codex": SHARED,
    "cursor": SHARED,
    "gemini": SHARED,
    "opencode": SHARED,
    "auggie": SHARED,
    "copilot": SHARED,
    "amp": SHARED,
    "kiro-cli": SHARED,
    "qwen": SHARED,
}
"""By runtime."""

OUR_DESCRIPTION: Final = 300
"""Characters that we allow ourselves: every session of every agent begins with it."""

OUR_LIST: Final = 1_200
"""Characters of all names and descriptions."""


def of(runtime: str) -> Rules:
    """The rules of a runtime; of one that nobody has looked at the strictest."""
    return RULES.get(runtime, SHARED)


def faults(files: Iterable[File], rules: Rules) -> Iterator[str]:
    """What is wrong with a folder of skills, a sentence each.

    Args:
        files: all files, by their paths from that folder.
        rules: whose they are.
    """
    by_path = {file.path: file.text for file in files}
    pages = {path: text for path, text in by_path.items() if PurePath(path).name == FILE}
    if not pages:
        yield "there is no skill"
    listed = 0
    for path, text in pages.items():
        folder = PurePath(path).parent
        front, body = parsed(text)
        listed += sum(len(front.get(key, "")) for key in ("name", "description"))
        if front.get("name") != folder.name:
            yield f"{path}: its name is not that of its folder"
        yield from (f"{path}: {fault}" for fault in page_faults(front, body, rules))
        for link in _LINK.findall(body):
            if str(folder / link) not in by_path:
                yield f"{path}: {link} is not there"
    if rules.list_budget and listed > rules.list_budget:
        yield f"the list has {listed} characters, over {rules.list_budget}"


def page_faults(front: Mapping[str, str], body: str, rules: Rules) -> Iterator[str]:
    """What is wrong with one page: a skill's, or a slash command's, which may lack a name."""
    unknown = front.keys() - rules.keys
    if unknown:
        yield f"unknown keys {', '.join(sorted(unknown))}"
    name, description = front.get("name"), front.get("description", "")
    if name is not None and not (_NAME.fullmatch(name) and len(name) <= rules.longest_name):
        yield f"the name {name!r} is not of a-z, 0-9 and single dashes, or too long"
    if not 1 <= len(description) <= rules.longest_description:
        yield f"the description has {len(description)} characters"
    for key, value in front.items():
        if not _PLAIN.fullmatch(value) or any(each in value for each in _AMBIGUOUS):
            yield f"{key} would have to be quoted"
    if front.get("disable-model-invocation") not in {None, "true", "false"}:
        yield "disable-model-invocation is neither true nor false"
    if not body.strip():
        yield "it says nothing"
    if rules.longest_body and len(body) > rules.longest_body:
        yield f"it has {len(body)} characters, over {rules.longest_body}"


def parsed(text: str) -> tuple[dict[str, str], str]:
    """Front matter and body, read as the simplest of the readers does.

    Raises:
        ValueError: it is no page with front matter.
    """
    begin, found, rest = text.partition("---\n")
    head, ended, body = rest.partition("\n---\n")
    if begin or not found or not ended:
        raise ValueError("there is no front matter")
    front: dict[str, str] = {}
    for line in head.splitlines():
        key, colon, value = line.partition(": ")
        if not colon or key in front or key != key.strip():
            raise ValueError(f"{line!r} is no key with a value, or stands twice")
        front[key] = value
    return front, body


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a runtime asks of a JSON file of a plugin.

    Attributes:
        required: keys that must be there, with the type of their value.
        optional: keys that may be.
        is_list: whether the file is a list of such objects.
    """

    required: Mapping[str, type]
    optional: Mapping[str, type]
    is_list: bool = False


_ABOUT: Final[Mapping[str, type]] = {
    "version": str,
    "description": str,
    "author": dict,
    "homepage": str,
    "repository": str,
    "license": str,
    "keywords": list,
}
_EXTENSION: Final = Manifest(
    {"name": str, "version": str},
    {"description": str, "mcpServers": dict, "contextFileName": str},
)
_SERVERS: Final = Manifest({"mcpServers": dict}, {})

MANIFESTS: Final[Mapping[str, Manifest]] = {
    ".claude-plugin/plugin.json": Manifest({"name": str}, _ABOUT),
    ".claude-plugin/marketplace.json": Manifest(
        {"name": str, "owner": dict, "plugins": list}, {"metadata": dict}
    ),
    ".codex-plugin/plugin.json": Manifest(
        {"name": str},
        {**_ABOUT, "skills": str, "hooks": str, "mcpServers": str, "interface": dict},
    ),
    ".agents/plugins/marketplace.json": Manifest(
        {"name": str, "plugins": list}, {"interface": dict}
    ),
    "hooks/hooks.json": Manifest({"hooks": dict}, {"description": str}),
    "monitors/monitors.json": Manifest(
        {"name": str, "command": str, "description": str}, {"when": str}, is_list=True
    ),
    ".mcp.json": _SERVERS,
    "mcp.json": _SERVERS,
    "plugin.json": Manifest({"name": str}, {**_ABOUT, "skills": str, "mcpServers": str}),
    "gemini-extension.json": _EXTENSION,
    "qwen-extension.json": _EXTENSION,
}
"""By the end of the path; of two that fit the longer one counts."""


def manifest_faults(file: File) -> Iterator[str]:
    """What is wrong with a JSON file of a plugin; a file that is none has no fault."""
    if not file.path.endswith(".json"):
        return
    fitting = [each for each in MANIFESTS if f"/{file.path}".endswith(f"/{each}")]
    if not fitting:
        yield f"{file.path}: nobody reads such a file"
        return
    manifest = MANIFESTS[max(fitting, key=len)]
    document: Any = json.loads(file.text)
    if isinstance(document, list) is not manifest.is_list:
        yield f"{file.path}: it is {'no' if manifest.is_list else 'a'} list"
        return
    for each in document if manifest.is_list else [document]:
        yield from _entry_faults(file, manifest, each)


def _entry_faults(file: File, manifest: Manifest, document: Any) -> Iterator[str]:
    if not isinstance(document, dict):
        yield f"{file.path}: it is no object"
        return
    known = {**manifest.required, **manifest.optional}
    for key in manifest.required.keys() - document.keys():
        yield f"{file.path}: {key} is missing"
    for key, value in document.items():
        if key not in known:
            yield f"{file.path}: unknown key {key}"
        elif not isinstance(value, known[key]):
            yield f"{file.path}: {key} is no {known[key].__name__}"

"""Every package: what runtimes ask of it, and nothing of the machine that it was made on."""

from __future__ import annotations

import json
from pathlib import Path, PurePath

import pytest

from thrum import __version__
from thrum.runtimes import registry
from thrum.skills import rules
from thrum.skills.plugins import catalogue
from thrum.skills.skill import File

READERS = {"claude": "claude", "codex": "codex", "any": "gemini"}
EACH = pytest.mark.parametrize("name", catalogue.PACKAGES)


def within(files: list[File], folder: str) -> list[File]:
    """The files below each folder of that name, by their paths from there."""
    found = []
    for file in files:
        parts = PurePath(file.path).parts
        if folder in parts[:-1]:
            inner = parts[parts.index(folder) + 1 :]
            found.append(file._replace(path=str(PurePath(*inner))))
    return found


@EACH
def test_its_skills_obey_the_rules_of_the_reader(name: str) -> None:
    files = list(catalogue.files(name))
    assert list(rules.faults(within(files, "skills"), rules.of(READERS[name]))) == []
    for file in within(files, "commands"):
        front, body = rules.parsed(file.text)
        assert list(rules.page_faults(front, body, rules.of(READERS[name]))) == []


@EACH
def test_its_manifests_have_what_is_asked_for_and_nothing_else(name: str) -> None:
    files = list(catalogue.files(name))
    assert [fault for file in files for fault in rules.manifest_faults(file)] == []
    for file in files:
        if file.path.endswith(("plugin.json", "extension.json")):
            assert json.loads(file.text)["version"] == __version__


@EACH
def test_what_a_manifest_points_to_is_there(name: str) -> None:
    files = list(catalogue.files(name))
    paths = {file.path for file in files}
    pointed = 0
    for file in files:
        if not file.path.endswith("plugin.json"):
            continue
        root = PurePath(file.path).parent
        root = root.parent if root.name.startswith(".") else root
        for value in json.loads(file.text).values():
            if isinstance(value, str) and value.startswith("./"):
                pointed += 1
                target = str(root / value)
                assert target in paths or any(path.startswith(f"{target}/") for path in paths)
    assert pointed or name == "claude"


@EACH
def test_no_path_stands_twice_or_leaves_the_package(name: str) -> None:
    paths = [file.path for file in catalogue.files(name)]
    assert len({*paths}) == len(paths)
    assert all(not PurePath(path).is_absolute() and ".." not in path for path in paths)


@EACH
def test_it_holds_no_path_of_this_machine(name: str) -> None:
    here = (str(Path.home()), str(Path(__file__).parents[4]))
    for file in catalogue.files(name):
        assert not any(place in file.text for place in here if place != "/"), file.path


@EACH
def test_only_what_is_run_may_be_run(name: str) -> None:
    runs = {file.path for file in catalogue.files(name) if file.mode & 0o111}
    assert {PurePath(path).name for path in runs} == (set() if name == "any" else {"thrum"})


@EACH
def test_the_page_says_how_it_is_installed(name: str) -> None:
    first = next(catalogue.files(name, "/some/where"))
    assert first.path == catalogue.README
    for line in catalogue.PACKAGES[name].install:
        assert line.replace("DIR", "/some/where") in first.text


def test_the_three_have_the_same_texts() -> None:
    """One source: a skill says the same in each, below its own front matter."""
    bodies: dict[str, set[str]] = {}
    for name in catalogue.PACKAGES:
        for file in within(list(catalogue.files(name)), "skills"):
            if file.path.endswith("SKILL.md"):
                word = PurePath(file.path).parts[0].removeprefix("thrum-")
                bodies.setdefault(word, set()).add(rules.parsed(file.text)[1])
        for file in within(list(catalogue.files(name)), "commands"):
            word = PurePath(file.path).stem
            bodies.setdefault(word, set()).add(rules.parsed(file.text)[1])
    assert {word: len(found) for word, found in bodies.items()} == dict.fromkeys(bodies, 1)
    assert {"thrum", "send", "inbox"} <= {*bodies}


@pytest.mark.parametrize(
    ("package", "path", "runtime"),
    [
        ("claude", ".mcp.json", "claude"),
        ("codex", ".mcp.json", "codex"),
        ("any", "gemini-extension.json", "gemini"),
        ("any", "qwen-extension.json", "qwen"),
    ],
)
def test_its_server_is_told_of_as_setup_does(package: str, path: str, runtime: str) -> None:
    """With the same times, or a long wait for mail would end in one of the two only."""
    (file,) = (each for each in catalogue.files(package) if each.path.endswith(path))
    server = json.loads(file.text)["mcpServers"]["thrum"]
    also = registry.adapter(runtime).mcp_also
    assert also
    assert {key: value for key, value in server.items() if key not in {"command", "args"}} == also

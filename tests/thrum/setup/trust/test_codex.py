"""Codex trusts hooks by their hashes; what it says itself of a file was recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from thrum.setup.trust import codex, trusted

RECORDED: Final = json.loads(
    (Path(__file__).parents[4] / "fixtures" / "trust" / "codex.json").read_text()
)
OURS: Final = "/home/me/.thrum/bin/thrum hook {} --runtime codex"


def handler(event: str, **more: Any) -> dict[str, Any]:
    return {"type": "command", "command": OURS.format(event), "timeout": 5, **more}


@dataclass
class Person:
    """A home, a work tree, and hooks of ours that were trusted.

    Attributes:
        home: the person's.
        root: the work tree.
        env: the environment.
        folder: where the hooks are.
        more: what the configuration says besides.
    """

    home: Path
    root: Path
    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    more: str = ""

    @property
    def file(self) -> Path:
        return self.folder / "hooks.json"

    def hook(self, **events: list[dict[str, Any]]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps({"hooks": events}))

    def trust(self, *left_out: str, more: str = "") -> None:
        """What Codex writes when the person says yes to all; but for some, and with more."""
        lines = [self.more]
        for each in codex.hooked(json.loads(self.file.read_text())):
            place = f"{each.name}:{each.group}:{each.number}"
            if each.name not in left_out:
                lines.append(f'[hooks.state."{self.file}:{place}"]\n{more}')
                lines.append(f'trusted_hash = "{each.digest}"\n')
        base = Path(self.env.get("CODEX_HOME", self.home / ".codex"))
        base.mkdir(parents=True, exist_ok=True)
        (base / "config.toml").write_text("\n".join(lines))

    def edit(self, change: Callable[[dict[str, Any]], Any]) -> None:
        """Changes the hooks as they stand in the file."""
        document = json.loads(self.file.read_text())
        change(document["hooks"])
        self.file.write_text(json.dumps(document))

    @property
    def is_trusted(self) -> bool | None:
        return trusted("codex", self.home, self.root, self.env)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    found = Person(tmp_path / "home", tmp_path / "work", tmp_path / "home" / ".codex")
    found.root.mkdir()
    found.hook(Stop=[{"hooks": [handler("Stop")]}], SessionEnd=[{"hooks": [handler("SessionEnd")]}])
    return found


def test_the_hashes_are_those_that_codex_has() -> None:
    found = {
        f"{each.name}:{each.group}:{each.number}": each.digest
        for each in codex.hooked(RECORDED["hooks.json"])
    }
    assert found == RECORDED["listed"]


def test_all_hooks_of_ours_have_to_be_trusted(person: Person) -> None:
    assert person.is_trusted is False  # there is no configuration
    person.trust()
    assert person.is_trusted is True
    person.trust("stop")
    assert person.is_trusted is False
    person.trust(more="enabled = true\n")
    assert person.is_trusted is True
    person.trust(more="enabled = false\n")
    assert person.is_trusted is False


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another time": lambda hooks: hooks["Stop"][0]["hooks"][0].update(timeout=6),
    "another command": lambda hooks: hooks["Stop"][0]["hooks"][0].update(
        command=OURS.format("Stop") + " --more"
    ),
    "a word for people": lambda hooks: hooks["Stop"][0]["hooks"][0].update(statusMessage="!"),
    "in the background": lambda hooks: hooks["Stop"][0]["hooks"][0].update({"async": True}),
    "a matcher": lambda hooks: hooks["SessionEnd"][0].update(matcher="other"),
    "another one in front": lambda hooks: hooks["Stop"].insert(0, {"hooks": []}),
    "one more of ours": lambda hooks: hooks.update(PreCompact=[{"hooks": [handler("PreCompact")]}]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_hook_that_changed_is_not_trusted(
    person: Person, change: Callable[[dict[str, Any]], Any]
) -> None:
    person.trust()
    person.edit(change)
    assert person.is_trusted is False


@pytest.mark.parametrize(
    "change",
    [
        lambda hooks: hooks["Stop"][0].update(matcher="*"),
        lambda hooks: hooks["SessionEnd"][0]["hooks"][0].update(timeout=3),
        lambda hooks: hooks["Stop"].append({"hooks": [{"type": "command", "command": "say x"}]}),
        lambda hooks: hooks.update(Interrupt=[{"hooks": [{"type": "command", "command": "y"}]}]),
    ],
    ids=["no matcher counts", "the same time in the end", "one behind it", "of others"],
)
def test_what_is_the_same_to_codex_stays_trusted(
    person: Person, change: Callable[[dict[str, Any]], Any]
) -> None:
    person.trust()
    person.edit(change)
    assert person.is_trusted is True


def test_no_hook_runs_where_all_are_off(person: Person) -> None:
    person.more = "[features]\nhooks = false\n"
    person.trust()
    assert person.is_trusted is False


def test_the_folder_that_a_variable_names_counts_without_links(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    found = Person(tmp_path, tmp_path, real, {"CODEX_HOME": str(link)})
    found.hook(Stop=[{"hooks": [handler("Stop")]}])
    found.trust()
    assert found.is_trusted is True


def test_a_home_behind_a_link_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    home = tmp_path / "home"
    home.symlink_to(tmp_path / "real")
    found = Person(home, tmp_path, home / ".codex")
    found.hook(Stop=[{"hooks": [handler("Stop")]}])
    found.trust()
    assert found.is_trusted is True


@pytest.mark.parametrize("level", ["trusted", "untrusted", ""])
def test_hooks_of_a_project_need_trust_in_the_project_too(tmp_path: Path, level: str) -> None:
    root = tmp_path / "work"
    found = Person(tmp_path / "home", root, root / ".codex")
    found.more = f'[projects."{root}"]\ntrust_level = "{level}"\n' if level else ""
    found.hook(Stop=[{"hooks": [handler("Stop")]}])
    found.trust()
    assert found.is_trusted is (level == "trusted")


def test_in_a_linked_work_tree_the_main_one_counts(
    tmp_path: Path, trees: tuple[Path, Path]
) -> None:
    main, linked = trees
    found = Person(tmp_path / "home", linked, main / ".codex")
    found.more = f'[projects."{main}"]\ntrust_level = "trusted"\n'
    found.hook(Stop=[{"hooks": [handler("Stop")]}])
    found.trust()
    assert found.is_trusted is True
    found.file.unlink()
    found.folder = linked / ".codex"
    found.hook(Stop=[{"hooks": [handler("Stop")]}])
    found.trust()
    assert found.is_trusted is None  # nobody reads it


@pytest.mark.parametrize("text", ["[", '[hooks]\nstate = "x"\n', "\xff"])
def test_of_what_cannot_be_understood_nothing_is_known(person: Person, text: str) -> None:
    (person.home / ".codex" / "config.toml").write_bytes(text.encode("latin-1"))
    assert person.is_trusted is None


@pytest.mark.parametrize("hooks", ["[]", "{", '{"hooks": []}', '{"hooks": {"Stop": 1}}', "{}"])
def test_without_hooks_of_ours_nothing_is_known(person: Person, hooks: str) -> None:
    person.file.write_text(hooks)
    assert person.is_trusted is None


def test_a_configuration_that_cannot_be_read_says_nothing(person: Person) -> None:
    (person.home / ".codex" / "config.toml").mkdir()
    assert person.is_trusted is None

"""``thrum setup plugin``, and ``thrum setup`` where such a plugin is in use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from thrum.skills import slash
from thrum.skills.plugins import catalogue
from thrum.skills.slash import Slash


@pytest.mark.parametrize("name", catalogue.PACKAGES)
def test_it_writes_all_files_and_says_what_installs_them(world: Any, name: str) -> None:
    ran = world.run("setup", "plugin", name, "--to", "out/a plugin")
    folder = world.root / "out" / "a plugin"
    assert ran.code == 0, ran.err
    assert (folder / catalogue.README).is_file()
    for line in catalogue.PACKAGES[name].install:
        assert line.replace("DIR", f"'{folder}'") in ran.out
    again = world.run("setup", "plugin", name, "--to", "out/a plugin", "--json").document
    assert again["written"] == []
    assert again["path"] == str(folder)
    assert world.daemon.requests == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (("emacs", "--to", "out"), 2),
        (("claude",), 2),
        (("--to", "out"), 2),
        (("claude", "--to", ".git"), 1),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused(world: Any, line: list[str], code: int) -> None:
    before = sorted(world.root.rglob("*"))
    ran = world.run("setup", "plugin", *line)
    assert ran.code == code
    assert ran.err
    assert sorted(world.root.rglob("*")) == before


def enable(home: Path, value: bool = True) -> Path:
    settings = home / ".claude" / "settings.json"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(json.dumps({"enabledPlugins": {"thrum@thrum": value}}))
    return settings


@pytest.mark.usefixtures("forged_server")
def test_setup_leaves_out_what_the_plugin_brings_and_says_so(world: Any) -> None:
    home = Path(world.env["HOME"])
    settings = enable(home)
    ran = world.run("setup", "--runtime", "claude", "--yes")
    assert ran.code == 0, ran.err
    assert "has the plugin thrum@thrum" in ran.out
    found = json.loads(settings.read_text())
    assert "hooks" not in found
    assert found["statusLine"]  # which no plugin brings
    assert not (home / ".claude" / "skills").exists()
    assert not (home / ".claude.json").exists()


@pytest.mark.usefixtures("forged_server")
def test_another_runtime_and_a_plugin_that_is_off_change_nothing(world: Any) -> None:
    home = Path(world.env["HOME"])
    settings = enable(home)
    assert "has the plugin" not in world.run("setup", "--runtime", "codex", "--yes").out
    assert (home / ".codex" / "hooks.json").exists()
    enable(home, value=False)
    assert "has the plugin" not in world.run("setup", "--runtime", "claude", "--yes").out
    assert json.loads(settings.read_text())["hooks"]


@pytest.mark.usefixtures("forged_server")
def test_files_that_the_plugin_brings_since_go_with_the_next_setup(world: Any) -> None:
    home = Path(world.env["HOME"])
    mine = home / ".claude" / "skills" / "mine" / "SKILL.md"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    world.run("setup", "--runtime", "claude", "--yes")
    settings = home / ".claude" / "settings.json"
    found = json.loads(settings.read_text()) | {"enabledPlugins": {"thrum@thrum": True}}
    settings.write_text(json.dumps(found))
    shown = world.run("setup", "--runtime", "claude", "--dry-run").out
    assert "remove " in shown
    assert (home / ".claude.json").exists()
    ran = world.run("setup", "--runtime", "claude", "--yes")
    assert ran.code == 0, ran.err
    assert not (home / ".claude.json").exists()
    assert [path.name for path in (home / ".claude" / "skills").iterdir()] == ["mine"]
    world.run("setup", "remove", "--runtime", "claude")
    assert json.loads(settings.read_text()) == {"enabledPlugins": {"thrum@thrum": True}}


@pytest.mark.usefixtures("forged_server")
def test_what_an_older_one_had_goes_with_the_next_setup(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless another runtime still has it, or somebody put something else there."""
    home = Path(world.env["HOME"])
    old = Slash("poll", "An older command", "`thrum poll`", "")
    with monkeypatch.context() as older:
        older.setattr(slash, "SLASHES", (*slash.SLASHES, old))
        world.run("setup", "--runtime", "claude", "--runtime", "codex", "--yes")
        world.run("setup", "--runtime", "gemini", "--yes")
    claude, shared = (home / each / "skills" / "thrum-poll" for each in (".claude", ".agents"))
    assert claude.exists()
    assert shared.exists()
    for runtime, is_left in (("claude", True), ("codex", True), ("gemini", False)):
        assert world.run("setup", "--runtime", runtime, "--yes").code == 0
        assert not claude.exists()
        assert (shared / "SKILL.md").exists() is is_left
    assert (shared.parent / "thrum-send" / "SKILL.md").exists()

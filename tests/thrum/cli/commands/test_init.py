"""``thrum init``; `test_real` has the wizard and the daemon."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from thrum.roles import shipped


@pytest.fixture
def fresh(world: Any, clone: Any) -> Any:
    """A world in a repository without Thrum."""
    world.root, world.env = clone.root, clone.env
    return world


def test_a_repository_is_made_ready_once(fresh: Any) -> None:
    ran = fresh.run("init", "--no-daemon")
    assert ran.out.startswith(f"✓ Initialised {fresh.root} (branch a-sync created)\n")
    assert "✓ .thrum/ is ignored in " in ran.out
    assert ran.out.endswith("Next: thrum quickstart NAME --role ROLE --module MODULE\n")
    assert fresh.run("init", "--no-daemon").out.startswith("✓ Already initialised: ")


def test_the_document(fresh: Any) -> None:
    document = fresh.run("init", "--no-daemon", "--json").document
    assert (document["repo_path"], document["fresh"]) == (str(fresh.root), True)
    assert document["branch"] == "created"
    assert {"daemon", "quickstart", "worktree"}.isdisjoint(document)


def test_where_it_is_ignored_is_a_choice(fresh: Any) -> None:
    fresh.run("init", "--no-daemon", "--gitignore")
    assert ".thrum" in (fresh.root / ".gitignore").read_text()
    assert fresh.run("init", "--no-daemon", "--gitignore", "--stealth").code == 2


def test_a_name_without_a_daemon_registers_nobody(fresh: Any) -> None:
    line = ["init", "--no-daemon", "--name", "nux", "--role", "tester", "--module", "api"]
    ran = fresh.run(*line, terminal=True)
    assert ran.code == 0
    assert ran.err == "@nux is not registered: that needs the daemon (--no-daemon)\n"
    assert not list((fresh.root / ".thrum").glob("identities/*.json"))


@pytest.mark.parametrize("where", ["fresh", "set up", "a linked worktree"])
def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    fresh: Any, clone: Any, tmp_path: Path, where: str
) -> None:
    main = fresh.root
    if where != "fresh":
        fresh.run("init", "--no-daemon")
    if where == "a linked worktree":
        clone.git("worktree", "add", "-q", str(tmp_path / "side"))
        fresh.root = tmp_path / "side"
    before = sorted(str(each) for each in tmp_path.rglob("*"))
    document = fresh.run("init", "--dry-run", "--json", "--name", "nux").document
    assert document["shared"] == str(main / ".thrum")
    assert document["fresh"] is (where != "set up")
    assert ("worktree" in document) is (where == "a linked worktree")
    assert document["registers"] == "nux"
    ran = fresh.run("init", "--dry-run", "--name", "nux")
    assert ran.out.startswith(f"Would {'look again at' if where == 'set up' else 'initialise'}")
    assert "register @nux" in ran.out
    assert sorted(str(each) for each in tmp_path.rglob("*")) == before


def test_where_worktrees_shall_be_made_is_kept(fresh: Any, tmp_path: Path) -> None:
    for given in ("../trees", str(tmp_path / "trees")):
        assert fresh.run("init", "--no-daemon", "--worktrees-root", given).code == 0
        kept = json.loads((fresh.root / ".thrum/config.json").read_text())
        assert kept["worktrees"]["base_path"] == str(tmp_path / "trees")
    fresh.run("init", "--no-daemon", "--worktrees-root", "~/trees")
    kept = json.loads((fresh.root / ".thrum/config.json").read_text())
    assert kept["worktrees"]["base_path"] == f"{fresh.env['HOME']}/trees"


def test_worktrees_are_made_in_a_folder_outside_of_all_of_them(
    fresh: Any, clone: Any, tmp_path: Path
) -> None:
    clone.git("worktree", "add", "-q", str(tmp_path / "side"))
    (tmp_path / "into").symlink_to(fresh.root)
    (tmp_path / "file").touch()
    for given, said in (
        ("trees", "lies in the work tree"),
        (".", "lies in the work tree"),
        ("~nobody/trees", "lies in the work tree"),
        ("../side/trees", "lies in the work tree"),
        ("../into/trees", "lies in the work tree"),
        ("../file", "is no folder"),
    ):
        ran = fresh.run("init", "--no-daemon", "--worktrees-root", given)
        assert (ran.code, said in ran.err) == (2, True), given
    assert not (fresh.root / ".thrum").exists()


@pytest.mark.parametrize("flag", ["--stealth", "--gitignore"])
def test_a_dry_run_says_where_it_would_be_ignored(fresh: Any, flag: str) -> None:
    place = ".gitignore" if flag == "--gitignore" else ".git/info/exclude"
    line = ["init", "--dry-run", flag]
    assert f"Would have .thrum/ ignored in {fresh.root / place}\n" in fresh.run(*line).out
    told = fresh.run(*line, "--json").document
    assert told["ignored_in"] == str(fresh.root / place)
    assert "registers" not in told
    fresh.run("init", "--no-daemon", flag)
    assert "ignored" not in fresh.run(*line).out


@pytest.mark.parametrize(("name", "autonomy"), [("default", "strict"), ("enhanced", "autonomous")])
def test_texts_for_all_roles_at_once(fresh: Any, name: str, autonomy: str) -> None:
    told = fresh.run("init", "--no-daemon", "--roles", name, "--json").document["roles"]
    assert told["set"] == name
    assert set(told["written"]) == {*shipped.ROLES, "orchestrator"}
    folder = fresh.root / ".thrum/role_templates"
    for role in shipped.ROLES:
        assert (folder / f"{role}.md").read_text() == shipped.read(f"{role}-{autonomy}").body
    kept = json.loads((fresh.root / ".thrum/config.json").read_text())["role_config"]
    assert kept["roles"]["tester"]["autonomy"] == autonomy


def test_texts_that_are_chosen_anew(fresh: Any) -> None:
    fresh.run("init", "--no-daemon", "--roles", "default")
    folder = fresh.root / ".thrum/role_templates"
    (folder / "tester.md").write_text("mine")
    (folder / "driver.md").write_text("of ours")
    ran = fresh.run("init", "--no-daemon", "--roles", "enhanced")
    assert "✓ 10 role texts (enhanced)" in ran.out
    assert ran.err == f"what was changed by hand is in {folder / 'tester.md.edited'}\n"
    assert (folder / "tester.md.edited").read_text() == "mine"
    assert (folder / "driver.md").read_text() == "of ours"
    assert len(list(folder.iterdir())) == 12, "what nobody has changed is not put aside"


def test_no_texts_for_roles(fresh: Any) -> None:
    for line in (["--roles", "skip"], []):
        assert "roles" not in fresh.run("init", "--no-daemon", "--json", *line).document
    assert not (fresh.root / ".thrum/role_templates").exists()
    for wrong in ("strict", "", "Default"):
        ran = fresh.run("init", "--no-daemon", "--roles", wrong)
        assert (ran.code, "enhanced, default or skip" in ran.err) == (2, True)


def test_what_a_failure_leaves_is_told_before(fresh: Any) -> None:
    (fresh.root / ".thrum").mkdir()
    (fresh.root / ".thrum/config.json").write_text('{"role_config": 3}')
    ran = fresh.run("init", "--no-daemon", "--roles", "default")
    assert ran.code == 1
    assert ran.out.startswith("✓ Already initialised: ")
    assert "no JSON object" in ran.err


def test_a_role_without_a_name_registers_nobody(fresh: Any) -> None:
    for line in (["--role", "tester"], ["--module", "api"], ["--role", "a", "--module", "b"]):
        ran = fresh.run("init", "--no-daemon", *line)
        assert ran.code == 0
        assert ran.err == "nobody is registered: --role and --module need a --name\n"


def test_a_dry_run_says_it_of_roles_and_worktrees(fresh: Any, tmp_path: Path) -> None:
    line = ["init", "--dry-run", "--roles", "enhanced", "--worktrees-root", "../trees"]
    ran = fresh.run(*line)
    assert f"Would have worktrees for agents made in {tmp_path / 'trees'}\n" in ran.out
    assert "Would write the texts of all roles (enhanced)\n" in ran.out
    document = fresh.run(*line, "--json").document
    assert document["worktrees_root"] == str(tmp_path / "trees")
    assert document["roles"] == {"set": "enhanced"}
    assert not (fresh.root / ".thrum").exists()


@pytest.mark.usefixtures("forged_server")
def test_files_that_moved_are_told(fresh: Any, clone: Any, tmp_path: Path) -> None:
    clone.git("worktree", "add", "-q", str(tmp_path / "side"))
    old = tmp_path / "side/.thrum"
    (old / "var").mkdir(parents=True)
    (old / "config.json").write_text("{}")
    assert f"Would move them there from {old}" in fresh.run("init", "--dry-run").out
    assert f"✓ The shared files moved here from {old}" in fresh.run("init", "--no-daemon").out


def test_outside_git_there_is_nothing_to_begin_in(world: Any, tmp_path: Path) -> None:
    world.root = tmp_path / "plain"
    world.root.mkdir()
    ran = world.run("init", "--json")
    assert (ran.code, ran.error["kind"]) == (1, "guard")
    assert ran.error["reason"] == "not_a_git_repo"
    assert ran.error["message"] == f"{world.root} is in no git work tree"
    said = world.run("init").err
    assert said.startswith(f"Error: {world.root} is in no git work tree; run `git init` first")
    assert said.count("\n") == 1
    assert list(world.root.iterdir()) == []


NAMED = "`thrum setup` connects Claude Code and Codex to Thrum"


@pytest.fixture
def user(fresh: Any) -> Any:
    """The same, for somebody who has two agent programs."""
    fresh.env = {**fresh.env, "PATH": "/usr/bin:/bin"}
    for folder in (".codex", ".claude"):
        (Path(fresh.env["HOME"]) / folder).mkdir()
    return fresh


def test_agent_programs_that_are_here_are_named_last(user: Any) -> None:
    line = ["init", "--no-daemon", "--non-interactive"]
    hint = f"\n  info [init.connect-agents]: {NAMED}\n"
    assert user.run(*line, terminal=True).err == hint
    assert user.run(*line, terminal=True).err == hint, "not only at first"
    told = user.run(*line, "--json").document["hints"]
    assert [each["code"] for each in told] == ["init.connect-agents"]
    assert told[0] | {"message": NAMED, "options": []} == told[0]


def test_they_are_named_to_nobody_else(user: Any) -> None:
    line = ["init", "--no-daemon", "--non-interactive"]
    assert user.run(*line).err == ""
    assert user.run(*line, "--quiet", terminal=True).err == ""
    assert user.run(*line, "--runtime", "codex", terminal=True).err == ""
    user.env["THRUM_NO_HINTS"] = "1"
    assert user.run(*line, terminal=True).err == ""
    assert "hints" not in user.run(*line, "--json").document


@pytest.mark.usefixtures("forged_server")
def test_who_was_set_up_is_not_named(user: Any) -> None:
    line = ["init", "--no-daemon", "--non-interactive"]
    user.run(*line)
    user.run("setup", "--runtime", "claude", "--yes")
    said = user.run(*line, terminal=True).err
    assert said.endswith("`thrum setup` connects Codex to Thrum\n")
    user.run("setup", "--yes")
    assert user.run(*line, terminal=True).err == ""


def test_programs_are_told_what_comes_next(clone: Any) -> None:
    clone.env["PATH"] = "/usr/bin:/bin"
    first = clone("init", "--non-interactive", "--no-daemon", "--json").document
    (hint,) = first["hints"]
    assert hint["code"] == "init.next-quickstart"
    assert hint["options"][0]["cmd"].startswith("thrum quickstart ")
    assert "hints" not in clone("init", "--non-interactive", "--no-daemon", "--json").document

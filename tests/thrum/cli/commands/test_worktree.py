"""``thrum worktree``: what is made, what is taken back, what keeps a worktree from going."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import forge, seeds
from thrum.cli import table
from thrum.cli.steps import standing
from thrum.identity import files, process
from thrum.setup import receipts
from thrum.setup.receipts import Placed, Receipt
from thrum.worktrees.record import Record, Records

ROW = {"agent_id": "nux", "role": "tester", "module": "engine"}
AGENT = ("--role", "tester", "--module", "engine")


class Yard:
    """A world in a real repository, whose daemon knows who was registered."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.root: Path = world.root
        self.home = Path(world.env["HOME"])
        self.folder = self.home / ".thrum/worktrees/shop"
        self.nux = self.folder / "nux"
        self.agents: list[dict[str, Any]] = []
        self.sessions: list[dict[str, Any]] = []
        world.env |= {
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_NAME": "T" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "t@example.org" for who in ("AUTHOR", "COMMITTER")},
        }
        shutil.rmtree(self.root / ".git")
        seeds.begin(self.root, world.env, "first", {"a.txt": "a\n"})
        (self.root / ".git/info/exclude").write_text(".thrum/\n")
        (self.root / ".thrum/identities/furiosa.json").unlink()
        world.daemon.answers |= {
            "agent.list": lambda _: {"agents": self.agents},
            "agent.register": self._register,
            "agent.delete": self._delete,
            "team.list": {"members": []},
            "agent.cleanup": {"orphans": None, "deleted": [], "dry_run": True},
            "session.list": lambda _: {"sessions": self.sessions},
        }

    def _register(self, params: dict[str, Any]) -> dict[str, Any]:
        self.agents = [{"agent_id": params["name"], **params}]
        return {"agent_id": params["name"], "status": "registered"}

    def _delete(self, params: dict[str, Any]) -> dict[str, Any]:
        if not self.agents:
            raise self.world.refuse("not_found", "agent not found")
        self.agents = []
        return {"agent_id": params["name"], "deleted": True}

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd or self.root,
            env=self.world.env,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout.strip()

    def run(self, *argv: str, code: int = 0, **how: Any) -> Any:
        ran = self.world.run("worktree", *argv, **how)
        assert ran.code == code, (ran.out, ran.err)
        return ran

    def branches(self) -> set[str]:
        return set(self.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split())

    @property
    def records(self) -> Records:
        return Records(self.root / ".thrum/var/worktrees")

    def configure(self, **keys: Any) -> None:
        (self.root / ".thrum/config.json").write_text(json.dumps(keys))


@pytest.fixture
def unforged(world: Any, refuse: Any) -> Yard:
    """One in which what runs in a new worktree is started as people's is."""
    world.refuse = refuse
    return Yard(world)


@pytest.fixture
def yard(unforged: Yard, monkeypatch: pytest.MonkeyPatch) -> Yard:
    """One in which the forge does it: to load the program is most of what that costs."""

    def run(
        line: Sequence[str], folder: Path, env: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        own = {**env, **forge.told(os.environ)}
        return forge.run(line, cwd=folder, env=own, limit=standing.LIMIT_S)

    monkeypatch.setattr(standing, "_run", run)
    return unforged


# -- create --


def test_a_worktree_of_ones_own(unforged: Yard) -> None:
    yard = unforged
    ran = yard.run("create", "nux", *AGENT, "--intent", "weld")
    assert ran.out.splitlines() == [
        f"✓ Worktree created at {yard.nux} (feature/nux, from main)",
        "✓ Thrum redirect configured",
        "✓ Registered @nux in worktree",
    ]
    assert ran.err == f"Next: cd {yard.nux}\n"
    assert (yard.nux / ".thrum/redirect").read_text() == f"{yard.root / '.thrum'}\n"
    for name in ("", "identities", "context"):
        assert (yard.nux / ".thrum" / name).stat().st_mode & 0o777 == 0o750
    identity = json.loads((yard.nux / ".thrum/identities/nux.json").read_text())
    assert identity["agent"]["role"] == "tester"
    assert (identity["worktree"], identity["branch"]) == (str(yard.nux), "feature/nux")
    assert identity["intent"] == "weld"
    assert "agent_pid" not in identity
    # Registered by nobody's process: the program that is to be the agent has not begun.
    assert "agent_pid" not in yard.world.daemon.params("agent.register")
    assert yard.records.all() == {}


def test_for_programs(yard: Yard) -> None:
    found = yard.run("create", "nux", *AGENT, "--json").document
    assert found == {
        "worktree_path": str(yard.nux),
        "branch": "feature/nux",
        "base": "main",
        "reused": False,
        "agent": "nux",
    }
    again = yard.run("setup", "nux", *AGENT, "--json").document
    assert (again["reused"], again["worktree_path"]) == (True, str(yard.nux))


def test_again_changes_nothing(yard: Yard) -> None:
    yard.run("create", "nux", *AGENT)
    file = yard.nux / ".thrum/identities/nux.json"
    before, asked = file.read_bytes(), yard.world.daemon.methods.count("agent.register")
    ran = yard.run("create", "nux", *AGENT)
    assert "✓ Worktree reused at" in ran.out
    assert "✓ Lives there already: @nux in worktree" in ran.out
    assert file.read_bytes() == before
    assert yard.world.daemon.methods.count("agent.register") == asked


def test_nobody_lives_there_unless_somebody_says_so(yard: Yard) -> None:
    yard.run("create", "nux")
    assert list((yard.nux / ".thrum/identities").iterdir()) == []
    assert "agent.list" not in yard.world.daemon.methods


def test_a_name_alone_is_enough_of_one_that_is_known(yard: Yard) -> None:
    yard.agents = [ROW | {"agent_id": "toast"}]
    yard.run("create", "nux", "--name", "toast")
    assert (yard.nux / ".thrum/identities/toast.json").is_file()


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["create", "nux", "--name", "nux"], "usage"),
        (["create", "nux", "--role", "tester"], "usage"),
        (["create", "nux", "--intent", "x"], "usage"),
        (["create", "nux", "--detach", "-b", "x"], "usage"),
        (["create", "nux", "--runtime", "nope"], "not_found"),
        (["create", "nux", "--base", "nope"], "not_found"),
        (["create", "../nux"], "usage"),
        (["teardown", "a/b"], "usage"),
        (["teardown", "nux"], "not_found"),
        (["teardown", "nux", "--keep-branch", "--delete-branch"], "usage"),
    ],
)
def test_what_makes_no_sense_makes_nothing(yard: Yard, words: list[str], kind: str) -> None:
    ran = yard.run(*words, "--json", code=2 if kind == "usage" else 1)
    assert ran.error["kind"] == kind
    assert not yard.folder.exists()
    assert yard.branches() == {"main"}


def test_without_a_daemon_nobody_is_registered_and_nothing_made(yard: Yard) -> None:
    yard.world.env["THRUM_SOCKET"] = str(yard.home / "nothing.sock")
    assert yard.run("create", "nux", *AGENT, "--json", code=1).error["kind"] == "daemon_down"
    assert not yard.folder.exists()
    yard.run("create", "nux")
    yard.run("list")
    yard.run("teardown", "nux")


def test_who_cannot_be_registered_leaves_nothing(yard: Yard) -> None:
    yard.world.daemon.answers["agent.register"] = yard.world.refuse("name_taken", "it is mine")
    for _ in range(2):
        ran = yard.run("create", "nux", *AGENT, "--json", "--runtime", "claude", code=1)
        assert (ran.error["kind"], ran.error["message"]) == ("name_taken", "it is mine")
        assert not yard.folder.exists()
        assert not (yard.home / ".thrum/worktrees").exists()
        assert yard.branches() == {"main"}
        assert yard.git("worktree", "list").count("\n") == 0
        assert yard.records.all() == {}
        assert not (yard.home / ".thrum/setup/receipts.json").exists()


def test_what_was_there_before_stays_where_something_fails(yard: Yard) -> None:
    yard.git("worktree", "add", "-q", "-b", "feature/nux", str(yard.nux))
    stranger = yard.nux / ".thrum/identities/toast.json"
    stranger.parent.mkdir(parents=True)
    stranger.write_text(json.dumps({"version": 5, "agent": {"name": "toast"}}))
    (yard.nux / "mine").write_text("x")
    yard.world.daemon.answers["agent.register"] = yard.world.refuse("name_taken", "no")
    yard.run("create", "nux", *AGENT, "--runtime", "claude", code=1)
    assert sorted(each.name for each in yard.nux.iterdir()) == [".git", ".thrum", "a.txt", "mine"]
    assert [each.name for each in stranger.parent.glob("*.json")] == ["toast.json"]
    assert "feature/nux" in yard.branches()


def test_an_agent_that_was_registered_is_forgotten_again(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write", full)
    yard.run("create", "nux", *AGENT, code=1)
    assert yard.world.daemon.params("agent.delete") == {"name": "nux", "caller_agent_id": "nux"}
    assert yard.agents == []
    assert not yard.nux.exists()


def test_a_worktree_is_one_agents_home(yard: Yard) -> None:
    yard.run("create", "nux", *AGENT)
    ran = yard.run("create", "nux", "--name", "toast", *AGENT)
    assert "the identity of nux does not belong there: in quarantine" in ran.err
    folder = yard.nux / ".thrum/identities"
    assert [each.name for each in folder.glob("*.json")] == ["toast.json"]
    (aside,) = (folder / ".quarantine").iterdir()
    assert aside.name == "nux.json.20260102T030405Z"


@pytest.fixture
def program() -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        yield child
        child.kill()


def resides(yard: Yard, pid: int) -> None:
    """Has @nux be at work in its worktree, as that process."""
    found = process.look(pid)
    assert found is not None
    file = yard.nux / ".thrum/identities/nux.json"
    about = json.loads(file.read_text())
    file.write_text(json.dumps({**about, "agent_pid": pid, "agent_pid_started": found.started}))


def test_who_is_at_work_stays(yard: Yard, program: subprocess.Popen[bytes]) -> None:
    yard.run("create", "nux", *AGENT)
    resides(yard, program.pid)
    ran = yard.run("create", "nux", "--name", "toast", *AGENT, code=1)
    assert f"@nux is at work in {yard.nux}, process {program.pid}" in ran.err
    assert (yard.nux / ".thrum/identities/nux.json").is_file()


@pytest.mark.parametrize("what", ["link", "identities", "file"])
def test_what_a_branch_puts_in_our_place_is_refused(yard: Yard, what: str) -> None:
    place = yard.root / "x"
    if what == "link":
        place.symlink_to(yard.home)
    elif what == "file":
        place.write_text("x")
    else:
        place.mkdir()
        (place / "identities").symlink_to(yard.home)
    yard.git("checkout", "-qb", "evil")
    yard.git("add", "x")
    yard.git("mv", "x", ".thrum-evil")
    yard.git("commit", "-qm", "x")
    tree = yard.git("rev-parse", "HEAD^{tree}")
    entries = yard.git("ls-tree", tree).replace(".thrum-evil", ".thrum")
    made = subprocess.run(
        ["git", "mktree"], cwd=yard.root, input=entries + "\n", text=True, capture_output=True
    )
    commit = yard.git("commit-tree", "-m", "y", made.stdout.strip())
    yard.git("checkout", "-q", "main")
    yard.git("branch", "-f", "evil", commit)
    ran = yard.run("create", "nux", "-b", "evil", *AGENT, "--json", code=1)
    assert ran.error["kind"] in {"conflict", "config"}
    assert not yard.nux.exists()
    assert "evil" in yard.branches()
    assert not list(yard.home.glob("*.json"))


def test_what_was_cut_off_is_finished(yard: Yard) -> None:
    """As SIGKILL leaves it between git's part and ours."""
    yard.git("worktree", "add", "-q", "-b", "feature/nux", str(yard.nux))
    commit = yard.git("rev-parse", "main")
    record = Record(
        "create", str(yard.nux), "feature/nux", commit, made=True, made_branch=True, whole=True
    )
    with yard.records.held("nux"):
        yard.records.write("nux", record)
    (row,) = [e for e in yard.run("list", "--json").document if e["path"] == str(yard.nux)]
    assert row["unfinished"] == "create was cut off"
    yard.run("create", "nux", *AGENT)
    assert (yard.nux / ".thrum/identities/nux.json").is_file()
    assert yard.records.all() == {}


def test_what_was_cut_off_and_fails_again_is_still_known(yard: Yard) -> None:
    yard.git("worktree", "add", "-q", "-b", "feature/nux", str(yard.nux))
    record = Record("create", str(yard.nux), "feature/nux", "c0ffee", made=True, whole=True)
    with yard.records.held("nux"):
        yard.records.write("nux", record)
    (yard.nux / "worked").write_text("since")
    yard.world.daemon.answers["agent.register"] = yard.world.refuse("name_taken", "no")
    yard.run("create", "nux", *AGENT, code=1)
    assert (yard.nux / "worked").is_file()
    assert yard.records.all() == {"nux": record}


def test_the_configuration_says_where(yard: Yard) -> None:
    yard.configure(worktrees={"base_path": "../wts"})
    found = yard.run("create", "nux", "--json").document
    assert found["worktree_path"] == str(yard.root.parent / "wts/shop/nux")
    yard.configure(worktrees={"base_path": str(yard.root / "inside")})
    ran = yard.run("create", "toast", code=2)
    assert "lies in the work tree" in ran.err
    assert not (yard.root / "inside").exists()


def test_notes_are_said(yard: Yard) -> None:
    yard.git("checkout", "-q", "--detach")
    ran = yard.run("create", "nux")
    assert ran.err.startswith("warning: HEAD is on no branch here, so it begins at main;")
    assert yard.run("create", "toast", "--json").document["warnings"]


# -- runtimes --


def test_a_runtime_gets_its_files_in_that_worktree_alone(yard: Yard) -> None:
    yard.world.daemon.answers["tmux.status"] = yard.world.refuse("program", "there is no tmux")
    ran = yard.run("create", "nux", *AGENT, "--runtime", "claude-code")
    assert "✓ Claude Code: " in ran.out
    assert ran.out.endswith(f"Next: cd {yard.nux} && claude\n")
    assert (yard.nux / ".claude/settings.local.json").is_file()
    assert not (yard.root / ".claude").exists()
    identity = json.loads((yard.nux / ".thrum/identities/nux.json").read_text())
    assert (identity["runtime"], identity["preferred_runtime"]) == ("claude", "claude")
    # The repository's own choice stays.
    assert json.loads((yard.root / ".thrum/config.json").read_text()) == {}
    yard.run("teardown", "nux")
    assert not yard.nux.exists()
    assert not (yard.home / ".thrum/setup/receipts.json").exists()


def test_the_repositorys_runtime_is_meant_where_none_is_named(yard: Yard) -> None:
    yard.configure(runtime={"primary": "codex"})
    found = yard.run("create", "nux", *AGENT, "--json").document
    assert found["runtime"] == "codex"
    assert {each["runtime"] for each in found["files"]} == {"codex"}
    yard.configure(runtime={"primary": "gone"})
    ran = yard.run("create", "toast")
    assert "runtime.primary is passed over" in ran.err


def test_files_of_runtimes_come_only_where_they_are_wanted(yard: Yard) -> None:
    yard.configure(runtime={"primary": "codex"}, worktrees={"thrum_enabled": False})
    found = yard.run("create", "nux", *AGENT, "--json").document
    assert (found["runtime"], "files" in found) == ("codex", False)
    assert not (yard.nux / ".codex").exists()
    # Neither does one get what others have, and who asks gets them.
    assert "files" in yard.run("create", "toast", "--runtime", "claude", "--json").document
    assert "files" not in yard.run("create", "bench", "--json").document
    assert "files" in yard.run("create", "bench", "--runtime", "codex", "--json").document


def test_one_that_its_person_has_everywhere_needs_nothing(yard: Yard) -> None:
    placed = (Placed("hooks", "entry"),)
    with receipts.held(yard.home) as known:
        receipt = Receipt(was_there=False, runtimes=("codex",), placed=placed)
        known.note(yard.home / ".codex/hooks.json", receipt)
    found = yard.run("create", "nux", "--runtime", "codex", "--json").document
    assert "files" not in found
    assert not (yard.nux / ".codex").exists()


def test_a_file_in_the_way_is_said_and_left(yard: Yard) -> None:
    (yard.root / ".mcp.json").write_text("not json")
    yard.git("add", ".mcp.json")
    yard.git("commit", "-qm", "x")
    ran = yard.run("create", "nux", "--runtime", "claude", "--json")
    assert ".mcp.json" in ran.document["warnings"][0]
    assert (yard.nux / ".mcp.json").read_text() == "not json"


@pytest.mark.parametrize("link", [".mcp.json", ".claude"])
def test_a_link_of_the_branch_leads_nowhere_else(yard: Yard, link: str) -> None:
    outside = yard.home / "outside"
    outside.mkdir()
    (outside / "settings.local.json").write_text("{}\n")
    target = outside if link == ".claude" else outside / "settings.local.json"
    (yard.root / link).symlink_to(target)
    yard.git("add", link)
    yard.git("commit", "-qm", "x")
    found = yard.run("create", "nux", "--runtime", "claude", "--json").document
    assert "leads out of the worktree" in found["warnings"][0]
    assert [each.name for each in outside.iterdir()] == ["settings.local.json"]
    assert (outside / "settings.local.json").read_text() == "{}\n"
    # What lies inside is written all the same.
    inside = yard.nux / (".mcp.json" if link == ".claude" else ".claude/settings.local.json")
    assert inside.is_file()
    yard.run("teardown", "nux")
    assert (outside / "settings.local.json").is_file()


@pytest.fixture
def tmux(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A Thrum that can begin programs; its daemon, which tells no session yet."""
    known = {**table.COMMANDS, "tmux launch": table.COMMANDS["worktree create"]}
    monkeypatch.setattr(table, "COMMANDS", known)
    yard.world.daemon.answers |= {
        "tmux.status": {"sessions": None},
        "tmux.create": {"session": "nux"},
        "tmux.launch": {"session": "nux", "runtime": "claude", "launch": "ready"},
        "tmux.kill": None,
    }
    return yard.world.daemon


def test_where_programs_can_be_begun_it_is(yard: Yard, tmux: Any) -> None:
    ran = yard.run("create", "nux", *AGENT, "--runtime", "claude")
    assert ran.out.endswith("✓ claude is up in nux\n")
    created = {"name": "nux", "cwd": str(yard.nux), "no_agent": True}
    assert tmux.params("tmux.create") == created
    launched = {"name": "nux", "runtime": "claude", "wait_ms": 90_000}
    assert launched.items() <= tmux.params("tmux.launch").items()
    # Nobody asked for a program, or nobody would be it.
    asked = len(tmux.methods)
    yard.run("create", "toast", "--runtime", "claude")
    yard.run("create", "nux")
    assert "tmux.create" not in tmux.methods[asked:]


def test_a_session_that_is_there_is_used(yard: Yard, tmux: Any) -> None:
    tmux.answers["tmux.status"] = {"sessions": [{"name": "nux", "state": "alive"}]}
    yard.run("create", "nux", *AGENT, "--runtime", "claude")
    assert "tmux.create" not in tmux.methods
    assert tmux.params("tmux.launch")["name"] == "nux"


def test_what_does_not_come_up_is_said(yard: Yard, tmux: Any) -> None:
    about = {"session": "nux", "launch": "failed", "reason": "claude did not begin: not found"}
    tmux.answers["tmux.launch"] = {**about, "runtime": "claude"}
    ran = yard.run("create", "nux", *AGENT, "--runtime", "claude", code=1)
    assert "claude is not up in nux: claude did not begin: not found" in ran.err
    assert (yard.nux / ".thrum/identities/nux.json").is_file()
    ran = yard.run("create", "nux", *AGENT, "--runtime", "claude", "--json", code=1)
    assert about.items() <= ran.document.items()


def test_what_runs_there_already_is_left(yard: Yard, tmux: Any) -> None:
    row = {"name": "nux", "state": "alive", "front": "node", "runtime": "codex"}
    tmux.answers["tmux.status"] = {"sessions": [row]}
    ran = yard.run("create", "nux", *AGENT, "--runtime", "claude")
    assert ran.out.endswith("✓ codex is up in nux\n")
    assert not {"tmux.create", "tmux.launch"} & set(tmux.methods)
    tmux.answers["tmux.status"] = {"sessions": [{**row, "launch": "starting"}]}
    assert "still starting" in yard.run("create", "nux", *AGENT, "--runtime", "claude", code=1).err


@pytest.mark.parametrize("method", ["tmux.create", "tmux.launch"])
def test_what_cannot_be_begun_leaves_what_is_there(yard: Yard, tmux: Any, method: str) -> None:
    tmux.answers[method] = yard.world.refuse("conflict", "somebody types there")
    ran = yard.run("create", "nux", *AGENT, "--runtime", "claude", code=1)
    assert "somebody types there" in ran.err
    assert (yard.nux / ".thrum/identities/nux.json").is_file()
    assert yard.records.all() == {}


def test_where_there_is_no_tmux_one_begins_it_oneself(yard: Yard, tmux: Any) -> None:
    tmux.answers["tmux.create"] = yard.world.refuse("program", "tmux is not installed")
    ran = yard.run("create", "nux", *AGENT, "--runtime", "claude")
    assert "claude is not begun: tmux is not installed" in ran.err
    assert ran.out.endswith(f"Next: cd {yard.nux} && claude\n")


def test_one_that_is_at_work_is_not_begun_again(
    yard: Yard, tmux: Any, program: subprocess.Popen[bytes]
) -> None:
    yard.run("create", "nux", *AGENT)
    resides(yard, program.pid)
    ran = yard.run("create", "nux", *AGENT, "--runtime", "claude")
    assert ran.out.endswith(f"✓ @nux is at work there, process {program.pid}\n")
    assert "tmux.launch" not in tmux.methods


@pytest.mark.parametrize(
    "refusal", [("not_found", "it is gone"), ("not_allowed", "it is another's")]
)
def test_the_session_ends_with_the_worktree(
    yard: Yard, tmux: Any, refusal: tuple[str, str]
) -> None:
    yard.run("create", "nux", *AGENT)
    file = yard.nux / ".thrum/identities/nux.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "tmux_session": "nux:0.0"}))
    tmux.answers["tmux.kill"] = yard.world.refuse(*refusal)
    ran = yard.run("teardown", "nux")
    assert ("the session nux stays: it is another's" in ran.err) is (refusal[0] == "not_allowed")
    assert tmux.params("tmux.kill")["name"] == "nux"
    assert not yard.nux.exists()


def in_tmux(yard: Yard, tmux: Any, **row: str) -> None:
    """Has @nux live in a session of tmux."""
    file = yard.nux / ".thrum/identities/nux.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "tmux_session": "nux:0.0"}))
    about = {"name": "nux", "agent": "nux", "state": "alive"}
    tmux.answers["tmux.status"] = {"sessions": [about | row]}


def test_nobody_else_moves_in_where_a_session_of_tmux_is(yard: Yard, tmux: Any) -> None:
    yard.run("create", "nux", *AGENT)
    in_tmux(yard, tmux)
    ran = yard.run("create", "nux", "--name", "toast", *AGENT, code=1)
    assert f"@nux lives in {yard.nux}, in the session nux of tmux" in ran.err
    assert "thrum tmux kill nux" in ran.err
    assert (yard.nux / ".thrum/identities/nux.json").is_file()
    in_tmux(yard, tmux, state="dead")
    ran = yard.run("create", "nux", "--name", "toast", *AGENT)
    assert "the identity of nux does not belong there" in ran.err


def test_what_has_the_keys_of_its_session_keeps_it(yard: Yard, tmux: Any) -> None:
    yard.run("create", "nux", *AGENT)
    in_tmux(yard, tmux, front="make")
    losses = yard.run("teardown", "nux", "--json", code=1).error["losses"]
    assert [(each["text"], each["flag"]) for each in losses] == [
        ("make runs in the session nux of @nux", "--force")
    ]
    in_tmux(yard, tmux)
    yard.run("teardown", "nux")


def test_issues_of_beads_are_shared(yard: Yard) -> None:
    (yard.root / ".beads").mkdir()
    yard.run("create", "nux")
    redirect = yard.nux / ".beads/redirect"
    assert redirect.read_text() == f"{yard.root / '.beads'}\n"
    redirect.write_text("elsewhere\n")
    losses = yard.run("teardown", "nux", "--json", code=1).error["losses"]
    assert losses[0]["items"] == [".beads/redirect"]
    redirect.unlink()
    yard.run("create", "nux")
    yard.run("teardown", "nux")


@pytest.mark.parametrize("what", ["file", "link", "folder", "loose link"])
def test_what_a_branch_has_in_the_place_of_beads_stays(yard: Yard, what: str) -> None:
    beads = yard.root / ".beads"
    if what == "file":
        beads.write_text("x")
    elif what == "folder":
        beads.mkdir()
        (beads / "redirect").write_text("elsewhere\n")
    else:
        beads.symlink_to("nowhere" if what == "loose link" else ".git")
    yard.git("add", "-f", ".beads")
    yard.git("commit", "-qm", "beads")
    yard.git("rm", "-q", "--cached", "-r", ".beads")
    subprocess.run(["rm", "-rf", str(beads)], check=True)
    beads.mkdir()
    yard.run("create", "nux")
    assert yard.git("status", "--porcelain", cwd=yard.nux) == ""
    assert not (yard.root / ".git/redirect").exists()


def test_issues_of_beads_may_stay_apart(yard: Yard) -> None:
    (yard.root / ".beads").mkdir()
    yard.configure(worktrees={"beads_enabled": False})
    yard.run("create", "nux")
    assert not (yard.nux / ".beads").exists()


# -- list --


def test_all_worktrees_with_who_lives_there(yard: Yard) -> None:
    yard.run("create", "nux", *AGENT)
    yard.git("worktree", "add", "-q", "--detach", str(yard.home / "loose"))
    head = yard.git("rev-parse", "HEAD")[:7]
    rows = yard.run("list", "--json").document
    assert {"path": str(yard.root), "branch": "main", "head": head} in rows
    nux = {"path": str(yard.nux), "branch": "feature/nux", "head": head}
    assert nux | {"agent": "nux", "status": "idle"} in rows
    assert {"path": str(yard.home / "loose"), "branch": "", "head": head} in rows
    assert f"{yard.nux} feature/nux {head} @nux idle\n" in yard.run("list").out
    shown = yard.run("list", terminal=True, columns=120).out
    assert shown.splitlines()[0].split() == ["WORKTREE", "BRANCH", "HEAD", "AGENT", "STATUS"]


def test_what_is_out_of_the_ordinary_is_said(yard: Yard) -> None:
    yard.run("create", "nux")
    yard.git("worktree", "lock", str(yard.nux))
    yard.run("create", "toast")
    (yard.folder / "toast").rename(yard.folder / "moved")
    with yard.records.held("gone"):
        yard.records.write("gone", Record("teardown", str(yard.folder / "gone"), "x"))
    out = yard.run("list").out
    assert "feature/nux" in out
    assert [line.rpartition(" ")[2] for line in out.splitlines() if "/nux " in line] == ["locked"]
    assert "its folder is gone" in out
    assert "teardown was cut off" in out


# -- teardown --


def test_gone_with_its_agent(yard: Yard) -> None:
    yard.run("create", "nux", *AGENT)
    ran = yard.run("teardown", "nux")
    assert ran.out.splitlines() == [
        f"✓ Worktree removed: {yard.nux}",
        "✓ Deleted @nux",
        "  The branch feature/nux stays",
    ]
    assert not yard.nux.exists()
    assert yard.agents == []
    assert "feature/nux" in yard.branches()
    assert yard.run("create", "nux", "--json").document["branch"] == "feature/nux"
    found = yard.run("teardown", "nux", "--delete-branch", "--json").document
    assert found == {
        "worktree_path": str(yard.nux),
        "branch": "feature/nux",
        "branch_deleted": True,
        "agents_deleted": [],
        "agents_left": [],
    }
    assert yard.branches() == {"main"}


def test_what_would_be_lost_keeps_it_and_changes_nothing(yard: Yard) -> None:
    yard.run("create", "nux", *AGENT)
    (yard.nux / "a.txt").write_text("mine")
    (yard.nux / "b.txt").write_text("mine")
    ran = yard.run("teardown", "nux", "--json", code=1)
    assert ran.error["kind"] == "conflict"
    assert [each["kind"] for each in ran.error["losses"]] == ["uncommitted", "untracked"]
    assert ran.error["command"] == "thrum worktree teardown nux --discard"
    assert yard.agents
    assert yard.records.all() == {}
    assert (yard.nux / ".thrum/identities/nux.json").is_file()
    yard.run("teardown", "nux", "--discard")
    assert not yard.nux.exists()


def test_files_of_runtimes_are_nobodys_work_until_somebody_changes_them(yard: Yard) -> None:
    yard.run("create", "nux", "--runtime", "claude")
    settings = yard.nux / ".claude/settings.local.json"
    settings.write_text(settings.read_text().replace("{", '{"mine": 1,', 1))
    ran = yard.run("teardown", "nux", "--json", code=1)
    assert ran.error["losses"][0]["items"] == [".claude/settings.local.json"]


def test_what_setup_adds_to_a_committed_file_is_nobodys_work(yard: Yard) -> None:
    (yard.root / ".mcp.json").write_text('{"mcpServers": {"theirs": {"command": "x"}}}\n')
    yard.git("add", ".mcp.json")
    yard.git("commit", "-qm", "x")
    yard.run("create", "nux", "--runtime", "claude")
    assert "thrum" in (yard.nux / ".mcp.json").read_text()
    assert yard.git("status", "--porcelain", "-uno", cwd=yard.nux) == "M .mcp.json"
    yard.run("teardown", "nux")
    assert not yard.nux.exists()


def session(yard: Yard, name: str, **fields: Any) -> None:
    refs = [{"type": "worktree", "value": str(yard.nux)}]
    row = {"session_id": "ses_1", "agent_id": name, "started_at": "2026-01-02T03:04:05Z"}
    yard.sessions = [row | {"refs": refs} | fields]


def test_who_is_at_work_keeps_it(yard: Yard, program: subprocess.Popen[bytes]) -> None:
    yard.run("create", "nux", *AGENT)
    session(yard, "nux")
    losses = yard.run("teardown", "nux", "--json", code=1).error["losses"]
    assert [(each["kind"], each["flag"]) for each in losses] == [("session", "--force")]
    session(yard, "toast", origin_daemon="d_another")
    resides(yard, program.pid)
    losses = yard.run("teardown", "nux", "--json", code=1).error["losses"]
    assert [(each["kind"], each["flag"]) for each in losses] == [("process", "--force")]
    program.kill()
    program.wait()
    session(yard, "nux")  # nobody has ended it, and its program is gone
    yard.run("teardown", "nux")


def test_agent_programs_that_nobody_registered_keep_it(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard.run("create", "nux")
    monkeypatch.setattr(process, "runtime_name", lambda found: "claude")
    argv = [sys.executable, "-c", "input()"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, cwd=yard.nux) as child:
        losses = yard.run("teardown", "nux", "--json", code=1).error["losses"]
        assert losses[0]["text"] == f"claude runs there, process {child.pid}"
        child.communicate(b"\n")
    yard.run("teardown", "nux")


def test_one_does_not_take_the_ground_from_under_ones_feet(yard: Yard) -> None:
    yard.run("create", "nux")
    yard.world.root = yard.nux / ".thrum"
    ran = yard.run("teardown", "nux", "--force", code=1)
    assert f"you stand in {yard.nux}; cd {shlex.quote(str(yard.root))} first" in ran.err


def test_one_that_holds_another_stays(yard: Yard) -> None:
    (yard.root / ".git/info/exclude").write_text(".thrum/\ninner/\n")
    yard.run("create", "nux")
    yard.git("worktree", "add", "-q", "--detach", str(yard.nux / "inner"))
    ran = yard.run("teardown", "nux", "--force", code=1)
    assert f"another worktree lies in {yard.nux}: {yard.nux / 'inner'}" in ran.err
    yard.run("teardown", "inner")
    yard.run("teardown", "nux")


def test_what_somebody_committed_in_our_folder_is_theirs(yard: Yard) -> None:
    (yard.root / ".thrum/notes").write_text("ours")
    yard.git("add", "-f", ".thrum/notes")
    yard.git("commit", "-qm", "x")
    yard.run("create", "nux", *AGENT)
    (yard.nux / ".thrum/notes").write_text("mine")
    ran = yard.run("teardown", "nux", "--json", code=1)
    assert ran.error["losses"][0]["items"] == [".thrum/notes"]
    (yard.root / ".git/info/exclude").write_text("")
    yard.git("checkout", "-q", ".", cwd=yard.nux)
    # Nobody ignores our folder here, and all the same it is nobody's work.
    yard.run("teardown", "nux")
    assert not yard.nux.exists()


def test_who_would_have_to_insist_is_told_where(yard: Yard) -> None:
    hint = "if nobody lives there any more, add --force: it is told there"
    refusal = yard.world.refuse("name_taken", "at home elsewhere", hint=hint)
    yard.world.daemon.answers["agent.register"] = refusal
    ran = yard.run("create", "nux", *AGENT, "--json", code=1)
    assert ran.error["hint"].endswith("then in it: thrum quickstart nux --force")


def test_the_repository_itself_stays(yard: Yard) -> None:
    yard.configure(worktrees={"base_path": str(yard.root.parent)})
    yard.git("init", "-q", "--bare", str(yard.root.parent / "x"))
    yard.world.root = yard.home
    yard.world.env["THRUM_HOME"] = str(yard.root)
    assert "worktree not found" in yard.run("teardown", "nux", code=1).err
    yard.git("worktree", "add", "-q", "-b", "a-sync", str(yard.home / "sync"))
    assert "is the repository's own" in yard.run("teardown", "sync", "--force", code=2).err


def test_who_may_not_delete_the_agent_has_changed_nothing(yard: Yard) -> None:
    yard.run("create", "nux", *AGENT)
    yard.world.daemon.answers["agent.delete"] = yard.world.refuse("not_allowed", "not yours")
    ran = yard.run("teardown", "nux", code=1)
    assert ran.err.startswith("Error: not yours; add --keep-agent")
    assert (yard.nux / ".thrum/identities/nux.json").is_file()
    assert yard.records.all() == {}
    yard.run("create", "nux", *AGENT)
    yard.run("teardown", "nux", "--keep-agent")
    assert yard.agents
    assert not yard.nux.exists()


@pytest.mark.parametrize(("unread", "said"), [(0, ""), (1, "1 unread message;"), (3, "3 unread m")])
def test_mail_that_nobody_has_read_is_said_before(yard: Yard, unread: int, said: str) -> None:
    rows = [("other", 9), ("nux", unread)]
    members = [{"agent_id": name, "inbox_unread": number} for name, number in rows]
    yard.world.daemon.answers["team.list"] = {"members": members}
    yard.run("create", "nux", *AGENT)
    (yard.nux / "mine").write_text("x")
    refused = yard.run("teardown", "nux", code=1)
    done = yard.run("teardown", "nux", "--discard")
    for ran in (refused, done):
        assert ("@nux is forgotten with" in ran.err) is bool(unread)
        assert said in ran.err
        assert "other" not in ran.err


def test_mail_of_one_that_stays_stays(yard: Yard) -> None:
    members = [{"agent_id": "nux", "inbox_unread": 3}]
    yard.world.daemon.answers["team.list"] = {"members": members}
    yard.run("create", "nux", *AGENT)
    assert "unread" not in yard.run("teardown", "nux", "--keep-agent").err


def test_as_itself_where_nobody_else_may(yard: Yard) -> None:
    yard.run("create", "nux", *AGENT)
    said = [yard.world.refuse("anonymous_caller", "who?"), {"agent_id": "nux", "deleted": True}]
    yard.world.daemon.answers["agent.delete"] = said
    assert yard.run("teardown", "nux", "--json").document["agents_deleted"] == ["nux"]
    assert yard.world.daemon.params("agent.delete")["caller_agent_id"] == "nux"


def test_notes_of_one_that_stays_go_to_the_branch(yard: Yard) -> None:
    yard.run("create", "nux", *AGENT)
    (yard.nux / ".thrum/context/nux.md").write_text("remember")
    yard.world.daemon.answers["context.sync"] = yard.world.refuse("repository", "no branch")
    ran = yard.run("teardown", "nux", "--keep-agent", code=1)
    assert "the notes of @nux cannot be kept: no branch; --discard lets them go" in ran.err
    assert (yard.nux / ".thrum/context/nux.md").is_file()
    assert yard.records.all() == {}
    yard.world.daemon.answers["context.sync"] = {"agent_name": "nux", "message": "done"}
    yard.run("teardown", "nux", "--keep-agent")
    assert yard.world.daemon.params("context.sync") == {
        "agent_name": "nux",
        "repo_path": str(yard.nux),
    }


def test_notes_go_as_the_agent_itself_or_are_let_go(yard: Yard) -> None:
    yard.run("create", "nux", *AGENT)
    (yard.nux / ".thrum/context/nux.md").write_text("remember")
    anonymous = yard.world.refuse("anonymous_caller", "who?")
    yard.world.daemon.answers["context.sync"] = [anonymous, yard.world.refuse("no_answer", "?")]
    yard.run("teardown", "nux", "--keep-agent", code=1)
    assert yard.world.daemon.params("context.sync")["caller_agent_id"] == "nux"
    ran = yard.run("teardown", "nux", "--keep-agent", "--discard")
    assert "the notes of @nux are lost" in ran.err
    assert not yard.nux.exists()


def test_without_a_daemon_the_agent_stays_and_that_is_said(yard: Yard) -> None:
    yard.run("create", "nux", *AGENT)
    yard.world.env["THRUM_SOCKET"] = str(yard.home / "nothing.sock")
    ran = yard.run("teardown", "nux")
    assert "thrum agent delete nux" in ran.err
    assert not yard.nux.exists()


def cut_off(yard: Yard) -> None:
    """Has the teardown of nux with its branch be begun, and nothing of it done."""
    commit = yard.git("rev-parse", "feature/nux")
    record = Record("teardown", str(yard.nux), "feature/nux", commit, whole=True)
    with yard.records.held("nux"):
        yard.records.write("nux", replace(record, agents=["nux"], deletes_branch=True))


def commit_in(yard: Yard, place: Path) -> None:
    yard.git("commit", "-q", "--allow-empty", "-m", "more work", cwd=place)


def test_work_after_one_that_was_cut_off_is_not_lost(yard: Yard) -> None:
    yard.run("create", "nux", *AGENT)
    cut_off(yard)
    commit_in(yard, yard.nux)
    ran = yard.run("teardown", "nux", "--json", code=1)
    assert [(each["kind"], each["flag"]) for each in ran.error["losses"]] == [
        ("unpushed", "--discard")
    ]
    done = yard.run("teardown", "nux", "--keep-branch", "--json").document
    assert (done["branch_deleted"], done["agents_deleted"]) == (False, ["nux"])
    assert yard.git("log", "-1", "--format=%s", "feature/nux") == "more work"


@pytest.mark.parametrize("is_in_use", [False, True])
def test_a_branch_that_went_on_elsewhere_since_stays(yard: Yard, is_in_use: bool) -> None:
    yard.run("create", "nux", *AGENT)
    cut_off(yard)
    yard.git("worktree", "remove", "--force", str(yard.nux))
    yard.git("worktree", "add", "-q", str(yard.home / "other"), "feature/nux")
    if not is_in_use:
        commit_in(yard, yard.home / "other")
        yard.git("worktree", "remove", str(yard.home / "other"))
    ran = yard.run("teardown", "nux")
    assert "in use, or has gone on since, so it stays" in ran.err
    assert "The branch feature/nux stays" in ran.out
    assert "feature/nux" in yard.branches()
    assert yard.records.all() == {}


@pytest.mark.parametrize("is_gone", [False, True])
def test_who_moved_after_one_that_was_cut_off_lives_on(yard: Yard, is_gone: bool) -> None:
    yard.run("create", "nux", *AGENT)
    yard.run("create", "bench")
    cut_off(yard)
    moved = yard.folder / "bench/.thrum/identities/nux.json"
    (yard.nux / ".thrum/identities/nux.json").rename(moved)
    if is_gone:
        yard.git("worktree", "remove", "--force", str(yard.nux))
    assert yard.run("teardown", "nux", "--json").document["agents_deleted"] == []
    assert yard.agents
    assert moved.is_file()


def test_what_is_committed_while_agents_are_forgotten_keeps_it(yard: Yard) -> None:
    yard.run("create", "nux", *AGENT)

    def delete(params: dict[str, Any]) -> dict[str, Any]:
        commit_in(yard, yard.nux)
        return {"agent_id": params["name"], "deleted": True}

    yard.world.daemon.answers["agent.delete"] = delete
    ran = yard.run("teardown", "nux", "--delete-branch", code=1)
    assert "1 commit on feature/nux that no remote" in ran.err
    assert yard.git("log", "-1", "--format=%s", "feature/nux") == "more work"


@pytest.mark.parametrize("step", ["noted", "agents", "folder", "branch"])
def test_what_was_cut_off_is_ended(yard: Yard, step: str) -> None:
    """As SIGKILL leaves it behind each step."""
    yard.run("create", "nux", *AGENT)
    cut_off(yard)
    if step != "noted":
        yard.agents = []
    if step in {"folder", "branch"}:
        yard.git("worktree", "remove", "--force", str(yard.nux))
    if step == "branch":
        yard.git("branch", "-D", "feature/nux")
    assert "cut off" in yard.run("list").out
    assert yard.run("create", "nux", code=1).err.endswith("thrum worktree teardown nux\n")
    yard.run("teardown", "nux")
    assert yard.agents == []
    assert not yard.nux.exists()
    assert yard.branches() == {"main"}
    assert yard.records.all() == {}


def test_who_was_to_stay_stays(yard: Yard) -> None:
    yard.run("create", "nux", *AGENT)
    record = Record("teardown", str(yard.nux), "feature/nux", whole=True, keeps_agents=True)
    for is_there in (True, False):
        with yard.records.held("nux"):
            yard.records.write("nux", record)
        orphan = {"agent_id": "nux", "worktree": str(yard.nux)}
        yard.world.daemon.answers["agent.cleanup"] = {"orphans": [orphan], "deleted": []}
        assert yard.nux.exists() is is_there
        yard.run("teardown", "nux")
        assert yard.agents


def test_a_creation_that_was_cut_off_is_taken_back(yard: Yard) -> None:
    commit = yard.git("rev-parse", "main")
    yard.git("branch", "feature/nux")
    record = Record("create", str(yard.nux), "feature/nux", commit, made=True, made_branch=True)
    with yard.records.held("nux"):
        yard.records.write("nux", record)
    yard.run("teardown", "nux")
    assert yard.branches() == {"main"}
    assert yard.records.all() == {}


def test_one_that_was_deleted_by_hand(yard: Yard) -> None:
    yard.run("create", "nux", *AGENT)
    subprocess.run(["rm", "-rf", str(yard.nux)], check=True)
    orphan = {"agent_id": "nux", "worktree": str(yard.nux)}
    yard.world.daemon.answers["agent.cleanup"] = {"orphans": [orphan], "deleted": []}
    assert "if it was moved" in yard.run("teardown", "nux", code=1).err
    assert yard.run("teardown", "nux", "--discard", "--json").document["agents_deleted"] == ["nux"]
    assert yard.git("worktree", "list").count("\n") == 0


@pytest.mark.parametrize(("agent", "is_said"), [("nux", True), ("other", False)])
def test_one_of_whom_nobody_remembers_where_it_lived(yard: Yard, agent: str, is_said: bool) -> None:
    yard.run("create", "nux", *AGENT)
    subprocess.run(["rm", "-rf", str(yard.nux)], check=True)
    orphans = [{"agent_id": agent, "worktree": ""}]
    yard.world.daemon.answers["agent.cleanup"] = {"orphans": orphans, "deleted": []}
    ran = yard.run("teardown", "nux", "--discard")
    assert ("stays registered: thrum agent delete nux" in ran.err) is is_said
    assert yard.agents


def test_what_lies_in_its_place_stays_and_so_does_all_else(yard: Yard) -> None:
    yard.run("create", "nux", *AGENT)
    yard.nux.rename(yard.folder / "away")
    yard.nux.mkdir()
    (yard.nux / "mine").write_text("x")
    for words in (["create", "nux"], ["teardown", "nux"], ["teardown", "nux", "--force"]):
        assert "what lies there is none any more; move that away" in yard.run(*words, code=1).err
    assert "what lies there is none any more" in yard.run("list").out
    assert yard.agents
    assert yard.records.all() == {}
    yard.nux.rename(yard.folder / "mine")
    yard.git("worktree", "repair", str(yard.folder / "away"))
    yard.run("teardown", "away")
    assert (yard.folder / "mine/mine").is_file()


def test_one_that_git_has_pruned(yard: Yard) -> None:
    yard.run("create", "nux", *AGENT)
    yard.nux.rename(yard.folder / "away")
    yard.git("worktree", "prune")
    (yard.folder / "away").rename(yard.nux)
    ran = yard.run("teardown", "nux", "--json", code=1)
    assert [each["kind"] for each in ran.error["losses"]] == ["pruned"]
    yard.run("teardown", "nux", "--discard")
    assert not yard.nux.exists()


def test_one_that_git_alone_made_elsewhere(yard: Yard) -> None:
    elsewhere = yard.home / "else/nux"
    yard.git("worktree", "add", "-q", "-b", "x", str(elsewhere))
    assert yard.run("teardown", "nux", "--json").document["worktree_path"] == str(elsewhere)
    assert not elsewhere.exists()

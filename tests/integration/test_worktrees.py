"""Worktrees for agents with real daemons: who may do what from where, and what a kill leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from tests.integration import begins
from tests.integration.conftest import World, eventually, world_in
from tests.integration.program import THRUM, Program
from thrum.identity import process

AGENT: Final = ("--role", "tester", "--module", "engine")


class Shop(World):
    """A repository whose daemon runs, with the coordinator furiosa in its main worktree."""

    @property
    def main(self) -> Path:
        return self.root / "shop"

    def place(self, name: str) -> Path:
        return self.root / "home/.thrum/worktrees/shop" / name

    def agents(self) -> set[str]:
        rows = self.thrum(self.main, "agent", "list", "--json").json["agents"]["agents"]
        return {each["agent_id"] for each in rows}

    def unfinished(self) -> list[str]:
        return [
            str(each) for each in (self.main / ".thrum/var/worktrees").glob("*/unfinished.json")
        ]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with world_in(tmp_path_factory.mktemp("worktrees")) as world:
        found = Shop(world.root, world.environment)
        found.repository("shop")
        found.thrum(found.main, "init", "--non-interactive")
        coordinator = ("--role", "coordinator", "--module", "all")
        found.thrum(found.main, "quickstart", "furiosa", *coordinator)
        yield found


def test_mail_waits_for_who_has_not_begun(shop: Shop) -> None:
    shop.thrum(shop.main, "worktree", "create", "nux", *AGENT, "--intent", "weld")
    shop.thrum(shop.main, "send", "the third valve leaks", "--to", "@nux")
    inside = shop.place("nux")
    assert shop.thrum(inside, "whoami", "--json").json["agent_id"] == "nux"
    # Its program begins there: by its own hand, or a hook's.
    begun = shop.thrum(inside, "quickstart", "--json").json
    assert begun["intent"]["intent"] == "weld"
    assert "the third valve leaks" in shop.thrum(inside, "inbox").out
    refused = shop.thrum(shop.main, "worktree", "teardown", "nux", "--json", check=False)
    (loss,) = json.loads(refused.err)["error"]["losses"]
    assert (loss["kind"], loss["flag"]) == ("session", "--force")
    shop.thrum(inside, "session", "end")
    shop.thrum(shop.main, "worktree", "teardown", "nux", "--delete-branch")
    assert "nux" not in shop.agents()
    assert not inside.exists()


def test_one_that_stays_goes_on_elsewhere_with_mail_and_notes(shop: Shop) -> None:
    shop.thrum(shop.main, "worktree", "create", "toast", *AGENT)
    shop.thrum(shop.main, "send", "later", "--to", "@toast")
    (shop.root / "notes").write_text("remember the valve")
    first = shop.place("toast")
    shop.thrum(first, "session", "start")
    shop.thrum(first, "context", "save", "--file", str(shop.root / "notes"))
    shop.thrum(first, "session", "end")
    shop.thrum(shop.main, "worktree", "teardown", "toast", "--keep-agent")
    assert "toast" in shop.agents()
    shop.thrum(shop.main, "worktree", "create", "bench", "--name", "toast")
    second = shop.place("bench")
    shop.thrum(second, "quickstart")
    assert "later" in shop.thrum(second, "inbox").out
    noted = shop.git("show", "a-sync:context/toast.md", cwd=shop.main)
    assert noted == "remember the valve"


@pytest.mark.parametrize("role", ["coordinator", "orchestrator"])
def test_from_the_program_of_another_agent(shop: Shop, role: str) -> None:
    """Who is at home there is a matter of the place; who may delete it is one of rank."""
    boss, name = f"boss_{role}", f"made_by_{role}"
    shop.thrum(shop.main, "worktree", "create", boss, "--role", role, "--module", "all")
    with Program(shop.root, shop.environment) as claude:
        home = shop.place(boss)
        assert claude.thrum(home, "quickstart")[0] == 0
        for _ in range(2):
            code, _, err = claude.thrum(home, "worktree", "create", name, *AGENT)
            assert code == 0, err
        # Whoever made it does not become the other by that.
        identity = json.loads((shop.place(name) / f".thrum/identities/{name}.json").read_text())
        assert "agent_pid" not in identity
        assert json.loads(claude.thrum(home, "whoami", "--json")[1])["agent_id"] == boss
        assert shop.thrum(shop.place(name), "whoami", "--json").json["agent_id"] == name
        code, _, err = claude.thrum(home, "worktree", "teardown", name)
        if role == "coordinator":
            assert code == 0, err
            assert name not in shop.agents()
        else:
            assert (code, "--keep-agent" in err) == (1, True)
            assert shop.unfinished() == []
            assert (shop.place(name) / f".thrum/identities/{name}.json").is_file()
        refused = shop.thrum(shop.main, "worktree", "teardown", boss, check=False)
        assert f"@{boss} is at work there, process {claude.pid}" in refused.err
    shop.thrum(shop.main, "worktree", "teardown", boss)
    assert boss not in shop.agents()


def killed_after(shop: Shop, seconds: float, *words: str) -> None:
    """Runs a command that is killed in the middle, if it has not ended by then."""
    child = subprocess.Popen(
        [*THRUM, "worktree", *words],
        cwd=shop.main,
        env=shop.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    child.wait()


def repeated(shop: Shop, *words: str) -> Any:
    """Runs it until no git or thrum that outlived its parent is at it any more."""
    while True:
        done = shop.thrum(shop.main, "worktree", *words, check=False)
        if done.code == 0 or '"kind":"busy"' not in done.err.replace(" ", ""):
            return done
        time.sleep(0.05)


def is_quiet(name: str) -> bool:
    """Whether nothing that outlived its parent is about that worktree any more."""
    every = (process.words(pid) for pid in psutil.pids())
    # The session that its program was begun in is about it for as long as it is there.
    others = (words for words in every if words and not Path(words[0]).name.startswith("tmux"))
    return not any(name in word for words in others for word in words)


@pytest.mark.parametrize("moment", range(5))
def test_killed_at_any_moment(shop: Shop, moment: int) -> None:
    name = f"killed_{moment}"
    runtimes = {"custom_runtimes": {"claude": {"command": begins.command("claude", "cat")}}}
    file = shop.root / "home/.thrum/runtimes.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(runtimes))
    made = ("create", name, *AGENT, "--runtime", "claude")
    killed_after(shop, 0.12 + 0.13 * moment, *made)
    done = repeated(shop, *made, "--json")
    assert done.code == 0, done.out + done.err
    assert shop.git("status", "--porcelain", "--", "a", cwd=shop.place(name)) == ""
    assert name in shop.agents()
    assert shop.thrum(shop.place(name), "whoami", "--json").json["agent_id"] == name
    eventually(lambda: is_quiet(name))
    gone = ("teardown", name, "--delete-branch", "--force")  # its program runs
    killed_after(shop, 0.12 + 0.13 * moment, *gone)
    done = repeated(shop, *gone, "--json")
    # It may have been done to the end, and only what it said be lost.
    assert done.code == 0 or "not found" in done.err, done.err
    eventually(lambda: is_quiet(name))
    assert not shop.place(name).exists()
    assert name not in shop.agents()
    assert shop.git("branch", "--list", f"feature/{name}", cwd=shop.main) == ""
    assert str(shop.place(name)) not in shop.git("worktree", "list", cwd=shop.main)
    receipts = shop.root / "home/.thrum/setup/receipts.json"
    assert not receipts.exists() or str(shop.place(name)) not in receipts.read_text()
    assert not any(name in each for each in shop.unfinished())


def test_a_repository_without_a_worktree_of_its_own(world: World) -> None:
    world.repository("seed")
    world.git("clone", "-q", "--bare", "seed", "shop.git", cwd=world.root)
    bare = world.root / "shop.git"
    world.git("worktree", "add", "-q", str(world.root / "first"), "main", cwd=bare)
    world.thrum(world.root / "first", "init", "--non-interactive")
    # Its folder of ours would be taken for the package by `python -m thrum`.
    program = Path(sys.executable).with_name("thrum")
    world.run(str(program), "worktree", "create", "nux", *AGENT, cwd=bare)
    inside = world.root / "home/.thrum/worktrees/shop/nux"
    assert (inside / ".thrum/redirect").read_text() == f"{bare / 'thrum'}\n"
    assert world.thrum(inside, "whoami", "--json").json["agent_id"] == "nux"
    listed = world.thrum(inside, "worktree", "list", "--json").json
    assert [each["path"] for each in listed] == [str(world.root / "first"), str(inside)]
    world.thrum(world.root / "first", "worktree", "teardown", "nux")
    assert not inside.exists()
    assert [each.name for each in (bare / "worktrees").iterdir()] == ["first"]

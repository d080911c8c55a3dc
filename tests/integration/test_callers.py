"""Who calls: the daemon and the command line say the same, case by case, with real processes.

Each case has two worktrees of its own, and agents in them that no other case knows. The daemon is
asked over its socket by a plain process; the command line answers `whoami`, and sends a message
whose author is looked up.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests import forge
from tests.integration.conftest import World, world_in
from tests.integration.program import THRUM, Program
from thrum import platform
from thrum.clock import format_seconds
from thrum.identity import files, process

pytestmark = pytest.mark.skipif(
    sys.platform == "darwin", reason="a link does not rename a process there"
)

NOBODY, MISMATCH, GUARD = "(nobody)", "(mismatch)", "(guard)"
REFUSALS = {
    "anonymous_caller": NOBODY,
    "identity": NOBODY,
    "identity_mismatch": MISMATCH,
    "guard": GUARD,
}
SECONDS = itertools.count(1_767_225_600)
NUMBER = itertools.count()

ASK = """
import json, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
params = {"caller_agent_id": sys.argv[2]}
ask = {"jsonrpc": "2.0", "id": 1, "method": "agent.whoami", "params": params}
line.sendall(json.dumps(ask).encode() + b"\\n")
print(line.makefile().readline())
"""


class Scene:
    """Two worktrees, ``one`` and ``two``, and what a case puts into them."""

    def __init__(self, house: World, stack: ExitStack) -> None:
        self.house = house
        self.stack = stack
        self.number = next(NUMBER)
        self.main = house.root / "main"
        self.folders = {"outside": house.root, "main": self.main}
        self.programs: dict[str, Program] = {}
        for name in ("one", "two"):
            root = self.folders[name] = house.root / f"{name}{self.number}"
            house.git("worktree", "add", "-q", "--detach", str(root), cwd=self.main)
            (root / ".thrum").mkdir()
            (root / ".thrum/redirect").write_text(str(self.main / ".thrum"))

    def named(self, name: str) -> str:
        """The name of this case's agent of that name."""
        return f"{name}{self.number}"

    def rpc(self, cwd: Path, method: str, **params: Any) -> Any:
        """What the daemon answers to this very process."""
        before = Path.cwd()
        os.chdir(cwd)
        try:
            with platform.connect_unix(self.main / ".thrum/var/thrum.sock", 20) as line:
                request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
                line.sendall(json.dumps(request).encode() + b"\n")
                answer = json.loads(line.makefile().readline())
        finally:
            os.chdir(before)
        assert "result" in answer, answer
        return answer["result"]

    def program(self, name: str, runtime: str = "claude") -> Program:
        """The program of that name, which is started when it is first spoken of."""
        if name not in self.programs:
            made = Program(self.house.root, self.house.environment, runtime)
            self.programs[name] = self.stack.enter_context(made)
        return self.programs[name]

    def agent(
        self,
        name: str,
        where: str,
        *,
        under: str = "",
        outer: bool = False,
        registered: bool = True,
        session: bool = True,
        written: str = "",
    ) -> None:
        """Registers an agent in a worktree, writes its file and begins its session.

        Args:
            under: the program whose process the file names.
            outer: it names the process of the test instead, an ancestor of everything here.
            written: the worktree that the file says it was written for, if another one.
        """
        agent_id, root = self.named(name), self.folders[where]
        if registered:
            known = {"name": agent_id, "role": "tester", "module": "m"}
            self.rpc(root, "agent.register", **known)
        pid = os.getpid() if outer else self.program(under).pid if under else 0
        found = process.look(pid)
        fields = {"agent_pid": pid, "agent_pid_started": found.started if found else ""}
        self.file(name, where, worktree=str(self.folders[written or where]), **fields)
        if registered and session:
            self.session(name, where)

    def session(self, name: str, where: str) -> None:
        """Begins a session of the agent."""
        root, agent_id = self.folders[where], self.named(name)
        refs = [{"type": "worktree", "value": str(root)}]
        self.rpc(root, "session.start", agent_id=agent_id, caller_agent_id=agent_id, refs=refs)

    def path(self, name: str, where: str) -> Path:
        """Where the agent's file is in that worktree."""
        return files.path_of(files.folder(self.folders[where]), self.named(name))

    def file(self, name: str, where: str, **fields: Any) -> None:
        """Writes the agent's file, as the newest of all."""
        moment = format_seconds(next(SECONDS) * 1_000_000_000)
        files.write(files.folder(self.folders[where]), self.named(name), moment, **fields)

    def copy(self, name: str, source: str, target: str) -> None:
        """Copies the agent's file into another worktree."""
        to = self.path(name, target)
        to.parent.mkdir(exist_ok=True)
        shutil.copy(self.path(name, source), to)

    def breaks(self, name: str, where: str) -> None:
        """Leaves a file of that name that cannot be read."""
        path = self.path(name, where)
        path.parent.mkdir(exist_ok=True)
        path.write_text("{")

    def modes(self, where: str, mode: str) -> None:
        """Sets the mode of the guard ``cross_worktree`` there."""
        var = self.folders[where] / ".thrum/var"
        var.mkdir(exist_ok=True)
        section = {"identity_guard": {"cross_worktree": mode}}
        (var / "guard-daemon.json").write_text(json.dumps(section))


@dataclass(frozen=True)
class Case:
    """Who is where, who speaks, and whom it is taken for.

    Attributes:
        build: puts agents and files into the worktrees.
        stands: where the speaker stands, below which folder.
        meant: who it is, as the daemon says, or how it is refused.
        under: the program that it runs under; none for a person's shell.
        repo: the worktree given with ``--repo``.
        env: THRUM_NAME and THRUM_AGENT_ID, by this case's names.
        guarded: the command line refuses to send, by the guard ``cross_worktree``.
    """

    build: Callable[[Scene], object]
    stands: str
    meant: str
    under: str = ""
    repo: str = ""
    env: dict[str, str] = field(default_factory=dict)
    guarded: bool = False


def nothing(scene: Scene) -> None:
    """Nobody and nothing."""


def one_agent(scene: Scene) -> None:
    scene.agent("nux", "one")


def with_program(scene: Scene) -> None:
    scene.agent("nux", "one", under="nux")


def apart(scene: Scene) -> None:
    """nux at home in one and slit in two, each under its program."""
    scene.agent("nux", "one", under="nux")
    scene.agent("slit", "two", under="slit")


def apart_loosely(scene: Scene) -> None:
    apart(scene)
    scene.modes("two", "warn")


def together(scene: Scene) -> None:
    """Two in one worktree; nux's file is the newest, slit's session began last."""
    scene.agent("nux", "one")
    scene.agent("slit", "one")
    scene.file("nux", "one", intent="newest")


def together_nux_last(scene: Scene) -> None:
    scene.agent("nux", "one")
    scene.agent("slit", "one")
    scene.session("nux", "one")
    scene.file("slit", "one", intent="newest")


def together_at_rest(scene: Scene) -> None:
    """Two without sessions: the newest file counts."""
    scene.agent("nux", "one", session=False)
    scene.agent("slit", "one", session=False)


def together_with_program(scene: Scene) -> None:
    scene.agent("nux", "one", under="nux")
    scene.agent("slit", "one")


def with_visitor(scene: Scene) -> None:
    """nux and slit live together, furiosa under its program elsewhere."""
    together(scene)
    scene.agent("furiosa", "two", under="furiosa")


def unregistered(scene: Scene) -> None:
    scene.agent("ghost", "one", registered=False)


def unregistered_beside(scene: Scene) -> None:
    """The process is a ghost's, the place slit's."""
    scene.agent("ghost", "one", registered=False, under="ghost")
    scene.agent("slit", "one")


def unregistered_elsewhere(scene: Scene) -> None:
    scene.agent("ghost", "two", registered=False, under="ghost")
    scene.agent("slit", "one")


def at_rest(scene: Scene) -> None:
    scene.agent("nux", "one", session=False)


def copied(scene: Scene) -> None:
    one_agent(scene)
    scene.copy("nux", "one", "two")


def copied_beside(scene: Scene) -> None:
    copied(scene)
    scene.agent("slit", "two")


def copied_with_process(scene: Scene) -> None:
    """nux's file, which names its process, was copied to where slit lives."""
    with_program(scene)
    scene.copy("nux", "one", "two")
    scene.agent("slit", "two")


def forged(scene: Scene) -> None:
    """A second file that says it was written where it lies."""
    one_agent(scene)
    scene.file("nux", "two", worktree=str(scene.folders["two"]))


def broken_beside(scene: Scene) -> None:
    one_agent(scene)
    scene.breaks("slit", "one")


def broken_at_work(scene: Scene) -> None:
    one_agent(scene)
    scene.breaks("nux", "one")


def broken_at_rest(scene: Scene) -> None:
    at_rest(scene)
    scene.breaks("nux", "one")


def broken_under_program(scene: Scene) -> None:
    with_program(scene)
    scene.breaks("slit", "one")


def lost(scene: Scene) -> None:
    """The file is gone, the session is not."""
    one_agent(scene)
    scene.path("nux", "one").unlink()


def vacant(scene: Scene) -> None:
    with_program(scene)
    scene.programs["nux"].end()


def vacant_beside(scene: Scene) -> None:
    """nux's program has ended, slit's runs; nux's session began last."""
    scene.agent("slit", "one", under="slit")
    scene.agent("nux", "one", under="nux")
    scene.programs["nux"].end()


def reused(scene: Scene) -> None:
    """The file names a number that another process has by now."""
    with_program(scene)
    scene.file("nux", "one", agent_pid_started="1")


def nested(scene: Scene) -> None:
    """furiosa's process is above nux's program."""
    scene.agent("nux", "one", under="nux")
    scene.agent("furiosa", "two", outer=True)


def shared_process(scene: Scene) -> None:
    """One program that is two agents, in two worktrees."""
    scene.agent("nux", "one", under="both")
    scene.agent("slit", "two", under="both")


def without_redirect(scene: Scene) -> None:
    one_agent(scene)
    (scene.folders["one"] / ".thrum/redirect").unlink()


def moved(scene: Scene) -> None:
    scene.agent("nux", "one", session=False)
    scene.file("nux", "one", worktree=str(scene.house.root / "gone"))


def carried_back(scene: Scene) -> None:
    """The file says another worktree, but nux has worked here."""
    one_agent(scene)
    scene.file("nux", "one", worktree=str(scene.folders["two"]))


def repository_inside(scene: Scene) -> None:
    one_agent(scene)
    scene.house.git("init", "-q", str(scene.folders["one"] / "inner"), cwd=scene.main)


def folder_inside(scene: Scene) -> None:
    """A folder of the worktree has identities of its own, which are nobody's."""
    one_agent(scene)
    inner = scene.folders["one"] / "inner"
    (inner / ".thrum/identities").mkdir(parents=True)
    (inner / ".thrum/redirect").write_text(str(scene.main / ".thrum"))
    agent = {"agent": {"name": scene.named("ghost"), "role": "r", "module": "m"}}
    (inner / f".thrum/identities/{scene.named('ghost')}.json").write_text(json.dumps(agent))


def named(name: str) -> dict[str, str]:
    return {"THRUM_NAME": name}


CASES = {
    "a person at home": Case(one_agent, "one", "nux"),
    "a person in another worktree": Case(one_agent, "two", NOBODY),
    "a person whose session ended": Case(at_rest, "one", "nux"),
    "a person beside a running program": Case(with_program, "one", "nux"),
    "a person with its name": Case(one_agent, "one", "nux", env=named("nux")),
    "a program at home": Case(with_program, "one", "nux", "nux"),
    "a program where nobody lives": Case(with_program, "two", "nux", "nux"),
    "a program outside": Case(with_program, "outside", "nux", "nux", repo="one"),
    "a program in another's worktree": Case(apart, "two", "nux", "nux", guarded=True),
    "the same with --repo": Case(apart, "two", "nux", "nux", repo="two"),
    "the same where it is let through": Case(apart_loosely, "two", "nux", "nux"),
    "the same with its own name": Case(apart_loosely, "two", "nux", "nux", env=named("nux")),
    "the same with the other's name": Case(
        apart_loosely, "two", MISMATCH, "nux", env=named("slit")
    ),
    "a stranger's program at home with one": Case(one_agent, "one", "nux", "codex"),
    "a stranger's program beside a running one": Case(
        with_program, "one", "nux", "codex", guarded=True
    ),
    "a stranger's program where one ended": Case(vacant, "one", "nux", "codex"),
    "a stranger's program where one of two ended": Case(vacant_beside, "one", "nux", "codex"),
    "a person where one ended": Case(vacant, "one", "nux"),
    "a number that was given out again": Case(reused, "one", "nux"),
    "two at home, the newest session": Case(together, "one", "slit"),
    "two at home, the other began last": Case(together_nux_last, "one", "nux"),
    "two at home without a session": Case(together_at_rest, "one", "slit"),
    "two at home, the name": Case(together, "one", "nux", env=named("nux")),
    "two at home, a foreign name": Case(together, "one", MISMATCH, env=named("furiosa")),
    "two at home, a stranger's program": Case(together, "one", "slit", "codex"),
    "two at home, the program": Case(together_with_program, "one", "nux", "nux"),
    "two at home, the program with the other's name": Case(
        together_with_program, "one", "slit", "nux", env=named("slit")
    ),
    "two at home, a visitor": Case(with_visitor, "one", "furiosa", "furiosa", repo="one"),
    "two at home, a visitor with a name": Case(
        with_visitor, "one", MISMATCH, "furiosa", repo="one", env=named("slit")
    ),
    "an unregistered file": Case(unregistered, "one", NOBODY),
    "an unregistered file, by name": Case(unregistered, "one", NOBODY, env=named("ghost")),
    "an unregistered file's process": Case(unregistered_beside, "one", "slit", "ghost"),
    "the same from another worktree": Case(
        unregistered_elsewhere, "one", "slit", "ghost", repo="one"
    ),
    "a copied file": Case(copied, "two", NOBODY),
    "a copied file, at the original": Case(copied, "one", "nux"),
    "a copied file beside one's own": Case(copied_beside, "two", "slit"),
    "a copied file, by name": Case(copied_beside, "two", MISMATCH, env=named("nux")),
    "a copied file that names the process": Case(
        copied_with_process, "two", "nux", "nux", repo="two"
    ),
    "a forged file": Case(forged, "two", NOBODY),
    "a broken file beside": Case(broken_beside, "one", "nux"),
    "a broken file beside, by name": Case(broken_beside, "one", "nux", env=named("nux")),
    "a broken file beside a program's": Case(broken_under_program, "one", "nux", "nux"),
    "one's own file broken": Case(broken_at_work, "one", "nux"),
    "one's own file broken, at rest": Case(broken_at_rest, "one", NOBODY),
    "a lost file": Case(lost, "one", "nux"),
    "a lost file and another id": Case(lost, "one", MISMATCH, env={"THRUM_AGENT_ID": "slit"}),
    "no file and an id": Case(nothing, "one", NOBODY, env={"THRUM_AGENT_ID": "nux"}),
    "no file here, an id and a program": Case(
        with_program, "two", "nux", "nux", env={"THRUM_AGENT_ID": "slit"}
    ),
    "the nearer of two processes": Case(nested, "one", "nux", "nux"),
    "the outer process": Case(nested, "two", "furiosa"),
    "one process, at home here": Case(shared_process, "one", "nux", "both"),
    "one process, at home there": Case(shared_process, "two", "slit", "both"),
    "another place than it stands in": Case(apart, "one", "nux", repo="two"),
    "a place from outside": Case(one_agent, "outside", NOBODY, repo="one"),
    "a worktree without a redirect": Case(without_redirect, "one", "nux"),
    "a worktree that was moved": Case(moved, "one", "nux"),
    "a file that came back": Case(carried_back, "one", "nux"),
    "a repository inside": Case(repository_inside, "one/inner", NOBODY),
    "a folder with identities inside": Case(folder_inside, "one/inner", "nux"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A repository with a daemon and nobody in it."""
    with world_in(tmp_path_factory.mktemp("callers")) as world:
        main = world.root / "main"
        world.repository(main)
        world.thrum(main, "init", "--non-interactive")
        yield world


@pytest.fixture
def scene(house: World) -> Iterator[Scene]:
    """Two fresh worktrees; their programs end with the test."""
    with ExitStack() as stack:
        made = Scene(house, stack)
        yield made
    for name in ("one", "two"):
        shutil.rmtree(made.folders[name])


def said(scene: Scene, case: Case, *argv: str) -> tuple[int, str, str]:
    """Runs a program as the speaker of the case."""
    place, _, deeper = case.stands.partition("/")
    cwd = scene.folders[place] / deeper
    env = {key: scene.named(name) for key, name in case.env.items()}
    if case.under:
        runtime = case.under if case.under in process.RUNTIMES else "claude"
        return scene.program(case.under, runtime).run(cwd, *argv, **env)
    words = [f"{key}={value}" for key, value in env.items()]
    done = scene.house.run("env", *words, *argv, cwd=cwd, check=False)
    return done.code, done.out, done.err


def by_daemon(scene: Scene, case: Case) -> str:
    """Whom the daemon takes the speaker for, or how it refuses."""
    claim = "".join(scene.named(name) for name in case.env.values())
    if "THRUM_AGENT_ID" in case.env and case.under:
        claim = ""  # another variable does not outvote a process
    socket = str(scene.main / ".thrum/var/thrum.sock")
    _, out, err = said(scene, case, sys.executable, "-c", ASK, socket, claim)
    answer = json.loads(out or err)
    if "result" in answer:
        return str(answer["result"]["agent_id"])
    return REFUSALS[answer["error"]["data"]["kind"]]


def commanded(scene: Scene, case: Case, *argv: str) -> tuple[int, str, str]:
    """Runs a command as the speaker of the case; a person's has the test itself above it."""
    if case.under:
        return said(scene, case, *THRUM, *argv)
    place, _, deeper = case.stands.partition("/")
    env = {key: scene.named(name) for key, name in case.env.items()}
    done = forge.run(argv, cwd=scene.folders[place] / deeper, env=scene.house.environment | env)
    return done.returncode, done.stdout, done.stderr


def by_command(scene: Scene, case: Case, *argv: str) -> tuple[str, Any]:
    """How the command line refuses, or its answer."""
    place = ("--repo", str(scene.folders[case.repo])) if case.repo else ()
    code, out, err = commanded(scene, case, *argv, *place, "--json")
    if code:
        error = json.loads(err)["error"]
        return REFUSALS.get(error["kind"], error["message"]), None
    return "", json.loads(out)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_daemon_and_the_command_line_say_the_same(scene: Scene, case: Case) -> None:
    case.build(scene)
    expected = case.meant if case.meant in REFUSALS.values() else scene.named(case.meant)
    assert by_daemon(scene, case) == expected
    refusal, sent = by_command(scene, case, "send", "hello")
    told, about = by_command(scene, case, "whoami")
    who = about["agent_id"] if about else told
    if expected in REFUSALS.values():
        assert refusal in {NOBODY, MISMATCH}
        assert told in {NOBODY, MISMATCH}
        return
    assert who == expected
    if case.guarded:
        assert refusal == GUARD
    elif sent is None:
        assert refusal.startswith(f"no active session found for agent {expected}")
    else:
        found = scene.rpc(scene.main, "message.get", message_id=sent["message_id"])["message"]
        assert found["author"]["agent_id"] == expected

"""A real daemon with the agents of the recorded runs around it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gitstore import Log
from tests.tmux import Tmux, own
from thrum import events, paths, platform
from thrum.daemon.store import Store, Transaction
from thrum.ids import Ids

ROLES = {"alice": ("implementer", "auth"), "bob": ("tester", "auth"), "carol": ("reviewer", "api")}


@dataclass
class Running:
    """A daemon's process, and where the recorded callers stand."""

    place: paths.Place
    process: subprocess.Popen[bytes]
    move: Any
    homes: dict[str, Path] = field(default_factory=dict)

    def exchange(self, caller: str, data: bytes, answers: int = 1) -> list[bytes]:
        """Sends bytes from where the caller stands; the lines that come back."""
        self.move(self.homes[caller])
        with (
            platform.connect_unix(self.place.socket, 30) as connection,
            connection.makefile("rb") as lines,
        ):
            connection.sendall(data)
            return [lines.readline() for _ in range(answers)]

    def ask(self, caller: str, request: dict[str, Any]) -> Any:
        """The answer to a request."""
        (line,) = self.exchange(caller, json.dumps(request).encode() + b"\n")
        return json.loads(line)

    def call(self, caller: str, method: str, **params: Any) -> Any:
        """The result of a request."""
        answer = self.ask(caller, {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        assert "result" in answer, answer
        return answer["result"]

    def identify(self, caller: str, agent_id: str, **facts: str) -> None:
        """Writes the file by which a worktree's agent is known, as the program's commands do."""
        folder = self.homes[caller] / ".thrum" / "identities"
        folder.mkdir(parents=True, exist_ok=True)
        for other in folder.glob("[!u]*.json"):
            other.unlink()
        display = f"{facts.get('role', 'person').capitalize()} ({facts.get('module', '')})"
        file = {
            "version": 5,
            "agent": {"name": agent_id, "display": display, **facts},
            "branch": f"feature/{caller}",
            "intent": "rec: back",
            "session_id": "ses_rec",
            "context_file": f"context/{agent_id}.md",
        }
        (folder / f"{agent_id.replace(':', '_')}.json").write_text(json.dumps(file))

    def settle(self) -> None:
        """Registers the agents of the recorded runs and begins their sessions."""
        refs = [{"type": "worktree", "value": str(self.homes["alice"])}]
        person = {"caller_agent_id": "user:rec"}
        self.call("alice", "session.start", agent_id="user:rec", refs=refs, **person)
        for name, (role, module) in ROLES.items():
            self.call(name, "agent.register", name=name, role=role, module=module)
            refs = [{"type": "worktree", "value": str(self.homes[name])}]
            params = {"agent_id": name, "refs": refs}
            person = {"caller_agent_id": "user:rec"} if name == "alice" else {}
            request = {"jsonrpc": "2.0", "id": 1, "method": "session.start"}
            answer = self.ask(name, {**request, "params": {**params, **person}})
            session_id = answer["result"]["session_id"]
            self.call(name, "session.setIntent", session_id=session_id, intent="rec: again")
            self.identify(name, name, role=role, module=module)
        self.call("alice", "agent.register", name="h2", role="helper", module="m")
        self.call("alice", "message.send", content="rec: to all", to="everyone")
        self.call("alice", "group.create", name="crew")
        member = {"member_type": "agent", "member_value": "bob"}
        self.call("alice", "group.member.add", group="crew", **member)
        self.call("alice", "message.send", content="rec: to a group", mentions=["crew"])


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A daemon in a clone, with worktrees; a user is known, no agent is."""
    with own(tmp_path) as tmux:
        yield from running_in(tmp_path, monkeypatch, tmux)


def running_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmux: Tmux) -> Iterator[Running]:
    """The same; its agents may live in that tmux."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("THRUM_", "GIT_", "TMUX"))}
    environment = kept | tmux.environment | {"PATH": kept["PATH"], "GIT_CONFIG_NOSYSTEM": "1"}
    for key in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{key}_NAME": "T", f"GIT_{key}_EMAIL": "t@example.org"}

    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=tmp_path, env=environment, check=True)

    git("init", "-q", "--bare", "remote.git")
    git("init", "-q", "-b", "main", "alpha")
    git("-C", "alpha", "remote", "add", "origin", str(tmp_path / "remote.git"))
    git("-C", "alpha", "config", "user.name", "Rec Order")
    git("-C", "alpha", "config", "user.email", "rec@example.org")
    (tmp_path / "alpha" / "src").mkdir()
    (tmp_path / "alpha" / "src" / "app.py").write_text("one\n")
    git("-C", "alpha", "add", ".")
    git("-C", "alpha", "commit", "-q", "-m", "first")
    git("-C", "alpha", "push", "-q", "origin", "main")
    homes = {"alice": tmp_path / "alpha", "nogit": tmp_path / "nogit"}
    homes["nogit"].mkdir()
    for name in ("bob", "carol", "empty", "spare", "frank", "dave", "erin"):
        git("-C", "alpha", "worktree", "add", "-q", "-b", f"feature/{name}", str(tmp_path / name))
        homes[name] = tmp_path / name
        (homes[name] / "draft.txt").write_text("later\n")
    (homes["alice"] / "src" / "app.py").write_text("two\n")
    (homes["bob"] / "src" / "new.py").write_text("new\n")
    git("-C", "bob", "add", "src")
    git("-C", "bob", "commit", "-q", "-m", "bob work")
    (homes["alice"] / ".thrum").mkdir()
    (homes["alice"] / ".thrum" / "config.json").write_text("{}")
    place = paths.at(homes["alice"])
    found(place)
    process = subprocess.Popen(
        [sys.executable, "-m", "thrum.daemon", "--repo", str(homes["alice"])],
        env=environment,
        stdin=subprocess.DEVNULL,
    )
    end = time.monotonic() + 30
    while not answers(place.socket):
        assert process.poll() is None
        assert time.monotonic() < end, "the daemon never served"
        time.sleep(0.02)
    running = Running(place, process, monkeypatch.chdir, homes)
    running.identify("alice", "user:rec")
    yield running
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def answers(socket: Path) -> bool:
    """Whether somebody listens there."""
    try:
        platform.connect_unix(socket, 30).close()
    except OSError:
        return False
    return True


def found(place: paths.Place) -> None:
    """Writes what no method served here can: a user."""
    log = Log.open(place.repository, journal=place.journal)
    store = Store.open(
        log=log,
        database=place.database,
        origin_daemon="d_before",
        now_ns=time.time_ns,
        ids=Ids(time.time_ns),
    )
    made = [
        events.AgentRegister(agent_id="user:rec", kind="user", role="rec", module="ui"),
    ]
    for event in made:
        store.transact_blocking(partial(Transaction.emit, event=event))
    store.close()
    log.close()

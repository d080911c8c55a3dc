"""Sessions of agents are restarted by a real socket, in a real tmux, with programs that hang on."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.thrum.daemon.conftest import Caller, Node, eventually
from tests.tmux import NEEDED, Tmux
from thrum.daemon.restart import service, turns
from thrum.daemon.restart.service import Restart
from thrum.daemon.tmux import renewing
from thrum.identity import files, process
from thrum.snapshots import shelf
from thrum.snapshots.shelf import Shelf

pytestmark = NEEDED
TALK = Path(__file__).parents[4] / "fixtures/transcripts/claude/another-branch.jsonl"
STUBBORN = (
    "import signal, time\n"
    "for each in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):\n"
    "    signal.signal(each, signal.SIG_IGN)\n"
    "print('it works', flush=True)\n"
    "time.sleep(600)\n"
)
SHOWS = "#{session_id} #{pane_id} #{@thrum-managed} #{@thrum-pane} #{window_name} #{pane_pid}"


class Site:
    """Where erin lives, in a session in which her program runs."""

    def __init__(self, village: Node, tmux: Tmux, home: Path) -> None:
        self.village, self.tmux, self.home = village, tmux, home

    @property
    def kept(self) -> Shelf:
        return shelf.of(self.home / ".thrum", "erin")

    @property
    def identity(self) -> dict[str, Any]:
        path = files.path_of(files.folder(self.home), "erin")
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def shown(self) -> list[str]:
        """What stays of a session, and last the process that it began with."""
        return self.tmux.do("display-message", "-p", "-t", "=api:", SHOWS).split(" ")

    def front(self) -> list[int]:
        """The programs in the pane besides its shell."""
        leader = int(self.shown()[-1])
        return [each.pid for each in renewing.of([leader]) if each.pid != leader]

    def begins(self, runtime: str = "mine") -> None:
        self.village.call("alice", "tmux.launch", name="api", runtime=runtime)
        eventually(lambda: "it works" in self.tmux.shown("api"))

    def talks(self) -> None:
        """Has hooks have told which conversation is hers."""
        self.kept.tell({"runtime": "claude", "session": "s1", "transcript": str(TALK)})

    def asks(self, **params: Any) -> Any:
        self.village.stand("alice")
        caller = self.village.connect(limit=100)
        return caller.call("tmux.restart", **{"name": "api", "force": True, **params})

    def refused(self, agent: str = "alice", **params: Any) -> str:
        return self.village.refused(agent, "tmux.restart", **{"name": "api", **params})


@pytest.fixture
def site(village: Node, tmux: Tmux, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(renewing, "PATIENCE_S", 0.5)
    (tmux.home / ".thrum").mkdir()
    stubborn = tmux.home / "stubborn.py"
    stubborn.write_text(STUBBORN)
    mine = {"command": shlex.join([sys.executable, str(stubborn)])}
    # What is typed does not hold what is said, so whoever reads that knows that it runs.
    other = {"command": "sh -c 'printf \"%s works\\n\" it; cat'"}
    (tmux.home / ".thrum" / "runtimes.json").write_text(
        json.dumps({"custom_runtimes": {"mine": mine, "other": other}})
    )
    home = village.worktree("w")
    who = {"agent_name": "erin", "role": "tester", "module": "api", "intent": "$(touch hit) 'x'"}
    village.call("alice", "tmux.create", name="api", cwd=str(home), **who)
    village.homes["erin"] = home
    village.parts.config.set(turns.TIMEOUT_KEY, 1)
    yield Site(village, tmux, home)
    tmux.end()
    for each in psutil.process_iter(["cmdline"]):
        if str(stubborn) in (each.info["cmdline"] or ()):
            each.kill()  # the end of its terminal is nothing to it


def test_it_begins_anew_in_the_same_session(site: Site, tmux: Tmux) -> None:
    site.begins()
    site.talks()
    before, running = site.shown(), site.front()
    assert running
    done = site.asks()
    assert (done["session"], done["runtime"]) == ("api", "mine")
    assert done["snapshot_lines"] == site.kept.text().count("\n") > 5
    assert "**Reason:** external" in site.kept.text()
    after = site.shown()
    assert (after[:-1], after[-1] != before[-1]) == (before[:-1], True)
    assert not [pid for pid in (*running, int(before[-1])) if process.alive(pid)]
    eventually(lambda: "it works" in tmux.shown("api"))
    given = process.environment(int(after[-1]))
    assert (given["THRUM_NAME"], given["THRUM_INTENT"]) == ("erin", "$(touch hit) 'x'")
    assert given["CLAUDECODE"] == "" if "CLAUDECODE" in given else True
    assert process.cwd(int(after[-1])) == site.home
    assert (site.identity["tmux_session"], site.identity["runtime"]) == ("api:0.0", "mine")
    (told,) = site.village.inbox("erin")
    assert "Your session begins anew" in told
    assert list(site.village.repository.parent.rglob("hit")) == []


def test_as_another_runtime(site: Site) -> None:
    site.begins()
    assert site.asks(runtime="other")["runtime"] == "other"
    assert site.identity["runtime"] == "other"
    assert site.asks()["runtime"] == "other"
    assert site.village.inbox("erin") == []  # nothing is left to go on from


def test_the_agent_is_asked_and_what_it_writes_counts(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.begins()
    site.talks()
    site.village.parts.config.set(turns.TIMEOUT_KEY, 60)
    found: list[Any] = []
    asking = Caller(site.village.parts.place.socket, 100)
    site.village.stand("alice")
    number = asking.write("tmux.restart", name="api")
    waiting = threading.Thread(target=lambda: found.append(asking.read()))
    waiting.start()
    eventually(lambda: site.village.parts.service(Restart)._ending)
    eventually(lambda: site.village.inbox("erin"))
    (told,) = site.village.inbox("erin")
    assert str(site.kept.path) in told
    monkeypatch.setattr(service, "PATIENCE_S", 0.3)
    assert site.refused(force=True) == "conflict"  # one at a time
    site.village.call("erin", "delivery.ask", runtime="claude", session="s1", boundary="prompt")
    plan = "## Resume Plan\n\nPaint the tank.\n"
    site.kept.save(plan)
    site.village.call("alice", "tmux.status")
    assert found == []  # her turn goes on
    site.village.call("erin", "delivery.ask", runtime="claude", session="s1", boundary="end")
    waiting.join(100)
    assert (found[0]["id"], found[0]["result"]["snapshot_lines"]) == (number, 3)
    assert site.kept.text() == plan
    asking.close()


def test_who_writes_nothing_is_not_waited_for_longer(site: Site) -> None:
    site.begins()
    site.talks()
    assert site.asks(force=False)["snapshot_lines"] > 5
    assert len(site.village.inbox("erin")) == 2


def test_who_ends_by_itself_is_not_waited_for(site: Site, tmux: Tmux) -> None:
    """As an agent does that was asked, with minutes to write, and had nothing to write."""
    site.begins("other")
    site.village.parts.config.set(turns.TIMEOUT_KEY, 170)
    asking = Caller(site.village.parts.place.socket, 100)
    site.village.stand("alice")
    asking.write("tmux.restart", name="api")
    eventually(lambda: site.village.parts.service(Restart)._ending)
    eventually(lambda: site.village.inbox("erin"))
    tmux.do("send-keys", "-t", "=api:", "C-c")
    assert asking.read()["result"]["runtime"] == "other"
    asking.close()


def test_who_does_it_itself_is_not_asked(site: Site) -> None:
    site.begins()
    site.village.parts.config.set(turns.TIMEOUT_KEY, 180)
    site.village.stand("erin")
    assert site.village.connect(limit=60).call("tmux.restart", name="api")["session"] == "api"


def test_whoever_asks_may_go_with_it(site: Site) -> None:
    site.begins()
    site.talks()
    before = site.shown()
    site.village.stand("erin")
    asking = Caller(site.village.parts.place.socket, 100)
    asking.write("tmux.restart", name="api", force=True)
    eventually(lambda: site.shown()[-1] != before[-1])
    asking.close()
    eventually(lambda: "it works" in site.tmux.shown("api"))
    assert [each for each in site.village.inbox("erin") if "begins anew" in each]


@pytest.mark.parametrize("what", ["nobody", "runtime", "hostile", "worktree", "mallory", "foreign"])
def test_what_cannot_be_begun_anew_is_not_ended(site: Site, what: str) -> None:
    site.begins()
    before = site.shown()
    if what == "nobody":
        assert site.refused(name="ap") == "not_found"
        assert site.refused(name="") == "invalid_params"
    elif what == "runtime":
        assert site.refused(runtime="no_such_runtime") == "not_found"
    elif what == "hostile":
        for runtime in (
            "cat; touch hit",
            "$(touch hit)",
            "../mine",
            "mine\ntouch hit",
            "\u202emine",
        ):
            assert site.refused(runtime=runtime) == "not_found"
    elif what == "worktree":
        away = site.home.rename(site.home.with_name("away"))
        assert site.refused() == "not_found"
        away.rename(site.home)
    elif what == "mallory":
        site.village.agent("mallory")
        assert site.refused("mallory") == "not_allowed"
        assert site.refused("nobody") == "anonymous_caller"
    else:
        site.tmux.do("set-option", "-t", "=api:", "@thrum-thrum-dir", "/elsewhere")
        assert site.refused() == "not_allowed"
    assert site.shown() == before
    assert list(site.village.repository.parent.rglob("hit")) == []


def test_what_has_ended_is_begun_again(site: Site, tmux: Tmux) -> None:
    site.begins("other")
    tmux.do("send-keys", "-t", "=api:", "C-c")
    eventually(lambda: site.front() == [])
    # Nobody is asked who is not there.
    site.village.parts.config.set(turns.TIMEOUT_KEY, 180)
    assert site.asks(force=False)["runtime"] == "other"
    tmux.end()
    assert site.asks(force=False)["runtime"] == "other"
    assert site.shown()[2] == "1"
    assert site.identity["tmux_session"] == "api:0.0"
    tmux.do("set-option", "-g", "remain-on-exit", "on")
    eventually(lambda: "it works" in tmux.shown("api"))
    tmux.do("send-keys", "-t", "=api:", "C-c")
    eventually(lambda: site.front() == [])
    tmux.do("send-keys", "-t", "=api:", "exit", "Enter")
    dead = ("display-message", "-p", "-t", "=api:", "#{pane_dead}")
    eventually(lambda: tmux.do(*dead) == "1")
    assert site.asks(force=False)["runtime"] == "other"
    assert tmux.do(*dead) == "0"


def test_a_transcript_that_is_gone_leaves_nothing_to_go_on_from(site: Site, tmp_path: Path) -> None:
    site.begins("other")
    file = tmp_path / "talk.jsonl"
    shutil.copy(TALK, file)
    site.kept.tell({"runtime": "claude", "session": "s1", "transcript": str(file)})
    file.write_bytes(b"\xff\xfe{[")
    assert site.asks()["snapshot_lines"] == 0
    file.unlink()
    assert site.asks()["snapshot_lines"] == 0


def test_who_is_launched_is_told_of_what_the_session_before_left(site: Site) -> None:
    site.kept.save("## Resume Plan\n\nPaint the tank.\n")
    site.village.call("alice", "tmux.launch", name="api", runtime="shell")
    assert site.village.inbox("erin") == []
    site.begins()
    (told,) = site.village.inbox("erin")
    assert "Your session begins anew" in told

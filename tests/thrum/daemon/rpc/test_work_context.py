"""What agents work on: seen at heartbeats, asked for by file, told when a session ends."""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from thrum.daemon.work.service import Work
from thrum.identity import files


def git(where: Path, *arguments: str) -> None:
    """Runs git as somebody."""
    someone = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    subprocess.run(["git", "-C", str(where), *someone, *arguments], check=True)


@pytest.fixture
def nux(node: Any) -> str:
    """The session of an agent nux with a commit and a new file, beside an agent max."""
    node.agent("max")
    session_id: str = node.agent("nux")
    home = node.homes["nux"]
    git(node.repository, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(home, "checkout", "-q", "-b", "mend")
    (home / "src").mkdir()
    (home / "src/lid.py").write_text("one\ntwo\n")
    git(home, "add", ".")
    git(home, "commit", "-q", "-m", "Mend the lid")
    (home / "new.py").write_text("x")
    # Known by its file, too, so that it is somebody without a session.
    files.write(home / ".thrum/identities", "nux", "2026-01-01T00:00:00Z", role="tester")
    with (node.repository / ".git/info/exclude").open("a") as exclude:
        exclude.write(".thrum/\n")
    return session_id


def listed(node: Any, **params: Any) -> list[dict[str, Any]]:
    """What max is told of everybody's work."""
    found: list[dict[str, Any]] = node.call("max", "agent.listContext", **params)["contexts"]
    return found


def events(node: Any, kind: str) -> list[dict[str, Any]]:
    """The events of a type."""
    rows = node.store.reader().execute("SELECT event_json FROM events WHERE type = ?", (kind,))
    return [json.loads(row[0]) for row in rows]


def test_who_never_sends_a_heartbeat_is_seen_at_the_start(node: Any) -> None:
    node.agent("max")
    node.agent("nux")
    (context,) = listed(node, agent_id="nux")
    assert context["worktree_path"] == str(node.homes["nux"])
    assert context["git_updated_at"]
    (node.homes["nux"] / "new.py").write_text("x")
    here = [{"type": "worktree", "value": str(node.homes["nux"])}]
    node.call("nux", "session.start", agent_id="nux", refs=here)
    (context,) = listed(node, agent_id="nux")
    assert "new.py" in context["uncommitted_files"]


def test_a_start_is_answered_though_nobody_could_look(
    node: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody_looks(worktree: str, limit_s: float) -> None:
        assert limit_s <= 1

    monkeypatch.setattr(node.parts.service(Work).observer, "look", nobody_looks)
    node.agent("nux")
    (context,) = node.call("nux", "agent.listContext")["contexts"]
    assert "git_updated_at" not in context


def test_a_heartbeat_sees_the_worktree(node: Any, nux: str) -> None:
    beaten = node.call("nux", "session.heartbeat", session_id=nux)
    assert (beaten["branch"], beaten["unmerged_commits"]) == ("mend", 1)
    (change,) = beaten["file_changes"]
    assert (change["path"], change["additions"], change["status"]) == ("src/lid.py", 2, "added")
    (context,) = listed(node, agent_id="nux")
    assert context["uncommitted_files"] == ["new.py"]
    assert context["changed_files"] == ["src/lid.py"]
    assert context["worktree_path"] == str(node.homes["nux"])
    assert [each["message"] for each in context["unmerged_commits"]] == ["Mend the lid"]
    assert not events(node, "agent.update")


def test_a_heartbeat_is_well_whatever_the_worktree_is(node: Any, nux: str) -> None:
    node.call("nux", "session.heartbeat", session_id=nux)
    (node.homes["nux"] / ".git").write_text("gitdir: /nowhere\n")
    beaten = node.callers[0].call("session.heartbeat", session_id=nux)
    assert beaten.keys() == {"session_id", "last_seen_at"}
    (context,) = listed(node, agent_id="nux")
    assert "file_changes" not in context
    assert "branch" not in context


def test_who_cannot_look_tells_what_was_seen_before(
    node: Any, nux: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.call("nux", "session.heartbeat", session_id=nux)

    async def late(worktree: str, limit_s: float = 0) -> None:
        return None

    monkeypatch.setattr(node.parts.service(Work).observer, "look", late)
    git(node.homes["nux"], "commit", "-q", "--allow-empty", "-m", "more")
    beaten = node.call("nux", "session.heartbeat", session_id=nux)
    assert (beaten["branch"], beaten["unmerged_commits"]) == ("mend", 1)
    assert [each["agent_id"] for each in listed(node, file="lid.py", fresh=True)] == ["nux"]


def test_a_file_is_found_by_the_end_of_its_path(node: Any, nux: str) -> None:
    for file in ("src/lid.py", "lid.py", "./src/lid.py", "new.py"):
        assert [each["agent_id"] for each in listed(node, file=file)] == ["nux"], file
    for file in ("id.py", "rc/lid.py", "%lid.py", "lid_py", "li?.py", "src", "x/src/lid.py"):
        assert listed(node, file=file) == [], file
    assert node.refused("max", "agent.listContext", file="x" * 5000) == "too_large"


@pytest.mark.parametrize("fresh", [False, True])
def test_a_look_needs_no_heartbeat_and_is_not_kept(node: Any, nux: str, fresh: bool) -> None:
    before = "\n".join(node.store.reader().iterdump())
    (context,) = listed(node, file="new.py", fresh=fresh)
    assert (context["agent_id"], context["branch"]) == ("nux", "mend")
    assert listed(node, file="new.py", fresh=fresh, branch="main") == []
    assert len(listed(node, file="new.py", fresh=fresh, branch="mend")) == 1
    assert "\n".join(node.store.reader().iterdump()) == before
    (node.homes["nux"] / "new.py").unlink()
    assert listed(node, file="new.py", fresh=fresh) == []


def test_team_and_overview_look_as_well(node: Any, nux: str) -> None:
    def team() -> dict[str, Any]:
        members = node.call("max", "team.list")["members"]
        found: dict[str, Any] = next(each for each in members if each["agent_id"] == "nux")
        return found

    assert (team()["branch"], team()["unmerged_commits"]) == ("mend", 1)
    assert [each["path"] for each in team()["file_changes"]] == ["src/lid.py"]
    git(node.homes["nux"], "commit", "-q", "--allow-empty", "-m", "more")
    assert team()["unmerged_commits"] == 2
    (colleague,) = node.call("max", "team.overview")["team"]
    assert (colleague["branch"], len(colleague["unmerged_commits"])) == ("mend", 2)
    assert colleague["uncommitted_files"] == ["new.py"]
    work = node.call("nux", "team.overview")["work_context"]
    assert work["uncommitted_files"] == ["new.py"]


def test_an_answer_says_as_of_when_it_is(
    node: Any, nux: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(**params: Any) -> dict[str, Any]:
        found: dict[str, Any] = node.call("max", "agent.listContext", **params)
        return found

    seen = answer(file="new.py")
    assert seen["as_of"] <= seen["contexts"][0]["git_updated_at"]
    assert answer(file="nothing.py")["contexts"] == []
    assert answer(file="nothing.py")["as_of"] > seen["as_of"], "all were looked at again"

    async def late(worktree: str, limit_s: float) -> None:
        assert limit_s <= 1

    monkeypatch.setattr(node.parts.service(Work).observer, "look", late)
    old = answer(file="nothing.py")["as_of"]
    assert old == answer(file="nothing.py")["as_of"] < seen["as_of"]


@pytest.fixture
def started() -> Iterator[list[str]]:
    """Every process that this one starts from Python."""
    seen: list[str] = []
    listening = True

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        del arguments
        ways = {"os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "subprocess.Popen"}
        if listening and event in ways:
            seen.append(event)

    sys.addaudithook(hear)  # cannot be taken away again
    yield seen
    listening = False


def test_looking_at_worktrees_starts_no_process(node: Any, nux: str, started: list[str]) -> None:
    def faults() -> int:
        """Page faults of children that have ended, whatever started them: every one has some."""
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_minflt + children.ru_majflt

    node.stand("nux")
    subprocess.run(["true"], check=True)
    assert started
    started.clear()
    before = faults()
    for number in range(5):
        (node.homes["nux"] / f"new{number}.py").write_text("x")
        beaten = node.call("nux", "session.heartbeat", session_id=nux)
        assert beaten["unmerged_commits"] == 1
        assert listed(node, fresh=True, file=f"new{number}.py")
    node.call("nux", "session.end", session_id=nux)
    assert started == []
    assert faults() == before


def test_a_list_of_contexts_has_its_bound(node: Any, nux: str) -> None:
    node.call("nux", "session.heartbeat", session_id=nux)
    assert len(node.call("max", "agent.listContext", limit=1)["contexts"]) == 1
    assert node.refused("max", "agent.listContext", limit=-1) == "invalid_params"


def test_a_question_is_one_query(node: Any, nux: str) -> None:
    asked: list[str] = []
    ask = node.store.ask
    node.call("nux", "session.heartbeat", session_id=nux)

    async def traced(question: Callable[[sqlite3.Connection], Any]) -> Any:
        def tracing(db: sqlite3.Connection) -> Any:
            db.set_trace_callback(asked.append)
            return question(db)

        return await ask(tracing)

    node.store.ask = traced
    node.call("nobody", "agent.listContext", file="lid.py", include_ended=True)
    assert len([sql for sql in asked if "agent_work_contexts" in sql]) == 1


def test_the_end_of_a_session_tells_what_was_worked_on(node: Any, nux: str) -> None:
    node.call("nux", "session.setIntent", session_id=nux, intent="mend the lid")
    first = node.call("nux", "session.end", session_id=nux)
    (event,) = events(node, "agent.update")
    (told,) = event["work_contexts"]
    assert (told["session_id"], told["branch"], told["intent"]) == (nux, "mend", "mend the lid")
    assert told["uncommitted_files"] == ["new.py"]
    assert told["file_changes"][0]["path"] == "src/lid.py"
    again = node.call("nux", "session.end", session_id=nux)
    assert again == first
    assert len(events(node, "agent.update")) == len(events(node, "agent.session.end")) == 1
    assert listed(node, file="lid.py") == []
    (left,) = listed(node, file="lid.py", include_ended=True)
    assert (left["agent_id"], left["ended_at"]) == ("nux", first["ended_at"])


def test_only_the_last_of_ended_sessions_is_told_of(node: Any, nux: str) -> None:
    home = [{"type": "worktree", "value": str(node.homes["nux"])}]
    node.call("nux", "session.heartbeat", session_id=nux)
    second = node.call("nux", "session.start", agent_id="nux", refs=home)["session_id"]
    (told,) = events(node, "agent.update")
    assert [each["session_id"] for each in told["work_contexts"]] == [nux]
    (now,) = listed(node, file="lid.py", include_ended=True)
    assert (now["session_id"], "ended_at" in now) == (second, False)
    node.call("nux", "session.end", session_id=second)
    latest = events(node, "agent.update")[-1]["work_contexts"]
    assert [each["session_id"] for each in latest] == [second]


def test_a_huge_context_is_told_of_in_part(node: Any, nux: str) -> None:
    home = node.homes["nux"]
    for number in range(900):
        (home / f"src/{'long' * 20}{number:03}.py").write_text(f"{number}\n")
    git(home, "add", ".")
    git(home, "commit", "-q", "-m", "Many")
    node.call("nux", "session.end", session_id=nux)
    (event,) = events(node, "agent.update")
    (told,) = event["work_contexts"]
    assert len(told["changed_files"]) == 100
    assert len(json.dumps(event)) < 64 * 1024


def test_worktrees_have_one_name_and_the_newest_counts(node: Any, nux: str) -> None:
    alias = node.repository.parent / "alias"
    alias.symlink_to(node.homes["nux"])
    link, real = ({"type": "worktree", "value": str(path)} for path in (alias, node.homes["nux"]))
    beat = {"session_id": nux}
    node.call("nux", "session.heartbeat", **beat, add_refs=[link])
    rows = "SELECT ref_value FROM session_refs WHERE session_id = ?"
    assert node.store.reader().execute(rows, (nux,)).fetchall() == [(real["value"],)]
    node.call("nux", "session.heartbeat", **beat, remove_refs=[link])
    assert node.store.reader().execute(rows, (nux,)).fetchall() == []
    # Removing goes first: what is taken away and added in one beat is there.
    node.call("nux", "session.heartbeat", **beat, add_refs=[real], remove_refs=[real])
    assert node.store.reader().execute(rows, (nux,)).fetchall() == [(real["value"],)]

"""Recorded runs of another Thrum's commands: we ask the same things and print the same shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.compare import differences
from thrum.cli import table

# Methods of which the other program asks more than it needs, or which we ask besides.
IGNORED = {"agent.register", "agent.lookup", "agent.listContext", "team.list", "agent.list"}
# What we ask on purpose in another way: only what is unread is marked; an answer to everyone
# stays one, and does not name its author's answerer.
OURS = {"message.markRead", "agent.whoami"}
# Whatever is unread is marked by the daemon, which knows what it is, instead of page by page.
UNASKED = {("message.read", "message.list")}
FILES = [
    "send",
    "inbox",
    "message.get",
    "message.edit",
    "message.read",
    "session.start",
    "session.end",
    "session.heartbeat",
    "session.list",
    "session.set-intent",
    "session.set-task",
    "agent.set-intent",
    "agent.set-task",
    "agent.cleanup",
    "agent.list",
    "agent.set-status",
    "sync.status",
    "sync.force",
    "team",
    "context.save",
    "context.show",
    "context.clear",
]
ELSEWHERE = {"overview", "ping", "wait", "init", "daemon start", "peer list", "peer status"}
"""Commands that ask once where others asked often or read a file, wait, or start a daemon."""
FILED = {
    "repo_id": "r_AVFS9PBTJ8ZG",
    "intent": "rec: an intent",
    "session_id": "ses_01M7XCMNVS4RYV6N772VPNAVN5",
}
"""What the identity files of the recorded agents hold besides."""
ROLES = {"alice": "implementer", "bob": "tester", "carol": "reviewer", "dave": "implementer"}

Run = tuple[dict[str, Any], list[dict[str, Any]]]


def runs(folder: Path, name: str) -> Iterator[Run]:
    """Each run with the exchanges before it."""
    exchanges: list[dict[str, Any]] = []
    for line in (folder / f"{name}.jsonl").read_text().splitlines():
        row = json.loads(line)
        if "argv" in row:
            yield row, exchanges
            exchanges = []
        else:
            exchanges.append(row)


def covers(ours: Any, theirs: Any) -> bool:
    """Whether everything that they say is said by us; placeholders stand for anything."""
    if isinstance(theirs, str) and ("{" in theirs or "<" in theirs):
        return isinstance(ours, str)
    if isinstance(theirs, dict):
        return isinstance(ours, dict) and all(
            key in ours and covers(ours[key], value) for key, value in theirs.items()
        )
    if isinstance(theirs, list):
        return (
            isinstance(ours, list)
            and len(ours) == len(theirs)
            and all(covers(a, b) for a, b in zip(ours, theirs, strict=True))
        )
    return bool(ours == theirs)


def bytes_for_prose(result: Any) -> Any:
    """The result with something in the place of bytes that were not recorded."""
    if isinstance(result, dict) and result.get("preamble") == "<prose>":
        return {**result, "preamble": "cHJvc2U="}
    return result


def answer_from(world: Any, exchanges: list[dict[str, Any]], refuse: Any) -> None:
    """Makes the daemon give the recorded answers, the last one again and again."""
    answers: dict[str, list[Any]] = {}
    for exchange in exchanges:
        response = exchange["response"]
        error = response.get("error")
        answers.setdefault(exchange["request"]["method"], []).append(
            refuse("conflict", error["message"], error["code"])
            if error
            else bytes_for_prose(response["result"])
        )
    world.daemon.answers = {
        "message.markRead": {"marked_count": 0},
        "agent.whoami": {},
        **answers,
    }
    world.daemon.requests = []


@pytest.mark.parametrize("name", FILES)
def test_recorded_runs(world: Any, recorded: Path, refuse: Any, name: str) -> None:
    tried = 0
    (world.root / ".thrum/identities/furiosa.json").unlink()
    for run, exchanges in runs(recorded, name):
        if run["caller"] not in ROLES or run["exit"] != 0 or "text" in run["argv"]:
            continue
        for file in (world.root / ".thrum/identities").iterdir():
            file.unlink()
        world.identity(run["caller"], role=ROLES[run["caller"]])
        answer_from(world, exchanges, refuse)
        # Ours begins a session with what its agent was said to be about to do.
        world.daemon.answers.setdefault("session.setIntent", {})
        ran = world.run(*run["argv"], stdin="rec: my notes\n")
        assert ran.code == 0, (run["argv"], ran.err)
        asked = list(world.daemon.requests)
        for exchange in exchanges:
            method, params = exchange["request"]["method"], exchange["request"].get("params", {})
            is_ours = method in IGNORED | OURS or (name, method) in UNASKED
            if is_ours or "error" in exchange["response"]:
                continue
            assert any(m == method and covers(p, params) for m, p in asked), (run["argv"], params)
        printed = run["stdout"]
        if isinstance(printed, dict) and "text" not in printed and "--json" in run["argv"]:
            assert covers(ran.document, printed), run["argv"]
        tried += 1
    assert tried


def last(exchanges: list[dict[str, Any]], method: str) -> Any:
    """The last recorded result of a method."""
    found = [each for each in exchanges if each["request"]["method"] == method]
    return found[-1]["response"]["result"]


def test_recorded_overviews(world: Any, recorded: Path) -> None:
    """There a page is put together from five answers, here it is one; it reads the same."""
    tried = 0
    for run, exchanges in runs(recorded, "overview"):
        if run["caller"] not in ROLES:
            continue
        me, mail = last(exchanges, "agent.whoami"), last(exchanges, "message.list")
        contexts = last(exchanges, "agent.listContext")["contexts"]
        mine = [each for each in contexts if each["agent_id"] == run["caller"]]
        page = {
            "health": last(exchanges, "health"),
            "agent": me,
            "team": [each for each in contexts if each not in mine],
            "inbox": {"total": mail["total"], "unread": mail["unread"]},
        }
        page |= {"work_context": mine[0]} if mine else {}
        world.daemon.answers["team.overview"] = page
        ran = world.run(*run["argv"])
        assert ran.code == 0, ran.err
        if isinstance(run["stdout"], dict) and "text" not in run["stdout"]:
            printed = {k: v for k, v in run["stdout"].items() if k != "websocket_port"}
            assert ran.document.keys() >= printed.keys()
            assert covers(ran.document["agent"], printed["agent"])
            assert covers(ran.document["inbox"], printed["inbox"])
            # What was worked on was looked up anew between the two questions there.
            assert ran.document["work_context"].keys() == printed["work_context"].keys()
            shown = [each["agent_id"] for each in ran.document["team"]]
            assert shown == [each["agent_id"] for each in printed["team"]]
        tried += 1
    assert tried == 3


def test_recorded_pings(world: Any, recorded: Path) -> None:
    """There the whole lists are printed, here the same lists with the agent that was meant."""
    tried = 0
    for run, exchanges in runs(recorded, "ping"):
        if run["caller"] not in ROLES or run["exit"] != 0 or "bob" not in str(exchanges):
            continue
        listed, working = last(exchanges, "agent.list"), last(exchanges, "agent.listContext")
        busy = {each["agent_id"] for each in working["contexts"]}
        members = [
            {**each, "status": "active" if each["agent_id"] in busy else "offline"}
            for each in listed["agents"]
        ]
        world.daemon.answers = {
            "team.list": {"members": members},
            "agent.list": listed,
            "agent.listContext": lambda params, rows=working["contexts"]: {
                "contexts": [row for row in rows if row["agent_id"] == params["agent_id"]]
            },
        }
        ran = world.run(*run["argv"])
        if ran.code != 0:
            assert "no agent" in ran.err
            continue
        if "--json" in run["argv"]:
            for name, inner in (("agents", "agents"), ("contexts", "contexts")):
                (row,) = ran.document[name][inner]
                assert row in listed["agents"] + working["contexts"]
                assert row["agent_id"] == "bob"
                assert name in run["stdout"]
        else:
            assert ran.out.startswith("@bob: active, ")
        tried += 1
    assert tried >= 4


def test_the_commands_of_the_recordings_are_known() -> None:
    assert {name.replace(".", " ") for name in FILES} <= set(table.COMMANDS)


def become(world: Any, caller: str) -> None:
    """Makes the caller of a recorded run the only agent of the worktree."""
    for file in (world.root / ".thrum/identities").iterdir():
        file.unlink()
    world.identity(caller, role=ROLES[caller], worktree=str(world.root), **FILED)


def all_runs(recorded: Path) -> Iterator[tuple[str, Run]]:
    """Every recorded run of a command that exists here, by one of the agents."""
    for path in sorted(recorded.glob("*.jsonl")):
        name = path.stem.replace(".", " ")
        if name in table.COMMANDS and name not in ELSEWHERE:
            yield from ((name, run) for run in runs(recorded, path.stem) if is_agents(run))


def is_agents(run: Run) -> bool:
    """Whether one of the agents gave the command."""
    return run[0]["caller"] in ROLES


def test_what_is_printed_as_json_has_the_recorded_shape(
    world: Any, recorded: Path, refuse: Any
) -> None:
    found, tried = [], set()
    for name, (run, exchanges) in all_runs(recorded):
        printed = run["stdout"]
        if run["exit"] or "--json" not in run["argv"] or "text" in printed:
            continue
        become(world, run["caller"])
        answer_from(world, exchanges, refuse)
        # Ours begins a session with what its agent was said to be about to do.
        world.daemon.answers.setdefault("session.setIntent", {})
        ran = world.run(*run["argv"], stdin="rec: my notes\n")
        assert ran.code == 0, (run["argv"], ran.err)
        tried.add(name)
        unlike = differences(printed, ran.document)
        found += [f"{run['argv']}: {where} {what}" for where, what in unlike]
    assert not found, "\n".join(found)
    assert len(tried) >= 14, tried


def test_what_failed_there_fails_here(world: Any, recorded: Path, refuse: Any) -> None:
    tried = 0
    for _, (run, exchanges) in all_runs(recorded):
        if not run["exit"]:
            continue
        become(world, run["caller"])
        answer_from(world, exchanges, refuse)
        ran = world.run(*run["argv"])
        assert ran.code in {1, 2}, (run["argv"], ran.out)
        assert ran.out == ""
        if "--json" in run["argv"]:
            assert json.loads(ran.err)["error"]["kind"], run["argv"]
        else:
            assert ran.err.startswith("Error: "), run["argv"]
        tried += 1
    assert tried >= 20

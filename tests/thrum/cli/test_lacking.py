"""A daemon of another version: what it does not know is named, and everything else is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.thrum.cli.answers import HEALTH, ME, MEMBERS, PAGE, page
from tests.thrum.cli.lines import ALONE, EVERYDAY, MESSAGE
from thrum import __version__
from thrum.cli import table

RECORDED: Final = Path(__file__).parents[3] / "fixtures"
BEYOND: Final = {
    "context show --versions": "context.versions",
    "context sync": "context.sync",
    "message archive alice --yes": "message.archive",
    f"message withdraw {MESSAGE} --yes": "message.withdraw",
    "rpc call message.wait": "message.wait",
    "rpc describe": "rpc.discover",
    "search text": "message.search",
    "search from:bob OR text --sort new --limit 3": "message.search",
    "sync off": "sync.off",
    "sync on": "sync.on",
    "loops": "loops.list",
    "claim src/auth --note mine": "claim.take",
    "claim give @bob src/auth": "claim.give",
    "claims": "claim.list",
    "claims --all": "claim.list",
    "release src/auth": "claim.release",
    "ui --no-open": "user.link",
    "ui --logout": "user.logout",
    "monitor restart errs": "monitor.restart",
    "monitor remove errs": "monitor.remove",
    "monitor logs errs --output": "monitor.output",
    "keys list": "keys.list",
    "keys accept 4f3a2b --yes": "keys.accept",
    "keys revoke 4f3a2b --yes": "keys.revoke",
    "keys rotate": "keys.rotate",
    "keys export": "keys.list",
    "peer add --no-wait": "peer.start_pairing",
    "peer add --timeout 1s": "peer.start_pairing",
    "peer configure box add-agent nux": "peer.configure",
    "peer configure box --scope addressed": "peer.configure",
    "peer add --no-wait --type network --address 192.0.2.7": "peer.start_pairing",
    "peer join box:192.0.2.7:1:0123456789012345 --type network --address 192.0.2.9": "peer.join",
    "peer join box:127.0.0.1:1:0123456789012345 --peer-name box": "peer.join",
    "peer doctor": "peer.doctor",
    "peer join box --type repair": "peer.join",
    "peer rename box crate": "peer.rename",
    "peer repair box --address 192.0.2.7:9100": "peer.join",
    "peer remove box --yes": "peer.remove",
    "telegram pair --pair-timeout 1s --yes": "telegram.start_pairing",
    "user list": "user.list",
    "user register": "user.register",
    "loops release --all": "loops.release",
    "prompts": "prompt.list",
    "prompts approve 4F3A2B": "prompt.answer",
    "prompts deny 4F3A2B": "prompt.answer",
    "sync worktree": "sync.worktree.status",
    "sync worktree on": "sync.worktree.on",
    "sync worktree off --keep": "sync.worktree.off",
}
"""Commands that are nothing without a method which the recorded daemon does not know."""


UNRECORDED: Final = {
    "agent.register": {"agent_id": "alice", "status": "updated"},
    "context.show": {"agent_name": "alice", "content": "cmVj", "has_context": True, "size": 3},
    "message.deleteByAgent": {"deleted_count": 2},
    "telegram.status": {
        **{"configured": True, "enabled": True, "running": True, "inbound_count": 0},
        **{"token": "123456789:...", "target": "@nux", "user_id": "max", "allow_all": False},
        **{"allow_from": [5], "groups": [{"chat_id": -100500, "name": "crew"}]},
    },
    "tmux.cancel": {"command_id": "cmd_1", "state": "canceled"},
    "group.member.remove": {"member_type": "agent", "member_value": "bob"},
}
"""Answers in place of recorded ones that refuse, are about others, or lost their prose."""


def _answers() -> dict[str, Any]:
    """Of each method that was recorded the answer that says most."""
    found: dict[str, Any] = {}
    for file in (*RECORDED.glob("rpc/*.jsonl"), *RECORDED.glob("cli/*.jsonl")):
        for row in map(json.loads, file.read_text().splitlines()):
            response, request = row.get("response"), row.get("request")
            if isinstance(response, dict) and isinstance(request, dict) and "result" in response:
                found.setdefault(request["method"], []).append(response["result"])
    most = {name: max(each, key=lambda said: len(json.dumps(said))) for name, each in found.items()}
    # The daemon of tests gives the answers of a list one after the other.
    return {n: [a] if isinstance(a, list) else a for n, a in (most | UNRECORDED).items()}


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    """What the recorded daemon answers to each method that it knows."""
    return _answers()


@pytest.fixture
def older(world: Any, recorded: dict[str, Any]) -> Any:
    """Alice's worktree, where a daemon of the recorded program listens."""
    (world.root / ".thrum/identities/furiosa.json").unlink()
    world.identity("alice")
    world.daemon.answers = dict(recorded)
    return world


def test_every_command_is_run() -> None:
    run = {
        name for name in table.COMMANDS for line in EVERYDAY if f"{line} ".startswith(f"{name} ")
    }
    assert run | set(ALONE) == set(table.COMMANDS)


@pytest.mark.parametrize("line", EVERYDAY)
def test_an_older_daemon_does_what_it_can(older: Any, line: str) -> None:
    ran = older.run(*line.split(), stdin="notes")
    method = BEYOND.get(line)
    if method is None:
        assert ran.code == 0, ran.err
        return
    assert ran.code == 1
    assert f"(version dev+unknown) does not know {method}; `thrum daemon restart`" in ran.err


@pytest.mark.parametrize("line", EVERYDAY)
def test_a_daemon_that_knows_nothing_is_said_to(world: Any, line: str) -> None:
    ran = world.run(*line.split(), "--json", stdin="notes")
    if ran.code:
        assert world.daemon.methods, ran.err
        assert ran.error["kind"] == "method_not_found"
        assert ran.error["method"] in world.daemon.methods
        assert "(of an unknown version)" in ran.error["message"]
        assert __version__ in ran.error["hint"]


def test_a_refusal_says_as_json_which_version_lacks_what(older: Any) -> None:
    error = older.run("context", "sync", "--json").error
    assert (error["kind"], error["code"]) == ("method_not_found", -32601)
    assert (error["method"], error["daemon_version"]) == ("context.sync", "dev+unknown")


NEEDLESS: Final = (
    ("overview", "team.overview"),
    ("overview", "team.overview health"),
    ("overview", "team.overview agent.whoami"),
    ("overview", "team.overview agent.listContext team.list message.list"),
    ("status", "sync.status"),
    ("status", "context.show"),
    ("status", "team.overview health sync.status context.show"),
    ("ping nux --json", "agent.list"),
    ("ping nux --json", "agent.list agent.listContext"),
    ("agent list --json", "agent.listContext"),
)
"""Commands that show something else besides, and what they do without."""


@pytest.fixture
def office(world: Any) -> Any:
    """A daemon that knows everything."""
    world.daemon.answers = {
        "health": HEALTH,
        "agent.whoami": ME,
        "agent.list": {"agents": [{"agent_id": "nux"}]},
        "agent.listContext": {"contexts": [PAGE["work_context"]]},
        "team.list": {"members": MEMBERS},
        "team.overview": PAGE,
        "message.list": page(total=4, unread=1),
        "sync.status": {"sync_state": "synced"},
        "context.show": {"has_context": True, "size": 1200},
    }
    return world


@pytest.mark.parametrize(("line", "missing"), NEEDLESS)
def test_one_line_says_what_is_missing(office: Any, line: str, missing: str) -> None:
    for method in missing.split():
        del office.daemon.answers[method]
    ran = office.run(*line.split(), "--json")
    assert ran.code == 0, ran.err
    (warning,) = ran.document["warnings"]
    told = warning.partition("does not know ")[2].partition(", so ")[0]
    assert sorted(told.split(", ")) == sorted(missing.split())
    plain = office.run(*line.replace("--json", "").split())
    assert plain.code == 0
    if "--json" not in line:
        assert plain.err == f"warning: {warning}\n"


def test_a_page_that_is_put_together_shows_the_same(office: Any) -> None:
    whole = office.run("overview").out.splitlines()
    del office.daemon.answers["team.overview"]
    parts = office.run("overview").out.splitlines()
    assert {"You", "Work", "Inbox", "Sync"} <= {line.partition(":")[0] for line in parts}
    assert [line for line in parts if not line.startswith(("●", "○"))] == [
        line for line in whole if not line.startswith(("●", "○"))
    ]


def test_names_are_checked_only_where_they_are_told(office: Any) -> None:
    assert office.run("inbox", "--from", "nobody").code == 1
    del office.daemon.answers["agent.list"]
    assert office.run("inbox", "--from", "nobody").code == 0
    assert office.run("agent", "delete", "nux").code == 2  # asked about, where nobody can answer


def test_a_session_begins_where_no_intent_can_be_stated(office: Any) -> None:
    office.daemon.answers |= {
        "agent.register": {"agent_id": "furiosa", "status": "updated"},
        "session.start": {"session_id": ME["session_id"]},
    }
    ran = office.run(
        "quickstart", "furiosa", "--role", "implementer", "--module", "auth", "--intent", "drive"
    )
    assert ran.code == 0, ran.err
    assert "does not know session.setIntent" in ran.err


def test_a_member_is_taken_out_where_nobody_lists_them(office: Any) -> None:
    said = {"member_type": "agent", "member_value": "nux"}
    office.daemon.answers["group.member.remove"] = said
    assert office.run("group", "remove", "team", "@nux").code == 0


def test_a_method_by_hand_names_the_one_that_is_meant(office: Any) -> None:
    office.daemon.answers["rpc.discover"] = {"methods": [{"name": "message.send"}]}
    error = office.run("rpc", "call", "message.sent", "--json").error
    assert "message.send" in error["hint"]
    assert "does not know message.sent" in error["message"]

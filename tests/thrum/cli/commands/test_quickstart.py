"""``thrum quickstart`` and ``thrum agent register``."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest

from thrum.identity import process

SESSION = {"session_id": "ses_01M7XCMNVS4RYV6N772VPNAVN5", "agent_id": "nux", "started_at": "t"}
KNOWN = [
    {"agent_id": "ace", "role": "planner", "module": "web", "display": "Ace"},
    {"agent_id": "dag", "role": "tester", "module": "api", "display": ""},
]
"""Agents that lived elsewhere."""
LINE = ["quickstart", "nux", "--role", "tester", "--module", "api"]


@pytest.fixture
def office(world: Any) -> Any:
    """A daemon that registers whoever comes."""
    world.daemon.answers |= {
        "agent.list": {"agents": KNOWN},
        "agent.register": lambda params: {"agent_id": params["name"], "status": "registered"},
        "session.start": SESSION,
        "session.setIntent": lambda params: {
            "session_id": params["session_id"],
            "intent": params["intent"],
            "intent_updated_at": "t",
        },
    }
    return world


def written(world: Any, name: str = "nux") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (world.root / ".thrum/identities" / f"{name}.json").read_text()
    )
    return found


def test_it_registers_starts_a_session_and_states_the_intent(office: Any) -> None:
    ran = office.run(*LINE, "--intent", "test it", "--no-agent-pid")
    assert ran.out == "✓ Registered @nux, session PNAVN5\n✓ Intent: test it\n"
    root = str(office.root)
    assert office.daemon.requests == [
        (
            "agent.register",
            {"name": "nux", "role": "tester", "module": "api", "display": "Tester (api)"},
        ),
        (
            "session.start",
            {
                "agent_id": "nux",
                "refs": [{"type": "worktree", "value": root}],
                "caller_agent_id": "nux",
            },
        ),
        (
            "session.setIntent",
            {"session_id": SESSION["session_id"], "intent": "test it", "caller_agent_id": "nux"},
        ),
    ]
    identity = written(office)
    assert identity["agent"] == {
        "kind": "agent",
        "name": "nux",
        "role": "tester",
        "module": "api",
        "display": "Tester (api)",
    }
    assert (identity["worktree"], identity["branch"]) == (root, "main")
    assert (identity["session_id"], identity["intent"]) == (SESSION["session_id"], "test it")


def test_the_document(office: Any) -> None:
    document = office.run(*LINE, "--json").document
    assert set(document) == {"register", "session", "intent", "runtime", "runtime_detected"}
    assert document["register"] == {"agent_id": "nux", "status": "registered"}
    assert document["session"] == SESSION


@pytest.mark.parametrize(
    ("typed", "name"),
    [("codex", "codex"), ("kiro", "kiro-cli"), ("Claude-Code", "claude"), ("mine", "mine")],
)
def test_a_runtime_is_written_by_its_proper_name(office: Any, typed: str, name: str) -> None:
    home = office.root.parent / "person"
    (home / ".thrum").mkdir(parents=True)
    own = {"custom_runtimes": {"mine": {"command": "mine"}}}
    (home / ".thrum/runtimes.json").write_text(json.dumps(own))
    office.env = {**office.env, "HOME": str(home)}
    assert office.run(*LINE, "--runtime", typed, "--json").document["runtime"] == name
    assert (written(office)["runtime"], written(office)["preferred_runtime"]) == (name, name)
    refused = office.run(*LINE, "--runtime", "codexx")
    assert (refused.code, "did you mean codex" in refused.err) == (1, True)


@pytest.mark.parametrize(
    ("argv", "env", "asked"),
    [
        ([], {}, ("furiosa", "implementer", "auth")),
        (["--role", "tester"], {}, ("furiosa", "tester", "auth")),
        (["furiosa"], {}, ("furiosa", "implementer", "auth")),
        (["--name", "slit", "--role", "a", "--module", "b"], {}, ("slit", "a", "b")),
        ([], {"THRUM_NAME": "slit", "THRUM_ROLE": "a", "THRUM_MODULE": "b"}, ("slit", "a", "b")),
        (["--role", "x"], {"THRUM_ROLE": "a"}, ("furiosa", "x", "auth")),
    ],
)
def test_what_is_not_said_is_known(
    office: Any, argv: list[str], env: dict[str, str], asked: tuple[str, ...]
) -> None:
    office.env |= env
    assert office.run("quickstart", *argv).code == 0
    params = office.daemon.params("agent.register")
    assert (params["name"], params["role"], params["module"]) == asked


@pytest.mark.parametrize(
    ("argv", "kind"),
    [
        (["slit"], "usage"),
        (["slit", "--role", "a"], "usage"),
        (["Bad Name", "--role", "a", "--module", "b"], "usage"),
        (["all", "--role", "a", "--module", "b"], "usage"),
        (["slit", "--role", "a b", "--module", "b"], "usage"),
    ],
)
def test_what_is_refused(office: Any, argv: list[str], kind: str) -> None:
    assert office.run("quickstart", *argv, "--json").error["kind"] == kind
    assert set(office.daemon.methods) <= {"agent.list"}


def test_a_name_that_may_not_be_is_refused_before_anybody_is_asked(office: Any) -> None:
    for name in ("Bad Name", "all", "a/b"):
        assert office.run("quickstart", name, "--json").error["kind"] == "usage"
    assert office.daemon.requests == []


@pytest.mark.parametrize(
    ("argv", "env", "asked"),
    [
        (["ace"], {}, ("ace", "planner", "web", "Ace")),
        (["dag"], {}, ("dag", "tester", "api", "Tester (api)")),
        (["--name", "ace"], {}, ("ace", "planner", "web", "Ace")),
        ([], {"THRUM_NAME": "ace"}, ("ace", "planner", "web", "Ace")),
        (["ace", "--module", "api"], {}, ("ace", "planner", "api", "Ace")),
        (["ace"], {"THRUM_ROLE": "tester"}, ("ace", "tester", "web", "Ace")),
        (["dag", "--display", "Dagger"], {}, ("dag", "tester", "api", "Dagger")),
    ],
)
def test_an_agent_that_lived_elsewhere_comes_back_as_what_it_was(
    office: Any, argv: list[str], env: dict[str, str], asked: tuple[str, ...]
) -> None:
    office.env |= env
    assert office.run("quickstart", *argv, "--dry-run").code == 0
    assert set(office.daemon.methods) == {"agent.list"}
    assert office.run("quickstart", *argv).code == 0
    params = office.daemon.params("agent.register")
    assert tuple(params[key] for key in ("name", "role", "module", "display")) == asked
    assert written(office, asked[0])["agent"]["role"] == asked[1]


def test_agent_register_knows_who_comes_back_as_well(office: Any) -> None:
    assert office.run("agent", "register", "--name", "ace").code == 0
    params = office.daemon.params("agent.register")
    assert (params["role"], params["module"]) == ("planner", "web")


def test_where_nobody_can_be_asked_that_is_said(office: Any) -> None:
    office.daemon.close()
    (office.root / ".thrum/var/thrum.sock").unlink()
    assert office.run("quickstart", "ace", "--json").error["kind"] == "daemon_down"


@pytest.mark.parametrize("role", ["tester", "implementer", "artist"])
def test_no_intent_is_made_up(office: Any, role: str) -> None:
    ran = office.run("quickstart", "slit", "--role", role, "--module", "b")
    assert "session.setIntent" not in office.daemon.methods
    assert "Intent" not in ran.out
    assert "thrum session set-intent" in ran.err


def test_an_agent_that_comes_back_says_so_once(office: Any) -> None:
    conflict = {"agent_id": "nux", "status": "conflict"}
    office.daemon.answers["agent.register"] = [
        conflict,
        {"agent_id": "nux", "status": "updated"},
    ]
    assert office.run(*LINE).code == 0
    assert office.daemon.params("agent.register")["re_register"] is True
    office.daemon.answers["agent.register"] = conflict
    assert office.run(*LINE, "--json").error["kind"] == "name_taken"


def test_a_refusal_writes_no_identity(office: Any, refuse: Any) -> None:
    office.daemon.answers["agent.register"] = refuse("name_taken", "taken")
    assert office.run(*LINE).code == 1
    assert not (office.root / ".thrum/identities/nux.json").exists()


def test_a_dry_run_does_nothing(office: Any) -> None:
    ran = office.run(*LINE, "--dry-run")
    assert ran.out.startswith("Would register @nux")
    document = office.run(*LINE, "--dry-run", "--json").document
    assert (document["dry_run"], document["agent_id"]) == (True, "nux")
    assert office.daemon.requests == []
    assert not (office.root / ".thrum/identities/nux.json").exists()


def test_register_alone_starts_no_session(office: Any) -> None:
    ran = office.run("agent", "register", "--name", "nux", "--role", "tester", "--module", "api")
    assert ran.out == "✓ Agent registered: nux\n"
    assert office.daemon.methods == ["agent.register"]
    assert "also here: @furiosa" in ran.err
    assert "`thrum session start`" in ran.err
    assert written(office)["agent"]["role"] == "tester"


def test_register_says_nothing_of_sessions_to_whom_has_one(office: Any) -> None:
    office.daemon.answers["agent.register"] = {
        "agent_id": "nux",
        "status": "updated",
        "session_id": SESSION["session_id"],
        "session_resumed": True,
    }
    ran = office.run("agent", "register", "--name", "nux", "--role", "tester", "--module", "api")
    assert ran.out == "✓ Agent updated: nux\n"
    assert "session start" not in ran.err


def test_a_file_that_cannot_be_read_is_put_aside_only_if_that_is_wanted(office: Any) -> None:
    path = office.root / ".thrum/identities/nux.json"
    path.write_text("{")
    ran = office.run(*LINE)
    assert ran.code == 1
    assert "nux.json cannot be read" in ran.err
    assert "--force" in ran.err
    assert office.daemon.requests == []
    office.run(*LINE, "--force", "--dry-run")
    assert path.read_text() == "{"
    assert "put aside as nux.json.deleted" in office.run(*LINE, "--force").err
    assert path.with_name("nux.json.deleted").read_text() == "{"
    assert written(office)["agent"]["name"] == "nux"


def test_of_two_that_register_at_once_the_first_one_has_the_name(office: Any) -> None:
    """Both found it free; the other one's file is there when this one writes its own."""
    with subprocess.Popen(["sleep", "60"]) as other:
        found = process.look(other.pid)
        assert found

        def registered(params: dict[str, Any]) -> dict[str, Any]:
            office.identity("nux", agent_pid=found.pid, agent_pid_started=found.started)
            return {"agent_id": "nux", "status": "registered"}

        office.daemon.answers["agent.register"] = registered
        error = office.run(*LINE, "--json").error
        assert error["reason"] == "name_held_by_live_foreign_pid"
        assert (error["expected_pid"], written(office)["agent_pid"]) == (other.pid, other.pid)
        assert office.run(*LINE, "--force").code == 0
        other.kill()


def test_a_new_agent_is_idle_and_is_told_how_to_work_with_others(office: Any) -> None:
    ran = office.run(*LINE)
    assert "also here: @furiosa" in ran.err
    identity = written(office)
    assert (identity["agent_status"], identity["context_file"]) == ("idle", "context/nux.md")
    assert identity["agent_status_updated_at"] == "2026-01-02T03:04:05.000000000Z"
    folder = office.root / ".thrum/context"
    preamble = folder / "nux_preamble.md"
    assert "@nux" in preamble.read_text()
    assert not (folder / "nux.md").exists()
    preamble.write_text("my own")
    office.identity("nux", agent_status="blocked")
    office.run(*LINE)
    assert written(office)["agent_status"] == "blocked"
    assert preamble.read_text() == "my own"
    assert (
        office.run("agent", "register", "--name", "slit", "--role", "r", "--module", "m").code == 0
    )
    assert (folder / "slit_preamble.md").exists()


def test_a_preamble_that_cannot_be_written_holds_up_nobody(office: Any) -> None:
    (office.root / ".thrum/context").symlink_to("/")
    ran = office.run(*LINE)
    assert ran.code == 0
    assert "the preamble is not written" in ran.err


def test_who_has_not_begun_is_registered_without_a_process(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = process.look(os.getpid())
    monkeypatch.setattr(process, "runtime_of", lambda chain: me)
    words = ("agent", "register", "--name", "slit", "--role", "r", "--module", "m")
    assert office.run(*words, "--no-agent-pid").code == 0
    assert "agent_pid" not in office.daemon.params("agent.register")
    identity = json.loads((office.root / ".thrum/identities/slit.json").read_text())
    assert "agent_pid" not in identity
    assert identity["branch"] == "main"


@pytest.mark.parametrize("was_here", [False, True])
def test_what_fails_leaves_no_new_identity(office: Any, was_here: bool) -> None:
    """Left behind, it would speak here for an agent that lives somewhere else."""
    if was_here:
        office.run(*LINE, "--no-agent-pid")
    del office.daemon.answers["session.start"]
    assert office.run(*LINE, "--no-agent-pid").code == 1
    assert (office.root / ".thrum/identities/nux.json").exists() is was_here


def test_a_text_of_ones_own_stands_below_the_preamble(office: Any) -> None:
    (office.root / "mine.md").write_text("# House rules\n")
    ran = office.run(*LINE, "--no-agent-pid", "--no-init", "--preamble-file", "mine.md")
    assert ran.code == 0
    text = (office.root / ".thrum/context/nux_preamble.md").read_text()
    assert text.startswith("You are @nux.")
    assert text.endswith("\n---\n\n# House rules\n")


@pytest.mark.parametrize("kind", ["missing", "no text", "a folder"])
def test_a_preamble_that_cannot_be_read_is_said_before_anything_is_done(
    office: Any, kind: str
) -> None:
    file = office.root / "mine.md"
    if kind == "no text":
        file.write_bytes(b"\xff\xfe")
    elif kind == "a folder":
        file.mkdir()
    ran = office.run(*LINE, "--no-agent-pid", "--preamble-file", "mine.md")
    assert ran.code != 0
    assert "mine.md" in ran.err
    assert office.daemon.requests == []
    assert not (office.root / ".thrum/identities/nux.json").exists()

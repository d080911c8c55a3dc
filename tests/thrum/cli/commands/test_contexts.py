"""``thrum context``: what is asked, and what is shown of it."""

from __future__ import annotations

import base64
import itertools
from typing import Any

import pytest

from thrum import preamble
from thrum.contexts import LARGEST
from thrum.roles import composing


def packed(content: bytes) -> str:
    return base64.b64encode(content).decode()


def answer(content: bytes | None, **more: Any) -> dict[str, Any]:
    found = None if content is None else packed(content)
    return {"agent_name": "furiosa", "content": found, **more}


@pytest.fixture
def saving(world: Any) -> Any:
    for method in ("context.save", "context.clear", "context.preamble.save"):
        world.daemon.answers[method] = {"agent_name": "furiosa", "message": "all is well"}
    return world


def test_saving_from_stdin_and_from_a_file(saving: Any) -> None:
    ran = saving.run("context", "save", stdin="notes ünï\n")
    assert (ran.code, ran.out) == (0, "✓ all is well\n")
    assert saving.daemon.params("context.save") == {
        "agent_name": "furiosa",
        "repo_path": str(saving.root),
        "caller_agent_id": "furiosa",
        "content": packed("notes ünï\n".encode()),
    }
    (saving.root / "notes").write_bytes(b"\0\xff")
    assert saving.run("context", "save", "--file", "notes", "--agent", "@nux").code == 0
    params = saving.daemon.params("context.save")
    assert (params["agent_name"], params["content"]) == ("nux", packed(b"\0\xff"))


@pytest.mark.parametrize(
    ("argv", "kind"),
    [
        ([], "usage"),
        (["--file", ""], "usage"),
        (["--file", "empty"], "usage"),
        (["--file", "/dev/null"], "usage"),
        (["--file", "none"], "not_found"),
        (["--file", "."], "not_found"),
        (["--file", "a\0b"], "not_found"),
        (["--file", "large"], "too_large"),
        (["--file", "/dev/zero"], "too_large"),
        (["--file", "notes", "--agent", ""], "usage"),
        (["--file", "notes", "--agent", "@"], "usage"),
    ],
)
@pytest.mark.parametrize("verb", ["save", "preamble"])
def test_what_cannot_be_saved_is_not_sent(
    saving: Any, verb: str, argv: list[str], kind: str
) -> None:
    (saving.root / "empty").touch()
    (saving.root / "notes").write_text("x")
    (saving.root / "large").write_bytes(b"x" * (LARGEST + 1))
    ran = saving.run("context", verb, *(argv or ["--file", "-"]), "--json")
    assert ran.error["kind"] == kind
    assert ran.code == (2 if kind == "usage" else 1)
    assert ran.error.get("hint") or kind == "not_found"
    assert not saving.daemon.requests


def test_saving_from_a_terminal_is_a_slip(saving: Any) -> None:
    assert saving.run("context", "save", terminal=True).code == 2
    assert saving.run("context", "save", stdin="x" * (LARGEST + 1)).code == 1
    assert not saving.daemon.requests


@pytest.fixture
def told(world: Any) -> Any:
    """A world with a text for the role of furiosa, and a state of the project."""
    (world.root / ".thrum/context").mkdir()
    (world.root / ".thrum/context/project_state.md").write_text(
        "all green\n## Current State Summary\nfine\n## Recent Sessions\nsecret\n"
    )
    (world.root / ".thrum/role_templates").mkdir()
    role = "You build, {{.AgentName}}, in {{.Module}}.\n"
    (world.root / ".thrum/role_templates/implementer.md").write_text(role)
    world.daemon.answers |= {
        "context.show": answer(b"notes"),
        "context.preamble.show": answer(None, has_preamble=False),
    }
    return world


DUTIES = "You build, furiosa, in auth.\n"
STATE = "all green\n## Current State Summary\nfine\n"


def parts(document: dict[str, Any]) -> dict[str, str]:
    return {each["part"]: each["text"] for each in document["told"]}


def test_showing(world: Any) -> None:
    world.daemon.answers["context.show"] = answer(
        b"one\x1b[2J\ntwo",
        preamble=packed(b"be kind"),
        updated_at="2026-01-02T03:00:00Z",
        found_in="/elsewhere",
    )
    (world.root / ".thrum/context").mkdir()
    (world.root / ".thrum/context/project_state.md").write_text("all green")
    assert world.run("context", "show").out == (
        "--- Preamble ---\nbe kind\n--- Project State ---\nall green\n"
        "--- Context of furiosa (11 bytes, saved 4m ago, from /elsewhere) ---\n"
        "one\\x1b[2J\ntwo\n"
    )
    assert "all green" not in world.run("context", "load", "--session").out
    assert world.run("context", "show", "--project").out == "--- Project State ---\nall green\n"
    raw = world.run("context", "show", "--raw", "--session").out
    assert raw == "<!-- preamble: furiosa -->\nbe kind\n<!-- end preamble -->\none\x1b[2J\ntwo"
    document = world.run("context", "show", "--json").document
    assert document["project_state"] == "all green"
    assert (document["content"], document["preamble"]) == ("one\x1b[2J\ntwo", "be kind")
    assert "content_encoding" not in document


def test_what_is_shown_is_what_the_next_session_is_told(told: Any) -> None:
    usual = preamble.default("furiosa")
    assert parts(told.run("context", "show", "--json").document) == {
        "role": DUTIES,
        "preamble": usual,
        "project state": STATE,
    }
    before = told.run("context", "preamble", "--json").document
    assert parts(before) == {"role": DUTIES, "preamble": usual}
    assert told.run("context", "preamble").out == f"{DUTIES}\n---\n\n{usual}"
    page = told.run("prime", "--max-bytes", "9000").out
    for text in (DUTIES, usual, STATE):
        assert text.strip() in page
    assert "secret" not in page
    shown = told.run("context", "show").out
    assert shown.endswith(
        f"--- Project State ---\n{STATE}--- Context of furiosa (5 bytes) ---\nnotes\n"
    )


def test_the_whole_state_of_the_project_is_shown_to_whoever_asks(told: Any) -> None:
    assert "secret" in told.run("context", "show", "--project").out
    document = told.run("context", "show", "--project", "--json").document
    assert "secret" in document["project_state"]
    assert document["source"].endswith(".thrum/context/project_state.md")
    told.identity("furiosa", role="coordinator")
    assert "secret" in told.run("context", "show").out
    (told.root / ".thrum/context/project_state.md").write_text("# Only\n## headings\n")
    assert told.run("context", "show", "--project").out == "There is no project state.\n"
    assert told.run("context", "show", "--project", "--json").document == {}


@pytest.mark.parametrize("verb", ["show", "preamble"])
def test_where_each_part_is_from(told: Any, verb: str) -> None:
    out = told.run("context", verb, "--source").out
    assert f"--- Role (from {told.root}/.thrum/role_templates/implementer.md) ---\n{DUTIES}" in out
    assert "--- Preamble (from thrum's own) ---\nYou are @furiosa." in out
    rows = told.run("context", verb, "--json").document["told"]
    assert {each["source"] for each in rows} >= {
        "thrum's own",
        f"{told.root}/.thrum/role_templates/implementer.md",
    }
    mine = answer(b"mine", preamble=packed(b"mine"))
    told.daemon.answers |= {"context.show": mine, "context.preamble.show": mine}
    out = told.run("context", verb, "--source").out
    path = f"{told.root}/.thrum/context/furiosa_preamble.md"
    assert f"--- Preamble (from {path}) ---\nmine\n" in out
    assert "Role" not in out  # what an agent wrote stands for both


def test_what_is_deployed_is_no_text_of_ones_own(told: Any) -> None:
    made = f"{composing.MARK}\n\nan older text".encode()
    told.daemon.answers["context.preamble.show"] = answer(made)
    assert told.run("context", "preamble").out.startswith(DUTIES)


def test_who_works_alone_is_told_nothing_of_others(told: Any) -> None:
    (told.root / ".thrum/config.json").write_text('{"daemon": {"single_agent_mode": true}}')
    assert parts(told.run("context", "preamble", "--json").document) == {"role": DUTIES}
    assert set(parts(told.run("context", "show", "--json").document)) == {"role", "project state"}
    (told.root / ".thrum/role_templates/implementer.md").unlink()
    assert told.run("context", "preamble").out == "Nothing: one agent works here alone.\n"
    assert told.run("context", "preamble", "--json").document["told"] == []


def test_another_agent_is_told_by_its_own_role(told: Any) -> None:
    told.identity("nux", role="tester")
    (told.root / ".thrum/role_templates/tester.md").write_text("You test, {{.AgentName}}.")
    env = {"THRUM_NAME": "furiosa"}
    told.env.update(env)
    out = told.run("context", "preamble", "--agent", "@nux").out
    assert out.startswith("You test, nux.\n---\n")
    # Of who lives elsewhere no role is known.
    assert told.run("context", "preamble", "--agent", "slit").out.startswith("You are @slit.")


def test_what_cannot_be_read_is_said(told: Any) -> None:
    (told.root / ".thrum/role_templates/implementer.md").write_bytes(b"\xff")
    for verb in ("show", "preamble"):
        ran = told.run("context", verb)
        assert ran.code == 1
        assert "implementer.md cannot be read" in ran.err


def test_a_project_state_that_is_a_link_is_not_followed(world: Any) -> None:
    (world.root / "secret").write_text("secret")
    (world.root / ".thrum/context").mkdir()
    (world.root / ".thrum/context/project_state.md").symlink_to(world.root / "secret")
    ran = world.run("context", "show", "--project")
    assert ran.code == 1
    assert "secret" not in ran.out.replace(str(world.root), "")


def test_showing_what_is_no_text_and_what_is_not_there(world: Any) -> None:
    world.daemon.answers["context.show"] = answer(b"\xff\0")
    assert "2 bytes of no text" in world.run("context", "show").out
    document = world.run("context", "show", "--json").document
    assert (document["content"], document["content_encoding"]) == (packed(b"\xff\0"), "base64")
    world.daemon.answers["context.show"] = answer(None)
    ran = world.run("context", "show", "--no-preamble")
    assert (ran.code, ran.out) == (0, "No context for furiosa.\n")
    assert world.run("context", "show", "--json").document["content"] is None


def test_what_was_cleared_is_told(world: Any) -> None:
    world.daemon.answers["context.show"] = answer(None, was_cleared=True)
    assert world.run("context", "show", "--no-preamble").out == (
        "No context for furiosa: it was cleared; --versions lists earlier ones.\n"
    )


@pytest.mark.parametrize("text", [b"", "漢字\n".encode(), b"\x1b[2J", b"{}"])
def test_json_has_text_as_text(world: Any, text: bytes) -> None:
    world.daemon.answers |= {
        "context.show": answer(text, preamble=packed(text)),
        "context.preamble.show": answer(text),
    }
    shown = world.run("context", "show", "--json").document
    before = world.run("context", "preamble", "--json").document
    assert [shown["content"], shown["preamble"], before["content"]] == [text.decode()] * 3


def test_earlier_versions(world: Any) -> None:
    rows = [
        {"id": "20260102T030000.000000000Z", "written_at": "2026-01-02T03:00:00Z", "size": 2048},
        {"id": "20260102T020000.000000000Z", "written_at": "2026-01-02T02:00:00Z", "size": 1},
    ]
    world.daemon.answers |= {
        "context.versions": {"agent_name": "furiosa", "versions": rows},
        "context.show": answer(b"old"),
    }
    listed = world.run("context", "show", "--versions").out.splitlines()
    assert listed == [f"1 4m ago 2,048 bytes {rows[0]['id']}", f"2 1h ago 1 byte {rows[1]['id']}"]
    for version in ("2", rows[1]["id"]):
        assert world.run("context", "show", "--version", version).code == 0
        assert world.daemon.params("context.show")["version"] == rows[1]["id"]
        shown = world.run("context", "show", "--version", version).out
        assert shown.startswith("--- Context of furiosa (3 bytes, an earlier one)")
        assert world.daemon.params("context.show")["include_preamble"] is False
    assert world.run("context", "show", "--version", "").code == 2
    beyond = world.run("context", "show", "--version", "3")
    assert beyond.code == 1
    assert "2 are kept" in beyond.err
    world.daemon.answers["context.versions"]["versions"] = []
    assert world.run("context", "show", "--versions").out == "Nothing was saved before.\n"


def test_the_copy_on_the_branch(world: Any) -> None:
    world.daemon.answers["context.show"] = answer(b"old", found_in="a-sync")
    assert "from a-sync" in world.run("context", "show", "--synced").out
    assert world.daemon.params("context.show")["on_branch"] is True
    assert world.daemon.params("context.show")["include_preamble"] is False
    choices = (["--synced"], ["--project"], ["--versions"], ["--version", "1"])
    for one, other in itertools.combinations(choices, 2):
        assert world.run("context", "show", *one, *other).code == 2
    assert world.run("context", "show", "--session", "--project").code == 2


def test_clearing(saving: Any) -> None:
    assert saving.run("context", "clear").out == "✓ all is well\n"
    assert saving.daemon.params("context.clear")["agent_name"] == "furiosa"


def test_the_preamble(saving: Any) -> None:
    saving.daemon.answers["context.preamble.show"] = answer(None, has_preamble=False)
    assert saving.run("context", "preamble").out == preamble.default("furiosa")
    assert saving.run("context", "preamble", "--init").code == 0
    written = base64.b64decode(saving.daemon.params("context.preamble.save")["content"])
    assert b"@furiosa" in written
    assert saving.run("context", "preamble", "--file", "-", stdin="mine").code == 0
    assert saving.daemon.params("context.preamble.save")["content"] == packed(b"mine")
    assert saving.run("context", "preamble", "--file", "-", "--init").code == 2
    saving.daemon.answers["context.preamble.show"] = answer(b"mine", has_preamble=True)
    assert saving.run("context", "preamble").out == "mine\n"


def test_syncing(world: Any) -> None:
    world.daemon.answers["context.sync"] = {
        "agent_name": "furiosa",
        "message": "Context synced for furiosa",
        "synced": True,
        "pushed": True,
    }
    assert world.run("context", "sync").out == "✓ Context synced for furiosa\n"
    world.daemon.answers["context.sync"] |= {"synced": False, "message": "nothing"}
    assert world.run("context", "sync").out == "nothing\n"


@pytest.mark.parametrize("flag", [[], ["--synced"], ["--raw"], ["--json"]])
def test_nobody_has_the_context_of_somebody_whom_nobody_knows(world: Any, flag: list[str]) -> None:
    world.daemon.answers |= {
        "context.show": answer(None),
        "agent.list": {"agents": [{"agent_id": "nux"}]},
    }
    assert world.run("context", "show", "--agent", "nux", *flag).code == 0
    ran = world.run("context", "show", "--agent", "nxu", *flag)
    assert (ran.code, ran.out) == (1, "")
    assert "did you mean @nux?" in ran.err

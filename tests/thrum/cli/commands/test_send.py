"""``thrum send``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.thrum.cli.answers import SENT

BASE = {
    "content": "hi",
    "format": "markdown",
    "caller_agent_id": "furiosa",
    "idempotency_key": "ab" * 16,
}


def test_a_text_that_looks_like_the_json_flag_is_a_text(sends: Any) -> None:
    ran = sends.run("send", "--to", "nux", "--", "--json")
    assert sends.daemon.params("message.send")["content"] == "--json"
    assert ran.out.startswith("✓ Sent")
    assert sends.run("send", "--to", "nux", "--json=true", "x").document["resolved_to"] == 1
    assert sends.run("send", "--json=false", "x", "y").err.startswith("Error: ")
    assert sends.run("send", "--json=true", "x", "y").error["kind"] == "usage"
    assert sends.run("send", "x", "y", "--", "--json").err.startswith("Error: ")


@pytest.fixture
def sends(world: Any) -> Any:
    world.daemon.answers["message.send"] = SENT
    return world


@pytest.mark.parametrize(
    ("flags", "params"),
    [
        (["--to", "nux"], {"to": "@nux"}),
        (["--to=@nux"], {"to": "@nux"}),
        (["--broadcast"], {"to": "@everyone"}),
        ([], {}),
        (["--to", "nux", "--to", "slit"], {"mentions": ["@nux", "@slit"]}),
        (["--to", "@nux,crew", "--to=role:x"], {"mentions": ["@nux", "@crew", "@role:x"]}),
        (["--to", "nux", "--to", "nux"], {"to": "@nux"}),
        (["--to", "nux", "--mention", "x"], {"to": "@nux", "mentions": ["x"]}),
        (["--to", "everyone,nux"], {"mentions": ["@everyone", "@nux"]}),
        (["--mention", "@tester,nux", "--mention", "x"], {"mentions": ["@tester", "nux", "x"]}),
        (
            ["--scope", "module:auth", "--scope", "file:a:b"],
            {"scopes": [{"type": "module", "value": "auth"}, {"type": "file", "value": "a:b"}]},
        ),
        (["--ref", "issue:12"], {"refs": [{"type": "issue", "value": "12"}]}),
        (["--structured", '{"k": [1]}'], {"structured": {"k": [1]}}),
        (["--format", "plain"], {"format": "plain"}),
        (["--as", "@nux"], {"acting_as": "@nux"}),
        (["--as", "nux", "--disclose"], {"acting_as": "nux", "disclose": True}),
    ],
)
def test_what_the_daemon_is_asked(sends: Any, flags: list[str], params: dict[str, Any]) -> None:
    assert sends.run("send", "hi", *flags).code == 0
    asked = [each for each in sends.daemon.requests if each[0] == "message.send"]
    assert asked == [("message.send", BASE | params)]
    assert set(sends.daemon.methods) <= {"message.send", "agent.lookup", "user.list", "health"}


def test_a_person_speaks_for_an_agent_as_who_they_are(sends: Any) -> None:
    sends.daemon.answers["user.list"] = {"users": [], "me": "user:ada"}
    assert sends.run("send", "hi", "--as", "nux").code == 0
    asked = dict(sends.daemon.requests)["message.send"]
    assert (asked["caller_agent_id"], asked["acting_as"]) == ("user:ada", "nux")


@pytest.mark.parametrize(
    ("argv", "stdin", "content"),
    [
        (["two words"], "", "two words"),
        (["ends\n"], "", "ends\n"),
        (["--stdin"], "from stdin\n", "from stdin"),
        (["-"], "one\n\n", "one\n"),
        (["--stdin"], "dos\r\n", "dos"),
        (["--file", "body.txt"], "", "grüße\nzwei"),
        (["--body-file", "body.txt"], "", "grüße\nzwei"),
        (["--", "--json"], "", "--json"),
    ],
)
def test_where_the_text_comes_from(sends: Any, argv: list[str], stdin: str, content: str) -> None:
    (sends.root / "body.txt").write_text("grüße\nzwei\n")
    assert sends.run("send", *argv, stdin=stdin).code == 0
    assert sends.daemon.params("message.send")["content"] == content


@pytest.mark.parametrize(
    ("argv", "kind"),
    [
        ([], "usage"),
        (["x", "--stdin"], "usage"),
        (["-", "--file", "body.txt"], "usage"),
        ([""], "usage"),
        (["--stdin"], "usage"),
        (["x", "--to", "a", "--broadcast"], "usage"),
        (["x", "--to", "@"], "usage"),
        (["x", "--to", "nux,"], "usage"),
        (["x", "--to", "nux", "--to", ""], "usage"),
        (["x", "--format", "plain", "--format", "json"], "usage"),
        (["x", "--scope", "auth"], "usage"),
        (["x", "--ref", ":12"], "usage"),
        (["x", "--structured", "[1]"], "usage"),
        (["x", "--structured", "{"], "usage"),
        (["bad \udcff byte"], "usage"),
        (["--file", "nowhere.txt"], "not_found"),
        (["--file", "latin.txt"], "usage"),
    ],
)
def test_what_is_refused_before_the_daemon_is_asked(sends: Any, argv: list[str], kind: str) -> None:
    (sends.root / "latin.txt").write_bytes("grüße".encode("latin-1"))
    ran = sends.run("send", *argv, "--json")
    assert ran.error["kind"] == kind
    assert ran.code == (2 if kind == "usage" else 1)
    assert sends.daemon.requests == []


def test_what_is_said_of_it(sends: Any) -> None:
    ran = sends.run("send", "hi", "--to", "nux")
    assert (ran.out, ran.err) == ("✓ Sent KHWB87 to @nux\n", "")
    assert sends.run("send", "hi", "--to", "nux", terminal=True).out == "✓ Sent KHWB87 to @nux\n"
    assert sends.run("send", "hi", "--to", "nux", "--quiet").out == ""
    assert sends.run("send", "hi", "--to", "nux", "--json").document == SENT


def test_without_a_recipient_a_note_says_that_all_got_it(sends: Any) -> None:
    sends.daemon.answers["message.send"] = SENT | {
        "audiences": [{"type": "broadcast", "value": "everyone"}],
        "recipients": [{"agent_id": f"a{n}"} for n in range(9)],
    }
    ran = sends.run("send", "hi")
    assert ran.out == "✓ Sent KHWB87 to everyone: @a0, @a1, @a2, @a3 and 5 more\n"
    assert len(ran.out) <= 60
    sends.daemon.answers["message.send"]["recipients"] = [{"agent_id": "a" * 64}]
    assert len(sends.run("send", "hi").out) <= 60
    assert "--to" in ran.err
    assert sends.run("send", "hi", "--json").err == ""
    assert sends.run("send", "hi", "--mention", "nux").err == ""
    sends.env["THRUM_NO_HINTS"] = "1"
    assert sends.run("send", "hi").err == ""


def test_without_an_identity_nobody_is_asked(sends: Any) -> None:
    (sends.root / ".thrum/identities/furiosa.json").unlink()
    ran = sends.run("send", "hi")
    assert ran.code == 1
    assert "thrum quickstart" in ran.err
    sends.env["THRUM_AGENT_ID"] = "slit"
    assert sends.run("send", "hi").code == 0
    assert sends.daemon.params("message.send")["caller_agent_id"] == "slit"


def test_a_file_below_the_home_directory(sends: Any, tmp_path: Path) -> None:
    (tmp_path / "note").write_text("outside")
    assert sends.run("send", "--file", str(tmp_path / "note")).code == 0
    assert sends.daemon.params("message.send")["content"] == "outside"

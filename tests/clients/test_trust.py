"""What the real clients were asked to trust is what we say of it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.clients.desk import Desk
from tests.clients.programs import Program, of
from tests.clients.screen import screen
from thrum.setup import trust
from thrum.setup.trust import codex

pytestmark = pytest.mark.clients


def trusted(desk: Desk, program: Program) -> bool | None:
    return trust.trusted(program.name, desk.home, desk.repo, {})


def shown(desk: Desk, program: Program) -> Any:
    """What status says of it."""
    said = desk.thrum("setup", "status", "--json", "--runtime", program.name)
    return json.loads(said)["runtimes"][0]["trusted"]


def hooks_of_codex(desk: Desk) -> list[dict[str, Any]]:
    """The hooks as Codex itself lists them for whoever shows them."""
    about = {"clientInfo": {"name": "tests", "version": "1"}}
    asked = [("initialize", about), ("hooks/list", {"cwds": [str(desk.repo)]})]
    server = subprocess.Popen(
        ["codex", "app-server"],
        cwd=desk.repo,
        env=desk.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdin
    assert server.stdout
    answer: dict[str, Any] = {}
    for number, (method, params) in enumerate(asked):
        server.stdin.write(json.dumps({"id": number, "method": method, "params": params}) + "\n")
        server.stdin.flush()
        while answer.get("id") != number:
            answer = json.loads(server.stdout.readline())
    server.terminate()
    server.communicate(timeout=60)
    return list(answer["result"]["data"][0]["hooks"])


@of("codex")
def test_codex_is_asked_about_each_hook(desk: Desk, program: Program) -> None:
    desk.set_up(program)
    hooks = desk.home / ".codex" / "hooks.json"
    assert (trusted(desk, program), shown(desk, program)) == (False, False)
    # Without the flag it leaves a server of its own behind.
    with screen(desk, "codex", "--no-daemon") as seen:
        assert "8 hooks are new or changed" in seen.wait("Hooks need review")
        seen.press("Down", "Enter")
        seen.wait("Ask Codex")
    assert (trusted(desk, program), shown(desk, program)) == (True, True)
    listed = hooks_of_codex(desk)
    assert {each["trustStatus"] for each in listed} == {"trusted"}
    known = {each.digest for each in codex.hooked(json.loads(hooks.read_text()))}
    assert {each["currentHash"] for each in listed} == known
    hooks.write_text(hooks.read_text().replace('"timeout": 5', '"timeout": 6', 1))
    assert {each["trustStatus"] for each in hooks_of_codex(desk)} == {"trusted", "modified"}
    assert trusted(desk, program) is False


@of("claude")
def test_claude_is_asked_about_the_folder_and_the_server(desk: Desk, program: Program) -> None:
    desk.connect(program)
    answers = desk.home / ".claude.json"
    known = json.loads(answers.read_text())
    known["projects"] = {}
    answers.write_text(json.dumps(known))
    desk.thrum("setup", "--runtime", program.name, "--scope", "project", "--yes")
    assert trusted(desk, program) is False
    with screen(desk, "claude") as seen:
        seen.wait("Yes, I trust this folder")
        seen.press("Enter")
        seen.wait("New MCP server found in this project: thrum")
        assert trusted(desk, program) is False
        seen.press("Enter")
        seen.wait("Welcome back")
    assert (trusted(desk, program), shown(desk, program)) == (True, True)
    settings = desk.repo / ".claude" / "settings.local.json"
    assert json.loads(settings.read_text())["enabledMcpjsonServers"] == ["thrum"]
    desk.thrum("setup", "remove", "--scope", "project")
    assert not (desk.repo / ".mcp.json").exists()
    assert not settings.parent.exists()


@of("gemini")
def test_gemini_is_asked_about_the_folder(desk: Desk, program: Program) -> None:
    desk.set_up(program)
    del desk.env["GEMINI_CLI_TRUST_WORKSPACE"]
    assert trusted(desk, program) is False
    with screen(desk, *program.line[:3]) as seen:
        seen.wait("Do you trust the files in this folder?")
        seen.press("Enter")
        seen.wait("Type your message")
    assert (trusted(desk, program), shown(desk, program)) == (True, True)

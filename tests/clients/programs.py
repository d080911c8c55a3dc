"""How each client is started, without a screen or an account, against a model on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.clients.model import Model, Use


def nothing(_home: Path, _repo: Path, _model: Model) -> None:
    """Nothing has to be there."""


def no_variables(_model: Model) -> dict[str, str]:
    """Nothing has to be set."""
    return {}


@dataclass(frozen=True)
class Program:
    """A client.

    Attributes:
        name: the runtime's name.
        line: one turn without a screen.
        fires: the events of such a run, each once.
        after_tool: those of each tool that is called.
        lists: whether it offers all tools to the model, not those alone that were searched for.
        role: in which role the text of a session's start reaches the model; empty where it
            does not in such a run.
        tool: something that the model may call.
        names: how it calls a tool of our server, with ``{}`` for the tool.
        space: the space of names of our server's tools, where there is one.
        goes_on: whether one more turn can begin in such a run.
        prepare: writes settings of the person's own, which setup then adds to.
        env: what it takes from the environment.
        servers: lists its MCP servers.
        connected: what it says of one that answers.
    """

    name: str
    line: tuple[str, ...]
    fires: tuple[str, ...]
    after_tool: tuple[str, ...]
    tool: Use
    names: str
    space: str = ""
    lists: bool = True
    role: str = ""
    goes_on: bool = True
    prepare: Callable[[Path, Path, Model], None] = nothing
    env: Callable[[Model], Mapping[str, str]] = no_variables
    servers: tuple[str, ...] = ()
    connected: str = ""

    def ask(self, tool: str, **arguments: str) -> Use:
        """The model calls a tool of our server, when there is such a tool."""
        meanwhile = self.tool if self.lists else None
        return Use(self.names.format(tool), arguments, space=self.space, meanwhile=meanwhile)


def written(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document, indent=2))


ALLOWED: Final = ["Bash(true)", "mcp__thrum"]


def claude_home(home: Path, repo: Path, _model: Model) -> None:
    project = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
    known = {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "customApiKeyResponses": {"approved": ["x"]},
        # As its server says it, without which it starts no monitors of plugins.
        "cachedGrowthBookFeatures": {"tengu_amber_sentinel": True},
        "projects": {str(repo): project},
    }
    written(home / ".claude.json", known)
    written(
        home / ".claude" / "settings.json", {"permissions": {"allow": ["Bash(true)", "mcp__thrum"]}}
    )


def codex_home(home: Path, repo: Path, model: Model) -> None:
    text = f"""\
model = "m"
model_provider = "local"

[model_providers.local]
name = "local"
base_url = "{model.url}/v1"
wire_api = "responses"

[projects."{repo}"]
trust_level = "trusted"
"""
    written(home / ".codex" / "config.toml", text)


def qwen_home(home: Path, _repo: Path, _model: Model) -> None:
    written(home / ".qwen" / "settings.json", {"security": {"auth": {"selectedType": "openai"}}})


def gemini_home(home: Path, _repo: Path, _model: Model) -> None:
    written(
        home / ".gemini" / "settings.json",
        {"security": {"auth": {"selectedType": "gemini-api-key"}}},
    )


def opencode_home(home: Path, _repo: Path, model: Model) -> None:
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{model.url}/v1", "apiKey": "x"},
        "models": {"m": {}},
    }
    written(
        home / ".config" / "opencode" / "opencode.json",
        {"model": "local/m", "provider": {"local": provider}, "autoupdate": False},
    )


PROGRAMS = (
    Program(
        "claude",
        ("claude", "-p", "hi"),
        ("SessionStart", "UserPromptSubmit", "Stop", "SessionEnd"),
        ("PostToolBatch",),
        Use("Bash", {"command": "true", "description": "nothing"}),
        "mcp__thrum__{}",
        role="system",
        prepare=claude_home,
        env=lambda model: {
            "ANTHROPIC_BASE_URL": model.url,
            "ANTHROPIC_API_KEY": "x",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        },
        servers=("claude", "mcp", "list"),
        connected="✔ Connected",
    ),
    Program(
        "codex",
        ("codex", "exec", "--dangerously-bypass-hook-trust", "hi"),
        ("SessionStart", "UserPromptSubmit", "Stop", "SessionEnd"),
        ("PostToolUse",),
        Use("exec_command", {"cmd": "true"}),
        "{}",
        space="mcp__thrum",
        role="developer",
        prepare=codex_home,
        servers=("codex", "mcp", "list"),
        connected="enabled",
    ),
    Program(
        "qwen",
        ("qwen", "-y", "-p", "hi"),
        ("UserPromptSubmit", "Notification", "Stop"),
        # What a tool says counts as a prompt as well.
        ("PostToolUse", "UserPromptSubmit"),
        Use("run_shell_command", {"command": "true", "is_background": False}),
        "mcp__thrum__{}",
        lists=False,
        prepare=qwen_home,
        env=lambda model: {
            "OPENAI_API_KEY": "x",
            "OPENAI_BASE_URL": f"{model.url}/v1",
            "OPENAI_MODEL": "m",
            # It would ask the proxy even for loopback.
            "HTTPS_PROXY": "",
        },
        servers=("qwen", "mcp", "list"),
        connected="Connected",
    ),
    Program(
        "gemini",
        # With a model that is named it asks nobody which one to take.
        ("gemini", "-m", "gemini-2.5-flash", "--approval-mode=yolo", "-p", "hi"),
        ("SessionStart", "BeforeAgent", "AfterAgent", "SessionEnd"),
        ("AfterTool",),
        Use("list_directory", {"dir_path": "."}),
        "mcp_thrum_{}",
        role="user",
        prepare=gemini_home,
        env=lambda model: {
            "GEMINI_API_KEY": "x",
            "GOOGLE_GEMINI_BASE_URL": model.url,
            "GEMINI_CLI_TRUST_WORKSPACE": "true",
        },
        servers=("gemini", "mcp", "list"),
        connected="Connected",
    ),
    Program(
        "opencode",
        ("opencode", "run", "hi"),
        ("session.created", "chat.message"),
        ("tool.execute.after",),
        Use("bash", {"command": "true", "description": "nothing"}),
        "thrum_{}",
        role="user",
        goes_on=False,
        prepare=opencode_home,
        env=lambda _: {
            "OPENCODE_DISABLE_MODELS_FETCH": "1",
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
            "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
        },
        servers=("opencode", "mcp", "list"),
        connected="connected",
    ),
)


def of(*names: str) -> pytest.MarkDecorator:
    """Tries it with these clients, with all if none is named; a client's tests share a process."""
    chosen = [each for each in PROGRAMS if not names or each.name in names]
    values = [
        pytest.param(each, id=each.name, marks=pytest.mark.xdist_group(each.name))
        for each in chosen
    ]
    return pytest.mark.parametrize("program", values)


def named(name: str) -> Program:
    """The client of that name."""
    return next(each for each in PROGRAMS if each.name == name)

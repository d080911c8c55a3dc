"""How each client is started, without a screen or an account, against a model on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
        role: in which role the text of a session's start reaches the model; empty where it
            does not in such a run.
        tool: what the model may call so that the hook after a tool fires.
        prepare: writes settings of the person's own, which setup then adds to.
        env: what it takes from the environment.
        servers: lists its MCP servers.
        connected: what it says of one that answers.
    """

    name: str
    line: tuple[str, ...]
    fires: tuple[str, ...]
    role: str = ""
    tool: Use | None = None
    prepare: Callable[[Path, Path, Model], None] = nothing
    env: Callable[[Model], Mapping[str, str]] = no_variables
    servers: tuple[str, ...] = ()
    connected: str = ""


def written(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document, indent=2))


def claude_home(home: Path, repo: Path, _model: Model) -> None:
    project = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
    known = {"hasCompletedOnboarding": True, "theme": "dark", "projects": {str(repo): project}}
    written(home / ".claude.json", known)
    written(home / ".claude" / "settings.json", {"permissions": {"allow": ["Bash(true)"]}})


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
        ("SessionStart", "UserPromptSubmit", "PostToolBatch", "Stop", "SessionEnd"),
        role="system",
        tool=Use("Bash", {"command": "true", "description": "nothing"}),
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
        role="developer",
        prepare=codex_home,
        servers=("codex", "mcp", "list"),
        connected="enabled",
    ),
    Program(
        "qwen",
        ("qwen", "-p", "hi"),
        ("UserPromptSubmit", "Notification", "Stop"),
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
        ("gemini", "-m", "gemini-2.5-flash", "-p", "hi"),
        ("SessionStart", "BeforeAgent", "AfterAgent", "PreCompress", "SessionEnd"),
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
        ("session.created", "chat.message", "session.idle"),
        role="user",
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

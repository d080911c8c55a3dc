"""The real programs take the plugins and skills that we write, and get everything once.

They come from the npm registry and are no part of the project. ``THRUM_CLIENTS`` names a folder
where they were installed (``npm install`` puts their programs into ``node_modules/.bin``).
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.clients.model import Model
from thrum import skills
from thrum.runtimes import registry
from thrum.runtimes.contract import Own, Part, Scope, Where
from thrum.setup import applying, plan, receipts
from thrum.setup.plan import Wanted
from thrum.skills import folders, source
from thrum.skills.plugins import catalogue, folder

PROGRAMS = Path(os.environ.get("THRUM_CLIENTS", "/nowhere"), "node_modules", ".bin")
SAID = "the valve is shut"
FAKE = f"""\
#!/bin/sh
echo "$*" >>"$HOME/asked"
case "$2" in
  SessionStart) echo '{{"hookSpecificOutput":{{"hookEventName":"SessionStart",\
"additionalContext":"{SAID}"}}}}' ;;
  *) [ "$4" = codex ] && echo '{{}}' ;;
esac
exit 0
"""
TYPED = [each.name for each in folders.every() if each.is_typed]


class Place:
    """A person's home and work tree, and the client in it."""

    def __init__(self, root: Path, name: str, model: Model) -> None:
        self.name, self.model = name, model
        self.program = PROGRAMS / name
        if not self.program.exists():
            pytest.skip(f"there is no {name}; see THRUM_CLIENTS in this file")
        self.home, self.tree = root / "home", root / "tree"
        self.tree.mkdir(parents=True)
        self.write(".thrum/bin/thrum", FAKE).chmod(0o755)
        (self.tree / ".thrum").mkdir()
        subprocess.run(["git", "init", "-q", str(self.tree)], check=True)
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.home), "TERM": "xterm"}
        self._connect()

    def write(self, path: str, text: str) -> Path:
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def _connect(self) -> None:
        """Has the client talk to the scripted model, and to nobody else."""
        url = self.model.url
        if self.name == "claude":
            self.env |= {
                "ANTHROPIC_BASE_URL": url,
                "ANTHROPIC_API_KEY": "x",
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            }
        elif self.name == "codex":
            self.write(
                ".codex/config.toml",
                'model = "m"\nmodel_provider = "local"\n'
                f'[projects."{self.tree}"]\ntrust_level = "trusted"\n'
                f'[model_providers.local]\nname = "l"\nbase_url = "{url}/v1"\n'
                'wire_api = "responses"\n',
            )
        elif self.name == "qwen":
            self.env |= {"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": f"{url}/v1", "OPENAI_MODEL": "m"}
            settings = {"security": {"auth": {"selectedType": "openai"}}}
            self.write(".qwen/settings.json", json.dumps(settings))
        elif self.name == "opencode":
            options = {"baseURL": f"{url}/v1", "apiKey": "x"}
            local = {"npm": "@ai-sdk/openai-compatible", "options": options, "models": {"m": {}}}
            document = {"model": "local/m", "provider": {"local": local}}
            self.write(".config/opencode/opencode.json", json.dumps(document))
        elif self.name == "gemini":
            self.env |= {"GEMINI_API_KEY": "x", "GEMINI_CLI_TRUST_WORKSPACE": "true"}

    def __call__(self, *argv: str, env: Mapping[str, str] | None = None) -> str:
        done = subprocess.run(
            [str(self.program), *argv],
            cwd=self.tree,
            env=self.env | dict(env or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=200,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def ask(self, text: str = "hello") -> str:
        """What reached the model with this prompt."""
        line = {
            "claude": ("-p", text),
            "codex": ("exec", "--dangerously-bypass-hook-trust", text),
            "qwen": ("-p", text),
            "opencode": ("run", text),
        }[self.name]
        count = len(self.model.heard)
        self(*line)
        return json.dumps([heard.body for heard in self.model.heard[count:]])

    def asked(self) -> list[str]:
        """The events that our program was told of, in their order."""
        file = self.home / "asked"
        return [line.split()[1] for line in file.read_text().splitlines() if "hook" in line]

    def plugin(self, name: str) -> Path:
        """The package, where a person may have put it."""
        place = self.home / "plugin"
        folder.write(place, catalogue.files(name))
        return place

    def where(self) -> Where:
        return Where(Scope.USER, self.tree, self.home, {}, self.home / ".thrum/bin/thrum")

    def set_up_hooks(self) -> None:
        pieces = registry.adapter(self.name).pieces(self.where())
        wanted = [Wanted(self.name, each) for each in pieces if each.part is Part.HOOKS]
        with receipts.held(self.home) as known:
            assert applying.put(plan.putting(wanted, new_mode=0o600), known) == []

    def set_up_skills(self) -> None:
        for piece in skills.pieces(self.where(), registry.adapter(self.name)):
            assert isinstance(piece, Own)
            piece.path.parent.mkdir(parents=True, exist_ok=True)
            piece.path.write_text(piece.text)


@pytest.fixture
def model() -> Iterator[Model]:
    found = Model()
    yield found
    found.close()


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path, model: Model) -> Place:
    return Place(tmp_path / "place", request.param, model)


def of(*names: str) -> pytest.MarkDecorator:
    """Tries it with these programs."""
    return pytest.mark.parametrize("place", names, indirect=True)


@of("claude")
def test_claude_finds_nothing_to_complain_of_and_installs_it(place: Place) -> None:
    plugin = place.plugin("claude")
    for path in (plugin, plugin / ".claude-plugin" / "plugin.json"):
        assert "Validation passed" in place("plugin", "validate", "--strict", str(path))
    place("plugin", "marketplace", "add", str(plugin))
    place("plugin", "install", "thrum@thrum")
    details = place("plugin", "details", "thrum")
    assert "Skills (9)" in details
    assert "MCP servers (1)" in details
    for hook in registry.adapter("claude").hooks:
        assert hook.event in details


@of("codex")
def test_codex_installs_it(place: Place) -> None:
    place("plugin", "marketplace", "add", str(place.plugin("codex")))
    place("plugin", "add", "thrum@thrum")
    assert "installed, enabled" in place("plugin", "list")
    assert "thrum" in place("mcp", "list")


@of("gemini")
def test_gemini_installs_the_extension(place: Place) -> None:
    extension = place.plugin("any")
    assert "successfully validated" in place("extensions", "validate", str(extension))
    place("extensions", "install", str(extension), "--consent")
    shown = place("skills", "list")
    assert [name for name in ("thrum", *TYPED) if f"{name} [Enabled]" not in shown] == []


@of("qwen")
def test_qwen_installs_the_extension(place: Place) -> None:
    place("extensions", "install", str(place.plugin("any")), "--consent")
    shown = place("extensions", "list")
    assert [name for name in ("thrum", *TYPED) if name not in shown] == []


def installed(place: Place) -> None:
    plugin = place.plugin(place.name)
    place("plugin", "marketplace", "add", str(plugin))
    place("plugin", {"claude": "install", "codex": "add"}[place.name], "thrum@thrum")


@of("claude", "codex")
def test_the_hooks_of_the_plugin_bring_what_they_say_to_the_model(place: Place) -> None:
    installed(place)
    assert place.ask().count(SAID) == 1
    assert place.asked()[:2] == ["SessionStart", "UserPromptSubmit"]
    assert place.asked().count("Stop") == 1


@of("claude", "codex")
def test_beside_the_hooks_of_setup_everything_comes_once(place: Place) -> None:
    installed(place)
    place.set_up_hooks()
    assert place.ask().count(SAID) == 1
    assert place.asked().count("SessionStart") == 1
    assert place.asked().count("Stop") == 1


@of("claude", "codex", "qwen", "opencode")
def test_a_session_begins_with_the_line_of_the_skill(place: Place) -> None:
    place.set_up_skills()
    reached = place.ask()
    assert source.DESCRIPTION in reached
    if place.name != "opencode":  # which lists whatever there is
        assert [name for name in TYPED if f"{name}:" in reached or f"{name}<" in reached] == []


@of("claude", "codex")
def test_what_a_person_types_brings_the_text(place: Place) -> None:
    place.set_up_skills()
    typed = {"claude": "/thrum-send nux hello", "codex": "$thrum-send nux hello"}[place.name]
    assert "a message without a recipient needs a question first" in place.ask(typed)

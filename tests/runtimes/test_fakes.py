"""What setup writes is taken by every runtime's fake, and what is wrong in it by none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.runtimes.fake import Fake, Refused, is_meant
from tests.runtimes.fake_codex import FakeCodex
from tests.runtimes.fakes import FAKES
from tests.runtimes.recorded import Sent, sent
from thrum.runtimes import registry
from thrum.runtimes.contract import Reach, Scope
from thrum.setup import applying, launcher, plan, receipts, wanted
from thrum.setup.wanted import Ground

every_fake = pytest.mark.parametrize("name", FAKES)
every_scope = pytest.mark.parametrize("scope", Scope, ids=lambda each: each.value)
every_sent = pytest.mark.parametrize(
    "case", [each for name in FAKES for each in sent(name)], ids=str
)


def set_up(base: Path, name: str, scope: Scope = Scope.USER) -> Fake:
    """A person and a work tree with what setup writes, and the fake of the runtime."""
    home, root = base / "home", base / "work"
    home.mkdir()
    root.mkdir()
    pieces = wanted.pieces(Ground(scope, home, (root,), {}), [registry.adapter(name)])
    with receipts.held(home) as known:
        assert applying.put(plan.putting(pieces, new_mode=0o644), known) == []
    return FAKES[name](home, root)


def answering(fake: Fake, case: Sent) -> Path:
    """A program at the launcher's place that answers as Thrum would; where it notes its stdin."""
    adapter = registry.adapter(case.runtime)
    found = adapter.read(case.event, case.stdin, case.env)
    replies = fake.home / "replies"
    replies.mkdir()
    (replies / case.event).write_text(adapter.reply(found, case.text).stdout)
    path = fake.home / launcher.PLACE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "#!/bin/sh\n"
        f'[ "$1 $3 $4" = "hook --runtime {case.runtime}" ] || exit 9\n'
        f"/bin/cat > {replies}/stdin\n/bin/cat {replies}/$2\n"
    )
    path.chmod(0o755)
    return replies / "stdin"


def test_every_runtime_with_hooks_has_a_fake() -> None:
    assert set(FAKES) == {each.name for each in registry.every() if each.hooks}


@every_fake
@every_scope
def test_what_setup_writes_is_taken(tmp_path: Path, name: str, scope: Scope) -> None:
    fake, adapter = set_up(tmp_path, name, scope), registry.adapter(name)
    fake.load()
    told = [(hook.event, hook.seconds) for hook in fake.hooks]
    assert {event for event, _ in told} == {hook.event for hook in adapter.hooks}
    assert len(told) == len(adapter.hooks)
    started = [each.line for each in fake.wakers]
    assert all(adapter.wake(each.event) for each in fake.wakers)
    assert started == [
        f"{fake.home / launcher.PLACE} hook {each.event} --runtime {name} --wake"
        for each in adapter.wakes
        if each.name == "background hook"
    ]
    assert {*fake.servers} == {"thrum"}
    program = str(fake.home / launcher.PLACE)
    server = fake.servers["thrum"]
    assert server.words == (program, "mcp", "serve")
    assert (server.seconds or 0) == adapter.mcp_seconds
    assert (server.start or 0) == adapter.mcp_start_seconds


@every_fake
def test_hooks_have_the_time_that_the_adapter_says(tmp_path: Path, name: str) -> None:
    fake = set_up(tmp_path, name)
    fake.load()
    if name in {"opencode", "amp"}:
        return  # their plugins have one time for all
    said = {hook.event: float(hook.seconds) for hook in registry.adapter(name).hooks}
    assert {hook.event: hook.seconds for hook in fake.hooks} == said


@every_fake
def test_both_scopes_at_once_are_taken(tmp_path: Path, name: str) -> None:
    fake, adapter = set_up(tmp_path, name), registry.adapter(name)
    pieces = wanted.pieces(Ground(Scope.PROJECT, fake.home, (fake.root,), {}), [adapter])
    with receipts.held(fake.home) as known:
        assert applying.put(plan.putting(pieces, new_mode=0o644), known) == []
    fake.load()
    assert {hook.event for hook in fake.hooks} == {hook.event for hook in adapter.hooks}


@every_sent
def test_an_event_goes_there_and_back(tmp_path: Path, case: Sent) -> None:
    """The runtime starts the hook with what it sends, and does what the reply says."""
    fake, adapter = set_up(tmp_path, case.runtime), registry.adapter(case.runtime)
    fake.load()
    if isinstance(fake, FakeCodex):
        fake.trust()
    got = answering(fake, case)
    outcome = fake.fire(case.event, case.stdin)
    listens = [each for each in fake.hooks if each.event == case.event]
    if not any(is_meant(each, case.stdin) for each in listens):
        assert not got.exists()
        return
    assert json.loads(got.read_text()) == case.stdin
    found = adapter.read(case.event, case.stdin, case.env)
    reach = adapter.reaches.get(found.moment, Reach.SILENT) if found else Reach.SILENT
    heard = [*outcome.context, *([outcome.turn] if outcome.turn else [])]
    assert heard == ([] if reach is Reach.SILENT else [case.text])


def test_codex_asks_for_trust_and_again_when_a_line_changes(tmp_path: Path) -> None:
    fake = set_up(tmp_path, "codex")
    assert isinstance(fake, FakeCodex)
    fake.load()
    (case,) = (each for each in sent("codex") if each.case == "Stop")
    answering(fake, case)
    with pytest.raises(Refused, match="not trusted"):
        fake.fire("Stop", case.stdin)
    fake.trust()
    assert fake.fire("Stop", case.stdin).turn == case.text
    fake.hooks[0] = replace(fake.hooks[0], line=fake.hooks[0].line + " --more")
    with pytest.raises(Refused, match="not trusted"):
        fake.fire("Stop", case.stdin)


# What is wrong is refused

Break = Callable[[Any], None]


def every_handler(document: Any) -> list[Any]:
    """The handlers of hooks, in groups or not."""
    found = [each for handlers in document["hooks"].values() for each in handlers]
    return [inner for each in found for inner in each.get("hooks", [each])]


def all_handlers(does: Break) -> Break:
    def change(document: Any) -> None:
        for each in every_handler(document):
            does(each)

    return change


def command_key(handler: Any) -> str:
    return "bash" if "bash" in handler else "command"


def relative(handler: Any) -> None:
    handler[command_key(handler)] = "thrum hook x"


def more_words(handler: Any) -> None:
    handler["colour"] = "red"


def no_command(handler: Any) -> None:
    del handler[command_key(handler)]


def time_key(handler: Any) -> str:
    return next(key for key in ("timeout", "timeout_ms", "timeoutSec") if key in handler)


def in_another_unit(handler: Any) -> None:
    key = time_key(handler)
    handler[key] = handler[key] * 1000 if handler[key] < 100 else handler[key] / 1000


def time_as_text(handler: Any) -> None:
    handler[time_key(handler)] = "5s"


def in_the_background(handler: Any) -> None:
    handler["asyncRewake"] = "yes"


def an_unknown_event(document: Any) -> None:
    document["hooks"]["postCompactX"] = next(iter(document["hooks"].values()))


def no_list(document: Any) -> None:
    document["hooks"] = {"stop": {}, "Stop": {}}


def hooks_file(fake: Fake) -> Path:
    """The file with the hooks that setup wrote."""
    found = [each for each in fake.home.rglob("*.json") if "receipts" not in each.name]
    return next(each for each in found if "hooks" in json.loads(each.read_text()))


BREAKS: dict[str, Break] = {
    "a relative command": all_handlers(relative),
    "an unknown key": all_handlers(more_words),
    "no command": all_handlers(no_command),
    "another unit": all_handlers(in_another_unit),
    "a time as a text": all_handlers(time_as_text),
    "the background where it means nothing": all_handlers(in_the_background),
    "an unknown event": an_unknown_event,
    "no list": no_list,
}


@pytest.mark.parametrize("name", [each for each in FAKES if each not in {"opencode", "amp"}])
@pytest.mark.parametrize("how", BREAKS)
def test_a_broken_file_is_refused(tmp_path: Path, name: str, how: str) -> None:
    fake = set_up(tmp_path, name)
    path = hooks_file(fake)
    document = json.loads(path.read_text())
    BREAKS[how](document)
    path.write_text(json.dumps(document))
    with pytest.raises(Refused):
        fake.load()


@pytest.mark.parametrize("name", [each for each in FAKES if each not in {"opencode", "amp"}])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, name: str) -> None:
    fake = set_up(tmp_path, name)
    path = hooks_file(fake)
    path.write_text(path.read_text()[:-20])
    with pytest.raises(Refused):
        fake.load()


SPECIAL: list[tuple[str, str, Break]] = [
    ("cursor", ".cursor/hooks.json", lambda found: found.pop("version")),
    ("cursor", ".cursor/hooks.json", lambda found: found.update(comment="ours")),
    (
        "cursor",
        ".cursor/hooks.json",
        all_handlers(lambda each: each.update(command=each["command"] + " http://x/")),
    ),
    ("copilot", ".copilot/hooks/thrum.json", lambda found: found.update(version=2)),
    ("claude", ".claude/settings.json", lambda found: found.update(mcpServers={})),
    ("kiro-cli", ".kiro/agents/thrum.json", lambda found: found.update(name="other")),
    (
        "opencode",
        ".config/opencode/opencode.json",
        lambda found: found["mcp"]["thrum"].update(command="/thrum"),
    ),
    (
        "opencode",
        ".config/opencode/opencode.json",
        lambda found: found.update(mcpServers=found.pop("mcp")),
    ),
    (
        "amp",
        ".config/amp/settings.json",
        lambda found: found.update(mcpServers=found.pop("amp.mcpServers")),
    ),
    (
        "gemini",
        ".gemini/settings.json",
        lambda found: found["mcpServers"]["thrum"].update(type="stdio"),
    ),
    ("qwen", ".qwen/settings.json", lambda found: found["mcpServers"]["thrum"].update(timeout=660)),
    (
        "opencode",
        ".config/opencode/opencode.json",
        lambda found: found["mcp"]["thrum"].update(timeout=30),
    ),
    (
        "opencode",
        ".config/opencode/opencode.json",
        lambda found: found["mcp"]["thrum"].update(startup_timeout_sec=30),
    ),
    (
        "kiro-cli",
        ".kiro/agents/thrum.json",
        lambda found: found["mcpServers"]["thrum"].update(timeout=9),
    ),
]


@pytest.mark.parametrize(("name", "file", "does"), SPECIAL)
def test_what_one_runtime_alone_refuses(tmp_path: Path, name: str, file: str, does: Break) -> None:
    fake = set_up(tmp_path, name)
    path = fake.home / file
    document = json.loads(path.read_text())
    does(document)
    path.write_text(json.dumps(document))
    with pytest.raises(Refused):
        fake.load()


@pytest.mark.parametrize("name", ["opencode", "amp"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('const THRUM = "/', 'const THRUM = "'),
        ("\nfunction understood", "\nexport function understood"),
        ("PATIENCE_MS = 5000", "PATIENCE_MS = 5"),
        ('ask("agent.end"', 'ask("agent.ended"'),
        ('tell("session.idle"', 'tell("session.idled"'),
    ],
)
def test_a_broken_plugin_is_refused(tmp_path: Path, name: str, old: str, new: str) -> None:
    fake = set_up(tmp_path, name)
    (path,) = fake.home.rglob("thrum.ts")
    text = path.read_text()
    path.write_text(text.replace(old, new))
    if old not in text:
        fake.load()
        return
    with pytest.raises(Refused):
        fake.load()


REPLIES = [
    ("claude", "Stop", '{"hookSpecificOutput": {"hookEventName": "Stop", "x": 1}}'),
    ("claude", "SessionEnd", '{"decision": "block", "reason": "x"}'),
    ("claude", "PostToolBatch", '{"hookSpecificOutput": {"hookEventName": "Stop"}}'),
    ("codex", "Stop", "plain"),
    ("codex", "Stop", ""),
    ("codex", "SessionStart", '{"prompt": "x"}'),
    ("codex", "PostToolUse", '{"hookSpecificOutput": {"hookEventName": "PostToolUse", "y": 1}}'),
    ("cursor", "beforeSubmitPrompt", '{"additional_context": "x"}'),
    ("cursor", "stop", '{"additional_context": "x"}'),
    ("gemini", "SessionStart", "plain"),
    ("gemini", "BeforeAgent", ""),
    ("gemini", "AfterAgent", '{"decision": "block", "reason": "x"}'),
    ("gemini", "PreCompress", '{"hookSpecificOutput": {"hookEventName": "PreCompress"}}'),
    ("qwen", "Stop", '{"decision": "deny", "reason": "x"}'),
    ("auggie", "Stop", '{"decision": "block", "reason": "x"}'),
    ("kiro-cli", "agentSpawn", '{"additionalContext": "x"}'),
    ("copilot", "agentStop", '{"additionalContext": "x"}'),
    ("copilot", "sessionStart", '{"hookSpecificOutput": {}}'),
    ("opencode", "chat.message", "plain"),
    ("amp", "agent.start", '{"message": "x"}'),
]


@pytest.mark.parametrize(("name", "event", "reply"), REPLIES)
def test_a_reply_in_another_shape_is_refused(name: str, event: str, reply: str) -> None:
    with pytest.raises(Refused):
        FAKES[name](Path("/h"), Path("/r")).understood(event, reply, 0)


@every_fake
def test_a_hook_that_fails_is_noticed(name: str) -> None:
    event = registry.adapter(name).hooks[0].event
    with pytest.raises(Refused):
        FAKES[name](Path("/h"), Path("/r")).understood(event, "", 2)

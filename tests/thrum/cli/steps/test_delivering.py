"""Mail at a boundary: what is asked, what is printed, and when it counts as given."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.thrum.cli.answers import LETTER as ROW
from tests.thrum.cli.answers import MAIL
from thrum.cli.steps import delivering
from thrum.prime import block
from thrum.runtimes import registry
from thrum.runtimes.contract import Event, Moment, Reach


@pytest.fixture
def office(world: Any) -> Any:
    world.daemon.answers |= {
        "delivery.ask": MAIL,
        "delivery.given": {"seen": 1},
        "prompt.ask": {"id": "", "seconds": 0},
    }
    return world


def hook(office: Any, event: str, runtime: str = "claude", **how: Any) -> Any:
    about = json.dumps({"session_id": "s1", "hook_event_name": event, "trigger": "manual"})
    return office.run("hook", event, "--runtime", runtime, stdin=about, **how)


def test_it_is_asked_printed_and_said_to_have_got_through(office: Any) -> None:
    ran = hook(office, "UserPromptSubmit")
    assert (ran.code, ran.err) == (0, "")
    said = json.loads(ran.out)["hookSpecificOutput"]
    assert said["hookEventName"] == "UserPromptSubmit"
    assert "> the tank leaks" in said["additionalContext"]
    seat = {"runtime": "claude", "session": "s1"}
    assert office.daemon.requests == [
        ("delivery.ask", {**seat, "boundary": "prompt", "can_tell": True}),
        ("delivery.given", {**seat, "message_ids": [ROW["message_id"]], "is_sure": True}),
    ]


@pytest.mark.parametrize("runtime", ["claude", "codex", "qwen", "opencode"])
@pytest.mark.parametrize(
    ("source", "boundary"),
    [("startup", "start"), ("resume", "start"), ("", "start"), ("compact", "after_compaction")],
)
def test_one_that_was_compacted_does_not_begin(
    office: Any, runtime: str, source: str, boundary: str
) -> None:
    context, event = office.context(["hook"]), Event("x", Moment.START, "s1", source=source)
    delivering.begin(context, registry.adapter(runtime), event)
    assert [params["boundary"] for _, params in office.daemon.requests] == [boundary]


@pytest.mark.parametrize(
    ("runtime", "token", "expected"),
    [
        ("claude", "", {"inbox": "/run/x"}),
        ("claude", "t", {"inbox": "/run/x", "inbox_token": "t"}),
        ("codex", "t", {}),
        ("qwen", "t", {}),
    ],
)
def test_the_daemon_is_told_where_a_session_has_its_inbox(
    office: Any, runtime: str, token: str, expected: dict[str, str]
) -> None:
    office.env |= {"CLAUDE_CODE_MESSAGING_SOCKET": "/run/x", "CLAUDE_CODE_MESSAGING_TOKEN": token}
    hook(office, "Stop", runtime)
    asked = office.daemon.requests[0][1]
    assert {name: asked[name] for name in asked if name.startswith("inbox")} == expected


def test_a_name_in_the_environment_says_who_is_meant(office: Any) -> None:
    office.env["THRUM_NAME"] = "furiosa"
    hook(office, "Stop")
    assert [params["caller_agent_id"] for _, params in office.daemon.requests] == ["furiosa"] * 2


def test_nothing_is_said_where_nothing_came(office: Any) -> None:
    office.daemon.answers["delivery.ask"] = {"agent_id": "furiosa", "count": 0}
    assert hook(office, "Stop").out == ""
    assert office.daemon.methods == ["delivery.ask"]


def test_what_cannot_be_written_was_not_given(office: Any) -> None:
    adapter, context = registry.adapter("claude"), office.context(["hook"])
    event = Event("Stop", Moment.END_OF_TURN, session="s1")
    with (
        pytest.raises(OSError, match="No space"),
        delivering.brought(context, adapter, event) as text,
    ):
        assert "the tank leaks" in text
        raise OSError(28, "No space left on device")
    assert office.daemon.methods == ["delivery.ask"]


SAYS = [
    (name, hook.event, adapter.reaches.get(hook.moment, Reach.SILENT))
    for name in registry.MODULES
    for adapter in [registry.adapter(name)]
    for hook in adapter.hooks
    if hook.moment is not Moment.START and adapter.hooks_run_here
]


@pytest.mark.parametrize(("runtime", "event", "reach"), SAYS)
def test_every_runtime_gets_it_where_something_is_read(
    office: Any, runtime: str, event: str, reach: Reach
) -> None:
    ran = hook(office, event, runtime)
    assert ran.code == 0
    asked = office.daemon.params("delivery.ask")
    assert asked["can_tell"] is (reach is not Reach.SILENT)
    assert ("the tank leaks" in ran.out) is (reach is not Reach.SILENT)
    if reach is Reach.SILENT:
        assert ran.out.strip() == registry.adapter(runtime).silence
    else:
        assert office.daemon.params("delivery.given")["is_sure"] is (reach is not Reach.MAYBE)


@pytest.mark.parametrize(
    ("runtime", "event", "given", "tool"),
    [
        ("claude", "PostToolBatch", {"tool_calls": [{"tool_name": "Bash"}]}, "Bash"),
        (
            "claude",
            "PostToolBatch",
            {"tool_calls": [{"tool_name": "Bash"}, {"tool_name": "Edit"}]},
            "Edit",
        ),
        ("claude", "PostToolBatch", {"tool_calls": []}, None),
        ("claude", "PostToolBatch", {"tool_calls": ["Bash"]}, None),
        ("claude", "PostToolBatch", {"tool_calls": [{"tool_name": 3}]}, None),
        ("claude", "PostToolBatch", {"tool_calls": "Bash"}, None),
        ("claude", "PermissionRequest", {"tool_name": "Write"}, "Write"),
        ("codex", "PostToolUse", {"tool_name": "shell"}, "shell"),
        ("qwen", "PostToolUse", {"tool_name": "run_shell_command"}, "run_shell_command"),
        ("gemini", "AfterTool", {"tool_name": "edit"}, "edit"),
        ("claude", "Stop", {}, None),
    ],
)
def test_the_tool_is_told(
    office: Any, runtime: str, event: str, given: dict[str, Any], tool: str | None
) -> None:
    about = json.dumps({"session_id": "s1", "hook_event_name": event, **given})
    assert office.run("hook", event, "--runtime", runtime, stdin=about).code == 0
    assert office.daemon.params("delivery.ask").get("tool") == tool


def test_the_block_has_its_bound(office: Any) -> None:
    long = {**ROW, "content": "x" * 1_500, "characters": 90_000}
    office.daemon.answers["delivery.ask"] = {**MAIL, "count": 40, "messages": [long] * 8}
    text = json.loads(hook(office, "PostToolBatch").out)["hookSpecificOutput"]["additionalContext"]
    assert len(text) <= block.MOST
    assert "39 more messages" in text


@pytest.mark.parametrize("kind", ["daemon_down", "anonymous_caller"])
def test_nobody_there_is_no_trouble(office: Any, refuse: Any, kind: str) -> None:
    if kind == "daemon_down":
        office.daemon.path.unlink()
    else:
        office.daemon.answers["delivery.ask"] = refuse(kind, "who are you", -32002)
    ran = hook(office, "Stop", "codex")
    assert (ran.code, ran.out.strip(), ran.err) == (0, "{}", "")


def test_a_daemon_is_never_started(office: Any) -> None:
    del office.env["CI"]
    office.daemon.path.unlink()
    assert hook(office, "Stop").code == 0


def test_who_is_at_the_same_files_stands_before_the_mail(office: Any) -> None:
    clash = {"id": "7", "agent_id": "nux", "form": "held", "files": ["src/a.py"], "count": 1}
    office.daemon.answers["delivery.ask"] = {**MAIL, "clashes": [clash, {"form": "new"}]}
    text = json.loads(hook(office, "UserPromptSubmit").out)["hookSpecificOutput"][
        "additionalContext"
    ]
    assert text.startswith("You have changed src/a.py, which @nux holds.")
    assert "> the tank leaks" in text
    given = office.daemon.params("delivery.given")
    assert (given["clash_ids"], given["message_ids"]) == (["7"], [ROW["message_id"]])
    office.daemon.answers["delivery.ask"] = {"agent_id": "furiosa", "count": 0, "clashes": [clash]}
    assert "@nux holds" in hook(office, "PostToolBatch").out
    assert office.daemon.params("delivery.given")["message_ids"] == []

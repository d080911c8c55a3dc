"""Our plugins, run by node with a runtime that only calls them and a Thrum that only answers."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from thrum.runtimes import plugins, registry
from thrum.runtimes.contract import Event, Moment, Reach

with_node = pytest.mark.skipif(not shutil.which("node"), reason="there is no node here")

OPENCODE = """
import { existsSync, readFileSync } from "node:fs"
import { Thrum } from PLUGIN
const prompts = []
const client = { session: { prompt: async (what) => { prompts.push(what) } } }
const hooks = await Thrum({ client, directory: CWD })
const out = []
for (const [name, input, output] of CALLS) {
  await hooks[name](input, output)
  out.push(output ?? null)
}
const sleep = (ms) => new Promise((go) => setTimeout(go, ms))
const asks = () => (existsSync("asked") ? readFileSync("asked", "utf8").split("\\n").length - 1 : 0)
for (const end = Date.now() + 60_000; Date.now() < end; await sleep(20))
  if (asks() >= ASKS && prompts.length >= PROMPTS) break
await sleep(WAIT)
console.log(JSON.stringify({ out, prompts }))
"""
"""Waits for so many questions and prompts, then for so many milliseconds with none to follow."""

AMP = """
import thrum from PLUGIN
const heard = {}
thrum(OFFERED ? { on: (event, does) => { heard[event] = does } } : {})
const out = []
for (const [event, given] of CALLS) out.push((await heard[event]?.(given, {})) ?? null)
console.log(JSON.stringify({ out, events: Object.keys(heard) }))
"""


@pytest.fixture
def world(tmp_path: Path) -> Callable[..., Any]:
    """Runs a script around a plugin, with a Thrum that answers this; what it printed and asked."""

    def run(name: str, script: str, replies: dict[str, str], **values: Any) -> Any:
        answers = tmp_path / "answers"
        answers.mkdir()
        for event, said in replies.items():
            (answers / event).write_text(said)
        program = tmp_path / "thrum with space"
        program.write_text(
            "#!/bin/sh\n"
            'said=$(printf "%s %s" "$*" "$(cat)" | tr "\\n" " ")\n'
            # A line in one write: several may ask at once.
            f'printf "%s\\n" "$said" >> "{tmp_path}/asked"\n'
            f'cat "{answers}/$2$5" 2>/dev/null || echo "{{}}"\n'
        )
        program.chmod(0o755)
        started = values.pop("program", program)
        words = values.pop("words", ())
        (tmp_path / "plugin.mjs").write_text(plugins.text(name, started))
        always = {"PLUGIN": "./plugin.mjs", "CWD": str(tmp_path)}
        for key, value in {**always, "WAIT": 0, "ASKS": 0, "PROMPTS": 0, **values}.items():
            script = script.replace(key, json.dumps(value))
        (tmp_path / "run.mjs").write_text(script)
        ran = subprocess.run(
            ["node", "run.mjs", *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        asked = tmp_path / "asked"
        lines = asked.read_text().splitlines() if asked.exists() else []
        return json.loads(ran.stdout), [told(line) for line in lines]

    return run


def told(line: str) -> tuple[str, Any]:
    """The event of a call, with ``--wake`` where that is in it, and what came on stdin."""
    words, mark, given = line.partition("{")
    _, event, *rest = words.split()
    return event + "--wake" * ("--wake" in rest), json.loads(mark + given)


def message(text: str = "hi") -> dict[str, Any]:
    part = {"id": "prt_1", "sessionID": "s", "messageID": "msg_1", "type": "text", "text": text}
    return {"message": {"id": "msg_1"}, "parts": [part]}


CONTEXT = '{"context": "CTX"}'


@with_node
def test_opencode_is_told_with_the_first_message_and_with_each(world: Any) -> None:
    calls = [["chat.message", {"sessionID": "s"}, message()] for _ in range(2)]
    replies = {"session.created": '{"context": "START"}', "chat.message": CONTEXT}
    said, asked = world("opencode", OPENCODE, replies, CALLS=calls)
    added = [[part["text"] for part in each["parts"][1:]] for each in said["out"]]
    assert added == [["START\n\nCTX"], ["CTX"]]
    part = said["out"][0]["parts"][1]
    assert (part["sessionID"], part["messageID"], part["synthetic"]) == ("s", "msg_1", True)
    assert part["id"].startswith("prt_1")
    assert [event for event, _ in asked] == ["session.created", "chat.message", "chat.message"]


@with_node
def test_opencode_is_told_anew_who_it_is_when_it_was_compacted(world: Any) -> None:
    one, other = {"sessionID": "s"}, {"sessionID": "other"}
    event = {"event": {"type": "session.compacted", "properties": one}}
    says, compacts = ["chat.message", one, message()], ["event", event]
    calls = [compacts, says, ["chat.message", other, message()], compacts, compacts]
    calls += [says, ["chat.message", other, message()], says]
    replies = {"session.created": '{"context": "START"}'}
    said, asked = world("opencode", OPENCODE, replies, CALLS=calls, WAIT=0)
    added = [[part["text"] for part in each["parts"][1:]] for each in said["out"] if each]
    assert added == [["START"], ["START"], ["START"], [], []]
    begun = [
        (given["session"], given.get("source")) for event, given in asked if "created" in event
    ]
    assert begun == [("s", None), ("other", None), ("s", "compact")]


@with_node
def test_opencode_is_told_after_a_tool_and_begins_a_turn(world: Any, tmp_path: Path) -> None:
    calls = [
        ["tool.execute.after", {"sessionID": "s", "tool": "bash"}, {"output": "x"}],
        ["tool.execute.after", {"sessionID": "s", "tool": "mcp"}, {"content": []}],
        ["event", {"event": {"type": "session.idle", "properties": {"sessionID": "s"}}}, None],
    ]
    replies = {"tool.execute.after": CONTEXT, "session.idle": '{"turn": "MORE"}'}
    said, asked = world("opencode", OPENCODE, replies, CALLS=calls, PROMPTS=1)
    added = {"type": "text", "text": "CTX"}
    assert said["out"][:2] == [{"output": "x\n\nCTX"}, {"content": [added]}]
    text = {"type": "text", "text": "MORE"}
    assert said["prompts"] == [{"path": {"id": "s"}, "body": {"parts": [text]}}]
    given = {"session": "s", "cwd": str(tmp_path), "subagent": False}
    assert asked[0] == ("tool.execute.after", {**given, "tool": "bash"})


@with_node
@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("tool.execute.after", {"metadata": {}}),
        ("tool.execute.after", {"output": 7, "content": "x"}),
        ("tool.execute.after", None),
        ("chat.message", {"message": {"id": "msg_1"}, "parts": []}),
        ("chat.message", {"message": {"id": "msg_1"}, "parts": [{"type": "text"}]}),
        ("chat.message", None),
    ],
)
def test_where_nobody_would_read_it_nothing_is_asked(
    world: Any, name: str, output: dict[str, Any] | None
) -> None:
    replies = dict.fromkeys(("session.created", "chat.message", "tool.execute.after"), CONTEXT)
    calls = [[name, {"sessionID": "s"}, output]]
    said, asked = world("opencode", OPENCODE, replies, CALLS=calls)
    assert said["out"] == [output]
    assert asked == []


@with_node
@pytest.mark.parametrize(
    ("words", "is_asked"),
    [(["run", "hi"], False), (["--print-logs", "run"], False), (["serve"], True), ([], True)],
)
def test_where_one_turn_is_all_no_other_one_begins(
    world: Any, words: list[str], is_asked: bool
) -> None:
    calls = [["event", {"event": {"type": "session.idle", "properties": {"sessionID": "s"}}}, None]]
    replies = {"session.idle": '{"turn": "MORE"}'}
    count = int(is_asked)
    how: dict[str, Any] = {"words": words, "PROMPTS": count, "WAIT": 300}
    said, asked = world("opencode", OPENCODE, replies, CALLS=calls, **how)
    assert [event for event, _ in asked] == ["session.idle"] * is_asked
    assert len(said["prompts"]) == count


@with_node
def test_opencode_says_which_session_is_a_helpers(world: Any) -> None:
    info = {"id": "s", "parentID": "above"}
    calls = [
        ["event", {"event": {"type": "session.created", "properties": {"info": info}}}, None],
        ["chat.message", {"sessionID": "s"}, message()],
        ["event", {"event": {"type": "session.idle", "properties": {"sessionID": "s"}}}, None],
    ]
    said, asked = world(
        "opencode", OPENCODE, {"session.idle": '{"turn": "MORE"}'}, CALLS=calls, ASKS=3, WAIT=300
    )
    assert {given["subagent"] for _, given in asked} == {True}
    assert said["prompts"] == []


IDLE = ["event", {"event": {"type": "session.idle", "properties": {"sessionID": "s"}}}, None]


@with_node
def test_opencode_begins_a_turn_when_an_idle_session_is_woken(world: Any, tmp_path: Path) -> None:
    replies = {"session.idle--wake": '{"turn": "MAIL"}'}
    said, asked = world("opencode", OPENCODE, replies, CALLS=[IDLE], PROMPTS=1, WAIT=300)
    text = {"type": "text", "text": "MAIL"}
    assert said["prompts"] == [{"path": {"id": "s"}, "body": {"parts": [text]}}]
    given = {"session": "s", "cwd": str(tmp_path), "subagent": False}
    assert asked == [("session.idle", given), ("session.idle--wake", given)]


@with_node
def test_one_waits_for_each_idle_session_and_none_for_helpers(world: Any) -> None:
    info = {"id": "helper", "parentID": "s"}
    created = {"event": {"type": "session.created", "properties": {"info": info}}}
    helper = {"event": {"type": "session.idle", "properties": {"sessionID": "helper"}}}
    calls = [["event", created, None], ["event", helper, None], IDLE]
    said, asked = world("opencode", OPENCODE, {}, CALLS=calls, ASKS=3, WAIT=300)
    assert said["prompts"] == []
    waits = [given["session"] for event, given in asked if event == "session.idle--wake"]
    assert waits == ["s"]


@with_node
def test_a_turn_that_mail_began_is_told_apart_from_a_persons(world: Any) -> None:
    steps = """
for (const each of [THEIRS, MINE, MINE]) await hooks["chat.message"]({ sessionID: "s" }, each)
console.log("""
    script = OPENCODE.replace("console.log(", steps)
    replies = {"session.idle--wake": '{"turn": "MAIL"}'}
    texts = {"THEIRS": message(), "MINE": message("MAIL")}
    _, asked = world("opencode", script, replies, CALLS=[IDLE], PROMPTS=1, **texts)
    said = [given["continued"] for event, given in asked if event == "chat.message"]
    assert said == [False, True, False]


@with_node
@pytest.mark.parametrize("reply", ["", "{", "7", "null", '"x"', "[]", '{"context": ""}'])
def test_a_reply_that_is_none_changes_nothing(world: Any, reply: str) -> None:
    calls = [
        ["chat.message", {"sessionID": "s"}, message()],
        ["tool.execute.after", {"sessionID": "s"}, {"output": "x"}],
    ]
    replies = dict.fromkeys(("session.created", "chat.message", "tool.execute.after"), reply)
    said, _ = world("opencode", OPENCODE, replies, CALLS=calls)
    assert said["out"] == [message(), {"output": "x"}]


@with_node
@pytest.mark.parametrize("odd", [None, {}, {"sessionID": 7}, {"sessionID": ""}])
def test_an_opencode_that_says_something_else_is_left_alone(world: Any, odd: Any) -> None:
    calls: list[Any] = [[name, odd, odd] for name in ("chat.message", "tool.execute.after")]
    calls += [["event", {"event": {"type": "session.idle", "properties": odd}}, None]]
    calls += [["event", odd or {}, None]]
    said, asked = world("opencode", OPENCODE, {}, CALLS=calls, WAIT=300)
    assert (said["prompts"], asked) == ([], [])


@with_node
def test_a_thrum_that_is_gone_harms_no_session(world: Any, tmp_path: Path) -> None:
    calls = [["chat.message", {"sessionID": "s"}, message()]]
    said, asked = world("opencode", OPENCODE, {}, CALLS=calls, program=tmp_path / "gone")
    assert (said["out"], asked) == ([message()], [])


@with_node
def test_amp_is_told_at_the_start_and_goes_on_at_the_end_of_a_turn(world: Any) -> None:
    calls = [["agent.start", {"thread": {"id": "T-1"}}], ["agent.end", {"thread": {"id": "T-1"}}]]
    replies = {"agent.start": CONTEXT, "agent.end": '{"turn": "MORE"}'}
    said, asked = world("amp", AMP, replies, CALLS=calls, OFFERED=True)
    start, end = said["out"]
    assert start["message"]["content"] == "CTX"
    assert end == {"action": "continue", "userMessage": "MORE"}
    assert [given["session"] for _, given in asked] == ["T-1", "T-1"]


@with_node
def test_an_amp_that_offers_nothing_is_left_alone(world: Any) -> None:
    assert world("amp", AMP, {}, CALLS=[], OFFERED=False) == ({"out": [], "events": []}, [])


@pytest.mark.parametrize("name", ["opencode", "amp"])
@pytest.mark.parametrize("program", ["/h/thrum", '/h/a "b" \\c/thrum', "/h/é/thrum"])
def test_the_program_stands_in_the_text_as_it_is(name: str, program: str) -> None:
    text = plugins.text(name, Path(program))
    (line,) = (each for each in text.splitlines() if each.startswith("const THRUM = "))
    assert json.loads(line.removeprefix("const THRUM = ")) == program
    assert "__THRUM__" not in text


@pytest.mark.parametrize("name", ["opencode", "amp"])
def test_every_event_of_the_adapter_is_asked_about(name: str) -> None:
    text = plugins.text(name, Path("/thrum"))
    assert [h.event for h in registry.adapter(name).hooks if f'"{h.event}"' not in text] == []


def test_what_a_plugin_says_is_read_and_answered() -> None:
    given = {"session": "s", "cwd": "/w", "subagent": True, "tool": 7, "details": "x" * 900}
    found = plugins.understood("e", Moment.TOOLS, given, {})
    assert found == Event(
        "e", Moment.TOOLS, session="s", cwd="/w", is_subagent=True, details="x" * 500
    )
    reaches = {Moment.TOOLS: Reach.CONTEXT, Moment.END_OF_TURN: Reach.MAYBE}
    adapter = replace(registry.adapter("amp"), reaches=reaches)
    assert json.loads(adapter.answer(found, "t").stdout) == {"context": "t"}
    ended = Event("e", Moment.END_OF_TURN)
    assert json.loads(adapter.answer(ended, "t").stdout) == {"turn": "t"}
    for nothing in ((None, "t"), (found, ""), (Event("e", Moment.END), "t")):
        assert adapter.answer(*nothing).stdout == "{}"


def test_every_plugin_is_shipped() -> None:
    root = Path(__file__).parents[4]
    shipped = tomllib.loads((root / "pyproject.toml").read_text())
    patterns = shipped["tool"]["setuptools"]["package-data"]["thrum"]
    sources = [each.relative_to(root / "thrum") for each in (root / "thrum").rglob("*.ts")]
    shown = [each for each in sources if "runtimes" in each.parts]
    assert len(shown) == 2
    assert [each for each in shown if not any(each.match(pattern) for pattern in patterns)] == []

"""Our entries are put into a text and taken out, known by what they start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from thrum.runtimes.contract import Block, Entry, Own, Part
from thrum.setup import editing

FILE = Path("/home/p/settings.json")


def handler(program: str = "/home/p/.thrum/bin/thrum", event: str = "Stop") -> dict[str, Any]:
    return {"type": "command", "command": f"{program} hook {event} --runtime claude", "timeout": 5}


def hook(event: str = "Stop", value: Any = None) -> Entry:
    group = value or {"hooks": [handler(event=event)]}
    return Entry(Part.HOOKS, FILE, ("hooks", event), group, joins=True)


def line(program: str = "/new/thrum") -> Entry:
    return Entry(Part.STATUSLINE, FILE, ("statusLine",), {"command": f"{program} statusline"})


THEIRS = {"type": "command", "command": "thrum-like hook Stop"}


def test_an_old_handler_of_ours_is_replaced_and_theirs_beside_it_stays() -> None:
    old = {"hooks": [THEIRS, handler("/old/place/thrum"), {"type": "http", "url": "x"}]}
    text = json.dumps({"hooks": {"Stop": [old]}})
    after = json.loads(editing.written(text, [hook()]).text or "")
    assert after["hooks"]["Stop"] == [
        {"hooks": [THEIRS, {"type": "http", "url": "x"}]},
        {"hooks": [handler()]},
    ]


@pytest.mark.parametrize(
    "command",
    [
        'bash "${CLAUDE_PROJECT_DIR}/scripts/thrum-startup.sh"',
        'HOOK_EVENT=Stop bash "${CLAUDE_PROJECT_DIR}/scripts/thrum-check-inbox.sh"',
        "/opt/plugins/thrum/scripts/inject-prime-context.sh",
        "bash scripts/thrum-polling.sh",
        "'/other home/.thrum/bin/thrum' hook Stop --runtime claude",
        "thrum hook Stop",
    ],
)
@pytest.mark.parametrize("event", ["Stop", "SubagentStop", "AnEventOfLater"])
def test_what_an_older_one_wrote_goes_from_every_event(command: str, event: str) -> None:
    group = {"hooks": [{"type": "command", "command": command}]}
    text = json.dumps({"hooks": {event: [group, {"hooks": [THEIRS]}]}})
    for edited in (editing.written(text, [hook()]), editing.cleared(text, [hook()], None)):
        assert edited.text
        assert json.dumps(command) not in edited.text
        assert THEIRS["command"] in edited.text


def test_one_that_stands_there_twice_stands_there_once_after() -> None:
    group = {"hooks": [handler()]}
    text = json.dumps({"hooks": {"Stop": [group, {"hooks": [THEIRS]}, group]}})
    after = json.loads(editing.written(text, [hook()]).text or "")
    assert after["hooks"]["Stop"] == [group, {"hooks": [THEIRS]}]


def test_what_is_as_it_should_be_is_not_touched() -> None:
    text = '{"hooks": {"Stop":[ ' + json.dumps({"hooks": [handler()]}) + " ]}}"
    assert editing.written(text, [hook()]) == editing.Edited(text)


def test_a_value_of_somebody_else_stays_and_is_named() -> None:
    text = '{"statusLine": {"command": "mine.sh"}}'
    edited = editing.written(text, [line()])
    assert edited.text == text
    assert edited.left == ("statusLine is somebody else's",)
    assert editing.cleared(text, [line()], None).text == text
    ours = editing.written('{"statusLine": {"command": "/old/thrum statusline"}}', [line()])
    assert json.loads(ours.text or "")["statusLine"] == {"command": "/new/thrum statusline"}


def test_what_was_made_for_ours_goes_and_what_was_empty_before_stays() -> None:
    text = '{\n  "hooks": {\n    "Stop": []\n  }\n}\n'
    edited = editing.written(text, [hook(), hook("Start")])
    assert set(edited.made) == {("hooks", "Start")}
    assert edited.text
    assert editing.cleared(edited.text, [hook(), hook("Start")], edited.made).text == text
    # Nobody remembers what was made: what is empty then says nothing, and goes.
    assert editing.cleared(edited.text, [hook(), hook("Start")], None).text is None


def test_a_remark_is_more_than_nothing() -> None:
    text = "{\n  // mine\n}\n"
    edited = editing.written(text, [hook()])
    assert edited.text
    assert editing.cleared(edited.text, [hook()], edited.made).text == text


def test_a_remark_between_brackets_keeps_them() -> None:
    text = '{\n  "hooks": {\n    // none yet\n  },\n  "b": 1\n}\n'
    edited = editing.written(text, [hook()])
    assert edited.text
    assert editing.cleared(edited.text, [hook()], None).text == text


def test_what_every_such_file_holds_is_nothing() -> None:
    entry = Entry(Part.HOOKS, FILE, ("hooks", "stop"), handler(), joins=True, base={"version": 1})
    edited = editing.written(None, [entry])
    assert json.loads(edited.text or "")["version"] == 1
    assert editing.cleared(edited.text or "", [entry], edited.made).text is None


@pytest.mark.parametrize("text", ["[]", "3", '"x"', "{", '{"hooks": []}', '{"hooks": {"Stop": 1}}'])
def test_what_is_in_the_way_is_a_refusal(text: str) -> None:
    with pytest.raises(ValueError):
        editing.written(text, [hook()])


def test_a_block_and_a_file_of_ours() -> None:
    block = Block(Part.INSTRUCTIONS, FILE, "text")
    edited = editing.written("# A\n", [block])
    assert editing.cleared(edited.text or "", [block], None).text == "# A\n"
    assert editing.cleared(editing.written(None, [block]).text or "", [block], None).text is None
    own = Own(Part.SKILL, FILE, "all of it")
    assert editing.written("old", [own]).text == "all of it"
    assert editing.cleared("all of it", [own], None).text is None


def test_a_table_of_somebody_else_stays() -> None:
    server = {"command": "/x/thrum", "args": ["mcp", "serve"]}
    entry = Entry(Part.MCP, FILE, ("mcp_servers", "thrum"), server, syntax="toml")
    text = '[mcp_servers.thrum]\ncommand = "docker"\n'
    assert editing.written(text, [entry]).left == ("mcp_servers.thrum is somebody else's",)
    assert editing.cleared(text, [entry], None).text == text
    edited = editing.written("", [entry])
    assert editing.written(edited.text, [entry]) == edited
    assert editing.cleared(edited.text or "", [entry], None).text is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"enabled": ["thrum"]}', None),
        ('{"enabled": ["thrum"], "refused": ["thrum"]}', None),
        ('{"enabled": ["thrum"], "model": "x"}', {"model": "x"}),
        ('{"enabled": ["a", "thrum", "b", "thrum"]}', {"enabled": ["a", "b"]}),
        ('{"enabled": ["thrum-like"]}', {"enabled": ["thrum-like"]}),
        ('{"enabled": []}', {"enabled": []}),
        ('{"enabled": "thrum"}', {"enabled": "thrum"}),
        ('{"enabled": {"thrum": true}}', {"enabled": {"thrum": True}}),
        ('{"other": ["thrum"]}', {"other": ["thrum"]}),
    ],
)
def test_what_the_person_said_of_us_goes_with_us(before: str, after: Any) -> None:
    entry = Entry(Part.STATUSLINE, FILE, ("line",), {}, answers=("enabled", "refused"))
    left = editing.cleared(before, [hook(), entry], ()).text
    assert (json.loads(left) if left is not None else None) == after


def test_a_remark_in_the_list_of_answers_keeps_it() -> None:
    text = '{"enabled": [\n  // nobody else\n  "thrum"\n]}'
    entry = Entry(Part.STATUSLINE, FILE, ("line",), {}, answers=("enabled",))
    left = editing.cleared(text, [entry], ()).text or ""
    assert "nobody else" in left
    assert '"thrum"' not in left

"""Every adapter, by the same laws, with what its runtime sends in ``fixtures/runtimes``."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields

from tests.laws import examples
from tests.runtimes.fakes import FAKES
from tests.runtimes.recorded import FOLDER, Sent, sent, transcript
from thrum.cli.steps.permitting import ASK_S, SLACK_S
from thrum.daemon.prompts.service import LONGEST_S
from thrum.runtimes import mark, registry
from thrum.runtimes.contract import (
    COMPACTED,
    Adapter,
    Entry,
    Event,
    Leave,
    Moment,
    Own,
    Part,
    Reach,
    Scope,
    Wake,
    Where,
)
from thrum.setup import applying, launcher, plan, receipts, wanted
from thrum.setup.wanted import Ground

ADAPTERS = registry.every()
HOOKED = [each for each in ADAPTERS if each.hooks]
SENT = [each for adapter in ADAPTERS for each in sent(adapter.name)]
WRONG: tuple[Any, ...] = (None, 7, -1.5, True, [], ["x"], [[]], {}, {"a": 1}, "")

every_adapter = pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda each: each.name)
every_hooked = pytest.mark.parametrize("adapter", HOOKED, ids=lambda each: each.name)
every_scope = pytest.mark.parametrize("scope", Scope, ids=lambda each: each.value)
every_sent = pytest.mark.parametrize("case", SENT, ids=str)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


def where(scope: Scope, base: Path) -> Where:
    home = base / "home"
    return Where(scope, base / "work", home, {}, home / launcher.PLACE)


def printed(text: str) -> Any:
    """A reply as the fixtures have it: JSON as such, else the text."""
    return json.loads(text) if text.startswith(("{", "[")) else text


# What comes in


@every_adapter
def test_every_event_that_is_listened_to_is_recorded(adapter: Adapter) -> None:
    assert {hook.event for hook in adapter.hooks} <= {case.event for case in sent(adapter.name)}


def test_nothing_is_recorded_of_a_runtime_that_there_is_not() -> None:
    assert {each.name for each in FOLDER.iterdir()} == {each.name for each in HOOKED}


@every_sent
def test_an_event_is_understood(case: Sent) -> None:
    found = registry.adapter(case.runtime).read(case.event, case.stdin, case.env)
    if case.means is None:
        assert found is None
        return
    moment = Moment(case.means["moment"])
    assert found == Event(**{**case.means, "name": case.event, "moment": moment})
    hook = registry.adapter(case.runtime).hook(case.event)
    # What is said to a session that goes on after a compaction is dropped by some.
    assert hook is None or hook.moment is moment or found.source == COMPACTED


@every_sent
def test_a_field_that_is_missing_or_of_a_wrong_type_harms_nothing(case: Sent) -> None:
    adapter = registry.adapter(case.runtime)
    for key in case.stdin:
        rest = {name: value for name, value in case.stdin.items() if name != key}
        for given_ in (rest, *({**rest, key: wrong} for wrong in WRONG)):
            found = adapter.read(case.event, given_, case.env)
            if found is not None:
                assert_typed(found)
            assert printed(adapter.answer(found, "").stdout) == case.empty


def assert_typed(found: Event) -> None:
    for each in fields(Event):
        value = getattr(found, each.name)
        kind = bool if each.name.startswith("is_") else Moment if each.name == "moment" else str
        assert type(value) is kind, each.name


@every_adapter
@pytest.mark.parametrize("event", ["", "Nope", "stop ", "sessionstart", "__proto__", "a/../b", "é"])
def test_an_event_that_nobody_knows_is_answered_by_nothing(adapter: Adapter, event: str) -> None:
    found = adapter.read(event, {"session_id": "s"}, {})
    assert found is None
    assert adapter.answer(found, "text") == adapter.answer(None, "")


@every_hooked
@settings(max_examples=examples(15))
@given(data=st.data())
def test_whatever_comes_is_no_defect(adapter: Adapter, data: st.DataObject) -> None:
    cases = sent(adapter.name)
    case = data.draw(st.sampled_from(cases))
    names = st.sampled_from(sorted({key for each in cases for key in each.stdin}))
    given_ = data.draw(st.dictionaries(names | st.text(max_size=8), anything))
    found = adapter.read(case.event, given_, {})
    if found:
        assert_typed(found)
    assert adapter.answer(found, "").stdout == adapter.answer(None, "").stdout


# What goes out


@every_sent
def test_a_reply_has_the_runtimes_own_shape(case: Sent) -> None:
    adapter = registry.adapter(case.runtime)
    found = adapter.read(case.event, case.stdin, case.env)
    told, nothing = adapter.reply(found, case.text), adapter.reply(found, "")
    assert printed(told.stdout) == case.reply
    assert printed(nothing.stdout) == case.empty
    assert (told.status, told.stderr, nothing.status, nothing.stderr) == (0, "", 0, "")
    assert "\n" not in told.stdout


@every_sent
@settings(max_examples=examples(6))
@given(text=st.text())
def test_the_runtime_understands_every_reply(case: Sent, text: str) -> None:
    """And does what the adapter says it would, with the very text."""
    adapter = registry.adapter(case.runtime)
    found = adapter.read(case.event, case.stdin, case.env)
    if adapter.name == "kiro-cli" and text.startswith("{"):
        return  # what is said to it in plain words is never JSON
    fake = FAKES[case.runtime](Path("/h"), Path("/r"))
    outcome = fake.understood(case.event, adapter.reply(found, text).stdout, 0)
    reach = adapter.reaches.get(found.moment, Reach.SILENT) if found and text else Reach.SILENT
    heard = [*outcome.context, *([outcome.turn] if outcome.turn else [])]
    assert heard == ([] if reach is Reach.SILENT else [text])
    assert outcome.shown == ""
    if reach in {Reach.TURN, Reach.CONTEXT}:
        assert bool(outcome.turn) == (reach is Reach.TURN)


@every_hooked
def test_a_text_is_cut_where_the_runtime_would_cut_it(adapter: Adapter) -> None:
    case = next(each for each in sent(adapter.name) if each.reply != each.empty)
    found = adapter.read(case.event, case.stdin, case.env)
    text = "".join(f"line {number} of a long text\n" for number in range(2_000))
    fake = FAKES[case.runtime](Path("/h"), Path("/r"))
    outcome = fake.understood(case.event, adapter.reply(found, text).stdout, 0)
    (heard,) = [*outcome.context, *([outcome.turn] if outcome.turn else [])]
    assert 0.9 * adapter.longest < len(heard) <= adapter.longest
    assert heard.endswith("a long text\n… there is more: `thrum inbox`")


@every_adapter
def test_the_empty_reply_is_the_same_at_every_moment(adapter: Adapter) -> None:
    empty = adapter.answer(None, "")
    for moment in Moment:
        assert adapter.answer(Event("x", moment), "") == empty
        if adapter.reaches.get(moment, Reach.SILENT) is Reach.SILENT:
            assert adapter.answer(Event("x", moment), "text") == empty


@every_adapter
def test_a_session_that_is_told_at_its_start_is_told_by_a_hook(adapter: Adapter) -> None:
    moments = {hook.moment for hook in adapter.hooks}
    assert {*adapter.reaches} <= moments
    asks = {hook.event for hook in adapter.hooks if hook.moment is Moment.PERMISSION}
    assert all(hook.seconds <= 10 for hook in adapter.hooks if hook.event not in asks)
    assert len({hook.event for hook in adapter.hooks}) == len(adapter.hooks)


# Leave

LEAVES = [(each, each.leave) for each in ADAPTERS if each.leave]
every_leave = pytest.mark.parametrize(("adapter", "leave"), LEAVES)


@every_leave
def test_whoever_is_waited_for_has_the_time_that_a_hook_may_take(
    adapter: Adapter, leave: Leave
) -> None:
    (hook,) = (each for each in adapter.hooks if each.moment is Moment.PERMISSION)
    assert hook.seconds > LONGEST_S + ASK_S + SLACK_S
    assert leave.is_for(Event(hook.event, Moment.PERMISSION, tool="Bash"))
    assert not leave.is_for(Event(hook.event, Moment.NOTICE, tool="Bash"))


@every_leave
def test_an_answer_is_for_once_and_says_nothing_else(adapter: Adapter, leave: Leave) -> None:
    (hook,) = (each for each in adapter.hooks if each.moment is Moment.PERMISSION)
    event = Event(hook.event, Moment.PERMISSION, tool="Bash", details="always allow")
    said = [leave.say(event, is_allowed, "boss") for is_allowed in (True, False)]
    assert said[0] != said[1]
    for answer in said:
        assert (answer.stderr, answer.status) == ("", 0)
        json.loads(answer.stdout)
        for word in ("always", "updatedPermissions", "updatedInput", "interrupt", "remember"):
            assert word not in answer.stdout


# Waking

WAYS = [(each, way) for each in ADAPTERS for way in each.wakes if way.event]
every_way = pytest.mark.parametrize(("adapter", "way"), WAYS, ids=lambda each: each.name)


@every_way
def test_who_waits_is_found_by_the_event_that_starts_it(adapter: Adapter, way: Wake) -> None:
    assert adapter.wake(way.event) is way
    for event in ("", "Nope", way.event.upper() + " "):
        assert adapter.wake(event) is None


@every_way
def test_who_is_woken_hears_the_very_text_and_nothing_is_said_besides(
    adapter: Adapter, way: Wake
) -> None:
    text = "New mail for @nux: > \u201ewhat?\u201c \x7b"
    said = way.say(text)
    spoken = [each for each in (said.stdout, said.stderr) if each]
    assert len(spoken) == 1
    heard = printed(spoken[0].rstrip("\n"))
    assert text in (heard.values() if isinstance(heard, dict) else [heard])
    assert (said.status == 2) is bool(said.stderr)


def test_a_monitor_says_one_line_of_a_block() -> None:
    way = registry.adapter("claude").wake("monitor")
    assert way
    said = way.say("New mail:\n> one\n> two\n").stdout
    assert said == "New mail: \u23ce > one \u23ce > two\n"


@every_way
def test_a_way_works_only_where_every_variable_says_so(adapter: Adapter, way: Wake) -> None:
    assert way.works({**way.only, "MORE": "x"})
    for name in way.only:
        assert not way.works({key: value for key, value in way.only.items() if key != name})
        assert not way.works({**way.only, name: "other"})


@every_adapter
@every_scope
def test_who_waits_is_started_only_where_a_way_is_known(adapter: Adapter, scope: Scope) -> None:
    text = json.dumps([getattr(each, "value", "") or each.text for each in pieces(adapter, scope)])
    started = "--wake" in text
    assert started is any(way.event for way in adapter.wakes)


# Transcripts


@every_adapter
def test_a_conversation_is_read(adapter: Adapter) -> None:
    lines, turns = transcript(adapter.name)
    found = [
        [each for each in turn if each != ""] for line in lines for turn in adapter.turns(line)
    ]
    assert found == [[each for each in turn if each != ""] for turn in turns]
    assert bool(lines) == (adapter.transcripts(where(Scope.USER, Path("/x"))) != ())


@every_adapter
def test_a_damaged_line_says_nothing_and_harms_nothing(adapter: Adapter) -> None:
    lines, _ = transcript(adapter.name)
    for line in lines:
        for key in line:
            for wrong in WRONG:
                for turn in adapter.turns({**line, key: wrong}):
                    assert all(isinstance(each, str) for each in turn)
                    assert turn.who in {"user", "assistant"}


@every_hooked
@settings(max_examples=examples(15))
@given(data=st.data())
def test_whatever_stands_in_a_line_is_no_defect(adapter: Adapter, data: st.DataObject) -> None:
    lines, _ = transcript(adapter.name)
    names = st.sampled_from(sorted({key for line in lines for key in line} | {"type"}))
    for turn in adapter.turns(data.draw(st.dictionaries(names, anything))):
        assert all(isinstance(each, str) for each in turn)


PLACES = {
    "claude": [".claude/projects/{dashed}/s1.jsonl", ".claude/projects/{dashed}/s2.jsonl"],
    "codex": [
        ".codex/sessions/2026/11/28/rollout-2026-11-28T09-00-00-a.jsonl",
        ".codex/sessions/2026/11/29/rollout-2026-11-29T09-00-00-b.jsonl",
    ],
    "cursor": [
        ".cursor/projects/{slug}/agent-transcripts/a/a.jsonl",
        ".cursor/projects/{slug}/agent-transcripts/b/b.jsonl",
    ],
    "gemini": [
        ".gemini/tmp/work/chats/session-2026-11-28T09-00-a.jsonl",
        ".gemini/tmp/work/chats/session-2026-11-29T09-00-b.jsonl",
    ],
    "qwen": [".qwen/projects/{dashed}/chats/a.jsonl", ".qwen/projects/{dashed}/chats/b.jsonl"],
    "copilot": [".copilot/session-state/a/events.jsonl", ".copilot/session-state/b/events.jsonl"],
}


@pytest.mark.parametrize("name", PLACES)
def test_conversations_of_a_work_tree_are_found_the_newest_first(tmp_path: Path, name: str) -> None:
    here = where(Scope.USER, tmp_path)
    dashed = "".join(each if each.isalnum() and each.isascii() else "-" for each in str(here.root))
    slug = "-".join(part for part in dashed.split("-") if part)
    found = [here.home / each.format(dashed=dashed, slug=slug) for each in PLACES[name]]
    first = {"type": "session_meta", "payload": {"cwd": str(here.root)}}
    for age, file in enumerate(found):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(first) + "\n")
        os.utime(file, (age, age))
    if name == "gemini":
        projects = {"projects": {str(here.root): "work", "/else": "../../x"}}
        (here.home / ".gemini/projects.json").write_text(json.dumps(projects))
    adapter = registry.adapter(name)
    assert list(adapter.transcripts(here)) == found[::-1]
    elsewhere = Where(Scope.USER, tmp_path / "else", here.home, {}, here.program)
    assert list(adapter.transcripts(elsewhere)) == []


@pytest.mark.parametrize("name", ["codex", "copilot", "gemini"])
@pytest.mark.parametrize("line", ["", "{", "[]", "7", '{"payload": 7}', "[" * 9_999])
def test_a_first_line_that_is_damaged_belongs_to_nobody(
    tmp_path: Path, name: str, line: str
) -> None:
    here = where(Scope.USER, tmp_path)
    file = here.home / PLACES[name][0]
    file.parent.mkdir(parents=True)
    file.write_text(line)
    (here.home / ".gemini").mkdir(exist_ok=True)
    (here.home / ".gemini/projects.json").write_text(line)
    assert list(registry.adapter(name).transcripts(here)) == []


# What is set up


def pieces(adapter: Adapter, scope: Scope) -> Iterator[Any]:
    yield from adapter.pieces(where(scope, Path("/base")))


@every_adapter
@every_scope
def test_pieces_lie_where_they_belong_and_start_what_is_absolute(
    adapter: Adapter, scope: Scope
) -> None:
    here = where(scope, Path("/base"))
    inside = here.root if scope is Scope.PROJECT else here.home
    for piece in pieces(adapter, scope):
        assert piece.path.is_relative_to(inside)
        assert piece.part in Part
        assert str(here.program) in json.dumps(getattr(piece, "value", getattr(piece, "text", "")))


@every_adapter
@every_scope
def test_the_mark_knows_what_is_ours(adapter: Adapter, scope: Scope) -> None:
    for piece in pieces(adapter, scope):
        if isinstance(piece, Entry):
            assert mark.is_present(piece.value)
            assert mark.without_ours(piece.value) is None
        elif isinstance(piece, Own):
            assert plan.OWN_MARK in piece.text[:2000]


@every_hooked
@every_scope
def test_every_event_is_told_by_a_piece(adapter: Adapter, scope: Scope) -> None:
    text = json.dumps([getattr(each, "value", "") or each.text for each in pieces(adapter, scope)])
    for hook in adapter.hooks:
        plain = f"hook {hook.event} --runtime {adapter.name}"
        assert plain in text or f'\\"{hook.event}\\"' in text


@every_adapter
@every_scope
def test_setup_twice_is_once_and_leaves_nothing_behind(
    adapter: Adapter, scope: Scope, tmp_path: Path
) -> None:
    ground = ground_of(tmp_path, scope)
    before = files(tmp_path)
    put(ground, adapter)
    first = files(tmp_path)
    put(ground, adapter)
    assert files(tmp_path) == first
    assert (first == before) == (not wanted.pieces(ground, [adapter]))
    remove(ground, adapter)
    assert files(tmp_path) == before


@every_adapter
@every_scope
def test_what_others_have_in_the_files_comes_back_byte_for_byte(
    adapter: Adapter, scope: Scope, tmp_path: Path
) -> None:
    ground = ground_of(tmp_path, scope)
    for each in wanted.pieces(ground, [adapter]):
        piece = each.piece
        if isinstance(piece, Own):
            continue
        piece.path.parent.mkdir(parents=True, exist_ok=True)
        piece.path.write_text(FOREIGN.get(piece.path.suffix, "# theirs\n"))
    before = files(tmp_path)
    put(ground, adapter)
    for file in (each.piece.path for each in wanted.pieces(ground, [adapter])):
        assert file.exists()
    remove(ground, adapter)
    assert files(tmp_path) == before


FOREIGN = {
    ".json": '{\n    "version": 1,\n    "theirs": {"a": [1.50, "x"]},\n    "hooks": {}\n}\n',
    ".toml": '# theirs\nmodel = "x"   # kept\n\n[a.b]\nc = 1\n',
}


def ground_of(base: Path, scope: Scope) -> Ground:
    (base / "home").mkdir()
    (base / "work").mkdir()
    return Ground(scope, base / "home", (base / "work",), {})


def put(ground: Ground, adapter: Adapter) -> None:
    with receipts.held(ground.home) as known:
        changes = plan.putting(wanted.pieces(ground, [adapter]), new_mode=0o644)
        assert [change.obstacle for change in changes if change.obstacle] == []
        assert applying.put(changes, known) == []


def remove(ground: Ground, adapter: Adapter) -> None:
    with receipts.held(ground.home) as known:
        assert applying.remove(plan.removing(wanted.pieces(ground, [adapter]), known), known) == []


def files(base: Path) -> dict[str, bytes]:
    """Every file but the receipts, with its bytes."""
    found = (each for each in base.rglob("*") if each.is_file())
    own = receipts.FOLDER.parts
    return {str(each): each.read_bytes() for each in found if not {*own} <= {*each.parts}}


@every_adapter
def test_the_launcher_gives_the_empty_reply_when_there_is_no_thrum(
    adapter: Adapter, tmp_path: Path
) -> None:
    (tmp_path / ".thrum").mkdir()
    path = launcher.write(tmp_path, tmp_path / "gone")
    ran = subprocess.run(
        [path, "hook", "any", "--runtime", adapter.name],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin"},
        input="{}",
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.rstrip("\n") == adapter.answer(None, "").stdout
    assert ran.stderr == ""

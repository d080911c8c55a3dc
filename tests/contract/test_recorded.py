"""What another Thrum was asked and answered: asked again here, the answers have the same shapes.

The story of one run is replayed in its order. Ids and times are those of this run; a recorded id
stands for whatever was answered in its place here. What an answer holds there it holds here, with
the same JSON types; more fields are welcome, but nothing that is left out there may be empty here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from thrum.daemon.rpc.methods import METHODS

Row = dict[str, Any]

ID = re.compile(r"\b(?:msg|ses|thr|grp)_[0-9A-Z]{26}")
RECORDED = Path(__file__).parents[2] / "fixtures" / "rpc"
CALLERS = {"alice", "bob", "carol", "empty", "nogit"}
OF_OTHERS = {
    name
    for name in METHODS
    if name.startswith(
        (
            "session.",
            "context.",
            "purge.",
            "agent.set-status",
            "agent.delete",
            "agent.cleanup",
        )
    )
}
"""There anybody may act on what is another's; here a person may."""

OBJECT = "params are an object"
BOUND = "the name is too long for a file"
TAKEN = "a name at home elsewhere is taken"
PAIR = "a scope has a type and a value"
OWN = "an inbox is its owner's"
TIME = "a time that is none is no filter"
PAGE = "pages are counted from one"
STRICTER: Final = {
    131: OBJECT,
    907: OBJECT,
    968: OBJECT,
    1480: OBJECT,
    1485: OBJECT,
    1489: OBJECT,
    926: BOUND,
    929: TAKEN,
    930: TAKEN,
    971: "a claim is a text",
    1041: PAIR,
    1207: PAIR,
    1121: "bytes are base64 and nothing else",
    1203: "nobody would read it",
    1327: OWN,
    1345: TIME,
    1427: TIME,
    1353: PAGE,
    1357: PAGE,
    1360: "a claim that contradicts the kernel is no claim",
    1363: "unread by nobody is nothing",
}
"""Answered there, refused here; by number in the run."""

ELSEWHERE: Final = {
    915: "the agent's process lived, and stood in no worktree",
    2010: "the user came over another transport",
    2026: "a purge came before",
    2065: "a command that breaks the remote came before",
}
"""Left out: what they rest on is not among the rows."""

STATE: Final = {
    ".hidden_by_filter": "counts otherwise there",
    ".also_read_by": "only of messages that are marked now",
}
"""Fields that may be absent for another reason than there."""

Step = tuple[str, str, dict[str, Any], str]

_REVIEWERS = {"group": "team", "member_type": "role", "member_value": "reviewer"}

GAPS: Final[dict[int, Step]] = {
    42: ("alice", "group.create", {"name": "bare"}, ""),
    51: ("alice", "group.create", {"name": "probe"}, ""),
    99: ("alice", "group.member.add", _REVIEWERS, ""),
    1135: ("bob", "context.save", {"agent_name": "bob", "repo_path": "{A_BOB}"}, ""),
    1044: ("alice", "session.start", {"agent_id": "gina"}, "ses_01M7XCQWRTQFK1EG502E5P8FYY"),
    1299: (
        "alice",
        "message.delete",
        {"message_id": "msg_01M7XCQY022X7QX25JF3WT9643", "reason": "rec: typo"},
        "",
    ),
    1300: ("alice", "message.send", {"content": "rec: x"}, "msg_01M7XCQY08953FQDYBY64YJT00"),
    1317: ("alice", "message.delete", {"message_id": "msg_01M7XCQY1R1WQKABNA9561SCSX"}, ""),
    1419: ("bob", "message.markRead", {"message_ids": ["msg_01M7XCQXC0NQEWGK49RBE95JQP"]}, ""),
    1426: (
        "alice",
        "message.send",
        {"content": "rec: y", "to": "bob"},
        "msg_01M7XCQYXC1RDM17KJNJV6C29Z",
    ),
}
"""What came before a row and is not among the rows: who did what, and the id that came of it."""


def story(recorded: dict[str, list[Row]]) -> Iterator[Row]:
    """The requests for methods served here, in the order in which they were sent."""
    rows = [
        row
        for name, file in recorded.items()
        if not name.startswith("_")
        for row in file
        if row["request"]["method"] in METHODS and row["caller"] in CALLERS
        if row["n"] not in ELSEWHERE
    ]
    yield from sorted(rows, key=lambda row: row["n"])


class Names:
    """What recorded ids and places are called here."""

    def __init__(self, places: dict[str, str]) -> None:
        self.known = dict(places)

    def here(self, text: str) -> str:
        """A recorded text with the names of this run."""
        for there, ours in self.known.items():
            text = text.replace(there, ours)
        return text

    def learn(self, theirs: Any, ours: Any) -> None:
        """Notes which id stands here for a recorded one, wherever both answers have one."""
        if isinstance(theirs, dict) and isinstance(ours, dict):
            for key in theirs.keys() & ours.keys():
                self.learn(theirs[key], ours[key])
        elif isinstance(theirs, str) and isinstance(ours, str) and ID.fullmatch(theirs):
            self.known.setdefault(theirs, ours)


def name_of(value: Any) -> str:
    """The JSON type; numbers are one type."""
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else type(value).__name__


def fields(value: Any, path: str = "") -> dict[str, set[str]]:
    """Every field with its types; elements of a list count as one."""
    found: dict[str, set[str]] = {path: {name_of(value)}}
    if isinstance(value, dict):
        inner = [(f"{path}.{key}", each) for key, each in value.items()]
    else:
        inner = [(f"{path}[]", each) for each in value] if isinstance(value, list) else []
    for name, each in inner:
        for key, types in fields(each, name).items():
            found.setdefault(key, set()).update(types)
    return found


def compare(theirs: Any, ours: Any, path: str = "") -> Iterator[str]:
    """What an answer here lacks, has otherwise, or should have left out."""
    if name_of(theirs) != name_of(ours):
        yield f"{path}: {name_of(ours)} where {name_of(theirs)} is recorded"
    elif isinstance(theirs, dict):
        for key, value in theirs.items():
            if key in ours:
                yield from compare(value, ours[key], f"{path}.{key}")
            elif f"{path}.{key}" not in STATE:
                yield f"{path}.{key} is missing"
        for key in ours.keys() - theirs.keys():
            if ours[key] in (None, "", [], {}, 0) and ours[key] is not False:
                yield f"{path}.{key} is empty and not left out"
    elif isinstance(theirs, list) and theirs and ours:
        there, here = fields(theirs), fields(ours)
        common = set.intersection(*(set(fields(each)) for each in theirs))
        for key in common & there.keys() - here.keys():
            yield f"{path}[]{key} is missing"
        for key in there.keys() & here.keys():
            if not here[key] <= there[key]:
                yield f"{path}{key}: {here[key]} where {there[key]} is recorded"


def test_the_recorded_run(running: Any, recorded: dict[str, list[Row]]) -> None:
    places = {
        "{A}": str(running.homes["alice"]),
        "{A_BOB}": str(running.homes["bob"]),
        "{A_CAROL}": str(running.homes["carol"]),
    }
    names = Names(places)
    settled = False
    differences = []
    for row in story(recorded):
        if row["n"] > 16 and not settled:
            running.settle()
            settled = True
        if row["n"] in GAPS:
            caller, method, params, id = GAPS[row["n"]]
            gap = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            ours = running.ask(caller, as_here(names, caller, gap))
            names.learn({"message_id": id, "session_id": id}, ours["result"])
        theirs = row["response"]
        ours = running.ask(row["caller"], as_here(names, row["caller"], row["request"]))
        names.learn(theirs, ours)
        theirs = json.loads(names.here(json.dumps(theirs)))
        said = f"{row['n']} {row['caller']} {row['request']['method']} ({row['case']})"
        differences += [f"{said}: {each}" for each in verdict(row["n"], theirs, ours)]
    assert not differences, "\n".join(differences)


def test_a_lookup_of_the_later_program(running: Any) -> None:
    running.settle()
    for line in (RECORDED / "0.10.6" / "agent.lookup.jsonl").read_text().splitlines():
        row = json.loads(line)
        ours = running.ask(row["caller"], row["request"])
        assert list(verdict(row["n"], row["response"], ours)) == []


def as_here(names: Names, caller: str, request: Row) -> Row:
    """A recorded request as it is asked here."""
    found: Row = json.loads(names.here(json.dumps(request)))
    params = found.get("params")
    if found["method"] in OF_OTHERS and caller == "alice" and isinstance(params, dict):
        params.setdefault("caller_agent_id", "user:rec")
    return found


def verdict(number: int, theirs: Any, ours: Any) -> Iterator[str]:
    """What is wrong with an answer."""
    expected = "result" in theirs and number not in STRICTER
    if ("result" in ours) != expected:
        yield f"answered {json.dumps(ours)[:300]}"
    elif expected and "result" in theirs:
        yield from compare(theirs["result"], ours["result"])
    elif not expected:
        error = ours["error"]
        there = theirs.get("error", {}).get("code", -32000)
        if there != -32000 and error["code"] != there:
            yield f"code {error['code']} where {there} is recorded"
        if not error["data"]["kind"]:
            yield "an error without a kind"


def test_strangers(running: Any, recorded: dict[str, list[Row]]) -> None:
    running.settle()
    differences = []
    for row in [*recorded["_anonymous"], *recorded["_unregistered"]]:
        # Some have since come to be methods here.
        new = row["response"].get("error", {}).get("code") == -32601
        if row["request"]["method"] in METHODS and row["caller"] in CALLERS and not new:
            ours = running.ask(row["caller"], row["request"])
            said = f"{row['n']} {row['request']['method']}"
            differences += [f"{said}: {each}" for each in verdict(row["n"], row["response"], ours)]
    assert not differences, "\n".join(differences)


def test_framing(running: Any, recorded: dict[str, list[Row]]) -> None:
    running.settle()
    for row in recorded["_framing"]:
        there = [json.loads(line) for line in row["received_raw"]]
        sent = row["sent"].encode()
        here = [json.loads(line) for line in running.exchange("alice", sent, len(there))]
        for theirs, ours in zip(there, here, strict=True):
            assert theirs.keys() == ours.keys(), row["case"]
            assert theirs.get("id") == ours.get("id"), row["case"]
            if "error" in theirs and theirs["error"]["code"] != -32000:
                assert theirs["error"]["code"] == ours["error"]["code"], row["case"]

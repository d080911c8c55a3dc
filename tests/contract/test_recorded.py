"""What another Thrum was asked and answered: asked again here, the answers have the same shapes.

The story of one run is replayed in its order, what commands sent included. Ids, places and times
are those of this run. What an answer holds there it holds here, with the same JSON types, in every
element of every list and in the same order; more fields are welcome, but nothing that is left out
there may be empty here. What differs on purpose is listed, with the reason, and a reason that no
difference needs any more is a failure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from jsonschema import Draft7Validator

from tests.contract import gaps
from tests.contract.compare import differences
from tests.contract.story import FIXTURES, Names, Row, Step, exchanges, recorded
from tests.integration.conftest import eventually
from thrum import errors
from thrum.daemon.services import METHODS
from thrum.ids import repo_id

MAIN: Final = "0.10.4-main"
UNRELATED: Final = "0.10.4-unrelated"
LATER: Final = "0.10.6-main"

OF_OTHERS: Final = tuple(
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
            "tmux.",
            "telegram.",
        )
    )
)
"""There anybody may act on what is another's; here a person may."""

ID: Final = re.compile(r"(?:msg|ses)_[0-9A-Z]{26}")
PERSON: Final = "user:rec"
NAMED: Final = {
    "msg": "message_id",
    "ses": "session_id",
    "grp": "group_id",
    "mon": "id",
    "cmd": "command_id",
}
COMES: Final = 1918
"""The row that has what a program said, which comes a moment later."""

OBJECT = "params are an object (ruling on 02 §1)"
BOUND = "a name is at most 64 characters, so that it can name a file"
TAKEN = "a name at home elsewhere is taken (ruling on 03 §7.1)"
OWN = "an inbox is its owner's (02 §6.7)"
TIME = "a time that is none is no filter (ruling 20: what is safer)"
PAGE = "pages are counted from one (ruling on 02 §6.7)"
CLAIM = "a claim is a text, and one against the kernel is none (ruling 6)"
LARGE = "a message has a bound (ruling on 02 §6.1)"
GONE = "what it is about was refused before"
NAMELESS = "a session has a name (ruling 20: what is safer)"
REFUSED: Final = {
    131: OBJECT,
    907: OBJECT,
    968: OBJECT,
    1480: OBJECT,
    1485: OBJECT,
    1489: OBJECT,
    742: TAKEN,
    743: TAKEN,
    744: GONE,
    926: BOUND,
    929: TAKEN,
    930: TAKEN,
    971: CLAIM,
    1360: CLAIM,
    1502: OBJECT,
    1505: OBJECT,
    1848: NAMELESS,
    1893: NAMELESS,
    1041: "a session's scope has a value, or it could not be written down (ruling 20: safer)",
    1121: "bytes are base64 and nothing else (ruling on 02 §1)",
    1327: OWN,
    1345: TIME,
    1427: TIME,
    1353: PAGE,
    1357: PAGE,
    1363: "unread by nobody is nothing (02 §13)",
    1508: OBJECT,
    1912: "a flag is true or false (ruling on 02 §1)",
    2069: LARGE,
    2070: LARGE,
}
"""Answered there, refused here; by number in the run of 0.10.4 nodes."""

HOME = "an agent without a session is known by its worktree (ruling on 03 §7.7)"
KEPT = "nobody took the name over here"
GRANTED: Final = {
    511: HOME,
    569: KEPT,
    686: "the session begun in the gap is still open",
    688: HOME,
    746: KEPT,
    983: "later programs have that word (06 §11)",
    959: HOME,
    1915: "a monitor is known by its name, too (06 §13)",
    998: "a method of the later program",
    2026: "a purge leaves open sessions (ruling on purge.execute)",
}
"""Refused there, answered here."""

ELSEWHERE: Final = {
    33: "another node's",
    34: "another node's",
    35: "another node's",
    704: "asked before the message was sent, and told after it",
    705: "asked before the message was sent, and told after it",
    734: "a role of that name is there already in the run",
    788: "the agent's process had ended",
    915: "the agent's process lived, and stood in no worktree",
    1260: "another node's",
    1192: "the other node's agent was not known yet",
    1830: "later programs let anybody begin one, and it would be one more",
    1839: "tmux sessions came before",
    1852: "a session without a name says nothing of one",
    1943: "another node's",
    1946: "another node's",
    1947: "another node's",
    2019: "monitors, peers and bridges came before",
    2010: "the user came over another transport",
    2065: "a command that breaks the remote came before",
}
"""Left out: what they rest on is not among the rows."""

ORDER = "unless asked otherwise the newest come first (02 §6.7; ruling 20)"
HIDDEN = "counts otherwise there (ruling on 02 §6.7)"
DELETED = "what was taken back is listed only if asked for (02 §13)"
MARKED = "only of what reached the reader (02 §6.9)"
PROCESS = "only a process above the caller is believed (rule 7: identity comes from the kernel)"
OTHERWISE: Final[dict[str, dict[str, str]]] = {
    "message.list": {
        ".hidden_by_filter missing": HIDDEN,
        ".messages[] in another order": ORDER,
        ".messages[] some where none are": "mentions are also those of the caller's own name",
    },
    "message.send": {"code -32000 where -32002 is recorded": HOME},
    "agent.listContext": {
        ".contexts[] in another order": "the latest seen first; there all are looked at just then",
        ".contexts[] some where none are": "an uncommitted file is found, by its path's end too",
    },
    "agent.cleanup": {
        ".orphans null where list is recorded": "an identity file counts in every worktree",
    },
    "agent.list": {".agents[].agent_pid missing": PROCESS},
    "team.list": {
        ".members[] in another order": "without a session by name, there by time",
        ".members[].agent_pid missing": PROCESS,
        ".members[].runtime missing": PROCESS,
    },
    "tmux.create": {
        f".identity.agent.{key} missing": "written in lower case (ruling 7)"
        for key in ("Kind", "Name", "Role", "Module", "Display")
    },
    "tmux.queue-wait": {
        ".exit_status empty and not left out": "what went well ends with 0, as a shell says"
    },
    "session.list": {".sessions[] some where none are": "a purge leaves open sessions"},
    "message.markRead": {
        ".also_read_by missing": MARKED,
        ".also_read_by.* missing": MARKED,
    },
}
"""Where an answer differs on purpose: by method, what is said of it, with * for an id."""


OPENED: Final = {"tmux.create", "tmux.launch"}
"""Later programs let anybody ask for it (06 §1), so that a dead agent can be begun again."""


def as_here(names: Names, caller: str, request: Row) -> Row:
    """A recorded request as it is asked here."""
    found = names.request(request)
    params = found.get("params")
    if found["method"] in OF_OTHERS and caller == "alice" and isinstance(params, dict):
        own = params.get("agent_id") == "alice"
        if not own:
            params.setdefault("caller_agent_id", PERSON)
    return found


class Described:
    """What the daemon says of its methods' results, as `rpc.discover` gives it."""

    def __init__(self, running: Any) -> None:
        document = running.call("alice", "rpc.discover")
        types = {"components": document["components"]}
        self._results = {
            row["name"]: Draft7Validator({"allOf": [row["result"]["schema"]], **types})
            for row in document["methods"]
        }

    def faults(self, method: str, result: Any) -> Iterator[str]:
        """Where a result is not as it is described."""
        for fault in self._results[method].iter_errors(result):
            yield f"{fault.json_path} is not as described: {fault.message[:200]}"


class Run:
    """One recorded run, told again to a daemon."""

    def __init__(self, running: Any, steps: Mapping[int, list[Step]]) -> None:
        homes = running.homes
        places = {f"{{HOME_OF_{name}}}": str(home) for name, home in homes.items()}
        places |= {f"{{A_{name.upper()}}}": str(home) for name, home in homes.items()}
        self.running = running
        self.steps = dict(steps)
        # The supervisor is called after the repository.
        remote = running.call("alice", "health")["identity"]["git_origin_url"]
        places["avfs9pbtj8zg"] = repo_id(remote).removeprefix("r_").lower()
        self.described = Described(running)
        self.names = Names({**places, "{A}": str(homes["alice"]), "{B}": str(homes["dave"])})

    def ask(self, caller: str, request: Row) -> Row:
        """The answer to a recorded request."""
        answer: Row = self.running.ask(caller, as_here(self.names, caller, request))
        return answer

    def play(self, row: Row) -> tuple[Row, Row]:
        """The recorded answer with the names of this run, and the one that is given here."""
        due = [number for number in self.steps if number <= row["n"]]
        steps = [step for number in due for step in self.steps.pop(number)]
        for caller, method, params, name in steps:
            request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            made = self.ask(caller, request)
            assert "result" in made, (row["n"], method, params, made)
            if name:
                self.names.learn({NAMED[name[:3]]: name}, made["result"])
        ours = self.ask(row["caller"], row["request"])
        if row["n"] == COMES:
            eventually(lambda: self.ask(row["caller"], row["request"])["result"])
            ours = self.ask(row["caller"], row["request"])
        if "result" in ours:
            faults = list(self.described.faults(row["request"]["method"], ours["result"]))
            assert not faults, (row["n"], faults)
        self.names.learn(row["response"], ours)
        if PERSON not in json.dumps(row["response"]):
            ours = without_person(ours)
        if row["request"]["method"] == "agent.register" and "seq" in row and "result" in ours:
            facts = {key: row["request"]["params"][key] for key in ("role", "module")}
            self.running.identify(row["caller"], row["request"]["params"]["name"], **facts)
        return self.names.answer(row["response"]), ours


def without_person(value: Any) -> Any:
    """An answer without the person who is here from the beginning, and came late there."""
    if isinstance(value, dict):
        return {key: without_person(each) for key, each in value.items() if each != [PERSON]}
    if isinstance(value, list):
        kept = [each for each in value if each != PERSON]
        return [
            without_person(each)
            for each in kept
            if not (isinstance(each, dict) and each.get("agent_id") == PERSON)
        ]
    return value


def verdict(theirs: Row, ours: Row, *, refused: bool, granted: bool) -> Iterator[str]:
    """What is wrong with an answer."""
    expected = granted or ("result" in theirs and not refused)
    if ("result" in ours) is not expected:
        yield f"answered {json.dumps(ours)[:300]}"
    elif theirs.get("id") != ours.get("id"):
        yield f"id {ours.get('id')}"
    elif "result" in ours and "result" in theirs:
        for path, what in differences(theirs["result"], ours["result"]):
            yield f"{path} {what}"
    elif "error" in ours:
        yield from of_refusal(theirs.get("error", {}), ours["error"])


def of_refusal(theirs: Row, ours: Row) -> Iterator[str]:
    """What is wrong with a refusal: its code may be better than -32000, and it has a kind."""
    code = theirs.get("code", -32000)
    if code not in {ours["code"], -32000}:
        yield f"code {ours['code']} where {code} is recorded"
    kind = ours["data"]["kind"]
    if ours["code"] != errors.KINDS[kind].code:
        yield f"code {ours['code']} of {kind}"
    if not isinstance(ours["message"], str) or not ours["message"]:
        yield "an error without a sentence"


def excused(method: str, said: str, excuses: set[tuple[str, str]]) -> bool:
    """Whether a difference is on purpose; notes which reason was needed."""
    brief = ID.sub("*", said)
    if brief in OTHERWISE.get(method, {}):
        excuses.add((method, brief))
        return True
    return False


def found_in(
    run: Run, rows: Iterator[Row], refused: Mapping[int, str], granted: Mapping[int, str]
) -> tuple[list[str], set[tuple[str, str]]]:
    """The differences that nothing excuses, and the excuses that were needed."""
    found, excuses = [], set[tuple[str, str]]()
    for row in rows:
        number, method = row["n"], row["request"]["method"]
        theirs, ours = run.play(row)
        for said in verdict(theirs, ours, refused=number in refused, granted=number in granted):
            if not excused(method, said, excuses):
                found.append(f"{number} {row['caller']} {method} ({row['case'][:60]}): {said}")
    return found, excuses


def test_the_run_of_the_partner(running: Any) -> None:
    files = recorded(FIXTURES / "rpc", "[!0]*.jsonl"), recorded(FIXTURES / "cli")
    rows = [row for row in exchanges(*files) if row["n"] not in ELSEWHERE]
    run = Run(running, gaps.MAIN)
    found, excuses = found_in(run, iter(rows), REFUSED, GRANTED)
    assert not found, "\n".join(found)
    assert not run.steps, "gaps that no row comes after"
    assert excuses == {(method, each) for method, of in OTHERWISE.items() for each in of}
    numbers = {row["n"] for row in rows}
    assert numbers >= REFUSED.keys() | GRANTED.keys()


def test_the_run_of_nodes_that_began_apart(running: Any) -> None:
    rows = exchanges(recorded(FIXTURES / "rpc", "0.10.4-unrelated.jsonl"))
    found, _ = found_in(Run(running, gaps.UNRELATED), rows, {}, {})
    assert not found, "\n".join(found)


def test_the_run_of_the_later_program(running: Any) -> None:
    rows = exchanges(recorded(FIXTURES / "rpc" / "0.10.6"))
    here = (row for row in rows if row["n"] != 47)  # there nobody knew the other node's agent yet
    found, _ = found_in(Run(running, gaps.LATER), here, {}, {})
    assert not found, "\n".join(found)


def test_strangers(running: Any) -> None:
    running.settle()
    files = recorded(FIXTURES / "rpc", "_[au]n*.jsonl")
    found = []
    for row in (row for file in files.values() for row in file):
        # Some have since come to be methods here.
        new = row["response"].get("error", {}).get("code") == -32601
        opened = row["request"]["method"] in OPENED
        if row["request"]["method"] in METHODS and not new and not opened:
            ours = running.ask(row["caller"], row["request"])
            said = verdict(row["response"], ours, refused=False, granted=False)
            method = row["request"]["method"]
            found += [f"{row['n']} {method} {each}" for each in said]
    assert not found, "\n".join(found)


def test_what_is_no_method_is_said_to_be_none(running: Any) -> None:
    running.settle()
    rows = [row for file in recorded(FIXTURES / "rpc").values() for row in file]
    tried = 0
    for row in rows:
        method = row.get("request", {}).get("method", "")
        if "request" in row and method not in METHODS and row["caller"] in running.homes:
            error = running.ask(row["caller"], row["request"])["error"]
            assert (error["code"], error["data"]["kind"]) == (-32601, "method_not_found")
            assert method in error["message"]
            tried += 1
    assert tried > 3


def test_framing(running: Any) -> None:
    running.settle()
    for row in recorded(FIXTURES / "rpc", "_framing.jsonl")["_framing"]:
        there = [json.loads(line) for line in row["received_raw"]]
        sent = row["sent"].encode()
        here = [json.loads(line) for line in running.exchange("alice", sent, len(there))]
        for theirs, ours in zip(there, here, strict=True):
            assert theirs.keys() == ours.keys(), row["case"]
            assert theirs.get("id") == ours.get("id"), row["case"]
            assert json.dumps(theirs.get("id")) == json.dumps(ours.get("id")), row["case"]
            if "error" in theirs:
                assert list(of_refusal(theirs["error"], ours["error"])) == [], row["case"]
            else:
                assert list(differences(theirs["result"], ours["result"])) == [], row["case"]

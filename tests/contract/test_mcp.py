"""What a client of another Thrum's MCP server sent, sent to ours, and what both asked a daemon.

Results have the same shapes and refusals the same kinds; more fields are welcome. What a server
asks its daemon is asked here with the same words, so that it has the same effects.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import anyio
import pytest

from tests.contract.compare import differences
from tests.contract.story import FIXTURES, Row, recorded
from thrum.mcp import arguments, catalogue
from thrum.mcp.outside import Me, Outside
from thrum.mcp.tools import Call, Tools

THRUM: Final = Path(sys.executable).with_name("thrum")
ROWS: Final = sorted(recorded(FIXTURES / "mcp")["serve"], key=lambda row: row["n"])
SENT: Final = [row for row in ROWS if row["transport"] == "mcp" and "request" in row]
ASKED: Final = [row["request"] for row in ROWS if row["transport"] == "unix"]

OTHERWISE: Final = {
    ".capabilities.logging missing": "it logs to stderr; the newest protocol gives that up, too",
}
"""What our answers lack on purpose, and why."""

PAGES: Final = {"page_size"}
"""Of a list, which is asked for in larger pages, and all of them (07 §7)."""


def of_session(send: Any) -> Iterator[tuple[Row, Row]]:
    """Each recorded request and what is answered here."""
    for row in SENT:
        yield row, send(row["request"])
        if row["case"] == "initialize":
            send({"jsonrpc": "2.0", "method": "notifications/initialized"})


def test_the_session_of_a_client(running: Any, tmp_path: Path) -> None:
    running.settle()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("THRUM_", "GIT_"))}
    server = subprocess.Popen(
        [THRUM, "mcp", "serve", "--compatible"],
        cwd=running.homes["alice"],
        env=kept | {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1", "CI": "true"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        assert server.stdin
        assert server.stdout

        def send(request: Row) -> Row:
            assert server.stdin
            assert server.stdout
            server.stdin.write(json.dumps(request) + "\n")
            server.stdin.flush()
            return json.loads(server.stdout.readline()) if "id" in request else {}

        found = [(row["case"], row["response"], ours) for row, ours in of_session(send)]
        server.stdin.close()
    said = [each for case, theirs, ours in found for each in verdict(case, theirs, ours)]
    assert sorted(said) == sorted(OTHERWISE)
    assert server.returncode == 0


def verdict(case: str, theirs: Row, ours: Row) -> Iterator[str]:
    """Where an answer differs from the recorded one."""
    assert theirs["id"] == ours["id"]
    if "error" in theirs:
        assert "error" in ours, case
        assert ours["error"]["code"] == theirs["error"]["code"]
        assert ours["error"]["message"]
        return
    result = ours["result"]
    for path, what in differences(theirs["result"], result):
        yield f"{path} {what}"
    if "content" in theirs["result"]:
        (block,) = result["content"]
        is_refusal = theirs["result"].get("isError", False)
        assert result.get("isError", False) == is_refusal, case
        assert is_refusal or json.loads(block["text"]) == result["structuredContent"]


class Asked:
    """Answers as the recorded daemon did, and notes what is asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def __call__(
        self, method: str, params: Mapping[str, object], timeout: float | None = None
    ) -> Any:
        self.requests.append((method, dict(params)))
        return next(
            row["response"]["result"]
            for row in ROWS
            if row["transport"] == "unix" and row["request"]["method"] == method
        )


async def silent(done: float, whole: float) -> None:
    """Tells nobody."""


def asks(tool: str, given: dict[str, Any]) -> tuple[dict[str, Any], Asked]:
    """What a tool gives beside the recorded daemon, and what it asked for that."""
    daemon = Asked()

    def nobody() -> Any:
        raise AssertionError("nothing is listened to here")

    tools = Tools(
        Outside(
            me=lambda: Me("alice", "implementer"),
            call=daemon,
            connect=nobody,
            prime=str,
            random_hex=str,
            monotonic=float,
            now_ns=int,
        )
    )
    work = {
        "send_message": tools.send,
        "check_messages": tools.check,
        "list_agents": tools.agents,
        "broadcast_message": tools.broadcast,
    }
    arguments.demand(catalogue.offered(is_compatible=True)[tool], given)
    return anyio.run(work[tool], Call(1, given, silent)), daemon


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("check_messages", {"limit": 2}),
        *(
            (row["case"], row["request"]["params"]["arguments"])
            for row in SENT
            if row["case"] in catalogue.offered(is_compatible=True)
        ),
    ],
)
def test_what_a_tool_asks_the_daemon(tool: str, given: dict[str, Any]) -> None:
    _, daemon = asks(tool, given)
    ((method, params),) = daemon.requests
    theirs = [each["params"] for each in ASKED if each["method"] == method]
    wanted = next(
        each
        for each in theirs
        if given.get("content", "") == each.get("content", "")
        and "created_after" not in each  # so waits were polled; here the daemon tells of mail
    )
    assert {
        key: value for key, value in wanted.items() if key not in PAGES
    }.items() <= params.items()


def test_messages_are_given_as_there() -> None:
    result, daemon = asks("check_messages", {})
    rows = daemon("message.list", {})["messages"]
    assert result["status"] == "messages"
    assert result["remaining"] == 0
    assert result["messages"] == [
        {
            "message_id": row["message_id"],
            "from": row["agent_id"],
            "content": row["body"]["content"],
            "timestamp": row["created_at"],
        }
        for row in rows
    ]


def test_the_tools_that_were_called_are_there_and_no_others_are_known_there() -> None:
    names = {row["request"]["params"]["name"] for row in SENT if "name" in row["request"]["params"]}
    assert names - {"nope"} < {*catalogue.offered(is_compatible=True)}

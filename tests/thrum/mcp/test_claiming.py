"""Claims by a model: what it is told, and what is asked of the daemon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio
import pytest

from thrum.errors import ThrumError
from thrum.mcp.asking import Failed
from thrum.mcp.claiming import Claiming
from thrum.mcp.outside import Me, Outside
from thrum.mcp.tools import Call

HELD = {"what": "src", "agent_id": "nux", "until": "2026-01-02T05:00:00Z", "claim_id": "clm_1"}
SHOWN = {"what": "src", "agent_id": "nux", "until": "2026-01-02T05:00:00Z"}


class Daemon:
    """Answers what a test says, and remembers what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(
        self, method: str, params: Mapping[str, object], timeout: float | None = None
    ) -> Any:
        self.asked.append((method, dict(params)))
        answer = self.answers.pop(0)
        if isinstance(answer, ThrumError):
            raise answer
        return answer


def nothing() -> Any:
    raise AssertionError("nobody listens here")


async def silent(done: float, whole: float) -> None:
    """Tells nobody."""


def ask(daemon: Daemon, tool: str, **given: Any) -> dict[str, Any]:
    outside = Outside(
        me=lambda: Me("furiosa", "implementer"),
        call=daemon,
        connect=nothing,
        prime=str,
        random_hex=str,
        monotonic=float,
        now_ns=int,
        rooted=lambda said: ("lib", [each.removeprefix("/top/") for each in said]),
    )
    return anyio.run(getattr(Claiming(outside), tool), Call(1, given, silent))


def test_it_claims_gives_back_and_hears_who_has_it() -> None:
    daemon = Daemon(
        {"claims": [HELD], "refused": [], "notice": "not yet"},
        {"claims": [], "refused": [{"what": "src/a", "holder": HELD}]},
        {"claims": [HELD]},
        {"claims": []},
    )
    found = ask(daemon, "claim", what="/top/src, task:1,", note="mine")
    assert found == {"status": "claimed", "claims": [SHOWN], "notice": "not yet"}
    assert ask(daemon, "claim", what="src/a") == {"status": "refused", "held": [SHOWN]}
    assert ask(daemon, "release", what="src") == {"status": "released", "claims": [SHOWN]}
    assert ask(daemon, "release")["claims"] == []
    me = {"caller_agent_id": "furiosa", "directory": "lib"}
    assert daemon.asked == [
        ("claim.take", {"what": ["src", "task:1"], "note": "mine", **me}),
        ("claim.take", {"what": ["src/a"], **me}),
        ("claim.release", {"what": ["src"], **me}),
        ("claim.release", {"all": True, **me}),
    ]


def test_what_goes_wrong_is_said() -> None:
    with pytest.raises(Failed, match="names nothing"):
        ask(Daemon(), "claim", what=" , ")
    refusal = ThrumError("not_allowed", "it is not yours", "ask")
    with pytest.raises(Failed, match="release: it is not yours; ask"):
        ask(Daemon(refusal), "release", what="src")

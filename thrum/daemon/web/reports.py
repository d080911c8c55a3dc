"""``log.list`` and ``doctor.examine``: what commands print, for pages.

The command itself is asked, in a process of its own: what it reads and how much memory that takes
is over with it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from thrum.daemon.children.children import Finished
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method
from thrum.daemon.web.service import Web
from thrum.errors import KINDS, ThrumError

LOG_S: Final = 9.0
EXAMINATION_S: Final = 120.0
MOST_BYTES: Final = 4_194_304
MOST_EVENTS: Final = 500
GOOD_S: Final = 30.0
"""How long an examination is good: looking at everything anew costs a second."""
KEPT: Final = (
    *("HOME", "PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV"),
    *(
        "XDG_CONFIG_HOME",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_GLOBAL",
        "THRUM_LOCAL_ONLY",
        "THRUM_LOCAL",
    ),
)
"""What such a command is told of the daemon's environment."""


class LogParams(Params):
    """Which events: the newest `limit` (at most 500) of an agent, of some types, since a moment.

    `at` is a commit or a moment as of which the log is told; `before` is an event (its id, or
    FILE:LINE where it has none), and those that are older are told. Moments are 2h, 3d, 2026-05-01
    or RFC 3339; a type such as message means all of message.*.
    """

    at: str = ""
    agent: str = ""
    types: list[str] = msgspec.field(default_factory=list)
    since: str = ""
    before: str = ""
    limit: int = 50


class Logged(msgspec.Struct):
    """Events, the oldest first, as `thrum log --json` prints them."""

    events: list[dict[str, Any]]


class Finding(msgspec.Struct, omit_defaults=True):
    """What one check of the doctor says; `level` is ok, note, accepted or wrong."""

    check: str
    level: str
    text: str = ""
    todo: str = ""
    id: str = ""
    accepted_at: str = ""


class Examination(msgspec.Struct):
    """What the doctor says, and whether nothing is wrong."""

    clean: bool
    findings: list[Finding]


@method(
    "log.list",
    rights=Rights.READS,
    errors=("not_found", "ambiguous_id", "usage", "too_large"),
    transports=EVERYWHERE,
)
async def list_log(call: Call, params: LogParams) -> Logged:
    """Tells who sent what when, now or at a moment of the past, straight from the branch."""
    if not 0 < params.limit <= MOST_EVENTS:
        raise ThrumError("invalid_params", f"limit is from 1 to {MOST_EVENTS}")
    asked = {"at": params.at, "agent": params.agent, "since": params.since}
    asked |= {"before": params.before}
    flags = [f"--{name}={value}" for name, value in asked.items() if value]
    flags += [f"--type={each}" for each in params.types]
    said = await _said(call, ["log", f"--limit={params.limit}", *flags], LOG_S)
    if said.was_cut:
        raise ThrumError(
            "too_large", "these events are too long to be told at once", "ask for fewer"
        )
    return Logged([msgspec.json.decode(line) for line in said.out.splitlines()])


@method("doctor.examine", rights=Rights.READS, long_poll=True, transports=EVERYWHERE)
async def examine(call: Call, params: Params) -> Examination:
    """Tells what `thrum doctor` finds, as of half a minute ago at most. Mends nothing."""
    web = call.service(Web)
    async with web.examining:
        if web.examined is None or call.node.hub.monotonic() > web.examined[1]:
            said = await _said(call, ["doctor"], EXAMINATION_S, fine=(0, 1))
            found = _examination(said)
            web.examined = found, call.node.hub.monotonic() + GOOD_S
        return web.examined[0]


def _examination(said: Finished) -> Examination:
    """What the doctor said.

    Raises:
        ThrumError: as `_refusal`.
    """
    try:
        return msgspec.json.decode(said.out, type=Examination)
    except msgspec.DecodeError:
        raise _refusal("doctor", said) from None


async def _said(
    call: Call, words: Sequence[str], limit_s: float, fine: Sequence[int] = (0,)
) -> Finished:
    """How a command ended that was asked for JSON.

    Raises:
        ThrumError: it refuses, and says why; ``timed_out``; as `Children.run`.
    """
    node = call.node
    kept = {key: node.setting.environment[key] for key in KEPT if key in node.setting.environment}
    done = await node.children.run(
        [sys.executable, "-P", "-m", "thrum", *words, "--json"],
        owner=Web.name,
        cwd=node.place.repository,
        environment=kept | {"THRUM_AUTOSTART": "false", "THRUM_NO_HINTS": "1"},
        limit_s=limit_s,
        most_bytes=MOST_BYTES,
    )
    if done.timed_out:
        raise ThrumError("timed_out", f"`thrum {words[0]}` did not end within {limit_s:g} s")
    if done.code not in fine:
        raise _refusal(words[0], done)
    return done


def _refusal(command: str, done: Finished) -> ThrumError:
    try:
        said = msgspec.json.decode(done.err, type=dict[str, dict[str, Any]])["error"]
        kind, text = str(said["kind"]), str(said["message"])
    except (msgspec.DecodeError, KeyError):
        return ThrumError("internal", f"`thrum {command}` ended with {done.code}", "see its log")
    hint = said.get("hint")
    return ThrumError(kind if kind in KINDS else "internal", text, str(hint) if hint else None)

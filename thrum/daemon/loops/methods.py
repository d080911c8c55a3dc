"""``loops.*``: which agents answer each other without end, and releasing them."""

from __future__ import annotations

import msgspec

from thrum.daemon.loops.exchange import Exchange
from thrum.daemon.loops.service import Loops
from thrum.daemon.loops.shown import Loop, shown
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method
from thrum.errors import ThrumError
from thrum.names import is_person


class Listed(msgspec.Struct):
    """The exchanges, the oldest first, and how many answers are free."""

    loops: list[Loop]
    limit: int


class ReleaseParams(Params):
    """Which one, by its id, or all."""

    id: str = ""
    all: bool = False


class Released(msgspec.Struct):
    """Those that are free now."""

    released: list[str]


@method("loops.list", rights=Rights.READS, anonymous=True, transports=EVERYWHERE)
async def list_loops(call: Call, params: Params) -> Listed:
    """Lists agents that answered each other too often, whose mail to each other waits."""
    loops = call.service(Loops)
    await loops.tick()
    return Listed([shown(each, waiting) for each, waiting in loops.strained()], loops.limit)


@method(
    "loops.release",
    rights=Rights.CHARGE,
    about="releasing a loop",
    errors=("not_found", "not_allowed"),
    transports=EVERYWHERE,
)
async def release(call: Call, params: ReleaseParams) -> Released:
    """Has mail be brought again between agents that answered each other too often."""
    if bool(params.id) == params.all:
        raise ThrumError("invalid_params", "give the id of one, or all")
    loops = call.service(Loops)
    await loops.tick()
    known = [each for each, _ in loops.strained()]
    found = known if params.all else [each for each in known if each.id == params.id]
    if params.id and not found:
        raise ThrumError("not_found", f"there is no loop {params.id}", "`thrum loops` shows them")
    _demand_outsider(call, found)
    await loops.release([each.key for each in found])
    return Released([each.id for each in found])


def _demand_outsider(call: Call, found: list[Exchange]) -> None:
    """An agent that goes round in circles does not release itself."""
    me = call.agent_id
    mine = [each.id for each in found if me in each.parties]
    if mine and not is_person(me):
        raise ThrumError(
            "not_allowed",
            f"you take part in {', '.join(mine)}; somebody else has to release it",
            "a commit of yours releases it, too, and so does a person's message to you",
        )

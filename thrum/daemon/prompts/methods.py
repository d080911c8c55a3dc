"""``prompt.*``: what hooks ask leave for, what waits, and answering it."""

from __future__ import annotations

from typing import ClassVar, Final

import anyio
import msgspec

from thrum.daemon.delivery.methods import SeatParams, is_another, seat_of
from thrum.daemon.projection.queries.near_ids import SHORTEST
from thrum.daemon.prompts import supervisors
from thrum.daemon.prompts.held import Question
from thrum.daemon.prompts.prompt import Prompt
from thrum.daemon.prompts.service import Prompts
from thrum.daemon.prompts.shown import Waits, shown
from thrum.daemon.prompts.wording import LONGEST
from thrum.daemon.rpc.registry import EVERYWHERE, Call, ClientId, Params, Rights, method
from thrum.errors import ThrumError

ALLOW: Final = "allow"
DENY: Final = "deny"


class LeaveParams(SeatParams):
    """What the session asks leave for.

    `asks_meanwhile` says that the runtime's own dialog is open while its hook waits, `is_helper`
    that a helper of the session asks.
    """

    tool: str = ""
    details: str = ""
    asks_meanwhile: bool = False
    is_helper: bool = False


class LeaveAsked(msgspec.Struct):
    """By which id the answer is waited for, and for how long; empty where nobody is asked."""

    id: str
    seconds: int


class LeaveWaitParams(SeatParams):
    """The question, by the id that `prompt.ask` gave."""

    needs: ClassVar = ("runtime", "id")
    id: str = ""


class Decided(msgspec.Struct):
    """The answer, allow or deny, and whose it is; both empty where there is none."""

    decision: str
    by: str


class PromptsListed(msgspec.Struct):
    """What waits for an answer, the oldest first."""

    prompts: list[Waits]


class AnswerParams(Params):
    """Which question, by its id or the ending of it, and whether what it asks for is allowed.

    The same `client_id` gives the first answer again, as long as the daemon runs.
    """

    needs: ClassVar = ("id",)
    id: str = ""
    allow: bool = False
    client_id: ClientId = ""


class Answered(msgspec.Struct):
    """What was answered, and by which way the answer goes: hook or pane."""

    id: str
    agent_id: str
    decision: str
    way: str


@method("prompt.ask", rights=Rights.CALLER)
async def ask(call: Call, params: LeaveParams) -> LeaveAsked:
    """Asks supervisors whether the caller's session may do something.

    The question is withdrawn when this connection ends, or the program that it is asked for.
    """
    seat = seat_of(call, params)
    if is_another(call):
        return LeaveAsked("", 0)
    details = params.details[: LONGEST * 2]
    question = Question(
        seat, params.tool[:LONGEST], details, params.asks_meanwhile, params.is_helper
    )
    held = await call.service(Prompts).ask(question, call.connection, call.caller.pid)
    if held is None:
        return LeaveAsked("", 0)
    return LeaveAsked(held.message_id, max(round(held.until - _now(call)), 1))


@method("prompt.wait", rights=Rights.CALLER, long_poll=True)
async def wait(call: Call, params: LeaveWaitParams) -> Decided:
    """Waits for the answer to a question of the caller's session."""
    prompts, seat = call.service(Prompts), seat_of(call, params)
    held = prompts.held(params.id)
    if held is None or held.question.seat != seat:
        return Decided("", "")
    with anyio.move_on_after(max(held.until - _now(call), 0)):
        await held.done.wait()
    prompts.lapse(held)
    if held.decision is None:
        return Decided("", "")
    return Decided(ALLOW if held.decision.is_allowed else DENY, held.decision.by)


@method("prompt.list", rights=Rights.READS, transports=EVERYWHERE)
async def list_prompts(call: Call, params: Params) -> PromptsListed:
    """Lists what agents' runtimes ask leave for, and nobody answered yet."""
    return PromptsListed(shown(call.service(Prompts).waiting))


@method(
    "prompt.answer",
    rights=Rights.OWNER,
    errors=("not_found", "ambiguous_id", "not_allowed", "conflict", "program"),
    transports=EVERYWHERE,
)
async def answer(call: Call, params: AnswerParams) -> Answered:
    """Allows or refuses, once, what an agent's runtime asks leave for.

    For those who were told of it, people and coordinators; never for the agent that asks, nor for
    whoever lives in its worktree.
    """
    prompts, asked = call.service(Prompts), (params.id, params.allow)
    before = prompts.answered.before(call.agent_id, params.client_id, asked)
    if before is not None:
        call.grant()
        return before
    found = _meant(prompts.waiting, params.id)
    if not supervisors.may_answer(
        call.node.store.reader(), found, call.agent_id, call.caller.possible
    ):
        raise ThrumError(
            "not_allowed",
            f"what @{found.agent_id} asks is not for {call.agent_id} to answer",
            f"{_names(found)}, people and coordinators may",
        )
    call.grant()
    done = await prompts.answer(found.message_id, is_allowed=params.allow, by=call.agent_id)
    decision = ALLOW if params.allow else DENY
    answered = Answered(done.message_id, done.agent_id, decision, done.way)
    prompts.answered.keep(call.agent_id, params.client_id, asked, answered)
    return answered


def _meant(waiting: list[Prompt], ending: str) -> Prompt:
    """The question that an id or its ending names.

    Raises:
        ThrumError: ``not_found``, ``ambiguous_id``.
    """
    tail = ending.strip().upper().removeprefix("MSG_")
    fit = [each for each in waiting if each.message_id.upper().endswith(tail)]
    if len(tail) < SHORTEST or not fit:
        raise ThrumError(
            "not_found", f"nothing that waits is {ending[:80]}", "`thrum prompts` shows what waits"
        )
    if len(fit) > 1:
        ids = ", ".join(each.message_id for each in fit)
        raise ThrumError("ambiguous_id", f"{ending} fits {ids}", "give more characters of the id")
    return fit[0]


def _names(prompt: Prompt) -> str:
    return ", ".join(f"@{each}" for each in prompt.recipients) or "nobody"


def _now(call: Call) -> float:
    return call.node.setting.clock.monotonic()

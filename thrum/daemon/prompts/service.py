"""Questions for leave, as a service.

A hook asks, supervisors are told by a message, and the first answer goes back through the hook as
the runtime's own reply. The row in ``state.db`` is the right to answer: whoever deletes it has it.
Where nobody answers in time, or the daemon ends, the hook says nothing, and the runtime asks its
person as it would without us.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from anyio import to_thread

from thrum import events
from thrum.clock import format_ns, parse
from thrum.config import Key
from thrum.daemon.callers import pseudo_agent
from thrum.daemon.callers.person import git_user
from thrum.daemon.delivery.service import Delivery
from thrum.daemon.delivery.sitting import Doing
from thrum.daemon.hub import News
from thrum.daemon.notices import Changed
from thrum.daemon.projection.queries import replies
from thrum.daemon.projection.queries.replies import Reply
from thrum.daemon.prompts import attendance, kept, supervisors, times, wording
from thrum.daemon.prompts.held import Decision, Held, Question
from thrum.daemon.prompts.prompt import Prompt
from thrum.daemon.prompts.reply import meaning
from thrum.daemon.prompts.shown import PromptsTold, shown
from thrum.daemon.push.service import Push
from thrum.daemon.saying import send_once
from thrum.daemon.service.contract import Service
from thrum.errors import ThrumError
from thrum.names import is_person

if TYPE_CHECKING:
    import sqlite3

    from thrum.daemon.node import Node
    from thrum.daemon.rpc.registry import Connection, Method
    from thrum.daemon.service.scheduler import Job

logger = logging.getLogger("thrum.prompts")

HOLD_KEY: Final = "prompts.hold_seconds"
SUPERVISORS_KEY: Final = "permission_supervisors"

LONGEST_S: Final = 300
"""Seconds that a hook may be kept waiting; setup has runtimes allow a little more."""

MOST: Final = 200
"""Questions that wait at once; of more, runtimes ask their own people."""

_SECOND_NS: Final = 1_000_000_000


class Prompts(Service):
    """Knows what waits for leave, and who waits for the answer."""

    name: ClassVar = "prompts"
    keys: ClassVar[Mapping[str, Key]] = {
        HOLD_KEY: Key(
            int,
            60,
            "Seconds for which what a runtime asks its person leave for waits for a supervisor's"
            f" answer; {LONGEST_S} at most, 0 for never. Where the runtime's own dialog is open"
            " meanwhile it is always the most.",
        ),
        SUPERVISORS_KEY: Key(
            list,
            ["coordinator"],
            "Who is told when an agent's runtime asks for leave: roles, and names behind `@`"
            ' (`["coordinator", "@user:max"]`).',
        ),
    }
    hears: ClassVar = (events.MessageCreate, Changed)
    pushes: ClassVar = (PromptsTold,)
    schema: ClassVar = kept.SCHEMA

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._prompts: dict[str, Prompt] = {}
        self._held: dict[str, Held] = {}
        self._gone: set[str] = set()
        self._acting: Job | None = None

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.prompts import methods
        from thrum.daemon.rpc.registry import declared_in

        return declared_in(methods)

    @property
    def waiting(self) -> list[Prompt]:
        """What waits for an answer."""
        return list(self._prompts.values())

    async def start(self) -> None:
        """See `Service`."""
        self.node.service(Push).feeds.state(self.name, self._told)
        self._acting = self.node.scheduler.alarm(
            self.act, owner=self.name, name="look at what waits for leave"
        )
        for held in [*self._held.values()]:
            self._lets_go(held.message_id)
        if self.tables.refusal is None:
            self._prompts = await self.tables.ask(kept.load)
            # Hooks that waited have hung up with the daemon that they waited for.
            self._gone |= {each.message_id for each in self.waiting if not each.target}
            self._stir()

    async def stop(self) -> None:
        """See `Service`."""
        for held in [*self._held.values()]:
            held.ends()

    def heard(self, news: Sequence[News]) -> None:
        """See `Service`."""
        if not self._prompts:
            return
        changed = {each.agent_id for each, _ in news if isinstance(each, Changed)}
        for held in [*self._held.values()]:
            if held.question.seat.agent_id in changed and self._has_gone_on(held):
                self._lets_go(held.message_id)
        if any(isinstance(each, events.MessageCreate) for each, _ in news):
            self._stir()

    def missed(self) -> None:
        """See `Service`."""
        self._stir()

    # -- what a hook asks --

    async def ask(self, question: Question, connection: Connection) -> Held | None:
        """Tells supervisors of a question and holds it, until the connection ends at the latest.

        None where it is not to be held: nobody is there to be asked, or a person is at the agent's
        terminal, whose dialog would come later because of it.

        Raises:
            ThrumError: as `Tables.write` and `Store.transact`.
        """
        seconds = self._patience(question)
        agent_id = question.seat.agent_id
        if not seconds or self.tables.refusal is not None or len(self._prompts) >= MOST:
            return None
        wanted, daemon_id = self._wanted(), self.node.identity.daemon_id
        to = await self.node.store.ask(lambda db: supervisors.told(db, wanted, agent_id, daemon_id))
        if not to:
            return None
        if not question.asks_meanwhile and await attendance.is_attended(self.node, agent_id):
            return None
        prompt = self._asked(question, to)
        held = Held(question, prompt.message_id, self._monotonic() + seconds)
        # Known before anybody is told of it: the answer may be there at once.
        self._held[prompt.message_id] = held
        connection.on_close.append(lambda: self._lets_go(prompt.message_id))
        try:
            await self.tables.write(lambda db: kept.keep(db, prompt))
            self._prompts[prompt.message_id] = prompt
            await self._say(prompt, wording.text(prompt), prompt.message_id)
        except BaseException:
            self._lets_go(prompt.message_id)
            raise
        self._has_changed()
        self._stir()
        return held

    def held(self, message_id: str) -> Held | None:
        """The question that a hook asked; None once that was told the answer, or hung up."""
        return self._held.get(message_id)

    def lapse(self, held: Held) -> None:
        """Ends a question whose hook was told the answer, or that there is none in time."""
        self._lets_go(held.message_id)

    def _patience(self, question: Question) -> int:
        hold = int(self.node.config.get(HOLD_KEY))
        most = LONGEST_S if question.asks_meanwhile and hold > 0 else hold
        return max(min(most, LONGEST_S), 0)

    def _wanted(self) -> list[object]:
        return list(self.node.config.get(SUPERVISORS_KEY))

    def _asked(self, question: Question, to: Sequence[str]) -> Prompt:
        now = self.node.now_ns()
        seat = question.seat
        return Prompt(
            message_id=self.node.ids.make("msg"),
            agent_id=seat.agent_id,
            runtime=seat.runtime,
            session=seat.session,
            tool=question.tool,
            details=question.details,
            pattern=f"{seat.runtime}.hook",
            recipients=tuple(to),
            first_detected=format_ns(now),
            last_nudge_at=format_ns(now),
            expires_at=format_ns(now + times.EXPIRES_NS),
        )

    def _has_gone_on(self, held: Held) -> bool:
        """Whether the session does something else, so that its own person has answered."""
        if held.question.is_helper or held.done.is_set():
            return False
        doing = self.node.service(Delivery).sitting(held.question.seat).doing
        return doing is not Doing.ASKING

    # -- what somebody answers --

    async def answer(self, message_id: str, *, is_allowed: bool, by: str) -> Prompt:
        """Gives the only answer to a question; whoever may is asked before.

        Raises:
            ThrumError: ``not_found``, it was answered by somebody else, or nobody waits any more;
                as `Tables.write`.
        """
        known = self._prompts.get(message_id)
        now = format_ns(self.node.now_ns())
        claimed = known and await self.tables.write(lambda db: kept.claim(db, message_id, now))
        if claimed:
            self._forgets(message_id)
        held = self._held.get(message_id)
        if not claimed or held is None or held.done.is_set():
            raise ThrumError(
                "not_found",
                "nobody waits for this answer any more",
                "`thrum prompts` shows what waits",
            )
        held.ends(Decision(is_allowed, by))
        return claimed

    def _lets_go(self, message_id: str) -> None:
        """Ends the waiting of a hook; its row goes soon."""
        held = self._held.pop(message_id, None)
        if held is None:
            return
        held.ends()
        self._forgets(message_id)
        self._gone.add(message_id)
        self._stir()

    def _forgets(self, message_id: str) -> None:
        if self._prompts.pop(message_id, None) is not None:
            self._has_changed()

    def _told(self) -> PromptsTold:
        return PromptsTold(prompts=shown(self._prompts.values()))

    def _has_changed(self) -> None:
        self.node.service(Push).feeds.look(self.name)

    # -- what it does by itself --

    async def act(self) -> None:
        """Takes away what is over, reads what was answered by messages, and reminds."""
        if self._prompts:
            await self._read()
            await self._pass_time()
        gone, self._gone = self._gone, set()
        if gone:
            await self.tables.write(lambda db: kept.forget(db, gone))
        self._look_later()

    async def _read(self) -> None:
        """Takes in answers that were given by messages."""
        ids = list(self._prompts)
        for each in await self.node.store.ask(lambda db: self._answers(db, ids)):
            is_allowed = meaning(each.text)
            if is_allowed is None or each.to not in self._prompts:
                continue
            try:
                await self.answer(each.to, is_allowed=is_allowed, by=each.author)
            except ThrumError as error:
                if error.kind != "not_found":
                    raise
                logger.info("the answer of %s comes too late", each.author)

    def _answers(self, db: sqlite3.Connection, ids: Sequence[str]) -> list[Reply]:
        """What was answered by those who may, as far as this clone knows that they said it."""
        ours = {"", self.node.identity.daemon_id}
        return [
            each
            for each in replies.replies(db, ids)
            if (each.origin_daemon in ours or is_person(each.author))
            and (prompt := self._prompts.get(each.to)) is not None
            and supervisors.may_answer(db, prompt, each.author)
        ]

    async def _pass_time(self) -> None:
        """Reminds of what waits for long, and gives up what has expired."""
        now = self.node.now_ns()
        for prompt in self.waiting:
            if parse(prompt.expires_at) <= now:
                self._lets_go(prompt.message_id)
                self._forgets(prompt.message_id)
                self._gone.add(prompt.message_id)
            elif times.due_ns(parse(prompt.first_detected), prompt.nudges) <= now:
                await self._remind(prompt, now)

    async def _remind(self, prompt: Prompt, now: int) -> None:
        later = replace(prompt, nudges=prompt.nudges + 1, last_nudge_at=format_ns(now))
        project = pseudo_agent.project(self.node.config, self.node.identity)
        said = wording.reminder(later, project, now - parse(prompt.first_detected))
        await self.tables.write(lambda db: kept.keep(db, later))
        self._prompts[prompt.message_id] = later
        self._has_changed()
        await self._say(later, said, self.node.ids.make("msg"))

    async def _say(self, prompt: Prompt, text: str, message_id: str) -> None:
        """Sends supervisors word of a question; whatever comes later belongs to the first."""
        node = self.node
        person, _ = await to_thread.run_sync(git_user, str(node.place.repository))
        author = pseudo_agent.supervisor_id(node.config, node.identity, person)
        await node.store.transact(
            lambda t: send_once(
                t,
                message_id,
                author=author,
                key=f"prompt {prompt.message_id} {prompt.nudges}",
                within_ns=times.EXPIRES_NS,
                to=prompt.recipients,
                text=text,
                reply_to="" if message_id == prompt.message_id else prompt.message_id,
            )
        )

    def _look_later(self) -> None:
        """Has it be looked again when the next reminder is due, or the next question expires."""
        if self._acting is None or not self._prompts:
            return
        moments = (
            min(times.due_ns(parse(each.first_detected), each.nudges), parse(each.expires_at))
            for each in self._prompts.values()
        )
        left_s = (min(moments) - self.node.now_ns()) / _SECOND_NS
        self._acting.at(min(self._acting.due, self._monotonic() + max(left_s, 0.0)))

    def _stir(self) -> None:
        if self._acting is not None:
            self._acting.at(self._monotonic())

    def _monotonic(self) -> float:
        return self.node.setting.clock.monotonic()

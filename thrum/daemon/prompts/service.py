"""Questions for leave, as a service.

A hook asks, supervisors are told by a message, and the first answer goes back through the hook as
the runtime's own reply. The row in ``state.db`` is the right to answer: whoever deletes it has it.
Where nobody answers in time, or the daemon ends, the hook says nothing, and the runtime asks its
person as it would without us. A dialog that a pane shows is such a question as well, and is
answered by its keys (`thrum.daemon.prompts.sightings`).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import anyio
from anyio import to_thread
from msgspec.structs import replace

from thrum import events
from thrum.clock import format_ns, parse
from thrum.config import Key
from thrum.daemon import saying
from thrum.daemon.callers import pseudo_agent
from thrum.daemon.children import group
from thrum.daemon.delivery.service import Delivery
from thrum.daemon.delivery.sitting import Doing
from thrum.daemon.hub import News
from thrum.daemon.notices import Changed, PaneQuiet
from thrum.daemon.projection.queries import replies
from thrum.daemon.projection.queries.replies import Reply
from thrum.daemon.projection.queries.rows import recipients
from thrum.daemon.prompts import attendance, dialogs, kept, stuck, supervisors, times, wording
from thrum.daemon.prompts.answered import AnsweredOnce
from thrum.daemon.prompts.book import Book
from thrum.daemon.prompts.held import Decision, Held, Question
from thrum.daemon.prompts.prompt import Prompt
from thrum.daemon.prompts.reply import meaning
from thrum.daemon.prompts.shown import PromptsTold, shown
from thrum.daemon.prompts.sightings import SOON_S, Sightings
from thrum.daemon.push.service import Push
from thrum.daemon.service.contract import Service
from thrum.errors import ThrumError
from thrum.identity import process
from thrum.names import is_person

if TYPE_CHECKING:
    import sqlite3

    from anyio.abc import TaskGroup

    from thrum.daemon.node import Node
    from thrum.daemon.prompts.methods import Answered
    from thrum.daemon.rpc.registry import Connection, Method
    from thrum.daemon.service.contract import Check
    from thrum.daemon.service.scheduler import Job
    from thrum.identity.process import Process

logger = logging.getLogger("thrum.prompts")

HOLD_KEY: Final = "prompts.hold_seconds"
SUPERVISORS_KEY: Final = "permission_supervisors"

LONGEST_S: Final = 300
"""Seconds that a hook may be kept waiting; setup has runtimes allow a little more."""

MOST: Final = 200
"""Questions that wait at once; of more, runtimes ask their own people."""

MOST_OF_ONE: Final = 20
"""Those of one agent, so that none takes the room of all others."""

_SECOND_NS: Final = 1_000_000_000


class Prompts(Service):
    """Knows what waits for leave, and who waits for the answer.

    Attributes:
        book: the questions.
        sightings: those that panes show.
        answered: what clients were told that named their answers.
    """

    name: ClassVar = "prompts"
    nouns: ClassVar = ("prompt",)
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
    hears: ClassVar = (events.MessageCreate, Changed, PaneQuiet)
    pushes: ClassVar = (PromptsTold,)
    schema: ClassVar = kept.SCHEMA

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.book = Book(lambda: self.tables, self._has_changed)
        self.sightings = Sightings(self)
        self.answered: AnsweredOnce[Answered] = AnsweredOnce()
        self._held: dict[str, Held] = {}
        self._watching: TaskGroup | None = None
        self._acting: Job | None = None

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.prompts import methods
        from thrum.daemon.rpc.registry import declared_in

        return declared_in(methods)

    @classmethod
    def checks(cls) -> Mapping[str, Check]:
        """See `Service`."""
        from thrum.daemon.prompts import check

        return {"prompts": check.asked}

    async def start(self) -> None:
        """See `Service`."""
        self.node.service(Push).feeds.state(self.name, self._told)
        self._acting = self.node.scheduler.alarm(
            self.act, owner=self.name, name="look at what waits for leave"
        )
        for held in [*self._held.values()]:
            self._lets_go(held)
        if self.tables.refusal is None:
            await self.book.load()
            self._stir()
        await self._warn()

    async def _warn(self) -> None:
        """Says once in the log where nobody would be asked."""
        wanted, daemon_id = self._wanted, self.node.identity.daemon_id
        if await self.node.store.ask(lambda db: supervisors.is_nobody(db, wanted, daemon_id)):
            logger.warning("%s; %s", supervisors.UNASKED, supervisors.REMEDY)

    @property
    def _wanted(self) -> list[object]:
        return list(self.node.config.get(SUPERVISORS_KEY))

    async def run(self) -> None:
        """See `Service`."""
        async with anyio.create_task_group() as self._watching:
            try:
                await anyio.sleep_forever()
            finally:
                self._watching = None

    async def stop(self) -> None:
        """See `Service`."""
        for held in [*self._held.values()]:
            held.ends()

    def heard(self, news: Sequence[News]) -> None:
        """See `Service`."""
        for each, _ in news:
            if isinstance(each, Changed):
                self._goes_on(each.agent_id)
            elif isinstance(each, PaneQuiet) and self.tables.refusal is None:
                self.sightings.noted(each)
                self._stir()
            elif isinstance(each, events.MessageCreate) and self.book.prompts:
                self._stir()

    def missed(self) -> None:
        """See `Service`."""
        self._stir()

    @property
    def waiting(self) -> list[Prompt]:
        """What waits for an answer."""
        return list(self.book.prompts.values())

    def has_room(self, agent_id: str) -> bool:
        """Whether one more question of an agent is taken in."""
        own = sum(each.agent_id == agent_id for each in self.book.prompts.values())
        return len(self.book.prompts) < MOST and own < MOST_OF_ONE

    async def supervisors(self, agent_id: str) -> list[str]:
        """Who is told of what an agent asks.

        Raises:
            ThrumError: as `Store.ask`.
        """
        wanted, daemon_id = self._wanted, self.node.identity.daemon_id
        return await self.node.store.ask(
            lambda db: supervisors.told(db, wanted, agent_id, daemon_id)
        )

    # -- what a hook asks --

    async def ask(self, question: Question, connection: Connection, pid: int = 0) -> Held | None:
        """Tells supervisors of a question and holds it, until the connection or the runtime ends at
        the latest.

        None where it is not to be held: nobody is there to be asked, a person is at the agent's
        terminal, or may be and would get the dialog later because of it.

        Args:
            question: what is asked.
            connection: the hook's.
            pid: the hook's process; 0 if that is not known.

        Raises:
            ThrumError: as `Book.keep` and `Store.transact`.
        """
        seconds, agent_id = self._patience(question), question.seat.agent_id
        if not seconds or self.tables.refusal is not None or not self.has_room(agent_id):
            return None
        to = await self.supervisors(agent_id)
        if not to:
            return None
        is_attended = await attendance.is_attended(self.node, agent_id)
        if is_attended or (is_attended is None and not question.asks_meanwhile):
            return None
        prompt = self._asked(question, to)
        until = self._monotonic() + seconds
        held = Held(question, prompt.message_id, until)
        if not question.is_helper:
            held.release = self.node.service(Delivery).asks_leave(question.seat)
        # Known before anybody is told of it: the answer may be there at once.
        self._held[prompt.message_id] = held
        connection.on_close.append(lambda: self._lets_go(held))
        if self._watching is not None and pid:
            self._watching.start_soon(self._until_its_runtime_ends, held, pid)
        try:
            await self.book.keep(prompt)
            await self.say(prompt, wording.text(prompt), prompt.message_id)
        except BaseException:
            self._lets_go(held)
            raise
        self._stir()
        return held

    async def _until_its_runtime_ends(self, held: Held, pid: int) -> None:
        """Ends the waiting of a hook whose runtime was killed: it may go on itself, for nobody."""
        runtime = await to_thread.run_sync(process.runtime, pid)
        if runtime is None:
            return
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._until_ended, held, runtime)
            await held.done.wait()
            tasks.cancel_scope.cancel()

    async def _until_ended(self, held: Held, runtime: Process) -> None:
        await group.ended(runtime.pid, runtime.started)
        self._lets_go(held)

    def held(self, message_id: str) -> Held | None:
        """The question that a hook asked; None once that was told the answer, or hung up."""
        return self._held.get(message_id)

    def is_held(self, agent_id: str) -> bool:
        """Whether a hook of the agent waits for an answer."""
        return any(
            each.question.seat.agent_id == agent_id and not each.done.is_set()
            for each in self._held.values()
        )

    def lapse(self, held: Held) -> None:
        """Ends a question whose hook was told the answer, or that there is none in time."""
        prompt = self.book.prompts.get(held.message_id)
        if prompt is not None:
            self.sightings.fell_through(prompt, self._monotonic())
        self._lets_go(held)

    def _patience(self, question: Question) -> int:
        hold = int(self.node.config.get(HOLD_KEY))
        most = LONGEST_S if question.asks_meanwhile and hold > 0 else hold
        return max(min(most, LONGEST_S), 0)

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

    def _goes_on(self, agent_id: str) -> None:
        """Ends what a session's hooks ask that does something else by now: its own person has
        answered."""
        for held in [*self._held.values()]:
            asks = held.question
            if asks.seat.agent_id != agent_id or asks.is_helper or held.done.is_set():
                continue
            if self.node.service(Delivery).sitting(asks.seat).doing is not Doing.ASKING:
                self._lets_go(held)

    def _lets_go(self, held: Held) -> None:
        """Ends the waiting of a hook, and its question if that is one still."""
        if self._held.pop(held.message_id, None) is None:
            return
        if not held.done.is_set():
            self.book.drop(held.message_id)
        held.ends()
        held.release(held.decision is not None)
        self._stir()

    # -- what somebody answers --

    async def answer(self, message_id: str, *, is_allowed: bool, by: str) -> Prompt:
        """Gives the only answer to a question; whoever may is asked before.

        Raises:
            ThrumError: ``not_found``, it was answered by somebody else, or nobody waits any more;
                ``conflict``, it cannot be typed now; as `Book.claim` and `Dialogs.type`.
        """
        known = self.book.prompts.get(message_id)
        if known is not None and known.target and not is_allowed and known.deny_key is None:
            text = f"no key refuses {known.pattern}, so nothing is typed"
            todo = f"a person has to, in {known.target.partition(':')[0]}"
            raise ThrumError("conflict", text, todo)
        claimed = await self.book.claim(message_id, format_ns(self.node.now_ns()))
        held = self._held.get(message_id)
        if claimed is not None and claimed.target:
            await self._type(claimed, is_allowed=is_allowed)
        elif claimed is not None and held is not None and not held.done.is_set():
            held.ends(Decision(is_allowed, by))
        else:
            raise ThrumError(
                "not_found",
                "nobody waits for this answer any more",
                "`thrum prompts` shows what waits",
            )
        await self._tell_others(claimed, is_allowed=is_allowed, by=by)
        return claimed

    async def _tell_others(self, prompt: Prompt, *, is_allowed: bool, by: str) -> None:
        """Tells whoever else was asked that somebody has answered, so that nobody else need."""
        others = [each for each in prompt.recipients if each != by]
        if not others:
            return
        text = wording.answered(prompt, by, is_allowed=is_allowed)
        try:
            await self.say(prompt, text, self.node.ids.make("msg"), about="answered", to=others)
        except ThrumError as error:
            # The answer counts all the same, and must not be taken for one that did not.
            logger.warning("others are not told who answered @%s: %s", prompt.agent_id, error)

    async def _type(self, prompt: Prompt, *, is_allowed: bool) -> None:
        try:
            await self.sightings.dialogs.type(prompt, is_allowed=is_allowed)
        except ThrumError as error:
            if error.kind == "conflict":
                # Somebody is at its keys: the answer may be given later.
                await self.book.keep(prompt)
            # Whatever is there by then is asked anew, unless it is the same.
            self.sightings.look_again(prompt.agent_id, self._monotonic() + SOON_S)
            self._look_later()
            raise
        await stuck.clear(self.node, prompt.agent_id)

    def _told(self) -> PromptsTold:
        return PromptsTold(prompts=shown(self.book.prompts.values()))

    def _has_changed(self) -> None:
        self.node.service(Push).feeds.look(self.name)

    # -- what it does by itself --

    async def act(self) -> None:
        """Does what follows from panes and messages, reminds, and takes away what is over."""
        try:
            await self.sightings.act(self._monotonic())
            if self.book.prompts:
                await self._read()
                await self._pass_time()
            await self.book.tidy()
        finally:
            self._look_later()

    async def _read(self) -> None:
        """Takes in answers that were given by messages."""
        ids = list(self.book.prompts)
        for each in await self.node.store.ask(lambda db: self._answers(db, ids)):
            is_allowed = meaning(each.text)
            if is_allowed is None or each.to not in self.book.prompts:
                continue
            try:
                await self.answer(each.to, is_allowed=is_allowed, by=each.author)
            except ThrumError as error:
                if error.kind not in {"not_found", "conflict", "program"}:
                    raise
                logger.info("the answer of %s does nothing: %s", each.author, error)

    def _answers(self, db: sqlite3.Connection, ids: Sequence[str]) -> list[Reply]:
        """What was answered by those who may, as far as this clone knows that they said it."""
        ours = {"", self.node.identity.daemon_id}
        return [
            each
            for each in replies.replies(db, ids)
            if (each.origin_daemon in ours or is_person(each.author))
            and (prompt := self.book.prompts.get(each.to)) is not None
            and supervisors.may_answer(db, prompt, each.author)
        ]

    async def _pass_time(self) -> None:
        """Reminds of what waits for long, and gives up what has expired."""
        now = self.node.now_ns()
        for prompt in self.waiting:
            if parse(prompt.expires_at) <= now:
                self._expires(prompt.message_id)
            elif times.due_ns(parse(prompt.first_detected), prompt.nudges) <= now:
                await self._remind(prompt, now)

    def _expires(self, message_id: str) -> None:
        held = self._held.get(message_id)
        if held is not None:
            self._lets_go(held)
        self.book.drop(message_id)

    async def _remind(self, prompt: Prompt, now: int) -> None:
        if prompt.target and not await self._is_there(prompt):
            return
        age_ns = now - parse(prompt.first_detected)
        later = replace(prompt, nudges=times.words(age_ns), last_nudge_at=format_ns(now))
        if not await self.book.remind(later):
            return
        if later.nudges == times.MOST:
            await stuck.mark(self.node, later.agent_id)
        if not later.recipients or await self._is_read(later):
            return
        project = pseudo_agent.project(self.node.config, self.node.identity)
        said = wording.reminder(later, project, age_ns)
        await self.say(later, said, self.node.ids.make("msg"))

    async def _is_there(self, prompt: Prompt) -> bool:
        """Whether a question's dialog is still seen, and nobody new is to be told of it first."""
        found = await self.sightings.dialogs.look(prompt.agent_id)
        is_same = found is not None and dialogs.is_same(prompt, found[1])
        if is_same and (prompt.recipients or not await self.supervisors(prompt.agent_id)):
            return True
        self.book.drop(prompt.message_id)
        if found is not None:
            await self.sightings.see(found[1])
        return False

    async def _is_read(self, prompt: Prompt) -> bool:
        """Whether everybody who was told has read it, and knows."""
        told = await self.node.store.ask(lambda db: recipients(db, prompt.message_id, ""))
        return bool(told) and all(each.read_at for each in told)

    async def say(
        self,
        prompt: Prompt,
        text: str,
        message_id: str,
        *,
        about: str = "",
        to: Sequence[str] = (),
    ) -> None:
        """Sends supervisors word of a question; whatever comes later belongs to the first.

        Args:
            prompt: the question.
            text: what is said.
            message_id: for the message.
            about: what is said once of a question; the number of its reminder if empty.
            to: for whom; all who were asked if empty.

        Raises:
            ThrumError: as `Store.transact`.
        """
        author = await saying.supervisor(self.node)
        await self.node.store.transact(
            lambda t: saying.send_once(
                t,
                message_id,
                author=author,
                key=f"prompt {prompt.message_id} {about or prompt.nudges}",
                within_ns=times.EXPIRES_NS,
                to=to or prompt.recipients,
                text=text,
                reply_to="" if message_id == prompt.message_id else prompt.message_id,
            )
        )

    def _look_later(self) -> None:
        """Has it be looked again when the next reminder is due, or the next question expires."""
        if self._acting is None:
            return
        now_ns, now = self.node.now_ns(), self._monotonic()
        moments = (
            min(times.due_ns(parse(each.first_detected), each.nudges), parse(each.expires_at))
            for each in self.waiting
        )
        left_s = min(((each - now_ns) / _SECOND_NS for each in moments), default=math.inf)
        self._acting.at(min(self._acting.due, self.sightings.next, now + max(left_s, 0.0)))

    def _stir(self) -> None:
        if self._acting is not None:
            self._acting.at(self._monotonic())

    def _monotonic(self) -> float:
        return self.node.setting.clock.monotonic()

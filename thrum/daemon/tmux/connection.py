"""One client in control mode: commands go in, their answers come back, notices come in between."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import anyio
from msgspec import Struct, field

from thrum.daemon.children.pipes import Outbox
from thrum.daemon.tmux import words
from thrum.daemon.tmux.control import Block, Garbled, Notice, Talk
from thrum.daemon.tmux.words import Command
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.children.child import Child

LIMIT_S: Final = 5.0
"""Seconds that tmux may take for an answer."""

MOST_WAITING: Final = 256
"""Questions that wait for their answers at once."""

GRACE_S: Final = 1.0


class Lost(Exception):
    """The connection ended before the answer; what was asked for may be done or not."""


class _Question(Struct, eq=False):
    """A line of commands that was sent, and what came back of it."""

    most: int
    blocks: list[Block] = field(default_factory=list)
    over: anyio.Event = field(default_factory=anyio.Event)

    @property
    def is_complete(self) -> bool:
        """Where one fails tmux leaves out the rest of the line."""
        return len(self.blocks) == self.most or self.blocks[-1].is_error


class Connection(Struct, eq=False):
    """A client that is attached to one session, without a size and without what panes write.

    On the event loop only.

    Args:
        noticed: is told of what happens, and must be quick.

    Attributes:
        session_id: the session that it came into (``$3``).
        is_over: whether it has ended.
        why: the reason, once it has.
        over: set once it has.
    """

    noticed: Callable[[Notice], None]
    session_id: str = ""
    is_over: bool = False
    why: str = ""
    over: anyio.Event = field(default_factory=anyio.Event)
    _talk: Talk = field(default_factory=Talk)
    _questions: deque[_Question] = field(default_factory=deque)
    _child: Child | None = None
    _outbox: Outbox | None = None
    _ready: anyio.Event = field(default_factory=anyio.Event)

    def begin(self, child: Child) -> None:
        """Talks by that process, which `take` is given the output of."""
        self._child = child
        self._outbox = child.speech.outbox if child.speech else None

    async def ready(self) -> None:
        """Waits until the client is attached.

        Raises:
            Lost: it is not, and will not be.
        """
        with anyio.move_on_after(LIMIT_S):
            await self._ready.wait()
        if self.is_over or not self._ready.is_set():
            self._end("tmux lets nobody in")
            await self.close()
            raise Lost(self.why)

    def take(self, data: bytes) -> None:
        """Takes more of what tmux says."""
        try:
            for each in self._talk.feed(data):
                if self.is_over:  # whoever asked was told so
                    return
                if isinstance(each, Notice):
                    self._notice(each)
                elif each.is_ours:
                    self._answer(each)
        except Garbled as error:
            self._end(str(error))

    def ended(self) -> None:
        """Says that the process has ended."""
        self._end("tmux has ended")

    async def ask(
        self, commands: Sequence[Command], *, most: int = 0, fence: str = ""
    ) -> list[Block]:
        """The answers to commands that are run one after another, until one fails.

        Args:
            commands: what is run.
            most: how many answers come if none fails; one for each command if it is 0.
            fence: a word that nobody can know before, which a last command prints. With one, there
                is one command whose answer nobody can forge.

        Raises:
            Lost: the connection ended meanwhile, or tmux did not answer in time.
            ThrumError: ``busy``; ``invalid_params``, no command can say that.
        """
        if self.is_over or self._outbox is None:
            raise Lost(self.why or "nothing is connected")
        if len(self._questions) >= MOST_WAITING:
            raise ThrumError("busy", "tmux does not keep up with what it is asked")
        said = words.line(commands)
        if fence:
            said += words.line([("display-message", "-p", fence)])
        self._outbox.put(said)
        question = _Question(most or len(commands))
        self._talk_of(question, fence)
        with anyio.move_on_after(LIMIT_S):
            await question.over.wait()
        if not question.over.is_set():
            # Later answers would be taken for others'.
            self._end("tmux does not answer")
        if not question.blocks or not question.is_complete:
            raise Lost(self.why)
        return question.blocks

    async def close(self) -> None:
        """Ends the client; the server and its sessions go on."""
        self._end("closed")
        if self._child is not None:
            await self._child.stop(GRACE_S)

    def _talk_of(self, question: _Question, fence: str) -> None:
        self._questions.append(question)
        self._talk.expect(fence.encode())
        for _ in range(question.most - 1):
            self._talk.expect()

    def _answer(self, block: Block) -> None:
        question = self._questions[0]
        question.blocks.append(block)
        if question.is_complete:
            self._questions.popleft()
            for _ in range(question.most - len(question.blocks)):
                self._talk.unexpect()
            question.over.set()

    def _notice(self, notice: Notice) -> None:
        if notice.name == "session-changed":
            self._entered(notice.rest.partition(b" ")[0].decode(errors="replace"))
        elif notice.name == "exit":
            self._end("tmux sent its client away")
        self.noticed(notice)

    def _entered(self, session_id: str) -> None:
        # Where the user's settings say so, tmux puts clients of an ended session into any other.
        if self._ready.is_set():
            self._end("its session has ended")
        self.session_id = session_id
        self._ready.set()

    def _end(self, why: str) -> None:
        if self.is_over:
            return
        self.is_over, self.why = True, why
        self.over.set()
        self._ready.set()
        for question in self._questions:
            question.over.set()
        self._questions.clear()


def fence() -> str:
    """A word that nobody can know before."""
    return f"thrum-{secrets.token_hex(16)}"

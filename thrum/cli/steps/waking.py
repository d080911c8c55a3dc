"""Waiting until an idle session is to be woken, for hours, at no cost while nothing comes.

The runtime starts a process that waits here. It ends without a word when another one waits in its
place, when the session or the runtime has ended, or where nobody can be woken. A daemon that goes
away is waited for; it is never started.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from io import UnsupportedOperation
from pathlib import Path
from typing import Any, Final, TextIO

from thrum.cli.context import Context
from thrum.cli.steps import delivering
from thrum.client import Client
from thrum.errors import ThrumError
from thrum.identity import process
from thrum.identity.lifeline import Came, Lifeline
from thrum.identity.process import Process
from thrum.runtimes.contract import Adapter, Answer, Event, Moment, Wake

ASK_MS: Final = 300_000
"""Milliseconds after which the daemon answers in any case, and is asked again."""

ANSWER_S: Final = 10.0
"""Seconds that it may take for everything else."""

SHORTEST_S: Final = 1.0
LONGEST_S: Final = 30.0
"""Seconds between two attempts while the daemon is away, at first and later."""

TELLS: Final = (0.5, 1.0, 2.0, 4.0)
"""Seconds after which a daemon that went away is told again what got through."""

_PASSES: Final = frozenset({"daemon_down", "no_answer", "shutting_down", "busy", "timed_out"})
"""Kinds of errors after which it is tried again."""

JOINS_S: Final = 10.0
"""Seconds in which the hook of a session that begins has registered its agent, if it does."""


def wait(context: Context, adapter: Adapter, wake: Wake, event: Event) -> int:
    """Waits, and brings mail in the way that wakes the session; the status to end with.

    Raises:
        ThrumError: the daemon refuses for good.
    """
    if not (event.session and wake.works(context.env)):
        return 0
    above = _above(context, adapter)
    if above is None:
        return 0
    outputs = [handle for each in (context.stdout, context.stderr) for handle in _handle(each)]
    with Lifeline(above, outputs) as life:
        return _Vigil(context, adapter, wake, event, life).keep()


def _above(context: Context, adapter: Adapter) -> Process | None:
    """The runtime's process, else the one that started this one; None under another runtime.

    Some runtimes start the hooks that stand in another one's settings.
    """
    own = process.look(context.pid)
    runtime = process.runtime_of(context.ancestors)
    if runtime is None:
        return process.look(own.parent) if own else None
    return runtime if process.runtime_name(runtime) == adapter.name else None


def _handle(stream: TextIO) -> Iterator[int]:
    """The descriptor of a stream; one in memory has none, and nobody at its other end."""
    with suppress(UnsupportedOperation):
        yield stream.fileno()


class _Vigil:
    def __init__(
        self, context: Context, adapter: Adapter, wake: Wake, event: Event, life: Lifeline
    ) -> None:
        self._context = context
        self._adapter = adapter
        self._wake = wake
        self._event = event
        self._life = life
        self._seat = delivering.seat(context, adapter, event)
        self._pause = SHORTEST_S

    def keep(self) -> int:
        """Waits until there is something to say or nothing to wait for."""
        begins = self._event.moment is Moment.START
        nobody_until = self._context.monotonic() + (JOINS_S if begins else 0)
        while True:
            began = self._context.monotonic()
            try:
                ended = self._once()
            except ThrumError as error:
                is_early = error.kind == "anonymous_caller" and began < nobody_until
                if error.kind not in _PASSES and not is_early:
                    raise
                self._context.forget_place()  # it may be moved
                ended = None
            if ended is not None:
                return ended
            if not self._goes_on_after(self._context.monotonic() - began):
                return 0

    def _goes_on_after(self, lasted: float) -> bool:
        """Rests where an attempt ended too soon; False if there is nothing to wait for any more."""
        if lasted > LONGEST_S:
            self._pause = SHORTEST_S
        if lasted >= SHORTEST_S:
            return True
        pause, self._pause = self._pause, min(2 * self._pause, LONGEST_S)
        return self._life.sleep(pause) is not Came.END

    def _once(self) -> int | None:
        """The status to end with; None if one is to ask again."""
        with self._context.connect(self._context.socket, ANSWER_S) as client:
            asked = {"timeout_ms": ASK_MS, "is_spare": self._wake.goes_on}
            client.begin("delivery.wait", self._seat | asked)
            if self._life.sleep(ASK_MS / 1000 + ANSWER_S, client.fileno()) is Came.END:
                return 0
            answer: Any = client.finish()
            if not isinstance(answer, dict):
                return None
            if answer.get("superseded") or answer.get("ended"):
                return 0
            return self._bring(client, answer)

    def _bring(self, client: Client, answer: dict[str, Any]) -> int | None:
        block = delivering.composed(self._context, self._adapter, answer)
        if not block.ids:
            return None
        said, self._pause = self._wake.say(block.text), SHORTEST_S
        _write(self._context, said)
        self._tell(client, {"message_ids": block.ids, "is_sure": self._wake.is_sure})
        return None if self._wake.goes_on else said.status

    def _tell(self, client: Client, given: dict[str, object]) -> None:
        """Says what got through; a daemon that goes away just now hears it when it is back."""
        told, context = self._seat | given, self._context
        try:
            client.call("delivery.given", told, ANSWER_S)
            return
        except ThrumError as error:
            last = error
        for pause in TELLS:
            context.sleep(pause)
            try:
                with context.connect(context.socket, ANSWER_S) as again:
                    again.call("delivery.given", told, ANSWER_S)
                return
            except ThrumError as error:
                last = error
        # What was written wakes the session all the same. Imported here: hardly one ever gets here.
        from thrum.setup import fired

        home = Path(context.env.get("HOME", "/"))
        fired.failed(home, self._adapter.name, f"{self._event.name}: {last}")


def _write(context: Context, said: Answer) -> None:
    for stream, text in ((context.stdout, said.stdout), (context.stderr, said.stderr)):
        stream.write(text)
        stream.flush()

"""`Connection`: what a program does with Thrum, each by one call."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from thrum import audience, paths
from thrum.api import faults, pages, records
from thrum.api.faults import Refused, Unanswered
from thrum.api.line import Line
from thrum.api.records import Me, Member, Message, Sent
from thrum.api.waiting import Ear, Waiting
from thrum.errors import ThrumError

TIMEOUT_S: Final = 30.0
ASK_S: Final = 300.0
_MOST: Final = 1000

Place = str | os.PathLike[str]


def connect(
    where: Place | None = None, *, agent: str = "", timeout: float = TIMEOUT_S
) -> Connection:
    """A connection to the daemon of a repository.

    The daemon knows the caller by this process and the folder that it stands in, as it does for
    commands; `where` says whose daemon is asked, not who asks.

    Args:
        where: a folder of the repository, or of a worktree of it; the working directory if None.
        agent: which agent this program is, where several live in this worktree; ``THRUM_NAME``
            says it otherwise.
        timeout: seconds for one call, and for which a daemon that went away is waited for.

    Raises:
        Away: no daemon runs, or it does not answer.
        Nobody: there is no Thrum here.
        ThrumError: anything else that keeps this program from it.
    """
    if timeout <= 0:
        raise Refused("invalid_params", "a timeout is a number of seconds above 0")
    start = Path.cwd() if where is None else Path(where).absolute()
    line = Line(lambda: _socket(start), agent or os.environ.get("THRUM_NAME", ""), timeout)
    line.open()
    return Connection(line)


class Connection:
    """A connection; made by `connect`. Threads may share it, and take turns.

    A call that is cut off by a restart of the daemon is made again; none is done twice.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._me: Me | None = None

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hangs up; a second time does nothing."""
        self._line.close()

    def whoami(self) -> Me:
        """The agent that this program is, as the daemon says now.

        Raises:
            Nobody: it is none that is registered, or one of several.
            ThrumError: in its class.
        """
        self._me = records.me(self._line.call("agent.whoami", {}) or {})
        return self._me

    def send(
        self,
        to: str | Iterable[str],
        text: str,
        *,
        data: Mapping[str, Any] | None = None,
        format: str = "markdown",
        key: str = "",
    ) -> Sent:
        """Sends a message; it is on disk when this returns.

        Args:
            to: agents, roles or groups, with or without ``@``; ``@everyone`` is all.
            text: what it says.
            data: what programs shall read of it besides.
            format: markdown, plain or json.
            key: what this message is called by the program: with the same key nothing is sent
                twice within a day. One that is drawn by chance if empty.

        Raises:
            Unknown: one of the recipients does not exist; nothing was sent.
            Unsure: the answer was lost, and the daemon did not come back in time.
            ThrumError: in its class.
        """
        names = [to] if isinstance(to, str) else list(to)
        if not names or any(not name.strip("@ ") for name in names):
            raise Refused("invalid_params", "a recipient is empty", "give an agent, as in @furiosa")
        return self._send({"content": text, "format": format, "mentions": names}, data, key)

    def reply(
        self,
        to: Message | str,
        text: str,
        *,
        data: Mapping[str, Any] | None = None,
        format: str = "markdown",
        key: str = "",
    ) -> Sent:
        """Answers a message, to its author and all whom it was for, and marks it as read.

        Args:
            to: the message, or its id.
            text: what the answer says.
            data, format, key: see `send`.

        Raises:
            ThrumError: as `send`; `Unknown` also, there is no such message.
        """
        parent = self._whole(_id(to))
        if audience.author_of(parent) == audience.SYSTEM:
            raise Refused("not_allowed", "a message of the system takes no answer")
        everyone, mentions = audience.answered_to(parent, self._known().agent_id)
        answer = {
            "content": text,
            "format": format,
            "reply_to": parent["message_id"],
            "to": "@everyone" if everyone else None,
            "mentions": mentions,
        }
        sent = self._send(answer, data, key)
        self.mark_read(str(parent["message_id"]))
        return sent

    def ask(
        self,
        to: str | Iterable[str],
        text: str,
        *,
        timeout: float = ASK_S,
        data: Mapping[str, Any] | None = None,
        format: str = "markdown",
        key: str = "",
    ) -> Message:
        """Sends a question and waits for the first answer to it, which is read then.

        Args:
            to, text, data, format, key: see `send`. With the key of a question that was asked
                already its answer is waited for.
            timeout: seconds for which an answer is waited for.

        Raises:
            Unanswered: none came in time; it says how far the question came.
            ThrumError: as `send`; `Away`, the daemon did not come back.
        """
        end = time.monotonic() + timeout
        question = self.send(to, text, data=data, format=format, key=key)
        return self.answer(question, end)

    def answer(self, question: Sent, end: float, ear: Ear | None = None) -> Message:
        """Waits for the first answer to a question until a moment of `time.monotonic`.

        Raises:
            ThrumError: as `ask`.
        """
        found = (ear or Ear(self._line)).until({"answers": question.id}, end)
        if not found:
            raise Unanswered(question, self.get(question.id).reached)
        self.mark_read(found[0])
        return found[0]

    def inbox(
        self, *, unread: bool = True, limit: int = pages.SIZE, newest_first: bool = False
    ) -> list[Message]:
        """Messages to this agent; nothing is marked.

        Args:
            unread: whether only those that are unread count.
            limit: how many at most.
            newest_first: whether the newest come first, and those are left out that are old.

        Raises:
            ThrumError: in its class.
        """
        if not 0 < limit <= _MOST:
            raise Refused("invalid_params", f"limit must be from 1 to {_MOST:,}")
        question = pages.unread(self._known().agent_id) | {
            "unread": unread or None,
            "sort_order": "desc" if newest_first else "asc",
        }
        found: dict[str, Message] = {}
        for rows in pages.of(self._line, question):
            found |= {each.id: each for each in map(records.message, rows)}
            if len(found) >= limit:
                break
        return list(found.values())[:limit]

    def get(self, message: str) -> Message:
        """One message in full, by its id or the end of it; nothing is marked.

        Raises:
            Unknown: there is none, or more than one.
            ThrumError: in its class.
        """
        return records.message(self._whole(message))

    def wait(self, *, timeout: float | None = None, mark_read: bool = True) -> Waiting:
        """Mail as it comes: what is unread, the oldest first, then whatever arrives.

        ::

            for message in mail.wait():
                handle(message)

        A message is marked as read when the loop asks for the next one, so a program that dies
        while it handles one gets it again. Between two messages a daemon that restarts is waited
        for.

        Args:
            timeout: seconds for which each message is waited for, after which the loop ends; None
                for as long as it takes.
            mark_read: whether what the loop is done with is marked as read.

        Raises:
            Nobody: this program is no registered agent.
            ThrumError: in its class.
        """
        return Waiting(self._line, self._known().agent_id, timeout, marks=mark_read)

    def mark_read(self, *messages: Message | str) -> int:
        """Marks messages as read by this agent; how many were unread until now.

        Raises:
            ThrumError: in its class.
        """
        ids = [_id(each) for each in messages]
        if not ids:
            return 0
        answer = self._line.call("message.markRead", {"message_ids": ids}, changes=True)
        return int((answer or {}).get("marked_count") or 0)

    def team(self, *, offline: bool = False) -> list[Member]:
        """Who is here, works on what, and has how much unread.

        Args:
            offline: also those without a session.

        Raises:
            ThrumError: in its class.
        """
        answer = self._line.call("team.list", {"include_offline": offline}) or {}
        return [records.member(each) for each in records.rows(answer, "members")]

    def call(
        self,
        method: str,
        params: Mapping[str, object] | None = None,
        *,
        timeout: float | None = None,
    ) -> Any:
        """Whatever else the daemon can be asked; docs/rpc.md lists it.

        It is asked once: where the answer is lost, `Unsure` says so.

        Raises:
            ThrumError: in its class.
        """
        return self._line.call(method, params or {}, again=False, changes=True, timeout=timeout)

    def listen(self) -> Ear:
        """What `answer` listens with; another thread may end it."""
        return Ear(self._line)

    def _known(self) -> Me:
        return self._me or self.whoami()

    def _whole(self, message_id: str) -> dict[str, Any]:
        answer = self._line.call("message.get", {"message_id": message_id})
        found: dict[str, Any] = answer["message"]
        return found

    def _send(self, params: Mapping[str, object], data: Mapping[str, Any] | None, key: str) -> Sent:
        keyed = {
            **params,
            "structured": dict(data) if data else None,
            "idempotency_key": key or secrets.token_hex(16),
        }
        return records.sent(self._line.call("message.send", keyed, changes=True) or {})


def _id(message: Message | str) -> str:
    return message.id if isinstance(message, Message) else message


def _socket(start: Path) -> Path:
    named = os.environ.get("THRUM_SOCKET")
    try:
        return Path(named) if named else paths.find(start, os.environ).socket
    except ThrumError as error:
        raise faults.of(error) from error

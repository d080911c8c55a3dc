"""Threads: which conversation a message belongs to.

A reply is in the thread of the message it answers. The first message of a conversation keeps the
thread that its own event names; without one, the thread is named after that message's id as soon
as it has an answer. So every node computes the same thread, whatever arrived first.
"""

from __future__ import annotations

from thrum.daemon.projection.tables import Tables


def named_after(message_id: str) -> str:
    """The thread that begins with the message."""
    return f"thr_{message_id.rpartition('_')[2]}"


def thread_of(tables: Tables, reply_to: str | None, own_thread: str | None) -> str | None:
    """The thread of a new message; the message it answers gets it too.

    Args:
        reply_to: the id of the message that is answered.
        own_thread: the thread that the event names.
    """
    if reply_to is None:
        return own_thread
    waiting = tables.pending.messages.get(reply_to)
    if waiting is not None:
        waiting.thread_id = waiting.thread_id or named_after(reply_to)
        return waiting.thread_id
    db = tables.before  # where every message is that does not wait
    parent = db.execute(
        "SELECT thread_id FROM messages WHERE message_id = ?", (reply_to,)
    ).fetchone()
    if parent is None:
        tables.awaited.add(reply_to)
        return own_thread or named_after(reply_to)
    if parent[0] is not None:
        return str(parent[0])
    thread = named_after(reply_to)
    db.execute("UPDATE messages SET thread_id = ? WHERE message_id = ?", (thread, reply_to))
    return thread


def settle_thread(tables: Tables, message_id: str) -> None:
    """Works out the thread of the whole conversation that the message is in.

    For messages that came, changed or went after others had answered them.
    """
    row = _links(tables, message_id)
    if row is None:
        return
    top, thread = _top(tables, message_id, row)
    level = [top]
    done = {top}
    while level:
        tables.db.executemany(
            "UPDATE messages SET thread_id = ?1 WHERE message_id = ?2 AND thread_id IS NOT ?1",
            [(thread, each) for each in level],
        )
        below = [answer for each in level for answer in answers(tables, each)]
        level = [each for each in dict.fromkeys(below) if each not in done]
        done.update(level)


def answers(tables: Tables, message_id: str) -> list[str]:
    """Ids of the messages that answer it."""
    return [
        answer
        for (answer,) in tables.db.execute(
            "SELECT message_id FROM messages WHERE reply_to = ?", (message_id,)
        )
    ]


_Links = tuple[str | None, str | None]


def _links(tables: Tables, message_id: str) -> _Links | None:
    row: _Links | None = tables.db.execute(
        "SELECT reply_to, own_thread FROM messages WHERE message_id = ?", (message_id,)
    ).fetchone()
    return row


def _top(tables: Tables, message_id: str, row: _Links) -> tuple[str, str | None]:
    """The first message of the conversation that is here, and the conversation's thread.

    Of a ring of answers, which only a forger can make, the smallest id counts as first.
    """
    path = [message_id]
    while True:
        parent, own_thread = row
        if parent is None:
            is_answered = bool(answers(tables, message_id))
            return message_id, own_thread or (named_after(message_id) if is_answered else None)
        above = _links(tables, parent)
        if above is None:
            return message_id, own_thread or named_after(parent)
        if parent in path:
            first = min(path[path.index(parent) :])
            return first, named_after(first)
        message_id, row = parent, above
        path.append(message_id)

"""Numbers that nobody has to count: the triggers that keep them, and their sums made at once.

A delivery enters or leaves an inbox by insertion and deletion only, and a message keeps its author,
its scopes and its refs. A message's row comes before all others of it and goes after them; scopes,
refs and deliveries come in any order, so whichever comes later finds the other.
"""

from __future__ import annotations

from typing import Final

_INBOXES: Final = """
CREATE TRIGGER count_delivery AFTER INSERT ON message_deliveries WHEN NEW.inbox > 0 BEGIN
  INSERT INTO inbox_counts (agent_id, total, unread, own, deleted)
  VALUES (NEW.recipient_agent_id, NEW.inbox != 2, NEW.inbox = 1 AND NEW.read_at IS NULL,
          NEW.inbox = 3, NEW.inbox = 2)
  ON CONFLICT (agent_id) DO UPDATE SET
    total = total + excluded.total, unread = unread + excluded.unread,
    own = own + excluded.own, deleted = deleted + excluded.deleted;
  INSERT INTO inbox_author_counts (agent_id, author_id, total, unread, deleted)
  VALUES (NEW.recipient_agent_id, NEW.author_id, NEW.inbox != 2,
          NEW.inbox = 1 AND NEW.read_at IS NULL, NEW.inbox = 2)
  ON CONFLICT (agent_id, author_id) DO UPDATE SET
    total = total + excluded.total, unread = unread + excluded.unread,
    deleted = deleted + excluded.deleted;
END;
CREATE TRIGGER count_gone AFTER DELETE ON message_deliveries WHEN OLD.inbox > 0 BEGIN
  UPDATE inbox_counts SET
    total = total - (OLD.inbox != 2),
    unread = unread - (OLD.inbox = 1 AND OLD.read_at IS NULL),
    own = own - (OLD.inbox = 3), deleted = deleted - (OLD.inbox = 2)
  WHERE agent_id = OLD.recipient_agent_id;
  DELETE FROM inbox_counts
  WHERE agent_id = OLD.recipient_agent_id AND total = 0 AND deleted = 0;
  UPDATE inbox_author_counts SET
    total = total - (OLD.inbox != 2),
    unread = unread - (OLD.inbox = 1 AND OLD.read_at IS NULL),
    deleted = deleted - (OLD.inbox = 2)
  WHERE agent_id = OLD.recipient_agent_id AND author_id = OLD.author_id;
  DELETE FROM inbox_author_counts WHERE agent_id = OLD.recipient_agent_id
    AND author_id = OLD.author_id AND total = 0 AND deleted = 0;
END;
CREATE TRIGGER count_change AFTER UPDATE OF read_at, inbox ON message_deliveries
WHEN OLD.inbox > 0 BEGIN
  UPDATE inbox_counts SET
    total = total + (NEW.inbox != 2) - (OLD.inbox != 2),
    unread = unread + (NEW.inbox = 1 AND NEW.read_at IS NULL)
                    - (OLD.inbox = 1 AND OLD.read_at IS NULL),
    own = own + (NEW.inbox = 3) - (OLD.inbox = 3),
    deleted = deleted + (NEW.inbox = 2) - (OLD.inbox = 2)
  WHERE agent_id = NEW.recipient_agent_id;
  UPDATE inbox_author_counts SET
    total = total + (NEW.inbox != 2) - (OLD.inbox != 2),
    unread = unread + (NEW.inbox = 1 AND NEW.read_at IS NULL)
                    - (OLD.inbox = 1 AND OLD.read_at IS NULL),
    deleted = deleted + (NEW.inbox = 2) - (OLD.inbox = 2)
  WHERE agent_id = NEW.recipient_agent_id AND author_id = NEW.author_id;
END;
"""

_AUTHORS: Final = """
CREATE TRIGGER count_message AFTER INSERT ON messages BEGIN
  INSERT INTO author_counts (agent_id, total, deleted)
  VALUES (NEW.agent_id, NEW.deleted = 0, NEW.deleted != 0)
  ON CONFLICT (agent_id) DO UPDATE SET
    total = total + excluded.total, deleted = deleted + excluded.deleted;
END;
CREATE TRIGGER count_message_gone AFTER DELETE ON messages BEGIN
  UPDATE author_counts SET
    total = total - (OLD.deleted = 0), deleted = deleted - (OLD.deleted != 0)
  WHERE agent_id = OLD.agent_id;
  DELETE FROM author_counts WHERE agent_id = OLD.agent_id AND total = 0 AND deleted = 0;
END;
CREATE TRIGGER count_message_change AFTER UPDATE OF deleted ON messages
WHEN OLD.deleted != NEW.deleted BEGIN
  UPDATE author_counts SET
    total = total + (NEW.deleted = 0) - (OLD.deleted = 0),
    deleted = deleted + (NEW.deleted != 0) - (OLD.deleted != 0)
  WHERE agent_id = NEW.agent_id;
END;
"""


def _pair_triggers(kind: str, counted: str) -> str:
    """Those of `message_scopes` or `message_refs`; `counted`: which rows count, of a row's name."""
    new, old = counted.format("NEW"), counted.format("OLD")
    pair = f"kind = '{kind}' AND type = OLD.{kind}_type AND value = OLD.{kind}_value"
    of_message = (
        f"(kind, type, value) IN (SELECT '{kind}', {kind}_type, {kind}_value"
        f" FROM message_{kind}s p WHERE p.message_id = NEW.message_id AND {counted.format('p')})"
    )
    readers = (
        "(SELECT recipient_agent_id FROM message_deliveries"
        " WHERE message_id = {0}.message_id AND read_at IS NOT NULL)"
    )
    deleted, author = (
        f"(SELECT {column} FROM messages WHERE message_id = OLD.message_id)"
        for column in ("deleted", "agent_id")
    )
    return f"""
CREATE TRIGGER count_{kind} AFTER INSERT ON message_{kind}s WHEN {new} BEGIN
  INSERT INTO pair_counts (kind, type, value, author_id, total, deleted)
  SELECT '{kind}', NEW.{kind}_type, NEW.{kind}_value, agent_id, deleted = 0, deleted != 0
  FROM messages WHERE message_id = NEW.message_id
  ON CONFLICT (kind, type, value, author_id) DO UPDATE SET
    total = total + excluded.total, deleted = deleted + excluded.deleted;
  INSERT INTO pair_reads (kind, type, value, agent_id, total)
  SELECT '{kind}', NEW.{kind}_type, NEW.{kind}_value, d.recipient_agent_id, 1
  FROM message_deliveries d CROSS JOIN messages m ON m.message_id = d.message_id
  WHERE d.message_id = NEW.message_id AND d.read_at IS NOT NULL AND m.deleted = 0
  ON CONFLICT (kind, type, value, agent_id) DO UPDATE SET total = total + 1;
END;
CREATE TRIGGER count_{kind}_gone AFTER DELETE ON message_{kind}s WHEN {old} BEGIN
  UPDATE pair_counts SET
    total = total - ({deleted} = 0), deleted = pair_counts.deleted - ({deleted} != 0)
  WHERE {pair} AND author_id = {author};
  DELETE FROM pair_counts
  WHERE {pair} AND author_id = {author} AND total = 0 AND pair_counts.deleted = 0;
  UPDATE pair_reads SET total = total - 1
  WHERE {pair} AND agent_id IN {readers.format("OLD")} AND {deleted} = 0;
  DELETE FROM pair_reads WHERE {pair} AND total = 0;
END;
CREATE TRIGGER count_{kind}_deleted AFTER UPDATE OF deleted ON messages
WHEN OLD.deleted = 0 AND NEW.deleted != 0 BEGIN
  UPDATE pair_counts SET total = total - 1, deleted = deleted + 1
  WHERE {of_message} AND author_id = NEW.agent_id;
  UPDATE pair_reads SET total = total - 1
  WHERE {of_message} AND agent_id IN {readers.format("NEW")};
  DELETE FROM pair_reads WHERE {of_message} AND total = 0;
END;
{_pair_readings(kind, counted, of_message)}"""


def _pair_readings(kind: str, counted: str, of_message: str) -> str:
    """Those by which readings count for the scopes or refs of what was read."""
    put = f"""
  INSERT INTO pair_reads (kind, type, value, agent_id, total)
  SELECT '{kind}', {kind}_type, {kind}_value, NEW.recipient_agent_id, 1
  FROM message_{kind}s p CROSS JOIN messages m ON m.message_id = p.message_id
  WHERE p.message_id = NEW.message_id AND {counted.format("p")} AND m.deleted = 0
  ON CONFLICT (kind, type, value, agent_id) DO UPDATE SET total = total + 1;
"""
    gone = of_message.replace("NEW.", "OLD.")
    return f"""
CREATE TRIGGER count_{kind}_read_first AFTER INSERT ON message_deliveries
WHEN NEW.read_at IS NOT NULL BEGIN {put} END;
CREATE TRIGGER count_{kind}_read_later AFTER UPDATE OF read_at ON message_deliveries
WHEN OLD.read_at IS NULL AND NEW.read_at IS NOT NULL BEGIN {put} END;
CREATE TRIGGER count_{kind}_unread AFTER DELETE ON message_deliveries
WHEN OLD.read_at IS NOT NULL BEGIN
  UPDATE pair_reads SET total = total - 1
  WHERE {gone} AND agent_id = OLD.recipient_agent_id
    AND (SELECT deleted FROM messages WHERE message_id = OLD.message_id) = 0;
  DELETE FROM pair_reads WHERE {gone} AND agent_id = OLD.recipient_agent_id AND total = 0;
END;
"""


_READERS: Final = """
SELECT recipient_agent_id FROM message_deliveries WHERE message_id = {0}.message_id
  AND recipient_agent_id BETWEEN 'user:' AND 'user;'
  AND recipient_agent_id != {0}.recipient_agent_id AND read_at IS NOT NULL
"""
_HOLDERS: Final = """
SELECT recipient_agent_id FROM message_deliveries WHERE message_id = {0}.message_id
  AND inbox IN (1, 3) AND recipient_agent_id != {0}.recipient_agent_id
"""
_BY_A_PERSON: Final = "{0}.recipient_agent_id BETWEEN 'user:' AND 'user;'"


def _one_more(agents: str, persons: str, of: str) -> str:
    return f"""
  INSERT INTO inbox_reads (agent_id, person_id, total)
  SELECT {agents}, {persons}, 1 FROM ({of}) WHERE true
  ON CONFLICT (agent_id, person_id) DO UPDATE SET total = total + 1;
"""


def _one_less(which: str) -> str:
    return f"""
  UPDATE inbox_reads SET total = total - 1 WHERE {which};
  DELETE FROM inbox_reads WHERE {which} AND total = 0;
"""


def _reads_of_inboxes() -> str:
    """Those that keep how much of each inbox each person has read."""
    me, you = "NEW.recipient_agent_id", "recipient_agent_id"
    held = _one_more(me, you, _READERS.format("NEW"))
    read = _one_more(you, me, _HOLDERS.format("NEW"))
    not_held = _one_less(
        f"agent_id = OLD.recipient_agent_id AND person_id IN ({_READERS.format('OLD')})"
    )
    not_read = _one_less(
        f"person_id = OLD.recipient_agent_id AND agent_id IN ({_HOLDERS.format('OLD')})"
    )
    new, old = _BY_A_PERSON.format("NEW"), _BY_A_PERSON.format("OLD")
    return f"""
CREATE TRIGGER count_held AFTER INSERT ON message_deliveries
WHEN NEW.inbox IN (1, 3) BEGIN {held} END;
CREATE TRIGGER count_read_at_once AFTER INSERT ON message_deliveries
WHEN NEW.read_at IS NOT NULL AND {new} BEGIN {read} END;
CREATE TRIGGER count_read AFTER UPDATE OF read_at ON message_deliveries
WHEN OLD.read_at IS NULL AND NEW.read_at IS NOT NULL AND {new} BEGIN {read} END;
CREATE TRIGGER count_held_deleted AFTER UPDATE OF inbox ON message_deliveries
WHEN OLD.inbox IN (1, 3) AND NEW.inbox = 2 BEGIN {not_held} END;
CREATE TRIGGER count_not_held AFTER DELETE ON message_deliveries
WHEN OLD.inbox IN (1, 3) BEGIN {not_held} END;
CREATE TRIGGER count_not_read AFTER DELETE ON message_deliveries
WHEN OLD.read_at IS NOT NULL AND {old} BEGIN {not_read} END;
"""


TRIGGERS: Final = (
    _INBOXES
    + _AUTHORS
    + _pair_triggers("scope", "true")
    + _pair_triggers("ref", "{0}.ref_type != 'reply_to'")
    + _reads_of_inboxes()
)
"""They keep every table of `TABLES`."""

COUNT_AGAIN: Final = """
INSERT INTO inbox_counts (agent_id, total, unread, own, deleted)
SELECT recipient_agent_id, sum(inbox != 2), sum(inbox = 1 AND read_at IS NULL), sum(inbox = 3),
       sum(inbox = 2)
FROM message_deliveries WHERE inbox > 0 GROUP BY recipient_agent_id;
INSERT INTO inbox_author_counts (agent_id, author_id, total, unread, deleted)
SELECT recipient_agent_id, author_id, sum(inbox != 2), sum(inbox = 1 AND read_at IS NULL),
       sum(inbox = 2)
FROM message_deliveries WHERE inbox > 0 GROUP BY recipient_agent_id, author_id;
INSERT INTO inbox_reads (agent_id, person_id, total)
SELECT h.recipient_agent_id, r.recipient_agent_id, count(*)
FROM message_deliveries r CROSS JOIN message_deliveries h ON h.message_id = r.message_id
WHERE r.recipient_agent_id BETWEEN 'user:' AND 'user;' AND r.read_at IS NOT NULL
  AND h.inbox IN (1, 3) AND h.recipient_agent_id != r.recipient_agent_id
GROUP BY 1, 2;
INSERT INTO author_counts (agent_id, total, deleted)
SELECT agent_id, sum(deleted = 0), sum(deleted != 0) FROM messages GROUP BY agent_id;
""" + "".join(
    f"""
INSERT INTO pair_counts (kind, type, value, author_id, total, deleted)
SELECT '{kind}', p.{kind}_type, p.{kind}_value, m.agent_id, sum(m.deleted = 0), sum(m.deleted != 0)
FROM message_{kind}s p CROSS JOIN messages m ON m.message_id = p.message_id
WHERE {counted} GROUP BY 2, 3, 4;
INSERT INTO pair_reads (kind, type, value, agent_id, total)
SELECT '{kind}', p.{kind}_type, p.{kind}_value, d.recipient_agent_id, count(*)
FROM message_{kind}s p CROSS JOIN messages m ON m.message_id = p.message_id
CROSS JOIN message_deliveries d ON d.message_id = p.message_id
WHERE {counted} AND d.read_at IS NOT NULL AND m.deleted = 0 GROUP BY 2, 3, 4;
"""
    for kind, counted in (("scope", "true"), ("ref", "p.ref_type != 'reply_to'"))
)
"""Fills `TABLES`, which are empty, from what they count."""

TABLES: Final = (
    "inbox_counts",
    "inbox_author_counts",
    "inbox_reads",
    "author_counts",
    "pair_counts",
    "pair_reads",
)
"""The tables with numbers."""

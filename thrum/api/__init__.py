"""Thrum for programs in Python: mail, the team, and waiting for either, on the daemon's socket.

What is named here stays as it is within a major version, and is all that is promised of this
package; docs/python.md shows it at work. `thrum.api.aio` has the same for event loops.
"""

from __future__ import annotations

from thrum.api.connection import Connection, connect
from thrum.api.faults import Away, Broken, Nobody, Refused, Unanswered, Unknown, Unsure
from thrum.api.records import Me, Member, Message, Reached, Sent
from thrum.api.waiting import Waiting
from thrum.errors import ThrumError

__all__ = [
    "Away",
    "Broken",
    "Connection",
    "Me",
    "Member",
    "Message",
    "Nobody",
    "Reached",
    "Refused",
    "Sent",
    "ThrumError",
    "Unanswered",
    "Unknown",
    "Unsure",
    "Waiting",
    "connect",
]

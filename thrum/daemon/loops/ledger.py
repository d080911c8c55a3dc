"""All exchanges, and which messages wait because of which of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from thrum.daemon.loops import exchange as rules
from thrum.daemon.loops import rounds
from thrum.daemon.loops.exchange import NEVER_NS, Exchange, Heads, Stage
from thrum.daemon.loops.rounds import Rounds

LEAST_IN_A_THREAD: Final = 3
MOST: Final = 5000
"""Exchanges that are kept in mind; of more, those that were heard of last."""


class Said(Struct, frozen=True):
    """A message, as far as it matters here.

    Attributes:
        message_id: its id.
        author: who wrote it.
        by_person: whether a person did, also one who spoke for an agent.
        thread: its thread, if it answers something.
        answered: the agent that wrote what it answers; empty if none did.
        others: the agents that it goes to, besides its author.
        is_broadcast: whether it goes to everyone, and so to nobody in particular.
    """

    message_id: str
    author: str
    by_person: bool = False
    thread: str = ""
    answered: str = ""
    others: frozenset[str] = frozenset()
    is_broadcast: bool = False


class Ledger(Struct):
    """The exchanges by key.

    Attributes:
        exchanges: those that anything was said in within the hour, or that are held.
        waits: by the id of a message the exchanges because of which it waits, and until when.
        freed: agents for whom something waits no more.
        rounds: which way words went from agent to agent.
    """

    exchanges: dict[str, Exchange] = field(default_factory=dict)
    waits: dict[str, dict[str, int]] = field(default_factory=dict)
    freed: set[str] = field(default_factory=set)
    rounds: Rounds = field(default_factory=Rounds)

    def hear(self, message: Said, now_ns: int, limit: int, heads: Heads) -> list[Exchange]:
        """Takes a message in; those exchanges that are held because of it."""
        if message.by_person:
            to = self._meant_by_person(message)
            self._free(each for each in self.exchanges.values() if not each.parties.isdisjoint(to))
            self.rounds.forget(to)
            return []
        held = []
        for began, least in self._meant(message, now_ns, heads):
            found = rules.said(began, message.author, now_ns, limit, least)
            self.exchanges[found.key] = found
            due = rules.due_ns(found, now_ns, limit)
            if due:
                self.waits.setdefault(message.message_id, {})[found.key] = due
            if found.stage is Stage.HELD and began.stage is not Stage.HELD:
                held.append(self._held(found, message.message_id))
        return held

    def _meant_by_person(self, message: Said) -> frozenset[str]:
        """Those to whom a person wrote, or who take part in the thread."""
        thread = self.exchanges.get(message.thread)
        to = message.others | {message.answered, message.author}
        return to | thread.parties if thread is not None else to

    def _meant(self, message: Said, now_ns: int, heads: Heads) -> Iterator[tuple[Exchange, int]]:
        """The exchanges that it is part of, with the parties below which nothing counts there."""
        author = message.author
        others = set() if message.is_broadcast else set(message.others)
        spoken_to = sorted((others | {message.answered}) - {"", author})
        for other in spoken_to:
            key = rules.pair_key(author, other)
            # Who is answered spoke before, in whatever way.
            last = other if other == message.answered else author
            yield self._known(key, {author, other}, last, now_ns, heads), 2
        if message.thread and message.answered:
            parties = {author, message.answered}
            found = self._known(message.thread, parties, message.answered, now_ns, heads)
            yield found, LEAST_IN_A_THREAD
        for each in self.rounds.say(author, spoken_to, now_ns):
            yield self._known(rounds.key(each), set(each), each[-2], now_ns, heads), rounds.LEAST

    def _known(self, key: str, parties: set[str], last: str, now_ns: int, heads: Heads) -> Exchange:
        found = self.exchanges.pop(key, None)  # the one that was heard of last is forgotten last
        if found is None or (rules.is_over(found, now_ns) and not found.is_strained):
            found = Exchange(key, frozenset(parties), last, now_ns)
        return self._committed(found, heads)

    def _committed(self, found: Exchange, heads: Heads) -> Exchange:
        after = rules.committed(found, heads)
        if found.is_strained and not after.is_strained:
            self._bring(found)
        return after

    def _held(self, found: Exchange, message_id: str) -> Exchange:
        """Holds what was only slowed, and has everybody told unless a wider one was told of."""
        for waits in self.waits.values():
            if found.key in waits:
                waits[found.key] = NEVER_NS
        wider = any(
            each.stage is Stage.HELD and each.parties >= found.parties
            for each in self.exchanges.values()
            if each.key != found.key
        )
        told = replace(found, told_by="" if wider else message_id)
        self.exchanges[found.key] = told
        return told

    def look(self, heads: Heads) -> None:
        """Frees exchanges of whose parties one has committed."""
        for found in list(self.exchanges.values()):
            if not found.parties.isdisjoint(heads):
                self.exchanges[found.key] = self._committed(found, heads)

    def release(self, keys: Iterable[str]) -> None:
        """Frees these."""
        self._free(self.exchanges[key] for key in keys)

    def told(self, key: str) -> None:
        """Notes that everybody knows that an exchange is held."""
        self.exchanges[key] = replace(self.exchanges[key], told_by="")

    def _free(self, those: Iterable[Exchange]) -> None:
        for found in list(those):
            self.exchanges[found.key] = rules.freed(found)
            if found.is_strained:
                self._bring(found)

    def pass_time(self, now_ns: int) -> None:
        """Forgets what is over, and what waits no more."""
        for found in list(self.exchanges.values()):
            if rules.is_over(found, now_ns):
                if found.is_strained:
                    self._bring(found)
                del self.exchanges[found.key]
        self._bring_due(now_ns)
        self.rounds.pass_time(now_ns)
        free = [each.key for each in self.exchanges.values() if not each.is_strained]
        for key in free[: max(len(self.exchanges) - MOST, 0)]:
            del self.exchanges[key]

    def _bring(self, found: Exchange) -> None:
        self._drop([(each, found.key) for each, waits in self.waits.items() if found.key in waits])
        self.freed |= found.parties

    def _bring_due(self, now_ns: int) -> None:
        due = [
            (each, key)
            for each, waits in self.waits.items()
            for key, moment in waits.items()
            if moment <= now_ns
        ]
        self._drop(due)
        for _, key in due:
            self.freed |= self.exchanges[key].parties

    def _drop(self, those: Iterable[tuple[str, str]]) -> None:
        """Has messages wait no more because of exchanges."""
        for message_id, key in those:
            waits = self.waits[message_id]
            del waits[key]
            if not waits:
                del self.waits[message_id]

    def holder(self, agent_id: str, message_id: str, now_ns: int) -> Exchange | None:
        """The exchange because of which the message is not brought to the agent now."""
        for key, due in self.waits.get(message_id, {}).items():
            found = self.exchanges.get(key)
            if found is not None and due > now_ns and agent_id in found.parties:
                return found
        return None

    def next_due_ns(self, agent_id: str, now_ns: int) -> int:
        """When the first of what waits for the agent is brought; `NEVER_NS` if nothing does."""
        dues = (
            due
            for waits in self.waits.values()
            for key, due in waits.items()
            if due > now_ns and agent_id in self.exchanges[key].parties
        )
        return min(dues, default=NEVER_NS)

    def strained(self) -> list[Exchange]:
        """Those that are slowed or held, the oldest first."""
        found = [each for each in self.exchanges.values() if each.is_strained]
        return sorted(found, key=lambda each: (each.since_ns, each.key))

    def waiting(self, key: str) -> int:
        """How many messages wait because of an exchange."""
        return sum(key in waits for waits in self.waits.values())

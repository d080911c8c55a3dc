"""Who a message reaches: one pure decision that inbox, wait, unread counts and pushes share.

The rules, in order; the first that holds names the way:

1. the agent is among the recipients that were resolved when the message was sent;
2. a mention names the agent's id;
3. a mention names the agent's role;
4. a group scope names a group that now holds the agent, its role or everybody;
5. the message is a broadcast, said or implied (no mention, no group, no broadcast at all).

Rules 3 to 5 reach only agents that registered before the message was made and never its author;
rule 5 spares proxies and pseudo agents. What was sent before an agent was cleaned up is gone for
it, whatever the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol

from thrum.names import is_proxy

EVERY_ROLE: Final = "*"
SYSTEM: Final = "system"
"""Who writes what the daemon itself says; it takes no answer."""


def group_note(name: str) -> str:
    """What a program is told where it may have taken a group for an agent."""
    return f"@{name} is a group, not one agent"


def author_of(message: Mapping[str, Any]) -> str:
    """Who wrote a message, as ``message.get`` tells it; empty where it does not say."""
    author = message.get("author")
    return str(author.get("agent_id", "")) if isinstance(author, dict) else ""


def answered_to(message: Mapping[str, Any], me: str) -> tuple[bool, list[str]]:
    """To whom an answer goes: whether to everyone, and whom it mentions; never oneself.

    A message that went to everyone is answered to everyone. Somebody else's mention of the
    caller is not repeated. The role that the caller shares is: others were asked by it too.

    Args:
        message: what is answered, as ``message.get`` tells it.
        me: who answers.
    """
    reached = [*(message.get("refs") or ()), *(message.get("scopes") or ())]
    author = author_of(message)
    mentions = [author] if author and author != me else []
    for pair in reached:
        kind, value = pair.get("type"), str(pair.get("value", ""))
        if kind == "mention" and value.removeprefix("@") != me:
            mentions.append(value)
        elif kind == "group":
            mentions.append(f"@{value.removeprefix('@')}")
    everyone = any(pair.get("type") == "broadcast" for pair in reached)
    untargeted = not everyone and not any(
        pair.get("type") in {"mention", "group"} for pair in reached
    )
    return everyone or untargeted, list(dict.fromkeys(mentions))


class Via(StrEnum):
    """The way a message came to an agent, as stored beside the delivery."""

    RECIPIENT = "recipient"
    MENTION = "mention"
    ROLE = "role"
    GROUP = "group"
    BROADCAST = "broadcast"
    AUTHOR = "author"
    """The author's own copy: no part of an inbox."""
    RECEIPT = "receipt"
    """Known only from a read receipt, the addressing itself being lost."""


class Addressed(NamedTuple):
    """What the decision needs to know of a message; times are fixed-width text."""

    author: str
    created_at: str
    recipients: frozenset[str] = frozenset()
    mentions: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    broadcast: bool = False


class AgentEntry(NamedTuple):
    """What the decision needs to know of an agent.

    Args:
        registered_at: the earliest registration; empty while none is known.
        cleaned_at: the latest clean-up; empty when there was none.
    """

    agent_id: str
    kind: str = "agent"
    role: str = ""
    registered_at: str = ""
    cleaned_at: str = ""


class Group(NamedTuple):
    """A group's members: agents by id, and roles (`EVERY_ROLE` holds every agent)."""

    agents: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()

    def holds(self, agent: AgentEntry) -> bool:
        """Whether the agent is a member by id or by role."""
        return agent.agent_id in self.agents or EVERY_ROLE in self.roles or agent.role in self.roles


Groups = Mapping[str, Group]
"""Groups by name."""


class Agents(Protocol):
    """Where `audience` looks agents up."""

    def entry(self, agent_id: str) -> AgentEntry:
        """The agent, or a blank entry for an id that is not registered."""

    def with_role(self, role: str) -> Iterable[AgentEntry]:
        """Every registered agent of that role."""

    def everyone(self) -> Iterable[AgentEntry]:
        """Every registered agent."""


def mentioned(message: Addressed, agent_id: str) -> bool:
    """Whether a mention names the id, with or without the ``user:`` prefix."""
    return agent_id in message.mentions or f"user:{agent_id}" in message.mentions


def hears_broadcasts(agent: AgentEntry) -> bool:
    """Whether a broadcast is meant for such an agent at all."""
    return agent.kind != "monitor" and not is_proxy(agent.agent_id)


def reaches(message: Addressed, agent: AgentEntry, groups: Groups) -> Via | None:
    """The way the message reaches the agent, or ``None``."""
    if message.created_at <= agent.cleaned_at:
        return None
    if agent.agent_id in message.recipients:
        return Via.RECIPIENT
    if not agent.registered_at:
        return None
    if message.mentions and mentioned(message, agent.agent_id):
        return Via.MENTION
    if agent.agent_id == message.author or message.created_at <= agent.registered_at:
        return None
    if agent.role in message.mentions:
        return Via.ROLE
    for name in message.groups:
        group = groups.get(name)
        if group is not None and group.holds(agent):
            return Via.GROUP
    if message.broadcast and hears_broadcasts(agent):
        return Via.BROADCAST
    return None


def audience(message: Addressed, agents: Agents, groups: Groups) -> dict[str, Via]:
    """Every agent that the message reaches, with the way; the same as asking `reaches` of each."""
    found = {}
    for agent in _candidates(message, agents, groups):
        via = reaches(message, agent, groups)
        if via is not None:
            found[agent.agent_id] = via
    return found


def settled_since(message: Addressed, agents: Agents, groups: Groups) -> str:
    """The time after which a message so addressed has one and the same audience, whenever made."""
    times = [
        max(agent.registered_at, agent.cleaned_at) for agent in _candidates(message, agents, groups)
    ]
    return max(times, default="")


def _candidates(message: Addressed, agents: Agents, groups: Groups) -> Iterable[AgentEntry]:
    """Every agent that the message may reach; some of them twice."""
    named = message.recipients | message.mentions
    for name in named:
        yield agents.entry(name)
    for name in message.mentions:
        bare = name.removeprefix("user:")
        if bare not in named:
            yield agents.entry(bare)
        yield from agents.with_role(name)
    if message.broadcast:
        yield from agents.everyone()
        return
    for name in message.groups:
        group = groups.get(name)
        if group is not None:
            yield from members(group, agents)


def members(group: Group, agents: Agents) -> Iterable[AgentEntry]:
    """The registered agents that a group holds, and blank entries for ids it names besides."""
    if EVERY_ROLE in group.roles:
        yield from agents.everyone()
    for agent_id in group.agents:
        yield agents.entry(agent_id)
    for role in group.roles:
        yield from agents.with_role(role)


@dataclass(slots=True)
class Register:
    """Agents by id and by role; the plain `Agents`."""

    agents: dict[str, AgentEntry] = field(default_factory=dict)
    cleaned: dict[str, str] = field(default_factory=dict)
    _roles: dict[str, dict[str, AgentEntry]] = field(default_factory=dict)

    def put(self, agent: AgentEntry) -> None:
        """Adds the agent, or replaces what was known of it."""
        self.drop(agent.agent_id)
        self.agents[agent.agent_id] = agent
        self._roles.setdefault(agent.role, {})[agent.agent_id] = agent

    def drop(self, agent_id: str) -> None:
        """Forgets the agent, if it is known."""
        known = self.agents.pop(agent_id, None)
        if known is not None:
            del self._roles[known.role][agent_id]

    def entry(self, agent_id: str) -> AgentEntry:
        """See `Agents.entry`."""
        known = self.agents.get(agent_id)
        if known is not None:
            return known
        return AgentEntry(agent_id, cleaned_at=self.cleaned.get(agent_id, ""))

    def with_role(self, role: str) -> Iterable[AgentEntry]:
        """See `Agents.with_role`."""
        return self._roles.get(role, {}).values()

    def everyone(self) -> Iterable[AgentEntry]:
        """See `Agents.everyone`."""
        return self.agents.values()

"""Where a message goes: names of agents, roles and groups, worked out when it is sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from thrum.audience import group_note
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries.targets import everyone_but, known_as, meant_by, target_names
from thrum.daemon.store import Transaction
from thrum.errors import ThrumError
from thrum.events import Pair
from thrum.names import bare, is_person, is_proxy
from thrum.suggest import did_you_mean

EVERYONE = "everyone"
KINDS = frozenset({"role", "group", "user"})
"""What may stand before a name to say of what it is one."""


@dataclass
class Addressing:
    """Where a message goes, as it is worked out."""

    scopes: list[Pair] = field(default_factory=list)
    refs: list[Pair] = field(default_factory=list)
    audiences: list[Pair] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    resolved: int = 0


def address(
    transaction: Transaction,
    author: str,
    to: str,
    mentions: Sequence[str],
    *,
    demanded: bool,
    virtual: Callable[[str], bool],
    itself: Callable[[Transaction, str], str] = lambda _, name: name,
) -> Addressing:
    """Works out the targets; without any the message goes to everyone.

    Args:
        transaction: sees who is registered now.
        author: who writes.
        to: an agent's id or everyone; may be empty.
        mentions: agents, roles, groups. Where one name stands for several of them,
            ``role:tester`` and ``group:crew`` say which is meant.
        demanded: whether a message without a target is refused.
        virtual: whether a name that nobody is registered under can be written to all the same,
            as somebody who answers the supervisor does.
        itself: to which id a message for a name goes, where that is said of somebody who is known
            by another name as well.

    Raises:
        ThrumError: ``unknown_recipient``, naming every one, or saying that `to` is no agent;
            ``invalid_params`` where a recipient is demanded and none is named.
    """
    found = Addressing()
    direct = itself(transaction, bare(to.strip()))
    if to:
        _add_direct(transaction, found, author, direct)
    for mention in dict.fromkeys(itself(transaction, bare(each.strip())) for each in mentions):
        if mention and mention != direct:
            _add_mention(transaction, found, author, mention, virtual)
    if found.unknown:
        names = ", ".join(f"@{name}" for name in found.unknown)
        elsewhere = (
            "who is behind a peer comes and goes with it, see `thrum peer status`"
            if any(is_proxy(name) for name in found.unknown)
            else "who works in another clone comes with `thrum sync force`"
        )
        raise ThrumError(
            "unknown_recipient",
            f"unknown recipient: {names}",
            f"{nearest(transaction.db, found.unknown)}see `thrum team --all`; {elsewhere}; "
            "--broadcast sends to everyone",
        )
    if found.resolved == 0:
        if demanded:
            raise ThrumError(
                "invalid_params", "a recipient is required here", "name one with --to @agent"
            )
        found.audiences.append(Pair("broadcast", EVERYONE))
        found.recipients += _everyone_else(transaction, author)
    return found


def nearest(db: sqlite3.Connection, unknown: Sequence[str]) -> str:
    """Names near to those that nobody bears, as the beginning of a hint.

    What says which kind is meant is compared with nothing: a person is called by the bare name,
    and so is a group or a role.
    """
    names = target_names(db)
    known = sorted({f"@{_without_kind(each)}" for each in names})
    said = (
        _behind(each, names) or did_you_mean(f"@{_without_kind(each)}", known) for each in unknown
    )
    return "".join(f"{each}; " for each in dict.fromkeys(said) if each)


def _behind(unknown: str, names: Sequence[str]) -> str:
    """Who bears the name behind a peer or another bridge; empty if nobody does."""
    found = [each for each in names if is_proxy(each) and each.endswith(f":{unknown}")]
    return f"did you mean {' or '.join(f'@{each}' for each in found[:3])}?" if found else ""


def _without_kind(name: str) -> str:
    kind, colon, rest = name.partition(":")
    return rest if colon and kind in KINDS else name


def _add_direct(transaction: Transaction, found: Addressing, author: str, name: str) -> None:
    """Adds the one target of `to`: an agent's id, or everyone."""
    if name == EVERYONE:
        _add_everyone(transaction, found, author)
    elif transaction.people(agent_queries.agent, name):
        _add_agent(found, name)
    elif not is_person(name) and transaction.people(agent_queries.agent, f"user:{name}"):
        _add_agent(found, f"user:{name}")
    else:
        meant = transaction.people(meant_by, name)
        if meant is not None:
            raise ThrumError(
                "unknown_recipient",
                f"@{meant.name} is a {meant.kind}, and `to` takes one agent",
                "name it in `mentions`",
            )
        found.unknown.append(name)


def _add_agent(found: Addressing, agent_id: str) -> None:
    found.refs.append(Pair("mention", agent_id))
    found.audiences.append(Pair("agent", agent_id))
    found.recipients.append(agent_id)
    found.resolved += 1


def _add_everyone(transaction: Transaction, found: Addressing, author: str) -> None:
    pair = Pair("broadcast", EVERYONE)
    found.scopes.append(pair)
    found.refs.append(pair)
    found.audiences.append(pair)
    found.recipients += _everyone_else(transaction, author)
    found.resolved += 1


def _add_mention(
    transaction: Transaction,
    found: Addressing,
    author: str,
    name: str,
    virtual: Callable[[str], bool],
) -> None:
    """Adds a target that may be an agent, a role or a group."""
    if name == EVERYONE:
        _add_everyone(transaction, found, author)
        return
    meant = transaction.people(meant_by, name)
    if meant is None:
        _add_unregistered(transaction, found, name, virtual)
        return
    name = meant.name
    if Pair(meant.kind, name) in found.audiences:
        return  # It was named twice, with and without its kind.
    # Whoever writes to a role or group of their own does not write to themselves.
    found.recipients += [each for each in meant.agent_ids if each != author or each == name]
    found.resolved += 1
    found.audiences.append(Pair(meant.kind, name))
    if meant.kind == "group":
        pair = Pair("group", name)
        found.scopes.append(pair)
        found.refs.append(pair)
        namesakes = _add_namesakes(transaction, found, author, name)
        alone = not namesakes and not set(meant.agent_ids) - {author}
        found.warnings += warnings(name, alone=alone, namesakes=namesakes)
    else:
        found.refs.append(Pair("mention", name))


def _add_unregistered(
    transaction: Transaction, found: Addressing, name: str, virtual: Callable[[str], bool]
) -> None:
    """Adds a person by the bare name, or who can be written to all the same; else it is unknown."""
    if not is_person(name) and transaction.people(agent_queries.agent, f"user:{name}"):
        _add_agent(found, f"user:{name}")
    elif virtual(name):
        _add_agent(found, name)
    else:
        found.unknown.append(name)


def warnings(group: str, *, alone: bool, namesakes: bool) -> list[str]:
    """What a sender is told of a group among the targets.

    Args:
        group: its name.
        alone: whether nobody but the sender is in it.
        namesakes: whether agents have its name as theirs or as their role.
    """
    said = [group_note(group)]
    if alone:
        said.append(f"nobody else is in @{group}, so nobody gets it now")
    if namesakes:
        said.append(f"@{group} is an agent's name or role too; they got it as well")
    return said


def _add_namesakes(transaction: Transaction, found: Addressing, author: str, name: str) -> bool:
    """Adds agents whose id or role is the group's name: two clones may have chosen one name.

    Here such names are refused, but neither clone knew of the other's; nobody loses mail by it.
    """
    namesakes = [each for each in transaction.people(known_as, name) if each != author]
    if namesakes:
        found.recipients += namesakes
        found.refs.append(Pair("mention", name))
    return bool(namesakes)


def _everyone_else(transaction: Transaction, author: str) -> list[str]:
    """All agents and people but the author; not those behind a bridge, nor pseudo agents."""
    return [each for each in transaction.people(everyone_but, author) if not is_proxy(each)]

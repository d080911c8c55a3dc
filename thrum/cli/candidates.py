"""Values that may stand on a line: what the daemon, the disk and the code know of.

Looking changes nothing: no daemon is started, nothing is marked as read, and the exchange with
the remote does not take it for somebody who waits for mail.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from thrum.cli.render.ids import ShortIds
from thrum.cli.render.messages import body_text
from thrum.cli.render.times import ago_words
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.cli.context import Context
    from thrum.cli.takes import Kind, Takes
    from thrum.client import Client

LIMIT_S: Final = 0.8
"""Seconds that all questions of one line may take together: with the start of the program it is
less than one, for a person waits."""

PAGE: Final = 100
"""Messages and sessions that are offered, the newest ones."""

LOOKED_AT: Final = 5_000
"""Names in a directory that are looked at."""

Row = dict[str, Any]


class Candidate(NamedTuple):
    """A word that may stand there, and one line about it, which may be empty."""

    value: str
    about: str = ""


class Known:
    """What can be asked, within `LIMIT_S` from its beginning; the connection opens when needed."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._end = context.monotonic() + LIMIT_S
        self._client: Client | None = None
        self._told: dict[str, Row] = {}

    def rows(self, method: str, key: str, **params: object) -> list[Row]:
        """The list in the daemon's answer.

        Raises:
            ThrumError: as `ask`.
        """
        listed = self.ask(method, params).get(key)
        return [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []

    def ask(self, method: str, params: Mapping[str, object]) -> Row:
        """The daemon's answer, which is asked for once; one that is a list by the key ``rows``.

        Raises:
            ThrumError: nobody answers in time, or the daemon refuses.
        """
        if method not in self._told:
            left = self._end - self.context.monotonic()
            if left <= 0:
                raise ThrumError("timed_out", "there is no time left to ask")
            if self._client is None:
                self._client = self.context.connect(self.context.socket, left)
            answer = self._client.call(method, params, left)
            self._told[method] = answer if isinstance(answer, dict) else {"rows": answer}
        return self._told[method]

    def close(self) -> None:
        """Hangs up."""
        if self._client is not None:
            self._client.close()


def values(known: Known, takes: Takes, typed: str) -> list[Candidate]:
    """What a parameter may take, of which the typed text is the beginning.

    What cannot be known is left out: a daemon that is away hides its agents, not the words that
    are known without it.
    """
    found = [Candidate(word) for word in takes.words]
    for kind in takes.kinds:
        try:
            found += SOURCES[kind](known, typed)
        except (ThrumError, OSError):
            continue
    return list({each.value: each for each in found if each.value.startswith(typed)}.values())


def _addressed(found: Iterable[Candidate], typed: str) -> Iterator[Candidate]:
    """With the ``@`` that people write before names, unless they began without one."""
    at = "@" if typed[:1] in {"", "@"} else ""
    return (Candidate(f"{at}{value}", about) for value, about in found)


def _agents(known: Known, typed: str) -> Iterator[Candidate]:
    return _addressed(_names(known, typed), typed)


def _names(known: Known, _typed: str) -> Iterator[Candidate]:
    rows = known.rows("agent.list", "agents")
    for row in sorted(rows, key=lambda row: _text(row, "agent_id")):
        about = (_text(row, key) for key in ("role", "module"))
        yield Candidate(_text(row, "agent_id"), ", ".join(each for each in about if each))


def _recipients(known: Known, typed: str) -> Iterator[Candidate]:
    everyone = Candidate("everyone", "all agents")
    return _addressed([*_names(known, typed), everyone], typed)


def _monitors(known: Known, _typed: str) -> Iterator[Candidate]:
    for row in known.rows("monitor.list", "rows", include_all=True):
        yield Candidate(_text(row, "name"), _text(row, "status"))


def _claims(known: Known, _typed: str) -> Iterator[Candidate]:
    for row in known.rows("claim.list", "claims"):
        yield Candidate(_text(row, "what"), f"of @{_text(row, 'agent_id')}")


def _peers(known: Known, _typed: str) -> Iterator[Candidate]:
    for row in known.rows("peer.list", "rows"):
        yield Candidate(_text(row, "name"), _text(row, "address"))


def _keys(known: Known, _typed: str) -> Iterator[Candidate]:
    for row in known.rows("keys.list", "keys"):
        yield Candidate(_text(row, "key"), f"{_text(row, 'state')}, of {_text(row, 'daemon_id')}")


def _roles(known: Known, _typed: str) -> Iterator[Candidate]:
    return _distinct(known.rows("agent.list", "agents"), "role", "a role")


def _modules(known: Known, _typed: str) -> Iterator[Candidate]:
    return _distinct(known.rows("agent.list", "agents"), "module", "a module")


def _distinct(rows: Iterable[Row], key: str, about: str) -> Iterator[Candidate]:
    return (Candidate(each, about) for each in sorted({_text(row, key) for row in rows}))


def _groups(known: Known, typed: str) -> Iterator[Candidate]:
    rows = known.rows("group.list", "groups")
    about = "a group"
    found = (Candidate(_text(row, "name"), _text(row, "description") or about) for row in rows)
    return _addressed(found, typed)


def _daemons(known: Known, _typed: str) -> Iterator[Candidate]:
    rows = known.rows("team.list", "members", include_offline=True)
    about = {_text(row, "origin_daemon"): _text(row, "hostname") for row in rows}
    return (Candidate(each, host and f"on {host}") for each, host in sorted(about.items()))


def _hosts(known: Known, _typed: str) -> Iterator[Candidate]:
    rows = known.rows("team.list", "members", include_offline=True)
    return _distinct(rows, "hostname", "a machine")


def _all_messages(known: Known, typed: str) -> Iterator[Candidate]:
    return _messages(known, typed)


def _received(known: Known, typed: str) -> Iterator[Candidate]:
    return _messages(known, typed, caller_agent_id=_me(known), exclude_self=True)


def _unread(known: Known, typed: str) -> Iterator[Candidate]:
    return _messages(known, typed, caller_agent_id=_me(known), exclude_self=True, unread=True)


def _own(known: Known, typed: str) -> Iterator[Candidate]:
    return _messages(known, typed, author_id=_me(known))


def _me(known: Known) -> str:
    """Who types, as the daemon sees it: `Context.caller` might start one, or write to the log."""
    claim = known.context.env.get("THRUM_NAME", "")
    answer = known.ask("agent.whoami", {"caller_agent_id": claim} if claim else {})
    return _text(answer, "agent_id")


def _messages(known: Known, typed: str, **which: object) -> Iterator[Candidate]:
    """The newest ones first. No inbox is asked for: the daemon would note that somebody looks."""
    newest = {"sort_by": "created_at", "sort_order": "desc", "page_size": PAGE}
    rows = known.rows("message.list", "messages", **newest, **which)
    now = known.context.now_ns()
    for row, value in _ids(rows, "message_id", typed):
        about = f"@{_text(row, 'agent_id')} {ago_words(_text(row, 'created_at'), now)}"
        yield Candidate(value, f"{about}: {body_text(row)}")


def _open_sessions(known: Known, typed: str) -> Iterator[Candidate]:
    rows = known.rows("session.list", "sessions", limit=PAGE, active_only=True)
    now = known.context.now_ns()
    for row, value in _ids(rows, "session_id", typed):
        about = f"@{_text(row, 'agent_id')}, began {ago_words(_text(row, 'started_at'), now)}"
        intent = _text(row, "intent")
        yield Candidate(value, f"{about}: {intent}" if intent else about)


def _tmux_sessions(known: Known, _typed: str) -> Iterator[Candidate]:
    for row in known.rows("tmux.status", "sessions"):
        agent = f"@{_text(row, 'agent')}, " if row.get("agent") else ""
        yield Candidate(_text(row, "name"), f"{agent}{_text(row, 'state')}")


def _ids(rows: list[Row], key: str, typed: str) -> Iterator[tuple[Row, str]]:
    """Each row with the short form of its id; the whole id where its beginning is typed."""
    short = ShortIds(_text(row, key) for row in rows)
    for row in rows:
        full = _text(row, key)
        yield row, full if typed and full.startswith(typed) else short(full)


def _methods(known: Known, _typed: str) -> Iterator[Candidate]:
    for row in known.rows("rpc.discover", "methods"):
        yield Candidate(_text(row, "name"), _text(row, "summary"))


def _event_types(_known: Known, _typed: str) -> Iterator[Candidate]:
    from thrum import events  # it loads msgspec, which only this kind needs

    families = {name.partition(".")[0] for name in events.TYPES}
    yield from (Candidate(name, f"all of {name}.*") for name in sorted(families))
    for name, struct in events.TYPES.items():
        yield Candidate(name, (struct.__doc__ or "").partition("\n")[0])


def _files(known: Known, typed: str) -> Iterator[Candidate]:
    return _paths(known.context.cwd, typed)


def _repository_files(known: Known, typed: str) -> Iterator[Candidate]:
    return _paths(known.context.start, typed)


def _directories(known: Known, typed: str) -> Iterator[Candidate]:
    return (each for each in _paths(known.context.cwd, typed) if each.value.endswith("/"))


def _paths(start: Path, typed: str) -> Iterator[Candidate]:
    """What lies where the typed path leads, sorted; hidden names only where a dot is typed.

    Raises:
        OSError: there is no such directory.
    """
    above, slash, beginning = typed.rpartition("/")
    shown = above + slash
    # A name that only begins like somebody's home is one as well.
    directory = start / os.path.expanduser(shown)  # noqa: PTH111
    with os.scandir(directory) as entries:
        found = [(each.name, each.is_dir()) for each in islice(entries, LOOKED_AT)]
    for name, is_directory in sorted(found):
        if name.startswith(".") and not beginning.startswith("."):
            continue
        # A word that begins with a dash would be a flag.
        before = "./" if name.startswith("-") and not typed else shown
        yield Candidate(before + name + "/" * is_directory)


def _help(_known: Known, _typed: str) -> Iterator[Candidate]:
    from thrum import pages
    from thrum.cli import table
    from thrum.cli.topics import TOPICS

    yield from (Candidate(word, about) for word, about in table.first_words().items())
    yield from (Candidate(name, topic.summary) for name, topic in TOPICS.items())
    shown = {*table.first_words(), *TOPICS}
    yield from (Candidate(name, "a page") for name in pages.names() if name not in shown)


def _text(row: Row, key: str) -> str:
    return str(row.get(key) or "")


def _runtimes(known: Known, _typed: str) -> Iterator[Candidate]:
    from thrum.runtimes import presets

    for each in presets.read(Path(known.context.env.get("HOME", "/"))).every():
        yield Candidate(each.name, each.title)


def _worktrees(known: Known, _typed: str) -> Iterator[Candidate]:
    from thrum import git_place

    git = known.context.git
    roots = git_place.worktrees(git) if git else ()
    found = (git_place.at(root) for root in roots)
    for each in (place for place in found if place and place.linked):
        yield Candidate(each.toplevel.name, git_place.branch(each))


SOURCES: Final[dict[Kind, Callable[[Known, str], Iterable[Candidate]]]] = {
    "agent": _agents,
    "agent name": _names,
    "role": _roles,
    "module": _modules,
    "group": _groups,
    "recipient": _recipients,
    "message": _all_messages,
    "received message": _received,
    "unread message": _unread,
    "own message": _own,
    "open session": _open_sessions,
    "tmux session": _tmux_sessions,
    "daemon": _daemons,
    "host": _hosts,
    "method": _methods,
    "event type": _event_types,
    "file": _files,
    "repository file": _repository_files,
    "directory": _directories,
    "help": _help,
    "runtime": _runtimes,
    "worktree": _worktrees,
    "monitor": _monitors,
    "claim": _claims,
    "peer": _peers,
    "key": _keys,
}
"""Who knows of each kind, by what was typed."""

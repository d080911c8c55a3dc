"""What somebody meant by a word that is no command: by what people call things, then by nearness.

Loaded only where a line is refused.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from thrum.cli import arguments, signature, table
from thrum.cli.options import Options
from thrum.errors import ThrumError
from thrum.suggest import close, did_you_mean

MOST: Final = 3
"""Commands that are named in the place of one word."""
LONGEST: Final = 100
"""Characters of the line's own words that are repeated; what is longer says only what to give."""

SAID: Final[dict[str, tuple[str, ...]]] = {
    # To read and to write.
    "message list": ("inbox", "sent", "log"),
    "read": ("inbox", "message get", "message read"),
    "show": ("message get", "context show", "log show"),
    "open": ("message get", "inbox"),
    "get": ("message get", "inbox"),
    "mail": ("inbox", "send"),
    "messages": ("inbox", "log"),
    "list": ("inbox", "team", "log"),
    "unread": ("inbox --unread", "wait"),
    "fetch": ("inbox", "sync force"),
    "new": ("inbox --unread", "send"),
    "threads": ("thread", "inbox"),
    "conversation": ("thread",),
    "mark": ("message read",),
    "write": ("send", "reply"),
    "broadcast": ("send --broadcast",),
    "outbox": ("sent",),
    "watch": ("wait", "log --follow"),
    "history": ("log",),
    "undo": ("message withdraw", "message delete"),
    # Who is here, and who one is.
    "who": ("team", "whoami", "who-has"),
    "agents": ("team", "agent list"),
    "sessions": ("session list",),
    "groups": ("group list",),
    "login": ("quickstart", "session start"),
    "logout": ("session end",),
    "me": ("whoami", "status"),
    "intent": ("session set-intent",),
    "task": ("session set-task",),
    "blocked": ("agent set-status blocked",),
    "files": ("who-has", "agent list --context"),
    "save": ("context save",),
    "notes": ("context show", "context save"),
    "agent create": ("quickstart", "agent register"),
    "agent show": ("ping",),
    "agent status": ("agent set-status", "ping"),
    "session show": ("session list", "status"),
    "session status": ("session list", "status"),
    "group edit": ("group info", "group add", "group remove"),
    "group join": ("group add",),
    "group leave": ("group remove",),
    "context delete": ("context clear",),
    "context list": ("context show --versions",),
    "context history": ("context show --versions",),
    # To set up and to look after.
    "start": ("daemon start", "session start"),
    "stop": ("daemon stop", "session end"),
    "restart": ("daemon restart", "tmux snapshot save"),
    "logs": ("daemon logs", "log"),
    "health": ("doctor", "status"),
    "push": ("sync force", "sync on"),
    "share": ("sync on",),
    "delete": ("message delete", "agent delete", "purge"),
    "edit": ("message edit",),
    "clean": ("purge", "agent cleanup"),
    "uninstall": ("help deleting",),
    "commands": ("help",),
    "rpc list": ("rpc describe",),
    "config edit": ("config show",),
    "monitor edit": ("monitor show", "monitor restart"),
    "runtime edit": ("runtime set-default",),
    "worktree delete": ("worktree teardown",),
    "worktree end": ("worktree teardown",),
    "tmux delete": ("tmux kill",),
    "tmux end": ("tmux kill",),
    "session delete": ("session end",),
}
"""What people say, and what it is called here: lines as they are typed behind ``thrum``."""

ALIKE: Final = (
    ("list", "ls", "all", "index"),
    ("show", "view", "cat", "print", "display", "info", "describe", "explain", "get", "load"),
    ("get", "view", "cat", "show", "open"),
    ("create", "new", "make", "add", "register", "invite"),
    ("delete", "rm", "remove", "del", "drop", "clear", "erase", "destroy", "leave", "kick"),
    ("start", "begin", "open", "up", "launch", "new", "enable", "serve"),
    ("end", "stop", "close", "finish", "quit", "exit", "bye", "logout"),
    ("stop", "down", "kill", "end", "quit", "disable"),
    ("edit", "change", "update", "set", "modify", "write"),
    ("save", "set", "write", "put", "store", "add", "update", "edit"),
    ("remove", "rm", "del", "delete", "kick"),
    ("restart", "reload", "reboot", "bounce"),
    ("logs", "log", "tail", "journal"),
    ("read", "ack", "seen", "done", "mark-read"),
    ("login", "join", "signup", "signin", "register", "hello", "identify"),
    ("logout", "signout", "leave", "part"),
    ("messages", "msgs", "msg", "mails", "mailbox", "email", "emails", "check", "receive"),
    ("write", "post", "say", "tell", "dm", "compose", "notify", "chat", "message-to"),
    ("reply", "answer", "respond", "re"),
    ("conversation", "conversations", "discussion", "topic", "talk"),
    ("agents", "users", "people", "members", "online", "peers", "ps", "workers", "roster"),
    ("watch", "listen", "subscribe", "poll", "follow", "stream", "tail"),
    ("force", "now", "run", "pull", "push", "fetch", "sync", "exchange"),
    ("on", "enable", "start", "up"),
    ("off", "disable", "stop", "down"),
    ("clean", "prune", "gc", "forget", "wipe", "reset", "clear", "cleanup"),
    ("health", "check", "verify", "fsck", "diagnose", "repair", "fix"),
    ("setup", "install", "configure", "bootstrap", "clone"),
    ("undo", "unsend", "recall", "retract", "revoke"),
    ("me", "self", "id", "iam", "myself"),
    ("notes", "memory", "memo", "handover", "remember", "contexts"),
    ("commands", "man", "docs", "manual", "usage", "guide", "tutorial"),
    ("uninstall", "deinit", "destroy"),
    ("show", "versions", "history"),
)
"""Words that people use for the first one, as the name of a command or as a word of `SAID`."""


class Meant(NamedTuple):
    """A line that was probably meant.

    Attributes:
        line: as it is typed behind ``thrum``.
        rest: the words of the refused line that may belong behind it.
    """

    line: str
    rest: Sequence[str]


def meant(name: str, word: str, rest: Sequence[str] = ()) -> str:
    """What was probably meant by a word, as a sentence; empty where nobody can tell.

    Args:
        name: the group that it stands behind; empty for none.
        word: what is no command there.
        rest: the words behind it.
    """
    hint = _sentence(_meant(name, word, rest)) or did_you_mean(word, _known(name))
    if hint or name:
        return hint
    # The nearest of the words that people use: `raed` is `read`.
    return next((_sentence(_meant(name, each, rest)) for each in close(word, SAID)), "")


def _known(name: str) -> list[str]:
    return list(table.subcommands(name) if name else table.first_words())


def _meant(name: str, word: str, rest: Sequence[str]) -> list[Meant]:
    lower = word.lower().replace("_", "-")
    for spelled in dict.fromkeys([lower, lower.replace("-", "")]):
        found = _in_group(name, spelled, rest) if name else _swapped(spelled, rest)
        # What a group does is done to nothing else: `worktree remove` deletes no agent.
        others = _top_level(spelled) if name else _said(spelled)
        found = found or [Meant(line, rest) for line in others]
        if found:
            return found
    return []


def _in_group(name: str, word: str, rest: Sequence[str]) -> list[Meant]:
    """What people call so in this group."""
    for each in _alike(word):
        if f"{name} {each}" in SAID:
            return [Meant(line, rest) for line in SAID[f"{name} {each}"]]
    own = table.subcommands(name)
    return [Meant(f"{name} {each}", rest) for each in _alike(word) if each in own]


def _swapped(word: str, rest: Sequence[str]) -> list[Meant]:
    """``list agents`` and ``delete message ID``: the group behind what is done with it."""
    noun = rest[0].lower().removesuffix("s") if rest else ""
    return _in_group(noun, word, rest[1:]) if noun in table.GROUPS else []


def _top_level(word: str) -> Iterable[str]:
    """The command of one word that people call so."""
    return (each for each in _alike(word) if each in table.COMMANDS)


def _said(word: str) -> Iterable[str]:
    """What people call so, the commands of groups that are called so, help that is."""
    for each in _alike(word):
        if each in SAID:
            return SAID[each]
        if each in table.COMMANDS:
            return (each,)
    from thrum.cli.topics import TOPICS

    if word in TOPICS:
        return (f"help {word}",)
    return (name for name, each in table.COMMANDS.items() if _is_found_by(word, each))


def _is_found_by(word: str, entry: table.Entry) -> bool:
    return entry.word == word and not entry.summary.startswith("Same as")


def _alike(word: str) -> Iterator[str]:
    """The word itself, then whatever it is another word for."""
    yield word
    yield from (first for first, *others in ALIKE if word in others)


def _sentence(found: Sequence[Meant]) -> str:
    """Which lines there are, and what they do; empty where there are none."""
    told = [(each, _given(each)) for each in found]
    # What takes the words of the line is nearer to it than what does not.
    told = [(each, given) for each, given in told if given] or told
    shown = [
        f"`thrum {' '.join(filter(None, (each.line, given or _wanted(each))))}` ({_does(each)})"
        for each, given in told[:MOST]
    ]
    *first, last = shown or [""]
    return f"use {', '.join(first)}{' or ' if first else ''}{last}" if shown else ""


def _command(meant: Meant) -> tuple[str, list[str]]:
    return arguments.find_command(shlex.split(meant.line), Options())


def _given(meant: Meant) -> str:
    """The words of the refused line, as a shell takes them; empty where they do not fit."""
    name, words = _command(meant)
    given = shlex.join(meant.rest)
    # In a sentence a line stands between backticks.
    if not given.isprintable() or "`" in given or len(given) > LONGEST:
        return ""
    try:
        arguments.bind([*words, *meant.rest], _parameters(name), Options())
    except ThrumError:
        return ""
    return given


def _wanted(meant: Meant) -> str:
    """What must stand behind it."""
    name, words = _command(meant)
    places = [each for each in _parameters(name) if not each.flags]
    return " ".join(each.label for each in places[len(words) :] if each.required)


def _parameters(name: str) -> list[signature.Parameter]:
    return signature.parameters(signature.load(table.COMMANDS[name]))


def _does(meant: Meant) -> str:
    summary = table.COMMANDS[_command(meant)[0]].summary
    return summary[:1].lower() + summary[1:]

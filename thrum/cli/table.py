"""Every command: where its function is, and the one line that says what it does.

The help of the program and of its groups is printed from this table, so that asking for it loads
no command. Importing this module costs nothing but itself.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Entry(NamedTuple):
    """One command.

    Attributes:
        module: the module in ``thrum.cli.commands`` that holds it.
        function: its name there.
        summary: one line for the help.
        heading: the section of the program's help; groups stand under their own name.
    """

    module: str
    function: str
    summary: str
    heading: str = ""


START: Final = "Start here"
MESSAGES: Final = "Messages"
PEOPLE: Final = "Who does what"
UPKEEP: Final = "Upkeep"

COMMANDS: Final[dict[str, Entry]] = {
    "init": Entry("init", "init", "Make this repository ready and start its daemon", START),
    "quickstart": Entry("quickstart", "quickstart", "Register here as an agent and begin", START),
    "overview": Entry("overview", "overview", "Yourself, the team and your inbox", START),
    "send": Entry("send", "send", "Send a message", MESSAGES),
    "inbox": Entry("inbox", "inbox", "Read your messages", MESSAGES),
    "reply": Entry("reply", "reply", "Answer a message, to those who got it", MESSAGES),
    "wait": Entry("wait", "wait", "Wait until a message arrives", MESSAGES),
    "sent": Entry("sent", "sent", "What you sent, and who has read it", MESSAGES),
    "message get": Entry("message", "get", "Show one message in full"),
    "message edit": Entry("message", "edit", "Replace the text of a message of yours"),
    "message delete": Entry("message", "delete", "Delete a message of yours"),
    "message archive": Entry("bulk", "archive", "Put messages into a file, then delete them"),
    "message delete-by-agent": Entry("bulk", "delete_by_agent", "Delete all your messages"),
    "message read": Entry("message", "read", "Mark messages as read"),
    "log": Entry("log", "log", "Who sent what when, straight from the branch", MESSAGES),
    "log show": Entry("log", "show", "One event: its line, file and commit"),
    "team": Entry("team", "team", "Who is here and what they work on", PEOPLE),
    "status": Entry("overview", "status", "Yourself and the daemon in detail", PEOPLE),
    "who-has": Entry("who_has", "who_has", "Who edits a file", PEOPLE),
    "ping": Entry("ping", "ping", "Whether an agent is there", PEOPLE),
    "whoami": Entry("whoami", "whoami", "Which agent this shell is", PEOPLE),
    "identity explain": Entry("identity", "explain", "Who this shell is and why; the guards"),
    "agent register": Entry("agent", "register", "Register an agent, without a session"),
    "agent list": Entry("agent", "list_agents", "All registered agents"),
    "agent whoami": Entry("whoami", "whoami", "Which agent this shell is"),
    "agent set-status": Entry("agent", "set_status", "Say: working, idle or blocked"),
    "agent delete": Entry("agent", "delete", "Delete an agent and what belongs to it"),
    "agent cleanup": Entry("agent", "cleanup", "Delete agents that are gone"),
    "agent start": Entry("session", "start", "Same as `session start`"),
    "agent end": Entry("session", "end", "Same as `session end`"),
    "agent heartbeat": Entry("session", "heartbeat", "Same as `session heartbeat`"),
    "agent set-intent": Entry("session", "set_intent", "Same as `session set-intent`"),
    "agent set-task": Entry("session", "set_task", "Same as `session set-task`"),
    "group create": Entry("group", "create", "Make a group"),
    "group delete": Entry("group", "delete", "Delete a group"),
    "group list": Entry("group", "list_groups", "All groups"),
    "group info": Entry("group", "info", "A group, what it is for, and its members"),
    "group members": Entry("group", "members", "A group's members, or whom they stand for"),
    "group add": Entry("group", "add", "Add an agent or a role to a group"),
    "group remove": Entry("group", "remove", "Take an agent or a role out of a group"),
    "context save": Entry("contexts", "save", "Save notes for your next session"),
    "context show": Entry("contexts", "show", "Show your notes, also earlier ones"),
    "context load": Entry("contexts", "show", "Same as `context show`"),
    "context clear": Entry("contexts", "clear", "Remove your notes"),
    "context preamble": Entry("contexts", "preamble", "The text before your notes"),
    "context sync": Entry("contexts", "sync", "Put your notes on the branch, for other clones"),
    "session start": Entry("session", "start", "Begin a session"),
    "session end": Entry("session", "end", "End a session"),
    "session list": Entry("session", "list_sessions", "Sessions, newest first"),
    "session heartbeat": Entry("session", "heartbeat", "Say that you are alive; set scopes, refs"),
    "session set-intent": Entry("session", "set_intent", "Say what you are about to do"),
    "session set-task": Entry("session", "set_task", "Say which task you work on"),
    "sync status": Entry("sync", "status", "How far this clone and the remote agree"),
    "sync force": Entry("sync", "force", "Exchange with the remote now"),
    "sync worktree": Entry("worktree", "worktree", "The branch's files in a folder: on, off"),
    "daemon start": Entry("daemon", "start", "Start the daemon and wait until it answers"),
    "daemon stop": Entry("daemon", "stop", "Stop the daemon"),
    "daemon restart": Entry("daemon", "restart", "Stop the daemon and start it again"),
    "daemon status": Entry("daemon", "status", "Whether the daemon runs, and how it is"),
    "daemon logs": Entry("daemon", "logs", "What the daemon wrote down"),
    "daemon run": Entry("daemon", "run", "Be the daemon, in the foreground"),
    "rpc call": Entry("rpc", "call", "Call a method of the daemon by hand"),
    "rpc describe": Entry("rpc", "describe", "What methods the daemon has, and what they take"),
    "doctor": Entry("doctor", "doctor", "Check everything and say what to do", UPKEEP),
    "purge": Entry("purge", "purge", "Forget old messages and ended sessions", UPKEEP),
    "demo": Entry("demo", "demo", "Watch two clones talk, in a temporary folder", UPKEEP),
    "completion": Entry("completion", "completion", "Print a completion script", UPKEEP),
    "version": Entry("version", "version", "Print the version", UPKEEP),
}
"""Commands by what is typed after ``thrum``."""

UNGUARDED: Final = frozenset(
    {
        *("init", "quickstart", "agent register", "wait", "log", "log show", "rpc call"),
        *(f"daemon {each}" for each in ("start", "stop", "restart", "status", "logs", "run")),
        *("identity explain", "rpc describe", "doctor", "demo", "completion", "version"),
    }
)
"""Commands before which nobody asks whose shell this is: they speak for nobody, make an identity,
or leave the asking to the daemon."""

WARNED: Final = frozenset({"team", "agent list", "sync status", "whoami", "agent whoami"})
"""Commands that warn another agent's shell and go on; all that remain refuse it."""

GROUPS: Final[dict[str, str]] = {
    "message": "Messages: get, edit, delete, read, archive",
    "identity": "Who this shell is: explain",
    "agent": "Agents: register, list, set-status, delete, cleanup",
    "group": "Groups to send to: create, add, remove, list, info",
    "context": "Notes for your next session: save, show, clear, preamble, sync",
    "session": "Sessions: start, end, list, heartbeat",
    "sync": "The exchange with the remote: status, force, worktree",
    "daemon": "The daemon: start, stop, restart, status, logs, run",
    "rpc": "The daemon's methods: call, describe",
}
"""Words that need a second one, with one line for the help."""

_PLACES: Final = {
    "message": MESSAGES,
    "identity": PEOPLE,
    "agent": PEOPLE,
    "group": PEOPLE,
    "context": PEOPLE,
    "session": PEOPLE,
    "sync": UPKEEP,
    "daemon": UPKEEP,
    "rpc": UPKEEP,
}

GLOBAL_HELP: Final = """\
Flags of every command:
  --json          one JSON document on stdout; an error is one JSON object on stderr
  --quiet         only what was asked for
  --verbose       say more, where there is more to say
  --repo PATH     work on the repository at PATH
  --role ROLE, --module MODULE  other ones than those that are registered
  -h, --help      help; also after any command
  -v, --version   the version
"""


GLOBAL_SHORT: Final = (
    "Every command takes --json, --quiet, --verbose, --repo PATH, --role, --module and --help.\n"
)


def subcommands(group: str) -> dict[str, Entry]:
    """The commands of a group by their second word."""
    start = f"{group} "
    return {name[len(start) :]: e for name, e in COMMANDS.items() if name.startswith(start)}


def first_words() -> list[str]:
    """Everything that may stand right after ``thrum``."""
    return [*(name for name in COMMANDS if " " not in name), *GROUPS]


def program_help() -> str:
    """What ``thrum`` and ``thrum --help`` print."""
    sections: dict[str, list[tuple[str, str]]] = {}
    for name, entry in COMMANDS.items():
        if " " not in name:
            sections.setdefault(entry.heading, []).append((name, entry.summary))
    for group, summary in GROUPS.items():
        sections[_PLACES[group]].append((group, summary))
    text = "Usage: thrum COMMAND [flags]\n\nDurable mail between agents of one repository.\n"
    for heading, rows in sections.items():
        text += f"\n{heading}:\n" + _rows(rows)
    return f"{text}\n{GLOBAL_HELP}"


def group_help(group: str) -> str:
    """What ``thrum GROUP`` and its ``--help`` print."""
    rows = [(name, entry.summary) for name, entry in subcommands(group).items()]
    return f"Usage: thrum {group} COMMAND [flags]\n\n{GROUPS[group]}\n\n" + _rows(rows)


def _rows(rows: list[tuple[str, str]]) -> str:
    widest = max(len(name) for name, _ in rows)
    return "".join(f"  {name.ljust(widest)}  {summary}\n" for name, summary in rows)

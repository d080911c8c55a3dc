"""Every command and every group of commands, each declared once; this is all there is to edit.

The help of the program and of its groups is printed from this table, so that asking for it loads
no command. Importing this module costs nothing but itself.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple


class Heading(Enum):
    """The sections of the program's help, in their order."""

    START = "Start here"
    MESSAGES = "Messages"
    PEOPLE = "Who does what"
    UPKEEP = "Upkeep"
    HIDDEN = ""
    """For what the help of the program leaves out."""


class Preflight(Enum):
    """What comes before a command in a shell that belongs to another agent.

    Attributes:
        REFUSES: the command is refused.
        WARNS: the shell is warned, and the command goes on.
        NOBODY: nobody asks whose shell it is. For commands that speak for nobody, make an
            identity, or leave the asking to the daemon.
    """

    REFUSES = "refuses"
    WARNS = "warns"
    NOBODY = "asks nobody"


class Group(NamedTuple):
    """A word that needs a second one.

    Attributes:
        word: what is typed.
        heading: its section of the program's help.
        summary: one line for the help.
    """

    word: str
    heading: Heading
    summary: str


class Entry(NamedTuple):
    """One command.

    Attributes:
        place: the group that it belongs to; else its section of the program's help.
        word: what is typed, behind the group's word if it has a group.
        module: the module in ``thrum.cli.commands`` that holds it.
        function: its name there.
        preflight: what comes before it.
        summary: one line for the help.
        is_long: whether a pager may show what it prints: it reads nothing from the terminal, and
            ends by itself unless it is told to follow.
    """

    place: Heading | Group
    word: str
    module: str
    function: str
    preflight: Preflight
    summary: str
    is_long: bool = False

    @property
    def name(self) -> str:
        """All that is typed after ``thrum`` to run it."""
        return f"{self.place.word} {self.word}" if isinstance(self.place, Group) else self.word


START, MESSAGES, PEOPLE, UPKEEP, HIDDEN = Heading
REFUSES, WARNS, NOBODY = Preflight

MESSAGE = Group("message", MESSAGES, "Single messages")
IDENTITY = Group("identity", PEOPLE, "Who this shell is")
AGENT = Group("agent", PEOPLE, "Agents")
GROUP = Group("group", PEOPLE, "Groups to send to")
USER = Group("user", PEOPLE, "The people")
CONTEXT = Group("context", PEOPLE, "Notes for your next session")
SESSION = Group("session", PEOPLE, "Sessions")
ROLES = Group("roles", PEOPLE, "What agents are told of their roles")
ROLE_TEXTS = Group("roles templates", HIDDEN, "The texts that come with the program")
TMUX = Group("tmux", PEOPLE, "Sessions of tmux in which agents live")
SNAPSHOT = Group("tmux snapshot", HIDDEN, "What a session said, for the next")
SYNC = Group("sync", UPKEEP, "Exchange with the remote")
WORKTREE = Group("worktree", UPKEEP, "Worktrees for agents")
IMPORT = Group("import", UPKEEP, "Threads from other programs")
BACKUP_PLUGIN = Group("backup plugin", HIDDEN, "Programs whose files go along")
CONFIG = Group("config", UPKEEP, "The configuration")
MONITOR = Group("monitor", PEOPLE, "Programs whose output is reported")
PEER = Group("peer", UPKEEP, "Daemons of other clones and repositories")
TELEGRAM = Group("telegram", UPKEEP, "Mail of one person on a phone")
TELEGRAM_GROUPS = Group("telegram groups", HIDDEN, "Groups of Telegram that are groups here")
KEYS = Group("keys", UPKEEP, "Keys that clones sign with")
DAEMON = Group("daemon", UPKEEP, "The daemon")
SERVICE = Group("service", UPKEEP, "Daemons that come back after login")
MCP = Group("mcp", UPKEEP, "The MCP server for agent runtimes")
RUNTIME = Group("runtime", UPKEEP, "Agent runtimes")
RPC = Group("rpc", UPKEEP, "What programs can ask of the daemon")

ENTRIES: Final = (
    Entry(START, "init", "init", "init", NOBODY, "Make this repository ready and start its daemon"),
    Entry(
        START,
        "quickstart",
        "quickstart",
        "quickstart",
        NOBODY,
        "Register here as an agent and begin",
    ),
    Entry(
        START,
        "overview",
        "overview",
        "overview",
        REFUSES,
        "Yourself, the team and your inbox",
        is_long=True,
    ),
    Entry(START, "ui", "ui", "ui", NOBODY, "Open the web page, for people"),
    Entry(START, "setup", "setup", "setup", NOBODY, "Have your agent runtimes know of Thrum"),
    Entry(
        HIDDEN, "setup status", "setup_status", "status", NOBODY, "What each runtime has of Thrum"
    ),
    Entry(
        HIDDEN,
        "setup claude-md",
        "setup_claude",
        "claude_md",
        NOBODY,
        "A few lines on Thrum for CLAUDE.md",
    ),
    Entry(HIDDEN, "setup remove", "setup", "remove", NOBODY, "Take out what setup put in"),
    Entry(HIDDEN, "setup plugin", "plugin", "plugin", NOBODY, "Write a plugin for a runtime"),
    Entry(START, "up", "up", "up", REFUSES, "Have the agents of .thrum/team.toml work"),
    Entry(START, "down", "up", "down", REFUSES, "End them, after each has saved"),
    Entry(START, "prime", "prime", "prime", NOBODY, "What you need to begin a session"),
    Entry(UPKEEP, "statusline", "statusline", "statusline", NOBODY, "A segment for a status bar"),
    Entry(HIDDEN, "hook install", "guard", "install", NOBODY, "Guard commits against claims"),
    Entry(HIDDEN, "hook pre-commit", "guard", "check", NOBODY, "Tell git who holds what changes"),
    Entry(HIDDEN, "hook", "hook", "hook", NOBODY, "Answer a runtime that tells of an event"),
    Entry(MESSAGES, "send", "send", "send", REFUSES, "Send a message"),
    Entry(MESSAGES, "ask", "ask", "ask", REFUSES, "Send a question and wait for the answer"),
    Entry(MESSAGES, "inbox", "inbox", "inbox", REFUSES, "Read your messages", is_long=True),
    Entry(MESSAGES, "reply", "reply", "reply", REFUSES, "Answer a message, to those who got it"),
    Entry(
        MESSAGES,
        "thread",
        "thread",
        "thread",
        REFUSES,
        "A conversation from both sides",
        is_long=True,
    ),
    Entry(MESSAGES, "wait", "wait", "wait", NOBODY, "Wait until a message arrives"),
    Entry(
        MESSAGES,
        "sent",
        "sent",
        "sent",
        REFUSES,
        "What you sent, and who has read it",
        is_long=True,
    ),
    Entry(
        MESSAGES,
        "search",
        "search",
        "search",
        REFUSES,
        "Find messages, contexts and snapshots by their words",
        is_long=True,
    ),
    Entry(MESSAGES, "loops", "loops", "loops", NOBODY, "Agents that answer each other without end"),
    Entry(HIDDEN, "loops release", "loops", "release", REFUSES, "Bring mail between them again"),
    Entry(MESSAGES, "prompts", "prompts", "prompts", NOBODY, "What agents wait for leave to do"),
    Entry(HIDDEN, "prompts approve", "prompts", "approve", REFUSES, "Allow it, this once"),
    Entry(HIDDEN, "prompts deny", "prompts", "deny", REFUSES, "Refuse it"),
    Entry(MESSAGE, "get", "message", "get", REFUSES, "Show one message in full", is_long=True),
    Entry(MESSAGE, "edit", "message", "edit", REFUSES, "Replace the text of a message of yours"),
    Entry(MESSAGE, "delete", "message", "delete", REFUSES, "Delete a message of yours"),
    Entry(
        MESSAGE, "archive", "bulk", "archive", REFUSES, "Put messages into a file, then delete them"
    ),
    Entry(
        MESSAGE, "delete-by-agent", "bulk", "delete_by_agent", REFUSES, "Delete all your messages"
    ),
    Entry(
        MESSAGE, "withdraw", "message", "withdraw", REFUSES, "Take back a message that has not left"
    ),
    Entry(MESSAGE, "read", "message", "read", REFUSES, "Mark messages as read"),
    Entry(
        MESSAGES,
        "log",
        "log",
        "log",
        NOBODY,
        "Who sent what when, straight from the branch",
        is_long=True,
    ),
    Entry(
        HIDDEN,
        "log show",
        "log",
        "show",
        NOBODY,
        "One event: its line, file and commit",
        is_long=True,
    ),
    Entry(PEOPLE, "team", "team", "team", WARNS, "Who is here and what they work on", is_long=True),
    Entry(
        PEOPLE,
        "status",
        "overview",
        "status",
        REFUSES,
        "Yourself and the daemon in detail",
        is_long=True,
    ),
    Entry(PEOPLE, "who-has", "who_has", "who_has", REFUSES, "Who edits a file"),
    Entry(
        PEOPLE, "claim", "claim", "claim", REFUSES, "Say that files or work are yours for a while"
    ),
    Entry(HIDDEN, "claim give", "claim", "give", REFUSES, "Hand over what you claimed"),
    Entry(PEOPLE, "release", "claim", "release", REFUSES, "Give back what you claimed"),
    Entry(PEOPLE, "claims", "claim", "claims", REFUSES, "Who has what for himself"),
    Entry(PEOPLE, "ping", "ping", "ping", REFUSES, "Whether an agent is there"),
    Entry(USER, "register", "user", "register", NOBODY, "Say that this account is yours"),
    Entry(USER, "list", "user", "list_", NOBODY, "Everybody who registered as a person"),
    Entry(PEOPLE, "whoami", "whoami", "whoami", WARNS, "Which agent this shell is"),
    Entry(
        IDENTITY,
        "explain",
        "identity",
        "explain",
        NOBODY,
        "Who this shell is and why; the guards",
        is_long=True,
    ),
    Entry(AGENT, "register", "agent", "register", NOBODY, "Register an agent, without a session"),
    Entry(AGENT, "list", "agent", "list_agents", WARNS, "All registered agents", is_long=True),
    Entry(AGENT, "whoami", "whoami", "whoami", WARNS, "Which agent this shell is"),
    Entry(AGENT, "set-status", "agent", "set_status", REFUSES, "Say: working, idle or blocked"),
    Entry(AGENT, "delete", "agent", "delete", REFUSES, "Delete an agent and what belongs to it"),
    Entry(AGENT, "cleanup", "agent", "cleanup", REFUSES, "Delete agents that are gone"),
    Entry(AGENT, "start", "session", "start", REFUSES, "Same as `session start`"),
    Entry(AGENT, "end", "session", "end", REFUSES, "Same as `session end`"),
    Entry(AGENT, "heartbeat", "session", "heartbeat", REFUSES, "Same as `session heartbeat`"),
    Entry(AGENT, "set-intent", "session", "set_intent", REFUSES, "Same as `session set-intent`"),
    Entry(AGENT, "set-task", "session", "set_task", REFUSES, "Same as `session set-task`"),
    Entry(GROUP, "create", "group", "create", REFUSES, "Make a group"),
    Entry(GROUP, "delete", "group", "delete", REFUSES, "Delete a group"),
    Entry(GROUP, "list", "group", "list_groups", REFUSES, "All groups", is_long=True),
    Entry(GROUP, "info", "group", "info", REFUSES, "A group, what it is for, and its members"),
    Entry(
        GROUP,
        "members",
        "group",
        "members",
        REFUSES,
        "A group's members, or whom they stand for",
        is_long=True,
    ),
    Entry(GROUP, "add", "group", "add", REFUSES, "Add an agent or a role to a group"),
    Entry(GROUP, "remove", "group", "remove", REFUSES, "Take an agent or a role out of a group"),
    Entry(CONTEXT, "save", "contexts", "save", REFUSES, "Save notes for your next session"),
    Entry(
        CONTEXT,
        "show",
        "contexts",
        "show",
        REFUSES,
        "Show your notes, also earlier ones",
        is_long=True,
    ),
    Entry(CONTEXT, "load", "contexts", "show", REFUSES, "Same as `context show`", is_long=True),
    Entry(CONTEXT, "prime", "prime", "prime", NOBODY, "Same as `prime`"),
    Entry(CONTEXT, "clear", "contexts", "clear", REFUSES, "Remove your notes"),
    Entry(CONTEXT, "preamble", "contexts", "preamble", REFUSES, "The text before your notes"),
    Entry(
        CONTEXT,
        "sync",
        "contexts",
        "sync",
        REFUSES,
        "Put your notes on the branch, for other clones",
    ),
    Entry(
        SNAPSHOT, "save", "tmux_snapshot", "save", REFUSES, "Save the last of what was said here"
    ),
    Entry(
        SNAPSHOT,
        "restore",
        "tmux_snapshot",
        "restore",
        NOBODY,
        "Print what the session before left",
        is_long=True,
    ),
    Entry(SNAPSHOT, "check", "tmux_snapshot", "check", NOBODY, "Whether it left anything"),
    Entry(SESSION, "start", "session", "start", REFUSES, "Begin a session"),
    Entry(SESSION, "end", "session", "end", REFUSES, "End a session"),
    Entry(
        SESSION, "list", "session", "list_sessions", REFUSES, "Sessions, newest first", is_long=True
    ),
    Entry(
        SESSION,
        "heartbeat",
        "session",
        "heartbeat",
        REFUSES,
        "Say that you are alive; set scopes, refs",
    ),
    Entry(SESSION, "set-intent", "session", "set_intent", REFUSES, "Say what you are about to do"),
    Entry(SESSION, "set-task", "session", "set_task", REFUSES, "Say which task you work on"),
    Entry(MONITOR, "start", "monitor", "start", REFUSES, "Run a program, and be told what matches"),
    Entry(MONITOR, "add", "monitor", "start", REFUSES, "Same as `monitor start`"),
    Entry(MONITOR, "list", "monitor", "list_monitors", NOBODY, "Monitors that run", is_long=True),
    Entry(MONITOR, "show", "monitor", "show", NOBODY, "One monitor in full"),
    Entry(MONITOR, "stop", "monitor", "stop", REFUSES, "End a monitor"),
    Entry(MONITOR, "restart", "monitor", "restart", REFUSES, "Run a monitor anew"),
    Entry(MONITOR, "remove", "monitor", "remove", REFUSES, "End a monitor and forget it"),
    Entry(
        MONITOR,
        "logs",
        "monitor",
        "logs",
        REFUSES,
        "What a monitor reported, or all that it saw",
        is_long=True,
    ),
    Entry(PEER, "add", "peer", "add", REFUSES, "Print a code for another daemon, and wait for it"),
    Entry(PEER, "join", "peer", "join", REFUSES, "Become a peer by such a code"),
    Entry(PEER, "list", "peer", "list_peers", NOBODY, "Peers, and what came last", is_long=True),
    Entry(PEER, "status", "peer", "status", NOBODY, "All that is known of peers", is_long=True),
    Entry(PEER, "configure", "peer", "configure", REFUSES, "What crosses, and who is known"),
    Entry(PEER, "doctor", "peer", "doctor", NOBODY, "How each peer stands, and what to do"),
    Entry(PEER, "rename", "peer", "rename", REFUSES, "Call a peer otherwise"),
    Entry(PEER, "repair", "peer", "repair", REFUSES, "Find a peer again that was lost"),
    Entry(PEER, "remove", "peer", "remove", REFUSES, "End a pairing"),
    Entry(TELEGRAM, "configure", "telegram", "configure", REFUSES, "Set up the bot, pair a phone"),
    Entry(TELEGRAM, "pair", "telegram", "pair", REFUSES, "Pair a phone by a code"),
    Entry(TELEGRAM, "status", "telegram", "status", NOBODY, "Whether it runs, what it carried"),
    Entry(TELEGRAM, "remove", "telegram", "remove", REFUSES, "End the bridge, forget the token"),
    Entry(TELEGRAM_GROUPS, "list", "telegram", "list_groups", NOBODY, "Groups that are carried"),
    Entry(TELEGRAM_GROUPS, "add", "telegram", "add_group", REFUSES, "Carry a group, or change it"),
    Entry(TELEGRAM_GROUPS, "remove", "telegram", "remove_group", REFUSES, "Carry a group no more"),
    Entry(KEYS, "list", "keys", "list_keys", NOBODY, "Keys, and which count here", is_long=True),
    Entry(KEYS, "accept", "keys", "accept", REFUSES, "Have a key count here as its clone's"),
    Entry(KEYS, "revoke", "keys", "revoke", REFUSES, "Have a key count no more"),
    Entry(KEYS, "rotate", "keys", "rotate", REFUSES, "Sign with a new key from now on"),
    Entry(KEYS, "export", "keys", "export", NOBODY, "Print a public key"),
    Entry(ROLES, "list", "roles", "list_roles", NOBODY, "Roles that have a text here"),
    Entry(ROLES, "deploy", "roles", "deploy", REFUSES, "Write preambles anew from the texts"),
    Entry(ROLES, "refresh", "roles", "refresh", REFUSES, "Write the chosen texts anew"),
    Entry(ROLES, "save-config", "roles", "save_config", REFUSES, "Save which text each role has"),
    Entry(
        ROLE_TEXTS,
        "print",
        "roles",
        "print_template",
        NOBODY,
        "Print a text that comes with the program",
        is_long=True,
    ),
    Entry(TMUX, "create", "tmux", "create", REFUSES, "Make a session, and register an agent in it"),
    Entry(TMUX, "quickstart", "tmux", "create", REFUSES, "Same as `tmux create`"),
    Entry(TMUX, "launch", "tmux", "launch", REFUSES, "Launch a runtime in a session"),
    Entry(TMUX, "start", "tmux", "start", REFUSES, "Go to this worktree's session, or make it"),
    Entry(TMUX, "connect", "tmux", "connect", NOBODY, "Go to a session, in this terminal"),
    Entry(TMUX, "status", "tmux", "status", NOBODY, "The sessions of agents", is_long=True),
    Entry(TMUX, "list", "tmux", "status", NOBODY, "Same as `tmux status`", is_long=True),
    Entry(TMUX, "send", "tmux", "send", REFUSES, "Type a text into a session"),
    Entry(TMUX, "queue", "tmux_queue", "queue", REFUSES, "Have a command typed at its turn"),
    Entry(
        TMUX,
        "queue-status",
        "tmux_queue",
        "queue_status",
        NOBODY,
        "What runs or waits in a session",
        is_long=True,
    ),
    Entry(TMUX, "cancel", "tmux_queue", "cancel", REFUSES, "Take a command out of the queue"),
    Entry(TMUX, "capture", "tmux", "capture", NOBODY, "What a session shows", is_long=True),
    Entry(TMUX, "restart", "tmux", "restart", REFUSES, "Have an agent begin anew, and go on"),
    Entry(TMUX, "kill", "tmux", "kill", REFUSES, "End a session"),
    Entry(TMUX, "check-pane", "tmux", "check_pane", NOBODY, "What the agent of a session does"),
    Entry(SYNC, "status", "sync", "status", WARNS, "How far this clone and the remote agree"),
    Entry(SYNC, "force", "sync", "force", REFUSES, "Exchange with the remote now"),
    Entry(SYNC, "on", "sync", "on", REFUSES, "Share messages through the remote from now on"),
    Entry(SYNC, "off", "sync", "off", REFUSES, "Keep messages on this machine from now on"),
    Entry(
        SYNC,
        "worktree",
        "sync_worktree",
        "worktree",
        REFUSES,
        "The branch's files in a folder: on, off",
    ),
    Entry(WORKTREE, "create", "worktree", "create", REFUSES, "Make a worktree, and an agent in it"),
    Entry(WORKTREE, "setup", "worktree", "create", REFUSES, "Same as `worktree create`"),
    Entry(
        WORKTREE,
        "list",
        "worktree",
        "list_worktrees",
        WARNS,
        "All worktrees, and who lives there",
        is_long=True,
    ),
    Entry(
        WORKTREE,
        "teardown",
        "worktree",
        "teardown",
        REFUSES,
        "Remove a worktree, unless something would be lost",
    ),
    Entry(
        CONFIG, "show", "config", "show", NOBODY, "Every setting, and what says it", is_long=True
    ),
    Entry(
        UPKEEP,
        "single-agent-mode",
        "config",
        "single_agent_mode",
        NOBODY,
        "Whether one agent works here alone",
    ),
    Entry(DAEMON, "start", "daemon", "start", NOBODY, "Start the daemon and wait until it answers"),
    Entry(DAEMON, "stop", "daemon", "stop", NOBODY, "Stop the daemon"),
    Entry(DAEMON, "restart", "daemon", "restart", NOBODY, "Stop the daemon and start it again"),
    Entry(DAEMON, "status", "daemon", "status", NOBODY, "Whether the daemon runs, and how it is"),
    Entry(DAEMON, "logs", "daemon", "logs", NOBODY, "What the daemon wrote down", is_long=True),
    Entry(DAEMON, "run", "daemon", "run", NOBODY, "Be the daemon, in the foreground"),
    Entry(MCP, "serve", "mcp", "serve", NOBODY, "Be an MCP server for one session of a runtime"),
    Entry(RUNTIME, "list", "runtime", "list_runtimes", NOBODY, "The runtimes that Thrum knows"),
    Entry(RUNTIME, "show", "runtime", "show", NOBODY, "What Thrum knows of one"),
    Entry(RUNTIME, "set-default", "runtime", "set_default", NOBODY, "The one that is taken here"),
    Entry(RUNTIME, "detect", "runtime", "detect", NOBODY, "Find those that are used here"),
    Entry(
        MCP, "config", "mcp", "config", NOBODY, "What a runtime is told of it; --apply writes it"
    ),
    Entry(RPC, "call", "rpc", "call", NOBODY, "Call a method of the daemon by hand", is_long=True),
    Entry(
        RPC,
        "describe",
        "rpc",
        "describe",
        NOBODY,
        "What methods the daemon has, and what they take",
        is_long=True,
    ),
    Entry(
        UPKEEP,
        "doctor",
        "doctor",
        "doctor",
        NOBODY,
        "Check everything and say what to do",
        is_long=True,
    ),
    Entry(
        UPKEEP, "backup", "backup", "backup", NOBODY, "Put everything aside, and look it through"
    ),
    Entry(HIDDEN, "backup status", "backup", "status", NOBODY, "The last backup"),
    Entry(HIDDEN, "backup config", "backup", "show_config", NOBODY, "How backups are taken"),
    Entry(HIDDEN, "backup verify", "backup", "verify", NOBODY, "Read a backup back"),
    Entry(HIDDEN, "backup restore", "backup", "restore", NOBODY, "Bring a backup back"),
    Entry(HIDDEN, "backup schedule", "backup", "schedule", NOBODY, "When the daemon takes them"),
    Entry(BACKUP_PLUGIN, "add", "backup", "plugin_add", NOBODY, "Have files go along"),
    Entry(BACKUP_PLUGIN, "list", "backup", "plugin_list", NOBODY, "Whose files go along"),
    Entry(BACKUP_PLUGIN, "remove", "backup", "plugin_remove", NOBODY, "Whose do so no more"),
    Entry(UPKEEP, "migrate", "migrate", "migrate", NOBODY, "Come over from an older program"),
    Entry(IMPORT, "mcp-agent-mail", "imports", "agent_mail", NOBODY, "Mail of mcp-agent-mail"),
    Entry(IMPORT, "beads", "imports", "beads", NOBODY, "Issues of beads"),
    Entry(SERVICE, "install", "service", "install", NOBODY, "Have this one come back"),
    Entry(SERVICE, "remove", "service", "remove", NOBODY, "Have it come back no more"),
    Entry(SERVICE, "status", "service", "status", NOBODY, "Which come back, and how they are"),
    Entry(SERVICE, "start", "service", "start", NOBODY, "Start them all, as at login"),
    Entry(UPKEEP, "purge", "purge", "purge", REFUSES, "Forget old messages and ended sessions"),
    Entry(UPKEEP, "demo", "demo", "demo", NOBODY, "Watch two clones talk, in a temporary folder"),
    Entry(UPKEEP, "completion", "completion", "completion", NOBODY, "Print a completion script"),
    Entry(HIDDEN, "complete", "completion", "complete", NOBODY, "What may stand next on a line"),
    Entry(UPKEEP, "help", "help", "help", NOBODY, "Help with a command or a topic", is_long=True),
    Entry(UPKEEP, "version", "version", "version", NOBODY, "Print the version"),
)
"""In the order of the help and of the reference page."""

COMMANDS: Final[dict[str, Entry]] = {entry.name: entry for entry in ENTRIES}
"""Commands by what is typed after ``thrum``."""

GROUPS: Final[dict[str, Group]] = {
    each.word: each for each in (entry.place for entry in ENTRIES) if isinstance(each, Group)
}
"""Groups by their word."""

ABOUT: Final = "Durable mail between agents of one repository."

GLOBAL_FLAGS: Final = {
    "--json": "one JSON document on stdout; an error is one JSON object on stderr",
    "--quiet": "only what was asked for",
    "--verbose": "say more, where there is more to say",
    "--repo PATH": "work on the repository at PATH",
    "--role ROLE": "another role than the registered one",
    "--module MODULE": "another module than the registered one",
    "-h, --help": "help; also after any command",
    "-v, --version": "the version",
}
"""The flags of every command, as help shows them."""

LEARN: Final = {
    "thrum help COMMAND": "what it takes, with examples",
    "thrum help TOPIC": "addressing, ids, exit-codes, json, output, environment, deleting, "
    "glossary",
    "thrum help PAGE": "a page of the documentation: tutorial, two-machines, troubleshooting, …",
}
"""Where to read on; a test holds that the topics are these."""

GLOBAL_SHORT: Final = (
    "Every command takes --json, --quiet, --verbose, --repo PATH, --role, --module and --help.\n"
)

_LEAST: Final = 24
"""Columns that a summary beside its word needs."""


def subcommands(name: str) -> dict[str, Entry]:
    """The commands below a group, or below another command, by their last word."""
    start = f"{name} "
    return {each[len(start) :]: e for each, e in COMMANDS.items() if each.startswith(start)}


def first_words() -> dict[str, str]:
    """Everything that the help has right after ``thrum``, with its one line."""
    return {word: summary for rows in _sections().values() for word, summary in rows.items()}


def program_help(columns: int = 80) -> str:
    """What ``thrum`` and ``thrum --help`` print."""
    text = "Usage: thrum COMMAND [flags]\n\n"
    text += "".join(f"{line}\n" for line in _wrapped(ABOUT, columns))
    for heading, rows in _sections().items():
        text += f"\n{heading.value}:\n" + _rows(rows, columns)
    text += "\nFlags of every command:\n" + _rows(GLOBAL_FLAGS, columns)
    return f"{text}\nRead on:\n{_rows(LEARN, columns)}"


def group_help(word: str, columns: int = 80) -> str:
    """What ``thrum GROUP`` and its ``--help`` print."""
    rows = {each: entry.summary for each, entry in subcommands(word).items()}
    usage = "".join(
        f"{line}\n" for line in _wrapped(f"Usage: thrum {word} COMMAND [flags]", columns)
    )
    return f"{usage}\n{GROUPS[word].summary}\n\n{_rows(rows, columns)}"


def _sections() -> dict[Heading, dict[str, str]]:
    """Commands, then groups, with their lines, by their headings."""
    sections: dict[Heading, dict[str, str]] = {each: {} for each in Heading if each is not HIDDEN}
    for entry in ENTRIES:
        if isinstance(entry.place, Heading) and entry.place in sections:
            sections[entry.place][entry.word] = entry.summary
    for group in GROUPS.values():
        if group.heading in sections:
            members = ", ".join(subcommands(group.word))
            sections[group.heading][group.word] = f"{group.summary}: {members}"
    return sections


def _rows(rows: dict[str, str], columns: int) -> str:
    """Words with what they mean beside them, or below where the terminal is narrow."""
    widest = max(len(name) for name in rows)
    text = ""
    for name, summary in rows.items():
        room = columns - widest - 4
        if room < _LEAST:
            text += f"  {name}\n" + "".join(
                f"    {part}\n" for part in _wrapped(summary, columns - 4)
            )
            continue
        first, *rest = _wrapped(summary, room)
        text += f"  {name.ljust(widest)}  {first}\n"
        text += "".join(f"{' ' * (widest + 4)}{part}\n" for part in rest)
    return text


def _wrapped(text: str, columns: int) -> list[str]:
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".lstrip()
        if len(joined) <= columns or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines

"""What an adapter says of one agent runtime, in words that are the same for all of them.

An adapter is a module of this package with one value, ``ADAPTER``: data, pure functions, and one
that looks where conversations lie. It writes no file, starts no process and knows no daemon.
``thrum.setup`` writes what it lists, ``thrum hook`` reads and answers by it, whoever launches or
restarts an agent asks it how.

What a runtime does changes under our feet. So an adapter must be safe when it is wrong: an event
that it does not list is answered by the empty reply, and a reply never carries what the runtime may
refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple

from msgspec import Struct

Json = Any
"""Whatever a JSON text can say."""


class Moment(Enum):
    """What happens in a session, whatever the runtime calls it."""

    START = "session start"
    PROMPT = "prompt submitted"
    TOOLS = "after a batch of tools"
    END_OF_TURN = "turn end"
    BEFORE_COMPACTION = "before compaction"
    AFTER_COMPACTION = "after compaction"
    END = "session end"
    NOTICE = "notification"
    PERMISSION = "permission request"
    EDIT = "before an edit"


class Scope(Enum):
    """Whom a file of a runtime concerns.

    Attributes:
        USER: this person, in every repository.
        PROJECT: this repository, in one work tree.
    """

    USER = "user"
    PROJECT = "project"


class Part(Enum):
    """What is set up in a runtime, as people call it."""

    HOOKS = "hooks"
    MCP = "mcp"
    INSTRUCTIONS = "instructions"
    SKILL = "skill"
    STATUSLINE = "statusline"
    GUARD = "guard"


class Where(Struct, frozen=True):
    """Where a runtime is set up.

    Attributes:
        scope: whose files are meant.
        root: the work tree; of no meaning to the scope ``USER``.
        home: the person's home.
        env: the environment: some runtimes let a variable name their folder.
        program: the absolute path of the thrum that hooks and MCP entries start.
        guards: whether a hook is wanted that may refuse an edit.
    """

    scope: Scope
    root: Path
    home: Path
    env: Mapping[str, str]
    program: Path
    guards: bool = False

    def folder(self, name: str, variable: str = "") -> Path:
        """The runtime's folder (``.codex``) in the scope; a variable may name the person's."""
        return self.root / name if self.scope is Scope.PROJECT else self.own(name, variable)

    def own(self, name: str, variable: str = "") -> Path:
        """The person's folder of that name, or the one that a variable names."""
        named = self.env.get(variable, "") if variable else ""
        return Path(named) if named else self.home / name


class Entry(Struct, frozen=True):
    """A value of ours in a file that others write as well.

    Attributes:
        part: what it is for.
        path: the file.
        keys: the keys on the way to it. The last one holds the value, or the list that it joins.
        value: what is put there.
        joins: whether it is one more element of a list.
        syntax: ``json`` (comments are kept) or ``toml``.
        base: what a file must hold besides, where there was none: ``{"version": 1}``.
        answers: the keys of lists in which the runtime itself notes by our name what the person
            said of us; that goes with the entry.
    """

    part: Part
    path: Path
    keys: tuple[str, ...]
    value: Json
    joins: bool = False
    syntax: str = "json"
    base: Mapping[str, Json] = {}
    answers: tuple[str, ...] = ()


class Block(Struct, frozen=True):
    """A marked block of a Markdown file."""

    part: Part
    path: Path
    text: str


class Own(Struct, frozen=True):
    """A file that is wholly ours.

    Attributes:
        mode: its permission bits.
    """

    part: Part
    path: Path
    text: str
    mode: int = 0o644


Piece = Entry | Block | Own


class Hook(Struct, frozen=True):
    """One event of the runtime that is listened to.

    Attributes:
        event: the runtime's own name.
        moment: what it means.
        seconds: how long it may take before the runtime goes on without it.
        matcher: which of them, in the runtime's own words; all where it is empty.
    """

    event: str
    moment: Moment
    seconds: int = 5
    matcher: str = ""


class Reach(Enum):
    """What a reply at some moment does.

    Attributes:
        CONTEXT: the text is in front of the model with what it does next.
        TURN: the text begins one more turn.
        MAYBE: the documentation says that it is read, and nobody has seen that. The text is given,
            and nothing may depend on it: no mail counts as delivered by it.
        SILENT: nothing that we say is read.
    """

    CONTEXT = "context"
    TURN = "turn"
    MAYBE = "maybe"
    SILENT = "silent"


COMPACTED: Final = "compact"
"""The source of a start that is none: the session goes on with less to remember."""


class Event(Struct, frozen=True):
    """A call of a hook, understood.

    Attributes:
        name: the event by the runtime's own name.
        moment: what it means.
        session: the runtime's id of the session; empty if it gave none.
        cwd: where the session works, if it said so.
        source: why a session began (``startup``, ``resume``, ``clear``, ``compact``) or ended, or
            of which kind a notice is.
        transcript: the file of the conversation, if it said so.
        is_subagent: whether a helper of the session is meant, to whom no mail is given.
        is_continued: whether no person, but a hook or a background task, has the turn go on.
        last_text: what the model said last.
        tool: the tool that a permission is asked for, or that was used last.
        details: what was asked, for people.
    """

    name: str
    moment: Moment
    session: str = ""
    cwd: str = ""
    source: str = ""
    transcript: str = ""
    is_subagent: bool = False
    is_continued: bool = False
    last_text: str = ""
    tool: str = ""
    details: str = ""


class Answer(NamedTuple):
    """What the hook's process prints and ends with."""

    stdout: str = ""
    stderr: str = ""
    status: int = 0


class Turn(NamedTuple):
    """Something that was said.

    Attributes:
        who: ``user`` or ``assistant``.
        text: what.
        at: when, as far as that is known.
    """

    who: str
    text: str
    at: str = ""


class Move(NamedTuple):
    """What a line of a transcript does to the lines before it.

    Attributes:
        id: its own; of several lines with the same id the last one counts, at the place of the
            first. Empty where lines have no ids.
        after: the id of the line that it goes on from; what stands between the two was said on
            another branch of the conversation.
        back_to: the id of the line from which on everything was taken back.
        users_back: how many prompts were taken back, with all that followed them.
        is_anew: whether nothing that stands before it counts any more.
    """

    id: str = ""
    after: str = ""
    back_to: str = ""
    users_back: int = 0
    is_anew: bool = False


class Detection(Struct, frozen=True):
    """How one sees that a runtime is used here.

    Attributes:
        markers: files and folders of a work tree.
        folders: folders of a person's home.
        variables: what it sets for the programs that it starts.
        processes: the names of its process.
        scripts: what the path of the script contains, where its process has an interpreter's name.
        binaries: its programs.
        says: what one of these says of itself when asked for its version, in lower case; where
            that is empty, a program's name is enough.
    """

    markers: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    binaries: tuple[str, ...] = ()
    says: tuple[str, ...] = ()


def nothing(_where: Where) -> Iterable[Piece]:
    """No files."""
    return ()


def unheard(
    _name: str, _moment: Moment, _given: Mapping[str, Json], _env: Mapping[str, str]
) -> Event | None:
    """No event is understood."""
    return None


def unsaid(_event: Event, _reach: Reach, _text: str) -> Answer:
    """What a runtime without hooks is told."""
    return Answer()


def told_in_answer(_text: str) -> Answer:
    """What is printed where a process that waits says nothing by itself."""
    return Answer()


class Leave(Struct, frozen=True):
    """How a hook answers for a person whom the runtime asks for leave.

    Attributes:
        say: an answer in the runtime's own shape, by whether it is allowed and whose answer it is.
            It is for this once: nothing that is said allows anything later.
        asks_meanwhile: whether the runtime's own dialog is open while the hook waits, so that
            nobody at its terminal is held up.
        not_for: tools that ask the person something; allowing them would not answer it.
    """

    say: Callable[[Event, bool, str], Answer]
    asks_meanwhile: bool = False
    not_for: frozenset[str] = frozenset()

    def is_for(self, event: Event) -> bool:
        """Whether somebody else may answer what the runtime asks at that event."""
        return event.moment is Moment.PERMISSION and event.tool not in self.not_for


class Guard(Struct, frozen=True):
    """How a hook refuses an edit before it is made; set up only where somebody asks for it.

    Attributes:
        hook: the event, and of which tools.
        files: the files that a call of a tool would change, as the runtime names them.
        say: a refusal in the runtime's own shape, whose text the model reads.
    """

    hook: Hook
    files: Callable[[Mapping[str, Json]], Iterable[str]]
    say: Callable[[str, str], Answer]


class Wake(Struct, frozen=True):
    """A way to begin a turn in a session that is idle.

    Attributes:
        name: ``background hook``, ``monitor``, ``plugin``.
        since: the version from which it is there; empty if every one has it.
        event: by which name of an event the process that waits is started; empty where none is.
        only: variables without whose values it would do harm, or nothing.
        say: a text in the shape in which that process brings it.
        goes_on: whether the process lives as long as the session and brings whatever comes, where
            another one brings one block and ends.
        is_sure: whether it was seen to reach the model.
        session: the variable that names the session, where no event does.
    """

    name: str
    since: str = ""
    event: str = ""
    only: Mapping[str, str] = {}
    say: Callable[[str], Answer] = told_in_answer
    goes_on: bool = False
    is_sure: bool = True
    session: str = ""

    def works(self, env: Mapping[str, str]) -> bool:
        """Whether it works in a session with that environment."""
        return all(env.get(name) == value for name, value in self.only.items())


def no_transcripts(_where: Where) -> Iterable[Path]:
    """No transcripts are known."""
    return ()


def no_turns(_line: Mapping[str, Json]) -> Iterator[Turn]:
    """Nothing can be read from a line."""
    return iter(())


def no_process(_where: Where, _pid: int) -> Path | None:
    """Nobody says what a process has to do with a conversation."""
    return None


def unknown_fullness(_given: Mapping[str, Json]) -> float | None:
    """Nobody says how full the context is."""
    return None


def itself(line: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """A line is one record."""
    yield line


def only_adds(_line: Mapping[str, Json]) -> Move:
    """The lines before it stay as they are."""
    return Move()


class Adapter(Struct, frozen=True):
    """One runtime.

    Attributes:
        name: its name everywhere in Thrum.
        title: its name for people.
        command: what launches it.
        detection: how one sees that it is there.
        aliases: other names that people and older files use.
        instructions: the file of a work tree that it reads first; empty if there is none.
        skills: the folder for skills, by scope.
        hooks: the events that it tells us.
        reaches: what a reply does, at the moments where one does anything.
        longest: characters that a reply may hold, above which the runtime cuts or moves it.
        pieces: what setup writes.
        also: events that setup does not ask for and that other writers of hooks do.
        understand: an event of its from name, moment, decoded stdin and environment; None where it
            tells us nothing.
        say: a text at an event in the runtime's own shape, where it reaches somebody.
        silence: what is printed where nothing is said.
        wakes: ways to begin a turn.
        leave: how a hook answers what the runtime asks leave for; None where none can.
        guard: how a hook refuses an edit; None where none can, or where one that fails would.
        inbox: the variables that name a socket by which its session is roused, and what that asks
            for; empty where there is none.
        transcripts: where its conversations of a work tree lie, the newest first.
        turns: what was said in one decoded line of a transcript.
        moves: what such a line does to those before it.
        records: the records that a line stands for, one after another.
        fullness: how full the context of a session is, in percent, by what a status line is given;
            None where that does not say so.
        of_process: the conversation of one of its processes, where it notes that.
        confirm: what the person must still do in the runtime, a sentence each.
        has_mcp: whether it can use an MCP server.
        hooks_run_here: whether its hooks are started in the work tree.
        is_chosen: whether its hooks work in those sessions only that a person began with what we
            set up.
        mcp_also: what stands in the entry of a server besides what starts it: its times, mostly.
        mcp_seconds: how long it lets one call of a tool run, as far as that is known.
        mcp_start_seconds: how long setup has it wait until a server has begun and named its tools;
            0 where that cannot be said, or what it has of its own is long enough.
    """

    name: str
    title: str
    command: tuple[str, ...]
    detection: Detection = Detection()
    aliases: tuple[str, ...] = ()
    instructions: str = ""
    skills: Mapping[Scope, str] = {}
    hooks: tuple[Hook, ...] = ()
    reaches: Mapping[Moment, Reach] = {}
    longest: int = 0
    pieces: Callable[[Where], Iterable[Piece]] = nothing
    also: Mapping[str, Moment] = {}
    understand: Callable[[str, Moment, Mapping[str, Json], Mapping[str, str]], Event | None] = (
        unheard
    )
    say: Callable[[Event, Reach, str], Answer] = unsaid
    silence: str = ""
    wakes: tuple[Wake, ...] = ()
    leave: Leave | None = None
    guard: Guard | None = None
    inbox: tuple[str, str] = ("", "")
    transcripts: Callable[[Where], Iterable[Path]] = no_transcripts
    turns: Callable[[Mapping[str, Json]], Iterator[Turn]] = no_turns
    moves: Callable[[Mapping[str, Json]], Move] = only_adds
    records: Callable[[Mapping[str, Json]], Iterator[Mapping[str, Json]]] = itself
    fullness: Callable[[Mapping[str, Json]], float | None] = unknown_fullness
    of_process: Callable[[Where, int], Path | None] = no_process
    confirm: tuple[str, ...] = ()
    has_mcp: bool = False
    mcp_also: Mapping[str, Json] = {}
    mcp_seconds: int = 0
    mcp_start_seconds: int = 0
    hooks_run_here: bool = True
    is_chosen: bool = False

    @property
    def has_transcripts(self) -> bool:
        """Whether it is known where its conversations lie, and in which shape."""
        return self.turns is not no_turns

    @property
    def room(self) -> int | None:
        """Characters of text that fit into a reply, beside what stands around; None for any."""
        return self.longest - _FRAME if self.longest else None

    def hook(self, event: str) -> Hook | None:
        """What is listened to by that name of an event; None if nothing is."""
        return next((each for each in self.hooks if each.event == event), None)

    def wake(self, event: str) -> Wake | None:
        """The way to wake whose process is started by that name of an event; None if none is."""
        return next((each for each in self.wakes if event and each.event == event), None)

    def read(self, name: str, given: Mapping[str, Json], env: Mapping[str, str]) -> Event | None:
        """A call of a hook, understood; None where the event is unknown.

        Args:
            name: the event by the runtime's own name.
            given: the decoded stdin.
            env: the environment of the hook.
        """
        known = self.hook(name)
        moment = known.moment if known else self.also.get(name)
        return self.understand(name, moment, given, env) if moment else None

    def reach(self, event: Event | None, text: str) -> Reach:
        """What a text does at an event; nothing where nothing is said or nobody reads it."""
        return self.reaches.get(event.moment, Reach.SILENT) if event and text else Reach.SILENT

    def answer(self, event: Event | None, text: str) -> Answer:
        """A text at an event in the runtime's own shape.

        The empty text is the empty reply, and so is every text at a moment that reaches nobody or
        for an event of None.
        """
        reach = self.reach(event, text)
        if event is None or reach is Reach.SILENT:
            return Answer(self.silence)
        return self.say(event, reach, text)

    def reply(self, event: Event | None, text: str) -> Answer:
        """The answer to an event with as much of a text as the runtime takes.

        Args:
            event: what happened; None where nothing is known of it.
            text: what is said, the most important first.
        """
        return self.answer(event, cut(text, self.longest))


_FRAME: Final = 500
"""Characters that a runtime's cap keeps for what stands around a text."""

_MORE: Final = "\n… there is more: `thrum inbox`"


def cut(text: str, longest: int) -> str:
    """The text, or as many whole lines of it as fit; 0 is no bound."""
    if not longest or len(text) <= longest:
        return text
    room = text[: longest - len(_MORE)]
    whole = room.rpartition("\n")[0]
    return (whole or room) + _MORE

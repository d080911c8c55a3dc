"""What ``thrum help TOPIC`` says: what no single command's help can say."""

from __future__ import annotations

from typing import Final, NamedTuple

from thrum.cli.environment import VARIABLES


class Topic(NamedTuple):
    """A text about something that several commands share.

    Attributes:
        summary: one line for lists.
        text: paragraphs; an indented line stays as it is, others are filled to the terminal.
    """

    summary: str
    text: str


def _variables() -> str:
    return "\n\n".join(f"{names}: {meaning}" for names, meaning in VARIABLES.items())


TOPICS: Final = {
    "addressing": Topic(
        "Whom --to and --mention may name",
        """\
An agent is named by its name, with or without @: --to nux and --to @nux are one. A group and a \
role are named likewise, and whoever is in it gets the message. --to everyone, or no --to at all, \
is all agents and people.

Several are named by repeating the flag or with commas:

  thrum send "Ready." --to @nux --to crew,role:tester

Where one name stands for a group and for a role, group:NAME or role:NAME says which. A group \
keeps what was sent to it for those who join later; what goes to a role or to everyone reaches \
those who were registered then.

`thrum reply` answers to the author and to all whom the message was addressed to. What \
goes to oneself alone is kept, and `thrum thread` shows it, but it is in no inbox.""",
    ),
    "ids": Topic(
        "How messages, sessions and events are named",
        """\
Every message, session and event has an id such as msg_01M7XCNHBQTZPY0FK2ZTKHWB87. Its ending is \
shown and its ending is enough: at least four characters, in either case, and more where two fit.

`thrum inbox`, `thrum sent` and `thrum thread` show a message's id at the front, `thrum log` those \
of events, `thrum session list` those of sessions. --json has them in full, and a shell \
completes them.""",
    ),
    "exit-codes": Topic(
        "What a command's status says",
        """\
  0  done
  1  failed: refused, not found, the daemon is away; doctor: something is wrong; daemon status: \
it does not run
  2  not understood: a flag, a value, or a --yes that is missing

`thrum wait` ends with 0 when there is mail, `thrum ask` with 0 when there is an answer; both with \
1 when the time is over and 2 for everything else. \
130 is Ctrl-C, 141 a reader that went away. With --json an error is one JSON object on stderr; \
branch on its kind, which docs/errors.md lists.""",
    ),
    "json": Topic(
        "What programs read",
        """\
--json stands anywhere on the line and gives one JSON document on stdout; where stdout is a \
terminal it is indented. An error is one object on stderr:

  {"error":{"code":-32000,"kind":"not_found","message":"…","hint":"…"}}

Its kind is one of a fixed list (docs/errors.md); sentences may change. Moments are RFC 3339 in \
UTC, ids are whole. `thrum help --json` lists all commands, `thrum COMMAND --help --json` what one \
takes, `thrum rpc describe --json` the daemon's methods.""",
    ),
    "output": Topic(
        "What is shown on a terminal and what in a pipe",
        """\
On a terminal there are frames, columns and colours, and what is longer than the terminal goes \
through a pager (THRUM_PAGER, PAGER, else less; q leaves it). In a pipe the same facts come \
compact, without frames, colours, padding or pager, for readers who pay by the token.

● is unread and ○ read; in a team ● is at work, ○ away and ⊙ reserved. (journal) in `thrum log` \
marks what is acknowledged and on disk, but in no commit yet. Colours tell nothing that words do \
not: bold is unread, cyan is you, yellow and red want somebody's look. NO_COLOR switches them off, \
CLICOLOR_FORCE=1 on.""",
    ),
    "environment": Topic("Variables that are read", _variables()),
    "deleting": Topic(
        "What can be taken back and what not",
        """\
What cannot be taken back asks on a terminal, and elsewhere wants --yes. --dry-run only shows what \
would happen. --force passes over a protection, such as an identity that is in the way, and is no \
yes.

`thrum message delete` takes back one message everywhere, `thrum message archive` puts many into a \
file first, `thrum purge` forgets by age. All of them hide the text; it stays in the history of \
the branch a-sync, as any text that was ever committed.""",
    ),
    "glossary": Topic(
        "Words that are used everywhere",
        """\
agent: somebody who works here, a program or a person, by a name that is unique in the repository.

role, module: what an agent does (tester) and the part of the project it does it in (engine).

worktree: a checkout of the repository; by it Thrum knows which agent a shell is.

session: a time at work, from `thrum quickstart` or `thrum session start` to its end.

context: notes that an agent keeps for its next session; the preamble is a text before them.

intent, task: what an agent says that it is about to do.

group: a name that stands for agents and roles.

scope, ref: TYPE:VALUE tags of a message or session, such as module:engine or issue:12.

daemon: the one process of a clone that keeps the mail and exchanges it.

a-sync: the branch that all of it travels on. journal: what is on disk and not on the branch yet.

guard: a rule that keeps a shell from speaking as somebody else; `thrum identity explain`.""",
    ),
}
"""Every topic by its name."""

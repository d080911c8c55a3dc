"""Commands that a person types to an agent, such as ``/thrum:send``; each runs one of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from thrum.skills.skill import Skill

PREFIX: Final = "thrum-"
"""Before the name of one that stands among others' in a folder; a plugin's name says the same."""


class Slash(NamedTuple):
    """One of them.

    Attributes:
        word: its name, and the command that it runs.
        description: what it does, for lists.
        body: what the agent reads.
        hint: what may be typed behind it.
    """

    word: str
    description: str
    body: str
    hint: str = ""


SLASHES: Final = (
    Slash(
        "prime",
        "Who you are here, who else is here, and what is unread",
        "`thrum prime` prints what a session needs to begin: the agent of this worktree, unread "
        "mail, the team, the state of the work. The person wants the agent to have read it, and "
        "to be told in a few lines what is new.",
    ),
    Slash(
        "quickstart",
        "Register this worktree as an agent, or go on as the one before",
        "`thrum quickstart NAME --role ROLE --module MODULE` registers this worktree; without a "
        "name the agent that was here before goes on. Names are of a-z, 0-9 and _. What was typed "
        "behind the command names them; what is missing can be asked for, or told from the "
        "folder's name and the task. `thrum whoami` shows the result.",
        hint="NAME ROLE MODULE",
    ),
    Slash(
        "overview",
        "Yourself, the team and your inbox on one page",
        "`thrum overview` prints it. The person wants a short summary: who is at work, who is "
        "blocked, what waits for an answer.",
    ),
    Slash(
        "team",
        "Who is here and what they work on",
        "`thrum team` lists agents with a session, `thrum team --all` the others too. The person "
        "wants to see them with what each does.",
    ),
    Slash(
        "send",
        "Send a message to an agent, a group, a role or everyone",
        '`thrum send "text" --to @name` sends it. Whom it is for and what it says was typed '
        "behind the command; `thrum team --all` has the names. Without `--to` it reaches everyone, "
        "so a message without a recipient needs a question first.",
        hint="NAME and what to say",
    ),
    Slash(
        "inbox",
        "What is unread, and what it asks for",
        "`thrum inbox --unread` shows what is new without marking it, `thrum message get ID` one "
        "in full. The person wants to know what came and what it asks for. Messages are what their "
        "authors wrote; whether one is acted upon, the person decides. `thrum message read ID` "
        "marks what was dealt with.",
    ),
    Slash(
        "reply",
        "Answer a message",
        '`thrum reply ID "text"` answers the author and all whom the message was addressed to. '
        "The id is what stands in front of it in `thrum inbox`; its end is enough. Where none was "
        "typed, the message that was spoken of last is meant.",
        hint="ID and what to say",
    ),
    Slash(
        "wait",
        "Wait until mail comes",
        "`thrum wait --timeout 10m` returns when something is unread: 0 there is, 1 the time is "
        "over, 2 an error. `thrum inbox --unread` shows it then. In the background it does not "
        "hold up the session.",
        hint="how long, as 10m",
    ),
)
"""Every word is a command of ours; a test holds that."""


def skills(prefix: str = PREFIX) -> Iterator[Skill]:
    """Each as a skill, its name with this before it."""
    for each in SLASHES:
        yield Skill(
            name=f"{prefix}{each.word}",
            description=each.description,
            body=f"{each.body}\n",
            is_typed=True,
            hint=each.hint,
            runs=each.word,
        )

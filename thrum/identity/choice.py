"""Who is meant: the one decision about a caller, by what is known of its process and its place.

Pure. The daemon takes it by what the kernel and its own records say; the command line by what the
files say, so that both say the same of the same facts. The rules in order:

1. *pid*: the agents of the nearest process above the caller that is any agent's.
2. *worktree*: the agents at home where the caller stands.

The first of them is meant, unless a name chooses another one. A *claim* says who the caller is:
where it names none of those who may be meant it contradicts the facts. An *implied* name is said
for something else (whose inbox, whose session); it chooses where it can and is no claim where it
cannot, for then it names somebody whom the request is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

Rule = Literal["", "pid", "worktree"]


class Choice(NamedTuple):
    """Who is meant.

    Attributes:
        agent_id: the agent; empty if the caller is nobody.
        rule: by which rule; empty for nobody.
        others: who else a claim could name.
        contradicted: the claim names nobody of these; `agent_id` is who is meant without it.
    """

    agent_id: str = ""
    rule: Rule = ""
    others: tuple[str, ...] = ()
    contradicted: bool = False


NOBODY = Choice()


def choose(
    claim: str, by_process: Sequence[str], at_home: Sequence[str], implied: Sequence[str] = ()
) -> Choice:
    """Who is meant.

    Args:
        claim: the agent that the caller says it is, or nothing.
        by_process: the agents of the nearest process that has any, the likeliest first.
        at_home: the agents at home where the caller stands, the likeliest first.
        implied: agents that the request names otherwise; the first one that may be meant counts.
    """
    meant = by_process or at_home
    if not meant:
        return NOBODY
    rule: Rule = "pid" if by_process else "worktree"
    # Agents of one worktree trust each other: the same person put them there. An agent that lives
    # elsewhere does not become one of them by changing into it.
    trusted = {*meant, *at_home} if set(meant) & set(at_home) else set(meant)
    contradicted = bool(claim) and claim not in trusted
    said = [] if contradicted else [each for each in (claim, *implied) if each in trusted]
    chosen = said[0] if said else meant[0]
    return Choice(chosen, rule, tuple(sorted(trusted - {chosen})), contradicted)

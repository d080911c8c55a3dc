"""Writing the chosen texts of roles into a repository, and what was chosen beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from thrum import config
from thrum.clock import format_seconds
from thrum.roles import answers, deploying

if TYPE_CHECKING:
    from thrum.cli.context import Context
    from thrum.roles.answers import Answers
    from thrum.roles.deploying import Refreshed

SKIP: Final = "skip"
"""What chooses no text."""

CHOICES: Final = ("enhanced", "default", SKIP)


def known(context: Context) -> Answers | None:
    """What the repository has chosen; None where nobody has.

    Raises:
        ThrumError: ``invalid_params``, the configuration holds something else; ``config``.
    """
    tree = config.load(context.place.config, context.env).tree.get(answers.KEY)
    return None if tree is None else answers.parse(tree, format_seconds(context.now_ns()))


def choose(context: Context, name: str) -> Refreshed:
    """Writes the texts of a set of `answers.SETS`, whatever was chosen until now.

    Raises:
        ThrumError: as `known`.
        OSError: the disk refuses.
    """
    before = known(context)
    roles = before.roles if before else ()
    return write(context, answers.of_set(name, format_seconds(context.now_ns()), roles))


def write(context: Context, chosen: Answers) -> Refreshed:
    """Writes the texts, and the choice with their hashes into the configuration.

    Raises:
        ThrumError: ``not_found``, a text that was chosen is not there any more; ``config``.
        OSError: the disk refuses.
    """
    settings = config.load(context.place.config, context.env)
    done = deploying.refresh(context.place.shared, chosen)
    settings.set(answers.KEY, done.answers.tree())
    settings.save()
    return done


def tell_of_edited(context: Context, done: Refreshed) -> None:
    """Says where a text went that somebody had changed by hand."""
    for path in done.edited:
        context.note(f"what was changed by hand is in {path}")

"""``thrum keys``: the keys that clones sign with, and which of them count here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.table import Column, table
from thrum.cli.render.text import one_line
from thrum.cli.render.times import ago
from thrum.cli.steps.confirming import confirmed
from thrum.errors import ThrumError
from thrum.plurals import counted

if TYPE_CHECKING:
    import typer

_SHORT: Final = 12
_COLUMNS: Final = (
    Column("KEY", 12),
    Column("CLONE", 8, weight=3),
    Column("STATE", 7),
    Column("SINCE", 5, leaves=2),
    Column("REVOKED", 5, leaves=1),
)
_UNSIGNED: Final = "No keys: nothing was signed here yet."


def list_keys(context: Context) -> None:
    """The keys of all clones, and which of them count here.

    The first key of a clone that is seen counts. A later one counts if one before it vouches for
    it, or somebody here accepts it.
    """
    answer: dict[str, Any] = context.call("keys.list", {})
    context.document(answer)
    rows = [row for row in answer.get("keys") or () if isinstance(row, dict)]
    if not rows:
        context.done(_UNSIGNED)
    else:
        now = context.now_ns()
        lines = [_line(row, now) for row in rows]
        context.say(table(_COLUMNS, lines, is_plain=context.is_plain, columns=context.columns))
    if answer.get("policy") == "off":
        context.hint("signatures is off: this clone signs nothing and looks at no signature")
    if answer.get("trouble"):
        context.hint(one_line(str(answer["trouble"])))
    if any(row.get("state") in ("waiting", "contested") for row in rows):
        context.hint("ask whoever works there for the id, then: thrum keys accept KEY")


def _line(row: dict[str, Any], now_ns: int) -> list[str]:
    return [
        one_line(str(row.get("key") or "?"))[:_SHORT],
        one_line(str(row.get("daemon_id") or "?")),
        one_line(str(row.get("state") or "?")),
        ago(str(row.get("published_at") or ""), now_ns),
        ago(str(row["revoked_since"]), now_ns) if row.get("revoked_since") else "",
    ]


def accept(
    context: Context,
    key: Annotated[str, typer.Argument(help="its id, or the beginning of it"), takes.KEY],
    daemon: Annotated[
        str | None, typer.Option(help="of which clone, where several claim it"), takes.DAEMON
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Have a key count here as its clone's.

    For a clone that lost its key, or for which several keys claim to be the first. Compare the
    whole id with whoever works there, by another way than this one. It counts in this clone alone.
    """
    if not _agreed(context, key, daemon, "Is {key} the key of {clone}?", yes=yes):
        return
    answer = context.call("keys.accept", {"key": key, "daemon_id": daemon, **_claim(context)})
    context.document(answer)
    row = answer.get("key") or {}
    key, clone = one_line(str(row.get("key"))), one_line(str(row.get("daemon_id")))
    context.done(f"✓ {key} counts here as the key of {clone}")


def revoke(
    context: Context,
    key: Annotated[str, typer.Argument(help="its id, or the beginning of it"), takes.KEY],
    daemon: Annotated[
        str | None, typer.Option(help="of which clone, where several claim it"), takes.DAEMON
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="what it signed after that does not count"), takes.MOMENT
    ] = None,
    reason: Annotated[str | None, typer.Option(help="why, for others")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Have what a key signed after a time count no more.

    A key of this clone: for everybody, and a new one is made at once. Another's: in this clone
    alone, for anybody could say so of anybody.
    """
    from thrum.cli.render.times import cutoff
    from thrum.clock import format_ns

    moment = format_ns(cutoff(since, "--since", context.now_ns())) if since else None
    question = f"Have nothing count that {{key}} of {{clone}} signed after {moment or 'now'}?"
    if not _agreed(context, key, daemon, question, yes=yes):
        return
    about = {"key": key, "daemon_id": daemon, "since": moment, "reason": reason}
    answer: dict[str, Any] = context.call("keys.revoke", {**about, **_claim(context)})
    context.document(answer)
    whole = one_line(str((answer.get("key") or {}).get("key")))
    where = "everywhere" if answer.get("everywhere") else "in this clone"
    context.done(f"✓ Revoked {whole} {where}")
    if answer.get("successor"):
        context.hint(
            f"this clone signs with {one_line(str(answer['successor']))} now; if others show it as"
            " waiting, tell them to run: thrum keys accept KEY"
        )


def rotate(context: Context) -> None:
    """Sign with a new key from now on; the one before it vouches for it, and ends."""
    answer: dict[str, Any] = context.call("keys.rotate", _claim(context))
    context.document(answer)
    row = answer.get("key")
    key = one_line(str(row.get("key"))) if isinstance(row, dict) else "?"
    context.done(f"✓ This clone signs with {key} now")


def export(
    context: Context,
    key: Annotated[
        str | None, typer.Argument(help="its id; this clone's own if none is named"), takes.KEY
    ] = None,
) -> None:
    """Print a public key, to be compared or kept elsewhere: clone, id and key on a line."""
    row = _found(context, key, None) if key else _own(context)
    context.document(row)
    fields = (row.get("daemon_id"), row.get("key"), row.get("public"))
    context.say(" ".join(one_line(str(each)) for each in fields) + "\n")


def _rows(context: Context) -> list[dict[str, Any]]:
    answer: dict[str, Any] = context.call("keys.list", {})
    return [row for row in answer.get("keys") or () if isinstance(row, dict)]


def _own(context: Context) -> dict[str, Any]:
    own = [row for row in _rows(context) if row.get("state") == "ours"]
    if not own:
        raise ThrumError(
            "not_found", "this clone has signed nothing yet", "the key is made with the first event"
        )
    return own[0]


def _found(context: Context, key: str, daemon: str | None) -> dict[str, Any]:
    """The row of the key that is meant.

    Raises:
        ThrumError: ``not_found``, ``ambiguous_id``.
    """
    found = [
        row
        for row in _rows(context)
        if str(row.get("key", "")).startswith(key) and daemon in (None, row.get("daemon_id"))
    ]
    if not found or not key:
        raise ThrumError("not_found", f"there is no key {key!r}", "`thrum keys list` shows them")
    if len(found) > 1:
        raise ThrumError(
            "ambiguous_id",
            f"{counted(len(found), 'key')} are meant by {key!r}",
            "give the whole id, and --daemon where several clones claim it",
        )
    return found[0]


def _agreed(context: Context, key: str, daemon: str | None, question: str, *, yes: bool) -> bool:
    """Whether the person says yes, who is shown the whole id."""
    if yes:
        return True
    row = _found(context, key, daemon)
    whole, clone = str(row.get("key")), str(row.get("daemon_id"))
    asked = question.replace("{key}", whole).replace("{clone}", clone)
    return confirmed(context, asked, yes=False, otherwise=f"whether {whole} is meant is not asked")


def _claim(context: Context) -> dict[str, Any]:
    return {"caller_agent_id": context.caller.agent_id}

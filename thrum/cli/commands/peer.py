"""``thrum peer``: daemons of other clones and repositories that this one exchanges events with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render import peers
from thrum.cli.render.text import one_line
from thrum.cli.render.times import duration
from thrum.cli.steps import questioning
from thrum.cli.steps.confirming import confirmed
from thrum.errors import ThrumError

if TYPE_CHECKING:
    import typer

_SECOND: Final = 1_000_000_000
_MARGIN_S: Final = 10.0
_ACTIONS: Final = ("add-agent", "remove-agent")
_STDIN: Final = "-"
_CALLING_S: Final = 60.0
"""Longer than a peer has to answer."""
_REPAIR: Final = "repair"
_MOST: Final = 1_000
"""Characters of a peercode, and some more."""


def add(
    context: Context,
    type: Annotated[
        str, typer.Option(help="how it comes: local, network or tailscale"), takes.TRANSPORT
    ] = "local",
    address: Annotated[
        str, typer.Option(help="this machine's address to which a peer of a network comes")
    ] = "",
    timeout: Annotated[
        str, typer.Option(help="how long the code counts, at most 300s"), takes.DURATION
    ] = "300s",
    scope: Annotated[
        str, typer.Option(help="what it is given: all, addressed (mail), none"), takes.SCOPE
    ] = "",
    no_wait: Annotated[bool, typer.Option("--no-wait", help="only print the code")] = False,
) -> None:
    """Let another daemon become a peer: print a code for it, and wait for it.

    Clones of one repository get all events of each other, also those that no remote carries
    between them; of another repository only mail between its agents and ours crosses. `--scope`
    says otherwise. The code counts once, for three tries.
    """
    lasts_s = duration(timeout, "--timeout") // _SECOND
    about = {
        "type": type,
        "address": address,
        "timeout_seconds": lasts_s,
        "scope": scope,
        **_claim(context),
    }
    begun: dict[str, Any] = context.call("peer.start_pairing", about)
    code = one_line(str(begun.get("code")))
    said = f"Pairing code (transport={one_line(str(begun.get('transport')))}): {code}"
    way = "" if type == "local" else f"--type {type} "
    hint = f"there: thrum peer join {way}{code}"
    if no_wait:
        context.document(begun)
        context.done(said)
        context.hint(hint)
        return
    context.note(said)
    context.hint(hint)
    found = context.call("peer.wait_pairing", _claim(context), lasts_s + _MARGIN_S)
    context.document(found)
    name, where = one_line(str(found.get("peer_name"))), one_line(str(found.get("peer_address")))
    context.done(f'✓ Paired with "{name}" ({where}). Syncing started.')


def join(
    context: Context,
    peercode: Annotated[
        str | None, typer.Argument(help="what `thrum peer add` printed; - reads it from stdin")
    ] = None,
    type: Annotated[
        str,
        typer.Option(help="how to come: local, network or tailscale; repair for a known peer"),
        takes.JOINING,
    ] = "local",
    peer_name: Annotated[str, typer.Option(help="what the peer is called here")] = "",
    scope: Annotated[
        str, typer.Option(help="what it is given: all, addressed (mail), none"), takes.SCOPE
    ] = "",
    address: Annotated[
        str, typer.Option(help="this machine's address at which a peer of a network calls back")
    ] = "",
) -> None:
    """Become a peer of the daemon whose code that is; see `thrum peer add`.

    With --type repair the peer's name is given instead of a code: see `thrum peer repair`.
    """
    if type == _REPAIR:
        repair(context, peer_name or _peercode(context, peercode), address)
        return
    code = _peercode(context, peercode)
    parts = code.rsplit(":", 3)
    if len(parts) != 4:
        hint = "it is NAME:IP:PORT:CODE, as `thrum peer add` prints it at the other side"
        raise ThrumError("usage", "this is no peercode", hint)
    where = ":".join(parts[1:3])
    about = {
        "type": type,
        "address": where,
        "code": code,
        "peer_name": peer_name,
        "local_address": address,
        "scope": scope,
    }
    found: dict[str, Any] = context.call("peer.join", {**about, **_claim(context)}, 60.0)
    context.document(found)
    context.done(f'✓ Paired with "{one_line(str(found.get("peer_name")))}". Syncing started.')


def _peercode(context: Context, given: str | None) -> str:
    """The peercode, typed or from stdin.

    Raises:
        ThrumError: ``usage``, there is none.
    """
    if given not in {None, _STDIN}:
        return str(given).strip()
    if context.stdin_is_terminal and given is None:
        said = questioning.answer(context, "Peercode:") or ""
    else:
        said = context.stdin.read(_MOST)
    if not said.strip():
        raise ThrumError("usage", "no peercode is given", "run `thrum peer add` at the other side")
    return said.strip()


def list_peers(context: Context) -> None:
    """Peers, and when something last came from each."""
    rows = _rows(context, "peer.list")
    if rows:
        context.say(peers.listed(rows, is_plain=context.is_plain, columns=context.columns))
    for words in filter(None, map(peers.lost, rows)):
        context.hint(words)


def status(context: Context) -> None:
    """All that is known of each peer."""
    rows = _rows(context, "peer.status")
    if rows:
        context.say("\n\n".join(peers.in_full(row) for row in rows))


def _rows(context: Context, method: str) -> list[dict[str, Any]]:
    """What a method tells of the peers; says so where there are none."""
    rows: list[dict[str, Any]] = context.call(method)
    context.document(rows)
    if not rows:
        context.done("No peers paired. Use `thrum peer add` to start pairing.")
    return rows


def configure(
    context: Context,
    peer: Annotated[str, typer.Argument(help="its name or daemon id"), takes.PEER],
    action: Annotated[
        str | None, typer.Argument(help="add-agent or remove-agent"), takes.words(*_ACTIONS)
    ] = None,
    name_there: Annotated[
        str | None, typer.Argument(help="an agent's name there"), takes.ANYTHING
    ] = None,
    scope: Annotated[
        str, typer.Option(help="what it is given: all, addressed (mail), none"), takes.SCOPE
    ] = "",
) -> None:
    """What crosses to a peer, and which of its agents are known here; it counts at once.

    As long as no agent is named all of them are known, by the peer's prefix and their names there.
    """
    if not (action or scope):
        raise ThrumError(
            "usage", "nothing is said of the peer", "give add-agent or remove-agent, or --scope"
        )
    if action and not name_there:
        raise ThrumError("usage", f"{action} wants an agent's name", "as it is called there")
    about = {
        "peer_name": peer,
        "action": action or "",
        "agent_name": name_there or "",
        "scope": scope,
    }
    done: dict[str, Any] = context.call("peer.configure", {**about, **_claim(context)})
    context.document(done)
    if name_there:
        context.done(f"✓ {one_line(peer)}: {done.get('action')} {one_line(name_there)}")
    if scope:
        context.done(f"✓ {one_line(peer)}: gives {scope}, {done.get('effective_scope')} crosses")


def doctor(context: Context) -> int:
    """Call every peer and say how it stands: who answers, how much is missing, and what to do.

    Exit 1 if anything is wrong.
    """
    found: dict[str, Any] = context.call("peer.doctor", None, _CALLING_S)
    context.document(found)
    rows, about_all = found.get("peers") or [], found.get("findings") or []
    if not rows:
        context.done("No peers paired. Use `thrum peer add` to start pairing.")
    parts = ["\n".join(peers.findings(about_all))] * bool(about_all)
    parts += [peers.examined(row) for row in rows]
    if parts:
        context.say("\n\n".join(parts))
    said = [*about_all, *(each for row in rows for each in row.get("findings") or ())]
    return int(any(each.get("level") == "wrong" for each in said))


def remove(
    context: Context,
    peer: Annotated[str, typer.Argument(help="its name or daemon id"), takes.PEER],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> int:
    """End a pairing: nothing crosses any more. What has come stays."""
    question = f"End the pairing with {peer}?"
    if not confirmed(context, question, yes=yes, otherwise="ending a pairing wants a yes"):
        context.note("nothing was done")
        return 1
    answer: dict[str, Any] = context.call("peer.remove", {"name": peer, **_claim(context)})
    context.document(answer)
    context.done(f'✓ Removed peer "{one_line(peer)}". Sync stopped.')
    return 0


def rename(
    context: Context,
    peer: Annotated[str, typer.Argument(help="its name or daemon id"), takes.PEER],
    new_name: Annotated[str, typer.Argument(help="what it is called from now on")],
) -> None:
    """Call a peer otherwise; how its agents are called stays."""
    about = {"name": peer, "new_name": new_name, **_claim(context)}
    answer: dict[str, Any] = context.call("peer.rename", about)
    context.document(answer)
    context.done(f'✓ "{one_line(peer)}" is called "{one_line(str(answer.get("name")))}"')


def repair(
    context: Context,
    peer: Annotated[str, typer.Argument(help="its name or daemon id"), takes.PEER],
    address: Annotated[
        str, typer.Option(help="HOST:PORT where it is by now, if it cannot be found")
    ] = "",
) -> None:
    """Call a peer that nothing comes from, and agree anew on who both are and where."""
    about = {"type": "repair", "peer_name": peer, "address": address, **_claim(context)}
    answer: dict[str, Any] = context.call("peer.join", about, 60.0)
    context.document(answer)
    name, where = one_line(str(answer.get("peer_name"))), one_line(str(answer.get("peer_address")))
    context.done(f'✓ "{name}" ({where}) is repaired. Syncing goes on.')


def _claim(context: Context) -> dict[str, Any]:
    return {"caller_agent_id": context.caller.agent_id}

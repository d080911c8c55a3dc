"""Names that somebody wrote, of agents and groups that there may not be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from thrum.cli.context import Context
from thrum.cli.lacking import Gaps
from thrum.cli.render.text import one_line
from thrum.errors import ThrumError
from thrum.names import bare

EVERYONE = "everyone"


def unknown(name: str, known: Iterable[str], otherwise: str) -> ThrumError:
    """The refusal of a name that nobody bears, with the nearest that somebody does.

    Args:
        name: as it was written.
        known: the names that there are.
        otherwise: what to do where none is near.
    """
    from thrum.suggest import did_you_mean

    shown = f"@{one_line(bare(name))}"
    near = did_you_mean(shown, (f"@{each}" for each in known))
    return ThrumError("not_found", f"nobody here is called {shown}", near or otherwise)


def demand_known(context: Context, name: str, *, audiences: bool = False) -> None:
    """Refuses the name of somebody that nobody knows: a list of theirs is empty for that reason.

    Args:
        context: asks the daemon.
        name: as it was written.
        audiences: whether roles, groups and everyone are names as well.

    Raises:
        ThrumError: ``not_found``.
    """
    gaps = Gaps(context)
    listed = gaps.ask("agent.list")
    grouped = gaps.ask("group.list") if audiences else {}
    if listed is None or grouped is None:
        return  # whom it does not tell of may well be there
    agents: list[dict[str, Any]] = listed.get("agents") or []
    known = {str(each.get("agent_id")) for each in agents}
    known |= {each.removeprefix("user:") for each in known}
    if audiences:
        groups = grouped.get("groups") or []
        known |= {str(each.get("name")) for each in groups} | {EVERYONE}
        known |= {str(each.get("role")) for each in agents}
    if bare(name) not in known:
        raise unknown(name, sorted(known), "see `thrum team --all`")

"""``thrum runtime``: which agent runtimes there are, and which one is taken here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from thrum import config
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.errors import ThrumError
from thrum.runtimes import detection, presets, registry
from thrum.runtimes.contract import Adapter, Scope

if TYPE_CHECKING:
    import typer

NONE_FOUND = "cli-only"
"""What a program is taken for that is none of them."""


def list_runtimes(context: Context) -> None:
    """List the agent runtimes that Thrum knows, and yours of `~/.thrum/runtimes.json`."""
    known = presets.read(_home(context))
    adapters = known.every()
    document: dict[str, Any] = {"presets": [presets.preset(each) for each in adapters]}
    if known.default:
        document["default_runtime"] = known.default
    context.document(document)
    ours = [each for each in adapters if each.name in registry.MODULES]
    theirs = [each for each in adapters if each.name not in registry.MODULES]
    context.say("Built-in Runtimes:\n" + "".join(_row(each) for each in ours))
    if theirs:
        context.say("\nYour Runtimes:\n" + "".join(_row(each) for each in theirs))
    if known.default:
        context.say(f"\nDefault: {one_line(known.default)}\n")


def _row(adapter: Adapter) -> str:
    able = {"MCP": adapter.has_mcp, "Hooks": bool(adapter.hooks)}
    says = ", ".join(f"{what} ✓" for what, is_there in able.items() if is_there) or "CLI-only"
    return f"  {adapter.name:<10} {one_line(adapter.title)} ({says})\n"


def show(
    context: Context,
    name: Annotated[str, typer.Argument(help="the runtime, or another name of it"), takes.RUNTIME],
) -> None:
    """Show what Thrum knows of one runtime: command, files, events that it tells."""
    adapter = presets.read(_home(context)).find(name)
    document = {
        **presets.preset(adapter),
        "aliases": list(adapter.aliases),
        "skills": {
            scope.value: adapter.skills[scope] for scope in Scope if scope in adapter.skills
        },
        "hooks": [
            {"event": each.event, "means": each.moment.value, "seconds": each.seconds}
            for each in adapter.hooks
        ],
        "wakes": list(dict.fromkeys(each.name for each in adapter.wakes)),
    }
    context.document(document)
    context.say(_about(adapter, document))


def _about(adapter: Adapter, document: dict[str, Any]) -> str:
    rows = [
        ("Name", adapter.name),
        ("Also called", ", ".join(adapter.aliases)),
        ("Command", document["command"]),
        ("MCP", document["mcp_config_path"] or ("yes" if adapter.has_mcp else "no")),
        ("Instructions", adapter.instructions),
        ("Skills", adapter.skills.get(Scope.PROJECT, "")),
        ("Wakes by", ", ".join(document["wakes"])),
    ]
    lines = [f"{adapter.title}\n"]
    lines += [f"  {label + ':':<14} {one_line(str(value))}\n" for label, value in rows if value]
    lines += [f"  {each.event:<22} {each.moment.value}\n" for each in adapter.hooks]
    return "".join([*lines, *(f"  {one_line(step)}\n" for step in adapter.confirm)])


def set_default(
    context: Context,
    name: Annotated[str, typer.Argument(help="the runtime, or another name of it"), takes.RUNTIME],
) -> None:
    """Have a runtime taken where nobody names one: for you, and in this repository.

    It is written into `~/.thrum/runtimes.json`, and as `runtime.primary` into the configuration of
    the repository if Thrum is set up in it.
    """
    chosen = presets.set_default(_home(context), name)
    is_kept = _keep(context, chosen)
    context.document({"default_runtime": chosen, "repository": is_kept})
    context.done(f"✓ Default: {chosen}{'' if is_kept else ' (for you; there is no Thrum here)'}")


def _keep(context: Context, name: str) -> bool:
    """Writes the runtime of the repository; False where there is none."""
    try:
        place = context.place
    except ThrumError as error:
        if error.kind != "not_initialized":
            raise
        return False
    settings = config.load(place.config, context.env)
    settings.set("runtime.primary", name)
    settings.save()
    return True


def detect(context: Context) -> None:
    """Find the agent runtimes that are used here.

    By what lies in the work tree, what is set in the environment, and what programs say of their
    version; each of these has three seconds to answer.
    """
    root = context.toplevel or context.start
    adapters = presets.read(_home(context)).every()
    found = detection.detect(adapters, root, context.env)
    primary = found[0].runtime if found else NONE_FOUND
    context.document({"detected": primary, "runtimes": [each._asdict() for each in found]})
    for each in found:
        context.say(f"  {each.runtime:<10} {each.tier}: {one_line(each.sign)}\n")
    if not found:
        context.done(f"No agent runtime was found here; any program is {NONE_FOUND}.")


def _home(context: Context) -> Path:
    home = context.env.get("HOME", "")
    if not home:
        raise ThrumError("usage", "HOME is not set, so nobody knows whose runtimes are meant")
    return Path(home)

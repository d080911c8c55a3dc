"""``thrum config`` and ``thrum single-agent-mode``: what the configuration says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum import config, origins
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.steps import surveying
from thrum.daemon import control
from thrum.daemon.control import Running
from thrum.errors import ThrumError
from thrum.origins import Setting
from thrum.runtime_names import canonical

if TYPE_CHECKING:
    import typer

_MODE: Final = "daemon.single_agent_mode"
_LOCAL: Final = "daemon.local_only"
"""`thrum daemon start --local` sets its variable for the daemon alone."""

_PORT: Final = "daemon.ws_port"
_SECTIONS: Final = {"runtime": "Runtime", "daemon": "Daemon", "identity": "Identity"}


def show(context: Context) -> None:
    """The configuration, and what says each value of it: file, environment, flag or default."""
    # Imported here: what services have to say of their keys costs half a second.
    from thrum.daemon import services

    found = config.load(context.place.config, context.env, services.keys())
    running = _running(context)
    values = _as_started(origins.settings(found), running)
    about = _daemon(context, running)
    document = _document(context, found, values, about)
    context.document(document)
    lines = ["Thrum Configuration", f"  file: {one_line(str(found.path))}"]
    for first, title in _SECTIONS.items():
        rows = [each for name, each in values.items() if name.partition(".")[0] == first]
        lines += ["", title, *(f"  {_row(each)}" for each in rows)]
        if first == "runtime" and document["runtime"].get("detected"):
            lines.append(f"  detected: {document['runtime']['detected']} (auto-detected)")
        if first == "daemon":
            lines += [f"  {key}: {one_line(str(value))}" for key, value in about.items()]
    others = [each for name, each in values.items() if name.partition(".")[0] not in _SECTIONS]
    lines += ["", "Other", *(f"  {_row(each)}" for each in others)]
    beaten = origins.overrides(found)
    if beaten:
        lines += ["", "Overrides (environment)"]
        lines += [f"  {name}: {one_line(value)}" for name, value in beaten.items()]
    context.say("\n".join(lines))


def _row(setting: Setting) -> str:
    value = setting.value
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    usual = "" if setting.source == "default" else json.dumps(setting.default, ensure_ascii=False)
    usual = "" if usual in {"null", '""'} else f"; default {one_line(usual)}" if usual else ""
    return f"{one_line(setting.name)}: {one_line(said) or '-'} ({setting.source}{usual})"


def _document(
    context: Context,
    found: config.Config,
    values: dict[str, Setting],
    about: dict[str, Any],
) -> dict[str, Any]:
    primary = values["runtime.primary"]
    seen = surveying.used_here(context)
    runtime = {"primary": canonical(str(primary.value)), "source": primary.source}
    port = values.get(_PORT, Setting(_PORT, "auto", "default"))
    beaten = origins.overrides(found)
    named = (each.removeprefix("identity.") for each in values if each.startswith("identity."))
    document: dict[str, Any] = {
        "config_file": str(found.path),
        "runtime": runtime | ({"detected": seen} if seen else {}),
        "daemon": {
            "local_only": _valued(values[_LOCAL]),
            "ws_port": _valued(port),
            **about,
        },
        "identity": {name: values[f"identity.{name}"].value for name in named},
        "settings": {name: _valued(each) for name, each in values.items()},
    }
    if beaten:
        rows = [{"env_var": name, "value": value} for name, value in beaten.items()]
        document["overrides"] = rows
    return document


def _valued(setting: Setting) -> dict[str, Any]:
    return {"value": setting.value, "source": setting.source, "default": setting.default}


def _running(context: Context) -> Running | ThrumError | None:
    """The daemon, None if there is none, or why that cannot be told."""
    try:
        return control.running(context.place)
    except ThrumError as error:
        return error


def _as_started(
    values: dict[str, Setting], running: Running | ThrumError | None
) -> dict[str, Setting]:
    """The values, where the daemon was started with a flag that beats them all."""
    health = running.health if isinstance(running, Running) and running.health else {}
    known = values[_LOCAL]
    says_variable = str(health.get("local_only_reason", "")).startswith("THRUM_LOCAL")
    if not (health.get("local_only") and says_variable) or known.value:
        return values
    return values | {_LOCAL: known._replace(value=True, source="flag")}


def _daemon(context: Context, running: Running | ThrumError | None) -> dict[str, Any]:
    """Whether the daemon runs, and where it answers."""
    if isinstance(running, ThrumError):
        return {"status": one_line(running.message)}
    about: dict[str, Any] = {"status": "running", "pid": running.pid} if running else {}
    return {**(about or {"status": "stopped"}), "socket": str(context.socket)}


def single_agent_mode(
    context: Context,
    state: Annotated[
        str,
        typer.Argument(metavar="true|false", help="what it shall be; nothing to look"),
        takes.Takes((), ("true", "false"), called="true|false"),
    ] = "",
) -> None:
    """Say that one agent works here alone: its sessions are told nothing of others.

    Everything else stays as it is. on, off, 1 and 0 say the same.
    """
    settings = config.load(context.place.config, context.env)
    if state:
        word = state.strip().lower()
        if word not in config.TRUE | config.FALSE:
            raise ThrumError("usage", f"{state!r} is neither true nor false", "say true or false")
        settings.set(_MODE, word in config.TRUE)
        settings.save()
    is_on = bool(settings.get(_MODE))
    context.document({"single_agent_mode": is_on})
    context.say(f"single-agent mode is {'on' if is_on else 'off'}")

"""``thrum sync``."""

from __future__ import annotations

from typing import Any, Final

from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.render.times import ago_words, second
from thrum.plurals import counted

FORCE_LIMIT_S: Final = 65.0
NO_REMOTE: Final = "no remote"
READS: Final = "cannot push; mail comes in"


def status(context: Context) -> None:
    """How far this clone and the remote agree."""
    answer: dict[str, Any] = context.call("sync.status")
    context.document(answer)
    context.say(text(answer, context.now_ns()))


def on(context: Context) -> int:
    """Share messages through the remote from now on, and say how the first exchange went."""
    answer = _change(context, "sync.on")
    code = _told(context, answer)
    return 1 if answer.get("local_only") else code


def off(context: Context) -> None:
    """Keep messages on this machine from now on; what has gone out stays at the remote."""
    answer = _change(context, "sync.off")
    context.document(answer)
    context.done("✓ Messages stay on this machine; `thrum sync on` shares them again")


def force(context: Context) -> int:
    """Exchange with the remote now, and say how it went."""
    return _told(context, _change(context, "sync.force"))


def _change(context: Context, method: str) -> dict[str, Any]:
    claim = {"caller_agent_id": context.caller.agent_id}
    answer: dict[str, Any] = context.call(method, claim, timeout=FORCE_LIMIT_S)
    return answer


def _told(context: Context, answer: dict[str, Any]) -> int:
    """Says how a cycle went; the exit status."""
    context.document(answer)
    failed = bool(answer.get("last_error")) and not answer.get("local_only")
    if failed:
        context.say(text(answer, context.now_ns()))
    elif answer.get("local_only") or answer.get("outcome") == NO_REMOTE:
        context.say("Committed; nothing was exchanged.\n" + text(answer, context.now_ns()))
    else:
        context.done(f"✓ Synced{_tip(answer)}")
    return 1 if failed else 0


def _tip(answer: dict[str, Any]) -> str:
    tip = str(answer.get("tip") or "")
    return f", tip {one_line(tip[:10])}" if tip else ""


def text(answer: dict[str, Any], now_ns: int, *, is_brief: bool = False) -> str:
    """The state of the exchange, one fact per line; facts that are not there are left out.

    Args:
        answer: as the daemon gives it.
        now_ns: what it is now.
        is_brief: count what the remote refuses, however much it is, instead of naming it.
    """
    reason = str(answer.get("local_only_reason") or "nobody said why")
    lacks_remote = not any(answer.get(key) for key in ("remote", "local_only", "last_error"))
    none = "none; `git remote add origin URL` makes one" if lacks_remote else ""
    facts = [
        ("State", state(answer)),
        ("Local only", reason if answer.get("local_only") else ""),
        ("Last sync", _moment(answer.get("last_sync_at"), now_ns)),
        ("Last error", str(answer.get("last_error") or "")),
        ("Next try", second(str(answer.get("next_try_at") or ""))),
        ("Remote", str(answer.get("remote") or none)),
        ("Tip", str(answer.get("tip") or "")[:10]),
        ("Ahead", str(answer.get("ahead") or 0) if answer.get("remote") else ""),
        ("Behind", str(answer.get("behind") or 0) if answer.get("remote") else ""),
    ]
    facts += [("Clock", str(each)) for each in answer.get("clocks") or ()]
    if answer.get("purged_lines"):
        lines = counted(int(answer["purged_lines"]), "line")
        facts.append(("Purged", f"{lines} in the files, which an older program brings back"))
    held = answer.get("held") or ()
    if is_brief:
        facts.append(("Held back", held_back(len(held))))
    else:
        facts += [("Held back", _held(each)) for each in held]
    return "".join(f"{name}: {one_line(value)}\n" for name, value in facts if value)


def held_back(count: int) -> str:
    """How many events stay here because the remote refuses them; empty where none do."""
    return (
        f"{counted(count, 'event')}, which the remote refuses: thrum sync status" if count else ""
    )


def state(answer: dict[str, Any]) -> str:
    """How the exchange stands, by the answer of ``sync.status`` or of ``health``."""
    if answer.get("held"):
        return "all but what the remote refuses is there"
    return READS if answer.get("reads") else str(answer.get("sync_state") or "unknown")


def _held(event: dict[str, Any]) -> str:
    """An event that the remote refuses, and what may be done about it."""
    message = str(event.get("message_id") or "")
    what = f"{message or event.get('event_id')} ({event.get('type')}) in {event.get('file')}"
    return f"{what}; take it back: `thrum message withdraw {message}`" if message else what


def _moment(value: object, now_ns: int) -> str:
    return ago_words(value, now_ns) if isinstance(value, str) and value else "never"

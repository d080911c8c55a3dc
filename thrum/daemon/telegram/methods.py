"""``telegram.*``: what the bridge is to do, how it is, and whose phone it is."""

from __future__ import annotations

import os
from typing import Annotated, Any, Final

import anyio
import msgspec
from anyio import to_thread

from thrum import config, names
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method
from thrum.daemon.settings import Settings
from thrum.daemon.telegram import kept, stanza, token
from thrum.daemon.telegram.service import Telegram
from thrum.daemon.telegram.stanza import TelegramGroup
from thrum.errors import ThrumError

CONNECTED_S: Final = 5
LONGEST_S: Final = 300


class TelegramParams(Params):
    """What is to be another thing; what is absent stays. An empty `token` takes it away."""

    token: str | None = None
    target: str | None = None
    user_id: str | None = None
    chat_id: stanza.Id | None = None
    enabled: bool | None = None
    allow_from: list[stanza.Id] | None = None
    allow_all: bool | None = None
    groups: list[TelegramGroup] | None = None


class TelegramConfigured(msgspec.Struct):
    """What was done: `saved`, or `saved_and_restarted` where a bridge runs from now on."""

    status: str
    message: str


class TelegramStatus(msgspec.Struct, omit_defaults=True):
    """How the bridge is; `token` is only as much of it as may be shown.

    `waiting` counts what is still to go to the phone, `dropped` what did not come from there, by
    reason.
    """

    configured: bool
    enabled: bool
    running: bool
    target: str
    user_id: str
    allow_all: bool
    inbound_count: int
    token: str = ""
    chat_id: int = 0
    allow_from: list[int] | None = None
    connected_at: str = ""
    error: str = ""
    groups: list[TelegramGroup] | None = None
    bot_username: str = ""
    outbound_count: int = 0
    waiting: int = 0
    dropped: dict[str, int] | None = None


class PhoneCode(msgspec.Struct):
    """What is to be sent to which bot; who follows the link need not type it."""

    code: str
    bot_username: str
    link: str
    timeout_seconds: int


class PhoneParams(Params):
    """For how many seconds the code is waited for, and so counts."""

    timeout_seconds: Annotated[
        int, msgspec.Meta(description=f"1 to {LONGEST_S}; 0 for all of them")
    ] = 0


class PhoneFound(msgspec.Struct):
    """Who sent the code, from which chat, and in which words."""

    telegram_user_id: int
    telegram_username: str
    first_name: str
    last_name: str
    chat_id: int
    message_text: str


@method(
    "telegram.configure",
    rights=Rights.CHARGE,
    about="the bridge to Telegram",
    transports=EVERYWHERE,
    errors=("not_allowed", "config"),
)
async def configure(call: Call, params: TelegramParams) -> TelegramConfigured:
    """Writes into the configuration what the bridge is to do; it counts at once."""
    telegram = call.service(Telegram)
    values = _checked(params)
    await to_thread.run_sync(_save, call.node.config, values)
    await to_thread.run_sync(call.node.service(Settings).read)
    if values and stanza.read(call.node.config).is_enabled and not telegram.fault:
        return TelegramConfigured("saved_and_restarted", "Config saved. Bridge restarting.")
    return TelegramConfigured("saved", "Config saved.")


@method("telegram.status", rights=Rights.READS, anonymous=True, transports=EVERYWHERE)
async def status(call: Call, params: Params) -> TelegramStatus:
    """Tells how the bridge to Telegram is."""
    telegram, settings = call.service(Telegram), call.node.config
    bridge = telegram.bridge
    desk = bridge.desk if bridge else None
    say = {name.partition(".")[2]: settings.get(name) for name in stanza.KEYS}
    has_tables = bool(say["token"]) and telegram.tables.refusal is None
    return TelegramStatus(
        configured=bool(say["token"]),
        enabled=bool(say["token"]) and say["enabled"] is not False,
        running=desk is not None,
        target=say["target"],
        user_id=say["user_id"],
        allow_all=say["allow_all"],
        inbound_count=desk.inbound if desk else 0,
        token=token.masked(say["token"]),
        chat_id=say["chat_id"],
        allow_from=say["allow_from"] or None,
        connected_at=bridge.connected_at if bridge else "",
        error=telegram.trouble,
        groups=_groups(say["groups"]),
        bot_username=desk.bot.username if desk else "",
        outbound_count=desk.outbound if desk else 0,
        waiting=await telegram.tables.ask(kept.waiting) if has_tables else 0,
        dropped={name: count for name, count in desk.gate.dropped.items() if count} or None
        if desk
        else None,
    )


@method(
    "telegram.start_pairing",
    rights=Rights.CHARGE,
    about="pairing a phone",
    transports=EVERYWHERE,
    errors=("not_allowed", "conflict"),
)
async def start_pairing(call: Call, params: PhoneParams) -> PhoneCode:
    """Draws a code for the person whose phone it is, to be sent to the bot: once, in time."""
    lasts_s = params.timeout_seconds or LONGEST_S
    _check_timeout(lasts_s)
    # Imported here: most daemons have no phone.
    from thrum.daemon.telegram import pairing

    bridge = await call.service(Telegram).connected(CONNECTED_S)
    assert bridge.reader is not None
    assert bridge.desk is not None
    if bridge.reader.pairing is not None and bridge.reader.pairing.is_open:
        left = int(bridge.reader.pairing.left_s)
        raise ThrumError("conflict", "pairing already in progress", f"it ends within {left} s")
    monotonic = call.node.setting.clock.monotonic
    begun = pairing.PhonePairing(
        code=pairing.drawn(os.urandom), monotonic=monotonic, lasts_s=lasts_s
    )
    bridge.reader.pairing = begun
    bot = bridge.desk.bot.username
    return PhoneCode(begun.code, bot, f"https://t.me/{bot}?start={begun.code}", lasts_s)


@method(
    "telegram.pair",
    rights=Rights.CHARGE,
    about="pairing a phone",
    transports=EVERYWHERE,
    long_poll=True,
    errors=("not_allowed", "conflict", "not_found", "timed_out"),
)
async def pair(call: Call, params: PhoneParams) -> PhoneFound:
    """Waits until somebody sends the code to the bot, and tells who; changes nothing."""
    _check_timeout(params.timeout_seconds)
    bridge = await call.service(Telegram).connected(CONNECTED_S)
    reader = bridge.reader
    begun = reader.pairing if reader else None
    if reader is None or begun is None:
        raise ThrumError(
            "not_found", "no code was drawn for a phone", "run `thrum telegram pair` for one"
        )
    with anyio.move_on_after(min(float(params.timeout_seconds), begun.left_s)):
        await begun.over.wait()
    found = begun.found
    if found is None or found.sender is None:
        begun.end(f"no message received within {params.timeout_seconds}s")
        kind = "not_allowed" if "wrong" in begun.reason else "timed_out"
        raise ThrumError(kind, begun.reason, "run `thrum telegram pair` for another code")
    reader.pairing = None
    who = found.sender
    return PhoneFound(
        who.id, who.username, who.first_name, who.last_name, found.chat.id, found.words
    )


def _check_timeout(seconds: int) -> None:
    if not 1 <= seconds <= LONGEST_S:
        text = f"timeout_seconds must be between 1 and {LONGEST_S}"
        raise ThrumError("invalid_params", text)


def _groups(said: Any) -> list[TelegramGroup] | None:
    """The groups, as far as they can be understood; `error` says what cannot."""
    try:
        return stanza.groups_of(said) or None
    except ThrumError:
        return None


def _checked(params: TelegramParams) -> dict[str, Any]:
    """The values that are to be written, by their keys.

    Raises:
        ThrumError: ``invalid_params``, one of them cannot be meant.
    """
    values: dict[str, Any] = {
        f"{stanza.SECTION}.{name}": value
        for name in ("chat_id", "enabled", "allow_from", "allow_all")
        if (value := getattr(params, name)) is not None
    }
    if params.token is not None:
        values["telegram.token"] = token.checked(params.token) if params.token else ""
    if params.target is not None:
        name = names.bare(params.target.strip())
        values["telegram.target"] = f"@{name}" if name else ""
    if params.user_id is not None:
        values["telegram.user_id"] = stanza.person_id(params.user_id).removeprefix("user:")
    if params.groups is not None:
        known = stanza.groups_of(msgspec.to_builtins(params.groups))
        values["telegram.groups"] = msgspec.to_builtins(known)
    return values


def _save(known: config.Config, values: dict[str, Any]) -> None:
    """Writes into the file as it is now."""
    fresh = config.load(known.path, known.environment, known.keys)
    for name, value in values.items():
        fresh.set(name, value)
    if values:
        fresh.save()

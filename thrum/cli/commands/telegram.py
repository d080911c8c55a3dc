"""``thrum telegram``: mail of one person on a phone, by a bot of Telegram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render import telegram
from thrum.cli.render.text import one_line
from thrum.cli.render.times import duration
from thrum.cli.steps import questioning
from thrum.cli.steps.confirming import confirmed
from thrum.errors import ThrumError

if TYPE_CHECKING:
    import typer

_SECOND: Final = 1_000_000_000
_MARGIN_S: Final = 10.0
_STDIN: Final = "-"
_MOST: Final = 500
"""Characters of a token, and some more."""
_TARGET: Final = "@coordinator_main"


def configure(
    context: Context,
    token: Annotated[
        str, typer.Option(help="the bot's token from @BotFather; - reads it from stdin")
    ] = "",
    target: Annotated[
        str, typer.Option(help="whom mail from the phone is for"), takes.RECIPIENT
    ] = "",
    user: Annotated[str, typer.Option(help="the person whose phone it is")] = "",
    allow_from: Annotated[
        int, typer.Option(min=0, help="your number at Telegram, if you know it: nothing is paired")
    ] = 0,
    chat_id: Annotated[int, typer.Option(help="the chat to which mail goes")] = 0,
    pair_timeout: Annotated[
        str, typer.Option(help="how long the code counts, at most 300s"), takes.DURATION
    ] = "60s",
    skip_pair: Annotated[bool, typer.Option("--skip-pair", help="pair later")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> int:
    """Set up the bridge to Telegram, and pair a phone with it.

    Make a bot with @BotFather first; it tells you the token. What you leave out stays as it is.
    """
    lasts_s = _seconds(pair_timeout)
    before: dict[str, Any] = context.call("telegram.status", _claim(context))
    asks = context.stdin_is_terminal and not yes
    values: dict[str, Any] = {"enabled": True}
    said = _token(context, token, bool(before.get("token")), asks=asks)
    if said:
        values["token"] = said
    usual = target or str(before.get("target") or _TARGET)
    values["target"] = _asked(context, "Mail goes to", usual, asks=asks and not target)
    person = user or str(before.get("user_id") or _git_user(context))
    values["user_id"] = _asked(context, "Your name here", person, asks=asks and not user)
    if allow_from:
        values |= {"allow_from": [allow_from], "chat_id": chat_id or allow_from}
    elif chat_id:
        values["chat_id"] = chat_id
    answer: dict[str, Any] = context.call("telegram.configure", {**values, **_claim(context)})
    context.note(one_line(str(answer.get("message"))))
    if token and token != _STDIN:
        context.hint("who looked at this machine's processes saw the token: `--token -` hides it")
    if skip_pair or allow_from or before.get("allow_from"):
        context.document(answer)
        context.done(f"✓ Telegram carries mail of {one_line(person)}.")
        return 0
    return _paired(context, lasts_s, yes=yes)


def pair(
    context: Context,
    pair_timeout: Annotated[
        str, typer.Option(help="how long the code counts, at most 300s"), takes.DURATION
    ] = "60s",
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> int:
    """Pair a phone: print a code, and wait until it is sent to the bot.

    Whoever sends it is heard from then on, and gets the mail.
    """
    return _paired(context, _seconds(pair_timeout), yes=yes)


def status(context: Context) -> None:
    """Whether the bridge runs, what it carried, and what it dropped."""
    found: dict[str, Any] = context.call("telegram.status", _claim(context))
    context.document(found)
    context.say(telegram.in_full(found))


def list_groups(context: Context) -> None:
    """Groups of Telegram that are groups here."""
    rows = _groups(context)
    context.document(rows)
    if rows:
        context.say(telegram.groups(rows, is_plain=context.is_plain, columns=context.columns))
    else:
        context.done("No groups. `thrum telegram groups add NAME --chat-id=NUMBER` adds one.")


def add_group(
    context: Context,
    name: Annotated[str, typer.Argument(help="what it is called here: tg:NAME")],
    chat_id: Annotated[
        int, typer.Option(help="its number at Telegram, with its minus: --chat-id=-100...")
    ] = 0,
    trust: Annotated[
        list[str] | None,
        typer.Option(help="the number of a bot that is heard there"),
        takes.ANYTHING,
    ] = None,
    remote: Annotated[
        list[str] | None,
        typer.Option(help="somebody behind another bot: PREFIX:NAME=@BOT"),
        takes.VARIABLE,
    ] = None,
) -> None:
    """Carry a group of Telegram, or change how: it is tg:NAME here."""
    if chat_id >= 0:
        raise ThrumError("usage", "a group has a negative number", "such as --chat-id=-1001234")
    made = {
        "name": name,
        "chat_id": chat_id,
        "trusted_bots": [_number(each) for each in trust or []],
        "remote_agents": [_remote(each) for each in remote or []],
    }
    _write_groups(context, [*(each for each in _groups(context) if each["name"] != name), made])
    context.done(f"✓ Telegram carries tg:{one_line(name)}.")
    context.hint("a bot hears a group's mentions alone, unless @BotFather's /setprivacy is off")


def remove_group(
    context: Context,
    name: Annotated[str, typer.Argument(help="what it is called here")],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> int:
    """Carry a group of Telegram no more. What has come stays."""
    known = _groups(context)
    bare = name.removeprefix("tg:")
    if bare not in {each["name"] for each in known}:
        text = f"no group of Telegram is {bare!r}"
        raise ThrumError("not_found", text, "`thrum telegram groups list` shows them")
    question, otherwise = f"Carry tg:{bare} no more?", "taking a group away wants a yes"
    if not confirmed(context, question, yes=yes, otherwise=otherwise):
        context.note("nothing was done")
        return 1
    _write_groups(context, [each for each in known if each["name"] != bare])
    context.done(f"✓ Telegram carries tg:{one_line(bare)} no more.")
    return 0


def remove(
    context: Context,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> int:
    """End the bridge, and forget the token, the phone and the groups. What has come stays."""
    question, otherwise = "Forget the bot and the phone?", "ending the bridge wants a yes"
    if not confirmed(context, question, yes=yes, otherwise=otherwise):
        context.note("nothing was done")
        return 1
    gone = {"token": "", "enabled": False, "allow_from": [], "allow_all": False, "chat_id": 0}
    answer: dict[str, Any] = context.call(
        "telegram.configure", {**gone, "groups": [], **_claim(context)}
    )
    context.document(answer)
    context.done("✓ The bridge to Telegram is gone. @BotFather's /revoke ends the token itself.")
    return 0


def _paired(context: Context, lasts_s: int, *, yes: bool) -> int:
    """Has a code be sent to the bot, and hears from then on whoever sent it."""
    about = {"timeout_seconds": lasts_s, **_claim(context)}
    begun: dict[str, Any] = context.call("telegram.start_pairing", about, _MARGIN_S)
    code, bot = one_line(str(begun.get("code"))), one_line(str(begun.get("bot_username")))
    context.note(f"Send this code to @{bot} from your phone, within {lasts_s} s: {code}")
    context.hint(f"or follow {one_line(str(begun.get('link')))}")
    found: dict[str, Any] = context.call("telegram.pair", about, lasts_s + _MARGIN_S)
    who = telegram.somebody(found)
    if context.stdin_is_terminal and not confirmed(
        context, f"{who} sent it. Is that you?", yes=yes, otherwise=""
    ):
        context.note("nothing was done")
        return 1
    before: dict[str, Any] = context.call("telegram.status", _claim(context))
    user_id = int(found.get("telegram_user_id", 0))
    allowed = sorted({*(before.get("allow_from") or []), user_id})
    values = {"allow_from": allowed, "chat_id": found.get("chat_id")}
    context.call("telegram.configure", {**values, **_claim(context)})
    context.document(found)
    context.done(f"✓ Paired with {who}.")
    person = one_line(str(before.get("user_id")))
    context.hint(
        f'to be asked for leave there, too, add "@user:{person}" to permission_supervisors in '
        f"{context.place.config}"
    )
    return 0


def _token(context: Context, given: str, is_known: bool, *, asks: bool) -> str:
    """The token, from the line, from stdin or from who sits there; empty where it stays.

    Raises:
        ThrumError: ``usage``, there is none.
    """
    if given == _STDIN:
        given = context.stdin.read(_MOST)
    elif not given and asks and not is_known:
        given = questioning.answer(context, "The bot's token:") or ""
    if not given.strip() and not is_known:
        todo = "ask @BotFather of Telegram for a bot, then `thrum telegram configure --token -`"
        raise ThrumError("usage", "no token is given", todo)
    return given.strip()


def _asked(context: Context, label: str, usual: str, *, asks: bool) -> str:
    if not asks:
        return usual
    return questioning.answer(context, f"{label} [{one_line(usual)}]:") or usual


def _git_user(context: Context) -> str:
    found: dict[str, Any] = context.call("user.identify")
    return str(found.get("username", ""))


def _groups(context: Context) -> list[dict[str, Any]]:
    found: dict[str, Any] = context.call("telegram.status", _claim(context))
    return list(found.get("groups") or [])


def _write_groups(context: Context, groups: list[dict[str, Any]]) -> None:
    answer: dict[str, Any] = context.call(
        "telegram.configure", {"groups": groups, **_claim(context)}
    )
    context.document(answer)


def _number(said: str) -> int:
    """The number of a bot.

    Raises:
        ThrumError: ``usage``.
    """
    if not (said.isascii() and said.isdigit()):
        raise ThrumError("usage", f"--trust takes a number, not {said[:80]!r}", "such as 123456789")
    return int(said)


def _remote(text: str) -> dict[str, str]:
    """Somebody behind another bot.

    Raises:
        ThrumError: ``usage``, it is written otherwise.
    """
    who, equals, bot = text.partition("=")
    prefix, colon, name = who.partition(":")
    if not (equals and colon and prefix and name and bot):
        raise ThrumError("usage", f"{text!r} is not PREFIX:NAME=@BOT", "as in site:nux=@site_bot")
    return {"prefix": prefix, "name": name, "bot": bot}


def _seconds(text: str) -> int:
    return duration(text, "--pair-timeout") // _SECOND


def _claim(context: Context) -> dict[str, Any]:
    return {"caller_agent_id": context.caller.agent_id}

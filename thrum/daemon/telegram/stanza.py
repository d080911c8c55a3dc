"""What the configuration says of Telegram, taken apart and checked."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, field

from thrum import names
from thrum.config import Key
from thrum.daemon.telegram.token import Token
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.config import Config

SECTION: Final = "telegram"
API_BASE: Final = "https://api.telegram.org"
DEFAULT_TARGET: Final = "@coordinator_main"

KEYS: Final[Mapping[str, Key]] = {
    "telegram.token": Key(str, "", "The bot's token, as @BotFather told it; empty for no bridge."),
    "telegram.enabled": Key(bool, None, "Whether the bridge runs. Absent: where there is a token."),
    "telegram.target": Key(str, "", "Whom mail from the phone is for, as in `@furiosa`."),
    "telegram.user_id": Key(str, "", "The person whose phone it is, without `user:`."),
    "telegram.chat_id": Key(int, 0, "The chat with the bot to which that person's mail goes."),
    "telegram.allow_from": Key(list, [], "Numbers of Telegram's users who are heard."),
    "telegram.allow_all": Key(
        bool, False, "Everybody is heard; who is not in `telegram.allow_from` answers no prompts."
    ),
    "telegram.groups": Key(list, [], "Groups of Telegram; see the page on Telegram."),
    "telegram.api_base": Key(
        str, API_BASE, "Where the Bot API is, for a server of one's own; https, or this machine."
    ),
}

Id = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""A number of Telegram's; SQLite takes no more."""


class RemoteAgent(msgspec.Struct, omit_defaults=True):
    """Somebody behind another bot of a group, who is `prefix:name` here."""

    name: str
    prefix: str
    bot: str

    @property
    def agent_id(self) -> str:
        """The id of the proxy."""
        return f"{self.prefix.lower()}:{self.name.lower()}"


class TelegramGroup(msgspec.Struct, omit_defaults=True):
    """A group of Telegram, `tg:<name>` here."""

    chat_id: Id
    name: str
    trusted_bots: list[Id] = msgspec.field(default_factory=list)
    remote_agents: list[RemoteAgent] = msgspec.field(default_factory=list)

    @property
    def group(self) -> str:
        """What it is called here."""
        return f"tg:{self.name}"


class Stanza(Struct, frozen=True):
    """What is wanted.

    Attributes:
        token: the bot's.
        target: whom mail from the phone is for, without ``@``.
        person: the id of the person whose phone it is.
        chat_id: of the chat to which that person's mail goes; 0 for none.
        is_enabled: whether a bridge is to run.
        allow_from: who is heard.
        allow_all: whether everybody is.
        groups: those that are carried.
        api_base: where the Bot API is.
    """

    token: Token = field(default_factory=lambda: Token(""))
    target: str = ""
    person: str = ""
    chat_id: int = 0
    is_enabled: bool = False
    allow_from: frozenset[int] = frozenset()
    allow_all: bool = False
    groups: tuple[TelegramGroup, ...] = ()
    api_base: str = API_BASE

    def of_chat(self, chat_id: int) -> TelegramGroup | None:
        """The group that is that chat."""
        return next((each for each in self.groups if each.chat_id == chat_id), None)

    def proxy(self, agent_id: str) -> tuple[TelegramGroup, RemoteAgent] | None:
        """Where somebody behind another bot is."""
        for group in self.groups:
            for each in group.remote_agents:
                if each.agent_id == agent_id:
                    return group, each
        return None

    @property
    def proxies(self) -> list[str]:
        """Everybody behind other bots."""
        return [each.agent_id for group in self.groups for each in group.remote_agents]


def read(config: Config) -> Stanza:
    """What the configuration says.

    Raises:
        ThrumError: ``config``, something of it cannot be meant.
    """
    say = {name.partition(".")[2]: config.get(name) for name in KEYS}
    token = Token(say["token"].strip())
    enabled = say["enabled"] is not False and bool(token)
    try:
        groups = tuple(groups_of(say["groups"]))
        check_base(say["api_base"])
        allowed = msgspec.convert(say["allow_from"], list[Id])
        person = person_id(say["user_id"])
    except (ThrumError, msgspec.ValidationError) as error:
        raise ThrumError(
            "config", f"{SECTION} in {config.path}: {error}", "correct the file"
        ) from None
    return Stanza(
        token,
        names.bare(say["target"].strip()),
        person,
        say["chat_id"],
        enabled,
        frozenset(allowed),
        say["allow_all"],
        groups,
        say["api_base"].rstrip("/"),
    )


def person_id(user_id: str) -> str:
    """The id of the person of that name; empty where none is named.

    Raises:
        ThrumError: ``invalid_params``, nobody can be called so.
    """
    name = names.bare(user_id.strip()).removeprefix("user:")
    if not name:
        return ""
    if not names.is_username(name):
        text = f"the user {name[:80]!r} is not 1 to 32 letters, digits, '_' or '-'"
        raise ThrumError("invalid_params", text, "see `thrum user identify`")
    return f"user:{name}"


def groups_of(said: Any) -> list[TelegramGroup]:
    """The groups, checked: negative numbers, names of our own, no two alike.

    Raises:
        ThrumError: ``invalid_params``.
    """
    try:
        groups = msgspec.convert(said, list[TelegramGroup])
    except msgspec.ValidationError as error:
        raise ThrumError("invalid_params", f"groups: {error}") from None
    for each in groups:
        _check_group(each)
    for what in ({g.chat_id for g in groups}, {g.name for g in groups}):
        if len(what) < len(groups):
            raise ThrumError("invalid_params", "two groups have one chat_id or one name")
    return groups


def _check_group(group: TelegramGroup) -> None:
    if group.chat_id >= 0:
        text = f"the chat_id of a group is negative, and {group.chat_id} is not"
        raise ThrumError("invalid_params", text, "the id of a group stands in its link or a bot")
    if not names.is_username(group.name):
        text = f"the group {group.name[:80]!r} is not 1 to 32 letters, digits, '_' or '-'"
        raise ThrumError("invalid_params", text)
    for each in group.remote_agents:
        names.check_agent_name(each.agent_id)


def check_base(url: str) -> None:
    """Refuses an address to which a token would go unprotected.

    Raises:
        ThrumError: ``invalid_params``.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and _is_here(parts.hostname or ""):
        return
    raise ThrumError(
        "invalid_params",
        "api_base must begin with https://, unless it is on this machine",
        f"the usual one is {API_BASE}",
    )


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

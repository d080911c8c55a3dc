"""What Telegram tells of: hostile input, of which one bad piece spoils no other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from thrum.daemon.telegram.stanza import Id

Text = Annotated[str, msgspec.Meta(max_length=65_536)]
Word = Annotated[str, msgspec.Meta(max_length=512)]
Moment = Annotated[int, msgspec.Meta(ge=0, lt=2**33)]

PRIVATE: Final = "private"


class TelegramUser(msgspec.Struct):
    """Somebody at Telegram, or something."""

    id: Id
    is_bot: bool = False
    first_name: Word = ""
    last_name: Word = ""
    username: Word = ""

    @property
    def called(self) -> str:
        """The user name, else the first name."""
        return self.username or self.first_name or str(self.id)


class Chat(msgspec.Struct):
    """Where something was written."""

    id: Id
    type: Word = ""

    @property
    def is_private(self) -> bool:
        """Whether nobody but one person and the bot is there."""
        return self.type == PRIVATE


class Named(msgspec.Struct):
    """A file."""

    file_name: Word = ""


class Quoted(msgspec.Struct):
    """What is replied to."""

    message_id: Id


class Incoming(msgspec.Struct):
    """A message; what it carries besides text is known by its kind and name only."""

    message_id: Id
    chat: Chat
    date: Moment = 0
    sender: TelegramUser | None = msgspec.field(default=None, name="from")
    text: Text | None = None
    caption: Text | None = None
    reply_to_message: Quoted | None = None
    message_thread_id: Id = 0
    is_topic_message: bool = False
    photo: Any = None
    video: Named | None = None
    document: Named | None = None
    audio: Named | None = None
    voice: Any = None
    animation: Named | None = None
    sticker: Any = None
    video_note: Any = None
    location: Any = None
    contact: Any = None
    poll: Any = None

    @property
    def words(self) -> str:
        """The text, else the caption, with what it carries named before it."""
        said = self.text if self.text is not None else self.caption or ""
        return f"[{self.media}] {said}".strip() if self.media else said

    @property
    def topic(self) -> int:
        """The topic of a forum in which it was written; 0 outside of one."""
        return self.message_thread_id if self.is_topic_message else 0

    @property
    def media(self) -> str:
        """What it carries besides text: kind, and the name of a file."""
        for kind in _MEDIA:
            found = getattr(self, kind)
            if found is not None:
                name = " ".join(getattr(found, "file_name", "").split())
                return kind.replace("_", " ") + (f": {name}" if name else "")
        return ""


_MEDIA: Final = (
    *("photo", "animation", "video", "document", "audio", "voice", "sticker", "video_note"),
    *("location", "contact", "poll"),
)


class Pressed(msgspec.Struct):
    """A button below a message was pressed."""

    id: Word
    sender: TelegramUser = msgspec.field(name="from")
    data: Word = ""


class Update(msgspec.Struct):
    """Something that happened."""

    update_id: Id
    message: Incoming | None = None
    edited_message: Incoming | None = None
    callback_query: Pressed | None = None


class _Numbered(msgspec.Struct):
    update_id: Id


class Batch(NamedTuple):
    """What was told at once.

    Attributes:
        updates: what can be understood, in its order.
        last: the number of the last one, whether it can be understood or not; None if none has one.
        malformed: how many cannot be understood.
    """

    updates: list[Update]
    last: int | None
    malformed: int


def decoded(raws: Sequence[bytes]) -> Batch:
    """Understands what can be understood; each piece by itself."""
    found: list[Update] = []
    last: int | None = None
    for raw in raws:
        number = _number(raw)
        if number is not None:
            last = number if last is None else max(last, number)
        try:
            found.append(msgspec.json.decode(raw, type=Update))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            continue
    return Batch(found, last, len(raws) - len(found))


def _number(raw: bytes) -> int | None:
    try:
        return msgspec.json.decode(raw, type=_Numbered).update_id
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None

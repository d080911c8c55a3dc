"""Who signs the events of this clone, on the thread that writes.

The key is made with the first event that wants it. That it is this daemon's key is an event, which
stands before the first that it signed, in the same batch.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable

from thrum import events, keys
from thrum.daemon.projection.apply.stored import ALL_KEYS
from thrum.daemon.signing.ed25519 import PrivateKey, is_by, new_private
from thrum.daemon.signing.key_file import Held, KeyFile
from thrum.daemon.signing.ring import Owned
from thrum.daemon.signing.statement import PREFIX, signed_bytes
from thrum.errors import ThrumError
from thrum.events import KeyPublish, Signature

logger = logging.getLogger(__name__)


class Signer:
    """Signs with the key in a file.

    Attributes:
        trouble: why nothing is signed; empty while it is.
    """

    def __init__(
        self,
        file: KeyFile,
        daemon_id: str,
        is_wanted: Callable[[], bool],
        is_required: Callable[[], bool] = lambda: False,
    ) -> None:
        """
        Args:
            file: where the key is, or will be.
            daemon_id: whose it is.
            is_wanted: whether anything is signed.
            is_required: whether nothing may be written that is not.
        """
        self._file = file
        self._daemon_id = daemon_id
        self._is_wanted = is_wanted
        self._is_required = is_required
        self._held: Held | None = None
        self._key: PrivateKey | None = None
        self._is_known = False
        self.trouble = ""

    @property
    def key(self) -> str:
        """The id of the key; empty before it is needed for the first time."""
        return self._key.id if self._key else ""

    def own(self) -> Owned | None:
        """The key of this clone, if it has one that can be read; it is not made for that."""
        if self._key is None:
            try:
                return self._file.owned()
            except ThrumError:
                return None  # `introduction` says why, where a key is needed
        return Owned(self._daemon_id, self.key)

    def introduction(self, db: Callable[[], sqlite3.Connection]) -> KeyPublish | None:
        """The event that has to come before anything is signed; ``None`` where it is there.

        Args:
            db: the tables as they are now. Asked for only until the event was seen there once.

        Raises:
            ThrumError: ``storage``, there is no key, and nothing may be written without.
        """
        if self._is_known or not self._is_wanted():
            return None
        try:
            held = self._held or self._settled(db)
        except (ThrumError, OSError, ValueError) as error:
            self._fails(error)
            if self._is_required():
                raise ThrumError(
                    "storage",
                    f"nothing is written that is not signed, and {error}",
                    "`thrum doctor` says what to do; or set `signatures` to `warn`",
                ) from error
            return None
        self._use(held)
        assert self._key is not None
        if _is_published(db(), self._daemon_id, self.key):
            self._is_known = True
            return None
        return KeyPublish(key=self.key, public=self._key.public)

    def sign(self, line: bytes) -> Signature | None:
        """The signature of a line that has none, in its canonical form; ``None``: none is wanted.

        A key that cannot be read holds up no mail: the event goes out unsigned, and `trouble` says
        why.
        """
        if self._key is None or not self._is_wanted():
            return None
        return Signature(self._key.id, self._key.sign(PREFIX + line))

    def forget(self) -> None:
        """A batch was taken back: which key counts, and who was told, is to be looked up again."""
        self._is_known = False
        self._held = self._key = None

    def next_key(self, db: Callable[[], sqlite3.Connection]) -> KeyPublish:
        """Makes the next key and keeps it, before anybody hears of it.

        Args:
            db: the tables as they are now.

        Raises:
            ThrumError: ``storage``, the disk refuses.
        """
        try:
            held = self._held or self._settled(db)
            following = Held(self._daemon_id, held.private, new_private())
            self._file.write(following)
            self._use(following)
        except OSError as error:
            raise ThrumError("storage", f"the new key cannot be kept: {error}") from error
        key = PrivateKey(self._known.next)
        return KeyPublish(key=key.id, public=key.public)

    def turn(self) -> None:
        """Signs with the next key from now on, in the batch that tells of it.

        The file keeps both until `keep`: whoever begins anew, after a kill or because the batch
        was taken back, finds out by the log which of them counts.
        """
        self._key = PrivateKey(self._known.next)
        self._is_known = False

    def keep(self) -> None:
        """What `turn` began is on disk: the file needs the key before no more."""
        if self._held is None or not self._held.next:
            return
        self._held = Held(self._daemon_id, self._held.next)
        try:
            self._file.write(self._held)
        except OSError as error:
            logger.error("the file of the signing key has still the one before: %s", error)

    @property
    def _known(self) -> Held:
        assert self._held is not None
        return self._held

    def _settled(self, db: Callable[[], sqlite3.Connection]) -> Held:
        """The key that counts: a new one, or the one in the file, or the next if it was told of."""
        found = self._file.read()
        if found is None:
            found = Held(self._daemon_id, new_private())
            self._file.write(found)
        elif found.next:
            following = PrivateKey(found.next).id
            is_told = _is_published(db(), self._daemon_id, following)
            found = Held(self._daemon_id, found.next if is_told else found.private)
            self._file.write(found)
        elif not self._file.is_whole():
            self._file.write(found)
        if _is_revoked(db(), self._daemon_id, PrivateKey(found.private).public):
            # It came back from a copy that is older than that. Whoever signs with it is believed
            # by nobody, so others have to accept a new one.
            logger.warning("the signing key was revoked, so there is a new one")
            found = Held(self._daemon_id, new_private())
            self._file.write(found)
        return found

    def _use(self, held: Held) -> None:
        if self._held is None:
            self._key = PrivateKey(held.private)
        self._held = held
        self.trouble = ""

    def _fails(self, error: Exception) -> None:
        text = f"events are not signed: {error}"
        if text != self.trouble:
            logger.error("%s", text)
        self.trouble = text


def _is_revoked(db: sqlite3.Connection, daemon_id: str, public: str) -> bool:
    """Whether the key itself said that it counts no more; nobody else could make us change it."""
    key = keys.id_of(public)
    rows = db.execute(
        "SELECT event_json FROM events WHERE subject = ? AND type = 'key.revoke'"
        " AND origin_daemon = ? AND json_extract(event_json, '$.key') = ?",
        (ALL_KEYS, daemon_id, key),
    )
    for (text,) in rows:
        sig = getattr(events.decode(text.encode()), "sig", None)
        if sig and sig.key == key and is_by(public, signed_bytes(text.encode()), sig.value):
            return True
    return False


def _is_published(db: sqlite3.Connection, daemon_id: str, key: str) -> bool:
    row = db.execute(
        "SELECT 1 FROM events WHERE subject = ? AND type = 'key.publish' AND origin_daemon = ?"
        " AND json_extract(event_json, '$.key') = ?",
        (ALL_KEYS, daemon_id, key),
    ).fetchone()
    return row is not None

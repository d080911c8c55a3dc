"""Who may come in by a browser: links that count once, and the logins that they lead to.

A link is known for two minutes, in memory, and to whoever got it from the Unix socket. A login
lasts a month, over restarts of the daemon, until its person ends it. Of every secret only the hash
is kept: who reads ``state.db`` cannot come in by it.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

import anyio
from msgspec import Struct, field

from thrum.clock import NowNs, format_ns
from thrum.daemon.state import Schema

if TYPE_CHECKING:
    from thrum.daemon.state import Tables

SECOND_NS: Final = 1_000_000_000
LINK_NS: Final = 120 * SECOND_NS
LOGIN_S: Final = 30 * 24 * 3600
MOST_LINKS: Final = 16
"""Links that count at once; the oldest go."""
MOST_LOGINS: Final = 64
"""Logins that are kept; the oldest go."""

SCHEMA: Final = Schema(
    "web",
    (
        """
CREATE TABLE web_logins (
  cookie_hash TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL,
  expires_at TEXT NOT NULL
);
""",
    ),
)


class Login(Struct, frozen=True):
    """A browser that a person let in, and the programs that it lent its token to.

    Attributes:
        expires_at: RFC 3339.
    """

    cookie_hash: str
    token_hash: str
    user_id: str
    expires_at: str


class Logins(Struct):
    """Links and logins of one daemon.

    Args:
        now_ns: the wall clock.
        random: gives that many random bytes.
    """

    now_ns: NowNs
    random: Callable[[int], bytes]
    _links: dict[str, tuple[str, int]] = field(default_factory=dict)
    _logins: list[Login] = field(default_factory=list)
    _left: Counter[str] = field(default_factory=Counter)
    _changing: anyio.Lock = field(default_factory=anyio.Lock)

    async def read(self, tables: Tables) -> None:
        """Takes in the logins of before."""
        self._logins = await tables.ask(_read)

    def link(self, user_id: str) -> str:
        """The secret of a new link for a person."""
        self._expire()
        while len(self._links) >= MOST_LINKS:
            del self._links[next(iter(self._links))]
        secret = self._secret()
        self._links[_hash(secret)] = (user_id, self.now_ns() + LINK_NS)
        return secret

    def redeem(self, secret: str) -> str:
        """The person of a link, which counts no more; empty if there is no such link."""
        self._expire()
        found = _same(self._links, _hash(secret))
        return self._links.pop(found)[0] if found else ""

    async def enter(self, tables: Tables, user_id: str) -> str:
        """The secret of a new login, which a cookie is to carry; it is on disk then.

        Empty if the person ended all logins meanwhile, of whose links this may be one.
        """
        secret, left = self._secret(), self._left[user_id]
        until = format_ns(self.now_ns() + LOGIN_S * SECOND_NS)
        login = Login(_hash(secret), _hash(token_of(secret)), user_id, until)
        now = format_ns(self.now_ns())
        async with self._changing:
            if self._left[user_id] == left:
                self._logins = await tables.write(lambda db: _add(db, login, now))
        return secret if self._left[user_id] == left else ""

    def by_cookie(self, secret: str) -> Login | None:
        """The login whose cookie carries the secret."""
        return self._valid({each.cookie_hash: each for each in self._logins}, secret)

    def by_token(self, token: str) -> Login | None:
        """The login whose token that is."""
        return self._valid({each.token_hash: each for each in self._logins}, token)

    async def leave(self, tables: Tables, user_id: str) -> int:
        """Ends all logins and links of a person; how many logins."""
        self._left[user_id] += 1
        self._links = {key: value for key, value in self._links.items() if value[0] != user_id}
        # At once, for while it is written somebody may come by one of them.
        others = [each for each in self._logins if each.user_id != user_id]
        count, self._logins = len(self._logins) - len(others), others
        async with self._changing:
            self._logins = await tables.write(lambda db: _remove(db, user_id))
        return count

    def _valid(self, known: dict[str, Login], secret: str) -> Login | None:
        found = known.get(_same(known, _hash(secret)))
        now = format_ns(self.now_ns())
        return found if found and found.expires_at > now else None

    def _expire(self) -> None:
        now = self.now_ns()
        self._links = {key: value for key, value in self._links.items() if value[1] > now}

    def _secret(self) -> str:
        return urlsafe_b64encode(self.random(32)).decode().rstrip("=")


def token_of(secret: str) -> str:
    """What programs show in place of a login's cookie, and what does not give the cookie away."""
    return f"tok_{hmac.new(secret.encode(), b'token', 'sha256').hexdigest()}"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _same(known: Iterable[str], key: str) -> str:
    """The one of the keys that is the same; all are compared, and in constant time."""
    found = ""
    for each in known:
        if hmac.compare_digest(each, key):
            found = each
    return found


def _read(db: sqlite3.Connection) -> list[Login]:
    query = (
        "SELECT cookie_hash, token_hash, user_id, expires_at FROM web_logins ORDER BY expires_at"
    )
    return [Login(*row) for row in db.execute(query)]


def _add(db: sqlite3.Connection, login: Login, now: str) -> list[Login]:
    db.execute("DELETE FROM web_logins WHERE expires_at <= ?", (now,))
    db.execute(
        "DELETE FROM web_logins WHERE cookie_hash NOT IN"
        " (SELECT cookie_hash FROM web_logins ORDER BY expires_at DESC LIMIT ?)",
        (MOST_LOGINS - 1,),
    )
    row = (login.cookie_hash, login.token_hash, login.user_id, login.expires_at)
    db.execute("INSERT INTO web_logins VALUES (?, ?, ?, ?)", row)
    return _read(db)


def _remove(db: sqlite3.Connection, user_id: str) -> list[Login]:
    db.execute("DELETE FROM web_logins WHERE user_id = ?", (user_id,))
    return _read(db)

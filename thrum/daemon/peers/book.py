"""The book of peers: ``peers.json``, which older programs read and write as well.

What a newer program wrote into it that is unknown here is kept. The file holds tokens: it is for
its owner alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from thrum import atomic, small_file
from thrum.daemon.peers.peer import NO_PREFIX, Peer, prefix, succeeding
from thrum.errors import ThrumError

FILE: Final = "peers.json"
_MOST_TRIES: Final = 1_000


class PeerBook:
    """The peers of one daemon. On the event loop only.

    Args:
        path: the file; it need not exist.
        daemon_id: who we are.

    Attributes:
        tokens: the token of each peer by its daemon id, always as it is now.
    """

    def __init__(self, path: Path, daemon_id: str) -> None:
        self._path = path
        self._daemon_id = daemon_id
        self.tokens: dict[str, str] = {}
        self._peers: dict[str, Peer] = {}
        self._others: dict[str, Any] = {}
        self._more: dict[str, dict[str, Any]] = {}

    def read(self) -> None:
        """Takes in what the file says.

        Raises:
            ThrumError: ``config``, it cannot be read; it is left alone, and nobody is a peer;
                ``storage``, our new id cannot be noted.
        """
        self._peers, self._others, self._more = {}, {}, {}
        self.tokens.clear()
        if not self._path.exists():
            return
        try:
            found = json.loads(small_file.text(self._path))
            rows = found if isinstance(found, list) else found.get("peers") or []
            peers = [msgspec.convert(row, Peer) for row in rows]
        except (OSError, ValueError, AttributeError, RecursionError) as error:
            text = f"{self._path} cannot be read: {error}"
            raise ThrumError("config", text, "mend it, or move it away and pair anew") from None
        if isinstance(found, dict):
            self._others = {key: found[key] for key in found if key != "peers"}
        for peer, row in zip(peers, rows, strict=True):
            if peer.daemon_id:
                self._take(peer)
                known = Peer.__struct_fields__
                self._more[peer.daemon_id] = {key: row[key] for key in row if key not in known}
        if self.own.get("daemon_id") not in {None, "", self._daemon_id}:
            self._rotate()

    def _rotate(self) -> None:
        """We have another id than when the file was written: keeps it once as it was."""
        aside = self._path.with_name(f"{self._path.name}.pre-rotation-bak")
        try:
            if not aside.exists():
                atomic.replace(aside, small_file.text(self._path))
        except (OSError, ValueError) as error:
            raise ThrumError("storage", f"{aside} cannot be written: {error}") from None
        self._others["local"] = {**self.own, "former_ids": succeeding(self.ids, self._daemon_id)}
        self._save()

    def _take(self, peer: Peer) -> None:
        """Names are not unique in the files of older programs, and are here."""
        who = peer.daemon_id
        peer.name = self._free(peer.name or who, "name", who, frozenset())
        wanted = peer.proxy_prefix or peer.remote_repo_name or peer.name
        tame = prefix(wanted) or prefix(who)
        peer.proxy_prefix = self._free(tame, "proxy_prefix", who, NO_PREFIX)
        self._peers[peer.daemon_id] = peer
        self.tokens[peer.daemon_id] = peer.token

    def _free(self, wanted: str, field: str, daemon_id: str, never: frozenset[str]) -> str:
        """What is wanted, with a number if another peer has it in that field or nobody may."""
        others = (each for each in self._peers.values() if each.daemon_id != daemon_id)
        taken = never | {getattr(each, field) for each in others}
        choices = (wanted, *(f"{wanted}-{number}" for number in range(2, _MOST_TRIES)))
        return next(each for each in choices if each not in taken)

    def _save(self) -> None:
        local = {**self.own, "daemon_id": self._daemon_id}
        rows = [
            {**self._more.get(each.daemon_id, {}), **msgspec.to_builtins(each)} for each in self
        ]
        text = json.dumps({**self._others, "local": local, "peers": rows}, indent=2)
        try:
            atomic.replace(self._path, text + "\n")
        except OSError as error:
            raise ThrumError("storage", f"{self._path} cannot be written: {error}") from None

    @property
    def own(self) -> dict[str, Any]:
        """What the file says of us."""
        found = self._others.get("local")
        return dict(found) if isinstance(found, dict) else {}

    @property
    def ids(self) -> tuple[str, ...]:
        """Who we are, and who we were before, as far as the file says."""
        former = self.own.get("former_ids")
        known = former if isinstance(former, list) else []
        noted = [self.own.get("daemon_id"), *known]
        return tuple(dict.fromkeys([self._daemon_id, *(each for each in noted if _is_id(each))]))

    def note_own(self, **facts: object) -> None:
        """Notes something of us; what is None is forgotten. It is on disk then.

        Raises:
            ThrumError: ``storage``, nothing has changed.
        """
        before = dict(self._others)
        changed = {**self.own, **facts}
        self._others["local"] = {key: each for key, each in changed.items() if each is not None}
        try:
            self._save()
        except ThrumError:
            self._others = before
            raise

    def __iter__(self) -> Iterator[Peer]:
        return iter(tuple(self._peers.values()))

    def get(self, daemon_id: str) -> Peer | None:
        """The peer of that id."""
        return self._peers.get(daemon_id)

    def find(self, named: str) -> Peer:
        """The peer of that name or id.

        Raises:
            ThrumError: ``not_found``.
        """
        for each in self:
            if named in {each.name, each.daemon_id}:
                return each
        names = ", ".join(each.name for each in self)
        hint = f"known are {names}" if names else "run `thrum peer add` to begin a pairing"
        raise ThrumError("not_found", f'peer "{named[:200]}" not found', hint)

    def put(self, peer: Peer) -> None:
        """Enters a peer, or what is new of one; it is on disk then.

        Raises:
            ThrumError: ``storage``, nothing has changed.
        """
        before = dict(self._peers)
        self._take(peer)
        self._save_or_restore(before)

    def change(self, peer: Peer, **facts: str) -> None:
        """Changes what is known of a peer, perhaps its id; it is on disk then.

        Raises:
            ThrumError: ``conflict``, somebody else is known by that id; ``storage``. Nothing has
                changed.
        """
        now = facts.get("daemon_id", peer.daemon_id)
        if now != peer.daemon_id and now in self._peers:
            raise ThrumError("conflict", f"{self._peers[now].name} is known by the id {now[:100]}")
        changed: dict[str, object] = dict(facts)
        if now != peer.daemon_id:
            changed["former_ids"] = succeeding(peer.ids, now)
        before = {name: getattr(peer, name) for name in changed}
        self._set(peer, changed)
        try:
            self._save()
        except ThrumError:
            self._set(peer, before)
            raise

    def _set(self, peer: Peer, facts: Mapping[str, object]) -> None:
        """Changes the peer itself, for others hold it meanwhile."""
        more = self._more.pop(peer.daemon_id, {})
        for name, value in facts.items():
            setattr(peer, name, value)
        self._more[peer.daemon_id] = more
        self._peers = {each.daemon_id: each for each in self}
        self.tokens.clear()
        self.tokens |= {each.daemon_id: each.token for each in self}

    def remove(self, daemon_id: str) -> None:
        """Forgets a peer; on disk, too.

        Raises:
            ThrumError: ``storage``, nothing has changed.
        """
        before = dict(self._peers)
        self._peers.pop(daemon_id, None)
        self.tokens.pop(daemon_id, None)
        self._save_or_restore(before)

    def _save_or_restore(self, before: dict[str, Peer]) -> None:
        try:
            self._save()
        except ThrumError:
            self._peers = before
            self.tokens.clear()
            self.tokens |= {each.daemon_id: each.token for each in self}
            raise


def _is_id(found: object) -> bool:
    """Whether that may be a daemon's id; what others wrote into the file may be anything."""
    return isinstance(found, str) and bool(found)

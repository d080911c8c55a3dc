"""A store that signs: its key comes first, survives, and is changed in one step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitstore import Log, canonical
from thrum import events, keys
from thrum.daemon.signing import ed25519
from thrum.daemon.signing.key_file import KeyFile
from thrum.daemon.signing.ring import Decision, Owned, Ring, State, Verdict
from thrum.daemon.signing.said import about_keys
from thrum.daemon.signing.signer import Signer
from thrum.daemon.store import Store
from thrum.errors import ThrumError

Opener = Callable[..., Store]
ME = "d_here"


def signer(place: Path, wanted: Callable[[], bool] = lambda: True) -> Signer:
    return Signer(KeyFile([place / "k/signing.key"], ME), ME, wanted)


def send(store: Store, number: int) -> events.MessageCreate:
    made = events.MessageCreate(
        message_id=f"msg_{number}", agent_id="ann", body=events.Body("<b>é&\u2028</b>")
    )
    return store.transact_blocking(lambda transaction: transaction.emit(made))


def ring(store: Store, key: str = "") -> Ring:
    own = {Owned(ME, key): Decision(Verdict.ACCEPTED)} if key else {}
    return Ring.of(about_keys(store.reader()), own, ed25519.is_by)


def states(store: Store, log: Log) -> list[State]:
    """What each message of the log is worth."""
    judge = ring(store)
    found = [(events.decode(line.raw), line.raw) for line in log.since(None).lines]
    mail = [each for each in found if isinstance(each[0], events.MessageCreate)]
    return [judge.judge(*each).state for each in mail]


def test_the_key_is_told_of_before_it_signs_and_once(
    open_store: Opener, log: Log, tmp_path: Path
) -> None:
    store = open_store(signer=signer(tmp_path))
    for number in range(3):
        send(store, number)
    kinds = [events.type_of(events.decode(line.raw)) for line in log.since(None).lines]
    assert kinds == ["key.publish", *["message.create"] * 3]
    assert states(store, log) == [State.VERIFIED] * 3


def test_what_fails_leaves_the_key_untold_and_the_next_tells_it(
    open_store: Opener, log: Log, tmp_path: Path
) -> None:
    store = open_store(signer=signer(tmp_path))

    def fails(transaction: Any) -> None:
        made = events.AgentRegister(agent_id="ann", role="r", module="m")
        transaction.emit(made)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        store.transact_blocking(fails)
    send(store, 1)
    assert states(store, log) == [State.VERIFIED]


def test_the_key_is_the_same_after_a_restart(open_store: Opener, log: Log, tmp_path: Path) -> None:
    first = signer(tmp_path)
    send(open_store(signer=first), 1)
    again = signer(tmp_path)
    store = open_store(signer=again)
    send(store, 2)
    assert first.key == again.key
    assert states(store, log) == [State.VERIFIED] * 2


def test_where_nobody_wants_it_nothing_is_signed_and_no_key_made(
    open_store: Opener, log: Log, tmp_path: Path
) -> None:
    store = open_store(signer=signer(tmp_path, lambda: False))
    send(store, 1)
    assert states(store, log) == [State.UNSIGNED]
    assert not (tmp_path / "k").exists()


def test_a_spoiled_key_holds_up_no_mail(open_store: Opener, log: Log, tmp_path: Path) -> None:
    (tmp_path / "k").mkdir()
    (tmp_path / "k/signing.key").write_text("{")
    made = signer(tmp_path)
    store = open_store(signer=made)
    send(store, 1)
    assert "cannot be read" in made.trouble
    assert states(store, log) == [State.UNSIGNED]


@pytest.mark.parametrize("turns", [True, False])
def test_a_new_key_counts_once_it_was_told_of_wherever_one_is_killed(
    open_store: Opener, log: Log, tmp_path: Path, turns: bool
) -> None:
    made = signer(tmp_path)
    store = open_store(signer=made)
    send(store, 1)
    before = made.key
    published = store.transact_blocking(
        lambda transaction: transaction.emit(made.next_key(lambda: transaction.db))
    )
    if turns:
        store.transact_blocking(lambda _: made.turn())
        made.keep()
    else:
        made = signer(tmp_path)
        store = open_store(signer=made)
    send(store, 2)
    assert made.key == published.key != before
    assert states(store, log) == [State.VERIFIED] * 2


def test_a_turn_that_the_disk_refused_was_none(
    open_store: Opener, log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = signer(tmp_path)
    store = open_store(signer=made)
    send(store, 1)
    before = made.key

    def turn(transaction: Any) -> None:
        transaction.emit(made.next_key(lambda: transaction.db))
        made.turn()

    def refuse(_lines: object) -> None:
        raise OSError(28, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(log, "append", refuse)
        with pytest.raises(ThrumError):
            store.transact_blocking(turn)
    send(store, 2)
    assert made.key == before
    assert states(store, log) == [State.VERIFIED] * 2


def test_a_new_key_that_nobody_was_told_of_is_none(open_store: Opener, tmp_path: Path) -> None:
    made = signer(tmp_path)
    store = open_store(signer=made)
    send(store, 1)
    made.next_key(store.reader)
    again = signer(tmp_path)
    send(open_store(signer=again), 2)
    assert again.key == made.key
    assert len(again.key) == keys.ID_LENGTH


@pytest.mark.parametrize("by_itself", [True, False])
def test_a_key_from_an_old_copy_that_was_revoked_since_signs_nothing_more(
    open_store: Opener, tmp_path: Path, by_itself: bool
) -> None:
    made = signer(tmp_path)
    store = open_store(signer=made)
    sent = send(store, 1)
    ended = events.KeyRevoke(key=made.key, since=sent.timestamp)
    if by_itself:
        store.transact_blocking(lambda transaction: transaction.emit(ended))
    else:
        ended.timestamp, ended.event_id, ended.origin_daemon = sent.timestamp, "evt_x", ME
        store.log.append([[("events.jsonl", canonical(ended))]])
        store.catch_up()
    again = signer(tmp_path)
    send(open_store(signer=again), 2)
    assert (again.key != made.key) is by_itself


def test_nothing_is_written_without_a_key_where_one_is_required(
    open_store: Opener, tmp_path: Path
) -> None:
    (tmp_path / "k").mkdir()
    (tmp_path / "k/signing.key").write_text("{")
    file = KeyFile([tmp_path / "k/signing.key"], ME)
    store = open_store(signer=Signer(file, ME, lambda: True, lambda: True))
    with pytest.raises(ThrumError, match="nothing is written that is not signed"):
        send(store, 1)
    (tmp_path / "k/signing.key").unlink()
    send(store, 2)

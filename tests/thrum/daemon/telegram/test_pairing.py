"""Whose phone it is: who says the code, in time, within three tries."""

from __future__ import annotations

from thrum.daemon.one_time_code import LASTS_S
from thrum.daemon.telegram.pairing import LENGTH, PhonePairing, drawn
from thrum.daemon.telegram.update import Chat, Incoming, TelegramUser

CODE = "ABCD2345"


def said(text: str | None) -> Incoming:
    return Incoming(1, Chat(5, "private"), sender=TelegramUser(5), text=text)


def made(now: list[float] | None = None) -> PhonePairing:
    return PhonePairing(code=CODE, monotonic=lambda: (now or [0.0])[-1])


def test_the_code_is_found_however_it_is_sent() -> None:
    for text in (CODE, f" {CODE.lower()}\n", f"/start {CODE}"):
        pairing = made()
        assert pairing.takes(said(text), is_known=False)
        assert pairing.found is not None
        assert not pairing.is_open
        assert not pairing.takes(said(text), is_known=False)


def test_three_wrong_ones_end_it_but_not_what_known_people_write() -> None:
    pairing = made()
    for _ in range(5):
        assert not pairing.takes(said("hello"), is_known=True)
    assert not pairing.takes(said(None), is_known=False)
    for _ in range(3):
        assert pairing.takes(said("hello"), is_known=False)
    assert not pairing.is_open
    assert "wrong codes" in pairing.reason
    assert not pairing.takes(said(CODE), is_known=False)
    assert pairing.found is None


def test_its_time_is_bounded() -> None:
    now = [0.0]
    pairing = made(now)
    now.append(float(LASTS_S))
    assert not pairing.takes(said(CODE), is_known=False)
    assert "in time" in pairing.reason


def test_codes_are_drawn_and_shown_by_nothing() -> None:
    found = drawn(lambda count: bytes(range(count)))
    assert (len(found), drawn(lambda count: b"\xff" * count)) == (LENGTH, "Z" * LENGTH)
    assert CODE not in repr(made())

"""Whose keys count: worked out from what was said, in whatever order it came."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitstore import canonical
from tests.laws import examples
from thrum import events, keys
from thrum.daemon.signing.ed25519 import PrivateKey, is_by, new_private
from thrum.daemon.signing.ring import Decision, Finding, Owned, Ring, Said, State, Verdict
from thrum.daemon.signing.statement import PREFIX

KEYS = [PrivateKey(new_private()) for _ in range(4)]
A, B = "d_a", "d_b"


def at(second: int) -> str:
    return f"2026-01-01T00:00:{second:02d}.000000000Z"


def id_of(number: int) -> str:
    return keys.id_of(KEYS[number].public)


@dataclass
class Tale:
    """Things said of keys, each a second after the one before."""

    said: list[Said] = field(default_factory=list)

    def publish(self, daemon: str, number: int, by: int | None = None) -> Tale:
        return self._say(
            events.KeyPublish(key=id_of(number), public=KEYS[number].public),
            daemon,
            number if by is None else by,
        )

    def revoke(self, daemon: str, number: int, since: int, by: int) -> Tale:
        return self._say(events.KeyRevoke(key=id_of(number), since=at(since)), daemon, by)

    def _say(self, event: events.KeyPublish | events.KeyRevoke, daemon: str, by: int) -> Tale:
        second = len(self.said)
        line = signed(event, daemon, by, second)
        self.said.append(Said(event, line))
        return self

    def ring(self, **decided: Verdict) -> Ring:
        return Ring.of(self.said, decisions(**decided), is_by)


def decisions(**decided: Verdict) -> dict[Owned, Decision]:
    """``a0=Verdict.SEEN``: of clone A, key 0."""
    return {
        Owned(f"d_{name[0]}", id_of(int(name[1]))): Decision(verdict, at(0))
        for name, verdict in decided.items()
    }


def signed(event: events.Event, daemon: str, by: int | None, second: int) -> bytes:
    event.timestamp, event.event_id = at(second), f"evt_{second:03d}"
    event.origin_daemon = daemon
    if by is not None:
        event.sig = events.Signature(id_of(by), KEYS[by].sign(PREFIX + canonical(event)))
    return canonical(event)


def judged(ring: Ring, daemon: str, by: int | None, second: int = 30) -> Finding:
    event = events.MessageCreate(message_id="msg_1", agent_id="ann", body=events.Body("x"))
    return ring.judge(event, signed(event, daemon, by, second))


def test_the_first_key_counts_and_only_for_its_clone() -> None:
    ring = Tale().publish(A, 0).publish(B, 1).ring()
    assert judged(ring, A, 0).state is State.VERIFIED
    assert judged(ring, A, None).state is State.UNSIGNED
    assert judged(ring, A, 1) == (State.WRONG, "the key of another clone")
    assert judged(ring, A, 2) == (State.WRONG, "an unknown key")


def test_a_line_that_was_changed_is_wrong() -> None:
    ring = Tale().publish(A, 0).ring()
    event = events.MessageCreate(message_id="msg_1", agent_id="ann", body=events.Body("pay bob"))
    line = signed(event, A, 0, 30)
    changed = line.replace(b"pay bob", b"pay eve")
    assert ring.judge(events.decode(changed), changed) == (State.WRONG, "not what was signed")
    for field_name in ("event_id", "timestamp", "agent_id", "message_id"):
        other = events.decode(line)
        setattr(other, field_name, getattr(other, field_name)[:-1] + "9")
        moved = canonical(other)
        assert ring.judge(other, moved).state is State.WRONG


def test_a_later_key_counts_if_one_that_counts_vouches_for_it() -> None:
    ring = Tale().publish(A, 0).publish(A, 1, by=0).publish(A, 2, by=1).ring()
    assert judged(ring, A, 2).state is State.VERIFIED
    strangers = Tale().publish(A, 0).publish(B, 1).publish(A, 2, by=1).ring()
    assert judged(strangers, A, 2).state is State.WRONG


def test_of_two_that_claim_to_be_the_first_neither_counts_but_who_was_seen_or_accepted() -> None:
    tale = Tale().publish(A, 0).publish(A, 1)
    assert tale.ring().contested(A)
    for number in (0, 1):
        assert judged(tale.ring(), A, number).state is State.WRONG
    assert judged(tale.ring(a1=Verdict.SEEN), A, 1).state is State.VERIFIED
    assert judged(tale.ring(a1=Verdict.SEEN), A, 0).state is State.WRONG
    both = tale.ring(a0=Verdict.SEEN, a1=Verdict.ACCEPTED)
    assert {judged(both, A, number).state for number in (0, 1)} == {State.VERIFIED}


def test_what_a_key_signed_before_it_was_revoked_counts_on() -> None:
    ring = Tale().publish(A, 0).revoke(A, 0, since=20, by=0).ring()
    assert judged(ring, A, 0, 20).state is State.VERIFIED
    assert judged(ring, A, 0, 21) == (State.WRONG, "a key that was revoked")


def test_a_stolen_key_cannot_vouch_after_the_theft() -> None:
    ring = Tale().publish(A, 0).publish(A, 1, by=0).revoke(A, 0, since=0, by=0).ring()
    assert judged(ring, A, 1).state is State.WRONG


def test_nobody_revokes_the_key_of_another_clone_but_here() -> None:
    ring = Tale().publish(A, 0).publish(B, 1).revoke(A, 0, since=0, by=1).ring()
    assert judged(ring, A, 0).state is State.VERIFIED
    forged = Tale().publish(A, 0).publish(B, 1).revoke(B, 0, since=0, by=1).ring()
    assert judged(forged, A, 0).state is State.VERIFIED
    here = Tale().publish(A, 0).ring(a0=Verdict.REFUSED)
    assert judged(here, A, 0).state is State.WRONG


def test_a_key_that_was_lost_is_ended_by_the_one_that_was_accepted_in_its_place() -> None:
    tale = Tale().publish(A, 0).publish(A, 1).revoke(A, 0, since=5, by=1)
    ring = tale.ring(a0=Verdict.SEEN, a1=Verdict.ACCEPTED)
    assert judged(ring, A, 0).state is State.WRONG
    assert judged(ring, A, 1).state is State.VERIFIED
    assert judged(tale.ring(a0=Verdict.SEEN), A, 0).state is State.VERIFIED


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("publish"),
            st.sampled_from([A, B]),
            st.integers(0, 3),
            st.one_of(st.none(), st.integers(0, 3)),
        ),
        st.tuples(
            st.just("revoke"),
            st.sampled_from([A, B]),
            st.integers(0, 3),
            st.integers(0, 40),
            st.integers(0, 3),
        ),
    ),
    max_size=8,
)


@given(STEPS, st.randoms(use_true_random=False), st.sampled_from([None, *Verdict]))
@settings(max_examples=examples(60), deadline=None)
def test_the_order_of_arrival_makes_no_difference(
    steps: list[tuple], chance: object, verdict: Verdict | None
) -> None:
    tale = Tale()
    for name, *what in steps:
        getattr(tale, name)(*what)
    decided = decisions(a0=verdict) if verdict else {}
    mixed = list(tale.said)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = Ring.of(tale.said, decided, is_by), Ring.of(mixed, decided, is_by)
    assert (one.trusted, one.ended, one.roots, one.published) == (
        other.trusted,
        other.ended,
        other.roots,
        other.published,
    )


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_key_is_never_trusted_for_what_another_clone_published(order: tuple[int, ...]) -> None:
    said = Tale().publish(A, 0).publish(B, 0, by=0).publish(B, 1).said
    ring = Ring.of([said[each] for each in order], {}, is_by)
    assert judged(ring, A, 0).state is State.VERIFIED
    assert ring.contested(B)


def test_ones_own_key_counts_beside_the_one_that_was_lost() -> None:
    tale = Tale().publish(A, 0).publish(A, 1)
    ring = Ring.of(tale.said, {}, is_by, Owned(A, id_of(1)))
    assert {judged(ring, A, number).state for number in (0, 1)} == {State.VERIFIED}
    third = Ring.of(tale.publish(A, 2).said, {}, is_by, Owned(A, id_of(1)))
    assert [judged(third, A, number).state for number in (0, 1, 2)] == [
        State.WRONG,
        State.VERIFIED,
        State.WRONG,
    ]
    assert judged(Ring.of([], {}, is_by, Owned(A, id_of(1))), A, 1).state is State.WRONG

"""Scopes and refs of sessions: each once, so many, and never what could not be written down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.rpc import pairs
from thrum.daemon.store import Store
from thrum.errors import ThrumError
from thrum.events import Pair

texts = st.text("ab: é", max_size=3)


@given(st.lists(st.builds(Pair, texts, texts), max_size=4))
def test_what_is_let_through_can_be_written_and_read_again(given_: list[Pair]) -> None:
    written = [f"{pair.type}:{pair.value}" for pair in given_]
    back = [Pair(*text.split(":", 1)) for text in written]
    sound = back == given_ and all(pair.type and pair.value for pair in given_)
    if sound:
        pairs.check(given_)
    else:
        with pytest.raises(ThrumError) as refused:
            pairs.check(given_)
        assert refused.value.kind == "invalid_params"


@pytest.mark.parametrize("kind", ["type", "value"])
def test_length_has_its_bound(kind: str) -> None:
    most = {"type": pairs.LONGEST_TYPE, "value": pairs.LONGEST_VALUE}[kind]
    pair = {"type": "x", "value": "x"}
    pairs.check([Pair(**pair | {kind: "é" * most})])
    with pytest.raises(ThrumError) as refused:
        pairs.check([Pair(**pair), Pair(**pair | {kind: "é" * (most + 1)})])
    assert refused.value.kind == "too_large"


def add(store: Store, session: str, kind: str, given_: list[Pair]) -> None:
    store.transact_blocking(lambda t: pairs.add(t, session, kind, given_))


def remove(store: Store, session: str, kind: str, given_: list[Pair]) -> None:
    store.transact_blocking(lambda t: pairs.remove(t, session, kind, given_))


def kept(store: Store, session: str, kind: str) -> list[Pair]:
    """Them, the oldest first."""
    rows = store.reader().execute(
        f"SELECT {kind}_type, {kind}_value FROM session_{kind}s"
        " WHERE session_id = ? ORDER BY added_at, 1, 2",
        (session,),
    )
    return [Pair(*row) for row in rows]


A, B = Pair("file", "a.py"), Pair("file", "b.py")
HOSTILE = Pair("'; --", "%_*\\ \n ' OR 1=1")


@pytest.mark.parametrize("kind", ["scope", "ref"])
def test_what_is_added_again_is_the_newest(store: Store, kind: str) -> None:
    add(store, "ses_1", kind, [A, A])
    add(store, "ses_1", kind, [B])
    assert kept(store, "ses_1", kind) == [A, B]
    add(store, "ses_1", kind, [A])
    assert kept(store, "ses_1", kind) == [B, A]


@pytest.mark.parametrize(("kind", "other"), [("scope", "ref"), ("ref", "scope")])
def test_removing_touches_nothing_else(store: Store, kind: str, other: str) -> None:
    for session in ("ses_1", "ses_2"):
        add(store, session, kind, [A, HOSTILE])
        add(store, session, other, [A, HOSTILE])
    remove(store, "ses_1", kind, [HOSTILE, B, Pair("file", "A.PY"), Pair("a.py", "file")])
    assert kept(store, "ses_1", kind) == [A]
    remove(store, "ses_1", kind, [A, A])
    assert kept(store, "ses_1", kind) == []
    for session, what in (("ses_1", other), ("ses_2", kind), ("ses_2", other)):
        assert set(kept(store, session, what)) == {A, HOSTILE}


def test_over_the_bound_nothing_is_added(store: Store) -> None:
    many = [Pair("n", str(number)) for number in range(pairs.MOST)]
    add(store, "ses_1", "ref", many)
    add(store, "ses_1", "ref", many[:3])
    add(store, "ses_1", "scope", [A])
    add(store, "ses_2", "ref", [A])
    with pytest.raises(ThrumError, match="at most 256 refs") as refused:
        add(store, "ses_1", "ref", [A, B])
    assert refused.value.kind == "too_large"
    assert set(kept(store, "ses_1", "ref")) == set(many)

"""What a signature is over does not depend on who wrote the line last."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from gitstore import Format, Reader, canonical
from gitstore.line import normal
from tests.laws import examples
from thrum import events
from thrum.daemon.signing.ed25519 import PrivateKey, is_by, new_private
from thrum.daemon.signing.statement import PREFIX, signed_bytes

TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


def older(line: bytes, sequence: int) -> bytes:
    """The line as an older program writes it anew: other escapes, its own number."""
    fields = {**json.loads(line), "sequence": sequence}
    return json.dumps(fields, ensure_ascii=True, separators=(", ", ": ")).encode()


@given(TEXTS, TEXTS, st.integers(0, 2**53))
@settings(max_examples=examples(50))
def test_a_line_that_was_written_anew_says_the_same(content: str, key: str, number: int) -> None:
    event = events.MessageCreate(message_id="msg_1", agent_id="ann", body=events.Body(content))
    bare = canonical(event)
    event.sig = events.Signature(key, "value")
    line = canonical(event)
    assert signed_bytes(line) == signed_bytes(older(line, number)) == PREFIX + bare


def test_whatever_is_said_counts() -> None:
    assert signed_bytes(b'{"a":1,"origin_daemon":"d_1"}') != signed_bytes(b'{"a":1}')


KEY = PrivateKey(new_private())


def signed(number: int, content: str) -> bytes:
    event = events.MessageCreate(
        message_id=f"msg_{number}",
        agent_id="ann",
        body=events.Body(content),
        event_id=f"evt_{number}",
    )
    event.timestamp = f"2026-01-01T00:00:{number:02d}.000000000Z"
    event.sig = events.Signature("key", KEY.sign(PREFIX + canonical(event)))
    return canonical(event)


def by_older_rules(local: list[bytes], remote: list[bytes]) -> list[bytes]:
    """A merge by an older program: the local line wins, and all are written anew."""
    by_id = {json.loads(line)["event_id"]: line for line in (*remote, *local)}
    anew = [canonical(json.loads(line)) for line in by_id.values()]
    return sorted(anew, key=lambda line: json.loads(line)["timestamp"])


def by_our_rules(local: list[bytes], remote: list[bytes]) -> list[bytes]:
    sides = [b"".join(line + b"\n" for line in side) for side in (local, remote)]
    return normal("messages/ann.jsonl", sides, Reader(Format())).splitlines()


@given(
    st.lists(TEXTS, min_size=1, max_size=5),
    st.lists(st.tuples(st.booleans(), st.integers(0, 1), st.integers(0, 4)), max_size=12),
)
@settings(max_examples=examples(50), deadline=None)
def test_no_merge_drops_or_spoils_a_signature(
    texts: list[str], steps: list[tuple[bool, int, int]]
) -> None:
    lines = [signed(number, text) for number, text in enumerate(texts)]
    sides: list[list[bytes]] = [list(lines[::2]), list(lines[1::2])]
    for is_old, side, number in steps:
        merge = by_older_rules if is_old else by_our_rules
        sides[side] = merge(sides[side], sides[1 - side])
        if is_old and number < len(sides[side]):
            sides[side][number] = older(sides[side][number], number)
    for line in by_our_rules(*sides), by_older_rules(*sides):
        assert len(line) == len(lines)
        for each in line:
            assert is_by(KEY.public, signed_bytes(each), json.loads(each)["sig"]["value"])

"""What Telegram tells is hostile: whatever comes is understood or counted, and nothing raises."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import examples
from thrum.daemon.telegram.update import decoded

FULL: dict[str, Any] = {
    "message_id": 1,
    "from": {"id": 5, "is_bot": False, "first_name": "Ann"},
    "chat": {"id": 5, "type": "private"},
    "date": 1_700_000_000,
    "text": "hello",
}


def raw(*updates: Any) -> list[bytes]:
    return [json.dumps(each).encode() for each in updates]


def test_a_bad_one_spoils_no_other_and_its_number_counts() -> None:
    found = decoded(raw({"update_id": 1, "message": FULL}, {"update_id": 3, "message": 7}, [], 9))
    assert [each.update_id for each in found.updates] == [1]
    assert (found.last, found.malformed) == (3, 3)
    assert decoded([b'{"update_id": 1, "message": {"text": "\\ud800"}}']).updates == []
    assert decoded([]) == ([], None, 0)


def test_media_are_named_before_the_caption() -> None:
    def words(**more: Any) -> str:
        (found,) = decoded(raw({"update_id": 1, "message": {**FULL, "text": None, **more}})).updates
        assert found.message is not None
        return found.message.words

    assert words(photo=[{}], caption="see") == "[photo] see"
    assert words(document={"file_name": "a\nb.pdf"}) == "[document: a b.pdf]"
    assert words(video_note={}) == "[video note]"
    assert words(sticker=None) == ""


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KINDS = ["message", "edited_message", "callback_query"]
KEYS = [*FULL, "caption", "reply_to_message", "document", "photo", "message_thread_id"]


@settings(max_examples=examples(300), deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6), JSON, st.sampled_from(KINDS))
def test_whatever_comes_is_understood_or_counted(changes: Any, number: Any, kind: str) -> None:
    batch = raw({"update_id": number, kind: {**FULL, **changes}}, {"update_id": 2, kind: changes})
    found = decoded([*batch, b"{", b"", b"\xff", b"[" * 100_000])
    assert len(found.updates) + found.malformed == 6
    for each in found.updates:
        if each.message is not None:
            assert len(each.message.words) < 70_000
